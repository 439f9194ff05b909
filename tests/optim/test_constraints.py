"""Constraints put the new values back to where they may be."""

import numpy as np
import pytest

from minigrad.optim import SGD, MaxNorm, UnitNorm
from tests.optim.tools import follow, leaf


def lengths(w, axis=1):
    return np.linalg.norm(w.data, axis=axis)


def test_no_row_is_longer_than_the_limit_after_a_step_and_short_ones_are_left_alone():
    w = leaf([[3.0, 4.0], [0.1, 0.2]])
    follow(SGD([w], 0.1, constraint=MaxNorm(2.0)), w, [np.ones((2, 2))])
    np.testing.assert_allclose(lengths(w)[0], 2.0)
    np.testing.assert_allclose(w.data[1], [0.0, 0.1], atol=1e-16)


@pytest.mark.parametrize("limit", [0, -1.0, float("inf")])
def test_a_senseless_limit_is_an_error(limit):
    with pytest.raises(ValueError, match=f"limit must be a finite number > 0, got {limit}"):
        MaxNorm(limit)


def test_rows_are_meant_unless_asked():
    w = np.array([[3.0, 4.0], [6.0, 8.0]])
    np.testing.assert_allclose(UnitNorm().projection(w), [[0.6, 0.8], [0.6, 0.8]])
    np.testing.assert_allclose(MaxNorm(5.0).projection(w), [[3, 4], [3, 4]])


def test_axis_0_takes_columns():
    w = leaf([[3.0, 0.1], [4.0, 0.2]])
    follow(SGD([w], 0.0, constraint=MaxNorm(1.0, axis=0)), w, [np.ones((2, 2))])
    np.testing.assert_allclose(lengths(w, axis=0), [1.0, np.hypot(0.1, 0.2)])


def test_every_row_has_length_1_but_a_row_of_zeros_stays():
    w = leaf([[3.0, 4.0], [0.0, 0.0]])
    follow(SGD([w], 0.0, constraint=UnitNorm()), w, [np.ones((2, 2))])
    np.testing.assert_allclose(w.data, [[0.6, 0.8], [0, 0]])


def test_biases_are_spared_unless_asked():
    b = leaf([3.0, 4.0])
    follow(SGD([b], 0.0, constraint=UnitNorm()), b, [np.ones(2)])
    assert b.tolist() == [3.0, 4.0]
    follow(SGD([b], 0.0, constraint=UnitNorm(axis=0, where=lambda name, p: True)), b, [np.ones(2)])
    np.testing.assert_allclose(b.data, [0.6, 0.8])
