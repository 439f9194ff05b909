"""The slopes around a point: at a kink they differ, and every generalised gradient lies among them.

The two one-sided slopes along a coordinate do not tell all: the median of three equal numbers moves with none of them
alone, and yet (1, 0, 0) is its gradient as soon as one is between the others. What F. H. Clarke (Optimization and
Nonsmooth Analysis, 1983, theorem 2.5.1) calls the generalised gradient is what gradients at points nearby, where there
are some, can tend to, and their mixtures. So the slopes at some random points nearby are looked at as well.
"""

import numpy as np

POINTS = 16
RADIUS = 1e-5
"""How far away, relative to the size of a displacement."""
FARTHER = 8.0
"""How much farther the same points are looked at again, to tell a kink from the bend of a smooth function."""
PART = 1 / 8
"""The step there, relative to that."""


def slopes_nearby(differences, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slopes of all outputs along ``u`` at points around the centre, `(points, outputs)`, and their tolerances.

    The slopes of a smooth function differ too, by its curvature: beside an extremum by more than they are. But they
    do so in proportion to the distance, while around a kink the same slopes are found at any. So what the slopes
    change by on the way to points FARTHER away is, divided by that, part of the tolerance.
    """
    d, rng = differences, np.random.default_rng(0)
    scales = d.scales if d.directions is None else np.maximum(abs(d.x), abs(d.directions).max(axis=0))
    ways = scales * rng.uniform(-1, 1, (POINTS, len(d.x)))
    far, step = _slopes(d, u, scales, ways, FARTHER * RADIUS)
    near, step = _slopes(d, u, scales, ways, RADIUS)
    usable = np.isfinite(near).all(axis=1)
    if not usable.any():
        return np.zeros((1, len(d.finite))), 4 * d.noise / step
    near, bend = near[usable], abs(far - near)[usable]
    bend = np.where(np.isfinite(bend), bend, 0.0).max(axis=0) / (FARTHER - 1)
    return near, 4 * d.noise / step + 1e-4 * abs(near).max(axis=0) + bend


def _slopes(d, u: np.ndarray, scales: np.ndarray, ways: np.ndarray, radius: float) -> tuple[np.ndarray, float]:
    """Central differences along ``u`` at points so far away, and their step."""
    moved = u != 0
    step = radius * PART * float((scales[moved] / abs(u[moved])).min())
    slopes = []
    for y in d.x + radius * ways:
        ahead, behind = y + step * u, y - step * u
        gap = float(np.max(ahead - behind) / np.max(u)) if np.max(u) > 0 else 2 * step
        slopes.append((d.at(ahead).outputs - d.at(behind).outputs) / gap)
    return np.stack(slopes), step


def vary(slopes: np.ndarray, tol: np.ndarray) -> np.ndarray:
    """Of which outputs the slopes nearby differ by more than noise and the bend of a smooth function explain."""
    return slopes.max(axis=0) - slopes.min(axis=0) > 4 * tol + 0.01 * abs(slopes).max(axis=0)
