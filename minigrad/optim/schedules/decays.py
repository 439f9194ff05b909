"""Schedules that go one way: constant, stairs, and decays from one rate to another."""

import math
from bisect import bisect_right
from dataclasses import KW_ONLY, dataclass
from itertools import pairwise

from minigrad.optim.hyperparameters import check_count, check_positive
from minigrad.optim.schedules.base import Schedule


@dataclass(frozen=True, repr=False)
class Constant(Schedule):
    """rate(t) = rate."""

    rate: float

    def __post_init__(self):
        check_positive("rate", self.rate, or_zero=True)

    def value(self, step):
        return self.rate


@dataclass(frozen=True, repr=False)
class Step(Schedule):
    """rate(t) = rate * gamma**(t // every).

    >>> [round(Step(1.0, 3)(t), 3) for t in range(8)]
    [1.0, 1.0, 1.0, 0.1, 0.1, 0.1, 0.01, 0.01]
    """

    rate: float
    every: int
    gamma: float = 0.1

    def __post_init__(self):
        check_positive("rate", self.rate, or_zero=True)
        check_count("every", self.every)
        check_positive("gamma", self.gamma)

    def value(self, step):
        return self.rate * self.gamma ** (step // self.every)

    @property
    def horizon(self):
        return 4 * self.every - 1


@dataclass(frozen=True, repr=False)
class MultiStep(Schedule):
    """rate(t) = rate * gamma**(number of milestones <= t); a milestone given twice counts twice.

    The lecture's ``x 0.1 at epochs 30, 60, 90`` is ``per_epoch(MultiStep(0.1, (30, 60, 90)), steps)``.
    """

    rate: float
    milestones: tuple[int, ...]
    gamma: float = 0.1

    def __post_init__(self):
        object.__setattr__(self, "milestones", tuple(sorted(self.milestones)))
        check_positive("rate", self.rate, or_zero=True)
        for milestone in self.milestones:
            check_count("a milestone", milestone, least=0)
        check_positive("gamma", self.gamma)

    def value(self, step):
        return self.rate * self.gamma ** bisect_right(self.milestones, step)

    @property
    def horizon(self):
        return max(1, max(self.milestones, default=75) * 4 // 3)


@dataclass(frozen=True, repr=False)
class Exponential(Schedule):
    """rate(t) = rate * gamma**t."""

    rate: float
    gamma: float

    def __post_init__(self):
        check_positive("rate", self.rate, or_zero=True)
        check_positive("gamma", self.gamma)

    def value(self, step):
        return self.rate * self.gamma**step

    @property
    def horizon(self):
        return 100 if self.gamma == 1 else math.ceil(4 / abs(math.log(self.gamma)))


@dataclass(frozen=True, repr=False)
class Decay(Schedule):
    """From ``rate`` to ``end`` in ``steps`` steps, and ``end`` from then on."""

    rate: float
    steps: int
    _: KW_ONLY
    end: float = 0.0

    def __post_init__(self):
        check_positive("rate", self.rate, or_zero=True)
        check_count("steps", self.steps)
        check_positive("end", self.end, or_zero=True)

    def left(self, done: float) -> float:
        """How much of the way from ``rate`` to ``end`` is left when this part of the steps is done."""
        raise NotImplementedError

    def value(self, step):
        return self.end + (self.rate - self.end) * self.left(min(step, self.steps) / self.steps)

    @property
    def horizon(self):
        return self.steps


@dataclass(frozen=True, repr=False)
class Linear(Decay):
    """rate(t) = rate + (end - rate) * min(t, steps) / steps."""

    def left(self, done):
        return 1 - done


@dataclass(frozen=True, repr=False)
class Polynomial(Decay):
    """rate(t) = end + (rate - end) * (1 - min(t, steps) / steps)**power."""

    power: float = 1.0

    def __post_init__(self):
        super().__post_init__()
        check_positive("power", self.power)

    def left(self, done):
        return (1 - done) ** self.power


@dataclass(frozen=True, repr=False)
class Cosine(Decay):
    """rate(t) = end + (rate - end) * (1 + cos(pi * min(t, steps) / steps)) / 2. It never climbs again.

    Loshchilov and Hutter, 2017, eq. 5, without the restarts of :class:`CosineRestarts`.

    >>> [round(Cosine(1.0, 4)(t), 4) for t in range(7)]
    [1.0, 0.8536, 0.5, 0.1464, 0.0, 0.0, 0.0]
    """

    def left(self, done):
        return cosine(done)


@dataclass(frozen=True, repr=False)
class InverseSqrt(Schedule):
    """rate(t) = rate / sqrt(1 + t / timescale).

    With ``timescale=1`` it is the lecture's ``rate / sqrt(t)``, t from 1; ``Warmup(W, then=InverseSqrt(rate, W))`` is
    the one of fairseq, ``rate * sqrt(W) / sqrt(t)`` after the warm-up.
    """

    rate: float
    timescale: float = 1.0

    def __post_init__(self):
        check_positive("rate", self.rate, or_zero=True)
        check_positive("timescale", self.timescale)

    def value(self, step):
        return self.rate / math.sqrt(1 + step / self.timescale)

    @property
    def horizon(self):
        return max(100, math.ceil(20 * self.timescale))


@dataclass(frozen=True, repr=False)
class InverseTime(Schedule):
    """rate(t) = rate / (1 + decay * t / steps), with ``staircase`` of the whole part of ``t / steps``."""

    rate: float
    decay: float
    steps: int = 1
    _: KW_ONLY
    staircase: bool = False

    def __post_init__(self):
        check_positive("rate", self.rate, or_zero=True)
        check_positive("decay", self.decay, or_zero=True)
        check_count("steps", self.steps)

    def value(self, step):
        periods = step // self.steps if self.staircase else step / self.steps
        return self.rate / (1 + self.decay * periods)

    @property
    def horizon(self):
        return math.ceil(9 * self.steps / self.decay) if self.decay else 100


@dataclass(frozen=True, repr=False)
class Noam(Schedule):
    """rate(t) = scale / sqrt(width) * min(1 / sqrt(s), s / warmup**1.5) with s = t + 1.

    Vaswani et al., 2017, eq. 3: ``width`` is the width of the model.
    """

    width: int
    warmup: int
    scale: float = 1.0

    def __post_init__(self):
        check_count("width", self.width)
        check_count("warmup", self.warmup)
        check_positive("scale", self.scale, or_zero=True)

    def value(self, step):
        return self.scale / math.sqrt(self.width) * min((step + 1) ** -0.5, (step + 1) * self.warmup**-1.5)

    @property
    def horizon(self):
        return 10 * self.warmup


@dataclass(frozen=True, repr=False)
class WarmupStableDecay(Schedule):
    """Up in ``warmup`` steps, ``rate`` for ``stable`` steps, down to ``end`` in ``decay`` steps.

    rate(t) = rate * (t + 1) / warmup, then rate, then end + (rate - end) * left(s), where s goes from 0 to 1.

    The way down is ``"linear"``, ``"cosine"`` or ``"sqrt"`` (1 - sqrt). Hu et al., 2024, section 4; Hagele et al.,
    2024 (sqrt).
    """

    rate: float
    warmup: int
    stable: int
    decay: int
    _: KW_ONLY
    end: float = 0.0
    shape: str = "linear"

    def __post_init__(self):
        check_positive("rate", self.rate, or_zero=True)
        for name in ("warmup", "stable", "decay"):
            check_count(name, getattr(self, name), least=0)
        check_positive("end", self.end, or_zero=True)
        check_choice("shape", self.shape, SHAPES)

    def value(self, step):
        if step < self.warmup:
            return self.rate * (step + 1) / self.warmup
        over = step - self.warmup - self.stable
        if over < 0:
            return self.rate
        done = min(over, self.decay) / self.decay if self.decay else 1.0
        return self.end + (self.rate - self.end) * SHAPES[self.shape](done)

    @property
    def horizon(self):
        return max(1, self.warmup + self.stable + self.decay)


def cosine(done: float) -> float:
    """What is left of a cosine decay."""
    return (1 + math.cos(math.pi * done)) / 2


SHAPES = {"linear": lambda done: 1 - done, "cosine": cosine, "sqrt": lambda done: 1 - math.sqrt(done)}
"""How much is left of a decay when a part of it is done."""


def check_choice(name: str, value: object, choices) -> None:
    """Raise ValueError, naming the option, unless the value is one of the choices."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, got {value!r}")


def check_rising(name: str, values) -> None:
    """Raise ValueError, naming the option, unless these are steps in rising order."""
    for value in values:
        check_count(name, value, least=0)
    if any(after <= before for before, after in pairwise(values)):
        raise ValueError(f"{name} must rise, got {values!r}")
