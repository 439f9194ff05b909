"""Powers, exponentials, logarithms and rounding; and what holds for every elementwise op of the table."""

import math
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import minigrad as mg
from minigrad.declare import OPS

FAMILIES = {
    f"minigrad.ops.{name}" for name in ("elementwise", "trigonometric", "special", "activations", "binary", "selection")
}
ELEMENTWISE = [op for op in OPS.values() if getattr(op, "forward", op).__module__ in FAMILIES]
UNARY = [op for op in ELEMENTWISE if op.forward.__module__ not in ("minigrad.ops.binary", "minigrad.ops.selection")]


def leaf(x, dtype=float):
    return mg.tensor(x, dtype=dtype, requires_grad=True)


def slope(f, x):
    """The gradient of the sum of f at x."""
    x = leaf(x)
    f(x).sum().backward()
    return x.grad


def curvature(f, x):
    """The second derivative of an elementwise f at x."""
    x = leaf(x)
    (first,) = mg.autograd.grad(f(x).sum(), x, create_graph=True)
    (second,) = mg.autograd.grad(first.sum(), x)
    return second.data


def drawn(op):
    rng = np.random.default_rng(0)
    return [sample.draw(rng) for sample in op.samples]


def test_there_are_more_than_45_functions_of_one_argument_and_15_of_two():
    assert len(UNARY) > 45
    assert len(ELEMENTWISE) - len(UNARY) > 15


@pytest.mark.parametrize("op", [op for op in ELEMENTWISE if op.functions], ids=repr)
def test_every_numpy_function_of_an_op_takes_tensors_and_gives_numpys_value(op):
    for function in (f for f in op.functions if getattr(f, "__module__", "numpy").startswith("numpy")):
        for args, kwargs in drawn(op):
            tensors = [mg.tensor(x) if isinstance(x, np.ndarray) else x for x in args]
            if not any(isinstance(x, mg.Tensor) for x in tensors):
                continue
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "numpy.fix is deprecated")  # by NumPy 2.5
                try:
                    expected = function(*args, **kwargs)
                except TypeError:  # an older NumPy, which has other names for these arguments
                    continue
                found = function(*tensors, **kwargs).data
            assert_array_equal(found, expected)


@pytest.mark.parametrize("op", [op for op in ELEMENTWISE if op.name != "float_power"], ids=repr)
def test_float32_stays_float32_forward_and_backward(op):
    for args, kwargs in drawn(op):
        args = [leaf(x, "float32") if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x for x in args]
        kwargs = {k: x.astype("float32") if isinstance(x, np.ndarray) else x for k, x in kwargs.items()}
        y = op(*args, **kwargs)
        assert y.dtype == np.float32
        y.backward(np.ones(y.shape))
        for i, x in enumerate(args):
            if isinstance(x, mg.Tensor):
                plain = [a.data if isinstance(a, mg.Tensor) else a for a in args]
                assert op.formula(i)(np.ones_like(y.data), y.data, *plain, **kwargs).dtype == np.float32


@pytest.mark.parametrize("op", ELEMENTWISE, ids=repr)
def test_called_with_plain_arrays_an_op_answers_with_a_plain_array(op):
    for args, kwargs in drawn(op):
        assert not isinstance(op(*args, **kwargs), mg.Tensor)


@pytest.mark.parametrize(
    ("function", "at", "slopes"),
    [
        (np.sqrt, [0.0, 4.0], [np.inf, 0.25]),
        (np.log, [0.0, 4.0], [np.inf, 0.25]),
        (np.log1p, [-1.0, 1.0], [np.inf, 0.5]),
        (np.cbrt, [0.0, -8.0], [np.inf, 1 / 12]),
        (np.reciprocal, [0.0, 2.0], [-np.inf, -0.25]),
        (mg.rsqrt, [0.0, 4.0], [-np.inf, -1 / 16]),
    ],
)
def test_at_the_edge_of_its_domain_a_slope_is_infinite_and_nobody_warns(function, at, slopes):
    assert_allclose(slope(function, at), slopes)


@pytest.mark.parametrize("function", [np.sqrt, np.log, np.log2, np.log10, np.log1p, np.reciprocal, np.cbrt, mg.rsqrt])
def test_where_a_singular_function_is_masked_out_its_gradient_is_exactly_zero(function):
    at = [-4.0, -1.0, 0.0, 4.0]
    assert_array_equal(slope(lambda x: np.where(x > 1, function(x), 2 * x), at)[:3], [2, 2, 2])
    assert_array_equal(curvature(lambda x: np.where(x > 1, function(x), x * x), at)[:3], [2, 2, 2])


def test_where_an_overflowing_function_is_masked_out_its_gradient_is_exactly_zero():
    with np.errstate(over="ignore"):
        for function in (np.exp, np.exp2, np.expm1, np.sinh, np.cosh):
            assert_array_equal(slope(lambda x, f=function: np.where(x < 9, f(x), 0), [10000.0]), [0])


def test_abs_has_slope_0_at_0():
    assert_array_equal(slope(np.abs, [-1, 0, 1]), [-1, 0, 1])
    assert_array_equal(slope(np.fabs, [-1, 0, 1]), [-1, 0, 1])
    assert_array_equal(slope(abs, [-1, -0.0, 1]), [-1, 0, 1])


@pytest.mark.parametrize("function", [np.sign, np.floor, np.ceil, np.trunc, np.fix, np.rint, np.round, np.around])
def test_steps_have_slope_0_everywhere(function):
    x = leaf([-1.5, -1, 0, 0.5, 2])
    function(x).backward(np.full(5, np.inf))
    assert_array_equal(x.grad, [0, 0, 0, 0, 0])


def test_round_takes_decimals_as_function_and_as_method():
    x = leaf([1.25, 2.345])
    assert_array_equal(np.round(x, 1).data, np.round([1.25, 2.345], 1))
    assert_array_equal(x.round(2).data, np.round([1.25, 2.345], 2))
    assert_array_equal(np.round(x, decimals=1).data, np.round([1.25, 2.345], 1))


def test_nan_to_num_lets_gradient_through_where_the_number_was_finite():
    at = [1.0, np.nan, np.inf, -np.inf]
    assert_array_equal(slope(np.nan_to_num, at), [1, 0, 0, 0])
    assert_array_equal(np.nan_to_num(leaf(at), nan=2.0, posinf=3.0, neginf=4.0).data, [1, 2, 3, 4])


@pytest.mark.parametrize(
    ("function", "second"),
    [
        (np.exp, np.exp),
        (np.expm1, np.exp),
        (np.log, lambda x: -1 / x**2),
        (np.log1p, lambda x: -1 / (1 + x) ** 2),
        (np.sqrt, lambda x: -(x**-1.5) / 4),
        (mg.rsqrt, lambda x: 0.75 * x**-2.5),
        (np.cbrt, lambda x: -2 / 9 * x ** (-5 / 3)),
        (np.reciprocal, lambda x: 2 / x**3),
        (np.square, lambda x: 2 + 0 * x),
        (np.exp2, lambda x: math.log(2) ** 2 * 2**x),
    ],
)
def test_second_derivatives_equal_their_closed_forms(function, second):
    x = np.array([0.3, 1.0, 2.5])
    assert_allclose(curvature(function, x), second(x), rtol=1e-14)


def test_expm1_and_its_slope_are_exact_far_below_zero():
    assert_allclose(slope(np.expm1, [-50.0]), np.exp([-50.0]), rtol=1e-15)
