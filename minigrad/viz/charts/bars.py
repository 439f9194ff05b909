"""Bars for a number with a name, and histograms for many numbers."""

import math
from collections.abc import Sequence
from itertools import pairwise

from minigrad.viz.charts.chart import Chart
from minigrad.viz.charts.frame import LETTER, framed, labelled, stroke, text, width_of
from minigrad.viz.charts.paths import Point, polyline, short
from minigrad.viz.charts.scale import Scale, tick_label
from minigrad.viz.charts.series import Band, Numbers, Series, number_of
from minigrad.viz.text import printable

FILLS = ('fill-opacity=".75"', 'fill="none" stroke-width="1.5"', 'fill-opacity=".25" stroke-dasharray="3 2"')
"""Bars of the first series, the second and the third are told apart by how they are filled."""


def bar_chart(
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    title: str,
    y: str,
    y_range: tuple[float, float] | None = None,
    show=tick_label,
    width: int = 460,
) -> Chart:
    """A horizontal bar for each label, its number written at its end; of several series, one below the other."""
    values = [[number_of(v) for v in one.y] for one in series]
    rows, n = [str(label) for label in labels], len(series)
    thick = 12 if n > 1 else 15
    pitch = n * (thick + 2) + 7
    left = 12 + max((width_of(printable(row, 24)) for row in rows), default=0.0)
    written = max((len(show(v)) for column in values for v in column if math.isfinite(v)), default=1)
    room = width - left - 14 - LETTER * written
    scale = (
        Scale(float(y_range[0]), float(y_range[1]))
        if y_range
        else Scale.over([v for c in values for v in c], zero=True, tight=True)
    )
    parts, top = [], 20 if n > 1 else 6
    for j, one in enumerate(series):
        colour = one.look(j)[0]
        if n > 1:
            key = 12 + sum(LETTER * len(other.name) + 34 for other in series[:j])
            parts += [_bar(key, 4, 16, 10, colour, j), text(key + 21, 13, one.name)]
        for i, value in enumerate(values[j]):
            y0 = top + i * pitch + j * (thick + 2)
            start, end = (min(1.0, max(0.0, scale.place(v))) for v in (0.0, value if math.isfinite(value) else 0.0))
            x0, x1 = left + room * min(start, end), left + room * max(start, end)
            parts.append(_bar(x0, y0, x1 - x0, thick, colour, j))
            parts.append(text(x1 + 5, y0 + thick - 3, show(value) if math.isfinite(value) else "–", "q"))
    parts += [text(left - 6, top + i * pitch + pitch / 2, label, "e", 24) for i, label in enumerate(rows)]
    height = round(top + len(rows) * pitch + 4)
    words = "; ".join(f"{label} {', '.join(show(c[i]) for c in values)}" for i, label in enumerate(rows[:20]))
    table = tuple((label, *(column[i] for column in values)) for i, label in enumerate(rows))
    return Chart(
        title, f"{title}: {y}. {words}.", width, height, "".join(parts), ("", *(one.name for one in series)), table
    )


def histogram(
    edges: Numbers,
    series: Sequence[Series],
    *,
    title: str,
    x: str,
    y: str = "count",
    log_y: bool = False,
    bands: Sequence[Band] = (),
    width: int = 460,
    height: int = 220,
) -> Chart:
    """How many numbers lie between each two of the ``edges``, as an outline for each series; the first is filled."""
    ends = [number_of(edge) for edge in edges]
    counts = [[number_of(v) for v in one.y] for one in series]
    for one, column in zip(series, counts):
        if len(column) != len(ends) - 1:
            raise ValueError(f"histogram: {one.name!r} has {len(column)} counts for {len(ends) - 1} intervals")
    frame = framed(
        Scale.over(ends, tight=True),
        Scale.over([v for column in counts for v in column], log=log_y, zero=True),
        width,
        max(height, round(62 + 14 * (len(series) - 1))),
        names=[one.name for one in series],
    )
    behind, over = frame.bands(bands)
    parts, last = [behind, frame.axes(x, y)], []
    for i, (one, column) in enumerate(zip(series, counts)):
        colour, dash, _ = one.look(i)
        steps = [frame.at(edge, v if v > 0 or not log_y else frame.y.low) for edge, v in _outline(ends, column)]
        base = [(steps[0][0], frame.bottom), *steps, (steps[-1][0], frame.bottom)]
        if i == 0:
            parts.append(f'<path class="f{colour} n" fill-opacity=".18" d="{polyline(base, closed=True)}"/>')
        parts.append(stroke(polyline(base), colour, dash))
        last.append(frame.top + frame.height * (i + 0.5) / (len(series) + 1))
    parts += [labelled(frame, series, last), over]
    rows = tuple((f"{a:.3g} to {b:.3g}", *(c[i] for c in counts)) for i, (a, b) in enumerate(pairwise(ends)))
    words = "; ".join(f"{one.name}: {sum(c):,.0f} values, most {_mode(ends, c)}" for one, c in zip(series, counts))
    head = (x, *(one.name for one in series))
    summary = f"{title}: {y} by {x}. {words}."
    return Chart(title, summary, width, round(frame.height + 62), "".join(parts), head, rows, (x, frame.area))


def _outline(edges: Sequence[float], counts: Sequence[float]) -> list[Point]:
    return [(edge, count) for a, b, count in zip(edges, edges[1:], counts) for edge in (a, b)]


def _mode(edges: Sequence[float], counts: Sequence[float]) -> str:
    i = max(range(len(counts)), key=lambda i: counts[i])
    return f"from {edges[i]:.3g} to {edges[i + 1]:.3g}"


def _bar(x: float, y: float, width: float, height: float, colour: int, kind: int) -> str:
    style = FILLS[kind % len(FILLS)]
    box = f'x="{short(x)}" y="{short(y)}" width="{short(max(width, 0.5))}" height="{short(height)}"'
    return f'<rect class="s{colour}{"" if "none" in style else f" f{colour}"}" {box} {style}/>'
