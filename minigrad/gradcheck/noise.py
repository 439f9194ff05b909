"""How much of a function's value is rounding: measured, not assumed."""

from collections.abc import Callable

import numpy as np

EPS = float(np.finfo(float).eps)
OFFSETS = np.array([-1987, -1213, -643, -101, 0, 211, 877, 1429, 2111])
"""Where the function is looked at, in units in the last place: too near to see it bend. Not evenly spaced, because
rounding can be in step with an even spacing, and then looks like a slope."""
WIDER = 1e6
"""So much farther apart, rounding to float32 shows."""
TREND = np.linalg.qr(np.vander(OFFSETS / abs(OFFSETS).max(), 3))[0]
"""Orthonormal columns that span the quadratic functions of the offsets."""


def noise_level(f: Callable, x: np.ndarray, scales: np.ndarray, centre, eps: float = EPS) -> np.ndarray:
    """The standard deviation of the rounding noise of every output of ``f`` near ``x``, at least ``eps`` of it.

    It is what a parabola leaves over of the values on a short line through ``x`` (compare J. J. More and S. M. Wild,
    Estimating computational noise, SIAM J. Sci. Comput. 33, 2011, whose difference table needs an even spacing). An
    output that does not move on the line may be a staircase, rounded to float32 on the way: for those it is made wider.

    >>> from minigrad.gradcheck.numeric import Outcome
    >>> rough = lambda x: Outcome(x.astype(np.float32).astype(float))
    >>> x = np.linspace(1.1, 1.9, 5)
    >>> bool(noise_level(rough, x, abs(x), rough(x)).max() > 1e-8)
    True
    """
    direction = np.where(np.arange(len(x)) % 2, -1, 1) * np.spacing(scales)
    changes = _changes(f, x, direction, centre)
    noise = np.maximum(_deviation(changes), eps * abs(centre.outputs))
    still = (changes == 0).all(axis=0)
    if still.any():
        wide = _deviation(_changes(f, x, WIDER * direction, centre))
        noise = np.where(still, np.maximum(noise, wide), noise)
    return noise


def _changes(f: Callable, x: np.ndarray, direction: np.ndarray, centre) -> np.ndarray:
    """How the outputs change along the line; nothing is said if it crosses a kink, which would look like noise."""
    outcomes = [f(x + offset * direction) if offset else centre for offset in OFFSETS]
    calm = all(outcome.decisions == centre.decisions for outcome in outcomes)
    with np.errstate(all="ignore"):
        changes = np.stack([outcome.outputs for outcome in outcomes]) - centre.outputs
    return changes if calm else np.full_like(changes, np.nan)


def _deviation(changes: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        size = abs(changes).max(axis=0)
        relative = changes / np.where(size > 0, size, 1.0)
        left = relative - TREND @ (TREND.T @ relative)
        deviation = size * np.sqrt(np.sum(left**2, axis=0) / (len(OFFSETS) - 3))
    return np.where(np.isfinite(deviation), deviation, 0.0)
