"""Broadcasting is undone once, in the walk: every gradient has the shape of its leaf."""

from time import perf_counter

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine import fit
from minigrad.errors import ShapeError
from tests.engine.tools import leaf


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((3, 1), (1, 4)),
        ((2, 3), (3,)),
        ((), (2, 3)),
        ((1,), ()),
        ((1, 1), (3,)),
        ((2, 1, 3), (4, 1)),
        ((0, 3), (1, 3)),
        ((1, 3), (0, 1)),
        ((), ()),
    ],
)
def test_each_gradient_is_summed_over_the_stretched_axes(one, other):
    rng = np.random.default_rng(0)
    a, b = leaf(rng.standard_normal(one)), leaf(rng.standard_normal(other))
    weights = rng.standard_normal(np.broadcast_shapes(one, other))
    (a * b).backward(weights)
    for x, partner in ((a, b), (b, a)):
        whole = np.broadcast_to(weights * partner.data, weights.shape)
        lead = whole.ndim - x.ndim
        stretched = tuple(i for i in range(whole.ndim) if i < lead or x.shape[i - lead] == 1)
        np.testing.assert_allclose(x.grad, whole.sum(axis=stretched).reshape(x.shape), rtol=1e-14)
        assert x.grad.shape == x.shape


def test_the_gradient_of_a_stretched_operand_keeps_its_order_two_gradient():
    a, b = leaf(2.0), leaf(1.0, 2.0, 3.0)
    (g,) = mg.autograd.grad((a * a * b).sum(), a, create_graph=True)  # 2 a sum(b)
    of_a, of_b = mg.autograd.grad(g, [a, b])
    assert of_a.item() == 12
    np.testing.assert_array_equal(of_b.data, [4.0, 4.0, 4.0])


@pytest.mark.parametrize("shape", [(4,), (2, 2), (3, 3)])
def test_a_shape_that_no_broadcasting_explains_is_refused(shape):
    with pytest.raises(ShapeError, match="the formula returns shape"):
        fit(np.ones(shape), leaf(np.ones((3, 1, 2))))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.sum(),
        lambda x: x.mean(),
        lambda x: x.max(),
        lambda x: x.prod(),
        lambda x: x.reshape(1),
        lambda x: x[()],
        lambda x: x[None],
        lambda x: x * x,
        lambda x: np.sin(x),
        lambda x: np.stack([x, x]).sum(),
    ],
)
def test_a_tensor_without_axes_works_everywhere(function):
    x = leaf(2.0)
    y = function(x)
    assert isinstance(y.data, np.ndarray)
    y.backward()
    assert isinstance(x.grad, np.ndarray)
    assert x.grad.shape == ()


def test_empty_tensors_have_empty_gradients():
    x = leaf(np.ones((0, 3)))
    (np.exp(x) * 2).sum().backward()
    assert x.grad.shape == (0, 3)


def test_a_gradient_that_meets_an_empty_slice_is_zero():
    x = leaf(1.0, 2.0, 3.0)
    x[3:1].sum().backward()
    np.testing.assert_array_equal(x.grad, [0.0, 0.0, 0.0])


@pytest.mark.parametrize("index", [np.s_[::-1], np.s_[::-2], np.s_[5:1:-1], np.s_[1:], np.s_[-2:]], ids=repr)
def test_the_gradient_of_a_slice_lands_where_the_slice_was_taken(index):
    x, weights = leaf(np.arange(7.0)), np.arange(1.0, 8.0)
    (x[index] * weights[index]).sum().backward()
    expected = np.zeros(7)
    expected[index] = weights[index]
    np.testing.assert_array_equal(x.grad, expected)


def test_an_element_taken_twice_gets_both_gradients():
    x = leaf(1.0, 2.0, 3.0)
    x[[0, 0, 2]].sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 0.0, 1.0])


def test_concatenating_with_an_empty_operand_gives_it_an_empty_gradient():
    a, b = leaf(np.ones((0, 3))), leaf(np.ones((2, 3)))
    np.concatenate([a, b]).sum().backward()
    assert a.grad.shape == (0, 3)
    np.testing.assert_array_equal(b.grad, np.ones((2, 3)))


@pytest.mark.parametrize(
    ("one", "other"),
    [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 1, 3, 4), (5, 4, 2)), ((4,), (2, 4, 3)), ((2, 3, 4), (4,))],
)
def test_a_matrix_product_of_any_ranks_gives_gradients_of_the_operands_shapes(one, other):
    a, b = leaf(np.ones(one)), leaf(np.ones(other))
    (a @ b).sum().backward()
    assert a.grad.shape == one
    assert b.grad.shape == other


def test_a_million_repeated_indices_are_added_up_in_less_than_a_second():
    index = np.random.default_rng(0).integers(0, 1000, 1_000_000)
    x = leaf(np.ones(1000))
    start = perf_counter()
    x[index].sum().backward()
    assert perf_counter() - start < 1
    np.testing.assert_array_equal(x.grad, np.bincount(index, minlength=1000))
