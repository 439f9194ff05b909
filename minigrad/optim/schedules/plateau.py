"""The one schedule that looks at how training goes."""

import math
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from minigrad.optim.hyperparameters import check_count, check_positive
from minigrad.optim.schedules.base import Schedule
from minigrad.optim.schedules.decays import check_choice

REMEMBERED = ("now", "best", "bad", "resting")


@dataclass(eq=False, repr=False)
class Plateau(Schedule):
    """A rate that is multiplied by ``factor`` when a metric has not improved for more than ``patience`` observations.

    It must be fed: ``schedule.observe(validation_loss)`` after every epoch. Better is, with ``mode="min"``, a metric
    below ``best - threshold * |best|``, which is right for negative metrics too; NaN is never better. After a cut,
    ``cooldown`` observations do not count; the rate never falls below ``least``.

    >>> rate = Plateau(0.1, factor=0.5, patience=1)
    >>> for loss in [1.0, 0.8, 0.8, 0.8, 0.7]:
    ...     rate.observe(loss)
    ...     print(rate(0))
    0.1
    0.1
    0.1
    0.05
    0.05
    """

    rate: float
    _: KW_ONLY
    factor: float = 0.1
    patience: int = 10
    threshold: float = 1e-4
    cooldown: int = 0
    least: float = 0.0
    mode: str = "min"
    now: float = field(init=False)
    best: float = field(init=False, default=math.inf)
    bad: int = field(init=False, default=0)
    resting: int = field(init=False, default=0)

    def __post_init__(self):
        check_positive("rate", self.rate, or_zero=True)
        if not 0 < self.factor < 1:
            raise ValueError(f"factor must be between 0 and 1, got {self.factor!r}")
        check_count("patience", self.patience, least=0)
        check_positive("threshold", self.threshold, or_zero=True)
        check_count("cooldown", self.cooldown, least=0)
        check_positive("least", self.least, or_zero=True)
        check_choice("mode", self.mode, ("min", "max"))
        self.now = self.rate

    def value(self, step):
        return self.now

    def observe(self, metric):
        metric = float(metric) if self.mode == "min" else -float(metric)
        if metric < self.best - (self.threshold * abs(self.best) if math.isfinite(self.best) else 0):
            self.best, self.bad = metric, 0
        else:
            self.bad += 1
        if self.resting:
            self.resting, self.bad = self.resting - 1, 0
        if self.bad > self.patience:
            self.now = max(self.now * self.factor, self.least)
            self.resting, self.bad = self.cooldown, 0

    def state_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in REMEMBERED}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        for name in REMEMBERED:
            setattr(self, name, saved[name])
