"""The schedule that is fed a metric."""

import math

import pytest

from minigrad.optim.schedules import Plateau
from tests.optim.parity import TORCH


def feed(schedule, metrics):
    found = [schedule(0)]
    for metric in metrics:
        schedule.observe(metric)
        found.append(schedule(0))
    return found


def test_the_rates_are_pytorchs_for_a_positive_metric():
    metrics, expected = TORCH["schedules"]["ReduceLROnPlateau(patience=2,factor=.5,cooldown=1)"]
    found = feed(Plateau(0.1, factor=0.5, patience=2, cooldown=1), metrics)
    assert found == pytest.approx(expected, abs=1e-12)


def test_a_negative_metric_that_gets_worse_lowers_the_rate_which_pytorch_misses():
    metrics, missed = TORCH["schedules"]["ReduceLROnPlateau(neg metric getting worse)"]
    assert set(missed) == {0.1}
    found = feed(Plateau(0.1, factor=0.5, patience=2), metrics)
    assert found[:6] == [0.1, 0.1, 0.1, 0.1, 0.05, 0.05]


def test_an_accuracy_is_watched_with_mode_max():
    assert feed(Plateau(0.1, factor=0.5, patience=0, mode="max"), [0.5, 0.6, 0.6]) == [0.1, 0.1, 0.1, 0.05]


def test_nan_is_never_better():
    assert feed(Plateau(0.1, factor=0.5, patience=0), [math.nan, 1.0, math.nan]) == [0.1, 0.05, 0.05, 0.025]


def test_the_rate_does_not_fall_below_the_least():
    assert feed(Plateau(0.1, factor=0.1, patience=0, least=0.05), [1, 1, 1])[-1] == 0.05


def test_a_first_metric_that_is_worse_than_nothing_is_still_the_best_so_far():
    schedule = Plateau(0.1, factor=0.5, patience=0, threshold=0)
    assert feed(schedule, [0.0, -1e-9, -1e-9]) == [0.1, 0.1, 0.1, 0.05]


def test_after_a_cut_it_rests_and_counts_from_0_again():
    assert feed(Plateau(1.0, factor=0.5, patience=1, cooldown=2), [1] * 9) == [
        1,
        1,
        1,
        0.5,
        0.5,
        0.5,
        0.5,
        0.25,
        0.25,
        0.25,
    ]


def test_it_goes_on_from_its_state_at_every_observation():
    metrics = [1.0, 0.9, 0.9, 0.9, 0.8, 0.8, 0.8, 0.8, 0.8]
    build = lambda: Plateau(0.1, factor=0.5, patience=1, cooldown=1)
    whole = feed(build(), metrics)
    for k in range(len(metrics)):
        first, second = build(), build()
        feed(first, metrics[:k])
        second.load_state_dict(first.state_dict())
        assert feed(second, metrics[k:]) == whole[k:]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"factor": 1.0}, "factor must be between 0 and 1, got 1.0"),
        ({"factor": 0}, "factor must be between 0 and 1, got 0"),
        ({"threshold": -1}, "threshold must be a finite number >= 0, got -1"),
        ({"patience": -1}, "patience must be a whole number >= 0, got -1"),
        ({"cooldown": 0.5}, "cooldown must be a whole number >= 0, got 0.5"),
        ({"mode": "best"}, "mode must be one of 'min', 'max', got 'best'"),
        ({"least": -1}, "least must be a finite number >= 0, got -1"),
    ],
)
def test_every_senseless_option_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        Plateau(0.1, **options)


def test_a_negative_rate_is_named():
    with pytest.raises(ValueError, match=r"rate must be a finite number >= 0, got -0\.1"):
        Plateau(-0.1)
