"""What was measured of a landscape, before it is shown."""

from dataclasses import dataclass

import numpy as np

from minigrad.viz.landscape.path import Path
from minigrad.viz.landscape.survey import Line, Plane


@dataclass(frozen=True)
class Direction:
    """A random direction through the model, and the loss along it."""

    line: Line
    norm: float
    """Its length: how far a step of 1 goes in the space of weights."""
    slope: float
    """``g·d``, of minigrad's gradient."""
    curvature: float
    """``d·H d``, of minigrad's second derivatives."""


@dataclass(frozen=True)
class Sight:
    """The loss around a trained model, in numbers."""

    name: str
    epoch: int | None
    """After which epoch the model had these weights."""
    seed: int
    loss: dict[str, float]
    """Part of the data -> the loss of the model itself."""
    plane: Plane
    directions: tuple[Direction, ...]
    cosine: float
    """Of the angle between the two directions: near 0, as in all spaces of many dimensions."""
    path: Path | None
    no_path: str
    """Why there is no path."""
    command: str

    @property
    def height(self) -> float:
        """The loss in the middle of the plane."""
        return self.loss[self.plane.part]

    @property
    def flat(self) -> float:
        """The share of the plane where the loss is at most twice that of the model: a measure of how flat it is."""
        return float(np.mean(self.plane.grid <= 2 * self.height))
