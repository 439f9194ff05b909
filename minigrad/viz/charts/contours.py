"""Where a surface rises above a level: closed outlines, by marching squares (Lorensen, Cline 1987, in the plane)."""

from collections.abc import Sequence

import numpy as np

from minigrad.viz.charts.paths import Point

BOTTOM, RIGHT, TOP, LEFT = range(4)
WAYS: dict[int, list[tuple[int, int]]] = {
    1: [(BOTTOM, LEFT)],
    2: [(RIGHT, BOTTOM)],
    3: [(RIGHT, LEFT)],
    4: [(TOP, RIGHT)],
    5: [(BOTTOM, LEFT), (TOP, RIGHT)],
    6: [(TOP, BOTTOM)],
    7: [(TOP, LEFT)],
    8: [(LEFT, TOP)],
    9: [(BOTTOM, TOP)],
    10: [(RIGHT, BOTTOM), (LEFT, TOP)],
    11: [(RIGHT, TOP)],
    12: [(LEFT, RIGHT)],
    13: [(BOTTOM, RIGHT)],
    14: [(LEFT, BOTTOM)],
}
"""Which corners of a cell are above (bit 0 is bottom left, then against the clock) -> the sides that the outline enters
and leaves by, what is above at its left."""

JOINED = {5: [(BOTTOM, RIGHT), (TOP, LEFT)], 10: [(LEFT, BOTTOM), (RIGHT, TOP)]}
"""The same at a saddle whose middle is above: the two corners belong together."""


def outlines(grid: np.ndarray, level: float, xs: Sequence[float], ys: Sequence[float]) -> list[list[Point]]:
    """The closed outlines of where ``grid`` (rows at ``ys``, columns at ``xs``) is at least ``level``.

    Filled by the even-odd rule they show that area, to the edges of the grid. NaN is below every level.

    >>> outlines(np.array([[0.0, 2.0], [0.0, 2.0]]), 1.0, [0, 1], [0, 1])
    [[(0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)]]
    """
    values = np.pad(np.where(np.isnan(grid), -np.inf, grid), 1, constant_values=-np.inf)
    xs, ys = [xs[0], *xs, xs[-1]], [ys[0], *ys, ys[-1]]
    above = values >= level
    cases = above[:-1, :-1] + 2 * above[:-1, 1:] + 4 * above[1:, 1:] + 8 * above[1:, :-1]
    ahead: dict[tuple[int, int, bool], tuple[int, int, bool]] = {}
    for i, j in np.argwhere((cases > 0) & (cases < 15)).tolist():
        case = int(cases[i, j])
        with np.errstate(invalid="ignore"):
            joined = case in JOINED and values[i : i + 2, j : j + 2].mean() >= level
        sides = [(i, j, True), (i, j + 1, False), (i + 1, j, True), (i, j, False)]
        ahead.update({sides[a]: sides[b] for a, b in (JOINED if joined else WAYS)[case]})
    found = []
    while ahead:
        start, _ = next(iter(ahead.items()))
        loop, side = [], start
        while side in ahead:
            loop.append(_crossing(values, level, xs, ys, side))
            side = ahead.pop(side)
        found.append(_without_repeats(loop))
    return found


def _crossing(values: np.ndarray, level: float, xs, ys, side: tuple[int, int, bool]) -> Point:
    """Where the surface crosses the level on a side of a cell, between two neighbouring nodes."""
    i, j, flat = side
    k, m = (i, j + 1) if flat else (i + 1, j)
    a, b = float(values[i, j]), float(values[k, m])
    t = (level - a) / (b - a) if np.isfinite(b - a) and a != b else 0.0 if a >= level else 1.0
    return float(xs[j] + t * (xs[m] - xs[j])), float(ys[i] + t * (ys[k] - ys[i]))


def _without_repeats(loop: list[Point]) -> list[Point]:
    return [p for i, p in enumerate(loop) if i == 0 or p != loop[i - 1]]
