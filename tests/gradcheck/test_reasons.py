"""Why an op made a number that is not finite: the reason and the advice, for every op that has one, value by value."""

import numpy as np
import pytest

from minigrad.gradcheck.reasons import DIVISIONS, DOMAINS, EDGES, POWERS, backward_reason, forward_reason

VALUES = [-1000.0, -2.0, -1.0, -0.5, -0.0, 0.5, 1.0, 2.0, 1000.0]
NAN, INF = np.array([np.nan]), np.array([np.inf])


def told(reason, name: str, *given) -> list[str]:
    said, advice = reason(name, *given)
    return [said, advice]


@pytest.mark.parametrize("name", sorted({*DOMAINS, "tanh"}))
def test_of_a_value(name, as_before):
    words = []
    for value in VALUES:
        words += told(forward_reason, name, [np.array([value])], {}, NAN)
    both = np.array([0.25, -3.0, 1.5, 0.0])
    words += told(forward_reason, name, [both], {}, np.array([1.0, np.nan, np.inf, 1.0]))
    words += told(forward_reason, name, [both], {}, np.array(np.inf))  # a result of another shape
    as_before([*words, *told(forward_reason, name, [np.zeros((0, 3))], {}, np.array(np.nan))])


@pytest.mark.parametrize("name", sorted({*EDGES, "tanh"}))
def test_of_a_slope(name, as_before):
    words = []
    for value in VALUES:
        x = np.array([value])
        words += told(backward_reason, name, 0, [x], INF)
        words += told(backward_reason, name, 0, [x], NAN)
    two = np.array([0.0, 1.0])
    words += told(backward_reason, name, 0, [two], np.array([1.0, np.inf]))
    as_before([*words, *told(backward_reason, name, 0, [two], np.array(np.inf))])


@pytest.mark.parametrize("name", sorted(DIVISIONS | POWERS))
def test_of_two_operands(name, as_before):
    words = []
    for a in (-8.0, -1.0, 0.0, 1.0, 1e200):
        for b in (-2.0, -0.5, 0.0, 0.5, 1 / 3, 2.0):
            arrays = [np.array([1.0, a]), np.array([1.0, b])]
            words += told(forward_reason, name, arrays, {}, np.array([1.0, np.inf]))
            words += told(forward_reason, name, arrays, {}, np.array([1.0, np.nan]))
            for position in (0, 1):
                words += told(backward_reason, name, position, arrays, np.array([1.0, np.inf]))
                words += told(backward_reason, name, position, arrays, np.array([np.nan, 1.0]))
    words += told(
        forward_reason, name, [np.array([[2.0], [0.0]]), np.array([1.0, -1.0, 0.0])], {}, np.full((2, 3), NAN)
    )
    as_before([*words, *told(forward_reason, name, [np.array([2.0, 0.0]), 0.0], {}, np.array(np.nan))])


@pytest.mark.parametrize("name", ["var", "std", "sum"])
def test_of_a_statistic(name, as_before):
    x = np.array([1.0, 2.0])
    words = told(forward_reason, name, [x], {"ddof": 2}, np.array(np.nan))
    words += told(forward_reason, name, [x], {}, np.array(np.inf, np.float32))
    words += told(forward_reason, name, [3.0], {}, np.array(np.inf))
    as_before([*words, *told(forward_reason, name, [np.zeros(0)], {}, np.array(np.nan))])
