"""Functions of angles, and their hyperbolic cousins."""

import math
from functools import reduce

import numpy as np

from minigrad.declare import op
from minigrad.ops.elementwise import edges
from minigrad.samples import above, real, unit, values


@op(np.deg2rad, np.radians, x=lambda g, y, x: g * (math.pi / 180), samples=[real(2, 3), real()])
def deg2rad(x):
    """y = x pi / 180,  dy/dx = pi / 180."""
    return np.deg2rad(x)


@op(np.rad2deg, np.degrees, x=lambda g, y, x: g * (180 / math.pi), samples=[real(2, 3), real()])
def rad2deg(x):
    """y = 180 x / pi,  dy/dx = 180 / pi."""
    return np.rad2deg(x)


@op(np.sin, x=lambda g, y, x: g * np.cos(x), samples=[real(2, 3), real()], complex_ok=True)
def sin(x):
    """y = sin x,  dy/dx = cos x."""
    return np.sin(x)


@op(np.cos, x=lambda g, y, x: -g * np.sin(x), samples=[real(2, 3), real()], complex_ok=True)
def cos(x):
    """y = cos x,  dy/dx = -sin x."""
    return np.cos(x)


@op(np.tan, x=lambda g, y, x: g * (1 + y * y), samples=[unit(2, 3), unit()], complex_ok=True)
def tan(x):
    """y = tan x,  dy/dx = 1 + y**2."""
    return np.tan(x)


@op(
    np.arcsin,
    x=lambda g, y, x: g / np.sqrt((1 - x) * (1 + x)),
    samples=[unit(2, 3), unit()],
    singular=True,
    complex_ok=True,
)
def arcsin(x):
    """y = arcsin x,  dy/dx = 1 / sqrt(1 - x**2): infinite at -1 and 1."""
    with edges():
        return np.arcsin(x)


@op(
    np.arccos,
    x=lambda g, y, x: -g / np.sqrt((1 - x) * (1 + x)),
    samples=[unit(2, 3), unit()],
    singular=True,
    complex_ok=True,
)
def arccos(x):
    """y = arccos x,  dy/dx = -1 / sqrt(1 - x**2): infinite at -1 and 1."""
    with edges():
        return np.arccos(x)


@op(np.arctan, x=lambda g, y, x: g / (1 + x * x), samples=[real(2, 3), real()], complex_ok=True)
def arctan(x):
    """y = arctan x,  dy/dx = 1 / (1 + x**2)."""
    return np.arctan(x)


@op(np.sinh, x=lambda g, y, x: g * np.cosh(x), samples=[real(2, 3), real()], singular=True, complex_ok=True)
def sinh(x):
    """y = (exp x - exp(-x)) / 2,  dy/dx = cosh x."""
    return np.sinh(x)


@op(np.cosh, x=lambda g, y, x: g * np.sinh(x), samples=[real(2, 3), real()], singular=True, complex_ok=True)
def cosh(x):
    """y = (exp x + exp(-x)) / 2,  dy/dx = sinh x."""
    return np.cosh(x)


@op(
    np.tanh,
    x=lambda g, y, x: g * (1 - y * y),
    samples=[real(2, 3), real(), values([-1000, 1000])],
    complex_ok=True,
)
def tanh(x):
    """y = tanh x,  dy/dx = 1 - y**2."""
    return np.tanh(x)


@op(np.arcsinh, x=lambda g, y, x: g / np.hypot(1, x), samples=[real(2, 3), real()], complex_ok=True)
def arcsinh(x):
    """y = arcsinh x,  dy/dx = 1 / sqrt(1 + x**2)."""
    return np.arcsinh(x)


@op(
    np.arccosh,
    x=lambda g, y, x: g / (np.sqrt(x - 1) * np.sqrt(x + 1)),
    samples=[above(1, 2, 3), above(1)],
    singular=True,
    complex_ok=True,
)
def arccosh(x):
    """y = arccosh x,  dy/dx = 1 / sqrt(x**2 - 1): infinite at 1."""
    with edges():
        return np.arccosh(x)


@op(np.arctanh, x=lambda g, y, x: g / ((1 - x) * (1 + x)), samples=[unit(2, 3), unit()], singular=True, complex_ok=True)
def arctanh(x):
    """y = arctanh x,  dy/dx = 1 / (1 - x**2): infinite at -1 and 1."""
    with edges():
        return np.arctanh(x)


_SERIES = [(-1) ** k * math.pi ** (2 * k) * 2 * k / math.factorial(2 * k + 1) for k in range(10, 0, -1)]
"""The power series of dy/dx / x in x**2, where y = sinc x, the highest power first."""


def _sinc_slope(x, y):
    """(cos(pi x) - y) / x; near 0, where the difference would cancel, its power series."""
    near = np.abs(x) < 0.25
    series = x * reduce(lambda total, c: total * (x * x) + c, _SERIES)
    return np.where(near, series, (np.cos(math.pi * x) - y) / np.where(near, 1, x))


@op(
    np.sinc,
    x=lambda g, y, x: g * _sinc_slope(x, y),
    samples=[real(2, 3), real(), values([0]), values([-1e-4, 1e-4]), values([-1, 3])],
)
def sinc(x):
    """y = sin(pi x) / (pi x), 1 at 0,  dy/dx = (cos(pi x) - y) / x."""
    return np.sinc(x)
