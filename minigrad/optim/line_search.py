"""How far to go along a direction: the line searches of L-BFGS and of Newton's method."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

SUFFICIENT, CURVATURE = 1e-4, 0.9
"""c1 and c2 of the Wolfe conditions: Nocedal and Wright, 2006, eq. 3.7."""


class Point(NamedTuple):
    """A point on the line: how far along, the loss there, its gradient, and its slope along the line."""

    t: float
    loss: float
    gradient: np.ndarray
    slope: float

    def is_too_high(self, start: "Point") -> bool:
        """Whether the loss has not fallen as far as the slope at the start promised; NaN has not."""
        return not self.loss <= start.loss + SUFFICIENT * self.t * start.slope

    def is_flat(self, start: "Point") -> bool:
        """Whether the slope is small against that at the start."""
        return abs(self.slope) <= -CURVATURE * start.slope


def strong_wolfe(
    at: Callable[[float], Point], start: Point, t: float, *, resolution: float, most: int = 25
) -> tuple[Point, int]:
    """A point where the loss has fallen enough and the slope is flat enough, and how many points were evaluated.

    First the step, ``t``, grows until a minimum is enclosed; then the interval shrinks around it, down to
    ``resolution``. Nocedal and Wright, 2006, algorithms 3.5 and 3.6; the safeguards are those of Schmidt's minFunc,
    2005.
    """
    before, new = start, at(t)
    for iteration in range(most):
        if new.is_too_high(start) or (iteration > 1 and new.loss >= before.loss):
            break
        if new.is_flat(start):
            return new, iteration + 1
        if new.slope >= 0:
            break
        bounds = (new.t + 0.01 * (new.t - before.t), 10 * new.t)
        before, new = new, at(cubic_minimum(before, new, bounds))
    else:
        return (new if new.loss < start.loss else start), most + 1
    low, high = (new, before) if new.loss < before.loss else (before, new)
    return _zoom(at, start, low, high, iteration + 1, resolution, most)


def _zoom(at, start: Point, low: Point, high: Point, evaluated: int, resolution: float, most: int):
    """Shrink the interval between ``low``, the best point, and ``high``, until a point satisfies both conditions."""
    stuck = False
    while evaluated <= most and abs(high.t - low.t) >= resolution:
        left, right = sorted((low.t, high.t))
        t, margin = cubic_minimum(low, high, (left, right)), 0.1 * (right - left)
        at_edge = min(right - t, t - left) < margin
        if at_edge and (stuck or not left < t < right):
            t = right - margin if right - t < t - left else left + margin
            at_edge = False
        stuck = at_edge
        new, evaluated = at(t), evaluated + 1
        if new.is_too_high(start) or new.loss >= low.loss:
            low, high = (new, low) if new.loss < low.loss else (low, new)
        elif new.is_flat(start):
            return new, evaluated
        else:
            low, high = new, (low if new.slope * (high.t - low.t) >= 0 else high)
    return low, evaluated


def cubic_minimum(a: Point, b: Point, bounds: tuple[float, float]) -> float:
    """Where the cubic through two points with their slopes has its minimum, within bounds; halfway where it has none.

    Nocedal and Wright, 2006, eq. 3.59.
    """
    lowest, highest = bounds
    a, b = (a, b) if a.t <= b.t else (b, a)
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if not 0 <= square < math.inf:
        return (lowest + highest) / 2
    d2 = math.sqrt(square)
    if b.slope - a.slope + 2 * d2 == 0:
        return (lowest + highest) / 2
    minimum = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
    return min(max(minimum, lowest), highest)


def backtracking(loss: Callable[[float], float], start: float, slope: float, *, most: int = 40) -> float:
    """The largest of 1, 1/2, 1/4 ... at which the loss has fallen as far as the slope promised, 0 if there is none.

    Armijo, 1966; Nocedal and Wright, 2006, algorithm 3.1.
    """
    for halvings in range(most):
        t = 0.5**halvings
        if loss(t) <= start + SUFFICIENT * t * slope:
            return t
    return 0.0
