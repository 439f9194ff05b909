"""The page of a landscape: the plane around the model and the one of the path, sliders that walk on them, lines."""

from html import escape
from typing import Any

import numpy as np

from minigrad.viz.charts import CSS, Band
from minigrad.viz.landscape.path import Path
from minigrad.viz.landscape.picture import along_lines, levels_of, part_name, path_picture, plane_picture
from minigrad.viz.landscape.sight import Sight
from minigrad.viz.landscape.survey import Plane
from minigrad.viz.landscape.words import facts, headings, notes, rows, title
from minigrad.viz.page import asset, page, table
from minigrad.viz.text import number, printable

ENDS = (Band("first snapshot", 0.0, 0.0, upright=True), Band("last", 1.0, 1.0, upright=True))


def landscape_page(sight: Sight) -> str:
    """The text of the HTML file."""
    pairs = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts(sight))
    again = f"<h2>Again</h2><pre>{escape(printable(sight.command, 500))}</pre>" if sight.command else ""
    return page(
        title(sight),
        f'<dl class="facts">{pairs}</dl>{_around(sight)}{_along(sight)}{again}',
        style=CSS + asset("landscape.css"),
        script=asset("landscape.js"),
        data=_data(sight),
    )


def _around(sight: Sight) -> str:
    far, count = sight.plane.x[-1].item(), len(sight.plane.x)
    lines = along_lines(
        [(d.line.name, d.line) for d in sight.directions], "Loss along each direction", "steps of a filter's own length"
    )
    sliders = "".join(
        f'<label for="{axis}">direction {i}</label>'
        f'<input type="range" id="{axis}" min="0" max="{count - 1}" value="{count // 2}">'
        for i, axis in enumerate("xy", 1)
    )
    return (
        "<section><h2>Around the trained model</h2>"
        f"<p>From the model, in the middle, up to {far:g} along two random directions (seed {sight.seed}, the cosine "
        f"of their angle is {sight.cosine:.2f}), normalized filter by filter: a step of 1 changes the weights into "
        "each unit by their own length. Biases and scales stay. The stronger the colour, the higher.</p>"
        f'<div class="charts"><div>{plane_picture(sight).figure(_levels(sight.plane))}'
        f"{_form('walk', sliders, 'x y')}</div><div>{lines.figure()}"
        f"{table(headings(sight), rows(sight), 'At the model itself, from first and second derivatives')}</div></div>"
        "</section>"
    )


def _along(sight: Sight) -> str:
    head = "<section><h2>Along the path of training</h2>"
    said = f"<ul>{''.join(f'<li>{escape(note)}</li>' for note in notes(sight))}</ul>"
    if sight.path is None:
        return f"{head}{said}</section>"
    path = sight.path
    last = len(path.epochs) - 1
    slider = (
        f'<label for="snapshot">snapshot</label><input type="range" id="snapshot" min="0" max="{last}" value="{last}">'
    )
    line = along_lines([("", path.line)], "Loss on the straight line", "from the first snapshot to the last", ENDS)
    return (
        f"{head}<p>The plane through the last snapshot that is nearest to all others (principal components of "
        "their differences from it; weights, biases and running statistics). A point beside the plane has another loss "
        "than the map shows under it: the table has both the distance and the loss of the snapshot itself.</p>"
        f'{said}<div class="charts"><div>{path_picture(path).figure(_levels(path.plane))}'
        f"{_form('go', slider, 'snapshot')}</div><div>{line.figure()}</div></div></section>"
    )


def _form(name: str, sliders: str, ids: str) -> str:
    """Sliders and what they read out; shown by the script, which they need."""
    return f'<form class="walk screen-only" id="{name}" hidden>{sliders}<output for="{ids}"></output></form>'


def _levels(plane: Plane) -> str:
    return f"Edges at a loss of {', '.join(number(level) for level in levels_of(plane))}."


def _data(sight: Sight) -> dict[str, Any]:
    return {"plane": _grid(sight.plane), "path": _steps(sight.path) if sight.path else None}


def _grid(plane: Plane) -> dict[str, Any]:
    loss = [[float(f"{v:.4g}") for v in row] for row in plane.grid.tolist()]
    x, y = (np.round(at, 4).tolist() for at in (plane.x, plane.y))
    return {"x": x, "y": y, "loss": loss, "center": loss[len(y) // 2][len(x) // 2]}


def _steps(path: Path) -> dict[str, Any]:
    plane = path.plane
    low, high = ([float(at[i]) for at in (plane.x, plane.y)] for i in (0, -1))
    names = [f"{part_name(part)} loss" for part in path.losses]
    rounded = [[float(f"{v:.4g}") for v in losses.tolist()] for losses in path.losses.values()]
    return {
        "epochs": list(path.epochs),
        "points": np.round(path.points, 5).tolist(),
        "low": low,
        "high": high,
        "head": names,
        "losses": rounded,
    }
