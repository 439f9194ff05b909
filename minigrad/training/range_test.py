"""The learning rate range test: raise the rate from step to step, and look where the loss falls fastest.

Source: L. N. Smith, *Cyclical Learning Rates for Training Neural Networks*, 2017, section 3.3.

>>> from minigrad import nn, optim
>>> from minigrad.data import load
>>> model, train = nn.MLP([2, 16, 2], rng=0), load("moons", rng=0).train
>>> found = range_test(model, nn.cross_entropy, optim.SGD(model, 0.1), train, rng=0)
>>> len(found.rates) > 50, 0.01 < found.suggestion < 10
(True, True)
"""

import math
from collections.abc import Callable
from itertools import chain, repeat
from typing import Any, NamedTuple

import numpy as np

from minigrad.data import Batches, Examples
from minigrad.errors import DataError, NonFiniteError
from minigrad.nn import Module
from minigrad.training.loop import train_step

SMOOTHING = 0.9
"""The share of the running mean that each step keeps."""

RISEN = 4.0
"""The test ends when the smoothed loss is so many times its minimum."""


class RangeTest(NamedTuple):
    """What the test has measured, a value for each step, and what to make of it."""

    rates: list[float]
    losses: list[float]
    """The running mean of the loss of the batches."""
    steepest: float
    """The rate at which the loss falls fastest, per factor of the rate."""
    minimum: float
    """The rate at which the loss is lowest; from there on the steps are too large."""
    suggestion: float
    """The smaller of the steepest and a tenth of that of the minimum."""


def range_test(
    model: Module,
    loss: Callable,
    optimizer: Any,
    examples: Examples,
    *,
    batch_size: int = 32,
    low: float = 1e-5,
    high: float = 10.0,
    steps: int = 300,
    clip_norm: float | None = None,
    rng=None,
) -> RangeTest:
    """Train for some ``steps`` at rates that rise geometrically from ``low`` to ``high``; model and optimizer change.

    Ends early where the loss explodes. Raises :class:`~minigrad.errors.NonFiniteError` where that is at once.
    """
    if not (0 < low < high < math.inf and steps >= 10):
        raise DataError(f"rates must rise from {low} to {high} in {steps} steps: write 0 < low < high and steps >= 10")
    rates: list[float] = []
    losses: list[float] = []
    mean = 0.0
    model.train()
    coming = chain.from_iterable(repeat(Batches(examples, batch_size, rng=rng)))
    for step, batch in zip(range(steps), coming, strict=False):
        rate = low * (high / low) ** (step / (steps - 1))
        for group in optimizer.param_groups:
            group["lr"] = rate
        try:
            value = train_step(model, optimizer, batch, loss, clip_norm=clip_norm)
        except NonFiniteError:
            break
        if not math.isfinite(value):
            break
        mean = SMOOTHING * mean + (1 - SMOOTHING) * value
        rates.append(rate)
        losses.append(mean / (1 - SMOOTHING ** (step + 1)))
        if losses[-1] > RISEN * min(losses):
            break
    if len(rates) < 5:
        raise NonFiniteError(f"the loss explodes at rates of {low:g} already: start lower, or look at the data")
    return _judged(rates, losses)


def _judged(rates: list[float], losses: list[float]) -> RangeTest:
    """The marks on the curve: its lowest point, and the steepest stretch before it; the first few steps are noise."""
    lowest, apart = int(np.argmin(losses)), max(1, len(losses) // 10)
    starts = range(min(apart, max(0, lowest - apart)), max(1, lowest - apart + 1))
    steepest = rates[min(starts, key=lambda i: losses[i + apart] - losses[i]) + apart // 2]
    return RangeTest(rates, losses, steepest, rates[lowest], min(steepest, rates[lowest] / 10))
