"""How much of a function's value is rounding: measured, not assumed."""

from collections.abc import Callable

import numpy as np

EPS = float(np.finfo(float).eps)
SPACINGS = 256, 3701
"""Distances of the points, in units in the last place; two of them, lest one be in step with the rounding."""
WIDE = 1.3e8
"""A distance at which rounding to float32 shows, in units in the last place of float64."""


def noise_level(f: Callable, x: np.ndarray, scales: np.ndarray, centre, eps: float = EPS) -> np.ndarray:
    """The standard deviation of the rounding noise of every output of ``f`` near ``x``, at least ``eps`` of it.

    Seven points on a line through ``x``, near enough not to see the function bend: its differences of order 3 to 5
    have no trend left in them, only noise (J. J. More and S. M. Wild, Estimating computational noise, SIAM J. Sci.
    Comput. 33, 2011, eq. 4.2). An output that stands still on such a line may be a staircase, rounded to float32
    on the way: for those the line is made wider.

    >>> from minigrad.gradcheck.numeric import Outcome
    >>> rough = lambda x: Outcome(x.astype(np.float32).astype(float))
    >>> x = np.linspace(1.1, 1.9, 5)
    >>> bool(noise_level(rough, x, abs(x), rough(x)).max() > 1e-8)
    True
    """
    noise = eps * abs(centre.outputs)
    direction = np.where(np.arange(len(x)) % 2, -1, 1) * np.spacing(scales)
    still = np.ones(len(noise), bool)
    for spacing in (*SPACINGS, WIDE):
        if spacing == WIDE and not still.any():
            break
        outcomes = [f(x + k * spacing * direction) for k in (-3, -2, -1, 1, 2, 3)]
        if any(outcome.decisions != centre.decisions for outcome in outcomes):
            continue  # a kink within the line would look like noise
        points = np.stack([outcome.outputs for outcome in (*outcomes[:3], centre, *outcomes[3:])])
        measured = _deviation(points)
        noise = np.where(np.isfinite(measured) & (still | (spacing != WIDE)), np.maximum(noise, measured), noise)
        still &= (points == centre.outputs).all(axis=0)
    return noise


def _deviation(points: np.ndarray) -> np.ndarray:
    """The largest of the estimates from columns 3, 4 and 5 of the difference table."""
    with np.errstate(all="ignore"):
        size = abs(points).max(axis=0)
        table = np.diff(points / np.where(size > 0, size, 1.0), n=2, axis=0)
        estimates = []
        for gamma in (1 / 20, 1 / 70, 1 / 252):  # (k!)**2 / (2k)!, which makes pure noise come out as its variance
            table = np.diff(table, axis=0)
            estimates.append(np.sqrt(gamma * np.mean(table**2, axis=0)))
        return size * np.max(estimates, axis=0)
