"""Several arrays made one, one made several, and one made larger. The gradient is cut, joined and summed again."""

import numpy as np

from minigrad.arrays import as_array
from minigrad.declare import composed, op
from minigrad.errors import ShapeError, UnsupportedError
from minigrad.ops.indexing import along, scatter
from minigrad.samples import call, real

# Joined


def _length(operands, axis):
    """How long these are together."""
    if axis == 0:
        return sum(map(len, operands))  # many times faster where there are thousands
    return sum(x.size if axis is None else x.shape[axis] for x in map(as_array, operands))


def _segment(g, y, i, *operands, axis=0):
    """The part of ``g`` that came from the i-th operand."""
    start = _length(operands[:i], axis)
    segment = g[along(axis or 0, slice(start, start + _length(operands[i : i + 1], axis)), g.ndim)]
    return np.reshape(segment, operands[i].shape) if axis is None else segment


@op(
    np.concatenate,
    operands=_segment,
    sequence=True,
    samples=[
        call([real(2, 3), real(1, 3)]),
        call([real(2, 1), real(2, 3), real(2, 2)], axis=-1),
        call([real(2, 3), real(), real(2)], axis=None),
        call([real(0, 3), real(2, 3)], axis=0),
        call([real(3)]),
    ],
    error_samples=[
        (
            call([real(2, 3), real(2, 2)]),
            ShapeError,
            "the array at index 0 has size 3 and the array at index 1 has size 2",
        ),
        (call([]), ShapeError, "need at least one array to concatenate"),
    ],
    complex_ok=True,
)
def concatenate(*operands, axis=0):
    """The arrays one after the other along an axis; raveled first if it is None."""
    return np.concatenate(operands, axis)


@op(
    np.stack,
    operands=lambda g, y, i, *operands, axis=0: g[along(axis, i, g.ndim)],
    sequence=True,
    samples=[
        call([real(2, 3), real(2, 3)]),
        call([real(2), real(2), real(2)], axis=-1),
        call([real(2, 3)], axis=1),
        call([real(), real()]),
    ],
    error_samples=[(call([real(2), real(3)]), ShapeError, "all input arrays must have the same shape")],
    complex_ok=True,
)
def stack(*operands, axis=0):
    """The arrays side by side along a new axis."""
    return np.stack(operands, axis)


@composed(np.append, samples=[call(real(2, 3), real(2)), call(real(2, 3), real(1, 3), axis=0)])
def append(arr, values, axis=None):
    """The array and then the values, along an axis, or both raveled."""
    return np.concatenate([arr, values], axis=axis)


@composed(np.vstack, samples=[call([real(3), real(2, 3)]), call([real(), real(1)])])
def vstack(tup):
    """The arrays below each other, a vector as one row."""
    return np.concatenate([np.atleast_2d(x) for x in tup])


@composed(np.hstack, samples=[call([real(2), real()]), call([real(2, 3), real(2, 1)])])
def hstack(tup):
    """The arrays to the right of each other, a vector as one row without end."""
    arrays = [np.atleast_1d(x) for x in tup]
    return np.concatenate(arrays, axis=0 if arrays and arrays[0].ndim == 1 else 1)


@composed(np.column_stack, samples=[call([real(3), real(3, 2), real(3)])])
def column_stack(tup):
    """The arrays to the right of each other, a vector as one column."""
    return np.concatenate([x if x.ndim > 1 else np.reshape(x, (x.size, 1)) for x in map(as_array, tup)], axis=1)


# Cut


@composed(
    np.array_split,
    samples=[call(real(5), 3), call(real(2, 4), [1, 3], axis=1), call(real(2, 3), 4), call(real(3, 2), (2, 2, 5), -2)],
)
def array_split(ary, indices_or_sections, axis=0):
    """The array cut along an axis before these indices, or into so many parts whose lengths differ by 1 at most."""
    ary = as_array(ary)
    length = ary.shape[axis]
    if np.ndim(indices_or_sections):
        cuts = [*indices_or_sections, length]
    else:
        if indices_or_sections < 1:
            raise ShapeError(f"array_split: an array can be cut into 1 part or more, not into {indices_or_sections}")
        short, longer = divmod(length, indices_or_sections)
        cuts = [(i + 1) * short + min(i + 1, longer) for i in range(indices_or_sections)]
    return [ary[along(axis, slice(start, end), ary.ndim)] for start, end in zip([0, *cuts], cuts)]


@composed(
    np.split,
    samples=[call(real(4, 3), 2), call(real(2, 4), [1, 3], axis=1)],
    error_samples=[(call(real(2, 3), 2, axis=1), ShapeError, "2 equal parts")],
)
def split(ary, indices_or_sections, axis=0):
    """The array cut along an axis before these indices, or into so many equal parts: a ShapeError if they cannot be."""
    parts = np.array_split(ary, indices_or_sections, axis)
    if not np.ndim(indices_or_sections) and parts[0].shape != parts[-1].shape:
        raise ShapeError(
            f"split: axis {axis} of shape {ary.shape} cannot be cut into {indices_or_sections} equal parts: "
            "use array_split for parts that differ by 1"
        )
    return parts


@composed(np.hsplit, samples=[call(real(4), 2), call(real(2, 4), [1])])
def hsplit(ary, indices_or_sections):
    """A matrix cut between columns, a vector between elements."""
    return np.split(ary, indices_or_sections, axis=0 if ary.ndim == 1 else 1)


@composed(
    np.vsplit,
    samples=[call(real(4, 2), 2)],
    error_samples=[(call(real(4), 2), ShapeError, "vsplit: shape (4,) has no rows")],
)
def vsplit(ary, indices_or_sections):
    """A matrix cut between rows."""
    if ary.ndim < 2:
        raise ShapeError(f"vsplit: shape {ary.shape} has no rows to cut between: use split")
    return np.split(ary, indices_or_sections, axis=0)


# Padded, and cropped


def _widths(pad_width, ndim):
    return [(int(before), int(after)) for before, after in np.broadcast_to(pad_width, (ndim, 2))]


def _unpadded(g, y, x, pad_width, mode="constant", *, constant_values=0):
    if mode == "constant":
        return crop(g, pad_width)
    origins = (np.pad(np.arange(n), width, mode) for n, width in zip(x.shape, _widths(pad_width, x.ndim)))
    return scatter(g, np.ix_(*origins), x.shape)


@op(
    np.pad,
    x=_unpadded,
    samples=[
        call(real(2, 3), ((1, 0), (2, 1))),
        call(real(3), (0, 2), constant_values=(1, 5)),
        call(real(2, 3), 1, "edge"),
        call(real(2, 4), ((0, 1), (3, 2)), mode="reflect"),
        call(real(2, 3), ((1,), (2,)), mode="symmetric"),
        call(real(2, 3), (4, 1), mode="wrap"),
        call(real(0, 3), ((1, 1), (0, 0))),
        call(real(), 0),
    ],
    error_samples=[(call(real(3), 1, mode="mean"), UnsupportedError, "pad: mode='mean' has no derivative rule")],
    aliases={"array": "x"},
    complex_ok=True,
)
def pad(x, pad_width, mode="constant", *, constant_values=0):
    """x with a margin: of constants, or of copies (modes ``edge``, ``reflect``, ``symmetric`` and ``wrap``).

    ``pad_width`` is one ``(before, after)`` for each axis, one for all axes, or one number for everywhere.
    """
    if mode == "constant":
        return np.pad(x, pad_width, mode, constant_values=constant_values)
    if mode not in ("edge", "reflect", "symmetric", "wrap"):
        raise UnsupportedError(
            f"pad: mode={mode!r} has no derivative rule: use constant, edge, reflect, symmetric or wrap"
        )
    return np.pad(x, pad_width, mode)


@composed(samples=[call(real(3, 4), ((1, 0), (2, 1))), call(real(3), 1)])
def crop(x, pad_width):
    """x without its margin: the adjoint of padding with zeros. ``pad_width`` is that of :func:`pad`."""
    widths = _widths(pad_width, x.ndim)
    return x[tuple(slice(before, n - after) for n, (before, after) in zip(x.shape, widths))]


# Repeated


def _tiles(shape, reps):
    """The shape in which each axis of a tiled array is two: which tile, and where in it."""
    reps = tuple(reps) if np.ndim(reps) else (reps,)
    ndim = max(len(shape), len(reps))
    reps, shape = (1,) * (ndim - len(reps)) + reps, (1,) * (ndim - len(shape)) + shape
    return [length for pair in zip(reps, shape) for length in pair]


def _untiled(g, y, x, reps):
    tiles = _tiles(x.shape, reps)
    return np.reshape(np.sum(np.reshape(g, tiles), axis=tuple(range(0, len(tiles), 2))), x.shape)


@op(
    np.tile,
    x=_untiled,
    samples=[
        call(real(2, 3), 2),
        call(real(3), (2, 2)),
        call(real(2, 1, 2), (3, 1)),
        call(real(), 3),
        call(real(3), 0),
    ],
    aliases={"A": "x"},
    complex_ok=True,
)
def tile(x, reps):
    """x laid out ``reps`` times along each axis; dL/dx sums over the tiles."""
    return np.tile(x, reps)


@composed(
    np.repeat,
    samples=[
        call(real(2, 3), 2),
        call(real(2, 3), 2, axis=-1),
        call(real(3, 2), [0, 1, 3], axis=0),
        call(real(), 3),
        call(real(0, 3), 2, axis=0),
    ],
)
def repeat(a, repeats, axis=None):
    """Each element, or each slice along an axis, several times in a row; ``repeats`` is a number, or one for each."""
    if axis is None:
        a, axis = np.ravel(a), 0
    return np.take(a, np.repeat(np.arange(a.shape[axis]), repeats), axis)
