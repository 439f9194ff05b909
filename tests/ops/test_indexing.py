import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays, basic_indices, integer_array_indices

import minigrad as mg
from minigrad.errors import ShapeError

MASK = np.array([[True, False, True], [False, True, True], [False, False, False], [True, True, False]])

INDICES = {
    "number": 1,
    "negative number": -1,
    "two numbers": (1, -2),
    "slice": slice(1, 3),
    "backward": slice(None, None, -1),
    "backward by steps": slice(None, None, -2),
    "backward between bounds": slice(5, 1, -1),
    "empty slice": slice(3, 1),
    "newaxis": (None, 1, None),
    "ellipsis": (..., 0),
    "everything": (),
    "repeated": [0, 0, 2],
    "negative and repeated": [-1, 3, -1],
    "pairs": ([0, 0, -1], [1, 1, 2]),
    "table": np.array([[0, 1], [1, 1]]),
    "broadcast pairs": (np.array([[0], [3]]), np.array([2, 2])),
    "slice and list": (slice(0, 3), [2, 0, 2]),
    "list and number": ([1, 1, 0], 2),
    "list and newaxis": ([1, 1], None, slice(None, None, -1)),
    "mask": MASK,
    "mask of rows": MASK[:, 0],
    "mask and list": (MASK[:, 0], [1, 1]),
    "mask of nothing": np.zeros((4, 3), bool),
    "no elements": np.array([], int),
    "NumPy integer": np.int64(2),
}


def gradient_by_counting(shape, index, cotangent):
    """Which element was picked for which place of the result, and the cotangents summed by element."""
    size = math.prod(shape)
    picked = np.arange(size).reshape(shape)[index]
    return np.bincount(np.ravel(picked), np.ravel(cotangent), minlength=size).reshape(shape)


def check_index(shape, index):
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape)
    t = mg.tensor(x, requires_grad=True)
    y = t[index]
    assert np.array_equal(y.numpy(), x[index])
    cotangent = rng.standard_normal(y.shape)
    y.backward(cotangent)
    np.testing.assert_allclose(t.grad, gradient_by_counting(shape, index, cotangent), rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("name", INDICES)
def test_every_kind_of_index_adds_the_gradient_where_the_element_came_from(name):
    check_index((4, 3), INDICES[name])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data())
def test_any_basic_index_puts_the_gradient_back(data):
    shape = data.draw(array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
    check_index(shape, data.draw(basic_indices(shape, allow_newaxis=True)))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data())
def test_any_fancy_index_adds_up_what_it_repeats(data):
    shape = data.draw(array_shapes(max_dims=3, max_side=3))
    check_index(shape, data.draw(integer_array_indices(shape)))


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.data())
def test_any_mask_puts_the_gradient_back(data):
    shape = data.draw(array_shapes(max_dims=3, max_side=3))
    check_index(shape, data.draw(arrays(bool, shape)))


def test_a_repeated_index_receives_every_gradient():
    t = mg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    t[[0, 0, 2]].sum().backward()
    assert t.grad.tolist() == [2, 0, 1]


def test_tensors_serve_as_indices():
    t = mg.tensor([3.0, -1.0, 2.0], requires_grad=True)
    assert t[t > 0].tolist() == [3, 2]
    assert t[mg.tensor([2, 0])].tolist() == [2, 3]


def test_what_happens_to_an_index_array_later_does_not_change_the_gradient():
    index = np.array([0, 1])
    t = mg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = t[index]
    index[:] = 2
    y.sum().backward()
    assert t.grad.tolist() == [1, 1, 0]


def test_the_gradient_of_an_index_is_differentiable_again():
    t = mg.tensor([2.0, 3.0], requires_grad=True)
    (g,) = mg.autograd.grad(np.sum(t[[0, 0, 1]] ** 3), t, create_graph=True)
    (h,) = mg.autograd.grad(g.sum(), t)
    assert h.tolist() == [24, 18]


def test_an_index_out_of_range_names_index_axis_size_and_line():
    with pytest.raises(IndexError, match="index 7 is out of bounds for axis 1 with size 3") as caught:
        mg.tensor(np.ones((2, 3)))[0, 7]
    assert "getitem of shape (2, 3)" in caught.value.__notes__[0]
    assert "test_indexing.py" in caught.value.__notes__[0]


def test_a_million_repeated_indices_take_less_than_a_second():
    index = np.random.default_rng(0).integers(0, 100, 1_000_000)
    t = mg.tensor(np.zeros(100), requires_grad=True)
    y = t[index].sum()
    start = time.perf_counter()
    y.backward()
    assert time.perf_counter() - start < 1
    assert np.array_equal(t.grad, np.bincount(index))


def test_sort_keeps_the_order_of_equal_elements():
    t = mg.tensor(np.tile([2.0, 1.0], 50), requires_grad=True)
    np.sort(t).backward(np.arange(100.0))
    assert t.grad[::2].tolist() == list(range(50, 100))
    assert t.grad[1::2].tolist() == list(range(50))


def test_take_refuses_indices_that_are_no_integers():
    with pytest.raises(TypeError, match="Cannot cast array data"):
        np.take(mg.tensor([1.0, 2.0]), [0.5])


def test_take_along_axis_refuses_indices_with_another_number_of_axes():
    with pytest.raises(ShapeError, match=r"indices of shape \(2,\) need 2 axes, as shape \(2, 3\) has"):
        np.take_along_axis(mg.tensor(np.ones((2, 3))), np.array([0, 1]), axis=1)


def test_scatter_is_the_adjoint_of_getitem():
    rng = np.random.default_rng(0)
    x, index = rng.standard_normal((4, 3)), (slice(None, None, -1), np.array([0, 2, 2]))
    picked = rng.standard_normal((4, 3))
    assert np.sum(x[index] * picked) == pytest.approx(np.sum(x * mg.scatter(picked, index, x.shape)), rel=1e-14)
