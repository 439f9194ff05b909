"""The race itself: every optimizer on one surface, at several rotations, each with its best learning rate."""

import math
import os
from collections.abc import Callable, Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from minigrad.viz.race.descent import Course, descend
from minigrad.viz.race.entrants import Entrant, entrants
from minigrad.viz.race.page import race_page
from minigrad.viz.race.picture import picture
from minigrad.viz.race.standings import Lane, Standings
from minigrad.viz.race.surfaces import Surface, surface
from minigrad.viz.race.sweep import sweep
from minigrad.viz.race.theory import best_entrants
from minigrad.viz.race.words import as_dict, text

DEFAULT = "sgd, momentum, nesterov, adagrad, rmsprop, adam, l-bfgs, newton"
ROTATIONS = (0.0, 15.0, 30.0, 45.0)

NOTEBOOK = 20_000
"""A notebook keeps all that it shows: a larger picture is left out."""


class Race(Standings):
    """A race that has been run. It shows itself in a notebook; :meth:`html` is the page."""

    def __repr__(self):
        return text(self)

    def to_dict(self) -> dict[str, Any]:
        """The race for a program to read: numbers that JSON has, and None for what did not happen."""
        return as_dict(self)

    def svg(self) -> str:
        """The surface and all paths, at the rotation that is shown, as the text of an SVG file."""
        return picture(self, self.place).standalone()

    def html(self, path: str | os.PathLike | None = None) -> str:
        """The page, with a slider through time, as text; written to ``path`` too, if there is one."""
        content = race_page(self)
        if path is not None:
            Path(path).write_text(content, encoding="utf-8")
        return content

    def _repr_html_(self) -> str:
        small = picture(self, self.place, grid=41, levels=6).standalone()
        lines = f"<pre>{escape(text(self))}</pre>"
        return small + lines if len(small) + len(lines) < NOTEBOOK else lines


def race(
    on: str | Surface = "ravine",
    optimizers: Any = None,
    *,
    kappa: float | None = None,
    rotations: Iterable[float] = ROTATIONS,
    rotate: float | None = None,
    start: Sequence[float] | None = None,
    lr: float | None = None,
    steps: int = 1000,
    tolerance: float = 1e-6,
    noise: float = 0.0,
    seed: int = 0,
    command: str = "",
    progress: Callable[[str], None] = lambda name: None,
) -> Race:
    """Let optimizers race down a surface from the same start, on minigrad's gradients.

    ``on`` is ``ravine`` (with ``kappa``, its condition number), ``saddle``, ``rosenbrock``, ``beale``, ``himmelblau``,
    ``rastrigin``, ``plateau`` or a :class:`~minigrad.viz.race.surfaces.Surface`. ``optimizers`` are names, classes or
    :class:`~minigrad.viz.race.entrants.Entrant`; a learning rate that is given neither there nor by ``lr`` is searched
    for, at each of the ``rotations`` (degrees) by itself. ``rotate`` is the rotation that is shown first.
    ``noise`` is the standard deviation of what is added to each derivative, drawn from ``seed``.

    Raises ValueError for what makes no race.

    >>> result = race("ravine", "sgd, newton", rotations=[0, 45])
    >>> [run.arrived for run in result.lane("Newton").runs]
    [1, 1]
    """
    landscape = on if isinstance(on, Surface) else surface(on, **{} if kappa is None else {"kappa": kappa})
    if isinstance(on, Surface) and kappa is not None:
        raise ValueError("kappa is an option of the ravine by name: race('ravine', kappa=...)")
    at = _point(landscape.start if start is None else start)
    for name, value, least in (("steps", steps, 1), ("tolerance", tolerance, 0), ("noise", noise, 0)):
        if not least <= value < math.inf:
            raise ValueError(f"{name} must be a finite number from {least}, got {value!r}")
    course = Course(landscape, at, steps, tolerance, float(noise), seed)
    turns = _rotations(rotations, rotate)
    field = entrants(DEFAULT if optimizers is None else optimizers)
    if optimizers is None and landscape.curvatures:
        field.insert(3, best_entrants(landscape)[1])
    return Race(
        course=course,
        rotations=turns,
        lanes=tuple(_lane(course, entrant, lr, turns, progress) for entrant in field),
        shown=turns[0] if rotate is None else float(rotate),
        command=command,
    )


def _lane(course: Course, entrant: Entrant, lr: float | None, rotations: tuple[float, ...], progress) -> Lane:
    progress(entrant.name)
    if entrant.squares and (course.noise or course.surface.residuals is None):
        why = "noise tilts the loss" if course.noise else f"{course.surface.name} is no sum of squares"
        raise ValueError(f"{entrant.name} minimizes the squares of residuals, but {why}: leave it out")
    given = entrant.lr if entrant.lr is not None else lr
    if given is None:
        sweeps, runs = zip(*sweep(course, entrant, rotations))
        return Lane(entrant, runs, sweeps)
    chosen = None if entrant.lr is not None else lr
    return Lane(entrant, tuple(descend(course, entrant, chosen, degrees) for degrees in rotations))


def _rotations(rotations: Iterable[float], rotate: float | None) -> tuple[float, ...]:
    found = [float(degrees) for degrees in rotations]
    if rotate is not None and rotate not in found:
        found.append(float(rotate))
    if not found or not all(map(math.isfinite, found)) or len(set(found)) < len(found):
        raise ValueError(f"rotations are different finite numbers of degrees, at least one, got {found}")
    return tuple(found)


def _point(start: Sequence[float]) -> tuple[float, float]:
    try:
        x, y = map(float, start)
    except (TypeError, ValueError):
        x = y = math.nan
    if not math.isfinite(x) or not math.isfinite(y):
        raise ValueError(f"a start is two finite numbers, as (-1.5, 0.7), got {start!r:.60}")
    return x, y
