"""Functions of one element: the value and the slope at each element depend on that element alone."""

import numpy as np

from minigrad.declare import op
from minigrad.samples import call, positive, real


@op(np.add, x1=lambda g, y, x1, x2: g, x2=lambda g, y, x1, x2: g, samples=[call(real(2, 3), real(3))], complex_ok=True)
def add(x1, x2):
    """y = x1 + x2,  dy/dx1 = 1,  dy/dx2 = 1."""
    return np.add(x1, x2)


@op(
    np.multiply,
    x1=lambda g, y, x1, x2: g * x2,
    x2=lambda g, y, x1, x2: g * x1,
    samples=[call(real(2, 3), real(3))],
    complex_ok=True,
)
def multiply(x1, x2):
    """y = x1 x2,  dy/dx1 = x2,  dy/dx2 = x1."""
    return np.multiply(x1, x2)


@op(np.exp, x=lambda g, y, x: g * y, samples=[real(2, 3), real()], complex_ok=True)
def exp(x):
    """y = exp x,  dy/dx = y."""
    return np.exp(x)


@op(np.sqrt, x=lambda g, y, x: g / (2 * y), samples=[positive(2, 3)], singular=True)
def sqrt(x):
    """y = sqrt x,  dy/dx = 1 / (2 y): infinite at 0."""
    return np.sqrt(x)
