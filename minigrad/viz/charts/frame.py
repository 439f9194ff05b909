"""The frame of a chart: its plot area, axes, ticks and grid, and the labels of the series at its right edge."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from minigrad.viz.charts.paths import Point, markers, short
from minigrad.viz.charts.scale import Scale, tick_label
from minigrad.viz.charts.series import Band, Series
from minigrad.viz.text import printable

LETTER = 6.1
"""The width of a letter, in points: an estimate, for room to be left."""

NARROW, WIDE = frozenset("fijlrtI.,:;'|!()[] "), frozenset("mwMW@%—…+=~<>±")

LONGEST_NAME = 26
LINE = 14.0
"""The distance of two labels, one below the other."""


@dataclass(frozen=True)
class Frame:
    """Where the plot area is, and what its edges mean."""

    x: Scale
    y: Scale
    left: float
    top: float
    width: float
    height: float

    def at(self, a: float, b: float) -> Point:
        """The place of a point of data; NaN where it has none."""
        return self.left + self.width * self.x.place(a), self.top + self.height * (1 - self.y.place(b))

    @property
    def area(self) -> tuple[float, ...]:
        """Left, top, width, height of the plot area, and the lowest and highest x."""
        return self.left, self.top, self.width, self.height, self.x.low, self.x.high

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    def axes(self, x: str, y: str, *, grid: bool = True) -> str:
        """Ticks with their labels, the grid, and what the axes are called."""
        across = self.x.ticks(max(2, min(8, int(self.width / 62))))
        up = self.y.ticks(max(2, min(7, int(self.height / 30))))
        level = [(v, self.at(self.x.low, v)[1]) for v in up]
        upright = [(v, self.at(v, self.y.low)[0]) for v in across]
        lines = "".join(f"M{short(self.left)} {short(place)}h{short(self.width)}" for _, place in level)
        stubs = "".join(f"M{short(place)} {short(self.bottom)}v4" for _, place in upright)
        parts = [
            f'<path class="g" d="{lines}"/>' if grid else "",
            f'<path class="a" d="M{short(self.left)} {short(self.bottom)}h{short(self.width)}{stubs}"/>',
            *(text(self.left - 6, place + 4, tick_label(v), "q e") for v, place in level),
            *(text(place, self.bottom + 16, tick_label(v), "q m") for v, place in upright),
            text(self.right, self.bottom + 30, x, "q e"),
            text(max(2.0, self.left - 6 - _widest(up)), self.top - 9, y, "q"),
        ]
        return "".join(parts)

    def bands(self, bands: Sequence[Band]) -> tuple[str, str]:
        """Bands, and lines that should not be crossed, to go behind the series; and their names, to go over them."""
        areas, names = zip(*map(self._band, bands)) if bands else ((), ())
        return "".join(areas), "".join(names)

    def _band(self, band: Band) -> tuple[str, str]:
        scale = self.x if band.upright else self.y
        low, high = (min(1.0, max(0.0, _place(scale, v))) for v in (band.low, band.high))
        if band.upright:
            x = self.left + self.width * low
            wide = self.width * (high - low)
            area = f'x="{short(x)}" y="{short(self.top)}" width="{short(wide)}" height="{short(self.height)}"'
            line, place = f"M{short(x)} {short(self.top)}v{short(self.height)}", (x + 4, self.top + 11)
        else:
            y = self.top + self.height * (1 - high)
            tall = self.height * (high - low)
            area = f'x="{short(self.left)}" y="{short(y)}" width="{short(self.width)}" height="{short(tall)}"'
            line, place = (
                f"M{short(self.left)} {short(y)}h{short(self.width)}",
                (self.left + 4, y - 4 if not tall else y + max(12.0, tall - 5)),
            )
        label = text(*place, band.name, "k")
        if high > low:
            return f'<rect {area} fill="var(--s2)" fill-opacity=".13"/>', label
        return (f'<path class="a" stroke-dasharray="5 4" d="{line}"/>', label) if 0 < low < 1 else ("", "")


def framed(
    x: Scale, y: Scale, width: float, height: float, *, margin: float = 14.0, names: Sequence[str] = ()
) -> Frame:
    """A frame in a picture of this size, with room for the labels of its axes and the ``names`` of its series."""
    up = y.ticks(max(2, min(7, int((height - 62) / 30))))
    left = 10 + _widest(up)
    right = margin if not names else 34 + max(width_of(printable(name, LONGEST_NAME)) for name in names)
    return Frame(x, y, left, 26, width - left - right, height - 62)


def text(x: float, y: float, words: str, kind: str = "", longest: int = 60) -> str:
    """Words at a place, escaped."""
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{short(x)}" y="{short(y)}"{style}>{escape(printable(words, longest))}</text>'


def width_of(words: str) -> float:
    """About how wide the words are, in points."""
    return sum(LETTER * (0.6 if c in NARROW else 1.6 if c in WIDE else 1.2 if c.isupper() else 1.1) for c in words)


def labelled(frame: Frame, series: Sequence[Series], ends: Sequence[float]) -> str:
    """The name of each series, with a sample of its line, at the right edge and as near to its end as there is room."""
    wanted = [frame.bottom if math.isnan(end) else end for end in ends]
    order = sorted(range(len(series)), key=lambda i: wanted[i])
    heights = spread([wanted[i] for i in order], LINE, frame.top - 4, frame.bottom)
    parts = []
    for i, y in zip(order, heights):
        colour, dash, marker = series[i].look(i)
        x = frame.right + 6
        if series[i].line:
            parts.append(stroke(f"M{short(x)} {short(y)}h18", colour, dash))
        if series[i].points:
            parts.append(sample(x + 9, y, marker, colour))
        parts.append(text(x + 22, y + 4, series[i].name, longest=LONGEST_NAME))
    return "".join(parts)


def spread(wanted: Sequence[float], distance: float, low: float, high: float) -> list[float]:
    """Places as near to the ``wanted`` ones, which ascend, as can be, at least ``distance`` apart and within bounds.

    >>> spread([10, 10, 50], 14, 0, 60)
    [3.0, 17.0, 50.0]
    """
    groups: list[list[float]] = []  # first place, number of members
    for want in wanted:
        groups.append([float(want), 1.0])
        while len(groups) > 1 and groups[-2][0] + groups[-2][1] * distance > groups[-1][0]:
            start, count = groups.pop()
            before, n = groups[-1]
            middle = (n * before + count * (start - n * distance)) / (n + count)
            groups[-1] = [middle, n + count]
        start, count = groups[-1]
        groups[-1][0] = max(low, min(start, high - (count - 1) * distance))
        while len(groups) > 1 and groups[-2][0] + groups[-2][1] * distance > groups[-1][0]:
            start, count = groups.pop()
            before, n = groups[-1]
            groups[-1] = [max(low, min(before, high - (n + count - 1) * distance)), n + count]
    return [start + i * distance for start, count in groups for i in range(int(count))]


def stroke(d: str, colour: int, dash: str) -> str:
    """A line of a series."""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path class="l s{colour}"{dashes} d="{d}"/>'


def sample(x: float, y: float, marker: str, colour: int) -> str:
    """One marker, for a label."""
    return markers([(x, y)], marker, colour)


def _place(scale: Scale, value: float) -> float:
    place = scale.place(value)
    return (0.0 if value < scale.high else 1.0) if math.isnan(place) else place


def _widest(ticks: Sequence[float]) -> float:
    return max((width_of(tick_label(v)) for v in ticks), default=LETTER)
