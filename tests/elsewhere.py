"""Arrays whose numbers are elsewhere, as on a GPU: NumPy's functions reach them by dispatch, and by nothing else.

A stand-in for ``cupy.ndarray``, as strict as that: it never becomes a NumPy array, and no operand of one is a NumPy
array with axes, but for whole numbers and truth values that say where (CuPy takes these over).
"""

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin


class Elsewhere(NDArrayOperatorsMixin):
    """An array that is no ``np.ndarray`` and cannot be made one."""

    __hash__ = None

    def __init__(self, numbers):
        self.numbers = np.asarray(numbers)

    def __array__(self, *args, **kwargs):
        raise TypeError("implicit conversion to a NumPy array is not allowed")

    def __array_ufunc__(self, ufunc, method, *inputs, out=(), **options):
        if method == "at":
            return np.add.at(self.numbers, _where(inputs[1]), *map(_here, inputs[2:]))
        target = {"out": tuple(map(_here, out))} if out else {}
        result = getattr(ufunc, method)(*map(_here, inputs), **_here(options), **target)
        return out[0] if len(out) == 1 else out or _there(result)

    def __array_function__(self, function, types, args, options):
        if not all(issubclass(kind, (Elsewhere, np.ndarray)) for kind in types):
            return NotImplemented
        if function in (np.array, np.asarray, np.zeros, np.ones, np.empty, np.eye, np.arange):  # with like=
            return Elsewhere(function(*args, **options))
        out = options.pop("out", None)
        target = {} if out is None else {"out": _here(out)}
        result = function(*_here(args), **_here(options), **target)
        return _there(result) if out is None else out

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(self.numbers, name)
        if not callable(found):
            return _there(found)
        into = _where if name in ("take", "put") else _here
        return lambda *args, **options: _there(found(*map(into, args), **_here(options)))

    def __getitem__(self, index):
        return Elsewhere(self.numbers[_where(index)])

    def __setitem__(self, index, value):
        self.numbers[_where(index)] = _here(value)

    def __len__(self):
        return len(self.numbers)

    def __iter__(self):
        return (Elsewhere(row) for row in self.numbers)

    def __float__(self):
        return float(self.numbers)

    def __int__(self):
        return int(self.numbers)

    def __bool__(self):
        return bool(self.numbers)

    def __index__(self):
        return self.numbers.__index__()

    def __repr__(self):
        return f"Elsewhere({self.numbers!r})"


def _here(x):
    """For the function that is called: the numbers of what is elsewhere."""
    if isinstance(x, np.ndarray) and x.ndim and x.dtype != object:
        raise TypeError("an array that is here cannot be an operand of one that is elsewhere")
    return _numbers(x, _here)


def _where(index):
    """The same of an index."""
    return _numbers(index, _where)


def _numbers(x, inside):
    if isinstance(x, dict):
        return {key: inside(value) for key, value in x.items()}
    if isinstance(x, (list, tuple)):
        return type(x)(map(inside, x))
    return x.numbers if isinstance(x, Elsewhere) else x


def _there(x):
    """What comes back is elsewhere too."""
    if isinstance(x, (np.ndarray, np.generic)):
        return Elsewhere(x)
    if isinstance(x, (list, tuple)):
        return type(x)(*map(_there, x)) if hasattr(x, "_fields") else type(x)(map(_there, x))
    return x
