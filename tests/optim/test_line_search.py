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


def random_line(rng):
    """A loss and its slope along a line, and its first step: parabolas, waves, flat ends, edges and quartics."""
    a = rng.normal(size=3) * 10.0 ** rng.uniform(-1, 1)
    sign = rng.choice([-1.0, 1.0])
    loss, slope = [
        (lambda t: (a[0] * (t - a[1])) ** 2, lambda t: 2 * a[0] ** 2 * (t - a[1])),
        (
            lambda t: a[2] * math.sin(a[0] * t) + 0.1 * (t - a[1]) ** 2,
            lambda t: a[0] * a[2] * math.cos(a[0] * t) + 0.2 * (t - a[1]),
        ),
        (lambda t: -t * abs(a[0]) / (t * t + 2), lambda t: abs(a[0]) * (t * t - 2) / (t * t + 2) ** 2),
        (lambda t: abs(t - a[0]) + 0.01 * t, lambda t: math.copysign(1, t - a[0]) + 0.01),
        (
            lambda t: a[0] * t + a[1] * t**2 + a[2] * t**3 + t**4,
            lambda t: a[0] + 2 * a[1] * t + 3 * a[2] * t**2 + 4 * t**3,
        ),
    ][rng.integers(5)]
    sign = -1.0 if slope(0.0) > 0 else 1.0
    return lambda t: loss(sign * t), lambda t: sign * slope(sign * t), 10.0 ** rng.uniform(-3, 3)


@pytest.mark.parametrize("first", range(0, 500, 50))
def test_on_hundreds_of_lines_the_same_points_are_tried_as_by_pytorch(torch, first):
    from torch.optim.lbfgs import _strong_wolfe

    for seed in range(first, first + 50):
        rng = np.random.default_rng(seed)
        loss, slope, step = random_line(rng)
        most, tried, theirs = int(rng.choice([2, 5, 25])), [], []

        def at(t, loss=loss, slope=slope, tried=tried):
            tried.append(t)
            return Point(t, loss(t), np.array([slope(t)]), slope(t))

        def objective(x, t, d, loss=loss, slope=slope, theirs=theirs):
            theirs.append(float(t))
            return loss(float(t)), torch.tensor([slope(float(t))], dtype=torch.float64)

        point, count = strong_wolfe(at, on(loss, slope)(0.0), step, resolution=1e-9, most=most)
        begin = torch.tensor([slope(0.0)], dtype=torch.float64)
        one = torch.ones(1, dtype=torch.float64)
        _, _, t, evaluations = _strong_wolfe(objective, one, step, one, loss(0.0), begin, slope(0.0), max_ls=most)
        assert (count, len(tried)) == (evaluations, len(theirs))
        np.testing.assert_allclose([*tried, point.t], [*theirs, float(t)], rtol=1e-5)


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


def test_backtracking_asks_for_a_ten_thousandth_of_what_the_slope_promised():
    falls = [(1.0001e-4, -1.0), (0.9999e-4, -1.0), (2.0001e-4, -2.0), (1.9999e-4, -2.0)]
    assert [backtracking(lambda t, fall=fall: -fall * t, 0.0, slope) for fall, slope in falls] == [1, 0, 1, 0]


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
