"""What HIPS autograd calls minigrad's ops. It has NumPy's names; some it lacks, and some it is known to have wrong."""

from collections.abc import Callable

import autograd.numpy as anp
import numpy as np
from autograd.core import primitive_vjps

from minigrad.declare import OPS
from tests.fuzz.engines import Unsupported


def untraced(x):
    while hasattr(x, "_value"):
        x = x._value
    return x


def where(condition, x1, x2):
    """The broadcasting is spelled out: autograd 1.9 does not undo it."""
    zeros = np.zeros(np.broadcast_shapes(np.shape(condition), np.shape(untraced(x1)), np.shape(untraced(x2))))
    return anp.where(condition, x1 + zeros, x2 + zeros)


def prod(x, axis=None, keepdims=False):
    if np.any(untraced(x) == 0):
        raise Unsupported("prod at 0 is NaN")
    return anp.prod(x, axis=axis, keepdims=keepdims)


def einsum(subscripts, *operands, optimize=False):
    if any(len(set(term)) < len(term) for term in subscripts.split("->")[0].split(",")):
        raise Unsupported("einsum with a repeated label")
    return anp.einsum(subscripts, *operands)


def getitem(x, index):
    if not np.ndim(untraced(x)):
        raise Unsupported("an index of a number")
    return x[index]


def logsumexp(x, axis=None, keepdims=False):
    top = np.max(untraced(x), axis=axis, keepdims=True)
    y = anp.log(anp.sum(anp.exp(x - top), axis=axis, keepdims=True)) + top
    return y if keepdims else anp.reshape(y, np.max(untraced(x), axis=axis).shape)


def softmax(x, axis=-1):
    return anp.exp(x - logsumexp(x, axis, True))


def sinc(x):
    if np.any(untraced(x) == 0):
        raise Unsupported("sinc at 0 is NaN")
    return anp.sinc(x)


def tile(x, reps):
    if np.ndim(reps) == 0 or len(reps) != np.ndim(untraced(x)):
        raise Unsupported("the gradient of tile with another number of axes is wrong")
    return anp.tile(x, reps)


def repeat(x, repeats, axis=None):
    """The gradient along a negative axis is wrong."""
    return anp.repeat(x, repeats, axis if axis is None else axis % np.ndim(untraced(x)))


def solve(a, b):
    if np.shape(untraced(a))[:-2] != np.shape(untraced(b))[:-2]:
        raise Unsupported("the gradient of solve of stacks that broadcast is wrong")
    return anp.linalg.solve(a, b)


def spread(function):
    """autograd leaves ``correction`` out of the gradient."""

    def twin(x, axis=None, ddof=0, keepdims=False, correction=None):
        return function(x, axis=axis, ddof=ddof if correction is None else correction, keepdims=keepdims)

    return twin


def sigmoid(x):
    return 0.5 * (1 + anp.tanh(0.5 * x))


OWN = {
    "where": where,
    "prod": prod,
    "einsum": einsum,
    "getitem": getitem,
    "sigmoid": sigmoid,
    "silu": lambda x: x * sigmoid(x),
    "relu": lambda x: where(untraced(x) > 0, x, 0.0),
    "softplus": lambda x, beta=1.0: anp.logaddexp(x * beta, 0.0) / beta,
    "logsumexp": logsumexp,
    "softmax": softmax,
    "log_softmax": lambda x, axis=-1: x - logsumexp(x, axis, True),
    "linear": lambda x, weight, bias=None: anp.dot(x, weight.T) + (0.0 if bias is None else bias),
    "sinc": sinc,
    "tile": tile,
    "repeat": repeat,
    "solve": solve,
    "var": spread(anp.var),
    "std": spread(anp.std),
    "broadcast_to": lambda x, shape: x * np.ones(shape),
}


def twin(op: str) -> Callable:
    """The function of autograd that has this gradient."""
    if op in OWN:
        return OWN[op]
    for function in OPS[op].functions:
        space = {"numpy": anp, "numpy.linalg": anp.linalg}.get(getattr(function, "__module__", "numpy"))
        found = getattr(space, function.__name__, None)
        if found in primitive_vjps or found in COMPOSED:
            return found
    raise Unsupported(op)


COMPOSED = {anp.concatenate, anp.stack, anp.vstack, anp.hstack, anp.column_stack}
"""What autograd has written with its own primitives."""
