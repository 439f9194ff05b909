"""Linear algebra: values as NumPy's, gradients as PyTorch's, the conventions at 0 and at singular matrices."""

from math import inf

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import ShapeError, UnsupportedError


def draw(*shapes):
    rng = np.random.default_rng(0)
    return [rng.standard_normal(shape) for shape in shapes]


def invertible(*shape):
    return draw(shape)[0] + 3 * np.eye(shape[-1])


def definite(*shape):
    (a,) = draw(shape)
    return a @ a.swapaxes(-1, -2) + shape[-1] * np.eye(shape[-1])


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize(("ord", "axis"), [(None, None), (None, 1), (2, 0), (1, 1), (3, 0), (1.5, -1), (0.5, 1)])
def test_vector_norms_agree_with_torch(agrees_with_torch, torch, ord, axis, keepdims):
    agrees_with_torch(
        lambda x: np.linalg.norm(x, ord, axis, keepdims),
        lambda x: torch.linalg.vector_norm(x, 2 if ord is None else ord, axis, keepdims),
        *draw((3, 4)),
    )


@pytest.mark.parametrize("ord", [inf, -inf])
def test_extreme_norms_agree_with_torch(agrees_with_torch, torch, ord):
    agrees_with_torch(
        lambda x: np.linalg.vector_norm(x, ord=ord, axis=1),
        lambda x: torch.linalg.vector_norm(x, ord, 1),
        *draw((3, 4)),
    )


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [(0, 1), (2, 0), (-1, -2)])
@pytest.mark.parametrize("ord", ["fro", 1, -1, inf, -inf])
def test_matrix_norms_agree_with_torch(agrees_with_torch, torch, ord, axis, keepdims):
    agrees_with_torch(
        lambda x: np.linalg.norm(x, ord, axis, keepdims),
        lambda x: torch.linalg.matrix_norm(x, ord, axis, keepdims),
        *draw((2, 3, 4)),
    )


@pytest.mark.parametrize("ord", [None, 2, 1, 3, 0.5, -2, inf, -inf, 0])
@pytest.mark.parametrize("axis", [None, 0, -1])
def test_norms_have_numpys_value(ord, axis):
    (x,) = draw((5,) if axis is None else (2, 5))
    np.testing.assert_allclose(
        np.linalg.norm(mg.tensor(x), ord, axis).numpy(), np.linalg.norm(x, ord, axis), rtol=1e-14
    )


def test_the_method_norm_is_the_function():
    x = mg.tensor([[3.0, 4.0]], requires_grad=True)
    x.norm(axis=1, keepdims=True).sum().backward()
    np.testing.assert_allclose(x.grad, [[0.6, 0.8]], rtol=1e-15)


@pytest.mark.parametrize("ord", [None, 1, 2, 3, 1.5, inf, -inf])
def test_the_gradient_of_a_norm_at_0_is_0(ord):
    x = mg.tensor(np.zeros(3), requires_grad=True)
    np.linalg.norm(x, ord).backward()
    np.testing.assert_array_equal(x.grad, 0)


def test_the_gradient_of_a_squared_norm_at_0_is_0():
    x = mg.tensor(np.zeros((2, 3)), requires_grad=True)
    (np.linalg.norm(x) ** 2).backward()
    np.testing.assert_array_equal(x.grad, 0)


def test_the_slope_of_a_norm_is_0_at_an_element_of_0_even_where_it_is_infinite_beside_it():
    x = mg.tensor([0.0, 4.0], requires_grad=True)
    np.linalg.norm(x, 0.5).backward()
    np.testing.assert_array_equal(x.grad, [0, 1])


def test_a_row_of_zeros_leaves_the_gradients_of_the_other_rows_alone():
    x = mg.tensor([[0.0, 0.0], [3.0, 4.0]], requires_grad=True)
    np.linalg.norm(x, axis=1).sum().backward()
    np.testing.assert_allclose(x.grad, [[0, 0], [0.6, 0.8]], rtol=1e-15)


def test_second_derivatives_of_a_norm_at_0_are_finite():
    x = mg.tensor(np.zeros(3), requires_grad=True)
    (slope,) = mg.autograd.grad(np.linalg.norm(x), x, create_graph=True)
    (curvature,) = mg.autograd.grad(slope.sum(), x)
    np.testing.assert_array_equal(curvature.numpy(), 0)


def test_a_norm_of_what_is_neither_a_vector_nor_a_matrix_needs_axes():
    with pytest.raises(ShapeError, match="not over 3 axes: pass axis="):
        np.linalg.norm(mg.tensor(np.ones((2, 2, 2))), 1)


def test_a_matrix_norm_without_a_rule_names_those_with_one():
    with pytest.raises(UnsupportedError, match="use 'fro', 1, -1, inf or -inf"):
        np.linalg.norm(mg.tensor(np.eye(2)), "nuc")


@pytest.mark.parametrize("shape", [(3, 3), (1, 1), (2, 4)])
def test_a_trace_agrees_with_torch(agrees_with_torch, torch, shape):
    agrees_with_torch(np.trace, torch.trace, *draw(shape))


@pytest.mark.parametrize(("offset", "axes"), [(0, (0, 1)), (1, (1, 2)), (-1, (2, 0))])
def test_a_trace_beside_the_diagonal_has_numpys_value(offset, axes):
    (x,) = draw((3, 4, 3))
    np.testing.assert_allclose(np.trace(mg.tensor(x), offset, *axes).numpy(), np.trace(x, offset, *axes), rtol=1e-14)
    np.testing.assert_allclose(mg.tensor(x[0]).trace(offset).item(), np.trace(x[0], offset), rtol=1e-14)


@pytest.mark.parametrize("shape", [(3, 3), (1, 1), (2, 4, 3, 3)])
def test_inverses_and_determinants_agree_with_torch(agrees_with_torch, torch, shape):
    x = invertible(*shape)
    agrees_with_torch(np.linalg.inv, torch.linalg.inv, x)
    agrees_with_torch(np.linalg.det, torch.linalg.det, x)
    agrees_with_torch(lambda x: np.linalg.slogdet(x).logabsdet, lambda x: torch.linalg.slogdet(x).logabsdet, x)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((3, 3), (3,)),
        ((3, 3), (3, 2)),
        ((2, 3, 3), (2, 3, 4)),
        ((2, 1, 3, 3), (5, 3, 2)),
        ((3, 3), (2, 3, 1)),
        ((1, 1), (1,)),
    ],
)
def test_solve_agrees_with_torch(agrees_with_torch, torch, left, right):
    agrees_with_torch(np.linalg.solve, torch.linalg.solve, invertible(*left), *draw(right))


def test_a_vector_is_solved_for_with_every_matrix_of_a_stack():
    a, b = invertible(2, 3, 3), draw((3,))[0]
    x = mg.tensor(b, requires_grad=True)
    y = np.linalg.solve(a, x)
    y.sum().backward()
    np.testing.assert_allclose(y.numpy(), np.linalg.solve(a, b), rtol=1e-14)
    np.testing.assert_allclose(x.grad, np.linalg.inv(a).sum((0, 1)), rtol=1e-12)


@pytest.mark.parametrize("function", [np.linalg.inv, lambda x: np.linalg.solve(x, np.ones(2))])
def test_a_singular_matrix_raises_numpys_error(function):
    with pytest.raises(np.linalg.LinAlgError, match="Singular matrix"):
        function(mg.tensor([[1.0, 2.0], [2.0, 4.0]], requires_grad=True))


def test_a_determinant_of_0_has_a_value_and_its_gradient_says_that_it_is_singular():
    x = mg.tensor([[1.0, 2.0], [2.0, 4.0]], requires_grad=True)
    y = np.linalg.det(x)
    assert y.item() == 0
    with pytest.raises(np.linalg.LinAlgError, match="Singular matrix") as caught:
        y.backward()
    assert "the gradient of operand 0 of det" in "\n".join(caught.value.__notes__)
    assert x.grad is None


def test_slogdet_has_a_constant_sign_and_does_not_overflow():
    x = mg.tensor(-1e3 * np.eye(301), requires_grad=True)
    sign, logabsdet = np.linalg.slogdet(x)
    assert sign.item() == -1
    assert not sign.requires_grad
    assert logabsdet.item() == pytest.approx(301 * np.log(1e3))
    logabsdet.backward()
    np.testing.assert_allclose(x.grad, -1e-3 * np.eye(301))


@pytest.mark.parametrize("n", [-3, -1, 1, 2, 3, 6, 7])
def test_matrix_powers_agree_with_torch(agrees_with_torch, torch, n):
    agrees_with_torch(
        lambda x: np.linalg.matrix_power(x, n), lambda x: torch.linalg.matrix_power(x, n), invertible(2, 3, 3)
    )


def test_the_power_0_is_the_identity_of_the_same_dtype():
    y = np.linalg.matrix_power(mg.tensor(np.ones((2, 3, 3), "f")), 0)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y.numpy(), np.broadcast_to(np.eye(3), (2, 3, 3)))


@pytest.mark.parametrize("shape", [(3, 3), (1, 1), (2, 4, 4)])
def test_cholesky_agrees_with_torch(torch, shape):
    """Of first order: PyTorch's second derivatives are of a function that reads one triangle only."""
    x, other = mg.tensor(definite(*shape), requires_grad=True), torch.tensor(definite(*shape), requires_grad=True)
    (weights,) = draw(shape)
    (np.linalg.cholesky(x) * weights).sum().backward()
    (torch.linalg.cholesky(other) * torch.tensor(weights)).sum().backward()
    np.testing.assert_allclose(x.grad, other.grad, rtol=1e-10, atol=1e-10)
    np.testing.assert_array_equal(np.linalg.cholesky(x).numpy(), np.linalg.cholesky(definite(*shape)))


def test_the_log_determinant_through_cholesky_has_the_inverse_as_gradient():
    x = mg.tensor(definite(4, 4), requires_grad=True)
    (2 * np.log(np.diagonal(np.linalg.cholesky(x))).sum()).backward()
    np.testing.assert_allclose(x.grad, np.linalg.inv(definite(4, 4)), rtol=1e-11)


def test_a_matrix_that_is_not_definite_raises_numpys_error():
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        np.linalg.cholesky(mg.tensor([[1.0, 2.0], [2.0, 1.0]]))


def test_plain_arrays_give_plain_arrays():
    assert type(mg.norm(np.ones(3))) is not mg.Tensor
    assert isinstance(mg.inv(np.eye(2)), np.ndarray)
    assert isinstance(mg.slogdet(np.eye(2)).sign, np.ndarray)
