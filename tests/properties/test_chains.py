"""Chains of ops, dtypes, and blocks without the tape."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from tests.properties.strategies import agrees_with_differences, numbers, seeds, shapes

STEPS = {
    "tanh": np.tanh,
    "sin": np.sin,
    "exp(-x)": lambda x: np.exp(-x),
    "x / (1 + x^2)": lambda x: x / (1 + x * x),
    "softmax": lambda x: mg.softmax(x.reshape(-1)).reshape(x.shape),
    "x - mean": lambda x: x - np.mean(x),
    "its own sum": lambda x: x + np.sum(x) / x.size,
    "reversed": lambda x: x * np.flip(x),
    "x + x": lambda x: x + x / 3,
    "joined": lambda x: np.concatenate([x.reshape(-1), x.reshape(-1)])[: x.size].reshape(x.shape),
    "log cosh": lambda x: np.logaddexp(x, -x),
    "sqrt": lambda x: np.sqrt(x * x + 1),
}
chains = st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=6)


def chained(names):
    """The function that takes these steps one after the other."""

    def f(x):
        for name in names:
            x = STEPS[name](x)
        return x

    return f


@given(chains, shapes, seeds)
def test_a_chain_of_ops_has_the_derivative_that_differences_measure(names, shape, seed):
    assert agrees_with_differences(chained(names), numbers(shape, seed), seed=seed, tolerance=1e-5)


@given(chains, shapes, seeds)
def test_the_second_derivative_of_a_chain_is_symmetric_and_the_difference_of_the_first(names, shape, seed):
    x, u, v = (numbers(shape, seed + i) for i in range(3))

    def loss(t):
        y = chained(names)(t)
        return (y * y).sum()

    def slope(at):
        leaf = mg.tensor(at, requires_grad=True)
        loss(leaf).backward()
        return leaf.grad

    hu, hv = (np.asarray(mg.hvp(loss, (mg.tensor(x),), (mg.tensor(d),))) for d in (u, v))
    scale = 1 + np.abs(hu).max() + np.abs(hv).max()
    np.testing.assert_allclose(np.sum(v * hu), np.sum(u * hv), rtol=1e-9, atol=1e-10 * scale)
    measured = (slope(x + 1e-6 * u) - slope(x - 1e-6 * u)) / 2e-6
    np.testing.assert_allclose(hu, measured, rtol=1e-5, atol=1e-6 * scale)


DTYPES = [np.float16, np.float32, np.float64]


@given(st.sampled_from(DTYPES), st.sampled_from(DTYPES), st.sampled_from([np.add, np.multiply, np.divide, np.matmul]))
def test_a_result_has_numpys_dtype_and_a_gradient_that_of_its_leaf(first, second, function):
    a, b = (mg.tensor(np.eye(2, dtype=dtype) + 1, requires_grad=True) for dtype in (first, second))
    y = function(a, b)
    assert y.dtype == function(a.data, b.data).dtype
    y.sum().backward()
    assert (a.grad.dtype, b.grad.dtype) == (first, second)


@given(st.lists(st.sampled_from(["no_grad", "enable_grad", "raises"]), max_size=6))
def test_blocks_nest_in_any_order_and_leave_nothing_behind(blocks):
    x = mg.tensor(1.0, requires_grad=True)

    def enter(rest, recording):
        assert (x * 2).requires_grad == recording
        if not rest:
            return
        if rest[0] == "raises":
            raise KeyError
        with getattr(mg, rest[0])():
            enter(rest[1:], rest[0] == "enable_grad")
        assert (x * 2).requires_grad == recording

    if "raises" in blocks:
        with pytest.raises(KeyError):
            enter(blocks, True)
    else:
        enter(blocks, True)
    assert (x * 2).requires_grad
