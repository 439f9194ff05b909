"""The same elements in another arrangement: moved, repeated, joined, cut. The gradient goes back where it came from."""

import numpy as np

from minigrad.arrays import as_array
from minigrad.declare import op
from minigrad.methods import ArrayMethods
from minigrad.samples import call, real


@op(
    ArrayMethods.astype,
    x=lambda g, y, x, dtype: g.astype(x.dtype),
    samples=[call(real(2, 3), np.dtype(float))],
    complex_ok=True,
)
def astype(x, dtype):
    """y = x in another ``dtype``; the gradient comes back in the dtype of x."""
    return x.astype(dtype)


def _as_it_was(g, y, x, *_):
    return np.reshape(g, x.shape)


@op(
    np.reshape,
    x=_as_it_was,
    samples=[call(real(2, 3), (3, -1)), call(real(2, 3), -1), call(real(), (1, 1)), call(real(0, 3), (3, 0))],
    aliases={"a": "x", "newshape": "shape"},
    complex_ok=True,
)
def reshape(x, shape):
    """The elements of x in the same order, in another ``shape``; one length may be -1."""
    return np.reshape(x, shape)


@op(np.ravel, x=_as_it_was, samples=[real(2, 3), real(3), real(), real(0, 3)], complex_ok=True)
def ravel(x):
    """The elements of x in one row, the last axis running fastest."""
    return np.ravel(x)


@op(
    np.expand_dims,
    x=_as_it_was,
    samples=[call(real(2, 3), 0), call(real(2, 3), axis=(-1, 1)), call(real(), 0)],
    complex_ok=True,
)
def expand_dims(x, axis):
    """x with new axes of length 1 at these places of the result."""
    return np.expand_dims(x, axis)


@op(
    np.squeeze,
    x=_as_it_was,
    samples=[real(1, 3, 1), call(real(1, 3, 1), axis=-1), call(real(1, 3, 1), axis=(0, 2)), real(1)],
    complex_ok=True,
)
def squeeze(x, axis=None):
    """x without these axes of length 1, or without any of them."""
    return np.squeeze(x, axis)


def _inverse(axes, ndim):
    return axes and np.argsort([axis % ndim for axis in axes])


@op(
    np.transpose,
    x=lambda g, y, x, axes=None: np.transpose(g, _inverse(axes, x.ndim)),
    samples=[real(2, 3), call(real(2, 3, 4), (2, 0, 1)), call(real(2, 3, 4), axes=(-1, 0, 1)), real(3), real()],
    complex_ok=True,
)
def transpose(x, axes=None):
    """x with its axes in another order, reversed if none is given."""
    return np.transpose(x, axes)


@op(
    np.swapaxes,
    x=lambda g, y, x, axis1, axis2: np.swapaxes(g, axis1, axis2),
    samples=[call(real(2, 3, 4), 0, -1), call(real(2, 3), 1, axis2=1)],
    complex_ok=True,
)
def swapaxes(x, axis1, axis2):
    """x with two axes exchanged."""
    return np.swapaxes(x, axis1, axis2)


@op(
    np.broadcast_to,
    x=lambda g, y, x, shape: g,  # the walk sums over what was stretched
    samples=[call(real(3), (2, 3)), call(real(2, 1), (4, 2, 3)), call(real(), (2, 2)), call(real(1, 3), (0, 3))],
    aliases={"array": "x"},
    complex_ok=True,
)
def broadcast_to(x, shape):
    """x repeated along new axes, and along those of length 1; dL/dx sums over them."""
    return np.broadcast_to(x, shape)


def _part(g, y, i, *operands, axis=0):
    x = as_array(operands[i])
    if axis is None:
        lengths = [as_array(x).size for x in operands[: i + 1]]
    else:
        axis = axis % g.ndim
        lengths = [as_array(x).shape[axis] for x in operands[: i + 1]]
    end = sum(lengths)
    return np.reshape(g[(slice(None),) * (axis or 0) + (slice(end - lengths[i], end),)], x.shape)


@op(
    np.concatenate,
    operands=_part,
    sequence=True,
    samples=[
        call([real(2, 3), real(1, 3)]),
        call([real(2, 1), real(2, 3), real(2, 2)], axis=-1),
        call([real(2, 3), real(2)], axis=None),
        call([real(0, 3), real(2, 3)], axis=0),
    ],
    complex_ok=True,
)
def concatenate(*operands, axis=0):
    """The arrays one after the other along an axis; raveled first if it is None."""
    return np.concatenate(operands, axis)
