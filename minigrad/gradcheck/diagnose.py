"""What is wrong with a gradient, in words: the first hypothesis that reproduces it, or the best there is.

>>> from minigrad.gradcheck.diagnosis.black_box import black_box
>>> mean = black_box(lambda x: x.mean(), lambda g, y, x: g * np.ones_like(x))
>>> print(diagnose(Case.of_call(mean, [np.arange(4.0)])))
FACTOR: it is 4 (4 is axis 0 of x) times the right gradient; multiply by 0.25 = 1/4 (4 is axis 0 of x)
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minigrad.gradcheck.diagnosis.case import Case
from minigrad.gradcheck.diagnosis.guess import EXACT, Guess, distance, residual
from minigrad.gradcheck.diagnosis.shrink import reduced
from minigrad.gradcheck.diagnosis.table import HYPOTHESES

NOTHING = 1e-9
"""A difference this small, relative to the gradient, is that of finite differences."""
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
    hypothesis: Callable | None = None
    """What was tested."""

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
    smaller = reduced(case) if case.large else None
    if smaller is not None:
        found = diagnose(smaller)
        return replace(found, text=f"{found.text} (seen with {case.operand} cut to shape {smaller.x.shape})")
    if case.too_large:
        text = f"{case.operand} of shape {case.x.shape} is too large for a diagnosis"
        return Diagnosis("UNKNOWN", text, np.inf, "check the same function on smaller arrays", case.operand)
    with np.errstate(all="ignore"):  # whatever the hypotheses divide by
        if case.shaped and case.calm.all() and distance(case, case.A, case.N) < NOTHING:
            return Diagnosis("NOTHING", "backward and finite differences agree", operand=case.operand)
        return _first_or_closest(case)


def still_fails(found: Diagnosis) -> Callable[[Case], bool]:
    """Whether another case is wrong for the reason that was found."""

    def fails(case: Case) -> bool:
        if found.hypothesis is None or not case.wrong:
            return case.wrong
        with np.errstate(all="ignore"):
            quick = _first_or_closest(case, (found.hypothesis,)).code == found.code
        return quick and diagnose(case).code == found.code

    return fails


def _first_or_closest(case: Case, hypotheses: Sequence[Callable] = HYPOTHESES) -> Diagnosis:
    closest = Diagnosis("UNKNOWN", "", np.inf, "", case.operand)
    for hypothesis in hypotheses:
        for guess in _guesses(hypothesis, case):
            left = residual(case, guess)
            if left <= EXACT and _explains(case, guess, left):
                return Diagnosis(guess.code, guess.text, left, guess.advice, case.operand, hypothesis)
            if left < closest.residual:
                closest = Diagnosis(guess.code, guess.text, left, guess.advice, case.operand)
    return _partial(closest)


def _guesses(hypothesis, case: Case) -> Iterator[Guess]:
    """What a hypothesis offers, for as long as the backward under test bears what it is handed."""
    with suppress(ArithmeticError, IndexError, TypeError, ValueError, np.linalg.LinAlgError):
        yield from hypothesis(case)


def _explains(case: Case, guess: Guess, left: float) -> bool:
    """A tiny error is explained only by what leaves a hundredth of it."""
    return guess.proved or not case.shaped or left <= 0.01 * distance(case, case.A, case.N)


def _partial(closest: Diagnosis) -> Diagnosis:
    if closest.residual > PARTIAL:
        advice = "compare the formula with the derivative on paper, at the shapes of the reproducer"
        return Diagnosis("UNKNOWN", "no hypothesis reproduces the gradient", closest.residual, advice, closest.operand)
    text = f"{closest.text} comes closest, but leaves {closest.residual:.1g} of the gradient unexplained"
    return Diagnosis("UNKNOWN", f"{closest.code}? {text}", closest.residual, closest.advice, closest.operand)
