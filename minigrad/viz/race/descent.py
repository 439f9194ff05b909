"""One run down a surface: an optimizer's own steps, on minigrad's own gradients, until it has arrived."""

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from minigrad.engine import Tensor
from minigrad.errors import MinigradError
from minigrad.viz.race.entrants import Entrant
from minigrad.viz.race.surfaces import Angle, Point, Surface, turned, unturned

AT_REST = 1e-12
"""A step that is shorter than this, as a share of the picture's reach, is none."""


@dataclass(frozen=True)
class Course:
    """What all runs of a race have in common.

    A run has arrived when its height above the minimum stays below ``tolerance`` times that of the start, for ``hold``
    steps in a row: a path that only crosses the minimum has not. It has diverged when it leaves the landscape.
    """

    surface: Surface
    start: Point
    steps: int = 1000
    tolerance: float = 1e-6
    noise: float = 0.0
    """The standard deviation of what is added to each of the two derivatives, along the axes of the surface."""
    seed: int = 0
    hold: int = 10

    def __post_init__(self):
        height = float(self.surface(np.array(self.start))) - self.surface.least
        if not 0 < height < np.inf:
            raise ValueError(f"no race starts at {self.start}: its height above the minimum is {height:g}")
        if not self.surface.is_on(np.array(self.start)):
            (x, y), far = self.surface.center, 3 * self.surface.reach
            raise ValueError(
                f"start {self.start} is not on the landscape: {x - far:g}..{x + far:g}, {y - far:g}..{y + far:g}"
            )

    @property
    def goal(self) -> float:
        """The height below which a run has arrived."""
        least = self.surface.least
        return least + self.tolerance * (float(self.surface(np.array(self.start))) - least)

    @cached_property
    def tilts(self) -> np.ndarray:
        """The noise of each step, `(steps, 2)`: the same for all runs, so that they meet the same luck."""
        return self.noise * np.random.default_rng(self.seed).standard_normal((self.steps, 2))

    def loss(self, w: Tensor, degrees: Angle, tilt: np.ndarray) -> Any:
        """The height at ``w``, `(..., 2)`, on a surface that noise has tilted: so it is in every gradient."""
        x, y = unturned(w, degrees)
        height = self.surface.function(x, y)
        return height + tilt[0] * x + tilt[1] * y if self.noise else height


@dataclass(frozen=True)
class Run:
    """The way that one optimizer took."""

    entrant: Entrant
    degrees: float
    """By how much the surface was turned, and the start with it."""
    lr: float | None
    points: np.ndarray
    """Where it was before the first step and after each, `(steps + 1, 2)`: all finite, also if it then diverged."""
    heights: np.ndarray
    """The surface there, without noise, `(steps + 1,)`."""
    arrived: int | None
    """After how many steps it had arrived for good; None if it did not."""
    outcome: str
    """``arrived``, ``diverged``, ``settled`` (came to rest elsewhere), ``stopped`` (by an error), ``not arrived``."""
    reason: str = ""
    """What stopped it: the message of the error that the optimizer raised."""
    evaluations: int = 0
    """How often the loss was computed, until it had arrived."""

    @property
    def steps(self) -> int:
        """How many steps it took in all."""
        return len(self.points) - 1


def descend(course: Course, entrant: Entrant, lr: float | None = None, degrees: float = 0.0) -> Run:
    """Let an optimizer go down from the start, both turned with the surface, until it arrives, diverges or time is up.

    ``lr=None`` takes the optimizer's own learning rate. The point is a matrix, `(1, 2)`, so that Muon can move it.
    """
    if entrant.squares and course.noise:
        raise ValueError(f"{entrant.name} minimizes residuals, and noise tilts the loss: race it without noise")
    w = Tensor(turned(course.start, degrees)[None], requires_grad=True, name="w")
    optimizer, judge, count, tilt = entrant.build([w], lr), Judge(course, degrees, w.data[0]), 0, np.zeros(2)

    def closure():
        nonlocal count
        count += 1
        return course.surface.residuals_at(w, degrees) if entrant.squares else course.loss(w, degrees, tilt)[0]

    while not judge.outcome:
        tilt, reason, counted = course.tilts[len(judge.points) - 1], "", count
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore", RuntimeWarning)
                optimizer.step(closure)
        except FloatingPointError:
            judge.outcome = "diverged"
        except (MinigradError, ValueError) as error:
            judge.outcome, reason = "stopped", str(error)
        else:
            judge.see(w.data[0], count - counted)
    return judge.run(entrant, lr, reason)


class Judge:
    """Watches a run point by point, and says how it ended."""

    def __init__(self, course: Course, degrees: float, start: np.ndarray):
        self.course, self.degrees, self.points = course, degrees, [start]
        self.evaluations: list[int] = []
        self.below = self.still = 0
        self.outcome = ""

    def see(self, point: np.ndarray, evaluations: int = 1) -> None:
        """The point after the next step, and how often that step computed the loss; the outcome is set at the last."""
        surface, hold = self.course.surface, self.course.hold
        if not surface.is_on(point, self.degrees):
            self.outcome = "diverged"
            return
        self.below = self.below + 1 if surface(point, self.degrees) <= self.course.goal else 0
        self.still = self.still + 1 if np.abs(point - self.points[-1]).max() <= AT_REST * surface.reach else 0
        self.points.append(point)
        self.evaluations.append(evaluations)
        if self.below >= hold:
            self.outcome = "arrived"
        elif self.still >= hold:
            self.outcome = "settled"
        elif len(self.points) > self.course.steps:
            self.outcome = "not arrived"

    def run(self, entrant: Entrant, lr: float | None, reason: str = "") -> Run:
        """What was seen."""
        points = np.array(self.points)
        arrived = len(points) - self.course.hold if self.outcome == "arrived" else None
        heights, evaluations = self.course.surface(points, self.degrees), sum(self.evaluations[:arrived])
        return Run(
            entrant,
            self.degrees,
            entrant.lr if lr is None else lr,
            points,
            heights,
            arrived,
            self.outcome,
            reason,
            evaluations,
        )
