"""Every output's derivative by every element, and where there is none: what hypotheses about a gradient are tested on.

>>> J, kinks = jacobian(np.abs, np.array([-2.0, 0.0, 3.0]))
>>> J.round(9).tolist(), np.flatnonzero(kinks.any(axis=0)).tolist()
([[-1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0]], [1])
"""

from collections.abc import Callable

import numpy as np

from minigrad.gradcheck.numeric import EPS, FINER, HALVINGS, STEP, Differences, Outcome, romberg
from minigrad.gradcheck.problem import scale_of

WINDOWS = 6
SHARP = 1e-10
"""A relative error of a whole column that needs no finer window."""
BEND = 1e-4
"""A difference of the slopes on both sides, relative to the slopes, that can be seen."""


def jacobian(f: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The numeric Jacobian of ``f`` at ``x``, `(outputs, elements)`, and where an output has a kink in an element."""

    def outcome(flat):
        with np.errstate(all="ignore"):
            return Outcome(np.array(f(flat.reshape(x.shape)), dtype=float).ravel())

    differences = Differences(outcome, np.array(x, dtype=float).ravel(), scale_of(x))
    columns = [_column(differences, line) for line in range(x.size)]
    count = len(differences.centre.outputs)
    values, kinks = zip(*columns, strict=True) if columns else ((), ())
    return np.array(values).reshape(x.size, count).T, np.array(kinks, dtype=bool).reshape(x.size, count).T


def _column(differences: Differences, line: int) -> tuple[np.ndarray, np.ndarray]:
    """All outputs' slopes along one element, each from the window that claims the smallest error for it."""
    centre = differences.centre.outputs
    best, bound = np.full_like(centre, np.nan), np.full_like(centre, np.inf)
    kinked = np.zeros(len(centre), bool)
    h = STEP * differences.scales[line]
    for _ in range(WINDOWS):
        value, error, bent = _window(differences, line, h)
        better = np.isfinite(value) & ~(error >= bound)
        best[better], bound[better], kinked[better] = value[better], error[better], bent[better]
        if np.all(bound <= SHARP * abs(best).max(initial=1e-300)):
            break
        h /= FINER
    return best, kinked


def _window(differences: Differences, line: int, h: float):
    """Slopes from three steps, their errors, and whether the slopes on both sides differ as they do at a kink."""
    centre = differences.centre.outputs
    slopes, bends = [], []
    for t in h * HALVINGS:
        (up, plus), (down, minus) = differences.look(line, t), differences.look(line, -t)
        slopes.append((plus.outputs - minus.outputs) / (up - down))
        bends.append(abs((plus.outputs - centre) / up - (minus.outputs - centre) / down))
    with np.errstate(all="ignore"):
        value, truncation = romberg(np.stack(slopes, axis=1), 0.0)
        noise = 4 * EPS * abs(centre) / h
        bent = (bends[2] > 0.7 * bends[0]) & (bends[2] > BEND * (abs(value) + bends[2])) & (bends[2] > 64 * noise)
    return value, truncation + noise, bent
