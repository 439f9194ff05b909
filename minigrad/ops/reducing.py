"""Many elements into one, over any axes: an int, a tuple of ints, or None for all of them."""

import math

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from minigrad.arrays import as_array, beside
from minigrad.declare import composed, op
from minigrad.errors import ShapeError
from minigrad.methods import ArrayMethods
from minigrad.ops.scanning import product_of_others
from minigrad.samples import call, distinct, real, values


def _axes(x, axis):
    """The reduced axes, as numbers from 0 on; of a 0-d array, which NumPy lets have an axis 0 here and there, none."""
    if axis is None or not x.ndim:
        return tuple(range(x.ndim))
    return tuple([normalize_axis_index(i, x.ndim) for i in (axis if isinstance(axis, tuple) else (axis,))])


def _count(x, axis):
    """How many elements become one."""
    return math.prod(x.shape[i] for i in _axes(x, axis))


def _restored(g, axis, keepdims):
    """``g`` with the reduced axes back in place, of length 1: it broadcasts against what was reduced."""
    if keepdims or axis is None or not g.ndim:
        return g
    axes = axis if isinstance(axis, tuple) else (axis,)
    sizes, ndim = list(g.shape), g.ndim + len(axes)
    for i in sorted([i % ndim for i in axes]):
        sizes.insert(i, 1)
    return np.reshape(g, sizes)


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


# Sums and products


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
    count = _count(x, axis)
    count = np.float32(count) if g.dtype == np.float16 and count > 65_504 else count  # no half precision number
    return np.broadcast_to(_restored(g, axis, keepdims) / count, x.shape)


@op(np.mean, x=_mean_back, samples=_over_axes(real), complex_ok=True)
def mean(x, axis=None, *, keepdims=False):
    """y = (x1 + ... + xn) / n,  dy/dx_i = 1 / n."""
    return np.mean(x, axis=axis, keepdims=keepdims)


@composed(
    np.average,
    samples=[
        real(2, 3),
        call(real(2, 3), axis=0),
        call(real(2, 3), -1, [1, 2, 3]),
        call(real(2, 3), axis=(0, 1), weights=values([[1.0, 2.0, 3.0], [3.0, 1.0, 2.0]]), keepdims=True),
    ],
    error_samples=[(call(real(2, 3), 1, real(2)), ShapeError, "weights of shape (2,)")],
)
def average(a, axis=None, weights=None, *, keepdims=False):
    """sum(weights a) / sum(weights); the weights have the shape of a, or, over one axis, are a vector along it."""
    if weights is None:
        return np.mean(a, axis=axis, keepdims=keepdims)
    weights = as_array(weights) if hasattr(weights, "shape") else beside(np.asarray(weights), a)
    if weights.shape != a.shape:
        if axis is None or weights.shape != (a.shape[axis],):
            raise ShapeError(
                f"average: weights of shape {weights.shape} do not go with shape {a.shape} over axis {axis}"
            )
        weights = np.expand_dims(weights, tuple({*range(a.ndim)} - {*_axes(a, axis)}))
    weighted = np.sum(a * weights, axis=axis, keepdims=keepdims)
    return weighted / np.sum(np.broadcast_to(weights, a.shape), axis=axis, keepdims=keepdims)


def _prod_back(g, y, x, axis=None, *, keepdims=False):
    g = _restored(g, axis, keepdims)
    for i in _axes(x, axis):  # the others along this axis, times the products along it of all the rest
        g = g * product_of_others(x, i)
        x = np.prod(x, axis=i, keepdims=True)
    return g


@op(
    np.prod,
    x=_prod_back,
    samples=[*_over_axes(real), values([0.0, 2.0, 3.0]), call(values([[0.0, 2.0, 0.0], [1.0, 0.0, 2.0]]), axis=1)],
    complex_ok=True,
)
def prod(x, axis=None, *, keepdims=False):
    """y = x1 x2 ...,  dy/dx_i = the product of all the others. Never divides, so zeros are right."""
    return np.prod(x, axis=axis, keepdims=keepdims)


# Order


def _extreme(g, y, x, axis=None, *, keepdims=False):
    at = (x == _restored(y, axis, keepdims)) | np.isnan(x)  # a NaN is what was found, if there is one
    return np.where(at, _restored(g, axis, keepdims) / np.sum(at, axis=axis, keepdims=True), 0)


def _tied(reduction):
    return lambda x, axis=None, *, keepdims=False: x == reduction(x, axis=axis, keepdims=True)


@op(
    np.max,
    np.amax,
    x=_extreme,
    samples=_over_axes(distinct),
    error_samples=[(call(real(0, 3), axis=0), ShapeError, "max of shape (0, 3): zero-size array")],
    branches=_tied(np.max),
)
def max(x, axis=None, *, keepdims=False):
    """The largest element, NaN if there is one; ties share the gradient evenly."""
    return np.max(x, axis=axis, keepdims=keepdims)


@op(
    np.min,
    np.amin,
    x=_extreme,
    samples=_over_axes(distinct),
    error_samples=[(call(real(0, 3), axis=0), ShapeError, "min of shape (0, 3): zero-size array")],
    branches=_tied(np.min),
)
def min(x, axis=None, *, keepdims=False):
    """The smallest element, NaN if there is one; ties share the gradient evenly."""
    return np.min(x, axis=axis, keepdims=keepdims)


@composed(np.ptp, samples=[distinct(2, 3), call(distinct(2, 3), axis=0, keepdims=True)])
def ptp(a, axis=None, *, keepdims=False):
    """The range of the values, max - min."""
    return np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)


@composed(np.median, samples=_over_axes(distinct))
def median(a, axis=None, *, keepdims=False):
    """The middle one of the sorted elements, the mean of the two middle ones if their number is even."""
    axes, count = _axes(a, axis), _count(a, axis)
    rows = np.moveaxis(a, axes, range(-len(axes), 0))
    ordered = np.sort(np.reshape(rows, (*rows.shape[: a.ndim - len(axes)], count)))
    middle = np.mean(ordered[..., (count - 1) // 2 : count // 2 + 1], axis=-1)
    middle = np.where(np.isnan(ordered[..., -1]), np.nan, middle)  # NaN is sorted to the end
    return np.expand_dims(middle, axes) if keepdims else middle


# Spread


def _deviations(x, axis):
    """x minus its mean: exactly 0 where all elements are equal, however the mean is rounded."""
    first = x[tuple(slice(1) if i in _axes(x, axis) else slice(None) for i in range(x.ndim))]
    x = x - first
    return x - np.mean(x, axis=axis, keepdims=True)


def _freedom(x, axis, ddof):
    """The number of elements less ``ddof``, or 0."""
    count = _count(x, axis)
    return count - ddof if count > ddof else 0


def _var_back(g, y, x, axis=None, *, ddof=0, keepdims=False):
    return _restored(g, axis, keepdims) * (2 * _deviations(x, axis) / _freedom(x, axis, ddof))


_spread = [
    call(real(2, 3, 2), axis=(0, -1)),
    call(real(4), ddof=1),
    call(real(2, 3), axis=0, correction=1, keepdims=True),
    call(real(2, 3), axis=(0, 1), ddof=0.5),
]


@op(np.var, x=_var_back, samples=[*_over_axes(real), *_spread], aliases={"a": "x", "correction": "ddof"})
def var(x, axis=None, *, ddof=0, keepdims=False):
    """y = sum((x - mean)**2) / (n - ddof),  dy/dx_i = 2 (x_i - mean) / (n - ddof). NaN where n - ddof is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.sum(_deviations(x, axis) ** 2, axis=axis, keepdims=keepdims) / _freedom(x, axis, ddof)


def _std_back(g, y, x, axis=None, *, ddof=0, keepdims=False):
    g, y = _restored(g, axis, keepdims), _restored(y, axis, keepdims)
    return np.where(y == 0, 0, g * _deviations(x, axis) / (_freedom(x, axis, ddof) * y))


@op(
    np.std,
    x=_std_back,
    samples=[real(3), call(real(2, 3), -1), *_spread],
    aliases={"a": "x", "correction": "ddof"},
)
def std(x, axis=None, *, ddof=0, keepdims=False):
    """y = sqrt(var x),  dy/dx_i = (x_i - mean) / ((n - ddof) y), and 0 where all x are equal."""
    return np.sqrt(var.forward(x, axis, ddof=ddof, keepdims=keepdims))


# Exponentials


def _logsumexp_back(g, y, x, axis=None, keepdims=False):
    g, y = _restored(g, axis, keepdims), _restored(y, axis, keepdims)
    empty = y == -np.inf  # the sum of nothing but zeros
    share = np.exp(x - np.where(empty, 0, y))
    return g * share / (np.sum(share, axis=axis, keepdims=True) + empty)  # the sum is 1 but for the rounding of y


@op(
    ArrayMethods.logsumexp,
    x=_logsumexp_back,
    samples=[*_over_axes(real), call(real(2, 3), 1, True), values([1000.0, 999.0, -1000.0])],
)
def logsumexp(x, axis=None, keepdims=False):
    """y = log(exp x1 + exp x2 + ...), without overflow,  dy/dx_i = exp(x_i - y), and 0 where y is -inf."""
    x = x * 1.0  # floating, whatever it was
    top = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0)
    with np.errstate(divide="ignore", under="ignore"):
        y = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return y if keepdims else np.squeeze(y, axis=_axes(x, axis))
