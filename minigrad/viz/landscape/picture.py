"""The landscape drawn: planes seen from above, and the loss along lines."""

from dataclasses import replace

import numpy as np

from minigrad.viz.charts import Band, Chart, Relief, Scale, Series, contour_map, even_levels, line_chart
from minigrad.viz.charts.frame import Frame, framed, stroke, text
from minigrad.viz.charts.paths import markers, polyline, short
from minigrad.viz.landscape.path import Path
from minigrad.viz.landscape.sight import Sight
from minigrad.viz.landscape.survey import Line, Plane
from minigrad.viz.text import number

WIDTH, HEIGHT, LEVELS = 520, 480, 9
COLOUR, MARK = 5, 1
"""Of the surface, and of what stands upon it."""


def plane_picture(sight: Sight) -> Chart:
    """The loss over the random plane, the model in the middle."""
    chart, frame = seen_from_above(
        sight.plane, f"Loss around the model ({part_name(sight.plane.part)})", "along direction 1", "along direction 2"
    )
    x, y = frame.at(0.0, 0.0)
    here = f'<path class="a" stroke-width="1.5" d="M{short(x - 6)} {short(y)}h12M{short(x)} {short(y - 6)}v12"/>'
    summary = f"{chart.summary} The model, in the middle, has {number(sight.height)}."
    return replace(chart, summary=summary, body=chart.body + here + moving(frame, 0.0, 0.0))


def path_picture(path: Path) -> Chart:
    """The loss over the plane of the path, and the snapshots upon it."""
    chart, frame = seen_from_above(
        path.plane, f"Loss around the path ({part_name(path.plane.part)})", "along component 1", "along component 2"
    )
    places = [frame.at(x, y) for x, y in path.points.tolist()]
    (x0, y0), (x1, y1) = places[0], places[-1]
    body = (
        stroke(polyline(places), MARK, "")
        + markers(places, "circle", MARK, 6.0)
        + text(x0 + 7, y0 - 7, f"epoch {path.epochs[0]}", "k")
        + text(x1 - 4, y1 + 20, f"epoch {path.epochs[-1]}", "k e")
        + moving(frame, *path.points[-1].tolist())
    )
    losses, part = path.losses[path.plane.part], path.plane.part
    ends = f"from {number(losses[0])} to {number(losses[-1])}"
    summary = f"{chart.summary} The path of {len(path.epochs)} snapshots goes {ends}."
    head = ("epoch", "component 1", "component 2", "away from the plane", f"{part_name(part)} loss")
    rows = tuple(zip(path.epochs, *path.points.T.tolist(), path.away.tolist(), losses.tolist()))
    return replace(chart, summary=summary, body=chart.body + body, head=head, rows=rows)


def seen_from_above(plane: Plane, title: str, x: str, y: str) -> tuple[Chart, Frame]:
    """A contour map of the loss, and where its points are on paper."""
    (x0, x1), (y0, y1) = ((at[0].item(), at[-1].item()) for at in (plane.x, plane.y))
    relief = Relief("loss", finite(plane.grid), levels_of(plane), colour=COLOUR, strength=0.075, line=None)
    chart = contour_map([relief], x=(x0, x1), y=(y0, y1), title=title, x_label=x, y_label=y, width=WIDTH, height=HEIGHT)
    return chart, framed(Scale(x0, x1), Scale(y0, y1), WIDTH, HEIGHT)


def levels_of(plane: Plane) -> list[float]:
    """Heights whose areas are about as large, and between the lowest point and the first of them two more."""
    found = even_levels(finite(plane.grid), LEVELS)
    low = float(np.nanmin(finite(plane.grid)))
    return [*(low + (found[0] - low) * share for share in (0.1, 0.4)), *found] if found else []


def along_lines(lines: list[tuple[str, Line]], title: str, x: str, bands: tuple[Band, ...] = ()) -> Chart:
    """The loss along lines, on every part of the data, on a logarithmic scale."""
    series = [
        Series(label, finite(losses).tolist(), line.at.tolist(), colour=i, dash=j)
        for i, (name, line) in enumerate(lines)
        for j, (part, losses) in enumerate(line.losses.items())
        for label in [", ".join(filter(None, [name, part_name(part)]))]
    ]
    return line_chart(series, title=title, x=x, y="loss", log_y=True, bands=bands, width=WIDTH, height=300)


def finite(x: np.ndarray) -> np.ndarray:
    """NaN in the place of what is not finite."""
    return np.where(np.isfinite(x), x, np.nan)


def part_name(part: str) -> str:
    return {"train": "training"}.get(part, part)


def moving(frame: Frame, x: float, y: float) -> str:
    """A ring that a script can move."""
    a, b = frame.at(x, y)
    ring = f'<circle class="s{MARK}" r="7" fill="var(--paper)" fill-opacity=".6" stroke-width="2.5"/>'
    return f'<g class="here" transform="translate({short(a)} {short(b)})">{ring}</g>'
