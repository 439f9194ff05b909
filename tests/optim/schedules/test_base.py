"""What holds for every schedule: it is a function of the step, says how to build it, and draws itself."""

import pickle

import pytest

from minigrad.optim import schedules
from minigrad.optim.schedules import Constant, Cosine, OneCycle, Plateau, Schedule, Step
from tests.optim.schedules.catalog import BUILT, KINDS

every = pytest.mark.parametrize(("text", "schedule"), BUILT.items(), ids=list(BUILT))


def test_every_public_schedule_is_in_the_catalog():
    public = {kind for kind in map(vars(schedules).get, schedules.__all__) if kind is not Schedule}
    assert public == KINDS == {type(schedule) for schedule in BUILT.values()}


def test_all_public_names_are_listed_and_sorted():
    assert schedules.__all__ == sorted(schedules.__all__)
    found = {name for name, value in vars(schedules).items() if isinstance(value, type)}
    assert found == set(schedules.__all__)


@every
def test_the_repr_is_the_call_that_builds_it(text, schedule):
    assert repr(schedule) == text


@every
def test_a_rate_is_a_finite_python_float_and_never_negative(text, schedule):
    rates = [schedule(step) for step in range(25)]
    assert {type(rate) for rate in rates} == {float}
    assert all(0 <= rate <= 1 for rate in rates)


@every
def test_a_rebuilt_schedule_goes_on_from_every_step_exactly(text, schedule):
    whole = [schedule(step) for step in range(25)]
    for k in range(25):
        rebuilt = pickle.loads(pickle.dumps(schedule))
        rebuilt.load_state_dict(schedule.state_dict())
        assert [rebuilt(step) for step in range(k, 25)] == whole[k:]


@every
def test_printing_it_says_how_to_build_it_and_shows_its_curve_in_one_line(text, schedule):
    built, curve, steps = str(schedule).split("    ")
    assert built == text
    assert 2 <= len(curve) <= 24
    assert set(curve) <= set("▁▂▃▄▅▆▇█")
    assert steps == f"steps 0 to {schedule.horizon}"


@every
def test_the_preview_is_a_chart_within_its_size(text, schedule):
    lines = schedule.preview(width=40, height=5).splitlines()
    assert len(lines) == 7
    assert max(map(len, lines)) <= 50 + len(str(schedule.horizon))


@every
@pytest.mark.parametrize("step", [-1, "3", None])
def test_a_step_that_is_no_count_is_an_error(text, schedule, step):
    with pytest.raises(ValueError, match="a schedule is asked for a step >= 0"):
        schedule(step)


def test_equal_schedules_are_equal_and_may_be_keys():
    assert Cosine(0.1, 10) == Cosine(0.1, 10) != Cosine(0.1, 11)
    assert {Cosine(0.1, 10): "here"}[Cosine(0.1, 10)] == "here"


def test_the_curve_of_a_staircase_goes_down_in_steps():
    assert Step(1.0, 4, 0.5).curve() == "████▅▅▅▅▃▃▃▃▂▂▂▂"


def test_the_curve_of_a_rate_of_0_is_empty():
    assert set(Constant(0.0).curve()) == {"▁"}


@pytest.mark.parametrize(
    ("text", "last"),
    {
        "Constant(0.1)": 100,
        "Step(0.1, 5)": 19,
        "MultiStep(0.1, (3, 3, 10))": 13,
        "MultiStep(0.1, ())": 100,
        "MultiStep(0.1, (0,))": 1,
        "Exponential(0.1, 0.9)": 38,
        "Exponential(0.1, 1)": 100,
        "Polynomial(0.1, 10, power=2.0)": 10,
        "InverseSqrt(0.1, timescale=4)": 100,
        "InverseSqrt(0.1, timescale=10)": 200,
        "InverseTime(0.1, 0.5, steps=3, staircase=True)": 54,
        "InverseTime(0.1, 0)": 100,
        "Noam(512, 4)": 40,
        "WarmupStableDecay(0.1, 2, 3, 4)": 9,
        "WarmupStableDecay(0.1, 0, 0, 0)": 1,
        "CosineRestarts(0.1, 4)": 11,
        "CosineRestarts(0.1, 4, factor=2, end=0.01)": 27,
        "Cyclic(0.01, 0.1, 4)": 24,
        "Cyclic(0.01, 0.1, 4, down=2, mode='triangular2')": 18,
        "OneCycle(0.1, 25)": 24,
        "Piecewise(((0, 0.1), (5, 0.2), (9, 0.0)))": 9,
        "Piecewise(((0, 0.1),))": 1,
        "Warmup(4, then=Cosine(0.1, 10))": 14,
        "Warmup(4, then=0.1, start=0.01)": 8,
        "Warmup(0, then=0.1)": 1,
        "Join((Linear(0.1, 3), 0.05), (3,))": 6,
        "Join((Linear(0.1, 3), Cosine(0.1, 20)), (3,))": 23,
        "Join((0.1, 0.2, 0.3), (4, 6))": 10,
        "Join((0.1,), ())": 100,
        "Scaled(Cosine(0.1, 10), Exponential(1.0, 0.9))": 38,
        "Scaled(Cosine(0.1, 10), 0.5)": 10,
        "Scaled(0.1, 0.5)": 100,
        "per_epoch(MultiStep(0.1, (1, 2)), 3)": 8,
        "per_epoch(0.1, 3)": 100,
    }.items(),
)
def test_it_is_drawn_to_its_end_or_to_where_one_sees_how_it_goes_on(text, last):
    assert eval(text, vars(schedules)).horizon == last


def test_a_part_of_the_curve_can_be_drawn():
    assert len(Cosine(0.1, 1000).curve(10, width=5)) == 5
    assert Cosine(0.1, 1000).preview(10, width=5).endswith("10")


def test_a_metric_reaches_the_plateau_inside():
    outer = schedules.Warmup(2, then=schedules.Scaled(0.5, Plateau(1.0, patience=0)))
    for metric in (1.0, 2.0):
        outer.observe(metric)
    assert outer(5) == pytest.approx(0.05)


def test_a_frozen_schedule_has_no_state_and_takes_no_notice_of_metrics():
    schedule = OneCycle(0.1, 10)
    schedule.observe(1.0)
    assert schedule.state_dict() == {}


@pytest.mark.parametrize("step", [-1, float("nan"), "1", None])
def test_what_is_no_step_is_refused(step):
    with pytest.raises(ValueError, match="a schedule is asked for a step >= 0, got"):
        Constant(0.1)(step)
