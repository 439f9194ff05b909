"""Line charts and scatter plots, with linear and logarithmic axes."""

import math
from collections.abc import Sequence

from minigrad.viz.charts.chart import Chart
from minigrad.viz.charts.frame import Frame, framed, labelled, stroke
from minigrad.viz.charts.paths import Point, markers, polyline, thinned
from minigrad.viz.charts.scale import Scale
from minigrad.viz.charts.series import Band, Series

WIDTH, HEIGHT = 460, 250


def line_chart(
    series: Sequence[Series],
    *,
    title: str,
    x: str,
    y: str,
    log_x: bool = False,
    log_y: bool = False,
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
    zero: bool = False,
    bands: Sequence[Band] = (),
    width: int = WIDTH,
    height: int = HEIGHT,
) -> Chart:
    """Series over one another, each named at its right end.

    The axes find room for all values and bands unless a range is given; what lies outside a range is cut off. On a
    logarithmic axis a value that is not positive is a gap. ``zero`` makes the y axis begin at 0.
    """
    pairs = [one.pairs() for one in series]
    across = [a for points in pairs for a, _ in points] + [v for b in bands if b.upright for v in (b.low, b.high)]
    up = [b for points in pairs for _, b in points] + [v for b in bands if not b.upright for v in (b.low, b.high)]
    height = max(height, round(62 + 14 * (len(series) - 1)))
    frame = framed(
        Scale(float(x_range[0]), float(x_range[1]), log_x) if x_range else Scale.over(across, log=log_x, tight=True),
        Scale(float(y_range[0]), float(y_range[1]), log_y) if y_range else Scale.over(up, log=log_y, zero=zero),
        width,
        height,
        names=[one.name for one in series],
    )
    behind, over = frame.bands(bands)
    body = behind + frame.axes(x, y) + drawn(frame, series, pairs) + over
    head, rows = twin(series, pairs, x, y)
    summary = f"{title}: {y} by {x}. {described(series, pairs)}"
    return Chart(title, summary, width, height, body, head, rows, None if log_x else (x, frame.area))


def drawn(frame: Frame, series: Sequence[Series], pairs: Sequence[list[Point]]) -> str:
    """The series in the frame, and their labels."""
    parts, ends = [], []
    for i, (one, points) in enumerate(zip(series, pairs)):
        colour, dash, marker = one.look(i)
        places = [_within(frame, *frame.at(*point)) for point in points]
        seen = [p for p in places if not math.isnan(p[0] + p[1])]
        ends.append(seen[-1][1] if seen else math.nan)
        if one.line and seen:
            parts.append(stroke(polyline(thinned(places)), colour, dash))
        if one.points:
            parts.append(markers(places, marker, colour))
    return "".join(parts) + labelled(frame, series, ends)


def twin(series: Sequence[Series], pairs: Sequence[list[Point]], x: str, y: str) -> tuple[tuple[str, ...], tuple]:
    """Head and rows of the table: one column for each series, or three columns where every series has x of its own."""
    shared = [[a for a, _ in points] for points in pairs]
    if all(one == shared[0] for one in shared):
        columns = [[b for _, b in points] for points in pairs]
        rows = tuple(zip(map(_whole, shared[0] if shared else ()), *columns))
        return (x, *(one.name if len(series) > 1 else f"{y}: {one.name}" for one in series)), rows
    several = tuple((one.name, _whole(a), b) for one, points in zip(series, pairs) for a, b in points)
    return ("series", x, y), several


def described(series: Sequence[Series], pairs: Sequence[list[Point]]) -> str:
    """In words: where each series begins and ends."""
    parts = []
    for one, points in zip(series[:12], pairs):
        seen = [(a, b) for a, b in points if math.isfinite(a) and math.isfinite(b)]
        if not seen:
            parts.append(f"{one.name}: no values")
        elif one.line and len(seen) > 1:
            (a, b), (c, d) = seen[0], seen[-1]
            parts.append(f"{one.name}: {b:.3g} at {a:g}, {d:.3g} at {c:g}")
        else:
            parts.append(f"{one.name}: {len(seen):,} point{'s' * (len(seen) > 1)}")
    more = len(series) - 12
    return "; ".join(parts) + (f"; and {more} more" if more > 0 else "") + "."


def _within(frame: Frame, x: float, y: float) -> Point:
    """The place if it is in the frame, with a little room for the line; else none."""
    inside = frame.left - 1 <= x <= frame.right + 1 and frame.top - 1 <= y <= frame.bottom + 1
    return (x, y) if inside else (math.nan, math.nan)


def _whole(value: float) -> int | float:
    return int(value) if math.isfinite(value) and value == int(value) else value
