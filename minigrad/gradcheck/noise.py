"""How much of a function's value is rounding: measured, not assumed."""

from collections.abc import Callable

import numpy as np

EPS = float(np.finfo(float).eps)
SPACINGS = 256, 3701, 1.3e10
"""Distances of the points, in units in the last place: twice for float64, lest one be in step with the rounding; and
one for float32 within."""


def noise_level(f: Callable, x: np.ndarray, scales: np.ndarray, centre) -> np.ndarray:
    """The standard deviation of the rounding noise of every output of ``f`` near ``x``, at least one ulp or so.

    Seven points on a line through ``x``, near enough not to see the function bend: its differences of order 3 to 5
    have no trend left in them, only noise (J. J. More and S. M. Wild, Estimating computational noise, SIAM J. Sci.
    Comput. 33, 2011, eq. 4.2). A wider line finds a function that rounds to float32 within; there the three
    orders must agree within a factor of 4, as they do for noise and not for a wave.

    >>> from minigrad.gradcheck.numeric import Outcome
    >>> rough = lambda x: Outcome(x.astype(np.float32).astype(float))
    >>> x = np.linspace(1.1, 1.9, 5)
    >>> bool(noise_level(rough, x, abs(x), rough(x)).max() > 1e-8)
    True
    """
    noise = floor = EPS * abs(centre.outputs)
    direction = np.where(np.arange(len(x)) % 2, -1, 1) * np.spacing(scales)
    for spacing in SPACINGS:
        outcomes = [f(x + k * spacing * direction) for k in (-3, -2, -1, 1, 2, 3)]
        if any(outcome.decisions != centre.decisions for outcome in outcomes):
            continue  # a kink within the line would look like noise
        points = np.stack([outcome.outputs for outcome in (*outcomes[:3], centre, *outcomes[3:])])
        measured, steady = _deviation(points)
        noise = np.where(
            np.isfinite(measured) & (steady | (spacing != SPACINGS[-1])), np.maximum(noise, measured), noise
        )
    return np.maximum(noise, floor)


def _deviation(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The largest of the estimates from columns 3, 4 and 5 of the difference table, and whether they are alike."""
    with np.errstate(all="ignore"):
        size = abs(points).max(axis=0)
        table = np.diff(points / np.where(size > 0, size, 1.0), n=2, axis=0)
        estimates = []
        for gamma in (1 / 20, 1 / 70, 1 / 252):  # (k!)**2 / (2k)!, which makes pure noise come out as its variance
            table = np.diff(table, axis=0)
            estimates.append(np.sqrt(gamma * np.mean(table**2, axis=0)))
        return size * np.max(estimates, axis=0), np.max(estimates, axis=0) < 4 * np.min(estimates, axis=0)
