"""Schedules made of schedules."""

import pytest

from minigrad.optim.schedules import Cosine, Exponential, Join, Linear, Scaled, Warmup, per_epoch


def rates(schedule, steps):
    return [schedule(t) for t in range(steps)]


def test_warm_up_never_begins_at_0_and_ends_at_the_target():
    schedule = Warmup(4, then=Cosine(0.1, 10))
    assert rates(schedule, 4) == pytest.approx([0.025, 0.05, 0.075, 0.1])
    assert rates(schedule, 20)[4:] == rates(Cosine(0.1, 10), 16)


def test_the_lectures_linear_warm_up_from_0_is_asked_for():
    assert rates(Warmup(4, then=0.1, start=0.0), 6) == pytest.approx([0, 0.025, 0.05, 0.075, 0.1, 0.1])


def test_a_warm_up_of_no_steps_is_what_follows():
    assert rates(Warmup(0, then=Exponential(0.1, 0.5)), 4) == rates(Exponential(0.1, 0.5), 4)


def test_a_warm_up_of_one_step_is_at_the_target_at_once():
    assert rates(Warmup(1, then=0.1), 3) == [0.1, 0.1, 0.1]


def test_warm_up_may_come_down():
    assert rates(Warmup(2, then=0.1, start=0.3), 3) == pytest.approx([0.3, 0.2, 0.1])


def test_each_schedule_of_a_join_begins_at_its_own_step_0():
    schedule = Join([Linear(1.0, 2), Linear(4.0, 4), 7.0], [2, 4])
    assert rates(schedule, 6) == [1.0, 0.5, 4.0, 3.0, 7.0, 7.0]


def test_a_join_of_lists_is_one_of_tuples_and_may_be_a_key():
    assert Join([0.1, 0.2], [2]) == Join((0.1, 0.2), (2,))
    assert hash(Join([0.1, 0.2], [2])) == hash(Join((0.1, 0.2), (2,)))


def test_a_product_takes_any_function():
    assert rates(Scaled(Linear(1.0, 4), lambda step: 2.0), 3) == [2, 1.5, 1]


def test_epochs_last_their_number_of_steps():
    assert rates(per_epoch(Linear(1.0, 2), 3), 8) == [1, 1, 1, 0.5, 0.5, 0.5, 0, 0]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Warmup(-1, then=0.1), "steps must be a whole number >= 0, got -1"),
        (lambda: Warmup(2.5, then=0.1), "steps must be a whole number >= 0, got 2.5"),
        (lambda: Warmup(2, then=-0.1), "then must be a finite number >= 0, got -0.1"),
        (lambda: Warmup(2, then=0.1, start=-1), "start must be a finite number >= 0, got -1"),
        (lambda: Join([0.1, 0.2], []), "between 2 schedules there are 1 boundaries, got 0"),
        (lambda: Join([0.1, 0.2, 0.3], [3, 3]), r"boundaries must rise, got \(3, 3\)"),
        (lambda: Join([0.1, 0.2], [1.5]), "boundaries must be a whole number >= 0, got 1.5"),
        (lambda: Join([0.1, -0.2], [2]), "a schedule of Join must be a finite number >= 0, got -0.2"),
        (lambda: Scaled(-0.1, 1.0), "schedule must be a finite number >= 0, got -0.1"),
        (lambda: per_epoch(-0.1, 2), "schedule must be a finite number >= 0, got -0.1"),
        (lambda: Scaled(0.1, None), "factor must be a finite number >= 0, got None"),
        (lambda: per_epoch(0.1, 0), "steps must be a whole number >= 1, got 0"),
    ],
)
def test_every_senseless_option_is_named(build, message):
    with pytest.raises(ValueError, match=message):
        build()
