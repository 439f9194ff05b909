import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import ShapeError, UnsupportedError


@pytest.mark.parametrize(("x", "expected"), [([0.0, 2.0, 3.0], [6, 0, 0]), ([0.0, 0.0, 3.0], [0, 0, 0])])
def test_prod_is_differentiated_by_the_product_rule_at_zeros(x, expected):
    t = mg.tensor(x, requires_grad=True)
    np.prod(t).backward()
    assert t.grad.tolist() == expected


def test_the_second_derivative_of_prod_is_the_product_of_the_others_at_two_zeros():
    t = mg.tensor([0.0, 0.0, 3.0], requires_grad=True)
    (g,) = mg.autograd.grad(np.prod(t), t, create_graph=True)
    rows = [mg.autograd.grad(g[i], t)[0].tolist() for i in range(3)]
    assert rows == [[0, 3, 0], [3, 0, 0], [0, 0, 0]]


def test_ties_of_max_and_min_share_the_gradient_evenly():
    t = mg.tensor([1.0, 3.0, 3.0, 1.0], requires_grad=True)
    (np.max(t) + 10 * np.min(t)).backward()
    assert t.grad.tolist() == [5, 0.5, 0.5, 5]


@pytest.mark.parametrize("value", [0.0, 3.0, 0.1, 1e300])
@pytest.mark.parametrize("n", [3, 10])
def test_std_of_equal_elements_is_0_with_gradient_0(value, n):
    t = mg.tensor(np.full(n, value), requires_grad=True)
    y = np.std(t)
    y.backward()
    assert y.item() == 0
    assert t.grad.tolist() == [0] * n


def test_the_second_derivative_of_std_of_equal_elements_is_0():
    t = mg.tensor([2.0, 2.0], requires_grad=True)
    (g,) = mg.autograd.grad(np.std(t), t, create_graph=True)
    (h,) = mg.autograd.grad(g.sum(), t)
    assert h.tolist() == [0, 0]


@pytest.mark.parametrize("function", [np.var, np.std])
def test_one_element_with_correction_1_has_value_and_gradient_nan(function):
    t = mg.tensor([4.0], requires_grad=True)
    y = function(t, correction=1)
    y.backward()
    assert np.isnan(y.item())
    assert t.grad.shape == (1,)
    assert np.isnan(t.grad).all()


@pytest.mark.parametrize("function", [np.var, np.std])
def test_one_element_without_correction_has_value_and_gradient_0(function):
    t = mg.tensor([4.0], requires_grad=True)
    y = function(t)
    y.backward()
    assert (y.item(), t.grad.tolist()) == (0, [0])


def test_more_correction_than_elements_gives_infinity_as_in_numpy():
    assert np.var(mg.tensor([1.0, 2.0]), ddof=3).item() == np.inf


def test_var_keeps_its_digits_far_from_zero():
    x = 1e9 + np.array([0.0, 1.0, 2.0, 3.0])
    assert np.var(mg.tensor(x)).item() == 1.25


def test_logsumexp_of_large_numbers_is_exact():
    t = mg.tensor([1000.0, 1000.0], requires_grad=True)
    y = t.logsumexp()
    y.backward()
    assert y.item() == pytest.approx(1000.6931471805599, rel=1e-15)
    np.testing.assert_allclose(t.grad, [0.5, 0.5], rtol=1e-15)


def test_logsumexp_of_nothing_but_minus_infinity_has_gradient_0():
    t = mg.tensor([[-np.inf, -np.inf], [-np.inf, 0.0]], requires_grad=True)
    with np.errstate(all="raise"):
        y = t.logsumexp(axis=1)
    y.backward(np.ones(2))
    assert y.tolist() == [-np.inf, 0]
    assert t.grad.tolist() == [[0, 0], [0, 1]]


def test_logsumexp_of_integers_is_floating():
    assert mg.tensor([0, 0]).logsumexp().item() == pytest.approx(np.log(2), rel=1e-15)


def test_logsumexp_of_no_elements_is_minus_infinity():
    assert mg.logsumexp(mg.tensor(np.ones((2, 0))), axis=1).tolist() == [-np.inf, -np.inf]


def test_mean_of_ten_million_float32_is_right_and_so_is_its_gradient():
    t = mg.tensor(np.full(10_000_000, 0.1, np.float32), requires_grad=True)
    y = np.mean(t)
    y.backward()
    assert abs(y.item() - 0.1) < 1e-7
    assert t.grad.dtype == np.float32
    assert np.all(t.grad == np.float32(1e-7))


@pytest.mark.parametrize("name", ["sum", "mean", "max", "prod", "var", "std"])
def test_float32_stays_float32_forward_and_backward(name):
    t = mg.tensor(np.array([[1.0, 2.0], [4.0, 3.0]], np.float32), requires_grad=True)
    y = getattr(np, name)(t, axis=1)
    y.sum().backward()
    assert (y.dtype, t.grad.dtype) == (np.float32, np.float32)


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "prod", "logsumexp", "var"])
def test_a_0d_tensor_is_reduced_to_itself(name):
    t = mg.tensor(3.0, requires_grad=True)
    y = getattr(t, name)()
    y.backward()
    assert y.item() == (0 if name == "var" else 3)
    assert t.grad.shape == ()
    assert t.grad == (0 if name == "var" else 1)


@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "cumsum"])
@pytest.mark.parametrize("axis", [0, -1])
def test_where_numpy_lets_a_0d_array_have_an_axis_so_do_the_gradients(name, axis):
    t = mg.tensor(3.0, requires_grad=True)
    y = getattr(np, name)(t, axis=axis)
    y.backward()
    assert y.shape == getattr(np, name)(np.array(3.0), axis=axis).shape
    assert t.grad.shape == ()
    assert t.grad == 1


def test_median_of_elements_with_a_nan_is_nan():
    assert np.isnan(np.median(mg.tensor([1.0, np.nan, 2.0])).item())


def test_max_over_no_elements_says_on_which_shape():
    with pytest.raises(ShapeError, match=r"max of shape \(0, 3\): zero-size array"):
        np.max(mg.tensor(np.ones((0, 3))), axis=0)


def test_an_option_without_a_rule_is_refused_by_name():
    with pytest.raises(UnsupportedError, match=r"sum\(\) of a Tensor takes no where=; it takes x, axis, keepdims"):
        np.sum(mg.tensor([1.0, 2.0]), where=np.array([True, False]))


def test_average_says_which_weights_do_not_go_with_the_shape():
    with pytest.raises(ShapeError, match=r"weights of shape \(2,\) do not go with shape \(2, 3\) over axis 1"):
        np.average(mg.tensor(np.ones((2, 3))), axis=1, weights=np.ones(2))


def test_the_maximum_by_its_index_has_the_gradient_of_the_first_index_alone():
    t = mg.tensor([1.0, 3.0, 3.0, 2.0], requires_grad=True)
    t[np.argmax(t)].backward()
    assert t.grad.tolist() == [0, 1, 0, 0]


def test_the_gradient_of_a_mean_of_more_half_precision_numbers_than_one_can_count_is_not_0():
    x = mg.tensor(np.ones(70_000, np.float16), requires_grad=True)
    np.mean(x).backward()
    assert x.grad.dtype == np.float16
    assert set(x.grad) == {np.float16(1 / 70_000)}
