import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import minigrad as mg


def slopes(f, *operands):
    """The gradients of the sum of f, one for each operand."""
    leaves = [mg.tensor(x, dtype=float, requires_grad=True) for x in operands]
    f(*leaves).sum().backward()
    return [x.grad for x in leaves]


@pytest.mark.parametrize(
    ("function", "name"),
    [
        *((np.add, "add"), (np.subtract, "sub"), (np.multiply, "mul"), (np.divide, "div"), (np.power, "pow")),
        *((np.fmod, "fmod"), (np.remainder, "remainder"), (np.hypot, "hypot"), (np.arctan2, "atan2")),
        *((np.logaddexp, "logaddexp"), (np.logaddexp2, "logaddexp2"), (mg.xlogy, "xlogy")),
    ],
)
def test_value_and_both_slopes_are_pytorchs(torch, function, name):
    rng = np.random.default_rng(0)
    a, b = rng.uniform(0.1, 9, (5, 7)), rng.uniform(0.1, 3, 7)
    x, y = mg.tensor(a, requires_grad=True), mg.tensor(b, requires_grad=True)
    z = function(x, y)
    z.backward(v := rng.standard_normal(z.shape))
    u, w = torch.tensor(a, requires_grad=True), torch.tensor(b, requires_grad=True)
    wanted = getattr(torch, name)(u, w)
    wanted.backward(torch.tensor(v))
    for got, theirs in ((z.data, wanted.detach()), (x.grad, u.grad), (y.grad, w.grad)):
        assert_allclose(got, theirs, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("left", "right"), [((3, 1), (1, 4)), ((2, 3), (3,)), ((), (2, 3)), ((2, 3), ()), ((1,), (0,))]
)
def test_each_gradient_has_the_shape_of_its_operand(left, right):
    gx, gy = slopes(lambda x, y: x * y, np.full(left, 2.0), np.full(right, 3.0))
    assert_array_equal(gx, np.full(left, 3.0 * np.broadcast(np.ones(left), np.ones(right)).size / max(1, gx.size)))
    assert gy.shape == right


@pytest.mark.parametrize(
    ("f", "wanted"), [(np.multiply, 6), (np.subtract, 0), (np.divide, 0), (np.add, 2), (np.power, 27 * (1 + np.log(3)))]
)
def test_one_tensor_on_both_sides_gets_both_gradients(f, wanted):
    assert_allclose(slopes(lambda x: f(x, x), 3.0)[0], wanted, rtol=1e-15)


def test_a_quotient_by_0_is_what_ieee_754_says_and_nobody_warns():
    x = mg.tensor([1.0, 0.0, -1.0], requires_grad=True)
    z = mg.tensor([0.0, 0.0, 0.0], requires_grad=True)
    y = x / z
    y.sum().backward()
    assert_array_equal(y.data, [np.inf, np.nan, -np.inf])
    assert_array_equal(x.grad, [np.inf, np.inf, np.inf])
    assert_array_equal(z.grad, [-np.inf, np.nan, np.inf])


def test_where_a_quotient_or_an_infinite_factor_is_masked_out_the_gradient_is_exactly_zero():
    at = [0.0, 2.0]
    assert_array_equal(slopes(lambda x: np.where(x > 0, 1 / x, 0), at)[0], [0, -0.25])
    with np.errstate(invalid="ignore"):
        assert_allclose(slopes(lambda x: np.where(x > 0, x * np.log(x), 0), at)[0], [0, 1 + np.log(2)])


@pytest.mark.parametrize(
    ("base", "exponent", "value", "slope"),
    [
        (-2.0, 2, 4, -4),
        (-2.0, 3.0, -8, 12),
        (-2.0, -1, -0.5, -0.25),
        (0.0, 0, 1, 0),
        (0.0, 1, 0, 1),
        (0.0, 2, 0, 0),
        (0.0, 0.5, 0, np.inf),
        (0.0, -1.0, np.inf, -np.inf),
        (5.0, 0, 1, 0),
    ],
)
def test_a_power_is_right_at_zeros_and_negative_bases_whatever_holds_the_exponent(base, exponent, value, slope):
    for x2 in (exponent, np.float64(exponent), np.array([float(exponent)]), mg.tensor([float(exponent)])):
        x1 = mg.tensor([base], requires_grad=True)
        y = x1**x2
        y.sum().backward()
        assert_array_equal(y.data, [value])
        assert_array_equal(x1.grad, [slope])


def test_the_exponent_of_a_negative_base_has_gradient_nan_and_leaves_the_base_alone():
    base, exponent = slopes(np.power, [-2.0, 2.0], [3.0, 3.0])
    assert_allclose(base, [12, 12])
    assert_allclose(exponent, [np.nan, 8 * np.log(2)])


def test_the_exponent_of_a_zero_base_has_gradient_0_unless_the_power_is_infinite():
    assert_array_equal(slopes(np.power, [0.0, 0.0, 0.0], [0.0, 2.0, -1.0])[1], [0, 0, -np.inf])


@pytest.mark.parametrize(("exponent", "second"), [(2.0, 2), (3.0, 0), (1.0, 0), (0.0, 0)])
def test_a_power_is_curved_rightly_at_0(exponent, second):
    for x2 in (exponent, np.array(exponent)):
        x = mg.tensor(0.0, requires_grad=True)
        (first,) = mg.autograd.grad(x**x2, x, create_graph=True)
        (got,) = mg.autograd.grad(first, x)
        assert got.item() == second


def test_the_mixed_derivative_of_a_power_survives_an_exponent_of_0():
    x, p = mg.tensor(3.0, requires_grad=True), mg.tensor(0.0, requires_grad=True)
    (first,) = mg.autograd.grad(x**p, x, create_graph=True)
    (mixed,) = mg.autograd.grad(first, p)
    assert mixed.item() == pytest.approx(1 / 3, rel=1e-15)


def test_integer_powers_of_float_tensors_and_powers_of_numbers_work():
    assert_allclose(slopes(lambda p: 2**p, 3.0)[0], 8 * np.log(2))
    assert_array_equal(slopes(lambda x: x ** np.array([2, 0, -1]), [3.0, 3.0, 1.0])[0], [6, 0, -1])
    assert mg.power(2, 3) == 8


def test_float_power_gives_float64_and_a_gradient_of_the_leafs_dtype():
    x = mg.tensor([2.0], dtype="float32", requires_grad=True)
    y = np.float_power(x, 2)
    y.sum().backward()
    assert y.dtype == np.float64
    assert x.grad.dtype == np.float32
    assert_array_equal(x.grad, [4])


def test_logaddexp_shares_exactly_and_gives_minus_infinity_no_gradient():
    assert_array_equal(slopes(np.logaddexp, [1000.0, -np.inf], [1000.0, 0.0]), [[0.5, 0], [0.5, 1]])
    assert_array_equal(slopes(np.logaddexp, -np.inf, -np.inf), [0, 0])
    assert_array_equal(slopes(np.logaddexp2, -np.inf, -np.inf), [0, 0])


def test_logaddexp_has_the_curvature_of_a_sigmoid_also_at_a_tie():
    x = mg.tensor(2.0, requires_grad=True)
    (first,) = mg.autograd.grad(np.logaddexp(x, 2.0), x, create_graph=True)
    (second,) = mg.autograd.grad(first, x)
    assert second.item() == 0.25


def test_xlogy_of_0_is_0_whatever_the_logarithm():
    x, y = [0.0, 0.0, 2.0], [0.0, 0.5, 3.0]
    assert_array_equal(mg.xlogy(np.array(x), np.array(y)), [0, 0, 2 * np.log(3)])
    assert_array_equal(slopes(mg.xlogy, x, y), [[0, np.log(0.5), np.log(3)], [np.nan, 0, 2 / 3]])


def test_at_the_origin_hypot_and_arctan2_have_gradient_0():
    assert_array_equal(slopes(np.hypot, [0.0, 3.0], [0.0, 4.0]), [[0, 0.6], [0, 0.8]])
    assert_array_equal(slopes(np.arctan2, [0.0, 0.0], [0.0, 2.0]), [[0, 0.5], [0, 0]])


def test_hypot_and_arctan2_do_not_overflow():
    assert_allclose(slopes(np.hypot, 3e200, 4e200), [0.6, 0.8])
    assert_allclose(slopes(np.arctan2, 3e200, 4e200), [0.16e-200, -0.12e-200])


@pytest.mark.parametrize(("function", "quotient"), [(np.fmod, np.trunc), (np.remainder, np.floor), (np.mod, np.floor)])
def test_the_divisor_of_a_remainder_has_minus_the_quotient_for_a_slope(function, quotient):
    a, b = np.array([7.5, -7.5, 7.5, -7.5, 0.3]), np.array([2.0, 2.0, -2.0, -2.0, 0.1])
    left, right = slopes(function, a, b)
    assert_array_equal(left, np.ones(5))
    assert_array_equal(right, -quotient([3.75, -3.75, -3.75, 3.75, 2.9999999999999996]))


@pytest.mark.parametrize("function", [np.fmod, np.remainder])
def test_the_quotient_of_a_remainder_is_the_one_its_value_was_made_with(function):
    assert 1.0 / 0.1 == 10
    assert function(1.0, 0.1) == pytest.approx(1.0 - 9 * 0.1)
    assert slopes(function, 1.0, 0.1)[1] == -9


def test_lerp_meets_both_ends():
    assert_array_equal(mg.lerp(np.array([1.0, 1.0]), 5.0, np.array([0.0, 1.0])), [1, 5])
    start, end, weight = slopes(mg.lerp, 1.0, 5.0, 0.25)
    assert (start, end, weight) == (0.75, 0.25, 4)


def test_infinities_that_meet_give_nan_forward_and_ordinary_slopes_backward():
    x, y = mg.tensor([np.inf], requires_grad=True), mg.tensor([np.inf], requires_grad=True)
    with np.errstate(invalid="ignore"):
        difference = x - y
    difference.sum().backward()
    assert np.isnan(difference.data).all()
    assert (x.grad.tolist(), y.grad.tolist()) == ([1], [-1])


def test_where_strictness_is_asked_for_numpy_is_strict_in_the_forward_too():
    x = mg.tensor([np.inf], requires_grad=True)
    with np.errstate(invalid="raise"), pytest.raises(FloatingPointError, match="subtract"):
        x - x
    with pytest.warns(RuntimeWarning, match="subtract"):
        x - x
