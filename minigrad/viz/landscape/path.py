"""The path that training took, from snapshots of the weights: seen in the plane that fits it best."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minigrad.viz.landscape.survey import Line, Plane, Terrain

ROOM = 0.2
"""The picture goes so far beyond the path, as a share of its extent."""

LINE = np.linspace(-0.25, 1.25, 61)
"""Places on the line from the first snapshot (0) to the last (1): multiples of 1/40."""


@dataclass(frozen=True)
class Path:
    """Snapshots of a training, and the loss around them."""

    epochs: Sequence[int]
    points: np.ndarray
    """`(n, 2)`: the snapshots in the plane; the last one is its origin."""
    away: np.ndarray
    """`(n,)`: how far each snapshot is from the plane."""
    shares: tuple[float, float]
    """How much of the squared distances to the last snapshot each axis of the plane holds."""
    losses: dict[str, np.ndarray]
    """Part of the data -> the loss of the very snapshots."""
    plane: Plane
    line: Line
    """The loss on the straight line from the first snapshot to the last."""


def path_of(terrain: Terrain, epochs: Sequence[int], places: np.ndarray, part: str, grid: int) -> Path | None:
    """The path through ``places`` `(n, weights)`; None if there are not two of them that differ."""
    axes, points, away, shares = principal_plane(places)
    if not points.any():
        return None
    x, y = (reach(column, grid) for column in points.T)
    losses = {p: np.array([terrain.height(place, p) for place in places]) for p in terrain.parts}
    return Path(
        epochs,
        points,
        away,
        shares,
        losses,
        terrain.plane("plane of the path", places[-1], list(axes), (x, y), part),
        terrain.line("first snapshot to last", places[0], places[-1] - places[0], LINE),
    )


def principal_plane(places: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[float, float]]:
    """The plane through the last of the places that is nearest to all others.

    Its axes `(2, weights)` are the first two right singular vectors of ``M = places - places[-1]``, as in Li et al.
    (2018, section 7.2); then the places in it `(n, 2)`, their distances from it `(n,)`, and the share of ``‖M‖²`` of
    each axis. The path starts at the left, and its way goes up first.
    """
    M = places - places[-1]
    _, s, axes = np.linalg.svd(M, full_matrices=False)
    s, axes = np.append(s, [0.0, 0.0])[:2], np.concatenate([axes, np.zeros_like(axes[:1])])[:2]
    points = M @ axes.T
    furthest = points[np.argmax(np.abs(points), axis=0), [0, 1]]
    signs = np.where(furthest * [-1, 1] < 0, -1.0, 1.0)
    axes, points = axes * signs[:, None], points * signs
    total = float(np.sum(M**2)) or 1.0
    away = np.sqrt(np.maximum(np.sum(M**2, axis=1) - np.sum(points**2, axis=1), 0.0))
    return axes, points, away, (float(s[0] ** 2) / total, float(s[1] ** 2) / total)


def reach(values: np.ndarray, count: int) -> np.ndarray:
    """Evenly spaced coordinates around these, with some room at both ends."""
    low, high = float(values.min()), float(values.max())
    room = ROOM * (high - low) or 1.0
    return np.linspace(low - room, high + room, count)
