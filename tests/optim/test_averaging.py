"""Averages of the weights: their recurrences, their use, and their state."""

import numpy as np
import pytest

from minigrad.errors import CheckpointError
from minigrad.optim import EMA, SWA
from tests.optim.tools import leaf

VALUES = np.random.default_rng(0).standard_normal((6, 3))


def run(average, w, values=VALUES):
    for value in values:
        w.data = value
        average.update()
    return average.averages[0]


def test_ema_starts_at_the_first_values_and_follows_its_recurrence():
    expected = VALUES[0]
    for value in VALUES[1:]:
        expected = 0.9 * expected + 0.1 * value
    w = leaf(np.zeros(3))
    np.testing.assert_allclose(run(EMA([w], decay=0.9), w), expected, rtol=1e-14)


def test_the_decay_may_be_a_schedule_of_the_updates():
    w = leaf(np.zeros(3))
    mean = run(EMA([w], decay=lambda count: count / (count + 1)), w)
    np.testing.assert_allclose(mean, VALUES.mean(axis=0), atol=1e-15)


def test_swa_is_the_mean_of_all_values():
    w = leaf(np.zeros(3))
    np.testing.assert_allclose(run(SWA([w]), w), VALUES.mean(axis=0), atol=1e-15)


def test_the_average_is_applied_inside_the_block_and_the_own_values_are_back_after_an_error():
    w = leaf(np.zeros(3))
    average = SWA([w])
    run(average, w)

    def inside():
        with average.applied():
            np.testing.assert_allclose(w.data, VALUES.mean(axis=0))
            raise RuntimeError("validation failed")

    with pytest.raises(RuntimeError, match="validation failed"):
        inside()
    np.testing.assert_array_equal(w.data, VALUES[-1])


def test_a_saved_average_goes_on_and_one_of_other_shapes_is_refused():
    w = leaf(np.zeros(3))
    whole = run(EMA([w], decay=0.9), w)
    first = EMA([w], decay=0.9)
    run(first, w, VALUES[:3])
    second = EMA([w], decay=0.9)
    second.load_state_dict(first.state_dict())
    np.testing.assert_array_equal(run(second, w, VALUES[3:]), whole)
    with pytest.raises(CheckpointError, match=r"have shapes \[\(3,\)\], needed are \[\(2,\)\]"):
        EMA([leaf([1.0, 2.0])]).load_state_dict(first.state_dict())


def test_a_senseless_decay_is_an_error():
    with pytest.raises(ValueError, match=r"decay must be in \[0, 1\), got 1"):
        EMA([leaf(1.0)], decay=1)
