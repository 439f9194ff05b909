"""Plain arrays, whoever makes them: NumPy, CuPy, or another library that speaks NumPy's dispatch protocols."""

import math
import sys
from functools import lru_cache

import numpy as np

from minigrad.errors import ShapeError, UnsupportedError

SCALARS = (bool, int, float, complex, str, type(None), np.generic)
"""What cannot be written to: the tape keeps these as they are."""


UNCHANGEABLE = frozenset({bool, int, float, complex, str, type(None), np.float32, np.float64, np.int64, np.bool_})
"""The commonest types of these, to be looked up at once."""


def as_array(value):
    """NumPy hands 0-d results out as scalars; a Tensor and a gradient always hold an array, and no subclass of one.

    A subclass means something else by the same operators: ``*`` of a matrix is a product of matrices, and a masked
    array has elements that do not count.
    """
    if type(value) is np.ndarray:
        return value
    if isinstance(value, np.generic):
        return np.asarray(value)
    if not isinstance(value, np.ndarray):
        return value if hasattr(value, "__array_function__") else np.asarray(value)
    check_unmasked(value)
    return value.view(np.ndarray)


def check_unmasked(array) -> None:
    """Raise :class:`~minigrad.errors.UnsupportedError` for a masked array: its masked elements would count again."""
    if isinstance(array, np.ndarray) and hasattr(array, "_mask"):
        raise UnsupportedError(
            "a masked array would lose its mask here: write a.filled(0) or a.compressed() for a plain array, "
            "and np.where(mask, x, y) to leave elements out"
        )


def own_array(data, dtype=None):
    """A fresh C-contiguous array of these values, on the device where they are, in this machine's byte order."""
    if hasattr(data, "__array_function__") and not isinstance(data, np.ndarray):
        return data.astype(dtype or data.dtype, order="C")
    check_unmasked(data)
    try:
        array = np.array(data, dtype=dtype, order="C", subok=False)
    except ValueError as error:
        if "inhomogeneous" not in str(error):
            raise
        raise ShapeError("lists of different lengths make no array; give every row as many elements") from None
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def beside(array, x):
    """This NumPy array where the array or Tensor ``x`` is: the very array, or what the library of ``x`` makes of it."""
    x = getattr(x, "_data", x)
    return array if isinstance(x, np.ndarray) else np.asarray(array, like=x)


def kept(x):
    """An operand as the tape keeps it: what somebody else could write to later is copied.

    >>> a = np.zeros(2)
    >>> kept(a) is a
    False
    >>> a.flags.writeable = False  # the way to say that nobody will
    >>> kept(a) is a
    True
    """
    if isinstance(x, SCALARS) or (isinstance(x, np.ndarray) and not x.flags.writeable and x.base is None):
        return x
    if isinstance(x, (list, tuple)):
        return type(x)([kept(part) for part in x])
    return x.copy() if hasattr(x, "__array_function__") else x


@lru_cache(maxsize=256)
def number(value: float, dtype) -> np.ndarray:
    """The number as a read-only 0-d array of this dtype: a ufunc takes half a microsecond to convert a Python one."""
    array = np.array(value, dtype)
    array.flags.writeable = False
    return array


def apart(value, arrays):
    """The value in an array of its own: views are for the tape.

    Where NumPy would have given a view of an operand, elements cannot be assigned to: NumPy would write them into the
    operand, here they would be lost without a word, as in ``x[0][1] = 5.0``.
    """
    if value.base is None:
        return value
    copied = value.copy()
    for x in arrays:
        if isinstance(x, np.ndarray) and np.may_share_memory(value, x):
            copied.setflags(write=False)
    return copied


def read_only(x):
    """The same values to look at, not to write to."""
    if isinstance(x, np.ndarray):
        x = x.view()
        x.setflags(write=False)
    return x


def all_finite(x) -> bool:
    """Whether no element is infinite or NaN. Quick; an array whose squares overflow may be called not finite.

    >>> all_finite(np.array([1.0, np.nan])), all_finite(np.ones((2, 3)))
    (False, True)
    """
    if isinstance(x, float):  # NumPy hands 0-d results out as scalars
        return math.isfinite(x)
    return math.isfinite(np.vdot(x, x) if x.ndim else x.real)


def is_unshared(array, others: int = 0) -> bool:
    """Whether nobody but one local variable of the caller, and so many others, holds this array or its memory.

    >>> a = np.zeros(2)
    >>> is_unshared(a[:1])
    False
    """
    return isinstance(array, np.ndarray) and array.base is None and sys.getrefcount(array) == _UNSHARED + others


def added(total, g, values):
    """``g``, the gradient of these values, added to the total so far, in a plain array that nobody else holds."""
    if total is None:
        return g if is_unshared(g) else np.copy(g)
    total = getattr(total, "_data", total)  # of a Tensor, which would keep its graph alive
    if np.shape(total) != values.shape:
        raise ShapeError(
            f"the .grad that was set has shape {np.shape(total)}, its Tensor {values.shape}: set it to None"
        )
    return as_array(total + g).astype(g.dtype, copy=False)


_UNSHARED = (lambda local: (lambda array: sys.getrefcount(array))(local))(np.empty(0))
