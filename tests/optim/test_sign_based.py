"""Rprop and Lion look at signs."""

import numpy as np
import pytest

from minigrad.optim import Lion, Rprop
from tests.optim.tools import follow, leaf


def test_rprop_lengthens_its_step_shortens_it_at_a_turn_and_waits_there_once():
    w = leaf([0.0])
    after = follow(Rprop([w], 1.0), w, [[1.0], [9.0], [-0.1], [-5.0], [-1.0]])
    np.testing.assert_allclose(np.ravel(after), [-1.0, -2.2, -2.2, -1.6, -0.88])


def test_rprop_keeps_its_steps_between_the_bounds():
    w = leaf([0.0])
    after = np.ravel(follow(Rprop([w], 1.0, step_sizes=(0.9, 1.5)), w, [[1.0]] * 5 + [[-1.0]] * 2))
    np.testing.assert_allclose(np.diff(after), [-1.2, -1.44, -1.5, -1.5, 0, 0.9])


def test_the_size_of_the_gradient_does_not_matter():
    for kind in (Rprop, Lion):
        a, b = leaf([0.0]), leaf([0.0])
        small = follow(kind([a], 0.1), a, [[1e-9], [2e-9], [-1e-9]])
        large = follow(kind([b], 0.1), b, [[1e9], [2e9], [-1e9]])
        assert small == large


def test_lion_goes_on_against_a_small_gradient_because_of_what_it_remembers():
    """The signs by hand: of 0.1, of 0.9 * 0.01 - 0.1 * 0.05, and of 0.9 * 0.0094 - 0.1 * 0.9."""
    w = leaf([0.0])
    after = follow(Lion([w], 0.1), w, [[1.0], [-0.05], [-0.9]])
    np.testing.assert_allclose(np.ravel(after), [-0.1, -0.2, -0.1])


def test_lion_remembers_a_hundredth_of_each_gradient():
    w = leaf([0.0])
    optimizer = Lion([w], 0.1)
    follow(optimizer, w, [[1.0], [2.0]])
    np.testing.assert_allclose(optimizer.state[w].m, 0.99 * 0.01 + 0.01 * 2)


@pytest.mark.parametrize("etas", [(1.0, 1.2), (0.5, 1.0), (1.2, 0.5)])
def test_rprop_needs_a_factor_below_1_and_one_above(etas):
    with pytest.raises(ValueError, match="etas must be one factor below 1 and one above"):
        Rprop([leaf([1.0])], etas=etas)


def test_rprop_with_a_rate_of_0_stands_still():
    w = leaf([1.0])
    assert follow(Rprop([w], 0.0), w, [[1.0], [1.0]]) == [[1.0], [1.0]]
