"""Schedules that go up as well as down."""

import pytest

from minigrad.optim.schedules import CosineRestarts, Cyclic, OneCycle, Piecewise


def rates(schedule, steps):
    return [schedule(t) for t in range(steps)]


def test_one_cycle_of_ten_steps_by_hand():
    expected = [0.04, 0.52, 1, 0.950484632, 0.811745654, 0.611262022, 0.388741978, 0.188258346, 0.049519368, 4e-6]
    assert rates(OneCycle(1.0, 10), 10) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("step", [10, 11])
def test_one_cycle_asked_beyond_its_end_names_the_total(step):
    message = rf"built for 10 steps and is asked for step {step} \(counted from 0\): give it the true total"
    with pytest.raises(ValueError, match=message):
        OneCycle(1.0, 10)(step)


@pytest.mark.parametrize("steps", range(1, 30))
@pytest.mark.parametrize("rising", [0, 0.3, 0.5, 1])
def test_one_cycle_of_any_length_stays_below_its_peak_and_never_divides_by_zero(steps, rising):
    found = rates(OneCycle(1.0, steps, rising=rising), steps)
    assert all(0 < rate <= 1 for rate in found)
    if rising < 1:
        assert found[-1] == pytest.approx(4e-6)


def test_a_cycle_may_come_down_faster_than_it_goes_up():
    assert rates(Cyclic(0.0, 1.0, 4, 1), 7) == [0, 0.25, 0.5, 0.75, 1, 0, 0.25]


def test_restarts_of_one_length_come_at_every_period_however_late():
    schedule = CosineRestarts(0.1, 3)
    assert schedule(3 * 10**12) == 0.1
    assert schedule(3 * 10**12 + 1) == schedule(1)


def test_a_polygon_is_constant_outside_and_its_points_may_be_a_dict():
    schedule = Piecewise({2: 1.0, 4: 0.0})
    assert rates(schedule, 7) == [1, 1, 1, 0.5, 0, 0, 0]
    assert schedule == Piecewise([(2, 1.0), (4, 0.0)])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: CosineRestarts(0.1, 0), "period must be a whole number >= 1, got 0"),
        (lambda: CosineRestarts(0.1, 3, factor=0), "factor must be a whole number >= 1, got 0"),
        (lambda: CosineRestarts(-0.1, 3), "rate must be a finite number >= 0, got -0.1"),
        (lambda: OneCycle(0, 3), "rate must be a finite number > 0, got 0"),
        (lambda: Piecewise({0: 0.1}, shape="round"), "shape must be one of 'linear', 'cosine'"),
        (lambda: Cyclic(-0.1, 0.2, 2), "low must be a finite number >= 0, got -0.1"),
        (lambda: Cyclic(0.1, -0.2, 2), "high must be a finite number >= 0, got -0.2"),
        (lambda: Cyclic(0.1, 0.2, 2, gamma=0), "gamma must be a finite number > 0, got 0"),
        (lambda: CosineRestarts(0.1, 3, end=-1), "end must be a finite number >= 0, got -1"),
        (lambda: OneCycle(0.1, 3, start_divisor=0), "start_divisor must be a finite number > 0, got 0"),
        (lambda: OneCycle(0.1, 3, end_divisor=0), "end_divisor must be a finite number > 0, got 0"),
        (lambda: Cyclic(0.1, 0.2, 0), "up must be a whole number >= 1, got 0"),
        (lambda: Cyclic(0.1, 0.2, 2, 0), "down must be a whole number >= 1, got 0"),
        (lambda: Cyclic(0.1, 0.2, 2, mode="square"), "mode must be one of 'triangular', 'triangular2', 'exp_range'"),
        (lambda: OneCycle(0.1, 0), "steps must be a whole number >= 1, got 0"),
        (lambda: OneCycle(0.1, 10.5), "steps must be a whole number >= 1, got 10.5"),
        (lambda: OneCycle(0.1, 10, rising=1.5), "rising must be between 0 and 1"),
        (lambda: OneCycle(0.1, 10, rising=0.6, three_phase=True), r"\(with three_phase 0.5\), got 0.6"),
        (lambda: OneCycle(0.1, 10, shape="sqrt"), "shape must be one of 'cosine', 'linear', got 'sqrt'"),
        (lambda: Piecewise({}), "points must have at least one"),
        (lambda: Piecewise([(3, 0.1), (2, 0.2)]), r"the steps of points must rise, got \[3, 2\]"),
        (lambda: Piecewise({0: -0.1}), "a rate of points must be a finite number >= 0, got -0.1"),
    ],
)
def test_every_senseless_option_is_named(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_a_cycle_may_go_up_from_0_and_down_from_its_high():
    assert [Cyclic(0.0, 1.0, 2)(step) for step in range(5)] == [0, 0.5, 1, 0.5, 0]
    assert [Cyclic(1.0, 0.0, 1)(step) for step in range(3)] == [1, 0, 1]


def test_pieces_are_drawn_to_the_last_point():
    assert Piecewise({0: 0.1, 10: 0.2, 30: 0.0}).horizon == 30
