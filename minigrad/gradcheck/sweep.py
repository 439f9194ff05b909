"""Every op of the table at every one of its samples: at two orders, in two precisions, in every memory layout.

>>> from minigrad.declare import OPS
>>> bool(check_op(OPS["tanh"]))
True
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from minigrad.declare import OPS
from minigrad.gradcheck.arguments import is_floating, put_together, take_apart, tensors_in
from minigrad.gradcheck.check import check_problem
from minigrad.gradcheck.compare import arriving
from minigrad.gradcheck.layouts import check_layouts
from minigrad.gradcheck.precision import LOSS, check_float32, rounded
from minigrad.gradcheck.problem import Operand, Problem
from minigrad.gradcheck.report import Report, merged
from minigrad.gradcheck.settings import Settings
from minigrad.gradcheck.verdict import Verdict
from minigrad.samples import Call, Drawn


@dataclass
class Checked:
    """One row of the sweep: an op, and what became of all its samples."""

    name: str
    samples: int
    report: Report
    crash: str = ""

    @property
    def verdict(self) -> str:
        """The gravest verdict, or NOT CHECKED for an op that has no samples or could not be run."""
        return "NOT CHECKED" if self.crash or not self.samples else self.report.verdict.name

    @property
    def message(self) -> str:
        """What is wrong, if anything is."""
        if not self.samples:
            return f"{self.name} has no samples: declare it with @op(..., samples=[real(2, 3)])"
        return self.crash or ("" if self.report else str(self.report))

    def __bool__(self):
        return bool(self.samples and not self.crash and self.report)


def sweep(ops: Iterable[Any] | None = None, *, rng: int | np.random.Generator | None = 0) -> Iterator[Checked]:
    """Check ops one after the other, all of the table if none are named; an exception is caught and reported."""
    rng = np.random.default_rng(rng)
    table: Iterable[Any] = OPS.values() if ops is None else ops
    for op in table:
        reports, crash = [], ""
        for sample in op.samples:
            try:
                reports.append(check_call(op, sample, rng=rng))
            except Exception as error:
                crash = f"{op.name}{sample}: {type(error).__name__}: {error}"
                break
        yield Checked(op.name, len(op.samples), _together(op.name, reports), crash)


def check_op(op, *, rng: int | np.random.Generator | None = 0) -> Report:
    """Check one op, made with :func:`minigrad.op`, at all of its samples. Raises ValueError if it has none."""
    if not op.samples:
        raise ValueError(f"{op.name} has no samples: declare it with @op(..., samples=[real(2, 3)])")
    rng = np.random.default_rng(rng)
    return _together(op.name, [check_call(op, sample, rng=rng) for sample in op.samples])


def _together(name: str, reports: list[Report]) -> Report:
    """The reports of all samples as one; a sample that proves nothing is no failure if another proves something."""
    telling = [report for report in reports if report.verdict is not Verdict.VACUOUS]
    return merged(name, telling or reports)


def check_call(op, sample: Call, *, rng: int | np.random.Generator | None = 0) -> Report:
    """Check one op at one sample: orders 1 and 2 in float64, layouts, and float32."""
    rng, start, subject = np.random.default_rng(rng), perf_counter(), f"{op.name}{sample}"
    problem = problem_of(op, sample.draw(rng))
    report = check_problem(problem, subject, Settings(order=2), rng)
    if report:
        v = arriving(rng, np.isfinite(problem.evaluate(problem.x).outputs))
        report.findings += check_layouts(problem, v)
        report = merged(subject, [report, _check_at_float32(rounded(problem), subject, v, rng)])
    report.seconds = perf_counter() - start
    return report


def _check_at_float32(problem: Problem, subject: str, v: np.ndarray, rng) -> Report:
    report = check_problem(problem, subject, Settings(mode="probe"), rng)
    if not report:  # a kink: then every element is looked at
        report = check_problem(problem, subject, Settings(), rng)
    findings, loss = check_float32(problem, v)
    if loss > LOSS:
        report.notes.append(f"in float32 a gradient loses digits: it is off by {loss:.1g}")
    report.findings += findings
    return report


def problem_of(op, drawn: Drawn) -> Problem:
    """One call of an op as a problem: its operands are the floating arrays that it can be differentiated by."""
    found: list[tuple[str, Any]] = []
    args = tuple(take_apart(x, _name(op, i), _wanted(op, i), found) for i, x in enumerate(drawn.args))
    kwargs = {name: take_apart(x, name, _wanted(op, _position(op, name)), found) for name, x in drawn.kwargs.items()}

    def call(leaves):
        return tensors_in(op(*put_together(args, leaves), **{k: put_together(x, leaves) for k, x in kwargs.items()}))

    return Problem(call, [Operand(name, np.array(x, dtype=float)) for name, x in found])


def _name(op, position: int) -> str:
    parameters = getattr(op, "parameters", ())
    return parameters[position] if position < len(parameters) else f"operand {position}"


def _position(op, name: str) -> int | None:
    parameters = getattr(op, "parameters", (name,))
    return parameters.index(name) if name in parameters else None


def _wanted(op, position: int | None) -> Callable[[Any], bool]:
    """What is an operand: every floating array in a place that has a formula; a composed function has no formulas."""
    formula = getattr(op, "formula", lambda position: True)
    return is_floating if position is not None and formula(position) is not None else lambda x: False
