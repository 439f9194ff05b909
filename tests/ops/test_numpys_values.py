"""Values are NumPy's for every way to say the axis, with and without keepdims, and for every dtype."""

import numpy as np
import pytest

import minigrad as mg

X = np.random.default_rng(0).standard_normal((2, 3, 4))
W = np.random.default_rng(1).uniform(0.5, 1.5, (2, 3, 4))


def assert_same(function, *args, **options):
    expected = function(*args, **options)
    found = function(*[mg.tensor(x) if isinstance(x, np.ndarray) else x for x in args], **options)
    assert isinstance(found, mg.Tensor)
    assert found.shape == np.shape(expected)
    assert found.dtype == np.asarray(expected).dtype
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-13 if found.dtype != np.float32 else 1e-5)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), (1,)])
@pytest.mark.parametrize("function", [np.sum, np.mean, np.prod, np.max, np.min, np.ptp, np.var, np.std, np.median])
def test_reductions(function, axis, keepdims):
    assert_same(function, X, axis=axis, keepdims=keepdims)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2)])
@pytest.mark.parametrize("order", [0, 1, 2, 3, 0.5, -1, np.inf, -np.inf])
def test_norms_of_vectors(order, axis, keepdims):
    x = np.where(X > 1, 0.0, X) if order == 0 else X
    assert_same(np.linalg.vector_norm, x, ord=order, axis=axis, keepdims=keepdims)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [(0, 1), (2, 0), (-1, 1)])
@pytest.mark.parametrize("order", ["fro", 1, -1, np.inf, -np.inf])
def test_norms_of_matrices(order, axis, keepdims):
    assert_same(np.linalg.norm, X, ord=order, axis=axis, keepdims=keepdims)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize(("axis", "weights"), [(None, None), (1, None), (None, W), (2, W), (1, W[0, :, 0])])
def test_averages(axis, weights, keepdims):
    options = {} if weights is None else {"weights": weights}
    assert_same(np.average, X, axis=axis, keepdims=keepdims, **options)


def test_an_average_with_weights_in_a_list():
    assert_same(np.average, X[0], axis=0, weights=[3.0, 2.0, 1.0])


@pytest.mark.parametrize("x", [None, np.array([0.0, 1.0, 3.0, 4.0]), np.cumsum(W, axis=2)])
def test_areas_along_the_last_axis(x):
    assert_same(np.trapezoid, X, x) if x is not None else assert_same(np.trapezoid, X)


def test_areas_along_another_axis():
    assert_same(np.trapezoid, X, np.array([0.0, 1.0, 3.0]), axis=1)
    assert_same(np.trapezoid, X, np.cumsum(W, axis=1), axis=1)


@pytest.mark.parametrize("dtype", [np.float32, np.int64])
@pytest.mark.parametrize("base", [2, np.float64(2)])
def test_a_number_to_the_power_of_an_array(base, dtype):
    assert_same(np.power, base, np.arange(4, dtype=dtype))


@pytest.mark.parametrize("n", [0, 1, 2, 5])
@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 3)])
def test_powers_of_matrices(shape, n):
    assert_same(np.linalg.matrix_power, np.random.default_rng(2).standard_normal(shape).astype(np.float32), n)


@pytest.mark.parametrize("shapes", [[(2, 5), (5, 3), (3, 7), (7, 1)], [(4,), (4, 2), (2, 9), (9,)], [(3, 1), (1, 4)]])
def test_products_of_several_matrices(shapes):
    arrays = [np.random.default_rng(i).standard_normal(shape) for i, shape in enumerate(shapes)]
    found = np.linalg.multi_dot([mg.tensor(x) for x in arrays])
    np.testing.assert_allclose(found.numpy(), np.linalg.multi_dot(arrays), rtol=1e-13)


def test_several_matrices_are_multiplied_in_the_cheapest_order():
    from minigrad.ops.algebra import _cheapest

    assert _cheapest((10, 100, 5, 50)) == (7500, 2)
    assert _cheapest((30, 35, 15, 5, 10, 20, 25)) == (15125, 3)  # Cormen et al., 2009, section 15.2
