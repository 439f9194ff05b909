"""Functions of two or three elements: arithmetic, powers, selection. Their operands broadcast against each other."""

import math

import numpy as np

from minigrad.declare import op
from minigrad.ops.activations import sigmoid
from minigrad.ops.elementwise import edges, flat
from minigrad.samples import above, call, distinct, nonzero, real, values


def _pairs(left, right=None):
    """Two operands of one shape; the right, the left and both stretched; without axes; and beside a Python number."""
    right = right or left
    return [
        call(left(2, 3), right(2, 3)),
        call(left(2, 3), right(3)),
        call(left(1), right(2, 3)),
        call(left(2, 1), right(1, 3)),
        call(left(), right(2, 3)),
        call(left(), right()),
        call(left(2, 3), 1.5),
        call(1.5, right(2, 3)),
    ]


# Arithmetic


@op(np.add, x1=lambda g, y, x1, x2: g, x2=lambda g, y, x1, x2: g, samples=_pairs(real), complex_ok=True)
def add(x1, x2):
    """y = x1 + x2,  dy/dx1 = 1,  dy/dx2 = 1."""
    return np.add(x1, x2)


@op(np.subtract, x1=lambda g, y, x1, x2: g, x2=lambda g, y, x1, x2: -g, samples=_pairs(real), complex_ok=True)
def subtract(x1, x2):
    """y = x1 - x2,  dy/dx1 = 1,  dy/dx2 = -1."""
    return np.subtract(x1, x2)


@op(
    np.multiply,
    x1=lambda g, y, x1, x2: g * x2,
    x2=lambda g, y, x1, x2: g * x1,
    samples=_pairs(real),
    singular=True,
    complex_ok=True,
)
def multiply(x1, x2):
    """y = x1 x2,  dy/dx1 = x2,  dy/dx2 = x1."""
    return np.multiply(x1, x2)


@op(
    np.divide,
    x1=lambda g, y, x1, x2: g / x2,
    x2=lambda g, y, x1, x2: -g * y / x2,
    samples=_pairs(real, nonzero),
    singular=True,
    complex_ok=True,
)
def divide(x1, x2):
    """y = x1 / x2,  dy/dx1 = 1 / x2,  dy/dx2 = -y / x2."""
    with edges():
        return np.divide(x1, x2)


def _towards_zero(g, y, x1, x2):
    return -g * np.rint((x1 - y) / x2)


@op(
    np.fmod,
    x1=lambda g, y, x1, x2: g,
    x2=_towards_zero,
    samples=_pairs(real, nonzero),
    branches=lambda x1, x2: np.trunc(np.divide(x1, x2)),
)
def fmod(x1, x2):
    """y = x1 - n x2, n the quotient rounded towards 0: y has the sign of x1.  dy/dx1 = 1,  dy/dx2 = -n."""
    with edges():
        return np.fmod(x1, x2)


@op(
    np.remainder,
    x1=lambda g, y, x1, x2: g,
    x2=_towards_zero,
    samples=_pairs(real, nonzero),
    branches=lambda x1, x2: np.floor_divide(x1, x2),
)
def remainder(x1, x2):
    """y = x1 - n x2, n the quotient rounded down: y has the sign of x2.  dy/dx1 = 1,  dy/dx2 = -n."""
    with edges():
        return np.remainder(x1, x2)


@op(
    start=lambda g, y, start, end, weight: g * (1 - weight),
    end=lambda g, y, start, end, weight: g * weight,
    weight=lambda g, y, start, end, weight: g * (end - start),
    samples=[
        *(call(real(2, 3), real(2, 3), 0.25), call(real(3), real(2, 3), real(2, 1)), call(real(), real(), real())),
        call(0.0, real(2, 3), real()),
    ],
    complex_ok=True,
)
def lerp(start, end, weight):
    """y = start + weight (end - start): linear interpolation, also beyond its ends."""
    return start + weight * (end - start)


# Powers and logarithms


def _power_base(g, y, x1, x2):
    """g x2 x1**(x2 - 1): 0 for the constant 0**0, although its second factor is infinite."""
    return g * (x2 * np.power(x1, np.where(np.equal(x1, 0) & np.equal(x2, 0), 0, np.subtract(x2, 1))))


def _power_exponent(g, y, x1, x2):
    """g y log x1: 0 for a power of 0 that is 0 or 1, although the logarithm is infinite."""
    return g * (y * np.log(np.where(np.equal(x1, 0) & np.greater_equal(x2, 0), 1, x1)))


_POWERS = [
    *_pairs(above_zero := lambda *shape: above(0, *shape), real),
    *(call(real(2, 3), 2), call(nonzero(2, 3), -3), call(real(3), 0), call(nonzero(2, 3), 3.0), call(above(0, 3), 0.5)),
]


@op(np.power, x1=_power_base, x2=_power_exponent, samples=_POWERS, singular=True)
def power(x1, x2):
    """y = x1**x2,  dy/dx1 = x2 x1**(x2 - 1), 0 for x2 = 0,  dy/dx2 = y log x1, 0 for x1 = 0 <= x2.

    A negative base has no derivative with respect to the exponent: that is NaN, and computed only if asked for.
    """
    with edges():
        return np.power(x1, x2)


@op(np.float_power, x1=_power_base, x2=_power_exponent, samples=_POWERS, singular=True)
def float_power(x1, x2):
    """y = x1**x2 in float64 at least, integers too; derivatives as of :func:`power`."""
    with edges():
        return np.float_power(x1, x2)


@op(
    x1=lambda g, y, x1, x2: g * np.log(np.where(np.equal(x1, 0) & np.less_equal(x2, 0), 1, x2)),
    x2=lambda g, y, x1, x2: g * np.divide(x1, x2),
    samples=[*_pairs(real, above_zero), values_at_zero := call(values([0, 0]), values([0.5, 2]))],
    singular=True,
)
def xlogy(x1, x2):
    """y = x1 log x2, 0 where x1 = 0,  dy/dx1 = log x2, 0 where x1 = 0 = x2,  dy/dx2 = x1 / x2."""
    with edges():
        return x1 * np.log(np.where(np.equal(x1, 0), 1, x2))


@op(
    np.logaddexp,
    x1=lambda g, y, x1, x2: g * sigmoid(x1 - np.where(y == -np.inf, np.inf, x2)),
    x2=lambda g, y, x1, x2: g * sigmoid(x2 - np.where(y == -np.inf, np.inf, x1)),
    samples=[*_pairs(real), call(values([1000, -1000]), values([1000, -1001]))],
)
def logaddexp(x1, x2):
    """y = log(exp x1 + exp x2),  dy/dx1 = sigmoid(x1 - x2): 0 where both are -inf."""
    with np.errstate(under="ignore"):
        return np.logaddexp(x1, x2)


@op(
    np.logaddexp2,
    x1=lambda g, y, x1, x2: g * sigmoid(math.log(2) * (x1 - np.where(y == -np.inf, np.inf, x2))),
    x2=lambda g, y, x1, x2: g * sigmoid(math.log(2) * (x2 - np.where(y == -np.inf, np.inf, x1))),
    samples=[*_pairs(real), call(values([1000, -1000]), values([1000, -1001]))],
)
def logaddexp2(x1, x2):
    """y = log2(2**x1 + 2**x2),  dy/dx1 = sigmoid((x1 - x2) log 2): 0 where both are -inf."""
    with np.errstate(under="ignore"):
        return np.logaddexp2(x1, x2)


# Geometry


def _radius(x1, x2):
    """The distance from the origin, but 1 there: what is divided by it stays 0."""
    return np.where(np.equal(x1, 0) & np.equal(x2, 0), 1, np.hypot(x1, x2))


@op(
    np.hypot,
    x1=lambda g, y, x1, x2: g * (x1 / _radius(x1, x2)),
    x2=lambda g, y, x1, x2: g * (x2 / _radius(x1, x2)),
    samples=_pairs(real),
)
def hypot(x1, x2):
    """y = sqrt(x1**2 + x2**2),  dy/dx1 = x1 / y: 0 at the origin."""
    return np.hypot(x1, x2)


@op(
    np.arctan2,
    x1=lambda g, y, x1, x2: g * (x2 / _radius(x1, x2) / _radius(x1, x2)),
    x2=lambda g, y, x1, x2: -g * (x1 / _radius(x1, x2) / _radius(x1, x2)),
    samples=[*_pairs(nonzero), call(values([1, -1]), values([0, 0])), call(values([0, 0]), values([1, 2]))],
)
def arctan2(x1, x2):
    """y = the angle of the point (x2, x1),  dy/dx1 = x2 / r**2,  dy/dx2 = -x1 / r**2: 0 at the origin."""
    return np.arctan2(x1, x2)


# Selection


@op(
    np.where,
    x1=lambda g, y, condition, x1, x2: np.where(condition, g, 0),
    x2=lambda g, y, condition, x1, x2: np.where(condition, 0, g),
    samples=[
        call(mask := np.array([[True, False, True], [False, False, True]]), real(2, 3), real(2, 3)),
        *(call(mask, real(3), real(2, 1)), call(mask, 0.0, real()), call(mask, real(2, 3), 1.0)),
        *(call(mask[0], real(), real(2, 3)), call(True, real(3), real(2, 1))),
    ],
)
def where(condition, x1, x2):
    """y = x1 where the condition holds, else x2; the gradient goes where the value came from, exactly 0 elsewhere."""
    return np.where(condition, x1, x2)


def _share(g, y, mine, other):
    """All of g where y is mine alone, half of it where y is the other's too, else 0."""
    return np.where(_is(mine, y), np.where(_is(other, y), g / 2, g), 0)


def _is(x, y):
    return np.equal(x, y) | np.isnan(x) & np.isnan(y)


_EXTREME = {
    "x1": lambda g, y, x1, x2: _share(g, y, x1, x2),
    "x2": lambda g, y, x1, x2: _share(g, y, x2, x1),
    "samples": [*_pairs(real), call(distinct(2, 3), distinct(3)), call(values([1, 2]), values([1, 1]))],
    "branches": lambda x1, x2: np.greater(x1, x2),
}


@op(np.maximum, **_EXTREME)
def maximum(x1, x2):
    """y = the larger of x1 and x2, NaN if one is; a tie gives each half of the gradient."""
    return np.maximum(x1, x2)


@op(np.minimum, **_EXTREME)
def minimum(x1, x2):
    """y = the smaller of x1 and x2, NaN if one is; a tie gives each half of the gradient."""
    return np.minimum(x1, x2)


@op(np.fmax, **_EXTREME)
def fmax(x1, x2):
    """y = the larger of x1 and x2, the other one if one is NaN; a tie gives each half of the gradient."""
    return np.fmax(x1, x2)


@op(np.fmin, **_EXTREME)
def fmin(x1, x2):
    """y = the smaller of x1 and x2, the other one if one is NaN; a tie gives each half of the gradient."""
    return np.fmin(x1, x2)


def _exceeds(x, bound):
    return False if x is None or bound is None else np.greater(x, bound)


@op(
    np.clip,
    x=lambda g, y, x, min=None, max=None: np.where(_exceeds(min, x) | _exceeds(x, max) | _exceeds(min, max), 0, g),
    min=lambda g, y, x, min=None, max=None: np.where(_exceeds(min, max), 0, np.where(_exceeds(min, x), g, 0)),
    max=lambda g, y, x, min=None, max=None: np.where(_exceeds(x, max) | _exceeds(min, max), g, 0),
    samples=[
        *(call(real(2, 3), -0.5, 0.5), call(real(2, 3), min=0.2), call(real(2, 3), None, 0.2), call(real(), -1.0, 1.0)),
        *(call(real(2, 3), real(3), 1.5), call(real(3), -1.5, real(2, 1)), call(real(2, 3), real(2, 3), real())),
        call(values([-2, -1, 0, 1, 2]), -1.0, 1.0),
    ],
    branches=lambda x, min=None, max=None: np.stack(
        np.broadcast_arrays(_exceeds(min, x), _exceeds(x, max), _exceeds(min, max))
    ),
    aliases={"a": "x", "a_min": "min", "a_max": "max"},
)
def clip(x, min=None, max=None):
    """y = x held between min and max, either may be None,  dy/dx = 1 between them and at them, else 0.

    A bound has slope 1 where it holds x; where min > max, max wins.
    """
    return np.clip(x, min, max)


@op(
    np.copysign,
    x1=lambda g, y, x1, x2: g * (np.sign(x1) * np.copysign(1.0, x2)),
    x2=flat,
    samples=_pairs(nonzero),
    branches=lambda x1, x2: np.stack(np.broadcast_arrays(np.sign(x1), np.signbit(x2))),
)
def copysign(x1, x2):
    """y = |x1| with the sign of x2,  dy/dx1 = sign(x1) sign(x2), 0 at x1 = 0,  dy/dx2 = 0."""
    return np.copysign(x1, x2)


@op(
    np.heaviside,
    x1=flat,
    x2=lambda g, y, x1, x2: np.where(np.equal(x1, 0), g, 0),
    samples=[call(nonzero(2, 3), real(3)), call(nonzero(), 0.5), call(1.0, real(2, 3)), call(0.0, real(2, 3))],
    branches=lambda x1, x2: np.sign(x1),
)
def heaviside(x1, x2):
    """y = 0 where x1 < 0, x2 where x1 = 0, 1 where x1 > 0,  dy/dx1 = 0,  dy/dx2 = 1 where x1 = 0."""
    return np.heaviside(x1, x2)
