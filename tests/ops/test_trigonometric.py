import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import minigrad as mg


def derivatives(f, x):
    """The first and the second derivative of an elementwise f at x."""
    x = mg.tensor(x, dtype=float, requires_grad=True)
    (first,) = mg.autograd.grad(f(x).sum(), x, create_graph=True)
    (second,) = mg.autograd.grad(first.sum(), x)
    return first.data, second.data


@pytest.mark.parametrize(
    ("function", "first", "second"),
    [
        (np.sin, np.cos, lambda x: -np.sin(x)),
        (np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x)),
        (np.tan, lambda x: np.cos(x) ** -2, lambda x: 2 * np.tan(x) * np.cos(x) ** -2),
        (np.arcsin, lambda x: (1 - x * x) ** -0.5, lambda x: x * (1 - x * x) ** -1.5),
        (np.arccos, lambda x: -((1 - x * x) ** -0.5), lambda x: -x * (1 - x * x) ** -1.5),
        (np.arctan, lambda x: 1 / (1 + x * x), lambda x: -2 * x / (1 + x * x) ** 2),
        (np.sinh, np.cosh, np.sinh),
        (np.cosh, np.sinh, np.cosh),
        (np.tanh, lambda x: np.cosh(x) ** -2, lambda x: -2 * np.tanh(x) * np.cosh(x) ** -2),
        (np.arcsinh, lambda x: (1 + x * x) ** -0.5, lambda x: -x * (1 + x * x) ** -1.5),
        (np.arctanh, lambda x: 1 / (1 - x * x), lambda x: 2 * x / (1 - x * x) ** 2),
        (
            lambda x: np.arccosh(2 + x),
            lambda x: (3 + 4 * x + x * x) ** -0.5,
            lambda x: -(2 + x) * (3 + 4 * x + x * x) ** -1.5,
        ),
    ],
)
def test_two_derivatives_equal_their_closed_forms(function, first, second):
    x = np.array([-0.7, 0.0, 0.2, 0.9])
    for got, wanted in zip(derivatives(function, x), (first(x), second(x)), strict=True):
        assert_allclose(got, wanted, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize(("function", "at"), [(np.arcsin, 1.0), (np.arctanh, -1.0), (np.arccosh, 1.0)])
def test_at_the_edge_of_its_domain_an_inverse_has_infinite_slope_and_nobody_warns(function, at):
    assert derivatives(function, [at])[0] == np.inf


@pytest.mark.parametrize("function", [np.arcsin, np.arccos, np.arctanh, np.arccosh])
def test_where_an_inverse_is_masked_out_its_gradient_is_exactly_zero(function):
    outside = np.array([-1.0, 1.0, 0.5, -2.0])
    assert_array_equal(derivatives(lambda x: np.where(x > 5, function(x), x * x), outside), [2 * outside, [2, 2, 2, 2]])


def test_tanh_saturates_without_a_floating_point_error():
    x = mg.tensor([-1000.0, 1000.0], requires_grad=True)
    with np.errstate(all="raise"):
        y = np.tanh(x)
        y.sum().backward()
    assert_array_equal(y.data, [-1, 1])
    assert_array_equal(x.grad, [0, 0])


def test_slopes_of_inverses_do_not_overflow():
    assert_allclose(derivatives(np.arcsinh, [1e200])[0], 1e-200)
    assert_allclose(derivatives(lambda x: np.arccosh(x), [1e200])[0], 1e-200)
    assert_array_equal(derivatives(np.arctan, [1e200])[0], 0)


def test_radians_and_degrees_have_both_of_numpys_names():
    for to_radians, to_degrees in ((np.deg2rad, np.rad2deg), (np.radians, np.degrees)):
        assert_allclose(derivatives(lambda x, f=to_radians: f(x) ** 2, [3.0])[1], 2 * (math.pi / 180) ** 2)
        assert_allclose(derivatives(lambda x, f=to_degrees: f(x) ** 2, [3.0])[1], 2 * (180 / math.pi) ** 2)


def test_sinc_is_smooth_at_0():
    first, second = derivatives(np.sinc, [0.0])
    assert_array_equal(first, [0])
    assert_allclose(second, [-(math.pi**2) / 3], rtol=1e-15)


def test_the_slope_of_sinc_keeps_its_digits_near_0():
    x = np.array([1e-8, -1e-5])
    first, second = derivatives(np.sinc, x)
    assert_allclose(first, -(math.pi**2) * x / 3, rtol=1e-9)
    assert_allclose(second, -(math.pi**2) / 3, rtol=1e-8)


def test_series_and_quotient_of_the_slope_of_sinc_meet():
    below, above = np.nextafter(0.25, 0), np.nextafter(0.25, 1)
    for got in derivatives(np.sinc, [below, above]):
        assert_allclose(got[0], got[1], rtol=2e-14)
