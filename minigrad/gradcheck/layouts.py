"""The same numbers laid out differently in memory must have the same gradient.

A Tensor made by hand is contiguous, but results are not: a transpose, a slice and a broadcast are views, and they
are operands of what follows. Everything handed over here is read-only, so that a formula that writes into an
operand, or into the gradient that arrives, is found out.
"""

import numpy as np

from minigrad.engine import Tensor, constant
from minigrad.gradcheck.problem import Problem, cut, flat, pull_back
from minigrad.gradcheck.report import Finding
from minigrad.gradcheck.verdict import Verdict
from minigrad.modes import enable_grad


def transposed(x: np.ndarray) -> np.ndarray:
    """In Fortran order, as ``x.T`` of something is."""
    return np.array(x, order="F")


def strided(x: np.ndarray) -> np.ndarray:
    """Every other element of something larger."""
    larger = np.full((*x.shape[:-1], 2 * x.shape[-1]), np.nan) if x.ndim else np.full(2, np.nan)
    larger[..., ::2] = x if x.ndim else x[None]
    return larger[..., ::2] if x.ndim else larger[0, ...]


def backwards(x: np.ndarray) -> np.ndarray:
    """With negative strides."""
    return np.flip(np.flip(x).copy()) if x.ndim else x


def stretched(x: np.ndarray) -> np.ndarray:
    """One element broadcast to the whole shape, with strides of 0: the gradient that arrives from a sum."""
    return np.broadcast_to(x.ravel()[:1].reshape((1,) * x.ndim), x.shape) if x.size else x


def check_layouts(problem: Problem, v: np.ndarray) -> list[Finding]:
    """Compare the gradient in every layout of the operands, and of what arrives, with that of contiguous arrays."""
    pieces, arriving = problem.split(problem.x), cut(v, problem.shapes)
    equal = [stretched(g) for g in arriving]
    reference = _gradients(problem, pieces, arriving)
    findings = _differences(problem, reference, reference, "read-only")
    if findings:
        return findings
    for layout in (transposed, strided, backwards):
        got = _gradients(problem, [layout(x) for x in pieces], [layout(g) for g in arriving])
        findings += _differences(problem, reference, got, layout.__name__)
    whole = _gradients(problem, pieces, [g.copy() for g in equal])
    return findings + _differences(problem, whole, _gradients(problem, pieces, equal), "stretched")


def _gradients(problem: Problem, pieces, arriving) -> list[np.ndarray] | Exception:
    """Gradients and value at these very arrays, all of them read-only; or the error that they cause."""
    try:
        with enable_grad(), np.errstate(all="ignore"):
            leaves = [_leaf(x) for x in pieces]
            outputs = problem.outputs(leaves, record=True)
            return [*pull_back(outputs, [_locked(g) for g in arriving], leaves), flat([y.data for y in outputs])]
    except Exception as error:
        return error


def _leaf(x: np.ndarray) -> Tensor:
    leaf = constant(_locked(x))
    leaf.requires_grad = True
    return leaf


def _locked(x: np.ndarray) -> np.ndarray:
    view = x.view()
    view.flags.writeable = False
    return view


def _differences(problem: Problem, reference, got, layout: str) -> list[Finding]:
    names = [operand.name for operand in problem.operands]
    if isinstance(got, Exception):
        return [Finding(Verdict.WRONG, ", ".join(names), note=f"with {layout} arrays {got}")]
    return [
        Finding(Verdict.WRONG, name, note=f"it changes when the arrays are {layout} in memory")
        for name, a, b in zip([*names, "the value"], reference, got, strict=True)
        if not _alike(a, b)
    ]


def _alike(a: np.ndarray, b: np.ndarray) -> bool:
    room = 1e-10 * abs(np.where(np.isfinite(a), a, 0)).max(initial=0.0)
    return np.allclose(a, b, rtol=1e-10, atol=room, equal_nan=True)
