"""Several steps of a network in one op, where the whole is faster or more exact than the sum of its parts."""

import numpy as np

from minigrad.arrays import as_array
from minigrad.declare import op, plain
from minigrad.errors import DtypeError, ShapeError
from minigrad.methods import ArrayMethods
from minigrad.ops.activations import sigmoid
from minigrad.ops.algebra import product, rows, transposed
from minigrad.samples import call, positive, real, values


@op(
    x=lambda g, y, x, weight, bias=None: product(g, weight),
    weight=lambda g, y, x, weight, bias=None: product(transposed(rows(g)), rows(x)),
    bias=lambda g, y, x, weight, bias=None: rows(g).sum(axis=0),
    samples=[
        call(real(4, 3), real(2, 3), real(2)),
        call(real(1, 3), real(3, 3), bias=real(3)),
        call(real(4, 3), real(2, 3)),
        call(real(3), real(2, 3), real(2)),
        call(real(2, 4, 3), real(2, 3), real(2)),
        call(real(0, 3), real(2, 3), real(2)),
    ],
    error_samples=[
        (call(real(4, 2), real(2, 3)), ShapeError, "the weight of shape (2, 3) takes 3 features"),
        (call(real(4, 3), real(2, 3), real(4, 1)), ShapeError, "needs a bias of shape (2,), not (4, 1)"),
    ],
    complex_ok=True,
)
def linear(x, weight, bias=None):
    """y = x weightᵀ + bias: the fully connected layer, with PyTorch's shapes.

    ``x`` is `(..., in)`, ``weight`` `(out, in)`, ``bias`` `(out,)` or None; the result is `(..., out)`.
    """
    if x.shape[-1:] != weight.shape[1:]:
        raise ShapeError(
            f"linear: the weight of shape {weight.shape} takes {weight.shape[-1]} features, but x has shape {x.shape}"
        )
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ShapeError(
            f"linear: the weight of shape {weight.shape} needs a bias of shape {weight.shape[:1]}, not {bias.shape}"
        )
    y = product(x, weight.T)
    return y if bias is None else y + bias


def _normalized(x):
    """The rows of ``x`` less their largest element, and the logarithm of the sum of the exponentials of that.

    The largest term of the sum is 1 now; the rest goes through log1p, so nothing overflows and no digit is lost.
    """
    largest = np.arange(len(x), like=x), np.argmax(x, axis=1)
    with np.errstate(under="ignore"):
        shifted = x - x[largest][:, None]
        powers = np.exp(shifted)
        powers[largest] = 0
        return shifted, np.log1p(np.sum(powers, axis=1))


_ALONG_AXES = [
    real(2, 3),
    real(4),
    call(real(2, 3), axis=0),
    call(real(2, 3, 2), axis=1),
    real(1, 3),
    real(3, 1),
    values([[1e4, 0, -1e4]]),
]


@op(
    ArrayMethods.softmax,
    x=lambda g, y, x, axis=-1: y * (g - np.sum(g * y, axis=axis, keepdims=True)),
    samples=_ALONG_AXES,
)
def softmax(x, axis=-1):
    """y = exp x / sum(exp x) along ``axis``,  dL/dx = y (g - sum(g y))."""
    with np.errstate(under="ignore"):
        powers = np.exp(x - np.max(x, axis=axis, keepdims=True))
        return powers / np.sum(powers, axis=axis, keepdims=True)


@op(
    ArrayMethods.log_softmax,
    x=lambda g, y, x, axis=-1: g - np.exp(y) * np.sum(g, axis=axis, keepdims=True),
    samples=_ALONG_AXES,
)
def log_softmax(x, axis=-1):
    """y = x - log(sum(exp x)) along ``axis``,  dL/dx = g - exp(y) sum(g)."""
    moved = x.swapaxes(axis, -1)
    shifted, total = _normalized(rows(moved))
    return np.reshape(shifted - total[:, None], moved.shape).swapaxes(axis, -1)


def _cross_entropy_gradient(g, y, logits, target):
    target = as_array(target)[..., None]
    chosen = target == np.arange(logits.shape[-1], like=plain(target))
    return g[..., None] * np.where(chosen, np.expm1(-y)[..., None], softmax(logits))


@op(
    logits=_cross_entropy_gradient,
    samples=[
        call(real(4, 3), np.array([0, 2, 1, 2])),
        call(real(1, 3), np.array([1])),
        call(real(3), np.array(1)),
        call(real(2, 2, 3), np.array([[0, 2], [1, 1]])),
        call(values([[1e4, 0, -1e4], [1e4, 0, -1e4]]), np.array([0, 2])),
        call(real(0, 3), np.zeros(0, int)),
    ],
    error_samples=[
        (call(real(2, 3), np.array([0, 3])), IndexError, "target holds the class 3, but there are 3 classes: 0 to 2"),
        (call(real(2, 3), np.array([-1, 0])), IndexError, "target holds the class -1"),
        (call(real(2, 3), np.array([0.0, 1.0])), DtypeError, "target must be class numbers of an integer dtype"),
        (call(real(2, 3), np.array([0])), ShapeError, "target of shape (1,)"),
    ],
)
def softmax_cross_entropy(logits, target):
    """y = -log p of the target's class, with p = softmax of the logits,  dL/dlogits = g (p - one hot).

    At the target p - 1 is exp(-y) - 1, which keeps its digits where p is almost 1.
    ``logits`` is `(..., classes)`, ``target`` integer class numbers `(...)`; the result has the target's shape.
    Raises IndexError for a class that does not exist, TypeError for a target that is not of an integer dtype.
    """
    target = as_array(target)
    _check_target(logits, target)
    shifted, total = _normalized(rows(logits))
    return np.reshape(total - shifted[np.arange(len(shifted), like=shifted), target.ravel()], target.shape)


def _check_target(logits, target) -> None:
    classes = logits.shape[-1]
    if target.dtype.kind not in "iu":
        raise DtypeError(f"cross_entropy: target must be class numbers of an integer dtype, not {target.dtype}")
    if target.shape != logits.shape[:-1]:
        raise ShapeError(
            f"cross_entropy: target of shape {target.shape} does not go with logits of shape {logits.shape}: "
            f"it must be one class number for each row, of shape {logits.shape[:-1]}"
        )
    if target.size and (target.min() < 0 or target.max() >= classes):
        wrong = target[(target < 0) | (target >= classes)][0]
        raise IndexError(
            f"cross_entropy: target holds the class {wrong}, but there are {classes} classes: 0 to {classes - 1}"
        )


@op(
    logits=lambda g, y, logits, target: g * ((1 - target) * sigmoid(logits) - target * sigmoid(-logits)),
    target=lambda g, y, logits, target: -g * logits,
    samples=[
        call(real(2, 3), positive(2, 3)),
        call(real(), positive()),
        call(real(3, 1), positive(3)),
        call(values([1000, -1000, 1000, -1000]), values([0, 1, 1, 0])),
        call(values([0.0, 0.0]), values([0, 1])),
    ],
)
def sigmoid_cross_entropy(logits, target):
    """Binary cross-entropy, y = -t log p - (1 - t) log(1 - p) with p = sigmoid x,  dy/dx = p - t,  dy/dt = -x.

    Computed as max(x, 0) - x t + log(1 + exp(-|x|)), and p - t as (1 - t) p - t (1 - p): nothing overflows, and no
    digit is lost where t is 0 or 1. ``target`` t is a probability.
    """
    with np.errstate(under="ignore"):
        return np.maximum(logits, 0) - logits * target + np.log1p(np.exp(-np.abs(logits)))
