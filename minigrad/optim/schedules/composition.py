"""Schedules made of schedules: warm-up, one after the other, a product, and epochs for steps."""

from dataclasses import KW_ONLY, dataclass, field
from itertools import pairwise

from minigrad.optim.hyperparameters import at, check_count, check_positive
from minigrad.optim.schedules.base import Rate, Schedule, horizon_of
from minigrad.optim.schedules.decays import check_rising


@dataclass(frozen=True, repr=False)
class Warmup(Schedule):
    """Up to the first rate of ``then`` in ``steps`` steps; after that ``then``, counted from 0.

    The first step is at ``1 / steps`` of the target, never at 0, unless ``start`` gives the rate to start from: the
    line then reaches the target at step ``steps``. Goyal et al., 2017, section 2.2.

    >>> [Warmup(4, then=1.0)(t) for t in range(6)]
    [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    >>> [Warmup(4, then=1.0, start=0.0)(t) for t in range(6)]
    [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]
    """

    steps: int
    then: Rate = field(metadata={"named": True})
    _: KW_ONLY
    start: float | None = None

    def __post_init__(self):
        check_count("steps", self.steps, least=0)
        check_rate("then", self.then)
        if self.start is not None:
            check_positive("start", self.start, or_zero=True)

    def value(self, step):
        if step >= self.steps:
            return at(self.then, step - self.steps)
        target = at(self.then, 0)
        if self.start is None:
            return target * (step + 1) / self.steps
        return self.start + (target - self.start) * step / self.steps

    @property
    def horizon(self):
        return self.steps + (horizon_of(self.then) or max(1, self.steps))


@dataclass(frozen=True, repr=False)
class Join(Schedule):
    """One schedule after the other: the next one begins, at its step 0, when its boundary is reached.

    rate(t) = schedules[i](t - boundaries[i - 1]), i being how many boundaries lie at or before t.

    >>> [Join([1.0, 0.5, 0.1], [2, 3])(t) for t in range(5)]
    [1.0, 1.0, 0.5, 0.1, 0.1]
    """

    schedules: tuple[Rate, ...]
    boundaries: tuple[int, ...]

    def __post_init__(self):
        object.__setattr__(self, "schedules", tuple(self.schedules))
        object.__setattr__(self, "boundaries", tuple(self.boundaries))
        check_rising("boundaries", self.boundaries)
        if len(self.schedules) != len(self.boundaries) + 1:
            raise ValueError(
                f"between {len(self.schedules)} schedules there are {len(self.schedules) - 1} boundaries, "
                f"got {len(self.boundaries)}"
            )
        for rate in self.schedules:
            check_rate("a schedule of Join", rate)

    def value(self, step):
        i = sum(boundary <= step for boundary in self.boundaries)
        return at(self.schedules[i], step - (self.boundaries[i - 1] if i else 0))

    @property
    def horizon(self):
        last = max((0, *self.boundaries))
        longest = max((after - before for before, after in pairwise((0, *self.boundaries))), default=100)
        return last + (horizon_of(self.schedules[-1]) or max(1, longest))


@dataclass(frozen=True, repr=False)
class Scaled(Schedule):
    """rate(t) = schedule(t) * factor(t): the product of a schedule and a factor, which may be a schedule too."""

    schedule: Rate
    factor: Rate

    def __post_init__(self):
        check_rate("schedule", self.schedule)
        check_rate("factor", self.factor)

    def value(self, step):
        return at(self.schedule, step) * at(self.factor, step)

    @property
    def horizon(self):
        return max(horizon_of(self.schedule), horizon_of(self.factor)) or 100


@dataclass(frozen=True, repr=False)
class per_epoch(Schedule):
    """A schedule whose unit is the epoch, asked for steps: ``steps`` of them make an epoch.

    >>> [per_epoch(lambda epoch: 0.5**epoch, 2)(step) for step in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    schedule: Rate
    steps: int

    def __post_init__(self):
        check_rate("schedule", self.schedule)
        check_count("steps", self.steps)

    def value(self, step):
        return at(self.schedule, int(step // self.steps))

    @property
    def horizon(self):
        return (horizon_of(self.schedule) + 1) * self.steps - 1 if horizon_of(self.schedule) else 100


def check_rate(name: str, rate: Rate) -> None:
    """Raise ValueError, naming the option, unless this is a function of the step or a number that can be a rate."""
    if not callable(rate):
        check_positive(name, rate, or_zero=True)
