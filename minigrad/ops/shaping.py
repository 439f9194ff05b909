"""The same elements in another arrangement. The gradient goes back the same way."""

import numpy as np

from minigrad.arrays import as_array
from minigrad.declare import composed, op
from minigrad.errors import ShapeError
from minigrad.methods import ArrayMethods
from minigrad.samples import call, real

# The same order, another shape or dtype


@op(np.copy, x=lambda g, y, x: g, samples=[real(2, 3), real(), real(0, 3)], complex_ok=True)
def copy(x):
    """y = x, in an array of its own."""
    return np.copy(x)


@op(
    ArrayMethods.astype,
    getattr(np, "astype", ArrayMethods.astype),  # the function came with NumPy 2.1
    x=lambda g, y, x, dtype: g,  # the walk brings it back in the dtype of x
    samples=[call(real(2, 3), np.dtype(float)), call(real(), float)],
)
def astype(x, dtype):
    """y = x in another ``dtype``; the gradient has the dtype of x."""
    return x.astype(dtype)


def _as_it_was(g, y, x, *_):
    return np.reshape(g, x.shape)


@op(
    np.reshape,
    x=_as_it_was,
    samples=[
        call(real(2, 3), (3, -1)),
        call(real(2, 3), shape=-1),
        call(real(), (1, 1)),
        call(real(1), ()),
        call(real(0, 3), (3, 0)),
    ],
    error_samples=[
        (call(real(2, 3), (4, 2)), ShapeError, "cannot reshape array of size 6 into shape (4,2)"),
        (call(real(2, 3), (-1, -1)), ShapeError, "can only specify one unknown dimension"),
    ],
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
    error_samples=[(call(real(1, 3), axis=1), ShapeError, "squeeze of shape (1, 3)")],
    complex_ok=True,
)
def squeeze(x, axis=None):
    """x without these axes of length 1, or without any of them."""
    return np.squeeze(x, axis)


def _one_or_all(arrays):
    return arrays[0] if len(arrays) == 1 else tuple(arrays)


@composed(np.atleast_1d, samples=[real(), real(3)])
def atleast_1d(*arrays):
    """Each array, a number as a row of one element."""
    return _one_or_all([x if x.ndim else np.reshape(x, (1,)) for x in map(as_array, arrays)])


@composed(np.atleast_2d, samples=[real(), real(3), real(2, 3)])
def atleast_2d(*arrays):
    """Each array, a number or a vector as a matrix of one row."""
    return _one_or_all([x if x.ndim > 1 else np.reshape(x, (1, x.size)) for x in map(as_array, arrays)])


# Axes in another order


def _inverse(axes, ndim):
    return None if axes is None else tuple(sorted(range(ndim), key=[axis % ndim for axis in axes].__getitem__))


@op(
    np.transpose,
    x=lambda g, y, x, axes=None: np.transpose(g, _inverse(axes, x.ndim)),
    samples=[real(2, 3), call(real(2, 3, 4), (2, 0, 1)), call(real(2, 3, 4), axes=(-1, 0, 1)), real(3), real()],
    error_samples=[(call(real(2, 3), (0, 1, 2)), ShapeError, "transpose of shape (2, 3): axes don't match array")],
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


@composed(np.matrix_transpose, np.linalg.matrix_transpose, samples=[real(2, 3), real(2, 3, 4)])
def matrix_transpose(x):
    """Every matrix of the stack transposed: the last two axes exchanged."""
    return np.swapaxes(x, -1, -2)


@op(
    np.moveaxis,
    x=lambda g, y, x, source, destination: np.moveaxis(g, destination, source),
    samples=[call(real(2, 3, 4), 0, -1), call(real(2, 3, 4), (0, 1), destination=(-1, 0))],
    complex_ok=True,
)
def moveaxis(x, source, destination):
    """x with some axes moved to other places, the rest in their order."""
    return np.moveaxis(x, source, destination)


# Along the axes


@op(
    np.flip,
    x=lambda g, y, x, axis=None: np.flip(g, axis),
    samples=[real(2, 3), call(real(2, 3), 0), call(real(2, 3, 2), axis=(0, -1)), real(), real(0, 3)],
    aliases={"m": "x"},
    complex_ok=True,
)
def flip(x, axis=None):
    """x backward along these axes, or along all of them."""
    return np.flip(x, axis)


@composed(np.flipud, samples=[real(3), real(2, 3)])
def flipud(m):
    """The rows in reverse order."""
    return np.flip(m, 0)


@composed(np.fliplr, samples=[real(2, 3)])
def fliplr(m):
    """The columns in reverse order."""
    return np.flip(m, 1)


@op(
    np.rot90,
    x=lambda g, y, x, k=1, axes=(0, 1): np.rot90(g, -k, axes),
    samples=[real(2, 3), call(real(2, 3), 2), call(real(2, 3, 4), k=-1, axes=(2, 0))],
    aliases={"m": "x"},
    complex_ok=True,
)
def rot90(x, k=1, axes=(0, 1)):
    """x turned k times by 90 degrees, from the first of the two axes towards the second."""
    return np.rot90(x, k, axes)


@op(
    np.roll,
    x=lambda g, y, x, shift, axis=None: np.roll(g, tuple(-s for s in shift) if np.ndim(shift) else -shift, axis),
    samples=[
        call(real(2, 3), 1),
        call(real(4), -9),
        call(real(2, 3), 4, axis=1),
        call(real(2, 3), (1, -1), axis=(0, -1)),
        call(real(2, 3), 2, axis=(0, 1)),
        call(real(0, 3), 1),
    ],
    complex_ok=True,
)
def roll(x, shift, axis=None):
    """x moved on along the axes, what falls off at the end coming back at the start."""
    return np.roll(x, shift, axis)


# Stretched, and masked


@op(
    np.broadcast_to,
    x=lambda g, y, x, shape: g,  # the walk sums over what was stretched
    samples=[call(real(3), (2, 3)), call(real(2, 1), (4, 2, 3)), call(real(), shape=(2, 2)), call(real(1, 3), (0, 3))],
    error_samples=[(call(real(3), (2, 2)), ShapeError, "broadcast_to of shape (3,)")],
    aliases={"array": "x"},
    complex_ok=True,
)
def broadcast_to(x, shape):
    """x repeated along new axes, and along those of length 1; dL/dx sums over them."""
    return np.broadcast_to(x, shape)


@composed(np.broadcast_arrays, samples=[call(real(2, 1), real(3)), call(real(), real(2))])
def broadcast_arrays(*arrays):
    """Each array broadcast to the shape that all of them broadcast to."""
    given = list(map(as_array, arrays))
    shape = np.broadcast_shapes(*(x.shape for x in given))
    return tuple(np.broadcast_to(x, shape) for x in given)


@composed(np.meshgrid, samples=[call(real(2), real(3)), call(real(2), real(3), real(1), indexing="ij"), real(2)])
def meshgrid(*xi, indexing="xy"):
    """The coordinates of each point of a grid, from those along its axes; ``xy`` has the first two axes exchanged."""
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing must be 'xy' or 'ij', not {indexing!r}")
    axes = list(range(len(xi)))
    if indexing == "xy":
        axes[:2] = axes[1::-1]
    lines = [np.expand_dims(np.ravel(x), tuple({*axes} - {axis})) for x, axis in zip(xi, axes)]
    return np.broadcast_arrays(*lines)


@op(
    np.triu,
    x=lambda g, y, x, k=0: np.triu(g, k),
    samples=[real(3, 3), call(real(2, 3), 1), call(real(3, 2), k=-1), real(2, 3, 2), real(3)],
    aliases={"m": "x"},
    complex_ok=True,
)
def triu(x, k=0):
    """x with zeros below its k-th diagonal."""
    return np.triu(x, k)


@op(
    np.tril,
    x=lambda g, y, x, k=0: np.tril(g, k),
    samples=[real(3, 3), call(real(2, 3), 1), call(real(3, 2), k=-1), real(2, 3, 2), real(3)],
    aliases={"m": "x"},
    complex_ok=True,
)
def tril(x, k=0):
    """x with zeros above its k-th diagonal."""
    return np.tril(x, k)
