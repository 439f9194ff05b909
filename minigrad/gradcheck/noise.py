"""How much of a function's value is rounding: measured, not assumed, next to the point and at the scale of the steps.

Noise has a scale of its own. ``x + 1e4`` does not change at all when ``x`` moves by 1e-13, so next to the point
nothing is seen of a rounding that errs by 1e-12 at every ordinary step. But from afar all that is not smooth looks
like noise. It is rounding if it is as much over a narrower width, and little beside the change of the function: waves
and poles become less there, much faster than the width, kinks as fast as the width, and a jump is all of the change.
"""

from collections.abc import Callable

import numpy as np

EPS = float(np.finfo(float).eps)
OFFSETS = np.array([-1987, -1607, -1213, -643, -101, 0, 211, 877, 1429, 1721, 2111])
"""Where the function is looked at, relative to each other. Not evenly spaced, because rounding can be in step with an
even spacing, and then looks like a slope. Next to the point they are units in the last place."""
AFAR = OFFSETS + np.modf(np.arange(len(OFFSETS)) * 2**-0.5)[0] * (OFFSETS != 0)
"""The same afar from the point, where units may be whole multiples of what is rounded to: then all these are rounded
alike, and look exact."""
WIDEST, NARROWER, NARROWEST = 6.0**-3, 6.0, 1e-11
"""Over which widths the function is looked at, relative to the size of what is displaced."""
STAIRS = 6.0**-1
"""Where it begins if something does not move next to the point: at 1e-7 the steps of x - tanh x are as wide as that."""
MORE = 10.0
"""What exceeds the noise that is known by this factor needs an explanation."""
MUCH = 1e4
"""More units in the last place than rounding errs by, if it does not go up and down."""
FINEST_QUANTIZER = 1e-10
"""Steps between values are rounding somewhere on the way if they are less than anybody quantizes by."""
ASIDE = (0.0, 1.5, -1.5)
"""Where the line is that is looked at: at a kink it is beside it."""
SAME = 3.0
"""By which factor two measurements of the same noise may differ."""


def noise_level(f: Callable, x: np.ndarray, scales: np.ndarray, centre, eps: float = EPS) -> np.ndarray:
    """The standard deviation of the rounding noise of every output of ``f`` near ``x``, at least ``eps`` of it.

    It is what a polynomial of order 5 leaves over of the values on a line through ``x`` (compare J. J. More and
    S. M. Wild, Estimating computational noise, SIAM J. Sci. Comput. 33, 2011, whose difference table needs an even
    spacing).

    >>> from minigrad.gradcheck.numeric import Outcome
    >>> x = np.linspace(1.1, 1.9, 5)
    >>> bool(noise_level(lambda x: Outcome(x + 1e4), x, abs(x), Outcome(x + 1e4)).min() > 1e-13)
    True
    """
    unit, least = np.spacing(scales), eps * abs(centre.outputs)
    for aside in ASIDE:
        changes = _changes(f, x, unit, centre, OFFSETS, aside)
        if not np.isnan(changes).any():
            break
    near = _left_over(changes, OFFSETS)
    jumps = (near > MUCH * least) & ~_restless(changes)
    noise, still = np.fmax(np.where(jumps, 0.0, near), least), near == 0
    width = STAIRS if still.any() else WIDEST
    wider, noisy, lasting = np.full_like(noise, np.nan), np.zeros(len(noise), bool), np.zeros(len(noise), bool)
    while width > NARROWEST:
        changes = _changes(f, x, width / abs(AFAR).max() * scales, centre, AFAR, aside)
        seen = _left_over(changes, AFAR)
        steps = stairs(changes)
        fine = (steps > least) & (steps < FINEST_QUANTIZER * max(1.0, abs(scales).max(initial=0.0)))
        noise = np.where(fine, np.fmax(noise, steps), noise)
        lasts = (wider <= SAME * seen) & noisy
        rounding = (seen <= MORE * noise) | (lasts & lasting)
        noise = np.where(rounding, np.fmax(noise, seen), noise)
        beside = eps * _size(changes) if aside else 0.0  # the outputs are of another size there than at the point
        if np.all(seen <= MORE * np.fmax(noise, beside)):
            break
        wider, lasting, noisy = seen, lasts, (seen <= _size(changes) / MORE) | (still & _restless(changes))
        width /= NARROWER
    return noise


def scatter(f: Callable, x: np.ndarray, scales: np.ndarray, centre, width: float) -> np.ndarray:
    """What is not smooth in every output over a width: its noise, or more. It is 0 if a kink is crossed."""
    return np.nan_to_num(_left_over(_changes(f, x, width / abs(AFAR).max() * scales, centre, AFAR), AFAR))


def _changes(f: Callable, x: np.ndarray, unit: np.ndarray, centre, offsets: np.ndarray, aside=0.0) -> np.ndarray:
    """How the outputs change along a line, every other element moved the other way.

    Nothing is said if the line crosses a kink, which would look like noise. Its middle is ``x``, or ``aside`` of it by
    so many times half its length.
    """
    unit = unit * np.where(np.arange(len(x)) % 2, -1, 1)
    changes = np.zeros((len(offsets), len(centre.outputs)))
    with np.errstate(all="ignore"):
        if aside:
            x = x + aside * abs(offsets).max() * unit
            centre = f(x)
        for i in np.argsort(-abs(offsets))[:-1]:  # a kink is mostly seen from the far ends
            outcome = f(x + offsets[i] * unit)
            if outcome.decisions != centre.decisions:
                return np.full_like(changes, np.nan)
            changes[i] = outcome.outputs - centre.outputs
    return changes


def _left_over(changes: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """What a polynomial of order 5 in the offsets leaves over, as a standard deviation."""
    trend = np.linalg.qr(np.vander(offsets / abs(offsets).max(), 6))[0]
    with np.errstate(all="ignore"):
        size = _size(changes)
        relative = changes / np.where(size > 0, size, 1.0)
        left = relative - trend @ (trend.T @ relative)
        return size * np.sqrt(np.sum(left**2, axis=0) / (len(offsets) - trend.shape[1]))


def stairs(changes: np.ndarray) -> np.ndarray:
    """The least step between the values of an output, if several values were met more than once; else 0.

    >>> stairs(np.array([[0.0, 0.0, 0.25, 0.5, 0.5, 1.5]]).T)
    array([0.25])
    """
    steps = np.diff(np.sort(changes, axis=0), axis=0)
    again = steps == 0
    met = again[:1].sum(axis=0) + (again[1:] & ~again[:-1]).sum(axis=0)
    return np.where(met > 1, np.where(steps > 0, steps, np.inf).min(axis=0), 0.0)


def _size(changes: np.ndarray) -> np.ndarray:
    return abs(changes).max(axis=0)


def _restless(changes: np.ndarray) -> np.ndarray:
    """Whether the outputs go up and down, as they do not in a jump or two."""
    steps = np.diff(changes, axis=0)
    return ((steps > 0).sum(axis=0) > 1) & ((steps < 0).sum(axis=0) > 1)
