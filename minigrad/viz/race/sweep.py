"""The learning rate of each optimizer: many are tried, side by side in one array, at every rotation at once.

What is looked for is the rate that arrives in the fewest steps, and how wide the band of rates around it is that take
at most twice as many: a narrow band is a rate that has to be searched for.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace

import numpy as np

from minigrad import optim
from minigrad.autograd import grad
from minigrad.engine import Tensor
from minigrad.viz.race.descent import Course, Judge, Run, descend
from minigrad.viz.race.entrants import Entrant
from minigrad.viz.race.surfaces import turned

PER_DECADE = 32
RATES = 10 ** np.linspace(-5, 1.5, round(6.5 * PER_DECADE) + 1)
"""The learning rates that are tried: from 1e-5 to 32, 7 % apart."""
COARSE = RATES[:: PER_DECADE // 8]
"""The fewer that are tried one after the other, for optimizers that cannot go side by side."""

SIDE_BY_SIDE = (
    *(optim.SGD, optim.RMSprop, optim.Adam, optim.AdamW, optim.Adagrad, optim.Adadelta, optim.ASGD),
    *(optim.NAdam, optim.RAdam, optim.Adamax, optim.AdaBelief, optim.Yogi, optim.Lion),
)
"""Those that treat every number alike, so that an array of points is as good as one point."""


@dataclass(frozen=True)
class Sweep:
    """What the learning rates of one optimizer came to at one rotation."""

    rates: np.ndarray
    arrived: np.ndarray
    """After how many steps each had arrived; infinite if it did not in the steps that were tried."""
    final: np.ndarray
    """The height above the minimum at which each ended; infinite where it diverged."""
    steps: int
    """How many steps were tried."""

    @cached_property
    def place(self) -> int:
        """Where the best rate is: it arrives first, and a neighbour about as soon, for a rate alone was lucky.

        What counts is the greater of its own steps and the middle one of its own and its neighbours', then its own;
        of equals, the one in the middle. If none arrives it is the one that ends lowest.
        """
        if not np.isfinite(self.arrived).any():
            return int(np.argmin(self.final))
        padded = np.concatenate([[math.inf], self.arrived, [math.inf]])
        middle = np.maximum(self.arrived, np.median(np.lib.stride_tricks.sliding_window_view(padded, 3), axis=1))
        order = np.lexsort([self.arrived, middle])
        equal = (middle == middle[order[0]]) & (self.arrived == self.arrived[order[0]])
        return int(np.flatnonzero(equal)[np.count_nonzero(equal) // 2])

    @property
    def best(self) -> float:
        """The rate to take."""
        return float(self.rates[self.place])

    @property
    def band(self) -> float | None:
        """The width, in decades, of the rates around the best that need at most twice its steps; None if none arrives.

        A rate that is good alone, as its neighbours are not, has width 0.
        """
        if not np.isfinite(self.arrived[self.place]):
            return None
        good = self.arrived <= 2 * self.arrived[self.place]
        first = self.place - int(np.argmin(np.append(good[self.place :: -1], False))) + 1
        last = self.place + int(np.argmin(np.append(good[self.place :], False))) - 1
        return math.log10(self.rates[last] / self.rates[first])


def sweep(course: Course, entrant: Entrant, rotations: Sequence[float]) -> list[tuple[Sweep, Run]]:
    """Try the learning rates of an optimizer at each rotation; the run of the best goes with them."""
    if entrant.kind in SIDE_BY_SIDE:
        return side_by_side(course, entrant, RATES, rotations)
    return [one_by_one(course, entrant, COARSE, degrees) for degrees in rotations]


def one_by_one(course: Course, entrant: Entrant, rates: np.ndarray, degrees: float) -> tuple[Sweep, Run]:
    """A run for each learning rate."""
    runs = [descend(course, entrant, float(lr), degrees) for lr in rates]
    arrived = [math.inf if run.arrived is None else run.arrived for run in runs]
    lost = [run.outcome in ("diverged", "stopped") for run in runs]
    final = [run.heights[-course.hold :].max() - course.surface.least for run in runs]
    tried = Sweep(rates, np.array(arrived), np.where(lost, math.inf, final), course.steps)
    return tried, runs[tried.place]


def side_by_side(
    course: Course, entrant: Entrant, rates: np.ndarray, rotations: Sequence[float]
) -> list[tuple[Sweep, Run]]:
    """All learning rates and rotations in one array of points, `(rotations, rates, 2)`, and one backward pass a step.

    The optimizer is asked for its direction, and each point goes its own learning rate along it. That ends at twice the
    steps of the slowest best rate, or when time is up. A point that diverges is left where it was.
    """
    surface, degrees, shape = course.surface, tuple(rotations), (len(rotations), len(rates))
    start = np.stack([turned(course.start, angle) for angle in rotations])[:, None]
    w = Tensor(np.broadcast_to(start, (*shape, 2)), requires_grad=True)
    optimizer = entrant.build([w], None)
    options = vars(optimizer.options_now(optimizer.param_groups[0]))
    h = SimpleNamespace(**options | {"lr": np.broadcast_to(rates[:, None], w.shape)})
    state = SimpleNamespace(step=0, **optimizer.start(w.data, h))
    arrived, below = np.full(shape, math.inf), np.zeros(shape, dtype=int)
    alive, final, seen = np.ones(shape, dtype=bool), np.zeros(shape), [w.data]
    with np.errstate(all="ignore"):
        for step, tilt in enumerate(course.tilts, 1):
            (gradient,) = grad(np.sum(course.loss(w, degrees, tilt)), [w])
            state.step += 1
            g = np.where(alive[..., None], gradient.data, 0.0)
            moved = w.data - h.lr * optimizer.direction(g, w.data, state, h, np.empty_like(g))
            alive &= surface.is_on(moved, degrees)
            w.data = np.where(alive[..., None], moved, w.data)
            seen.append(np.where(alive[..., None], moved, math.nan))
            height = surface(w.data, degrees)
            below = np.where(alive & (height <= course.goal), below + 1, 0)
            arrived = np.where((below >= course.hold) & np.isinf(arrived), step - course.hold + 1, arrived)
            final = np.maximum(height - surface.least, 0.9 * final)  # of one that swings, the highest of late
            if step >= 2 * arrived.min(axis=1).max() + course.hold:
                break
    final = np.where(alive, final, math.inf)
    sweeps = [Sweep(rates, *each, step) for each in zip(arrived, final)]
    return [
        (tried, _judged(course, entrant, tried.best, angle, [points[i, tried.place] for points in seen]))
        for i, (tried, angle) in enumerate(zip(sweeps, rotations))
    ]


def _judged(course: Course, entrant: Entrant, lr: float, degrees: float, points: list[np.ndarray]) -> Run:
    """The run through these points, which are NaN after it has diverged."""
    judge = Judge(course, degrees, points[0])
    for point in points[1:]:
        if not judge.outcome:
            judge.see(point)
    return judge.run(entrant, lr)
