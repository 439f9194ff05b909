"""Functions of one element: powers, exponentials, logarithms and rounding.

The value and the slope at each element depend on that element alone. Where a domain ends, the value is infinite or
NaN as IEEE 754 says, and no warning is given.
"""

import math

import numpy as np

from minigrad.declare import op
from minigrad.samples import above, call, distinct, nonzero, real, values


def edges():
    """A block in which the infinities and NaN at the end of a domain raise no warning."""
    return np.errstate(divide="ignore", invalid="ignore")


def flat(g, y, *arguments, **options):
    """The formula of a function that is constant in pieces: its slope is 0 wherever it has one."""
    return np.zeros_like(g)


# signs and powers


@op(np.positive, x=lambda g, y, x: g, samples=[real(2, 3), real()], complex_ok=True)
def positive(x):
    """y = x,  dy/dx = 1."""
    return np.positive(x)


@op(np.negative, x=lambda g, y, x: -g, samples=[real(2, 3), real()], complex_ok=True)
def negative(x):
    """y = -x,  dy/dx = -1."""
    return np.negative(x)


@op(
    np.abs,
    np.fabs,
    x=lambda g, y, x: g * np.sign(x),
    samples=[real(2, 3), real(), values([-1, 0, 1])],
    branches=np.sign,
)
def abs(x):
    """y = |x|,  dy/dx = sign x: 0 at 0."""
    return np.abs(x)


@op(np.sign, x=flat, samples=[nonzero(2, 3), nonzero()], branches=np.sign)
def sign(x):
    """y = -1, 0 or 1,  dy/dx = 0."""
    return np.sign(x)


@op(np.square, x=lambda g, y, x: g * (2 * x), samples=[real(2, 3), real(), values([0])], complex_ok=True)
def square(x):
    """y = x**2,  dy/dx = 2 x."""
    return np.square(x)


@op(np.sqrt, x=lambda g, y, x: g / (2 * y), samples=[above(0, 2, 3), above(0)], singular=True, complex_ok=True)
def sqrt(x):
    """y = sqrt x,  dy/dx = 1 / (2 y): infinite at 0."""
    with edges():
        return np.sqrt(x)


@op(x=lambda g, y, x: g * y / (-2 * x), samples=[above(0, 2, 3), above(0)], singular=True, complex_ok=True)
def rsqrt(x):
    """y = 1 / sqrt x,  dy/dx = -y / (2 x)."""
    with edges():
        return 1 / np.sqrt(x)


@op(np.cbrt, x=lambda g, y, x: g / (3 * y * y), samples=[nonzero(2, 3), nonzero()], singular=True)
def cbrt(x):
    """y = x**(1/3), also of negative x,  dy/dx = 1 / (3 y**2): infinite at 0."""
    return np.cbrt(x)


@op(np.reciprocal, x=lambda g, y, x: -g * y * y, samples=[nonzero(2, 3), nonzero()], singular=True, complex_ok=True)
def reciprocal(x):
    """y = 1 / x,  dy/dx = -y**2."""
    with edges():
        return np.reciprocal(x)


# exponentials and logarithms


@op(np.exp, x=lambda g, y, x: g * y, samples=[real(2, 3), real()], singular=True, complex_ok=True)
def exp(x):
    """y = exp x,  dy/dx = y."""
    return np.exp(x)


@op(np.exp2, x=lambda g, y, x: g * y * math.log(2), samples=[real(2, 3), real()], singular=True, complex_ok=True)
def exp2(x):
    """y = 2**x,  dy/dx = y log 2."""
    return np.exp2(x)


@op(
    np.expm1,
    x=lambda g, y, x: g * np.exp(x),
    samples=[real(2, 3), real(), values([0]), values([-1e-8, 1e-8])],
    singular=True,
    complex_ok=True,
)
def expm1(x):
    """y = exp(x) - 1, exact also near 0,  dy/dx = exp x."""
    return np.expm1(x)


@op(np.log, x=lambda g, y, x: g / x, samples=[above(0, 2, 3), above(0)], singular=True, complex_ok=True)
def log(x):
    """y = log x,  dy/dx = 1 / x."""
    with edges():
        return np.log(x)


@op(
    np.log2, x=lambda g, y, x: g / (x * math.log(2)), samples=[above(0, 2, 3), above(0)], singular=True, complex_ok=True
)
def log2(x):
    """y = log x / log 2,  dy/dx = 1 / (x log 2)."""
    with edges():
        return np.log2(x)


@op(
    np.log10,
    x=lambda g, y, x: g / (x * math.log(10)),
    samples=[above(0, 2, 3), above(0)],
    singular=True,
    complex_ok=True,
)
def log10(x):
    """y = log x / log 10,  dy/dx = 1 / (x log 10)."""
    with edges():
        return np.log10(x)


@op(
    np.log1p,
    x=lambda g, y, x: g / (1 + x),
    samples=[above(-1, 2, 3), above(-1), values([0]), values([-1e-8, 1e-8])],
    singular=True,
    complex_ok=True,
)
def log1p(x):
    """y = log(1 + x), exact also near 0,  dy/dx = 1 / (1 + x)."""
    with edges():
        return np.log1p(x)


# rounding


@op(np.floor, x=flat, samples=[real(2, 3), real()], branches=np.floor)
def floor(x):
    """y = the largest integer not above x,  dy/dx = 0."""
    return np.floor(x)


@op(np.ceil, x=flat, samples=[real(2, 3), real()], branches=np.ceil)
def ceil(x):
    """y = the smallest integer not below x,  dy/dx = 0."""
    return np.ceil(x)


@op(np.trunc, np.fix, x=flat, samples=[real(2, 3), real()], branches=np.trunc)
def trunc(x):
    """y = x without its fraction,  dy/dx = 0."""
    return np.trunc(x)


@op(np.rint, x=flat, samples=[real(2, 3), real()], branches=np.rint)
def rint(x):
    """y = the integer nearest to x, the even one of two,  dy/dx = 0."""
    return np.rint(x)


@op(np.round, np.around, x=flat, samples=[real(2, 3), real(), call(real(2, 3), decimals=1)], branches=np.round)
def round(x, decimals=0):
    """y = x rounded to so many decimals,  dy/dx = 0."""
    return np.round(x, decimals)


@op(
    np.nan_to_num,
    x=lambda g, y, x, copy=True, nan=0.0, posinf=None, neginf=None: np.where(np.isfinite(x), g, 0),
    samples=[real(2, 3), call(real(2), nan=1.0, posinf=2.0, neginf=-2.0), call(distinct(3), copy=False)],
)
def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    """y = x, with numbers instead of NaN and infinities,  dy/dx = 1 where x is finite, else 0. It always copies."""
    return np.nan_to_num(x, True, nan, posinf, neginf)
