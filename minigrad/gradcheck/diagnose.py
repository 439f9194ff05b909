"""What is wrong with a gradient, in words: the first hypothesis that reproduces it, or the best there is.

>>> from minigrad.gradcheck.diagnosis.black_box import black_box
>>> mean = black_box(lambda x: x.mean(), lambda g, y, x: g * np.ones_like(x))
>>> print(diagnose(Case.of_call(mean, [np.arange(4.0)])))
FACTOR: it is 4 (4 is axis 0 of x) times the right gradient; multiply by 0.25 = 1/4 (4 is axis 0 of x)
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minigrad.gradcheck.diagnosis.case import Case
from minigrad.gradcheck.diagnosis.guess import EXACT, Guess, distance, residual
from minigrad.gradcheck.diagnosis.shrink import reduced
from minigrad.gradcheck.diagnosis.table import HYPOTHESES
from minigrad.gradcheck.problem import Problem
from minigrad.gradcheck.report import Report
from minigrad.gradcheck.verdict import Verdict

COMFORTABLE = 50_000
"""Entries of a Jacobian from which on a call is cut to a smaller one, if that fails too."""
NOTHING = 1e-9
"""A difference this small, relative to the gradient, is that of finite differences."""
WORK = 24
"""About how many forward passes a diagnosis takes for each element."""
PARTIAL = 0.3
"""A guess that leaves more than this unexplained is not worth a word."""


@dataclass(frozen=True)
class Diagnosis:
    """What went wrong: a code, the same in words, how much of the gradient that leaves unexplained, what to write."""

    code: str
    text: str
    residual: float = 0.0
    advice: str = ""
    operand: str = ""

    @property
    def exact(self) -> bool:
        """Whether this reproduces the wrong gradient."""
        return self.residual <= EXACT

    def __str__(self):
        advice = f"; {self.advice}" if self.advice else ""
        return f"{self.code}: {self.text}{advice}"

    def to_dict(self) -> dict[str, Any]:
        """In JSON's types."""
        return {"code": self.code, "text": self.text, "residual": float(self.residual), "advice": self.advice}


def diagnose(case: Case) -> Diagnosis:
    """Test the hypotheses one after the other; the first that reproduces what the backward returns is the diagnosis.

    If none does, the code is UNKNOWN, and the text names the closest one with its residual.
    """
    smaller = reduced(case) if case.x.size * case.y.size > COMFORTABLE else None
    if smaller is not None:
        found = diagnose(smaller)
        return replace(found, text=f"{found.text} (seen with {case.operand} cut to shape {smaller.x.shape})")
    if case.too_large:
        text = f"{case.operand} of shape {case.x.shape} is too large for a diagnosis"
        return Diagnosis("UNKNOWN", text, np.inf, "check the same function on smaller arrays", case.operand)
    with np.errstate(all="ignore"):
        if case.shaped and case.calm.all() and distance(case, case.A, case.N) < NOTHING:
            return Diagnosis("NOTHING", "backward and finite differences agree", operand=case.operand)
        return _first_or_closest(case)


def _first_or_closest(case: Case) -> Diagnosis:
    closest = Diagnosis("UNKNOWN", "", np.inf, "", case.operand)
    for hypothesis in HYPOTHESES:
        for guess in hypothesis(case):
            left = residual(case, guess)
            if left <= EXACT and _explains(case, guess, left):
                return Diagnosis(guess.code, guess.text, left, guess.advice, case.operand)
            if left < closest.residual:
                closest = Diagnosis(guess.code, guess.text, left, guess.advice, case.operand)
    return _partial(closest)


def _explains(case: Case, guess: Guess, left: float) -> bool:
    """A tiny error is explained only by what leaves a hundredth of it."""
    return guess.proved or not case.shaped or left <= 0.01 * distance(case, case.A, case.N)


def _partial(closest: Diagnosis) -> Diagnosis:
    if closest.residual > PARTIAL:
        advice = "compare the formula with the derivative on paper, at the shapes of the reproducer"
        return Diagnosis("UNKNOWN", "no hypothesis reproduces the gradient", closest.residual, advice, closest.operand)
    text = f"{closest.text} comes closest, but leaves {closest.residual:.1g} of the gradient unexplained"
    return Diagnosis("UNKNOWN", f"{closest.code}? {text}", closest.residual, closest.advice, closest.operand)


def explain(report: Report, problem: Problem, budget: int) -> None:
    """Say in a bad report why the gradient of its gravest finding is wrong, if ``budget`` forward passes suffice."""
    names = [operand.name for operand in problem.operands]
    worst = next((f for f in report.findings if f.verdict in (Verdict.WRONG, Verdict.KINK_WRONG)), None)
    if worst is None or worst.order != 1 or worst.operand not in names:
        return
    position = names.index(worst.operand)
    if WORK * len(problem.x) <= budget:
        found = diagnose(Case.of_problem(problem, position, name=report.subject))
        if found.code != "NOTHING":
            report.notes.insert(0, f"diagnosis: {found}")
