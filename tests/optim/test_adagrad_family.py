"""What the trajectories of the parity tests do not show of Adagrad, Adadelta and ASGD."""

import numpy as np
import pytest

from minigrad.optim import ASGD
from tests.optim.tools import follow, leaf


def test_the_averages_of_asgd_are_means_of_the_iterates_from_t0_on():
    w = leaf([1.0], name="w")
    optimizer = ASGD([w], 0.1, lambd=0.0, t0=1)
    after = follow(optimizer, w, [[1.0], [0.5], [-0.5], [1.0], [2.0]])
    assert optimizer.averages()["w"] == pytest.approx(np.mean(after[2:], axis=0))


def test_the_step_of_asgd_shrinks_as_bottou_says():
    w = leaf([0.0])
    optimizer = ASGD([w], 0.5, lambd=0.2, alpha=0.75)
    p = 0.0
    for t in range(6):
        eta = 0.5 / (1 + 0.2 * 0.5 * t) ** 0.75
        p = p * (1 - 0.2 * eta) - eta * 1.0
        assert follow(optimizer, w, [[1.0]])[0] == pytest.approx([p], rel=1e-14)
