"""The surfaces that optimizers race on: functions of two numbers, each hard in a way of its own.

Each is written once, with NumPy's functions, and so serves twice: on Tensors, whose gradients are minigrad's own, and
on plain arrays, for the picture.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

Point = tuple[float, float]
Angle = float | tuple[float, ...]


@dataclass(frozen=True)
class Surface:
    """A function of two numbers, where it is lowest, and where a race on it starts.

    Calling it with points of shape `(..., 2)` gives the heights, of shape `(...)`. ``degrees`` turns the landscape
    about the origin, counterclockwise: ``f(R(-degrees) w)``; a tuple of ``k`` angles is for points `(k, n, 2)`.

    >>> ravine = surface("ravine", kappa=9)
    >>> ravine(np.array([1.0, 1.0])).item()
    5.0
    >>> round(ravine(np.array([-1.0, 1.0]), degrees=90).item(), 12)  # where (1, 1) has been turned to
    5.0
    """

    name: str
    formula: str
    function: Callable[[Any, Any], Any]
    minima: tuple[Point, ...]
    start: Point
    center: Point
    """The middle of the picture."""
    reach: float
    """From there to each side of the picture."""
    lesson: str
    least: float = 0.0
    """The height of the minima."""
    residuals: Callable[[Any, Any], tuple[Any, ...]] | None = None
    """Where the height is ``sum(r**2) / 2``: the residuals ``r``, for least squares."""
    curvatures: tuple[float, float] | None = None
    """Of a quadratic: the eigenvalues of its Hessian."""

    def __call__(self, w, degrees: Angle = 0.0):
        return self.function(*unturned(w, degrees))

    def residuals_at(self, w, degrees: Angle = 0.0):
        """The residuals whose squares add up to twice the height, `(number of residuals, ...)`."""
        if self.residuals is None:
            raise ValueError(
                f"{self.name} is no sum of squares: Gauss-Newton and Levenberg-Marquardt cannot race on it"
            )
        return np.stack(self.residuals(*unturned(w, degrees)))

    def is_on(self, points: np.ndarray, degrees: Angle = 0.0) -> np.ndarray:
        """Whether points are on the landscape: at most three times as far from its middle as the picture reaches."""
        x, y = unturned(points, degrees)
        return np.maximum(np.abs(x - self.center[0]), np.abs(y - self.center[1])) <= 3 * self.reach


@lru_cache
def rotation(degrees: Angle) -> np.ndarray:
    """``R``, `(..., 2, 2)`: a column of coordinates is turned by ``R @ w``, a row is turned back by ``w @ R``."""
    angle = np.radians(degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.stack([np.stack([cos, -sin], axis=-1), np.stack([sin, cos], axis=-1)], axis=-2)
    matrix.flags.writeable = False
    return matrix


def unturned(w, degrees: Angle) -> tuple[Any, Any]:
    """The coordinates of points `(..., 2)` along the axes of a landscape that was turned by so many degrees."""
    along = w @ rotation(degrees)
    return along[..., 0], along[..., 1]


def turned(point: Point, degrees: float) -> np.ndarray:
    """Where a point comes to lie when the landscape is turned: `(2,)`.

    >>> turned((1.0, 0.0), 90).round(12)
    array([0., 1.])
    """
    return rotation(degrees) @ np.array(point)


def ravine(kappa: float = 100.0) -> Surface:
    """A quadratic that is ``kappa`` times steeper across than along: its condition number.

    Raises ValueError for a condition number that is not a finite number from 1.
    """
    if not 1 <= kappa < math.inf:
        raise ValueError(f"kappa is the condition number of the ravine, a finite number from 1, got {kappa!r}")
    return Surface(
        name="ravine",
        formula=f"(x² + {kappa:g} y²) / 2",
        function=lambda x, y: (x**2 + kappa * y**2) / 2,
        residuals=lambda x, y: (x, math.sqrt(kappa) * y),
        minima=((0.0, 0.0),),
        curvatures=(1.0, kappa),
        start=(-1.5, 0.7),
        center=(0.0, 0.0),
        reach=2.0,
        lesson="The steep axis bounds the learning rate; along the flat one there is far to go.",
    )


def saddle() -> Surface:
    """A saddle point at the origin, with a minimum of -1 on either side of it."""
    return Surface(
        name="saddle",
        formula="x² - y² + y⁴/4",
        function=lambda x, y: x**2 - y**2 + y**4 / 4,
        minima=((0.0, math.sqrt(2)), (0.0, -math.sqrt(2))),
        least=-1.0,
        start=(-1.5, 1e-4),
        center=(0.0, 0.0),
        reach=2.2,
        lesson="Near the ridge the gradient is almost zero, yet no minimum is near; Newton's method is drawn to it.",
    )


def rosenbrock() -> Surface:
    """Rosenbrock's valley: bent, and almost flat along its floor (Rosenbrock, 1960)."""
    return Surface(
        name="rosenbrock",
        formula="(1 - x)² + 100 (y - x²)²",
        function=lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
        residuals=lambda x, y: (math.sqrt(2) * (1 - x), math.sqrt(200) * (y - x**2)),
        minima=((1.0, 1.0),),
        start=(-1.2, 1.0),
        center=(0.0, 0.6),
        reach=2.0,
        lesson="The floor of the valley is bent, so the good direction keeps changing: curvature is worth knowing.",
    )


def beale() -> Surface:
    """Beale's function: a sharp minimum between plains, and walls in the corners (Beale, 1958)."""
    terms = lambda x, y: (1.5 - x + x * y, 2.25 - x + x * y**2, 2.625 - x + x * y**3)
    return Surface(
        name="beale",
        formula="(1.5 - x + xy)² + (2.25 - x + xy²)² + (2.625 - x + xy³)²",
        function=lambda x, y: sum(r**2 for r in terms(x, y)),
        residuals=lambda x, y: tuple(math.sqrt(2) * r for r in terms(x, y)),
        minima=((3.0, 0.5),),
        start=(0.5, 1.5),
        center=(1.5, 0.5),
        reach=2.5,
        lesson="Steep walls and wide plains: the learning rate that survives the wall is slow on the plain.",
    )


def himmelblau() -> Surface:
    """Himmelblau's function: four minima of the same height (Himmelblau, 1972)."""
    terms = lambda x, y: (x**2 + y - 11, x + y**2 - 7)
    return Surface(
        name="himmelblau",
        formula="(x² + y - 11)² + (x + y² - 7)²",
        function=lambda x, y: sum(r**2 for r in terms(x, y)),
        residuals=lambda x, y: tuple(math.sqrt(2) * r for r in terms(x, y)),
        minima=(
            (3.0, 2.0),
            (-2.805118086952745, 3.131312518250573),
            (-3.7793102533777469, -3.2831859912861694),
            (3.5844283403304917, -1.8481265269644034),
        ),
        start=(-0.5, -1.0),
        center=(0.0, 0.0),
        reach=5.0,
        lesson="Four minima, all as low: which one is found depends on the optimizer, not on the surface.",
    )


def rastrigin() -> Surface:
    """Rastrigin's function: a bowl full of dents, one minimum at the bottom (Rastrigin, 1974)."""
    tau = 2 * math.pi
    return Surface(
        name="rastrigin",
        formula="20 + x² + y² - 10 cos 2πx - 10 cos 2πy",
        function=lambda x, y: 20 + x**2 + y**2 - 10 * np.cos(tau * x) - 10 * np.cos(tau * y),
        minima=((0.0, 0.0),),
        start=(-2.2, 1.8),
        center=(0.0, 0.0),
        reach=3.2,
        lesson="A dent at every whole number: what arrives at the lowest one was lucky, as its narrow band shows.",
    )


def plateau() -> Surface:
    """A pit in a plain: far from it there is almost no gradient, as behind a saturated unit."""
    return Surface(
        name="plateau",
        formula="1 - exp(-(x² + 10 y²) / 4)",
        function=lambda x, y: 1 - np.exp(-(x**2 + 10 * y**2) / 4),
        minima=((0.0, 0.0),),
        start=(-3.2, 1.0),
        center=(0.0, 0.0),
        reach=4.0,
        lesson="On the plain the gradient is tiny: dividing by its size sets the pace, momentum alone does not.",
    )


SURFACES: dict[str, Callable[..., Surface]] = {
    build.__name__: build for build in (ravine, saddle, rosenbrock, beale, himmelblau, rastrigin, plateau)
}
"""Name -> what builds the surface."""


def surface(name: str, **options: Any) -> Surface:
    """The surface of this name; ``kappa`` is the condition number of the ravine.

    Raises ValueError for a name that is none, or an option that it does not have.
    """
    if name not in SURFACES:
        raise ValueError(f"there is no surface {name!r:.60}: it is one of {', '.join(SURFACES)}")
    if options and name != "ravine":
        raise ValueError(f"{name} has no {', '.join(options)}: only the ravine has a condition number, kappa")
    return SURFACES[name](**options)
