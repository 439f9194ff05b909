"""Norms, inverses, determinants and factors of matrices; the last two axes are the matrix, the others a stack.

A singular matrix raises NumPy's LinAlgError, also where only the gradient needs its inverse.
"""

from math import inf
from typing import Any, NamedTuple

import numpy as np

from minigrad.arrays import as_array
from minigrad.declare import composed, op, plain
from minigrad.engine import Tensor, constant
from minigrad.errors import ShapeError, UnsupportedError
from minigrad.ops.algebra import matmul, transposed
from minigrad.samples import call, definite, distinct, invertible, nonzero, real, values

# Norms


def _norm_gradient(g, y, x, p=2, axis=None, keepdims=False):
    if not (keepdims or axis is None):
        g, y = np.expand_dims(g, axis), np.expand_dims(y, axis)
    y = np.where(y == 0, inf, y)
    if p == 2:
        return g * (x / y)
    return np.where(x == 0, 0, g * np.sign(x) * np.power(np.abs(x) / y, p - 1))


@op(
    x=_norm_gradient,
    samples=[
        real(3),
        real(2, 3),
        call(real(2, 3), axis=1),
        call(real(2, 3), 3, axis=0, keepdims=True),
        call(nonzero(2, 3), 1.5),
        call(nonzero(2, 3), 0.5, axis=-1),
        call(nonzero(2, 3), -2, axis=-1),
        call(real(2, 3, 2), axis=(0, 2)),
        call(values([0, 3, 4])),
        call(real(1), 3),
    ],
    branches=lambda x, p=2, axis=None, keepdims=False: np.sign(x) if p < 2 else np.any(x != 0, axis=axis),
)
def p_norm(x, p=2, axis=None, keepdims=False):
    """y = (sum |x|**p)**(1/p),  dy/dx = sign x (|x| / y)**(p-1): for p = 2, x / y. Where x or y is 0, it is 0."""
    with np.errstate(divide="ignore", under="ignore"):
        if p == 2:
            return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))
        return np.power(np.sum(np.power(np.abs(x), p), axis=axis, keepdims=keepdims), 1 / p)


@composed(
    np.linalg.vector_norm,
    samples=[
        real(3),
        call(real(2, 3), axis=1),
        call(nonzero(2, 3), axis=(0, 1), keepdims=True, ord=1),
        call(distinct(2, 3), axis=-1, ord=inf),
        call(distinct(2, 3), axis=0, ord=-inf),
        call(real(2, 3), ord=3),
        call(real(2, 2, 3), axis=(0, 2)),
    ],
)
def vector_norm(x, *, axis=None, keepdims=False, ord=2):
    """(sum |x|**ord)**(1/ord) over any axes; the largest |x| for inf, the smallest for -inf, the count for 0."""
    if ord == inf:
        return np.max(np.abs(x), axis=axis, keepdims=keepdims)
    if ord == -inf:
        return np.min(np.abs(x), axis=axis, keepdims=keepdims)
    if ord == 0:
        return np.sum(x != 0, axis=axis, keepdims=keepdims).astype(x.dtype)
    if ord == 1:
        return np.sum(np.abs(x), axis=axis, keepdims=keepdims)
    return p_norm(x, ord, axis, keepdims)


@composed(
    np.linalg.matrix_norm,
    samples=[
        real(2, 3),
        call(real(2, 2, 3), keepdims=True),
        call(nonzero(3, 2), ord=1),
        call(nonzero(2, 3), ord=-1),
        call(nonzero(3, 2), ord=inf),
        call(nonzero(2, 2, 3), ord=-inf, keepdims=True),
    ],
)
def matrix_norm(x, *, keepdims=False, ord="fro"):
    """Of each matrix, the Frobenius norm; for ord 1 the largest column sum of |x|, for inf the largest row sum."""
    return _matrix_norm(x, ord, (-2, -1), keepdims)


def _matrix_norm(x, ord, axis, keepdims):
    if ord in (None, "fro"):
        return p_norm(x, 2, axis, keepdims)
    if ord not in (1, -1, inf, -inf):
        raise UnsupportedError(f"the matrix norm of ord {ord!r} has no rule here: use 'fro', 1, -1, inf or -inf")
    summed, compared = axis if abs(ord) == 1 else axis[::-1]
    sums = np.sum(np.abs(x), axis=summed, keepdims=True)
    norms = (np.max if ord > 0 else np.min)(sums, axis=compared, keepdims=True)
    return norms if keepdims else np.squeeze(norms, axis)


@composed(
    np.linalg.norm,
    samples=[
        real(3),
        real(2, 3),
        call(real(2, 2, 3), axis=1, keepdims=True),
        call(real(2, 3), axis=(0, 1)),
        call(real(2, 3), "fro"),
        call(nonzero(3), 1),
        call(nonzero(3, 2), 1),
        call(distinct(3), inf),
        call(nonzero(2, 2, 3), inf, axis=(2, 0)),
        call(real(2, 3), 3, axis=-1),
    ],
)
def norm(x, ord=None, axis=None, keepdims=False):
    """As ``np.linalg.norm``: of all elements for ord None, else of a vector, or of a matrix where there are two axes.

    The gradient at 0 is 0: the subgradient of least norm.
    """
    x = as_array(x)
    if ord is None:
        return p_norm(x, 2, axis, keepdims)
    axes = tuple(range(x.ndim)) if axis is None else axis
    if isinstance(axes, int) or len(axes) == 1:
        return vector_norm(x, axis=axes, keepdims=keepdims, ord=ord)
    if len(axes) != 2:
        raise ShapeError(f"norm of ord {ord!r} is of a vector or a matrix, not over {len(axes)} axes: pass axis=")
    return _matrix_norm(x, ord, axes, keepdims)


# Inverses


@op(
    np.linalg.inv,
    x=lambda g, y, x: -(transposed(y) @ g @ transposed(y)),
    samples=[invertible(3, 3), invertible(1, 1), invertible(2, 2, 2)],
    error_samples=[
        (call(values([[1, 2], [2, 4]])), np.linalg.LinAlgError, "Singular matrix"),
        (call(real(2, 3)), np.linalg.LinAlgError, "square"),
    ],
    complex_ok=True,
)
def inv(x):
    """y = x⁻¹,  dL/dx = -yᵀ g yᵀ."""
    return np.linalg.inv(x)


def _as_columns(b, *results):
    """A right-hand side that is a vector, and what goes with it, as matrices of one column."""
    return (np.expand_dims(each, -1) for each in results) if b.ndim == 1 else results


def _solve_right(g, y, a, b):
    (g,) = _as_columns(b, g)
    gradient = solve(transposed(as_array(a)), g)
    return gradient[..., 0] if b.ndim == 1 else gradient


def _solve_left(g, y, a, b):
    b = as_array(b)
    y, g = _as_columns(b, y, g)
    return -(solve(transposed(a), g) @ transposed(y))


@op(
    np.linalg.solve,
    a=_solve_left,
    b=_solve_right,
    samples=[
        call(invertible(3, 3), real(3)),
        call(invertible(3, 3), real(3, 2)),
        call(invertible(2, 3, 3), real(3)),
        call(invertible(2, 1, 2, 2), real(3, 2, 2)),
        call(invertible(2, 2), real(3, 2, 1)),
        call(invertible(1, 1), real(1)),
    ],
    error_samples=[
        (call(values([[1, 2], [2, 4]]), real(2)), np.linalg.LinAlgError, "Singular matrix"),
        (call(invertible(3, 3), real(2)), ShapeError, "solve of shapes (3, 3) and (2,)"),
    ],
    complex_ok=True,
)
def solve(a, b):
    """a y = b,  dL/db = a⁻ᵀ g,  dL/da = -dL/db yᵀ. ``b`` is a vector `(n,)` or matrices `(..., n, k)`."""
    return np.linalg.solve(a, b)


@composed(
    np.linalg.matrix_power,
    samples=[
        call(real(3, 3), 2),
        call(real(2, 2, 2), 5),
        call(real(3, 3), 1),
        call(invertible(3, 3), -1),
        call(invertible(2, 2), -3),
    ],
)
def matrix_power(a, n):
    """a @ a @ ... @ a, n times, by repeated squaring; the inverse of that for n < 0, the identity for n = 0."""
    if n < 0:
        return matrix_power(inv(a), -n)
    if n == 0:
        return np.zeros_like(a) + np.eye(a.shape[-1], dtype=a.dtype, like=plain(a))
    if n == 1:
        return np.positive(a)
    half = matrix_power(a, n // 2)
    even = matmul(half, half)
    return matmul(even, a) if n % 2 else even


# Traces and determinants


@composed(
    np.trace,
    samples=[
        real(3, 3),
        real(2, 4),
        call(real(3, 2), offset=-1),
        call(real(2, 3), 1),
        call(real(2, 3, 3), axis1=1, axis2=2),
        call(real(3, 2, 3), 1, 2, 0),
    ],
)
def trace(a, offset=0, axis1=0, axis2=1):
    """The sum of a diagonal: the main one, or the one ``offset`` places to the right of it."""
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1)


def _times_inverse(g, x):
    """``g`` x⁻ᵀ, one number for each matrix."""
    return np.expand_dims(g, (-2, -1)) * transposed(inv(x))


@op(
    np.linalg.det,
    x=lambda g, y, x: _times_inverse(g * y, x),
    samples=[invertible(3, 3), invertible(1, 1), invertible(2, 2, 2)],
    error_samples=[(call(real(2, 3)), np.linalg.LinAlgError, "square")],
    complex_ok=True,
)
def det(x):
    """y = det x,  dy/dx = y x⁻ᵀ: the gradient needs an x that is not singular."""
    return np.linalg.det(x)


@op(
    x=lambda g, y, x: _times_inverse(g, x),
    samples=[invertible(3, 3), definite(2, 2), invertible(1, 1), invertible(2, 2, 2)],
)
def logabsdet(x):
    """y = log |det x|,  dy/dx = x⁻ᵀ: finite where the determinant itself would overflow."""
    return np.linalg.slogdet(x).logabsdet


class SlogdetResult(NamedTuple):
    """The sign of a determinant, a constant, and the logarithm of its magnitude."""

    sign: Any
    logabsdet: Any


@composed(np.linalg.slogdet, samples=[invertible(3, 3), invertible(2, 2, 2)])
def slogdet(x):
    """``(sign det x, log |det x|)``; the sign is a constant."""
    sign = as_array(np.linalg.slogdet(plain(x)).sign)
    return SlogdetResult(constant(sign) if isinstance(x, Tensor) else sign, logabsdet(x))


# Factors


def _cholesky_gradient(g, y, x):
    inside = np.tril(transposed(y) @ g)
    inside = inside - inside * np.eye(y.shape[-1], like=plain(y)) / 2
    outside = solve(transposed(y), transposed(solve(transposed(y), transposed(inside))))
    return (outside + transposed(outside)) / 2


@op(
    np.linalg.cholesky,
    x=_cholesky_gradient,
    samples=[definite(3, 3), definite(1, 1), definite(2, 2, 2)],
    error_samples=[(call(values([[1, 2], [2, 1]])), np.linalg.LinAlgError, "not positive definite")],
)
def cholesky(x):
    """x = y yᵀ with y lower triangular, for a symmetric positive definite x.

    With P the lower triangle, its diagonal halved, the gradient is the symmetric part of y⁻ᵀ P(yᵀ g) y⁻¹
    (Murray, 2016, "Differentiation of the Cholesky decomposition"). It is one of a symmetric x, hence so is the
    forward: it factors (x + xᵀ) / 2.
    """
    return np.linalg.cholesky((x + transposed(x)) / 2)
