"""Functions of two or three elements: arithmetic, powers, logarithms of sums. Their operands broadcast."""

import math

import numpy as np

from minigrad.declare import op
from minigrad.ops.activations import sigmoid
from minigrad.ops.elementwise import edges
from minigrad.samples import Array, above, call, nonzero, real, values


def pairs(left, right=None):
    """Calls with two operands: of one shape, either or both stretched, without axes or elements, a Python number."""
    right = right or left
    return [
        call(left(2, 3), right(2, 3)),
        call(left(2, 3), right(3)),
        call(left(1), right(2, 3)),
        call(left(2, 1), right(1, 3)),
        call(left(), right(2, 3)),
        call(left(), right()),
        call(left(0, 3), right(3)),
        call(left(2, 3), 1.5),
        call(1.5, right(2, 3)),
    ]


def _above_zero(*shape: int) -> Array:
    return above(0, *shape)


# arithmetic


@op(np.add, x1=lambda g, y, x1, x2: g, x2=lambda g, y, x1, x2: g, samples=pairs(real), complex_ok=True)
def add(x1, x2):
    """y = x1 + x2,  dy/dx1 = 1,  dy/dx2 = 1."""
    return np.add(x1, x2)


@op(np.subtract, x1=lambda g, y, x1, x2: g, x2=lambda g, y, x1, x2: -g, samples=pairs(real), complex_ok=True)
def subtract(x1, x2):
    """y = x1 - x2,  dy/dx1 = 1,  dy/dx2 = -1."""
    return np.subtract(x1, x2)


@op(
    np.multiply,
    x1=lambda g, y, x1, x2: g * x2,
    x2=lambda g, y, x1, x2: g * x1,
    samples=pairs(real),
    singular=True,  # by its other operand: in where(x > 0, x * log(x), 0) that is -inf at 0
    complex_ok=True,
)
def multiply(x1, x2):
    """y = x1 x2,  dy/dx1 = x2,  dy/dx2 = x1."""
    return np.multiply(x1, x2)


@op(
    np.divide,
    x1=lambda g, y, x1, x2: g / x2,
    x2=lambda g, y, x1, x2: -g * y / x2,
    samples=pairs(real, nonzero),
    singular=True,
    complex_ok=True,
)
def divide(x1, x2):
    """y = x1 / x2,  dy/dx1 = 1 / x2,  dy/dx2 = -y / x2."""
    with edges():
        return np.divide(x1, x2)


@op(
    np.fmod,
    x1=lambda g, y, x1, x2: g,
    x2=lambda g, y, x1, x2: -g * np.rint((x1 - y) / x2),
    samples=pairs(real, nonzero),
    branches=lambda x1, x2: np.trunc(np.divide(x1, x2)),
)
def fmod(x1, x2):
    """y = x1 - n x2, n the quotient rounded towards 0: y has the sign of x1.  dy/dx1 = 1,  dy/dx2 = -n."""
    with edges():
        return np.fmod(x1, x2)


@op(
    np.remainder,
    x1=lambda g, y, x1, x2: g,
    x2=lambda g, y, x1, x2: -g * np.rint((x1 - y) / x2),
    samples=pairs(real, nonzero),
    branches=np.floor_divide,
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
        call(real(2, 3), real(2, 3), 0.25),
        call(real(3), real(2, 3), real(2, 1)),
        call(real(), real(), real()),
        call(0.0, real(2, 3), real()),
    ],
    complex_ok=True,
)
def lerp(start, end, weight):
    """y = start + weight (end - start): linear interpolation, and extrapolation where weight is not in [0, 1]."""
    return start + weight * (end - start)


# powers


def _power_base(g, y, x1, x2):
    if isinstance(x2, (int, float)):
        return g * (x2 * x1 ** (x2 - 1 if x2 else 0))
    constant = np.equal(x1, 0) & np.equal(x2, 0)  # x1**0 is 1 everywhere: slope 0, although 0**-1 is infinite
    return g * (x2 * np.power(x1, np.where(constant, 0, x2 - 1)))


def _power_exponent(g, y, x1, x2):
    constant = np.equal(x1, 0) & np.greater_equal(x2, 0)  # 0**x2 is 0 for x2 > 0, and the jump at 0**0 counts as 0 too
    return g * (y * np.log(np.where(constant, np.ones_like(y), x1)))


_POWERS = [
    *pairs(_above_zero, real),
    *(call(real(2, 3), 2), call(real(3), 0), call(nonzero(2, 3), -3), call(nonzero(2, 3), 3)),
    *(call(_above_zero(3), 0.5), call(values([0, -2, 3]), 2)),
]


@op(np.power, x1=_power_base, x2=_power_exponent, samples=_POWERS, singular=True, complex_ok=True)
def power(x1, x2):
    """y = x1**x2,  dy/dx1 = x2 x1**(x2 - 1), 0 where x2 = 0,  dy/dx2 = y log x1, 0 where x1 = 0 <= x2.

    With respect to the exponent of a negative base there is no derivative: it is NaN, if it is asked for.
    """
    with edges():
        if hasattr(x1, "dtype"):
            return x1**x2  # of an array: x**2 is then a square, thrice as fast as np.power(x, 2)
        return np.power(x1, x2)


@op(np.float_power, x1=_power_base, x2=_power_exponent, samples=_POWERS, singular=True, complex_ok=True)
def float_power(x1, x2):
    """y = x1**x2 in float64 at least, of integers too; the derivatives are those of :func:`power`."""
    with edges():
        return np.float_power(x1, x2)


# logarithms


@op(
    x1=lambda g, y, x1, x2: g * np.log(np.where(np.equal(x1, 0) & np.equal(x2, 0), np.ones_like(y), x2)),
    x2=lambda g, y, x1, x2: g * np.divide(x1, x2),
    samples=[*pairs(real, _above_zero), call(values([0, 0]), values([0.5, 2]))],
    singular=True,
    complex_ok=True,
)
def xlogy(x1, x2):
    """y = x1 log x2, 0 where x1 = 0,  dy/dx1 = log x2, 0 where x1 = x2 = 0,  dy/dx2 = x1 / x2."""
    with edges():
        return x1 * np.log(np.where(np.equal(x1, 0), np.ones_like(np.multiply(x1, x2)), x2))


def _excess(y, mine, other):
    """mine - other, but -inf where both are: there neither has a share in the sum."""
    return np.where(np.equal(y, -np.inf), -np.inf, mine - other)


@op(
    np.logaddexp,
    x1=lambda g, y, x1, x2: g * sigmoid(_excess(y, x1, x2)),
    x2=lambda g, y, x1, x2: g * sigmoid(_excess(y, x2, x1)),
    samples=[*pairs(real), call(values([1000, -1000]), values([1000, -1001]))],
)
def logaddexp(x1, x2):
    """y = log(exp x1 + exp x2),  dy/dx1 = sigmoid(x1 - x2), 0 where both are -inf."""
    with np.errstate(under="ignore"):
        return np.logaddexp(x1, x2)


@op(
    np.logaddexp2,
    x1=lambda g, y, x1, x2: g * sigmoid(math.log(2) * _excess(y, x1, x2)),
    x2=lambda g, y, x1, x2: g * sigmoid(math.log(2) * _excess(y, x2, x1)),
    samples=[*pairs(real), call(values([1000, -1000]), values([1000, -1001]))],
)
def logaddexp2(x1, x2):
    """y = log2(2**x1 + 2**x2),  dy/dx1 = sigmoid((x1 - x2) log 2), 0 where both are -inf."""
    with np.errstate(under="ignore"):
        return np.logaddexp2(x1, x2)


# the plane


def _radius(x1, x2):
    """The distance from the origin, and 1 there: what is divided by it stays 0."""
    return np.where(np.equal(x1, 0) & np.equal(x2, 0), 1, np.hypot(x1, x2))


@op(
    np.hypot,
    x1=lambda g, y, x1, x2: g * (x1 / _radius(x1, x2)),
    x2=lambda g, y, x1, x2: g * (x2 / _radius(x1, x2)),
    samples=pairs(real),
)
def hypot(x1, x2):
    """y = sqrt(x1**2 + x2**2),  dy/dx1 = x1 / y,  dy/dx2 = x2 / y: 0 at the origin."""
    return np.hypot(x1, x2)


@op(
    np.arctan2,
    x1=lambda g, y, x1, x2: g * (x2 / (r := _radius(x1, x2)) / r),
    x2=lambda g, y, x1, x2: -g * (x1 / (r := _radius(x1, x2)) / r),
    samples=[*pairs(nonzero), call(values([1, -1]), values([0, 0])), call(values([0, 0]), values([1, 2]))],
)
def arctan2(x1, x2):
    """y = the angle of the point (x2, x1),  dy/dx1 = x2 / r**2,  dy/dx2 = -x1 / r**2: 0 at the origin."""
    return np.arctan2(x1, x2)
