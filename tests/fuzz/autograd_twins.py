"""What HIPS autograd calls minigrad's ops. It has NumPy's names; some it lacks, and some it is known to have wrong."""

from collections.abc import Callable

import numpy as np

from tests.fuzz.programs import Unsupported
from tests.table import OPS


def untraced(x):
    """The plain array in a value of autograd's."""
    while hasattr(x, "_value"):
        x = x._value
    return x


def twins(autograd) -> Callable[[str], Callable]:
    """The function that finds the twin of an op."""
    anp = autograd.numpy
    primitives = autograd.core.primitive_vjps
    composed = {anp.concatenate, anp.stack, anp.vstack, anp.hstack, anp.column_stack}

    def where(condition, x1, x2):
        """The broadcasting is spelled out: autograd does not undo it."""
        shapes = (np.shape(untraced(x)) for x in (condition, x1, x2))
        zeros = np.zeros(np.broadcast_shapes(*shapes))
        return anp.where(condition, x1 + zeros, x2 + zeros)

    def cross(a, b):
        """As where: the gradient of an operand that was stretched is not summed."""
        zeros = np.zeros(np.broadcast_shapes(np.shape(untraced(a)), np.shape(untraced(b))))
        return anp.cross(a + zeros, b + zeros)

    def triangle(function):
        """As where: of a vector, NumPy takes the triangle of a matrix whose rows it is."""

        def twin(x, k=0):
            rows = np.zeros(np.shape(untraced(x)) * 2) if np.ndim(untraced(x)) == 1 else 0.0
            return function(x + rows, k)

        return twin

    def einsum(subscripts, *operands, optimize=False):
        if any(len(set(term)) < len(term) for term in subscripts.split("->")[0].split(",")):
            raise Unsupported("einsum with a repeated label")
        return anp.einsum(subscripts, *operands)

    def getitem(x, index):
        if not np.ndim(untraced(x)):
            raise Unsupported("an index of a number")
        return x[index]

    def tile(x, reps):
        if np.ndim(reps) == 0 or len(reps) != np.ndim(untraced(x)):
            raise Unsupported("the gradient of tile with another number of axes is wrong")
        return anp.tile(x, reps)

    def transpose(x, axes=None):
        """The gradient of a negative axis goes to the wrong axes."""
        return anp.transpose(x, axes if axes is None else tuple(axis % np.ndim(untraced(x)) for axis in axes))

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

    def logsumexp(x, axis=None, keepdims=False):
        top = np.max(untraced(x), axis=axis, keepdims=True)
        y = anp.log(anp.sum(anp.exp(x - top), axis=axis, keepdims=True)) + top
        return y if keepdims else anp.reshape(y, np.max(untraced(x), axis=axis).shape)

    own = {
        "where": where,
        "cross": cross,
        "einsum": einsum,
        "getitem": getitem,
        "tile": tile,
        "tril": triangle(anp.tril),
        "triu": triangle(anp.triu),
        "repeat": repeat,
        "transpose": transpose,
        "solve": solve,
        "sort": lambda x, axis=-1: anp.sort(x, axis, "stable"),  # else equal elements may go to each other's places
        "var": spread(anp.var),
        "std": spread(anp.std),
        "broadcast_to": lambda x, shape: x * np.ones(shape),
        "sigmoid": sigmoid,
        "silu": lambda x: x * sigmoid(x),
        "relu": lambda x: where(untraced(x) > 0, x, 0.0),
        "softplus": lambda x, beta=1.0: anp.logaddexp(x * beta, 0.0) / beta,
        "logsumexp": logsumexp,
        "softmax": lambda x, axis=-1: anp.exp(x - logsumexp(x, axis, True)),
        "log_softmax": lambda x, axis=-1: x - logsumexp(x, axis, True),
        "linear": lambda x, weight, bias=None: anp.dot(x, weight.T) + (0.0 if bias is None else bias),
    }

    def find(op: str) -> Callable:
        if op in own:
            return own[op]
        for function in OPS[op].functions:
            space = {"numpy": anp, "numpy.linalg": anp.linalg}.get(getattr(function, "__module__", "numpy"))
            found = getattr(space, function.__name__, None)
            if found in primitives or found in composed:
                return found
        raise Unsupported(op)

    return find
