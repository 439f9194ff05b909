"""Where the checker visits an op: arrays drawn anew each run, in the shapes and domains where the op is defined.

>>> import numpy as np
>>> call(real(2, 3), axis=1).draw(np.random.default_rng(0)).args[0].shape
(2, 3)
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np


@dataclass(frozen=True)
class Array:
    """A floating array yet to be drawn: its shape, and the function that draws it."""

    shape: tuple[int, ...]
    drawn: Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
    name: str

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """An array of this kind and shape, in float64."""
        return np.asarray(self.drawn(rng, self.shape), dtype=float)

    def __repr__(self):
        return f"{self.name}{self.shape}".replace(",)", ")")


def real(*shape: int) -> Array:
    """Standard normal: any sign."""
    return Array(shape, lambda rng, shape: rng.standard_normal(shape), "real")


def positive(*shape: int) -> Array:
    """Uniform in [0.5, 2.5)."""
    return Array(shape, lambda rng, shape: rng.uniform(0.5, 2.5, shape), "positive")


def nonzero(*shape: int) -> Array:
    """Of either sign, with a magnitude in [0.5, 2.5)."""
    return Array(shape, lambda rng, shape: rng.uniform(0.5, 2.5, shape) * rng.choice([-1.0, 1.0], shape), "nonzero")


def unit(*shape: int) -> Array:
    """Uniform in [-0.9, 0.9)."""
    return Array(shape, lambda rng, shape: rng.uniform(-0.9, 0.9, shape), "unit")


def above(bound: float, *shape: int) -> Array:
    """Uniform in [bound + 0.1, bound + 2)."""
    return Array(shape, lambda rng, shape: rng.uniform(bound + 0.1, bound + 2.0, shape), f"above {bound:g} ")


def distinct(*shape: int) -> Array:
    """Any sign, no two elements closer than 0.2: no ties, nothing near one, and nothing near 0."""

    def drawn(rng, shape):
        size = int(np.prod(shape))
        values = (rng.permutation(size) - size // 2) * 0.4 + rng.uniform(0.1, 0.3, size)
        return values.reshape(shape)

    return Array(shape, drawn, "distinct")


def definite(*shape: int) -> Array:
    """Symmetric positive definite matrices."""

    def drawn(rng, shape):
        a = rng.standard_normal(shape)
        return a @ a.swapaxes(-1, -2) + shape[-1] * np.eye(shape[-1])

    return Array(shape, drawn, "definite")


def invertible(*shape: int) -> Array:
    """Matrices far from singular, of no symmetry."""
    return Array(shape, lambda rng, shape: rng.standard_normal(shape) + 3 * np.eye(shape[-1]), "invertible")


def values(data) -> Array:
    """These very values: the special points of a domain."""
    data = np.asarray(data, dtype=float)
    return Array(data.shape, lambda rng, shape: data.copy(), "values")


class Drawn(NamedTuple):
    """The arguments of one call, ready to be passed."""

    args: tuple
    kwargs: dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One call of an op: arguments to be drawn, and literals."""

    args: tuple
    kwargs: dict[str, Any] = field(default_factory=dict)

    def draw(self, rng: np.random.Generator) -> Drawn:
        """The arguments, with an array drawn in the place of each description of one."""

        def drawn(x):
            if isinstance(x, Array):
                return x.draw(rng)
            return [drawn(part) for part in x] if isinstance(x, list) else x

        return Drawn(tuple(map(drawn, self.args)), {name: drawn(x) for name, x in self.kwargs.items()})

    def __repr__(self):
        parts = [*map(repr, self.args), *(f"{name}={x!r}" for name, x in self.kwargs.items())]
        return f"({', '.join(parts)})"


def call(*args, **kwargs) -> Call:
    """A call at which an op is checked: every :class:`Array` is drawn, everything else is passed as it is."""
    return Call(args, kwargs)
