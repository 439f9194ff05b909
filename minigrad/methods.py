"""The array face of Tensor: its methods and operators are calls of NumPy functions, nothing more.

``t.sum(axis=0)`` is ``np.sum(t, axis=0)`` and ``a + b`` is ``np.add(a, b)``; NumPy then asks the Tensor for the
rule. So nothing here knows how a derivative is taken, and nothing here has to change when an op is added. A method
that no NumPy function stands for is its own key in the table of rules.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from minigrad.errors import GraphError, UnsupportedError
from minigrad.modes import mode

if TYPE_CHECKING:
    from minigrad.engine import Tensor


class ArrayMethods(NDArrayOperatorsMixin):
    """What an ndarray can do and a Tensor can too."""

    __slots__ = ()
    __hash__ = object.__hash__  # ``==`` compares elements; identity is what is hashed

    data: Any
    requires_grad: bool
    is_leaf: bool
    name: str | None

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

    def _single(self, kind):
        if self.size != 1:
            raise TypeError(f"only a Tensor of one element can become a Python {kind}, this one has shape {self.shape}")
        return self.data.item()

    def __bool__(self):
        if self.size != 1:
            raise ValueError(
                f"the truth of a Tensor of shape {self.shape} is ambiguous: write (t).any(), (t).all() or mg.where(t, a, b)"
            )
        return bool(self.data.item())

    def __float__(self):
        return float(self._single("float"))

    def __int__(self):
        return int(self._single("int"))

    def __index__(self):
        if self.dtype.kind not in "iu" or self.ndim:
            raise TypeError(f"only a 0-d integer Tensor can be an index by itself, this one is {self.dtype} of shape {self.shape}")
        return self.data.item()

    def __len__(self):
        if not self.ndim:
            raise TypeError("a 0-d Tensor has no length")
        return self.shape[0]

    def __iter__(self):
        if not self.ndim:
            raise TypeError("a 0-d Tensor cannot be iterated over")
        return (self[i] for i in range(self.shape[0]))

    def __format__(self, spec):
        return format(self.data.item() if spec and self.size == 1 else str(self) if not spec else self.data, spec)

    def __repr__(self):
        parts = [np.array2string(np.asarray(self.data), separator=", ", prefix="tensor(", threshold=200)]
        if self.dtype != np.float64 and not self.dtype.kind == "b":
            parts.append(f"dtype={self.dtype}")
        if self.requires_grad:
            parts.append("requires_grad=True" if self.is_leaf else f"op={self.op.name}")
        if self.name:
            parts.append(f"name={self.name!r}")
        return f"tensor({', '.join(parts)})"

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
        value = value if isinstance(value, ArrayMethods) else np.asarray(value)
        if mode.get().record and (self.requires_grad or getattr(value, "requires_grad", False)):
            raise GraphError(
                "elements cannot be assigned on the tape: write mg.where(mask, value, t), "
                "or `with no_grad():` around an update of a leaf"
            )
        data = self.data.copy()
        data[_plain_index(index)] = value.data if isinstance(value, ArrayMethods) else value
        self.data = data

    # what no NumPy function stands for

    def _ask(self, key, *args) -> "Tensor":
        return self.__array_function__(key, (type(self),), (self, *args), {})

    def __getitem__(self, index):
        return self._ask(ArrayMethods.__getitem__, _plain_index(index))

    def astype(self, dtype, copy=True):
        return self._ask(ArrayMethods.astype, np.dtype(dtype))

    def relu(self):
        return self._ask(ArrayMethods.relu)

    def sigmoid(self):
        return self._ask(ArrayMethods.sigmoid)

    def softmax(self, axis=-1):
        return self._ask(ArrayMethods.softmax, axis)

    def log_softmax(self, axis=-1):
        return self._ask(ArrayMethods.log_softmax, axis)

    def logsumexp(self, axis=None, keepdims=False):
        return self._ask(ArrayMethods.logsumexp, axis, keepdims)

    def norm(self, ord=None, axis=None, keepdims=False):
        return np.linalg.norm(self, ord, axis, keepdims)

    # attributes

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape

    @property
    def dtype(self) -> np.dtype:
        return self.data.dtype

    @property
    def ndim(self) -> int:
        return self.data.ndim

    @property
    def size(self) -> int:
        return self.data.size

    @property
    def T(self):
        return np.transpose(self)

    @property
    def mT(self):
        return np.matrix_transpose(self)

    # elementwise

    def exp(self):
        return np.exp(self)

    def log(self):
        return np.log(self)

    def sqrt(self):
        return np.sqrt(self)

    def square(self):
        return np.square(self)

    def abs(self):
        return np.abs(self)

    def sin(self):
        return np.sin(self)

    def cos(self):
        return np.cos(self)

    def tanh(self):
        return np.tanh(self)

    def clip(self, min=None, max=None):
        return np.clip(self, min, max)

    def round(self, decimals=0):
        return np.round(self, decimals)

    # reductions

    def sum(self, axis=None, keepdims=False):
        return np.sum(self, axis=axis, keepdims=keepdims)

    def mean(self, axis=None, keepdims=False):
        return np.mean(self, axis=axis, keepdims=keepdims)

    def prod(self, axis=None, keepdims=False):
        return np.prod(self, axis=axis, keepdims=keepdims)

    def max(self, axis=None, keepdims=False):
        return np.max(self, axis=axis, keepdims=keepdims)

    def min(self, axis=None, keepdims=False):
        return np.min(self, axis=axis, keepdims=keepdims)

    def var(self, axis=None, ddof=0, keepdims=False, *, correction=None):
        return np.var(self, axis=axis, ddof=ddof if correction is None else correction, keepdims=keepdims)

    def std(self, axis=None, ddof=0, keepdims=False, *, correction=None):
        return np.std(self, axis=axis, ddof=ddof if correction is None else correction, keepdims=keepdims)

    def cumsum(self, axis=None):
        return np.cumsum(self, axis=axis)

    def cumprod(self, axis=None):
        return np.cumprod(self, axis=axis)

    def trace(self, offset=0):
        return np.trace(self, offset=offset)

    def argmax(self, axis=None, keepdims=False):
        return np.argmax(self, axis=axis, keepdims=keepdims)

    def argmin(self, axis=None, keepdims=False):
        return np.argmin(self, axis=axis, keepdims=keepdims)

    def all(self, axis=None, keepdims=False):
        return np.all(self, axis=axis, keepdims=keepdims)

    def any(self, axis=None, keepdims=False):
        return np.any(self, axis=axis, keepdims=keepdims)

    # shape

    def reshape(self, *shape):
        return np.reshape(self, shape[0] if len(shape) == 1 else shape)

    def ravel(self):
        return np.ravel(self)

    def flatten(self):
        return np.ravel(self)

    def transpose(self, *axes):
        return np.transpose(self, axes[0] if len(axes) == 1 else axes or None)

    def swapaxes(self, axis1, axis2):
        return np.swapaxes(self, axis1, axis2)

    def squeeze(self, axis=None):
        return np.squeeze(self, axis=axis)

    def diagonal(self, offset=0):
        return np.diagonal(self, offset=offset)

    def repeat(self, repeats, axis=None):
        return np.repeat(self, repeats, axis=axis)

    def take(self, indices, axis=None):
        return np.take(self, indices, axis=axis)

    def sort(self, axis=-1):
        return np.sort(self, axis=axis)

    def argsort(self, axis=-1):
        return np.argsort(self, axis=axis)

    # algebra

    def dot(self, other):
        return np.dot(self, other)


def _plain_index(index):
    """The index with copies of plain arrays where it had lists, arrays or Tensors: nobody can change it later."""
    if isinstance(index, tuple):
        return tuple(map(_plain_index, index))
    if isinstance(index, ArrayMethods):
        return index.numpy()
    if isinstance(index, list) or (hasattr(index, "__array_function__") and not isinstance(index, np.generic)):
        return np.array(index)
    return index


def _restored(kind, data, requires_grad, name, grad):
    t = kind(data, requires_grad=requires_grad, name=name)
    t.grad = grad
    return t
