"""Line searches end where their conditions say."""

import math

import numpy as np
import pytest

from minigrad.optim.line_search import Point, backtracking, cubic_minimum, strong_wolfe

LINES = {
    "a parabola, first step far too short": (lambda t: (t - 3) ** 2, lambda t: 2 * (t - 3), 1e-3),
    "a parabola, first step far too long": (lambda t: (t - 3) ** 2, lambda t: 2 * (t - 3), 1e3),
    "a wave": (lambda t: -math.sin(t) + 0.1 * t, lambda t: -math.cos(t) + 0.1, 20.0),
    "a flat end": (lambda t: -t / (t * t + 2), lambda t: (t * t - 2) / (t * t + 2) ** 2, 0.1),
    "an edge": (lambda t: abs(t - 1) + 0.01 * t, lambda t: math.copysign(1, t - 1) + 0.01, 0.3),
}


def on(loss, slope):
    return lambda t: Point(t, loss(t), np.array([slope(t)]), slope(t))


@pytest.mark.parametrize(("loss", "slope", "first"), list(LINES.values())[:4], ids=list(LINES)[:4])
def test_both_wolfe_conditions_hold_where_it_ends(loss, slope, first):
    at = on(loss, slope)
    point, evaluations = strong_wolfe(at, at(0.0), first, resolution=1e-9)
    assert point.loss <= loss(0) + 1e-4 * point.t * slope(0)
    assert abs(point.slope) <= 0.9 * abs(slope(0))
    assert evaluations <= 25


def test_at_an_edge_no_slope_is_flat_and_it_ends_close_by():
    loss, slope, first = LINES["an edge"]
    point, _ = strong_wolfe(on(loss, slope), on(loss, slope)(0.0), first, resolution=1e-6)
    assert point.t == pytest.approx(1, abs=1e-3)


def test_a_line_that_falls_forever_is_followed_for_a_bounded_number_of_points():
    at = on(lambda t: -t, lambda t: -1.0)
    point, evaluations = strong_wolfe(at, at(0.0), 1.0, resolution=1e-9, most=5)
    assert evaluations == 6
    assert point.loss < -1000


def test_the_cubic_through_a_cubic_has_its_minimum():
    f, slope = (lambda t: t**3 - 3 * t), (lambda t: 3 * t * t - 3)
    a, b = on(f, slope)(0.0), on(f, slope)(2.5)
    assert cubic_minimum(a, b, (0.0, 2.5)) == pytest.approx(1.0)
    assert cubic_minimum(b, a, (0.0, 2.5)) == pytest.approx(1.0)
    assert cubic_minimum(a, b, (1.5, 2.5)) == 1.5


def test_a_cubic_without_a_minimum_gives_the_middle():
    falling = on(lambda t: -(t**3) - t, lambda t: -3 * t * t - 1)
    assert cubic_minimum(falling(-1.0), falling(1.0), (0.0, 4.0)) == 2.0
    nowhere = Point(1.0, math.nan, np.array([math.nan]), math.nan)
    assert cubic_minimum(falling(0.0), nowhere, (0.0, 1.0)) == 0.5


def test_backtracking_halves_until_the_loss_has_fallen_enough():
    assert backtracking(lambda t: (10 * t - 1) ** 2, 1.0, -20.0) == 0.125
    assert backtracking(lambda t: 1.0 + t, 1.0, -1.0) == 0.0
    assert backtracking(lambda t: math.nan if t > 0.3 else -t, 0.0, -1.0) == 0.25


def test_a_second_step_next_to_an_end_of_the_interval_is_moved_a_tenth_inwards():
    """Everywhere but at 0 the loss is 1 and rises: the cubic's minimum is always next to 0."""
    tried = []

    def at(t):
        tried.append(t)
        return Point(t, 1.0, np.array([1.0]), 1.0)

    strong_wolfe(at, Point(0.0, 0.0, np.array([-1e-3]), -1e-3), 1.0, resolution=1e-12, most=4)
    first, second, third = tried[1:4]
    assert first < 0.001
    assert second == pytest.approx(0.1 * first)
    assert third < 0.001 * second
