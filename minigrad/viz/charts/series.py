"""What a chart shows: a series of points, and bands that say where values should lie."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

DASHES = ("", "6 3", "2 2.5", "9 3 2 3", "4 1.5", "1 2", "12 3 2 3 2 3", "14 4")
"""Strokes of the first series, the second, ...: a picture in grey can still be read."""

MARKERS = ("circle", "square", "triangle", "diamond", "cross", "plus", "wedge", "bar")
"""Markers likewise."""

COLOURS = 8
"""How many series have a colour of their own; then they come again, with other dashes."""

Numbers = Sequence[float] | Sequence[float | None] | np.ndarray
"""Numbers to be shown; None or NaN where there is none."""


@dataclass(frozen=True)
class Series:
    """Points ``(x[i], y[i])`` under a name; ``x`` counts from 0 if left out. A value that is not finite is a gap.

    ``line`` joins the points, ``points`` marks them. ``colour`` (0 to 7) and ``dash`` are those of the place among the
    series if left out.
    """

    name: str
    y: Numbers
    x: Numbers | None = None
    line: bool = True
    points: bool = False
    colour: int | None = None
    dash: int | None = None

    def pairs(self) -> list[tuple[float, float]]:
        """The points as plain numbers. Raises ValueError where ``x`` and ``y`` are of different length."""
        xs = range(len(self.y)) if self.x is None else self.x
        if len(xs) != len(self.y):
            raise ValueError(f"series {self.name!r} has {len(xs)} x for {len(self.y)} y: give one for each")
        return [(number_of(a), number_of(b)) for a, b in zip(xs, self.y)]

    def look(self, place: int) -> tuple[int, str, str]:
        """Number of its colour, dash pattern and marker, for the series at a place."""
        colour = (place if self.colour is None else self.colour) % COLOURS
        dash = place if self.dash is None else self.dash
        return colour, DASHES[(dash + dash // COLOURS) % len(DASHES)], MARKERS[dash % len(MARKERS)]


@dataclass(frozen=True)
class Band:
    """Where values should lie, or a line that they should not cross: from ``low`` to ``high`` on the y axis.

    With ``upright`` it is on the x axis. Equal bounds make a line.
    """

    name: str
    low: float
    high: float
    upright: bool = False


def number_of(value) -> float:
    """A plain float; NaN for None."""
    return math.nan if value is None else float(value)
