"""Products of vectors, matrices and stacks of matrices."""

import math

import numpy as np

from minigrad.arrays import as_array
from minigrad.declare import op
from minigrad.errors import ShapeError
from minigrad.samples import call, real


def product(a, b):
    """``a @ b``; ``np.dot`` has less to do before it starts, which tells when the matrices are small."""
    return np.dot(a, b) if a.ndim == b.ndim == 2 else np.matmul(a, b)


def rows(x):
    """``x`` as a matrix whose rows run along its last axis."""
    return x if x.ndim == 2 else np.reshape(x, (math.prod(x.shape[:-1]), x.shape[-1]))


def transposed(x):
    """Every matrix of the stack transposed."""
    return x.swapaxes(-1, -2)


def _as_matrices(g, x1, x2):
    """A product with a vector is one with a matrix: a vector on the left is a row, one on the right a column."""
    x1, x2 = as_array(x1), as_array(x2)
    if x2.ndim == 1:
        g, x2 = np.expand_dims(g, -1), np.expand_dims(x2, 1)
    if x1.ndim == 1:
        g, x1 = np.expand_dims(g, -2), np.expand_dims(x1, 0)
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
