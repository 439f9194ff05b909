"""The race seen from above: the surface as a contour map, turned as it was raced on, and the paths upon it."""

import math
from dataclasses import dataclass, replace

import numpy as np

from minigrad.viz.charts import Chart, Relief, Scale, Series, contour_map, even_levels
from minigrad.viz.charts.frame import Frame, framed, stroke
from minigrad.viz.charts.paths import markers, polyline, short, simplified
from minigrad.viz.race.descent import Run
from minigrad.viz.race.standings import Standings
from minigrad.viz.race.surfaces import turned
from minigrad.viz.race.words import ending, point
from minigrad.viz.text import printable

WIDTH, GRID, LEVELS = 560, 81, 9


@dataclass(frozen=True)
class Map:
    """The surface at one rotation, and the frame that says where its points are."""

    chart: Chart
    frame: Frame
    degrees: float

    def at(self, points: np.ndarray) -> list[tuple[float, float]]:
        """The places of points `(n, 2)` on paper."""
        return [self.frame.at(x, y) for x, y in points.tolist()]


def ground(race: Standings, place: int, *, grid: int = GRID, levels: int = LEVELS) -> Map:
    """The map of the surface at one of the rotations."""
    surface, degrees = race.course.surface, race.rotations[place]
    middle, reach = turned(surface.center, degrees), surface.reach
    (x0, y0), (x1, y1) = (middle - reach).tolist(), (middle + reach).tolist()
    frame = framed(Scale(x0, x1), Scale(y0, y1), WIDTH, WIDTH)
    height = round(frame.width) + 62  # as wide as tall, so that angles are right
    frame = framed(Scale(x0, x1), Scale(y0, y1), WIDTH, height)
    at = np.stack(np.meshgrid(np.linspace(x0, x1, grid), np.linspace(y0, y1, grid)), axis=-1)
    heights = surface(at, degrees)
    low = surface.least + (even_levels(heights, levels)[0] - surface.least) / np.array([64.0, 8.0])
    relief = Relief("height", heights, [*low.tolist(), *even_levels(heights, levels)], colour=5, strength=0.07)
    chart = contour_map(
        [relief], x=(x0, x1), y=(y0, y1), title=f"{surface.name} at {degrees:g}°", width=WIDTH, height=height
    )
    return Map(chart, frame, degrees)


def picture(race: Standings, place: int, **options: int) -> Chart:
    """The map and every path, each with a marker at its end."""
    plan = ground(race, place, **options)
    runs = [lane.runs[place] for lane in race.lanes]
    words = "; ".join(f"{printable(run.entrant.name)}: {ending(run)}" for run in runs)
    start, course = turned(race.course.start, plan.degrees), race.course
    summary = (
        f"{plan.chart.title}, seen from above, and paths from {point(start)}. "
        f"Steps until the height stays below {course.tolerance:g} of the start's: {words}."
    )
    rows = tuple(
        (run.entrant.name, ending(run), *run.points[-1].tolist(), float(run.heights[-1] - course.surface.least))
        for run in runs
    )
    head = ("optimizer", "steps", "ends at x", "y", "height above the minimum")
    body = plan.chart.body + overlay(plan, race, runs)
    return replace(plan.chart, summary=summary, body=body, head=head, rows=rows)


def overlay(plan: Map, race: Standings, runs: list[Run]) -> str:
    """The start, the minima, and the paths, clipped to the frame."""
    frame, name = plan.frame, f"clip{plan.degrees:g}".replace(".", "_").replace("-", "m")
    box = f'x="{short(frame.left)}" y="{short(frame.top)}" width="{short(frame.width)}" height="{short(frame.height)}"'
    minima = [frame.at(*turned(minimum, plan.degrees).tolist()) for minimum in race.course.surface.minima]
    x, y = frame.at(*turned(race.course.start, plan.degrees).tolist())
    crosses = "".join(f"M{short(a - 6)} {short(b)}h12M{short(a)} {short(b - 6)}v12" for a, b in minima)
    return (
        f'<clipPath id="{name}"><rect {box}/></clipPath><g clip-path="url(#{name})">'
        f'<path class="a" stroke-width="1.5" d="{crosses}"/><circle class="a" r="6" cx="{short(x)}" cy="{short(y)}"/>'
        f"{''.join(_path(plan, i, run) for i, run in enumerate(runs))}</g>"
    )


def _path(plan: Map, i: int, run: Run) -> str:
    """A path and the marker at its end, which a script can move."""
    colour, dash, marker = look(i)
    places = plan.at(run.points)
    end, line = " ".join(map(short, places[-1])), stroke(polyline(simplified(places)), colour, dash)
    head = f'<g class="head" transform="translate({end})">{markers([(0.0, 0.0)], marker, colour, 8.0)}</g>'
    return f'<g class="lane" data-lane="{i}">{line}{head}</g>'


def look(i: int) -> tuple[int, str, str]:
    """Colour, dashes and marker of the optimizer at a place in the table."""
    return Series("", []).look(i)


def frames(longest: int) -> list[int]:
    """The steps that the slider stops at: every one at first, then further and further apart, up to the longest run.

    >>> frames(5), len(frames(1000))
    ([0, 1, 2, 3, 4, 5], 116)
    """
    found = list(range(min(61, longest + 1)))
    while found[-1] < longest:
        found.append(min(longest, max(found[-1] + 1, math.ceil(found[-1] * 1.05))))
    return found
