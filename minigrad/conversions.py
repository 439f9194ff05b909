"""The Python face of Tensor: how it becomes a number, an array or text, how it is changed in place, and pickled."""

from importlib import import_module
from typing import Any

import numpy as np

from minigrad.arrays import own_array
from minigrad.complaints import check_fits
from minigrad.errors import GraphError, UnsupportedError
from minigrad.modes import mode
from minigrad.shown import Shown


class PythonMethods(Shown):
    """What Python asks of an array: ``float(t)``, ``len(t)``, ``print(t)``, ``t += 1``, ``t[0] = 1``, ``copy(t)``."""

    __slots__ = ()

    data: Any
    _data: Any
    grad: Any
    op: Any
    requires_grad: bool
    name: str | None

    @property
    def is_leaf(self) -> bool:
        """Whether this was made by hand, not computed on the tape."""
        return self.op is None

    @property
    def shape(self) -> tuple[int, ...]:
        return self._data.shape

    @property
    def dtype(self) -> np.dtype:
        return self._data.dtype

    @property
    def ndim(self) -> int:
        return self._data.ndim

    @property
    def size(self) -> int:
        return self._data.size

    # leaving the tape

    def numpy(self) -> np.ndarray:
        """A plain copy of the values, off the tape: yours to change."""
        return np.array(self.data)

    def item(self):
        """The single element as a Python number."""
        return self.data.item()

    def tolist(self):
        """The values as nested Python lists."""
        return self.data.tolist()

    def __array__(self, dtype=None, copy=None):
        if self.requires_grad:
            raise UnsupportedError(
                "this would silently take the Tensor off the tape, and its gradient with it: "
                "write t.numpy() for a plain copy, or np.f(t) with a function that has a rule"
            )
        if copy is False:
            view = self.data.view()
            view.flags.writeable = False
            return view
        return np.array(self.data, dtype=dtype)

    @property
    def _mask(self):
        """NumPy's masked arrays take ``_data`` and ``_mask`` of whatever has them, and so would lose the gradient."""
        raise UnsupportedError(
            "a masked array and a Tensor do not go together: write np.where(mask, x, y) to leave elements out"
        )

    def _single(self, kind):
        if self.size != 1:
            raise TypeError(f"only a Tensor of one element can become a Python {kind}, this one has shape {self.shape}")
        return self.data.item()

    def __bool__(self):
        if self.size != 1:
            raise ValueError(
                f"the truth of a Tensor of shape {self.shape} is ambiguous: write t.any(), t.all() or mg.where(t, a, b)"
            )
        return bool(self.data.item())

    def __float__(self):
        return float(self._single("float"))

    def __int__(self):
        return int(self._single("int"))

    def __round__(self, ndigits=None):
        return np.round(self, ndigits or 0)

    def __index__(self):
        if self.dtype.kind not in "iu" or self.ndim:
            raise TypeError(
                f"only a 0-d integer Tensor can be an index by itself, this one is {self.dtype} of shape {self.shape}"
            )
        return self.data.item()

    def __len__(self):
        if not self.ndim:
            raise TypeError("a 0-d Tensor has no length")
        return self.shape[0]

    def __getitem__(self, index):
        raise NotImplementedError

    def __iter__(self):
        if not self.ndim:
            raise TypeError("a 0-d Tensor cannot be iterated over")
        return (self[i] for i in range(self.shape[0]))

    def __format__(self, spec):
        return format(self.data.item() if spec and self.size == 1 else str(self) if not spec else self.data, spec)

    def __repr__(self):
        parts = [np.array2string(np.asarray(self.data), separator=", ", prefix="tensor(", threshold=200)]
        if self.dtype != np.float64 and self.dtype.kind != "b":
            parts.append(f"dtype={self.dtype}")
        if self.requires_grad:
            parts.append("requires_grad=True" if self.is_leaf else f"op={self.op.name}")
        if self.name:
            parts.append(f"name={self.name!r}")
        return f"tensor({', '.join(parts)})"

    def graph(self, depth: int | None = None, **options):
        """The graph this was computed by, as a picture: see :func:`minigrad.draw`."""
        return import_module("minigrad.viz.draw").draw(self, depth, **options)

    def __reduce__(self):
        if not self.is_leaf:
            raise GraphError("a computed Tensor cannot be pickled or deep-copied with its graph: use t.detach()")
        return _restored, (type(self), np.asarray(self.data), self.requires_grad, self.name, self.grad)

    def __deepcopy__(self, memo):
        restore, arguments = self.__reduce__()
        copied = memo[id(self)] = restore(*arguments)
        return copied

    # changing values in place: the data is replaced, never written to, so no other Tensor sees it

    def _in_place(self, result):
        if mode.get().record and (result.requires_grad or self.requires_grad):
            if self.is_leaf and self.requires_grad:
                raise GraphError(
                    "a leaf that requires grad cannot be changed in place while the tape runs: "
                    "write `with no_grad():` around an update, or `y = x + 1` to compute with it"
                )
            return result  # ``y += x`` on the tape makes a new Tensor, as ``y = y + x`` does
        self.data = result
        return self

    def __iadd__(self, other):
        return self._in_place(np.add(self, other))

    def __isub__(self, other):
        return self._in_place(np.subtract(self, other))

    def __imul__(self, other):
        return self._in_place(np.multiply(self, other))

    def __itruediv__(self, other):
        return self._in_place(np.true_divide(self, other))

    def __ipow__(self, other):
        return self._in_place(np.power(self, other))

    def __imatmul__(self, other):
        return self._in_place(np.matmul(self, other))

    def __setitem__(self, index, value):
        value = value if isinstance(value, PythonMethods) else np.asarray(value)
        if mode.get().record and (self.requires_grad or getattr(value, "requires_grad", False)):
            raise GraphError(
                "elements cannot be assigned on the tape: write mg.where(mask, value, t), "
                "or `with no_grad():` around an update of a leaf"
            )
        if isinstance(self._data, np.ndarray) and not self._data.flags.writeable:
            raise GraphError(
                "elements would be assigned to a copy, which NumPy would have made a view of another Tensor's data: "
                "write x[i, j] = value, not x[i][j] = value, or v = np.copy(v) first if only v should change"
            )
        value = value.data if isinstance(value, PythonMethods) else value
        check_fits(value, self.dtype)
        data = self.data.copy()
        data[plain_index(index)] = value
        self.data = data


def plain_index(index):
    """The index with copies of plain arrays where it had lists, arrays or Tensors: nobody can change it later."""
    if isinstance(index, tuple):
        return tuple(map(plain_index, index))
    if isinstance(index, PythonMethods):
        return index.numpy()
    if isinstance(index, list) or (hasattr(index, "__array_function__") and not isinstance(index, np.generic)):
        array = own_array(index)
        return array.astype(int) if isinstance(index, list) and not array.size else array  # an empty list picks nothing
    return index


def _restored(kind, data, requires_grad, name, grad):
    t = kind(data, requires_grad=requires_grad, name=name)
    t.grad = None if grad is None else grad.copy()
    return t
