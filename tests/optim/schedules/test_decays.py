"""Decays against closed forms written out; the parity tests compare them with PyTorch and optax."""

import math

import pytest

from minigrad.optim.schedules import (
    Constant,
    Cosine,
    Exponential,
    InverseSqrt,
    InverseTime,
    Linear,
    MultiStep,
    Noam,
    Polynomial,
    Step,
    Warmup,
    WarmupStableDecay,
    per_epoch,
)


def rates(schedule, steps):
    return [schedule(t) for t in range(steps)]


def test_the_lectures_decays():
    """Step x0.1 at epochs 30, 60, 90; cosine; linear; inverse square root: eta0 = 0.5, T = 100."""
    T, eta0 = 100, 0.5
    for t in range(T + 1):
        assert Cosine(eta0, T)(t) == pytest.approx(eta0 / 2 * (1 + math.cos(t * math.pi / T)), abs=1e-15)
        assert Linear(eta0, T)(t) == pytest.approx(eta0 * (1 - t / T), abs=1e-15)
        assert MultiStep(eta0, (30, 60, 90))(t) == pytest.approx(eta0 * 0.1 ** ((t >= 30) + (t >= 60) + (t >= 90)))
        assert InverseSqrt(eta0)(t) == pytest.approx(eta0 / math.sqrt(t + 1))
    epochs = per_epoch(MultiStep(eta0, (30, 60, 90)), 7)
    assert [epochs(t) for t in (0, 209, 210, 419, 420)] == pytest.approx([0.5, 0.5, 0.05, 0.05, 0.005])


def test_staircase_exponential_and_polynomial_by_hand():
    assert rates(Step(1.0, 3, 0.1), 8) == pytest.approx([1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01])
    assert rates(Exponential(1.0, 0.5), 4) == [1, 0.5, 0.25, 0.125]
    assert rates(Polynomial(1.0, 4), 6) == [1, 0.75, 0.5, 0.25, 0, 0]


def test_cosine_by_hand_never_climbs_again():
    expected = [1, 0.8535533906, 0.5, 0.1464466094, 0, 0, 0, 0, 0]
    assert rates(Cosine(1.0, 4), 9) == pytest.approx(expected, abs=1e-10)


def test_inverse_sqrt_after_a_warm_up_is_fairseqs():
    W, schedule = 4, Warmup(4, then=InverseSqrt(0.1, 4), start=0.0)
    for t in range(20):
        expected = 0.1 * t / W if t < W else 0.1 * math.sqrt(W) / math.sqrt(t)
        assert schedule(t) == pytest.approx(expected, abs=1e-16)


def test_noam_is_the_formula_of_the_paper():
    for step in range(30):
        s = step + 1
        assert Noam(512, 8, 2.0)(step) == pytest.approx(2 * 512**-0.5 * min(s**-0.5, s * 8**-1.5))


def test_inverse_time_and_its_staircase():
    assert rates(InverseTime(1.0, 1.0), 4) == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4])
    assert rates(InverseTime(1.0, 1.0, 2, staircase=True), 5) == pytest.approx([1, 1, 1 / 2, 1 / 2, 1 / 3])


@pytest.mark.parametrize(
    ("shape", "left"),
    [("linear", [0.75, 0.5, 0.25]), ("cosine", [0.853553, 0.5, 0.146447]), ("sqrt", [0.5, 0.292893, 0.133975])],
)
def test_warm_up_stable_decay(shape, left):
    found = rates(WarmupStableDecay(1.0, 2, 3, 4, shape=shape), 11)
    assert found == pytest.approx([0.5, 1, 1, 1, 1, 1, *left, 0, 0], abs=1e-6)


def test_one_step_is_enough_for_a_decay_and_phases_may_be_empty():
    for kind in (Linear, Cosine, Polynomial):
        assert rates(kind(0.1, 1), 3) == [0.1, 0, 0]
    assert rates(WarmupStableDecay(1.0, 0, 2, 0), 4) == [1, 1, 0, 0]
    assert rates(WarmupStableDecay(1.0, 0, 0, 0), 2) == [0, 0]


@pytest.mark.parametrize("steps", [0, -1, 1.5, 10.0, True, "10"])
@pytest.mark.parametrize("kind", [Linear, Cosine, Polynomial])
def test_a_number_of_steps_that_is_none_is_an_error(kind, steps):
    with pytest.raises(ValueError, match=f"steps must be a whole number >= 1, got {steps!r}"):
        kind(0.1, steps)


@pytest.mark.parametrize("rate", [-0.1, math.nan, math.inf, "0.1"])
def test_a_rate_that_is_none_is_an_error(rate):
    for build in (
        *(Constant, lambda r: Step(r, 3), lambda r: MultiStep(r, (3,)), lambda r: Exponential(r, 0.9)),
        *(lambda r: Cosine(r, 3), InverseSqrt, lambda r: InverseTime(r, 1.0)),
        lambda r: WarmupStableDecay(r, 1, 1, 1),
    ):
        with pytest.raises(ValueError, match="rate must be a finite number >= 0, got"):
            build(rate)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Step(0.1, 0), "every must be a whole number >= 1, got 0"),
        (lambda: Step(0.1, 2, 0.0), "gamma must be a finite number > 0, got 0.0"),
        (lambda: MultiStep(0.1, (-1,)), "a milestone must be a whole number >= 0, got -1"),
        (lambda: Polynomial(0.1, 3, power=0), "power must be a finite number > 0, got 0"),
        (lambda: Cosine(0.1, 3, end=-1), "end must be a finite number >= 0, got -1"),
        (lambda: InverseSqrt(0.1, 0), "timescale must be a finite number > 0, got 0"),
        (lambda: Noam(0, 4), "width must be a whole number >= 1, got 0"),
        (lambda: MultiStep(0.1, (2,), 0), "gamma must be a finite number > 0, got 0"),
        (lambda: Exponential(0.1, 0), "gamma must be a finite number > 0, got 0"),
        (lambda: Noam(4, 0), "warmup must be a whole number >= 1, got 0"),
        (lambda: Noam(4, 4, scale=-1), "scale must be a finite number >= 0, got -1"),
        (lambda: InverseTime(0.1, -1), "decay must be a finite number >= 0, got -1"),
        (lambda: WarmupStableDecay(0.1, 1, 1, 1, end=-1), "end must be a finite number >= 0, got -1"),
        (lambda: WarmupStableDecay(0.1, 1, 1, -1), "decay must be a whole number >= 0, got -1"),
        (lambda: WarmupStableDecay(0.1, 1, 1, 1, shape="round"), "shape must be one of 'linear', 'cosine', 'sqrt'"),
    ],
)
def test_every_senseless_option_is_named(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_a_decay_of_nothing_and_a_scale_of_nothing_are_allowed():
    assert InverseTime(0.1, 0)(7) == 0.1
    assert Noam(4, 4, scale=0)(7) == 0


def test_inverse_time_is_counted_in_steps_of_its_own():
    assert [InverseTime(1.0, 1.0, 4)(step) for step in (0, 2, 4, 12)] == [1, 1 / 1.5, 0.5, 0.25]


def test_a_stable_phase_may_end_above_zero():
    assert [WarmupStableDecay(1.0, 0, 1, 2, end=0.5)(step) for step in range(5)] == [1, 1, 0.75, 0.5, 0.5]


def test_milestones_may_come_in_any_order():
    assert MultiStep(1.0, (4, 2)) == MultiStep(1.0, (2, 4))
    assert [MultiStep(1.0, (4, 2), 0.5)(step) for step in range(5)] == [1, 1, 0.5, 0.5, 0.25]


@pytest.mark.parametrize("steps", [0, -1, 1.5])
def test_a_decay_in_time_over_no_steps_is_an_error(steps):
    with pytest.raises(ValueError, match="steps must be a whole number >= 1"):
        InverseTime(0.1, 1.0, steps)
