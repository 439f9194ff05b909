"""float32 asks two questions: is the rule right at float32 values, and how many digits does it lose there?"""

import numpy as np

from minigrad.gradcheck.problem import Problem, cut, kept_as_they_are, pull_back, rms
from minigrad.gradcheck.report import Finding
from minigrad.gradcheck.verdict import Verdict
from minigrad.modes import enable_grad

LOSS = 1e-4
"""A loss of accuracy worth a warning, relative to the element, or to a tenth of the rms."""
TOO_MUCH = 0.05


def rounded(problem: Problem) -> Problem:
    """The same problem at values that float32 can hold, still computed in float64."""
    for operand in problem.operands:
        operand.value = operand.value.astype(np.float32).astype(float)
    return Problem(problem.call, problem.operands)


def check_float32(problem: Problem, v: np.ndarray) -> tuple[list[Finding], float]:
    """Compare the backward pass in float32 with the one in float64 at the same values: dtype, and lost digits."""
    v = v.astype(np.float32)
    exact = problem.split(problem.gradient(problem.x, v.astype(float)))
    findings, worst = [], 0.0
    for operand, precise, got in zip(problem.operands, exact, _in_float32(problem, v), strict=True):
        if got.dtype != np.float32:
            note = f"its gradient is {got.dtype}, although everything is float32"
            findings.append(Finding(Verdict.WRONG, operand.name, shape=operand.value.shape, note=note))
        loss = _relative(got, precise)
        worst = max(worst, loss)
        if loss > TOO_MUCH:
            note = f"in float32 its gradient is off by {loss:.1g}"
            findings.append(Finding(Verdict.WRONG, operand.name, shape=operand.value.shape, note=note))
    return findings, worst


def _in_float32(problem: Problem, v: np.ndarray) -> list[np.ndarray]:
    with kept_as_they_are(problem.operands), enable_grad(), np.errstate(all="ignore"):
        pieces = problem.split(problem.x.astype(np.float32))
        leaves = [operand.placed(piece) for operand, piece in zip(problem.operands, pieces, strict=True)]
        outputs = problem.outputs(leaves, record=True)
        arriving = [g.astype(y.dtype) for y, g in zip(outputs, cut(v, problem.shapes), strict=True)]
        return pull_back(outputs, arriving, leaves)


def _relative(got: np.ndarray, exact: np.ndarray) -> float:
    finite = np.isfinite(exact) & (abs(exact) < np.finfo(np.float32).max)
    gap = np.where(finite, abs(got.astype(float) - np.where(finite, exact, 0)), 0.0)
    weight = np.maximum(abs(exact[finite]), 0.1 * rms(exact[finite]))
    return float(np.max(gap[finite] / np.where(weight > 0, weight, 1.0), initial=0.0))
