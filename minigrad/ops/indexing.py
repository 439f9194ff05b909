"""Elements picked out of an array, and put back: what is picked twice receives two gradients."""

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from minigrad.arrays import as_array
from minigrad.declare import composed, op, plain
from minigrad.errors import ShapeError
from minigrad.methods import ArrayMethods
from minigrad.samples import call, distinct, real

_BASIC = (int, np.integer, slice, type(None), type(Ellipsis))


def along(axis, part, ndim):
    """The index that takes ``part`` along one axis, and everything along the others.

    >>> along(-2, 0, 3)
    (slice(None, None, None), 0)
    """
    return (slice(None),) * normalize_axis_index(axis, ndim) + (part,)


# Any index, and back


@op(
    ArrayMethods.__getitem__,
    x=lambda g, y, x, index: scatter(g, index, x.shape),
    samples=[
        call(real(4, 3), 1),
        call(real(4, 3), (slice(None, None, -2), None, Ellipsis, -1)),
        call(real(4, 3), slice(3, 1)),
        call(real(4, 3), np.array([0, 0, 2])),
        call(real(4, 3), (np.array([0, 0, -1]), np.array([1, 1, 2]))),
        call(real(4, 3), (slice(1, 3), np.array([[2, 0], [-1, 2]]))),
        call(real(2, 3, 2), (np.array([1, 1]), slice(None), 0)),
        call(real(2, 2), np.array([[True, False], [True, True]])),
        call(real(2, 3), (np.array([True, False]), np.array([2, 2]))),
        call(real(3), np.array([], int)),
        call(real(0, 3), slice(None)),
        call(real(), ()),
        call(real(), None),
    ],
    error_samples=[
        (call(real(2, 3), 5), IndexError, "index 5 is out of bounds for axis 0 with size 2"),
        (call(real(2, 3), (0, 0, 0)), IndexError, "too many indices"),
    ],
    complex_ok=True,
)
def getitem(x, index):
    """y = x[index],  dL/dx = g put back at ``index``. Every index of NumPy: basic, fancy, boolean and mixed."""
    return x[index]


@op(
    values=lambda g, y, values, index, shape: g[index],
    samples=[
        call(real(3), 1, (4, 3)),
        call(real(2, 3), slice(None, None, -2), (4, 3)),
        call(real(3, 2), np.array([0, 0, 2]), (4, 2)),
        call(real(2, 2), (slice(2, None), np.array([1, -1])), (4, 2)),
        call(real(3), np.array([[True, False], [True, True]]), (2, 2)),
        call(real(0), np.array([], int), (3,)),
        call(real(), (), ()),
    ],
    complex_ok=True,
)
def scatter(values, index, shape):
    """Zeros of this ``shape``, with the ``values`` added at ``index``: the adjoint of ``x[index]``."""
    values = as_array(values)
    y = np.zeros(shape, values.dtype, like=values)
    parts = index if isinstance(index, tuple) else (index,)
    if all(isinstance(part, _BASIC) for part in parts):  # nothing is picked twice
        y[index] = values
    else:
        np.add.at(y, index, values)
    return y


# Along one axis


@composed(
    np.take,
    samples=[
        call(real(2, 3), [0, 5, 5, -1]),
        call(real(2, 3), np.array([[2, 0], [-1, 2]]), axis=1),
        call(real(2, 3), 1, axis=-2),
        call(real(3), np.array([], int), axis=0),
    ],
    error_samples=[
        (call(real(2, 3), [3], axis=1), IndexError, "index 3 is out of bounds for axis 1 with size 3"),
        (call(real(2, 3), [0.5]), TypeError, "Cannot cast array data"),
    ],
)
def take(a, indices, axis=None):
    """The elements, or the slices along an axis, that have these numbers; negative ones count from the end."""
    if axis is None:
        a, axis = np.ravel(a), 0
    indices = as_array(plain(indices)).astype(int, casting="same_kind")
    return a[along(axis, indices, a.ndim)]


@composed(
    np.take_along_axis,
    samples=[
        call(real(2, 3), np.array([[0, 0], [2, -1]])),
        call(real(2, 3), np.array([[1, 0, 1]]), axis=0),
        call(real(2, 3), np.array([4, 4]), axis=None),
    ],
    error_samples=[(call(real(2, 3), np.array([0, 1]), axis=1), ShapeError, "indices of shape (2,)")],
)
def take_along_axis(arr, indices, axis=-1):
    """y[i, j] = arr[i, indices[i, j]], here for ``axis=1``: each row with its own indices, as from ``argsort``."""
    if axis is None:
        arr, axis = np.ravel(arr), 0
    indices = plain(indices)
    if indices.ndim != arr.ndim:
        raise ShapeError(
            f"take_along_axis: indices of shape {indices.shape} need {arr.ndim} axes, as shape {arr.shape} has"
        )
    everywhere = np.ix_(*map(np.arange, arr.shape))
    axis = normalize_axis_index(axis, arr.ndim)
    return arr[(*everywhere[:axis], indices, *everywhere[axis + 1 :])]


@composed(np.compress, samples=[call([True, False, True], real(3, 2), axis=0), call([0, 1], real(2, 2))])
def compress(condition, a, axis=None):
    """The slices along an axis, or the elements, for which the condition holds."""
    return np.take(a, np.flatnonzero(plain(condition)), axis)


@composed(np.extract, samples=[call(np.array([[True, False], [True, True]]), real(2, 2))])
def extract(condition, arr):
    """The elements for which the condition, of the same size, holds."""
    return np.compress(np.ravel(plain(condition)), arr)


@composed(np.delete, samples=[call(real(2, 3), [0, -1]), call(real(2, 3), 1, axis=1), call(real(4), slice(0, 3, 2), 0)])
def delete(arr, obj, axis=None):
    """The elements, or the slices along an axis, but for those with these numbers."""
    if axis is None:
        arr, axis = np.ravel(arr), 0
    return np.take(arr, np.delete(np.arange(arr.shape[axis]), plain(obj)), axis)


@composed(
    np.select,
    samples=[
        call([np.array([True, True, False]), np.array([True, False, False])], [real(3), real(2, 1)], 2.0),
        call([np.array([True, False])], [real(2)], default=real(2)),
    ],
)
def select(condlist, choicelist, default=0):
    """From each choice the elements where its condition is the first to hold, elsewhere the default."""
    y = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        y = np.where(condition, choice, y)
    return y


def _ranks(x, axis=-1):
    """The place of each element in the sorted array; equal elements keep their order."""
    return np.argsort(np.argsort(x, axis=axis, kind="stable"), axis=axis)


@op(
    np.sort,
    x=lambda g, y, x, axis=-1: np.reshape(
        np.take_along_axis(g, _ranks(x, axis), -1 if axis is None else axis), x.shape
    ),
    samples=[
        distinct(5),
        distinct(2, 3),
        call(distinct(3, 2), 0),
        call(distinct(2, 2, 2), axis=1),
        call(distinct(2, 3), axis=None),
        distinct(0, 3),
    ],
    branches=_ranks,
)
def sort(x, axis=-1):
    """x in ascending order along an axis, or all of it in one row if ``axis`` is None; dL/dx_i = g[rank of x_i]."""
    return np.sort(x, axis=axis, kind="stable")


# Diagonals


def _diagonal_index(rows, columns, offset):
    """Where the diagonal, or the one ``offset`` places above it, runs through a matrix."""
    below, above = max(-offset, 0), max(offset, 0)
    steps = np.arange(max(min(rows - below, columns - above), 0))
    return ..., steps + below, steps + above


@composed(
    np.diagonal,
    samples=[
        real(3, 3),
        call(real(2, 3), offset=1),
        call(real(3, 2), -1),
        call(real(2, 3, 4), offset=-1, axis1=2, axis2=0),
        call(real(2, 2), 5),
    ],
)
def diagonal(a, offset=0, axis1=0, axis2=1):
    """The diagonal of each matrix spanned by two axes, ``offset`` places above the main one, as the last axis."""
    a = np.moveaxis(a, (axis1, axis2), (-2, -1))
    *_, rows, columns = a.shape
    return a[_diagonal_index(rows, columns, offset)]


@composed(np.diag, samples=[real(3), real(2, 3), call(real(2), 1), call(real(2), k=-2), call(real(3, 2), k=-1)])
def diag(v, k=0):
    """The matrix with the vector on its k-th diagonal; or, of a matrix, its k-th diagonal."""
    if v.ndim != 1:
        return np.diagonal(v, k)
    n = len(v) + abs(k)
    return scatter(v, _diagonal_index(n, n, k), (n, n))


@composed(np.diagflat, samples=[real(2, 2), call(real(), 1)])
def diagflat(v, k=0):
    """The matrix with the raveled input on its k-th diagonal."""
    return np.diag(np.ravel(v), k)
