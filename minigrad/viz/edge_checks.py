"""A finite-difference check of every edge: what a node sends to an operand, by the formula and without it.

The numeric derivative is that of :mod:`minigrad.gradcheck`, with the tolerance it claims for itself.
"""

from dataclasses import dataclass

import numpy as np

from minigrad.engine import Tensor
from minigrad.gradcheck.local import LocalCheck, NodeProblem
from minigrad.gradcheck.numeric import Differences

MOST_ELEMENTS = 36
"""The largest operand that is gone over element by element; a larger one is checked along a random direction."""

LARGEST = 250_000
"""Of how many elements operands and result may be: a check computes the node some thirty times."""


@dataclass(frozen=True)
class Check:
    """Both derivatives at the largest element, or where they differ most; or why there is nothing to compare."""

    right: bool | None
    """None where finite differences cannot tell."""
    where: str = ""
    analytic: float = np.nan
    numeric: float = np.nan
    tol: float = np.nan
    reason: str = ""


def check_edge(y: Tensor, position: int, g) -> Check:
    """Compare what ``y`` sends to an operand when ``g`` arrives, in float64 and at the values that were computed.

    >>> import minigrad as mg
    >>> x = mg.tensor(0.88, requires_grad=True)
    >>> check = check_edge(mg.tanh(x), 0, np.array(1.0))
    >>> check.right, round(check.numeric, 9), check.tol < 1e-9
    (True, 0.500971744, True)
    """
    if y.op.surrogate:
        return Check(None, reason="the formula is no derivative on purpose")
    v = np.ravel(np.asarray(g, dtype=float))
    if not np.isfinite(v).all() or not np.isfinite(y.data).all() or not np.isfinite(y.args[position].data).all():
        return Check(None, reason="not finite there")
    if not y.args[position].size:
        return Check(None, reason="there is nothing in it")
    if y.size + sum(x.size for x in y.args if hasattr(x, "size")) > LARGEST:
        return Check(None, reason="too large to be checked here, mg.audit(loss) does it")
    return _compared(y, position, v)


def _compared(y: Tensor, position: int, v: np.ndarray) -> Check:
    problem = NodeProblem(y, position)
    analytic, scales = problem.gradient(problem.x, v), problem.scales()
    directions = None
    if len(scales) > MOST_ELEMENTS:
        directions = np.random.default_rng(0).standard_normal((1, len(scales))) * scales
        analytic, scales = directions @ analytic, np.ones(1)
    found = Differences(problem.evaluate, problem.x, scales, directions=directions, eps=problem.eps).estimate(
        v, claims=analytic
    )
    known = np.isfinite(found.tol) & np.isfinite(analytic)
    if not known.any():
        return Check(None, reason="no derivative there: a kink, or the edge of the domain")
    excess = np.where(known, abs(analytic - found.value) - found.tol, -np.inf)
    right: bool | None = bool(excess.max() <= 0)
    worst = int(np.argmax(np.where(known, abs(analytic), -1.0) if right else excess))
    if not right and LocalCheck(y, position, np.random.default_rng(0)).fault([v]) is None:
        right = None  # the whole checker confirms before it accuses
    shape = y.args[position].shape
    where = "along a random direction" if directions is not None else _element(worst, shape) if len(known) > 1 else ""
    kinks = int(np.sum(~known))
    reason = "" if right is not None else "too close to tell"
    reason = f"{kinks} of {len(known)} elements at a kink are left out" if kinks else reason
    return Check(right, where, float(analytic[worst]), float(found.value[worst]), float(found.tol[worst]), reason)


def _element(line: int, shape: tuple[int, ...]) -> str:
    return f"at [{', '.join(map(str, np.unravel_index(line, shape)))}]"
