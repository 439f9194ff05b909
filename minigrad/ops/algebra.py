"""Products of vectors, matrices and stacks of matrices."""

import math
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import chain

import numpy as np

from minigrad.arrays import as_array
from minigrad.declare import composed, op
from minigrad.errors import ShapeError
from minigrad.samples import call, real


def product(a, b):
    """``a @ b``; ``np.dot`` has less to do before it starts, which tells when the matrices are small."""
    return np.dot(a, b) if a.ndim == b.ndim == 2 else np.matmul(a, b)


def rows(x):
    """``x`` as a matrix whose rows run along its last axis."""
    return x if x.ndim == 2 else np.reshape(x, (math.prod(x.shape[:-1]), x.shape[-1]))


def sum_of_rows(x):
    """The rows of a matrix added up. Of a plain array as a product with ones, which takes a third of the time."""
    if type(x) is np.ndarray and (char := x.dtype.char) in "fd":
        return np.dot(_ones(len(x), char), x)
    return np.sum(x, axis=0)


def sum_of_columns(x):
    """The columns of a matrix added up, likewise."""
    if type(x) is np.ndarray and (char := x.dtype.char) in "fd":
        return np.dot(x, _ones(x.shape[1], char))
    return np.sum(x, axis=1)


@lru_cache(maxsize=64)
def _ones(count: int, dtype):
    ones = np.ones(count, dtype)
    ones.flags.writeable = False
    return ones


def transposed(x):
    """Every matrix of the stack transposed."""
    return x.swapaxes(-1, -2)


def _as_matrices(g, x1, x2):
    """A product with a vector is one with a matrix: a vector on the left is a row, one on the right a column."""
    x1, x2 = as_array(x1), as_array(x2)
    if x2.ndim == 1:
        g, x2 = g[..., None], x2[:, None]
    if x1.ndim == 1:
        g, x1 = g[..., None, :], x1[None]
    return g, x1, x2


def _matmul_left(g, y, x1, x2):
    g, _, right = _as_matrices(g, x1, x2)
    return product(g, transposed(right))


def _matmul_right(g, y, x1, x2):
    g, left, right = _as_matrices(g, x1, x2)
    if right.ndim == 2:  # one matrix for the whole stack: one product instead of a stack to be summed
        g, left = rows(g), rows(left)
    gradient = product(transposed(left), g)
    return gradient if x2.ndim > 1 else gradient[..., 0]


@op(
    np.matmul,
    np.linalg.matmul,
    x1=_matmul_left,
    x2=_matmul_right,
    samples=[
        call(real(2, 3), real(3, 4)),
        call(real(3, 3), real(3, 3)),
        call(real(1, 3), real(3, 1)),
        call(real(3), real(3)),
        call(real(2, 3), real(3)),
        call(real(3), real(3, 2)),
        call(real(2, 4, 3), real(3)),
        call(real(3), real(2, 3, 4)),
        call(real(2, 4, 3), real(3, 2)),
        call(real(4, 3), real(2, 3, 2)),
        call(real(2, 1, 2, 3), real(4, 3, 2)),
        call(real(0, 3), real(3, 2)),
    ],
    error_samples=[
        (call(real(2, 3), real(2, 3)), ShapeError, "matmul of shapes (2, 3) and (2, 3)"),
        (call(real(), real(2)), ShapeError, "matmul of shapes () and (2,)"),
    ],
    complex_ok=True,
)
def matmul(x1, x2):
    """y = x1 @ x2,  dL/dx1 = g @ x2ᵀ,  dL/dx2 = x1ᵀ @ g.

    Shapes `(..., n, k)` and `(..., k, m)`, whose leading axes broadcast; either may be a vector, `(k,)`.
    """
    return product(as_array(x1), as_array(x2))


@composed(np.vdot, samples=[call(real(3), real(3)), call(real(2, 3), real(3, 2)), call(real(), real())])
def vdot(a, b):
    """The sum of ``a * b`` over all elements in their order, whatever the shapes."""
    return matmul(np.ravel(a), np.ravel(b))


@composed(
    np.vecdot,
    np.linalg.vecdot,
    samples=[call(real(2, 3), real(3)), call(real(3, 1), real(3, 2), axis=0), call(real(1, 3), real(4, 1, 3))],
    error_samples=[(call(real(2, 3), real(1)), ShapeError, "(2, 1, 3) and (1, 1)")],
)
def vecdot(x1, x2, axis=-1):
    """The sum of ``x1 * x2`` along one axis; the others broadcast."""
    x1, x2 = np.moveaxis(x1, axis, -1), np.moveaxis(x2, axis, -1)
    return matmul(np.expand_dims(x1, -2), np.expand_dims(x2, -1))[..., 0, 0]


@composed(
    np.outer,
    np.linalg.outer,
    samples=[call(real(2), real(3)), call(real(3), real(3)), call(real(2, 2), real(3)), call(real(), real(2))],
)
def outer(a, b):
    """y[i, j] = a[i] b[j], of the elements in their order."""
    return np.expand_dims(np.ravel(a), 1) * np.ravel(b)


@composed(
    np.kron,
    samples=[
        call(real(2), real(3)),
        call(real(2, 3), real(1, 2)),
        call(real(2, 2), real(2, 2)),
        call(real(2), real(2, 1, 3)),
        call(real(), real(2)),
    ],
)
def kron(a, b):
    """The Kronecker product: every element of ``a`` replaced by its product with the whole of ``b``."""
    a, b = as_array(a), as_array(b)
    ndim = max(a.ndim, b.ndim)
    outside, inside = ((1,) * (ndim - x.ndim) + x.shape for x in (a, b))
    blocks = np.reshape(a, [*chain(*((n, 1) for n in outside))]) * np.reshape(b, [*chain(*((1, n) for n in inside))])
    return np.reshape(blocks, [m * n for m, n in zip(outside, inside)])


@composed(
    np.cross,
    np.linalg.cross,
    samples=[
        call(real(3), real(3)),
        call(real(2, 3), real(3)),
        call(real(3, 2), real(3, 2), axis=0),
        call(real(3, 2), real(2, 3), axisa=0, axisc=0),
        call(real(1, 3), real(4, 3)),
    ],
    error_samples=[(call(real(2, 2), real(2, 2)), ShapeError, "cross: vectors of 3 elements are needed")],
)
def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """y[i] = a[i+1] b[i+2] - a[i+2] b[i+1], the indices modulo 3: the vector product, along the given axes."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)
    if not a.shape[-1] == b.shape[-1] == 3:
        raise ShapeError(f"cross: vectors of 3 elements are needed, not of {a.shape[-1]} and {b.shape[-1]}")
    y = np.roll(a, -1, -1) * np.roll(b, 1, -1) - np.roll(a, 1, -1) * np.roll(b, -1, -1)
    return np.moveaxis(y, -1, axisc)


@composed(
    np.linalg.multi_dot,
    samples=[
        call([real(2, 3), real(3, 4)]),
        call([real(4, 2), real(2, 5), real(5, 1), real(1, 3)]),
        call([real(3), real(3, 3), real(3)]),
    ],
)
def multi_dot(arrays):
    """The product of several matrices, bracketed in the order that takes the fewest multiplications.

    The first may be a row and the last a column, each a vector.
    """
    arrays = [as_array(x) for x in arrays]
    if arrays[0].ndim == 1:
        sizes = [1, *(x.shape[0] for x in arrays)]
    else:
        sizes = [x.shape[0] for x in arrays]
    sizes.append(arrays[-1].shape[1] if arrays[-1].ndim > 1 else 1)
    return _bracketed(arrays, tuple(sizes))


def _bracketed(arrays: Sequence, sizes: tuple[int, ...]):
    if len(arrays) == 1:
        return arrays[0]
    _, cut = _cheapest(sizes)
    return matmul(_bracketed(arrays[:cut], sizes[: cut + 1]), _bracketed(arrays[cut:], sizes[cut:]))


@cache
def _cheapest(sizes: tuple[int, ...]) -> tuple[int, int]:
    """How many multiplications the product of matrices of these sizes takes, and where to cut it in two."""
    if len(sizes) == 2:
        return 0, 0
    ends = sizes[0] * sizes[-1]
    return min(
        (_cheapest(sizes[: cut + 1])[0] + _cheapest(sizes[cut:])[0] + ends * sizes[cut], cut)
        for cut in range(1, len(sizes) - 1)
    )
