"""Lines and markers as the shortest path data that look the same: tenths of a point, no point that changes nothing."""

import math
from collections.abc import Iterable, Sequence

Point = tuple[float, float]

MARKS = {
    "triangle": "m0-3.2l3 5.2h-6z",
    "diamond": "m0-3.2l2.8 3.2-2.8 3.2-2.8-3.2z",
    "cross": "m-2.4-2.4l4.8 4.8m0-4.8l-4.8 4.8",
    "plus": "m-3 0h6m-3-3v6",
    "wedge": "m0 3.2l3-5.2h-6z",
    "bar": "m-3.4 0h6.8",
}
"""Markers that are drawn; a circle and a square are the ends of strokes without a length."""


def short(value: float) -> str:
    """A coordinate in tenths.

    >>> short(12.04), short(-0.5), short(3.26)
    ('12', '-.5', '3.3')
    """
    text = f"{value:.1f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def joined(numbers: Iterable[float]) -> str:
    """Coordinates one after the other, with a space only where two would run together.

    >>> joined([1.0, -2.5, 3.0])
    '1-2.5 3'
    """
    text = ""
    for word in map(short, numbers):
        text += word if not text or word[0] == "-" else f" {word}"
    return text


def polyline(points: Sequence[Point], *, closed: bool = False) -> str:
    """A path through the points; where one of them is NaN, the line is broken.

    >>> polyline([(0, 0), (10, 5), (math.nan, 0), (20, 5), (30, 5)])
    'M0 0l10 5M20 5l10 0'
    """
    parts, run = [], list[Point]()
    for point in [*points, (math.nan, math.nan)]:
        if math.isnan(point[0]) or math.isnan(point[1]):
            if run:
                parts.append(_run(run, closed))
            run = []
        else:
            run.append(point)
    return "".join(parts)


def _run(points: list[Point], closed: bool) -> str:
    tenths = [(round(10 * x), round(10 * y)) for x, y in points]
    (x, y), steps = tenths[0], list[float]()
    start = f"M{joined([x / 10, y / 10])}"
    for a, b in tenths[1:]:
        if (a, b) != (x, y):
            steps += [(a - x) / 10, (b - y) / 10]
            x, y = a, b
    return start + (f"l{joined(steps)}" if steps else "h0") + ("z" if closed else "")


def thinned(points: Sequence[Point]) -> list[Point]:
    """The points without those that nobody can see: in each column of a point's width the extremes are kept.

    Then what lies on the line between its neighbours goes, within a fifth of a point. Gaps stay.
    """
    if len(points) > 400:
        points = _extremes(points)
    found, run = [], list[Point]()
    for point in points:
        if math.isnan(point[0]) or math.isnan(point[1]):
            found += [*simplified(run), (math.nan, math.nan)]
            run = []
        else:
            run.append(point)
    return found + simplified(run)


def _extremes(points: Sequence[Point]) -> list[Point]:
    columns: dict[int | None, list[int]] = {}
    for i, (x, y) in enumerate(points):
        columns.setdefault(None if math.isnan(x) or math.isnan(y) else int(x), []).append(i)
    kept = set(columns.pop(None, []))
    for places in columns.values():
        kept |= {min(places, key=lambda i: points[i][1]), max(places, key=lambda i: points[i][1]), places[0]}
    return [points[i] for i in sorted(kept)]


def simplified(points: Sequence[Point], tolerance: float = 0.2) -> list[Point]:
    """The fewest of the points whose line stays within ``tolerance`` of all (Douglas, Peucker 1973).

    >>> simplified([(0, 0), (1, 0.01), (2, 0), (3, 4)])
    [(0, 0), (2, 0), (3, 4)]
    """
    if len(points) < 3:
        return list(points)
    kept, spans = {0, len(points) - 1}, [(0, len(points) - 1)]
    while spans:
        first, last = spans.pop()
        (x0, y0), (x1, y1) = points[first], points[last]
        dx, dy = x1 - x0, y1 - y0
        length, far, furthest = math.hypot(dx, dy), 0.0, first
        for i in range(first + 1, last):
            x, y = points[i]
            away = abs(dx * (y - y0) - dy * (x - x0)) / length if length else math.hypot(x - x0, y - y0)
            if away > far:
                far, furthest = away, i
        if far > tolerance:
            kept.add(furthest)
            spans += [(first, furthest), (furthest, last)]
    return [points[i] for i in sorted(kept)]


def markers(points: Iterable[Point], marker: str, colour: int, size: float = 4.5) -> str:
    """A mark at each of the points, in one path element."""
    kept = [(x, y) for x, y in points if not (math.isnan(x) or math.isnan(y))]
    if not kept:
        return ""
    if marker in ("circle", "square"):
        size, cap = (size, "round") if marker == "circle" else (size - 0.5, "square")
        d = "".join(f"M{joined(point)}h0" for point in kept)
        return f'<path class="s{colour}" stroke-width="{short(size)}" stroke-linecap="{cap}" d="{d}"/>'
    d = "".join(f"M{joined(point)}{MARKS[marker]}" for point in kept)
    filled = MARKS[marker].endswith("z")
    return f'<path class="{f"f{colour} n" if filled else f"s{colour} l"}" d="{d}"/>'
