"""The slopes around a point: at a kink they differ, and every generalised gradient lies among them.

The two one-sided slopes along a coordinate do not tell all: the median of three equal numbers moves with none of them
alone, and yet (1, 0, 0) is its gradient as soon as one is between the others. What F. H. Clarke (Optimization and
Nonsmooth Analysis, 1983, theorem 2.5.1) calls the generalised gradient is what gradients at points nearby, where there
are some, can tend to, and their mixtures. So the slopes at some random points nearby are looked at as well.
"""

import numpy as np

POINTS = 16
MANY = 256
"""How many are looked at, with finer steps, before a gradient is accused: of twenty equal numbers each may be the one
of the last rank, and close to the next."""
RADIUS = 1e-5
"""How far away, relative to the size of a displacement."""
PART = 1 / 8
"""The step there, relative to that; finer, if there are more points."""


def slopes_nearby(
    differences, u: np.ndarray, radius: float = RADIUS, points: int = POINTS
) -> tuple[np.ndarray, np.ndarray]:
    """Slopes of all outputs along ``u`` at points around the centre, `(points, outputs)`, and their tolerances."""
    d, rng = differences, np.random.default_rng(0)
    scales = d.scales if d.directions is None else np.maximum(abs(d.x), abs(d.directions).max(axis=0))
    moved = u != 0
    step = radius * PART * (POINTS / points) ** 0.5 * float((scales[moved] / abs(u[moved])).min())
    slopes = []
    for _ in range(points):
        y = d.x + radius * scales * rng.uniform(-1, 1, len(d.x))
        ahead, behind = y + step * u, y - step * u
        gap = float(np.max(ahead - behind) / np.max(u)) if np.max(u) > 0 else 2 * step
        slopes.append((d.at(ahead).outputs - d.at(behind).outputs) / gap)
    found = np.stack(slopes)
    usable = np.isfinite(found).all(axis=1)
    found = found[usable] if usable.any() else np.zeros((1, len(d.finite)))
    return found, 4 * d.noise / step + 1e-4 * abs(found).max(axis=0)


def vary(slopes: np.ndarray, tol: np.ndarray) -> np.ndarray:
    """Of which outputs the slopes nearby differ by more than noise and the bend of a smooth function explain."""
    return spread(slopes) > 4 * tol + 0.01 * abs(slopes).max(axis=0)


def spread(slopes: np.ndarray) -> np.ndarray:
    """From the least to the largest slope of each output."""
    return slopes.max(axis=0) - slopes.min(axis=0)
