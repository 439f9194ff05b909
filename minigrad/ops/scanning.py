"""Each element from its neighbours along an axis: running sums and products, recurrences, differences."""

import numpy as np

from minigrad.declare import composed, op
from minigrad.errors import ShapeError
from minigrad.ops.indexing import along
from minigrad.samples import call, real, values


def _cumsum_back(g, y, x, axis=None):
    return np.reshape(np.flip(np.cumsum(np.flip(g, axis), axis), axis), x.shape)


@op(
    np.cumsum,
    x=_cumsum_back,
    samples=[real(3), real(2, 3), call(real(2, 3), 0), call(real(2, 3, 2), axis=-1), real(), call(real(0, 3), axis=0)],
    complex_ok=True,
)
def cumsum(x, axis=None):
    """y_i = x_0 + ... + x_i along an axis, or over the raveled x;  dL/dx_i = g_i + ... + g_n."""
    return np.cumsum(x, axis)


def _delayed(x, first):
    """x one place later along its first axis: ``first`` comes in, the last one drops out."""
    return np.concatenate([np.full_like(x[:1], first), x[:-1]])


def _adjoint_recurrence(g, a):
    """s_i = g_i + a_(i+1) s_(i+1): what the recurrence with coefficients ``a`` sends back to its inputs."""
    return np.flip(linear_recurrence(_delayed(np.flip(a, 0), 0), np.flip(g, 0)), 0)


@op(
    a=lambda g, y, a, b: _adjoint_recurrence(g, a) * _delayed(y, 0),
    b=lambda g, y, a, b: _adjoint_recurrence(g, a),
    samples=[call(real(4), real(4)), call(real(3, 2), real(3, 2)), call(real(1), real(1)), call(real(0), real(0))],
    error_samples=[(call(real(2), real(2, 2)), ShapeError, "a and b must have one shape, not (2,) and (2, 2)")],
    complex_ok=True,
)
def linear_recurrence(a, b):
    """y_i = a_i y_(i-1) + b_i along the first axis, from y_(-1) = 0. ``a`` and ``b`` have one shape.

    dL/db_i = s_i = g_i + a_(i+1) s_(i+1), the same recurrence backward, and dL/da_i = s_i y_(i-1).
    """
    if a.shape != b.shape:
        raise ValueError(f"a and b must have one shape, not {a.shape} and {b.shape}: write np.broadcast_to(a, b.shape)")
    y = b.astype(np.result_type(a, b))
    for i in range(1, len(y)):
        y[i] += a[i] * y[i - 1]
    return y


def _cumprod_back(g, y, x, axis=None):
    main = 0 if axis is None else axis
    g, factors = np.moveaxis(g, main, 0), np.moveaxis(np.reshape(x, y.shape), main, 0)
    before = _delayed(np.moveaxis(y, main, 0), 1)
    return np.reshape(np.moveaxis(before * _adjoint_recurrence(g, factors), 0, main), x.shape)


@op(
    np.cumprod,
    x=_cumprod_back,
    samples=[
        real(3),
        real(2, 3),
        call(real(3, 2), 0),
        call(real(2, 3, 2), axis=-2),
        values([2.0, 0.0, 3.0, 0.0, 4.0]),
        real(),
        call(real(0, 3), axis=0),
    ],
    complex_ok=True,
)
def cumprod(x, axis=None):
    """y_i = x_0 x_1 ... x_i along an axis, or over the raveled x. Never divides, so zeros are right.

    dL/dx_i = y_(i-1) s_i, with s_i = g_i + x_(i+1) s_(i+1): all that x_i is multiplied by, before it and after.
    """
    return np.cumprod(x, axis)


def product_of_others(x, axis):
    """For each element, the product of all the others along the axis: those before it times those after it."""
    x = np.moveaxis(x, axis, 0)
    before = np.cumprod(_delayed(x, 1), 0)
    after = np.flip(np.cumprod(_delayed(np.flip(x, 0), 1), 0), 0)
    return np.moveaxis(before * after, 0, axis)


@composed(np.diff, samples=[real(4), call(real(2, 4), 2), call(real(3, 2), n=1, axis=0), call(real(3), n=0)])
def diff(a, n=1, axis=-1):
    """y_i = x_(i+1) - x_i along an axis, n times over."""
    for _ in range(n):
        a = a[along(axis, slice(1, None), a.ndim)] - a[along(axis, slice(None, -1), a.ndim)]
    return a


@composed(
    np.trapezoid,
    samples=[
        real(4),
        call(real(2, 3), dx=0.5),
        call(real(3, 2), real(3), axis=0),
        call(real(2, 3), x=real(2, 3)),
    ],
)
def trapezoid(y, x=None, dx=1.0, axis=-1):
    """The area under y by the trapezoidal rule: each step, ``dx`` or from x to x, times the mean of its ends."""
    y = np.moveaxis(y, axis, -1)
    if x is not None:
        dx = np.diff(x if x.ndim == 1 else np.moveaxis(x, axis, -1))
    return np.sum(dx * (y[..., 1:] + y[..., :-1]) / 2, axis=-1)
