"""Activations against PyTorch's, at their kinks, and where they saturate."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import minigrad as mg
from minigrad.errors import UnsupportedError

PARITY = [  # ours, torch.nn.functional's name, its options
    (mg.relu, "relu", {}),
    (mg.relu6, "relu6", {}),
    (mg.leaky_relu, "leaky_relu", {}),
    (mg.leaky_relu, "leaky_relu", {"negative_slope": 0.2}),
    (mg.elu, "elu", {}),
    (mg.elu, "elu", {"alpha": 0.5}),
    (mg.celu, "celu", {}),
    (mg.celu, "celu", {"alpha": 0.5}),
    (mg.selu, "selu", {}),
    (mg.sigmoid, "sigmoid", {}),
    (mg.log_sigmoid, "logsigmoid", {}),
    (mg.softplus, "softplus", {}),
    (mg.softplus, "softplus", {"beta": 2.0}),
    (mg.silu, "silu", {}),
    (mg.mish, "mish", {}),
    (mg.gelu, "gelu", {}),
    (mg.gelu, "gelu", {"approximate": "tanh"}),
    (mg.softsign, "softsign", {}),
    (mg.hardtanh, "hardtanh", {}),
    (mg.hardtanh, "hardtanh", {"min_val": -0.5, "max_val": 2.0}),
    (mg.hardsigmoid, "hardsigmoid", {}),
    (mg.hardswish, "hardswish", {}),
    (mg.tanhshrink, "tanhshrink", {}),
    (mg.softshrink, "softshrink", {}),
    (mg.softshrink, "softshrink", {"lambd": 0.2}),
    (mg.hardshrink, "hardshrink", {}),
    (mg.hardshrink, "hardshrink", {"lambd": 0.2}),
    (mg.threshold, "threshold", {"threshold": 0.2, "value": -1.0}),
    (np.tanh, "tanh", {}),
]
KINKS = [-4.0, -3.0, -1.0, -0.5, -0.2, 0.0, 0.2, 0.5, 1.0, 2.0, 3.0, 6.0, 7.0]


def slope(f, x):
    x = mg.tensor(x, dtype=float, requires_grad=True)
    f(x).sum().backward()
    return x.grad


@pytest.mark.parametrize(("function", "name", "options"), PARITY, ids=lambda x: x if isinstance(x, str) else "")
def test_value_slope_and_curvature_are_pytorchs_also_at_the_kinks(torch, function, name, options):
    at = np.concatenate([KINKS, np.random.default_rng(0).normal(0, 3, 50)])
    x = mg.tensor(at, requires_grad=True)
    y = function(x, **options)
    (first,) = mg.autograd.grad(y.sum(), x, create_graph=True)
    theirs = torch.tensor(at, requires_grad=True)
    wanted = getattr(torch.nn.functional, name)(theirs, **options)
    (wanted_first,) = torch.autograd.grad(wanted.sum(), theirs, create_graph=True)
    accuracy = 1e-7 if name == "hardsigmoid" else 1e-12  # PyTorch's 1/6 is a float32
    assert_allclose(y.data, wanted.detach(), rtol=1e-12, atol=1e-14)
    assert_allclose(first.data, wanted_first.detach(), rtol=accuracy, atol=1e-14)
    if first.requires_grad and name != "softplus":
        (second,) = mg.autograd.grad((first * first).sum(), x)
        (wanted_second,) = torch.autograd.grad((wanted_first * wanted_first).sum(), theirs)
        assert_allclose(second.data[len(KINKS) :], wanted_second[len(KINKS) :], rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(
    ("function", "limits", "slopes"),
    [
        (mg.sigmoid, [0, 1], [0, 0]),
        (mg.log_sigmoid, [-1000, 0], [1, 0]),
        (mg.softplus, [0, 1000], [0, 1]),
        (mg.silu, [0, 1000], [0, 1]),
        (mg.mish, [0, 1000], [0, 1]),
        (mg.gelu, [0, 1000], [0, 1]),
        (lambda x: mg.gelu(x, "tanh"), [0, 1000], [0, 1]),
        (mg.elu, [-1, 1000], [0, 1]),
        (mg.celu, [-1, 1000], [0, 1]),
        (mg.tanhshrink, [-999, 999], [1, 1]),
        (mg.hardsigmoid, [0, 1], [0, 0]),
        (mg.hardswish, [0, 1000], [0, 1]),
    ],
)
def test_saturation_is_exact_and_raises_nothing(function, limits, slopes):
    x = mg.tensor([-1000.0, 1000.0], requires_grad=True)
    with np.errstate(all="raise"):
        y = function(x)
        y.sum().backward()
    assert_array_equal(y.data, limits)
    assert_array_equal(x.grad, slopes)


@pytest.mark.parametrize(
    "function",
    [
        mg.sigmoid,
        mg.softplus,
        mg.silu,
        mg.mish,
        mg.gelu,
        lambda x: mg.gelu(x, "tanh"),
        mg.selu,
        mg.softsign,
        mg.hardswish,
    ],
)
def test_two_derivatives_are_finite_at_the_largest_of_numbers(function):
    x = mg.tensor([-1e300, 1e300], requires_grad=True)
    (first,) = mg.autograd.grad(function(x).sum(), x, create_graph=True)
    (second,) = mg.autograd.grad((first * first).sum(), x)
    assert np.isfinite(first.data).all()
    assert_array_equal(second.data, [0, 0])


def test_softplus_loses_no_digit():
    assert_array_equal(mg.softplus(np.array([-1000, 0, 30, 1000.0])), [0, 0.6931471805599453, 30.000000000000092, 1000])


def test_log_sigmoid_loses_no_digit():
    assert_allclose(mg.log_sigmoid(np.array([-1000, 0, 40.0])), [-1000, -0.6931471805599453, -np.exp(-40)], rtol=1e-15)


@pytest.mark.parametrize(("function", "middle"), [(mg.softplus, 0.5), (mg.log_sigmoid, 0.5), (mg.sigmoid, 0.25)])
def test_at_0_the_slope_is_exact(function, middle):
    assert slope(function, 0.0) == middle


def test_relu_has_slope_0_at_0_and_blocks_even_an_infinite_gradient():
    x = mg.tensor([-1, -0.0, 0, 1], requires_grad=True, dtype=float)
    mg.relu(x).backward([np.inf, np.inf, np.inf, 1])
    assert_array_equal(x.grad, [0, 0, 0, 1])


def test_relu_and_sigmoid_are_methods_too():
    x = mg.tensor([-1.0, 2.0])
    assert_array_equal(x.relu().data, [0, 2])
    assert_array_equal(x.sigmoid().data, mg.sigmoid(x.data))


def test_leaky_relu_with_a_learned_slope_is_prelu(torch):
    at, slopes = np.random.default_rng(0).normal(size=(4, 3)), np.array([0.1, 0.2, 0.3])
    x, a = mg.tensor(at, requires_grad=True), mg.tensor(slopes, requires_grad=True)
    mg.leaky_relu(x, a).sum().backward()
    theirs, weight = torch.tensor(at, requires_grad=True), torch.tensor(slopes, requires_grad=True)
    torch.nn.functional.prelu(theirs, weight).sum().backward()
    assert_allclose(x.grad, theirs.grad, rtol=1e-15)
    assert_allclose(a.grad, weight.grad, rtol=1e-14)


def test_gelu_refuses_an_approximation_it_does_not_know():
    with pytest.raises(UnsupportedError, match="gelu takes approximate='none' or 'tanh', not 'erf'"):
        mg.gelu(mg.tensor([1.0]), approximate="erf")
