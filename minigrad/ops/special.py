"""The error function and its relatives."""

import math
from functools import reduce

import numpy as np

from minigrad.declare import op
from minigrad.ops.elementwise import edges
from minigrad.samples import Array, real, values

# W. J. Cody, Rational Chebyshev approximations for the error function, Mathematics of Computation 23 (1969), 631-637,
# tables I to III in the form of his SPECFUN: numerator and denominator, the highest power first.
_SMALL = (
    (1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)
"""erf(x) / x in x**2, for |x| <= 0.46875."""
_MIDDLE = (
    (
        *(2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1),
        *(2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3),
        1.23033935479799725e3,
    ),
    (
        *(1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3),
        *(3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3),
    ),
)
"""exp(x**2) erfc(x) in x, for 0.46875 <= x <= 4."""
_FAR = (
    (
        *(1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1),
        *(1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4),
    ),
    (
        *(1.0, 2.56852019228982242, 1.87295284992346725),
        *(5.27905102951428412e-1, 6.05183413124413191e-2, 2.33520497626869185e-3),
    ),
)
"""x**2 (1/sqrt(pi) - x exp(x**2) erfc(x)) in 1 / x**2, for x >= 4."""


def _ratio(x, polynomials):
    numerator, denominator = (reduce(lambda total, c: total * x + c, p) for p in polynomials)
    return numerator / denominator


def _erf_small(x):
    return x * _ratio(np.square(np.clip(x, -0.5, 0.5)), _SMALL)


def _erfc_large(x):
    """erfc of 0.46875 and above. The square in exp(-x**2) is taken in two parts, the first of them exact."""
    x = np.clip(x, 0.46875, 30.0)
    z = 1 / (x * x)
    scaled = np.where(x <= 4, _ratio(x, _MIDDLE), (1 / math.sqrt(math.pi) - z * _ratio(z, _FAR)) / x)
    coarse = np.trunc(16 * x) / 16
    return np.exp(-coarse * coarse) * np.exp((coarse - x) * (coarse + x)) * scaled


@op(
    x=lambda g, y, x: g * (2 / math.sqrt(math.pi) * np.exp(-x * x)),
    samples=[real(2, 3), real(), values([0]), values([-30, 30])],
)
def erf(x):
    """y = 2 / sqrt(pi) * the integral of exp(-t**2) from 0 to x,  dy/dx = 2 / sqrt(pi) exp(-x**2)."""
    with np.errstate(under="ignore"):
        return np.where(np.abs(x) < 0.46875, _erf_small(x), np.sign(x) * (1 - _erfc_large(np.abs(x))))


@op(
    x=lambda g, y, x: g * (-2 / math.sqrt(math.pi) * np.exp(-x * x)),
    samples=[real(2, 3), real(), values([0]), values([-30, 30])],
)
def erfc(x):
    """y = 1 - erf x, without cancellation at large x,  dy/dx = -2 / sqrt(pi) exp(-x**2)."""
    with np.errstate(under="ignore"):
        tail = _erfc_large(np.abs(x))
        return np.where(np.abs(x) < 0.46875, 1 - _erf_small(x), np.where(x > 0, tail, 2 - tail))


_probability = Array((2, 3), lambda rng, shape: rng.uniform(0.05, 0.95, shape), "probability ")


@op(x=lambda g, y, x: g / (x * (1 - x)), samples=[_probability, values(0.5)], singular=True, complex_ok=True)
def logit(x):
    """y = log(x / (1 - x)), the inverse of the sigmoid,  dy/dx = 1 / (x (1 - x))."""
    with edges():
        return np.log(x) - np.log1p(-x)
