"""The landscape around a run: what is measured, and from where."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any

import numpy as np

from minigrad.errors import MinigradError
from minigrad.training.records import best_of
from minigrad.training.runs import Run
from minigrad.viz.landscape.page import landscape_page
from minigrad.viz.landscape.path import path_of
from minigrad.viz.landscape.picture import path_picture, plane_picture
from minigrad.viz.landscape.sight import Direction, Sight
from minigrad.viz.landscape.survey import Terrain
from minigrad.viz.landscape.weights import Weights
from minigrad.viz.landscape.words import as_dict, text


@dataclass(frozen=True)
class Landscape(Sight):
    """The loss around a trained model, measured. :meth:`html` is the page."""

    def __str__(self):
        return text(self)

    def to_dict(self) -> dict[str, Any]:
        """The landscape for a program to read; None for what is not finite."""
        return as_dict(self)

    def svg(self, which: str = "plane") -> str:
        """The surface over the random plane, or over the plane of the ``path``, as the text of an SVG file."""
        if which == "plane":
            return plane_picture(self).standalone()
        if self.path is None:
            raise MinigradError(f"there is no path to draw: {self.no_path}")
        return path_picture(self.path).standalone()

    def html(self, path: str | os.PathLike | None = None) -> str:
        """The page as text; written to ``path`` too, if there is one."""
        content = landscape_page(self)
        if path is not None:
            File(path).write_text(content, encoding="utf-8")
        return content


def landscape(
    run: Run | str | os.PathLike,
    *,
    grid: int = 31,
    reach: float = 1.0,
    part: str = "train",
    seed: int = 0,
    command: str = "",
    tell: Callable[[str], None] = lambda what: None,
) -> Landscape:
    """Measure the loss around the best weights of a run, and along the path of its training.

    Around them: on a plane of ``grid`` by ``grid`` points, an odd number, from ``-reach`` to ``reach`` along two random
    directions, drawn from ``seed`` and normalized filter by filter (1 changes each filter by its own length). Along the
    path: on the plane nearest to the run's snapshots, and on the line from the first to the last. All heights are the
    data loss on one ``part`` of the data, ``train`` or ``validation``, without penalties, as the run computes it.

    Raises :class:`~minigrad.errors.MinigradError` where the run has no best weights, or no data any more.
    """
    run = run if isinstance(run, Run) else Run(run)
    if grid < 3 or grid % 2 == 0:
        raise ValueError(f"grid must be an odd number from 3, so that the model is in the middle, got {grid}")
    if not 0 < reach < np.inf:
        raise ValueError(f"reach must be a positive number, got {reach}")
    data = run.data()
    terrain = Terrain(run.model("best"), data, tell)
    precise = Terrain(run.model("best").astype("float64"), data.astype("float64"))
    if part not in terrain.parts:
        raise ValueError(f"part must be one of {', '.join(terrain.parts)}, got {part!r:.40}")
    center, rng = terrain.weights.vector(), np.random.default_rng(seed)
    axes = [terrain.weights.random_direction(rng) for _ in range(2)]
    at = reach * np.arange(-(grid // 2), grid // 2 + 1) / (grid // 2)
    path, why = _path(run, terrain, part, grid)
    return Landscape(
        name=run.folder.name,
        epoch=_best_epoch(run),
        seed=seed,
        loss={p: terrain.height(center, p) for p in terrain.parts},
        plane=terrain.plane("random plane", center, axes, (at, at), part),
        directions=tuple(_direction(terrain, precise, i, center, d, at, part) for i, d in enumerate(axes, 1)),
        cosine=float(axes[0] @ axes[1] / np.sqrt((axes[0] @ axes[0]) * (axes[1] @ axes[1]) or 1.0)),
        path=path,
        no_path=why,
        command=command,
    )


def _direction(terrain: Terrain, precise: Terrain, i: int, center, d: np.ndarray, at: np.ndarray, part) -> Direction:
    slope, curvature = precise.slope_and_curvature(center, d, part)
    line = terrain.line(f"direction {i}", center, d, at)
    return Direction(line, float(np.linalg.norm(d)), slope, curvature)


def _path(run: Run, terrain: Terrain, part: str, grid: int):
    epochs = run.snapshots
    if len(epochs) < 2:
        return None, "the run kept fewer than two snapshots of its weights"
    places = np.stack([Weights(run.model(epoch)).vector() for epoch in epochs])
    path = path_of(terrain, epochs, places, part, grid)
    return path, "" if path else "the weights never changed"


def _best_epoch(run: Run) -> int | None:
    """The epoch of the best weights, as the run judged them."""
    rows = run.history
    return best_of(rows)["epoch"] if rows else None
