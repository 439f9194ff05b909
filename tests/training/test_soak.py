"""Long runs: no memory grows, no warning comes, however strict NumPy is asked to be. Garbage collection is off."""

import gc
import sys
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from minigrad import nn, optim

STEPS, BYTES = 300, 5_000
SLACK = 50
"""Blocks of memory by which the interpreter's own bookkeeping may differ between two counts."""


@pytest.fixture(autouse=True)
def without_garbage_collection():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def stepper(make: Callable, dtype: str = "float64") -> Callable[[], None]:
    """A training step of a network that has one of everything, with the optimizer that ``make`` makes."""
    rng = np.random.default_rng(0)
    layers = nn.Linear(6, 16, rng=rng), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.1, rng=rng)
    more = nn.Linear(16, 8, rng=rng), nn.LayerNorm(8), nn.GELU(), nn.Linear(8, 3, rng=rng)
    model = nn.Sequential(*layers, *more).astype(dtype)
    optimizer = make(model)
    x, y = rng.standard_normal((32, 6)).astype(dtype), rng.integers(0, 3, 32)

    def step():
        optimizer.zero_grad()
        loss = nn.cross_entropy(model(x), y) + optim.L2(1e-4)(model)
        loss.backward()
        optim.clip_grad_norm(model.parameters(), 1.0)
        optimizer.step()

    return step


OPTIMIZERS = {
    "SGD": lambda model: optim.SGD(model, 0.01),
    "momentum": lambda model: optim.SGD(model, 0.01, momentum=0.9, nesterov=True),
    "RMSprop": lambda model: optim.RMSprop(model, 0.001),
    "Adam": lambda model: optim.Adam(model, 0.001),
    "AdamW": lambda model: optim.AdamW(model, optim.schedules.Exponential(0.001, 0.9999), weight_decay=0.01),
}


def growth(step: Callable[[], None], steps: int) -> tuple[int, int]:
    """By how many bytes and blocks a third of so many steps adds to memory: in that third that adds the least.

    What is lost at each step is lost in each third; what the interpreter lays by for later is not.
    """
    for _ in range(100):
        step()
    tracemalloc.start()
    try:
        step()
        thirds = []
        for _ in range(3):
            blocks, (size, _) = sys.getallocatedblocks(), tracemalloc.get_traced_memory()
            for _ in range(steps // 3):
                step()
            thirds.append((tracemalloc.get_traced_memory()[0] - size, sys.getallocatedblocks() - blocks))
        return tuple(map(min, zip(*thirds)))
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_steps_of_every_optimizer_leave_no_memory_behind(make):
    size, blocks = growth(stepper(make), STEPS)
    assert blocks <= SLACK
    assert size < BYTES


@pytest.mark.slow
@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_ten_thousand_steps_leave_no_memory_behind(make):
    size, blocks = growth(stepper(make), 10_000)
    assert blocks <= SLACK
    assert size < BYTES


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_ordinary_steps_raise_nothing_under_the_strictest_floating_point_errors(make, dtype):
    step = stepper(make, dtype)
    with np.errstate(all="raise", under="ignore"):
        for _ in range(20):
            step()
