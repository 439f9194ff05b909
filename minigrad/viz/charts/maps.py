"""Maps: a number for each cell of a table, and the height of a surface over the plane."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from minigrad.viz.charts.chart import Chart
from minigrad.viz.charts.contours import outlines
from minigrad.viz.charts.frame import LETTER, framed, text, width_of
from minigrad.viz.charts.lines import described, drawn
from minigrad.viz.charts.paths import polyline, short, simplified
from minigrad.viz.charts.scale import Scale, tick_label
from minigrad.viz.charts.series import Series
from minigrad.viz.text import printable


@dataclass(frozen=True)
class Relief:
    """Heights on a grid, rows from the lowest y up, shown by filled ``levels``: the higher, the stronger.

    ``line`` is the level, if any, that is drawn as a line too.
    """

    name: str
    grid: np.ndarray
    levels: Sequence[float]
    colour: int = 0
    line: float | None = None
    strength: float = 0.14
    """How opaque the area above each level is."""


def heat_map(
    values,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    title: str,
    x: str,
    y: str,
    show=tick_label,
    colour: int = 0,
    power: float = 0.5,
    cell: int = 30,
) -> Chart:
    """A table of numbers whose cells are the darker the larger the number: ``(|v| / largest) ** power``."""
    grid = np.asarray(values, dtype=float)
    words = [[show(float(v)) if math.isfinite(v) and v else "" for v in line] for line in grid]
    longest = max((width_of(printable(name, 16)) for name in columns), default=0.0) if len(columns) <= 10 else 0.0
    wide = max(cell, round(max([longest, *(width_of(w) for line in words for w in line)])) + 8)
    left = 12 + max(width_of(printable(name, 16)) for name in [*rows, f"{y} ↓"])
    top, largest = 40, float(np.max(np.abs(grid), initial=0.0, where=np.isfinite(grid))) or 1.0
    tall = min(wide, 24 if cell < 26 else 26)
    parts = [text(left, 12, f"{x} →", "q"), text(2, 28, f"{y} ↓", "q")]
    for j, name in enumerate(columns):
        parts.append(text(left + wide * (j + 0.5), 31, name, "m", 16 if longest else max(2, int(wide / LETTER))))
    for i, name in enumerate(rows):
        parts.append(text(left - 6, top + tall * (i + 0.65), name, "e", 16))
        for j, v in enumerate(grid[i]):
            place = f'x="{short(left + wide * j)}" y="{top + tall * i}" width="{wide - 1}" height="{tall - 1}"'
            strength = 0.06 + 0.5 * (abs(v) / largest) ** power if math.isfinite(v) and v else 0.04
            parts.append(f'<rect class="f{colour} n" {place} fill-opacity="{strength:.2f}"/>')
            if words[i][j]:
                parts.append(text(left + wide * (j + 0.5), top + tall * (i + 0.65), words[i][j], "m"))
    width, height = round(left + wide * len(columns) + 8), top + tall * len(rows) + 8
    table = tuple((name, *map(_plain, line)) for name, line in zip(rows, grid.tolist()))
    summary = f"{title}: a table of {len(rows)} by {len(columns)} numbers, {y} down, {x} across."
    return Chart(title, summary, width, height, "".join(parts), (f"{y} \\ {x}", *columns), table)


def contour_map(
    reliefs: Sequence[Relief],
    *,
    x: tuple[float, float],
    y: tuple[float, float],
    title: str,
    series: Sequence[Series] = (),
    x_label: str = "x",
    y_label: str = "y",
    width: int = 460,
    height: int = 340,
) -> Chart:
    """Surfaces over the rectangle ``x`` by ``y`` seen from above, with series of points or paths upon them."""
    names = [one.name for one in series]
    frame = framed(Scale(float(x[0]), float(x[1])), Scale(float(y[0]), float(y[1])), width, height, names=names)
    parts = []
    for relief in reliefs:
        n, m = relief.grid.shape
        xs = [frame.left + frame.width * j / (m - 1) for j in range(m)]
        ys = [frame.bottom - frame.height * i / (n - 1) for i in range(n)]
        for level in relief.levels:
            d = _area(relief.grid, level, xs, ys)
            stroked = f's{relief.colour}" stroke-width=".8' if level == relief.line else "n"
            opacity = f"{relief.strength:.2f}".lstrip("0")
            parts.append(
                f'<path class="f{relief.colour} {stroked}" fill-opacity="{opacity}" fill-rule="evenodd" d="{d}"/>'
            )
    pairs = [one.pairs() for one in series]
    body = "".join(parts) + frame.axes(x_label, y_label, grid=False) + drawn(frame, series, pairs)
    heights = "; ".join(f"{one.name} from {np.nanmin(one.grid):.3g} to {np.nanmax(one.grid):.3g}" for one in reliefs)
    summary = f"{title}: seen from above, {heights}." + (f" {described(series, pairs)}" if series else "")
    head, rows = _sampled(reliefs, x, y, x_label, y_label)
    return Chart(title, summary, width, height, body, head, rows, (x_label, frame.area))


def _area(grid: np.ndarray, level: float, xs, ys) -> str:
    loops = [simplified([*loop, loop[0]], 0.3)[:-1] for loop in outlines(grid, level, xs, ys)]
    return "".join(polyline(loop, closed=True) for loop in loops if len(loop) > 2)


def _sampled(reliefs, x, y, x_label: str, y_label: str) -> tuple[tuple[str, ...], tuple]:
    """The table of a map: the heights at 6 by 6 places."""
    rows = []
    for i in range(6):
        for j in range(6):
            spots = [
                float(one.grid[round(i * (one.grid.shape[0] - 1) / 5), round(j * (one.grid.shape[1] - 1) / 5)])
                for one in reliefs
            ]
            rows.append((x[0] + (x[1] - x[0]) * j / 5, y[0] + (y[1] - y[0]) * i / 5, *spots))
    return (x_label, y_label, *(one.name for one in reliefs)), tuple(rows)


def even_levels(grid: np.ndarray, count: int = 8) -> list[float]:
    """Levels between the least and the greatest height, so that the areas between them are about as large.

    >>> even_levels(np.arange(12.0).reshape(3, 4), 3)
    [2.75, 5.5, 8.25]
    """
    found = np.nanquantile(grid, np.linspace(0, 1, count + 2)[1:-1]).tolist()
    return [a for a, b in pairwise([*found, math.inf]) if a < b]


def _plain(value: float) -> int | float:
    return int(value) if math.isfinite(value) and value == int(value) else value
