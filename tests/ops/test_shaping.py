import numpy as np
import pytest

import minigrad as mg


@pytest.mark.parametrize("function", [np.atleast_1d, np.atleast_2d])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 1, 3)])
def test_atleast_gives_numpys_shapes(function, shape):
    t = mg.tensor(np.ones(shape), requires_grad=True)
    assert function(t).shape == function(np.ones(shape)).shape
    np.sum(function(t)).backward()
    assert t.grad.shape == shape


def test_atleast_of_several_arrays_returns_all_of_them():
    a, b = np.atleast_2d(mg.tensor(1.0), mg.tensor([1.0, 2.0]))
    assert (a.shape, b.shape) == ((1, 1), (1, 2))


def test_astype_brings_the_gradient_back_in_the_dtype_of_the_leaf():
    t = mg.tensor(np.ones(3, np.float32), requires_grad=True)
    y = t.astype(np.float64)
    assert y.dtype == np.float64
    y.sum().backward()
    assert t.grad.dtype == np.float32


def test_astype_to_an_integer_leaves_the_tape():
    assert not mg.tensor([1.5], requires_grad=True).astype(int).requires_grad


@pytest.mark.parametrize("keyword", ["shape", "newshape"])
def test_reshape_takes_the_shape_by_either_of_its_names(keyword):
    t = mg.tensor(np.arange(6.0))
    assert mg.reshape(t, **{keyword: (3, 2)}).shape == (3, 2)


def test_transpose_of_a_scalar_has_a_gradient():
    t = mg.tensor(2.0, requires_grad=True)
    np.transpose(t, ()).backward()
    assert t.grad == 1.0


def test_reshape_to_a_wrong_size_names_both_sizes_and_the_line():
    with pytest.raises(
        mg.errors.ShapeError, match=r"(?s)reshape of shape \(2, 3\): .*size 6 into shape \(4,2\).*at test_"
    ):
        mg.tensor(np.ones((2, 3))).reshape(4, 2)


@pytest.mark.skipif(not hasattr(np, "astype"), reason="np.astype came with NumPy 2.1")
def test_the_function_astype_is_the_method():
    t = mg.tensor([1.0, 2.0], requires_grad=True)
    y = np.astype(t, np.float32)
    y.sum().backward()
    assert (y.dtype, t.grad.dtype) == (np.float32, np.float64)


def test_the_gradient_of_a_reshaped_transpose_is_in_place():
    t = mg.tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
    np.reshape(t.T, 6).backward(np.arange(6.0))
    assert t.grad.tolist() == [[0, 2, 4], [1, 3, 5]]
