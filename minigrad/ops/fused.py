"""Several steps of a network in one op, where the whole is faster or more exact than the sum of its parts."""

import math
from functools import lru_cache

import numpy as np

from minigrad.arrays import as_array
from minigrad.declare import op, plain
from minigrad.errors import DtypeError, ShapeError
from minigrad.methods import ArrayMethods
from minigrad.ops.activations import sigmoid
from minigrad.ops.algebra import product, rows, sum_of_columns, sum_of_rows
from minigrad.samples import call, positive, real, values


@op(
    x=lambda g, y, x, weight, bias=None: np.dot(g, weight) if g.ndim == 2 else np.matmul(g, weight),
    weight=lambda g, y, x, weight, bias=None: np.dot(g.T, x) if g.ndim == 2 else np.dot(rows(g).T, rows(x)),
    bias=lambda g, y, x, weight, bias=None: sum_of_rows(g if g.ndim == 2 else rows(g)),
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
    if bias is None:
        return y
    if y.dtype != bias.dtype:
        return y + bias
    y += bias  # it is nobody else's yet: no second array as large
    return y


def _places(x, classes):
    """Where the element of each row's class is in the matrix ``x``, counted row by row."""
    starts = _starts(*x.shape) if type(x) is np.ndarray else np.arange(len(x), like=x) * x.shape[1]
    return starts + classes


@lru_cache(maxsize=64)
def _starts(count: int, length: int):
    return np.arange(count) * length


@np.errstate(under="ignore")
def _powers(x):
    """Of each row of ``x``: the row less its largest element, the powers of e of that, and their sum.

    In both the powers and the sum, that of the largest element is left out. It is 1, and so the logarithm of the
    whole sum is log1p of this one: nothing overflows, and no digit is lost.
    """
    largest = _places(x, x.argmax(axis=1))
    shifted = x - x.take(largest)[:, None]
    powers = np.exp(shifted)
    powers.put(largest, 0)
    return shifted, powers, largest, sum_of_columns(powers)


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
    shifted, _, _, others = _powers(rows(moved))
    return np.reshape(shifted - np.log1p(others)[:, None], moved.shape).swapaxes(axis, -1)


def _less_one_hot(logits, target, losses):
    """p - one hot: the derivative of the losses by the logits of their rows."""
    target = as_array(target)[..., None]
    chosen = target == np.arange(logits.shape[-1], like=plain(target))
    return np.where(chosen, np.expm1(-losses)[..., None], softmax(logits))


def _cross_entropy_gradient(g, y, logits, target, *, mean=False, saved=None):
    if not mean:
        return g[..., None] * _less_one_hot(logits, target, y)
    slope = _less_one_hot(logits, target, softmax_cross_entropy(logits, target)) if saved is None else saved
    return slope * (g / math.prod(target.shape))


def _losses(logits, target):
    """The loss of each row; and for its derivative the powers of e, where the largest and where the chosen are."""
    target = as_array(target)
    _check_target(logits, target)
    x = rows(logits)
    chosen = _places(x, target.ravel())
    shifted, powers, largest, others = _powers(x)
    return np.log1p(others) - shifted.take(chosen), powers, others, largest, chosen


def _loss_and_slope(logits, target, *, mean=False):
    """The mean loss, and p - one hot out of the same powers of e."""
    losses, p, others, largest, chosen = _losses(logits, target)
    if not mean:
        return losses.reshape(np.shape(target)), None
    p.put(largest, 1)
    p /= (others + 1)[:, None]
    p.put(chosen, np.expm1(-losses))
    return np.add.reduce(losses) / losses.size, p.reshape(logits.shape)


@op(
    logits=_cross_entropy_gradient,
    samples=[
        call(real(4, 3), np.array([0, 2, 1, 2])),
        call(real(4, 3), np.array([0, 2, 1, 2]), mean=True),
        call(real(1, 3), np.array([1])),
        call(real(3), np.array(1)),
        call(real(2, 2, 3), np.array([[0, 2], [1, 1]])),
        call(real(2, 2, 3), np.array([[0, 2], [1, 1]]), mean=True),
        call(values([[1e4, 0, -1e4], [1e4, 0, -1e4]]), np.array([0, 2])),
        call(values([[1e4, 0, -1e4], [1e4, 0, -1e4]]), np.array([0, 2]), mean=True),
        call(real(0, 3), np.zeros(0, int)),
    ],
    error_samples=[
        (call(real(2, 3), np.array([0, 3])), IndexError, "target holds the class 3, but there are 3 classes: 0 to 2"),
        (call(real(2, 3), np.array([-1, 0])), IndexError, "target holds the class -1"),
        (call(real(2, 3), np.array([0.0, 1.0])), DtypeError, "target must be class numbers of an integer dtype"),
        (call(real(2, 3), np.array([0])), ShapeError, "target of shape (1,)"),
    ],
    saving=_loss_and_slope,
)
def softmax_cross_entropy(logits, target, *, mean=False):
    """y = -log p of the target's class, with p = softmax of the logits,  dL/dlogits = g (p - one hot).

    At the target p - 1 is exp(-y) - 1, which keeps its digits where p is almost 1.
    ``logits`` is `(..., classes)`, ``target`` integer class numbers `(...)`; the result has the target's shape, or
    with ``mean=True`` is the mean of these losses.
    Raises IndexError for a class that does not exist, TypeError for a target that is not of an integer dtype.
    """
    losses = _losses(logits, target)[0]
    return np.add.reduce(losses) / losses.size if mean else losses.reshape(np.shape(target))


def exist(target, classes: int) -> bool:
    """Whether all these numbers are of classes."""
    if not target.size:
        return True
    if type(target) is np.ndarray and target.dtype == np.int64:
        return np.maximum.reduce(target.view(_COUNTS), None) < classes  # a negative number is a very large one then
    return target.min() >= 0 and target.max() < classes


_COUNTS = np.dtype(np.uint64)


def _check_target(logits, target) -> None:
    classes = logits.shape[-1]
    if target.dtype.kind not in "iu":
        raise DtypeError(f"cross_entropy: target must be class numbers of an integer dtype, not {target.dtype}")
    if target.shape != logits.shape[:-1]:
        raise ShapeError(
            f"cross_entropy: target of shape {target.shape} does not go with logits of shape {logits.shape}: "
            f"it must be one class number for each row, of shape {logits.shape[:-1]}"
        )
    if not exist(target, classes):
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


def _mean_square_and_error(x, target):
    error = x - target
    return _mean_square(error), error


def _mean_square(error):
    if type(error) is np.ndarray and error.dtype.char in "fd":
        return np.vdot(error, error) / error.size
    return np.mean(np.square(error))


def _mean_square_slope(g, x, target, saved):
    error = x - target if saved is None else saved
    return error * (g * (2 / error.size))


@op(
    x=lambda g, y, x, target, *, saved=None: _mean_square_slope(g, x, target, saved),
    target=lambda g, y, x, target, *, saved=None: -_mean_square_slope(g, x, target, saved),
    samples=[call(real(2, 3), real(2, 3)), call(real(), real()), call(real(4, 1), real(4, 1))],
    saving=_mean_square_and_error,
    complex_ok=True,
)
def mean_squared_error(x, target):
    """y = the mean of (x - target)**2,  dy/dx = 2 (x - target) / n, n the number of elements."""
    return _mean_square(x - target)
