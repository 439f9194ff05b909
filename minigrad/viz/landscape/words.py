"""What a landscape came to, in words, and the same for a program."""

import math
from typing import Any

import numpy as np

from minigrad.viz.landscape.path import Path
from minigrad.viz.landscape.picture import part_name
from minigrad.viz.landscape.sight import Sight
from minigrad.viz.text import aligned_left, number, printable

Row = tuple[str, ...]


def title(sight: Sight) -> str:
    """What is looked at, in a line."""
    return f"{printable(sight.name, 80)} · loss landscape"


def facts(sight: Sight) -> list[tuple[str, str]]:
    """The figures that are looked for first, by name."""
    pairs = [(f"{part_name(part)} loss", number(loss)) for part, loss in sight.loss.items()]
    if sight.epoch is not None:
        pairs.append(("weights of epoch", str(sight.epoch)))
    pairs.append(("at most twice the loss", f"{100 * sight.flat:.3g} % of the plane"))
    if sight.path:
        pairs.append(("plane of the path", f"holds {100 * sum(sight.path.shares):.3g} % of it"))
    return pairs


def headings(sight: Sight) -> Row:
    """The heads of the columns of :func:`rows`."""
    far = sight.plane.x[-1]
    return ("direction", "length", "slope", "curvature", f"loss at -{far:g}", f"loss at {far:g}")


def rows(sight: Sight) -> list[Row]:
    """A row for each random direction."""
    found = []
    for d in sight.directions:
        losses = d.line.losses[sight.plane.part]
        cells = (d.norm, d.slope, d.curvature, float(losses[0]), float(losses[-1]))
        found.append((d.line.name.removeprefix("direction "), *map(number, cells)))
    return found


def rises(path: Path) -> list[str]:
    """Of the line from the first snapshot to the last: whether the loss falls all the way, on each part of the data."""
    inside = (path.line.at >= 0) & (path.line.at <= 1)
    lines = []
    for part, losses in path.line.losses.items():
        steps = np.diff(losses[inside])
        up = float(np.sum(np.maximum(steps, 0.0)))
        says = "falls all the way" if up == 0 else f"rises by {number(up)} on its way"
        first, last = (number(losses[inside][i]) for i in (0, -1))
        lines.append(f"the {part_name(part)} loss goes from {first} to {last}, and {says}")
    return lines


def notes(sight: Sight) -> list[str]:
    """What is to be noticed."""
    if sight.path is None:
        return [f"no path: {sight.no_path}"]
    first, second = (f"{100 * share:.1f} %" for share in sight.path.shares)
    span = f"epochs {sight.path.epochs[0]} to {sight.path.epochs[-1]}"
    plane = f"path of {span}, {len(sight.path.epochs)} snapshots: {first} of it along one axis, {second} along a second"
    return [plane, *(f"on the straight line, {line}" for line in rises(sight.path))]


def text(sight: Sight) -> str:
    """The whole as plain text."""
    shown = [f"{name} {value}" for name, value in facts(sight)]
    n, m = sight.plane.grid.shape
    table = aligned_left([headings(sight), *rows(sight)])
    grid = f"{n} × {m} points, {part_name(sight.plane.part)} loss, seed {sight.seed}"
    return "\n".join([f"{title(sight)} · {grid}", " · ".join(shown), *table, *notes(sight)])


def as_dict(sight: Sight) -> dict[str, Any]:
    """The same for a program: numbers that JSON has."""
    plane, path = sight.plane, sight.path
    return {
        "run": sight.name,
        "epoch": sight.epoch,
        "seed": sight.seed,
        "part": plane.part,
        "loss": listed(sight.loss),
        "share_below_twice_the_loss": sight.flat,
        "cosine": sight.cosine,
        "plane": {"x": listed(plane.x), "y": listed(plane.y), "loss": listed(plane.grid)},
        "directions": [
            listed({"length": d.norm, "slope": d.slope, "curvature": d.curvature, "loss": d.line.losses})
            for d in sight.directions
        ],
        "path": None if path is None else _path(path),
        "no_path": sight.no_path,
    }


def _path(path: Path) -> dict[str, Any]:
    return listed(
        {
            "epochs": list(path.epochs),
            "points": path.points,
            "away": path.away,
            "shares": list(path.shares),
            "loss": path.losses,
            "plane": {"x": path.plane.x, "y": path.plane.y, "loss": path.plane.grid},
            "line": {"at": path.line.at, "loss": path.line.losses},
        }
    )


def listed(x: Any) -> Any:
    """Arrays as lists, and None for what is not finite."""
    if isinstance(x, dict):
        return {key: listed(value) for key, value in x.items()}
    if isinstance(x, (list, np.ndarray)):
        return [listed(value) for value in (x.tolist() if isinstance(x, np.ndarray) else x)]
    return None if isinstance(x, float) and not math.isfinite(x) else x
