"""The NumPy face of Tensor: its methods and operators are calls of NumPy functions, nothing more.

``t.sum(axis=0)`` is ``np.sum(t, axis=0)`` and ``a + b`` is ``np.add(a, b)``; NumPy then asks the Tensor for the
rule. So nothing here knows how a derivative is taken, and nothing here has to change when an op is added. A method
that no NumPy function stands for is its own key in the table of rules.
"""

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from minigrad.conversions import PythonMethods, plain_index
from minigrad.rules import TABLE


def _operator(function, name):
    """``a + b`` and its mirror image: straight to the rule between Tensors and numbers, through NumPy with all else."""
    by_numpy, mirrored_by_numpy = (getattr(NDArrayOperatorsMixin, f"__{r}{name}__") for r in ("", "r"))

    def operator(self, other):
        if isinstance(other, (PythonMethods, int, float)):
            return TABLE[function](self, other)
        return by_numpy(self, other)

    def mirrored(self, other):
        if isinstance(other, (PythonMethods, int, float)):
            return TABLE[function](other, self)
        return mirrored_by_numpy(self, other)

    return operator, mirrored


class ArrayMethods(PythonMethods, NDArrayOperatorsMixin):
    """The methods of an ndarray that have a derivative."""

    __slots__ = ()
    __hash__ = object.__hash__  # ``==`` compares elements; identity is what is hashed

    __add__, __radd__ = _operator(np.add, "add")
    __sub__, __rsub__ = _operator(np.subtract, "sub")
    __mul__, __rmul__ = _operator(np.multiply, "mul")
    __truediv__, __rtruediv__ = _operator(np.true_divide, "truediv")
    __pow__, __rpow__ = _operator(np.power, "pow")
    __matmul__, __rmatmul__ = _operator(np.matmul, "matmul")

    # what no NumPy function stands for

    def __array_function__(self, function, types, args, kwargs):
        raise NotImplementedError

    def _ask(self, key, *args):
        return self.__array_function__(key, (type(self),), (self, *args), {})

    def __getitem__(self, index):
        return self._ask(ArrayMethods.__getitem__, plain_index(index))

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

    def trace(self, offset=0, axis1=0, axis2=1):
        return np.trace(self, offset, axis1, axis2)

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

    def diagonal(self, offset=0, axis1=0, axis2=1):
        return np.diagonal(self, offset, axis1, axis2)

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
