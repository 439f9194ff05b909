"""Many elements into one, over any axes: an int, a tuple of ints, or None for all of them."""

import numpy as np

from minigrad.declare import op
from minigrad.samples import call, distinct, real


def _restored(g, axis, keepdims):
    """``g`` with the reduced axes back in place, of length 1: it broadcasts against what was reduced."""
    return g if keepdims or axis is None else np.expand_dims(g, axis)


def _over_axes(array):
    """The samples of every reduction: each way to say ``axis``, with and without ``keepdims``."""
    return [
        array(2, 3),
        array(),
        call(array(2, 3), 0),
        call(array(2, 3), axis=-1, keepdims=True),
        call(array(2, 3, 2), axis=(0, -1)),
        call(array(2, 3, 2), axis=(2, 1), keepdims=True),
        call(array(2, 3), axis=()),
        call(array(3, 1), axis=1),
        call(array(2, 2), keepdims=True),
    ]


@op(
    np.sum,
    x=lambda g, y, x, axis=None, *, keepdims=False: np.broadcast_to(_restored(g, axis, keepdims), x.shape),
    samples=[*_over_axes(real), real(0, 3), call(real(0, 3), axis=0)],
    complex_ok=True,
)
def sum(x, axis=None, *, keepdims=False):
    """y = x1 + x2 + ...,  dy/dx_i = 1."""
    return np.sum(x, axis=axis, keepdims=keepdims)


def _mean_back(g, y, x, axis=None, *, keepdims=False):
    count = x.size // (y.size or 1)
    return np.broadcast_to(_restored(g, axis, keepdims) / count, x.shape)


@op(np.mean, x=_mean_back, samples=_over_axes(real), complex_ok=True)
def mean(x, axis=None, *, keepdims=False):
    """y = (x1 + ... + xn) / n,  dy/dx_i = 1 / n."""
    return np.mean(x, axis=axis, keepdims=keepdims)


def _extreme(g, y, x, axis=None, *, keepdims=False):
    at = x == _restored(y, axis, keepdims)
    return np.where(at, _restored(g, axis, keepdims) / np.sum(at, axis=axis, keepdims=True), 0)


def _tied(reduction):
    return lambda x, axis=None, *, keepdims=False: x == reduction(x, axis=axis, keepdims=True)


@op(np.max, np.amax, x=_extreme, samples=_over_axes(distinct), branches=_tied(np.max))
def max(x, axis=None, *, keepdims=False):
    """The largest element, NaN if there is one; ties share the gradient evenly."""
    return np.max(x, axis=axis, keepdims=keepdims)


@op(np.min, np.amin, x=_extreme, samples=_over_axes(distinct), branches=_tied(np.min))
def min(x, axis=None, *, keepdims=False):
    """The smallest element, NaN if there is one; ties share the gradient evenly."""
    return np.min(x, axis=axis, keepdims=keepdims)
