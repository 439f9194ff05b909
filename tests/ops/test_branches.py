"""In which piece of a function an argument is: the checker must know where the slope may jump, and nowhere else."""

from itertools import pairwise

import numpy as np
import pytest

from minigrad.declare import OPS

EDGES = {
    "relu": ((), [0]),
    "relu6": ((), [0, 6]),
    "leaky_relu": ((), [0]),
    "elu": ((), [0]),
    "celu": ((), [0]),
    "selu": ((), [0]),
    "softsign": ((), [0]),
    "hardtanh": ((), [-1, 1]),
    "hardsigmoid": ((), [-3, 3]),
    "hardswish": ((), [-3, 3]),
    "softshrink": ((), [-0.5, 0.5]),
    "hardshrink": ((2.0,), [-2, 2]),
    "threshold": ((2.0, 7.0), [2]),
    "abs": ((), [0]),
    "sign": ((), [0]),
    "clip": ((-2.0, 4.0), [-2, 4]),
    "maximum": ((3.0,), [3]),
    "minimum": ((3.0,), [3]),
    "copysign": ((1.0,), [0]),
    "heaviside": ((0.5,), [0]),
    "floor": ((), range(-9, 10)),
    "ceil": ((), range(-9, 10)),
    "rint": ((), np.arange(-8.5, 9)),
    "trunc": ((), [*range(-9, 0), *range(1, 10)]),
    "round": ((), np.arange(-8.5, 9)),
    "fmax": ((3.0,), [3]),
    "fmin": ((3.0,), [3]),
    "remainder": ((2.0,), range(-8, 10, 2)),
    "fmod": ((2.0,), [-8, -6, -4, -2, 2, 4, 6, 8]),
}


def pieces(op, x, rest):
    return [np.asarray(op.branches(np.float64(v), *rest)).tolist() for v in x]


@pytest.mark.parametrize("name", EDGES)
def test_the_piece_changes_at_the_edges_alone(name):
    rest, edges = EDGES[name]
    x = np.arange(-9, 9.2, 0.25) + 0.1
    found = pieces(OPS[name], x, rest)
    for (a, b), (before, after) in zip(pairwise(x), pairwise(found)):
        assert (before != after) == any(a < edge < b for edge in edges), (a, b)


@pytest.mark.parametrize("name", ["relu6", "hardtanh", "hardsigmoid", "softshrink"])
def test_no_two_pieces_are_called_the_same(name):
    assert len({*pieces(OPS[name], [-9.0, 0.2, 9.0], ())}) == 3


def test_the_sign_of_either_operand_of_copysign_is_a_piece_of_its_own():
    found = [OPS["copysign"].branches(np.float64(a), np.float64(b)) for a in (-1, 1) for b in (-1, 1)]
    assert len({float(piece) for piece in found}) == 4


def test_sorting_changes_with_the_ranks():
    branches = OPS["sort"].branches
    assert branches(np.array([3.0, 1.0, 2.0])).tolist() == [2, 0, 1]
    assert branches(np.array([[3.0, 1.0], [1.0, 2.0]]), axis=0).tolist() == [[1, 0], [0, 1]]


def test_the_largest_of_each_row_is_marked():
    x = np.array([[1.0, 3.0], [4.0, 2.0]])
    assert OPS["max"].branches(x, axis=1).tolist() == [[False, True], [True, False]]
    assert OPS["min"].branches(x, axis=0).tolist() == [[True, False], [False, True]]
    assert OPS["max"].branches(x).tolist() == [[False, False], [True, False]]


def test_a_norm_changes_where_nothing_is_left_and_below_2_at_the_sign_of_each_element():
    branches = OPS["p_norm"].branches
    x = np.array([[1.0, -3.0], [0.0, 0.0]])
    assert branches(x, axis=1).tolist() == [True, False]
    assert branches(x).tolist() is True
    assert branches(x, 3, 0).tolist() == [True, True]
    assert branches(x, 1.5).tolist() == [[1, -1], [0, 0]]
