"""How well a network is: units that do nothing, units that are saturated, and how far a step moves each weight.

Rules of thumb: an update is about a thousandth of its weight; no unit is dead; few outputs are saturated.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from minigrad import nn
from minigrad.engine import Tensor
from minigrad.modes import no_grad
from minigrad.nn import Module
from minigrad.optim.clipping import total_norm

SLOPES = {
    nn.Tanh: lambda y: 1 - y * y,
    nn.Sigmoid: lambda y: 4 * y * (1 - y),
}
"""Activation -> its slope from its output, relative to the steepest."""

RECTIFIERS = (nn.ReLU, nn.ReLU6)
FLAT = 0.05
"""Below this share of the steepest slope, an output counts as saturated."""


class Units(NamedTuple):
    """The units of one activation layer, over some examples."""

    units: int
    dead: int
    """How many give 0 for every example: no gradient flows through them."""
    saturated: float
    """The share of all outputs where the slope is below 5 % of the steepest, in [0, 1]."""


class Update(NamedTuple):
    """What one step did to one parameter."""

    gradient: float
    """The norm of its gradient, before clipping."""
    ratio: float
    """The norm of the change, divided by the norm of the parameter before."""


def activations(model: Module, x: np.ndarray) -> dict[str, Units]:
    """The units of every rectifier and every squashing layer, by its path, for the inputs ``x``.

    >>> layers = nn.Sequential(nn.Linear(1, 2, rng=0), nn.ReLU())
    >>> layers[0].weight.data, layers[0].bias.data = [[1.0], [0.0]], [0.0, -1.0]
    >>> activations(layers, np.array([[1.0], [-1.0]]))
    {'1': Units(units=2, dead=1, saturated=0.0)}
    """
    found: dict[str, Units] = {}

    def note(path):
        return lambda module, args, y: found.update({path: units_of(module, y.data)})

    removers = [
        m.register_forward_hook(note(path))
        for path, m in model.named_modules()
        if isinstance(m, (*RECTIFIERS, *SLOPES))
    ]
    try:
        with model.evaluating(), no_grad():
            model(Tensor(x))
    finally:
        for remove in removers:
            remove()
    return found


def units_of(module: Module, y: np.ndarray) -> Units:
    """The units of one layer, from its output `(N, ...)`."""
    y = y.reshape(len(y), -1)
    if isinstance(module, RECTIFIERS):
        return Units(y.shape[1], int(np.count_nonzero((y == 0).all(axis=0))), 0.0)
    slope = next(slope for kind, slope in SLOPES.items() if isinstance(module, kind))
    return Units(y.shape[1], 0, float(np.mean(slope(y) < FLAT)))


def updates(before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray], gradients) -> dict[str, Update]:
    """What a step did to each parameter, from its values before and after and the norms of the gradients."""
    return {
        name: Update(gradients[name], norm(after[name] - old) / (norm(old) or 1.0))
        for name, old in before.items()
        if name in gradients
    }


def norm(x: np.ndarray) -> float:
    """The Euclidean norm of all elements."""
    flat = np.ravel(x).astype(float, copy=False)
    return float(np.sqrt(np.dot(flat, flat)))


def norm_of(gradients: list[np.ndarray]) -> float:
    """The norm of all of them together; NaN if one is not finite.

    >>> norm_of([np.array([3.0]), np.array([4.0])]), norm_of([np.array([np.inf])])
    (5.0, nan)
    """
    squares = sum(float(np.vdot(g, g)) for g in gradients)
    if 1e-200 < squares < math.inf:
        return math.sqrt(squares)
    return total_norm(gradients) if all(np.isfinite(g).all() for g in gradients) else math.nan
