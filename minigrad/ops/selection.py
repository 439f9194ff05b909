"""Functions that choose among their operands: the gradient goes where the value came from, and exactly 0 elsewhere."""

from typing import Any

import numpy as np

from minigrad.declare import op
from minigrad.ops.binary import pairs
from minigrad.ops.elementwise import flat
from minigrad.samples import call, distinct, nonzero, real, values

_MASK = np.array([[True, False, True], [False, False, True]])


@op(
    np.where,
    x1=lambda g, y, condition, x1, x2: np.where(condition, g, 0),
    x2=lambda g, y, condition, x1, x2: np.where(condition, 0, g),
    samples=[
        call(_MASK, real(2, 3), real(2, 3)),
        call(_MASK, real(3), real(2, 1)),
        call(_MASK, 0.0, real()),
        call(_MASK, real(2, 3), 1.0),
        call(_MASK[0], real(), real(2, 3)),
        call(True, real(3), real(2, 1)),
    ],
    complex_ok=True,
)
def where(condition, x1, x2):
    """y = x1 where the condition holds, else x2."""
    return np.where(condition, x1, x2)


def _is(x, y):
    return np.equal(x, y) | (np.isnan(x) & np.isnan(y))


def _share(g, y, mine, other):
    """All of ``g`` where the value is mine alone, half of it where it is the other's too, else 0."""
    return np.where(_is(mine, y), np.where(_is(other, y), g / 2, g), 0)


_EXTREME: dict[str, Any] = {
    "x1": lambda g, y, x1, x2: _share(g, y, x1, x2),
    "x2": lambda g, y, x1, x2: _share(g, y, x2, x1),
    "samples": [*pairs(real), call(distinct(2, 3), distinct(3)), call(values([1, 2]), values([1, 1]))],
    "branches": np.greater,
}


@op(np.maximum, **_EXTREME)
def maximum(x1, x2):
    """y = the larger of x1 and x2, NaN if one is NaN. Each has half of the gradient at a tie."""
    return np.maximum(x1, x2)


@op(np.minimum, **_EXTREME)
def minimum(x1, x2):
    """y = the smaller of x1 and x2, NaN if one is NaN. Each has half of the gradient at a tie."""
    return np.minimum(x1, x2)


@op(np.fmax, **_EXTREME)
def fmax(x1, x2):
    """y = the larger of x1 and x2, the other one if one is NaN. Each has half of the gradient at a tie."""
    return np.fmax(x1, x2)


@op(np.fmin, **_EXTREME)
def fmin(x1, x2):
    """y = the smaller of x1 and x2, the other one if one is NaN. Each has half of the gradient at a tie."""
    return np.fmin(x1, x2)


def _held(x, min, max):
    """Where the lower and where the upper bound holds x: masks. Where the bounds are the wrong way round, the upper."""
    low, high = -np.inf if min is None else min, np.inf if max is None else max
    return (x < low) & (low <= high), (x > high) | (low > high)


def _clip_x(g, y, x, min=None, max=None):
    below, above = _held(x, min, max)
    return np.where(below | above, 0, g)


@op(
    np.clip,
    x=_clip_x,
    min=lambda g, y, x, min=None, max=None: np.where(_held(x, min, max)[0], g, 0),
    max=lambda g, y, x, min=None, max=None: np.where(_held(x, min, max)[1], g, 0),
    samples=[
        call(real(2, 3), -0.5, 0.5),
        call(real(2, 3), min=0.2),
        call(real(2, 3), None, 0.2),
        call(real(), -1.0, 1.0),
        call(real(2, 3), real(3), 1.5),
        call(real(3), -1.5, real(2, 1)),
        call(real(2, 3), real(2, 3), real()),
        call(values([-2, -1, 0, 1, 2]), -1.0, 1.0),
    ],
    branches=lambda x, min=None, max=None: np.stack(_held(x, min, max)),
    aliases={"a": "x", "a_min": "min", "a_max": "max"},
)
def clip(x, min=None, max=None):
    """y = x held between min and max, either of which may be None,  dy/dx = 1 between them and at them, else 0.

    The gradient that x does not get, the bound that holds it gets. Where min > max, max is the value.
    """
    return np.clip(x, min, max)


@op(
    np.copysign,
    x1=lambda g, y, x1, x2: g * (np.sign(x1) * np.sign(y)),
    x2=flat,
    samples=pairs(nonzero),
    branches=lambda x1, x2: np.sign(x1) + 3 * np.signbit(x2),
)
def copysign(x1, x2):
    """y = |x1| with the sign of x2,  dy/dx1 = sign(x1) sign(x2), 0 where x1 = 0,  dy/dx2 = 0."""
    return np.copysign(x1, x2)


@op(
    np.heaviside,
    x1=flat,
    x2=lambda g, y, x1, x2: np.where(np.equal(x1, 0), g, 0),
    samples=[call(nonzero(2, 3), real(3)), call(nonzero(), 0.5), call(1.0, real(2, 3)), call(0.0, real(2, 3))],
    branches=lambda x1, x2: np.sign(x1),
)
def heaviside(x1, x2):
    """y = 0 where x1 < 0, x2 where x1 = 0, 1 where x1 > 0,  dy/dx1 = 0,  dy/dx2 = 1 where x1 = 0, else 0."""
    return np.heaviside(x1, x2)
