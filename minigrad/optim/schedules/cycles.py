"""Schedules that go up as well as down: restarts, cycles, one cycle, and any polygon."""

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from itertools import pairwise
from typing import Any

from minigrad.optim.hyperparameters import check_count, check_positive
from minigrad.optim.schedules.base import Schedule
from minigrad.optim.schedules.decays import SHAPES, Cosine, check_choice, check_rising


@dataclass(frozen=True, repr=False)
class CosineRestarts(Schedule):
    """Cosine decays, one after the other: the first is ``period`` steps long, each next one ``factor`` times as long.

    rate(t) = end + (rate - end) / 2 (1 + cos(pi t_i / T_i)), t_i steps into the i-th period, T_i = period * factor**i.

    Loshchilov and Hutter, 2017, eq. 5.
    """

    rate: float
    period: int
    _: KW_ONLY
    factor: int = 1
    end: float = 0.0

    def __post_init__(self):
        check_positive("rate", self.rate, or_zero=True)
        check_count("period", self.period)
        check_count("factor", self.factor)
        check_positive("end", self.end, or_zero=True)

    def value(self, step):
        length = self.period
        if self.factor == 1:
            step %= length
        while step >= length:
            step, length = step - length, length * self.factor
        return Cosine(self.rate, length, end=self.end).value(step)

    @property
    def horizon(self):
        return self.period * (1 + self.factor + self.factor**2) - 1


@dataclass(frozen=True, repr=False)
class Cyclic(Schedule):
    """From ``low`` to ``high`` in ``up`` steps and back in ``down`` steps (as many, unless given), again and again.

    ``mode="triangular2"`` halves the height with every cycle, ``mode="exp_range"`` scales it by ``gamma**t``.
    Smith, 2017, section 3.
    """

    low: float
    high: float
    up: int
    down: int | None = None
    _: KW_ONLY
    mode: str = "triangular"
    gamma: float = 1.0

    def __post_init__(self):
        check_positive("low", self.low, or_zero=True)
        check_positive("high", self.high, or_zero=True)
        check_count("up", self.up)
        if self.down is not None:
            check_count("down", self.down)
        check_choice("mode", self.mode, ("triangular", "triangular2", "exp_range"))
        check_positive("gamma", self.gamma)

    @property
    def period(self) -> int:
        """The length of one cycle."""
        return self.up + (self.up if self.down is None else self.down)

    def value(self, step):
        cycle, t = divmod(step, self.period)
        height = t / self.up if t <= self.up else (self.period - t) / (self.period - self.up)
        if self.mode == "triangular2":
            height *= 0.5**cycle
        elif self.mode == "exp_range":
            height *= self.gamma**step
        return self.low + (self.high - self.low) * height

    @property
    def horizon(self):
        return 3 * self.period


@dataclass(frozen=True, repr=False)
class OneCycle(Schedule):
    """Up to ``rate`` in the first part of ``steps`` steps, down to almost nothing in the rest. Smith and Topin, 2019.

    It starts at ``rate / start_divisor``, peaks at step ``rising * steps - 1``, and its last step is at
    ``rate / start_divisor / end_divisor``; with ``three_phase`` it returns to the start as fast as it rose, and falls
    to the end after that. ``shape`` is ``"cosine"`` or ``"linear"``. A step past the last one is an error: the total
    was wrong, and so was everything before.

    >>> [round(OneCycle(1.0, 10)(t), 4) for t in range(10)]
    [0.04, 0.52, 1.0, 0.9505, 0.8117, 0.6113, 0.3887, 0.1883, 0.0495, 0.0]
    """

    rate: float
    steps: int
    _: KW_ONLY
    rising: float = 0.3
    shape: str = "cosine"
    start_divisor: float = 25.0
    end_divisor: float = 1e4
    three_phase: bool = False

    def __post_init__(self):
        check_positive("rate", self.rate)
        check_count("steps", self.steps)
        if not 0 <= self.rising <= (0.5 if self.three_phase else 1):
            raise ValueError(f"rising must be between 0 and 1 (with three_phase 0.5), got {self.rising!r}")
        check_choice("shape", self.shape, ("cosine", "linear"))
        check_positive("start_divisor", self.start_divisor)
        check_positive("end_divisor", self.end_divisor)

    def value(self, step):
        if step >= self.steps:
            raise ValueError(
                f"OneCycle was built for {self.steps} steps and is asked for step {step} (counted from 0): "
                "give it the true total, epochs * batches an epoch"
            )
        start = self.rate / self.start_divisor
        peak, last = self.rising * self.steps - 1, self.steps - 1
        corners = [(0.0, start), (peak, self.rate), (last, start / self.end_divisor)]
        if self.three_phase:
            corners.insert(2, (2 * peak, start))
        (a, low), (b, high) = next(pair for pair in pairwise(corners) if step <= pair[1][0] or pair[1] is corners[-1])
        done = (step - a) / (b - a) if b != a else 1.0
        return high + (low - high) * SHAPES[self.shape](done)

    @property
    def horizon(self):
        return self.steps - 1


@dataclass(frozen=True, repr=False)
class Piecewise(Schedule):
    """Through the given points ``{step: rate}``, in straight lines or, with ``shape="cosine"``, in half waves.

    Constant before the first point and after the last. It draws any curve: the momentum that goes with OneCycle is
    ``Piecewise({0: 0.95, 300: 0.85, 1000: 0.95}, shape="cosine")``.
    """

    points: Any
    _: KW_ONLY
    shape: str = "linear"

    def __post_init__(self):
        pairs = tuple(self.points.items()) if isinstance(self.points, Mapping) else tuple(map(tuple, self.points))
        object.__setattr__(self, "points", pairs)
        if not pairs:
            raise ValueError("points must have at least one {step: rate}, got none")
        check_rising("the steps of points", [step for step, _ in pairs])
        for _, rate in pairs:
            check_positive("a rate of points", rate, or_zero=True)
        check_choice("shape", self.shape, ("linear", "cosine"))

    def value(self, step):
        i = bisect_right(self.points, (step, math.inf))
        if i in (0, len(self.points)):
            return self.points[max(0, i - 1)][1]
        (a, before), (b, after) = self.points[i - 1 : i + 1]
        return after + (before - after) * SHAPES[self.shape]((step - a) / (b - a))

    @property
    def horizon(self):
        return max(1, self.points[-1][0])
