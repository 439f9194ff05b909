"""Several steps of a network in one op, where the whole is faster or more exact than the sum of its parts."""

import numpy as np

from minigrad.arrays import as_array
from minigrad.declare import op, plain
from minigrad.errors import DtypeError, ShapeError
from minigrad.methods import ArrayMethods
from minigrad.ops.algebra import product, rows, transposed
from minigrad.samples import call, real, values


@op(
    x=lambda g, y, x, weight, bias=None: product(g, weight) if g.ndim == 2 else np.matmul(g, weight),
    weight=lambda g, y, x, weight, bias=None: product(transposed(rows(g)), rows(x)),
    bias=lambda g, y, x, weight, bias=None: g,
    samples=[
        call(real(4, 3), real(2, 3), real(2)),
        call(real(1, 3), real(3, 3), bias=real(3)),
        call(real(4, 3), real(2, 3)),
        call(real(3), real(2, 3), real(2)),
        call(real(2, 4, 3), real(2, 3), real(2)),
        call(real(0, 3), real(2, 3), real(2)),
    ],
    error_samples=[(call(real(4, 2), real(2, 3)), ShapeError, "the weight of shape (2, 3) takes 3 features")],
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
    y = product(x, weight.T)
    return y if bias is None else y + bias


def _exponentials(x, axis):
    """``x - max x``, its exponential, and where the maximum is, along ``axis``: nothing overflows."""
    top = np.argmax(x, axis=axis, keepdims=True)
    shifted = x - np.take_along_axis(x, top, axis)
    return shifted, np.exp(shifted), top


@op(
    ArrayMethods.softmax,
    x=lambda g, y, x, axis=-1: y * (g - np.sum(g * y, axis=axis, keepdims=True)),
    samples=[
        real(2, 3),
        real(4),
        call(real(2, 3), axis=0),
        call(real(2, 3, 2), axis=1),
        real(1, 3),
        real(3, 1),
        values([[1e4, 0, -1e4]]),
    ],
)
def softmax(x, axis=-1):
    """y = exp x / sum(exp x) along ``axis``,  dL/dx = y (g - sum(g y))."""
    with np.errstate(under="ignore"):
        powers = np.exp(x - np.max(x, axis=axis, keepdims=True))
        return powers / np.sum(powers, axis=axis, keepdims=True)


@op(
    ArrayMethods.log_softmax,
    x=lambda g, y, x, axis=-1: g - np.exp(y) * np.sum(g, axis=axis, keepdims=True),
    samples=[
        real(2, 3),
        real(4),
        call(real(2, 3), axis=0),
        call(real(2, 3, 2), axis=1),
        real(1, 3),
        real(3, 1),
        values([[1e4, 0, -1e4]]),
    ],
)
def log_softmax(x, axis=-1):
    """y = x - log(sum(exp x)) along ``axis``,  dL/dx = g - exp(y) sum(g).

    The largest term of the sum is split off, ``log(1 + rest)``, so values near 0 keep all their digits.
    """
    with np.errstate(under="ignore"):
        shifted, powers, top = _exponentials(x, axis)
        np.put_along_axis(powers, top, 0.0, axis)
        return shifted - np.log1p(np.sum(powers, axis=axis, keepdims=True))


def _one_hot(target, classes):
    return np.equal(np.expand_dims(target, -1), np.arange(classes, like=plain(target)))


@op(
    logits=lambda g, y, logits, target: np.expand_dims(g, -1) * (softmax(logits) - _one_hot(target, logits.shape[-1])),
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
def cross_entropy(logits, target):
    """-log of the softmax of the target class,  dL/dlogits = g (softmax - one hot).

    ``logits`` is `(..., classes)`, ``target`` integer class numbers `(...)`; the result has the target's shape.
    Raises IndexError for a class that does not exist, TypeError for a target that is not of an integer dtype.
    """
    target = as_array(target)
    _check_target(logits, target)
    with np.errstate(under="ignore"):
        shifted, powers, top = _exponentials(logits, -1)
        chosen = np.take_along_axis(shifted, np.expand_dims(target, -1), -1)
        np.put_along_axis(powers, top, 0.0, -1)
        return np.log1p(np.sum(powers, axis=-1)) - chosen[..., 0]


def _check_target(logits, target) -> None:
    classes = logits.shape[-1]
    if target.dtype.kind not in "iu":
        raise DtypeError(f"cross_entropy: target must be class numbers of an integer dtype, not {target.dtype}")
    if target.shape != logits.shape[:-1]:
        raise ShapeError(
            f"cross_entropy: target of shape {target.shape} does not go with logits of shape {logits.shape}: "
            f"it must be one class number for each row, of shape {logits.shape[:-1]}"
        )
    wrong = target[(target < 0) | (target >= classes)]
    if wrong.size:
        raise IndexError(
            f"cross_entropy: target holds the class {wrong[0]}, but there are {classes} classes: 0 to {classes - 1}"
        )
