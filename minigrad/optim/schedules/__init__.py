"""Schedules: a learning rate, or any other number, as a function of the step, which is counted from 0.

A schedule is a value and a function. It knows nothing of an optimizer and has no state but the step it is asked for;
``lr``, momentum, weight decay and dropout rate take one alike, and so they take any function of the step. Its unit is
the optimizer step; :class:`per_epoch` converts.

>>> schedule = Warmup(3, then=Cosine(0.1, 6))
>>> [round(schedule(step), 4) for step in range(10)]
[0.0333, 0.0667, 0.1, 0.1, 0.0933, 0.075, 0.05, 0.025, 0.0067, 0.0]
>>> print(schedule)
Warmup(3, then=Cosine(0.1, 6))    ▃▆███▆▄▃▁▁    steps 0 to 9
"""

from minigrad.optim.schedules.base import Schedule
from minigrad.optim.schedules.composition import Join, Scaled, Warmup, per_epoch
from minigrad.optim.schedules.cycles import CosineRestarts, Cyclic, OneCycle, Piecewise
from minigrad.optim.schedules.decays import (
    Constant,
    Cosine,
    Exponential,
    InverseSqrt,
    InverseTime,
    Linear,
    MultiStep,
    Noam,
    Polynomial,
    Step,
    WarmupStableDecay,
)
from minigrad.optim.schedules.plateau import Plateau

__all__ = [
    "Constant",
    "Cosine",
    "CosineRestarts",
    "Cyclic",
    "Exponential",
    "InverseSqrt",
    "InverseTime",
    "Join",
    "Linear",
    "MultiStep",
    "Noam",
    "OneCycle",
    "Piecewise",
    "Plateau",
    "Polynomial",
    "Scaled",
    "Schedule",
    "Step",
    "Warmup",
    "WarmupStableDecay",
    "per_epoch",
]
