import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import minigrad as mg


def slopes(f, *operands):
    """The gradients of the sum of f, one for each operand."""
    leaves = [mg.tensor(x, dtype=float, requires_grad=True) for x in operands]
    f(*leaves).sum().backward()
    return [x.grad for x in leaves]


def test_a_tie_is_split_evenly():
    for function in (np.maximum, np.fmax):
        assert_array_equal(slopes(function, [1.0, 2.0], [1.0, 1.0]), [[0.5, 1], [0.5, 0]])
    for function in (np.minimum, np.fmin):
        assert_array_equal(slopes(function, [1.0, 2.0], [1.0, 1.0]), [[0.5, 0], [0.5, 1]])


@pytest.mark.parametrize("infinity", [np.inf, -np.inf])
def test_a_tie_of_infinities_is_a_tie(infinity):
    assert_array_equal(slopes(np.maximum, infinity, infinity), [0.5, 0.5])


def test_maximum_sends_the_gradient_to_the_nan_and_fmax_to_the_number():
    at = [np.nan, 1.0, np.nan], [1.0, np.nan, np.nan]
    for function in (np.maximum, np.minimum):
        assert_array_equal(slopes(function, *at), [[1, 0, 0.5], [0, 1, 0.5]])
    for function in (np.fmax, np.fmin):
        assert_array_equal(slopes(function, *at), [[0, 1, 0.5], [1, 0, 0.5]])


def test_a_tie_with_a_number_gives_half():
    assert_array_equal(slopes(lambda x: np.maximum(x, 0), [-1.0, 0.0, 1.0])[0], [0, 0.5, 1])
    assert_array_equal(slopes(lambda x: np.minimum(0, x), [-1.0, 0.0, 1.0])[0], [1, 0.5, 0])


def test_where_sends_the_gradient_to_the_side_that_was_taken_even_if_it_is_infinite():
    a, b = mg.tensor([1.0, 2.0], requires_grad=True), mg.tensor(3.0, requires_grad=True)
    y = np.where(np.array([[True, False], [True, True]]), a, b)
    assert_array_equal(y.data, [[1, 3], [1, 2]])
    y.backward([[1.0, np.inf], [1.0, 1.0]])
    assert_array_equal(a.grad, [2, 1])
    assert_array_equal(b.grad, np.inf)


def test_where_takes_a_comparison_of_tensors():
    x = mg.tensor([-1.0, 0.0, 4.0], requires_grad=True)
    np.where(x > 0, np.sqrt(x), x).sum().backward()
    assert_array_equal(x.grad, [1, 1, 0.25])


def test_clip_has_slope_1_at_its_bounds():
    assert_array_equal(slopes(lambda x: np.clip(x, -1, 1), [-2, -1, 0, 1, 2])[0], [0, 1, 1, 1, 0])


def test_clip_may_have_one_bound_under_any_of_its_names():
    at = [-2.0, 0.0, 2.0]
    for f in (lambda x: np.clip(x, None, 1), lambda x: np.clip(x, a_min=None, a_max=1), lambda x: x.clip(max=1)):
        assert_array_equal(slopes(f, at)[0], [1, 1, 0])
    for f in (lambda x: np.clip(x, -1, None), lambda x: x.clip(-1), lambda x: mg.clip(x, min=-1)):
        assert_array_equal(slopes(f, at)[0], [0, 1, 1])


def test_the_bound_that_holds_the_value_gets_the_gradient():
    x, low, high = slopes(np.clip, [-2.0, 0.0, 2.0, 1.0], [-1.0, -1.0, -1.0, 1.0], 1.5)
    assert_array_equal(x, [0, 1, 0, 1])
    assert_array_equal(low, [1, 0, 0, 0])
    assert high == 1


def test_between_bounds_the_wrong_way_round_the_upper_is_the_value_and_gets_the_gradient():
    at, low, high = [-5.0, 0.5, 5.0], 1.0, 0.0
    assert_array_equal(np.clip(mg.tensor(at), low, high).data, [0, 0, 0])
    assert_array_equal(slopes(np.clip, at, low, high)[0], [0, 0, 0])
    assert slopes(np.clip, at, low, high)[1:] == [0, 3]


def test_clip_lets_nan_through():
    assert_array_equal(slopes(lambda x: np.clip(x, 0, 1), [np.nan])[0], [1])


def test_copysign_mirrors_the_gradient_and_gives_the_sign_none():
    size, sign = slopes(np.copysign, [3.0, -3.0, 3.0, 0.0], [1.0, 1.0, -1.0, -0.0])
    assert_array_equal(size, [1, -1, -1, 0])
    assert_array_equal(sign, [0, 0, 0, 0])


def test_heaviside_has_a_slope_for_its_value_at_0_alone():
    step, middle = slopes(np.heaviside, [-1.0, 0.0, 1.0], [0.5, 0.5, 0.5])
    assert_array_equal(step, [0, 0, 0])
    assert_array_equal(middle, [0, 1, 0])


def test_the_extremes_of_the_extremes_have_no_curvature():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    (first,) = mg.autograd.grad((np.maximum(x, 1.0) ** 2).sum(), x, create_graph=True)
    assert_allclose(mg.autograd.grad(first.sum(), x)[0].data, [0.5, 2])
