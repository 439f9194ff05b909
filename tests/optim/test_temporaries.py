"""A step writes where it has written before: how many arrays as large as a parameter it makes, and lets go."""

import tracemalloc

import numpy as np
import pytest

import minigrad as mg
from minigrad import optim

MADE = {
    **dict.fromkeys(("SGD", "RMSprop", "Adam", "RAdam", "Adamax", "AdaBelief", "Adagrad", "LAMB"), 0),
    **{"AdamW": 1, "NAdam": 1, "ASGD": 2, "Yogi": 2, "Lion": 2, "Adadelta": 3},
}
VARIANTS = {
    "SGD with momentum": (0, lambda p: optim.SGD([p], 0.1, momentum=0.9)),
    "SGD with Nesterov momentum": (2, lambda p: optim.SGD([p], 0.1, momentum=0.9, nesterov=True)),
    "RMSprop, centered, with momentum": (0, lambda p: optim.RMSprop([p], centered=True, momentum=0.9)),
    "Adam with amsgrad": (0, lambda p: optim.Adam([p], amsgrad=True)),
    "Muon": (7, lambda p: optim.Muon([p])),
    **{name: (made, lambda p, name=name: getattr(optim, name)([p], lr=1e-3)) for name, made in MADE.items()},
}


@pytest.mark.parametrize("size", [(200, 200), (60, 60)], ids=["alone", "in a block"])
@pytest.mark.parametrize(("made", "build"), VARIANTS.values(), ids=VARIANTS)
def test_a_step_makes_no_more_arrays_than_it_needs(made, build, size):
    p = mg.tensor(np.ones(size, np.float32), requires_grad=True)
    optimizer = build(p)
    p.grad = np.random.default_rng(0).standard_normal(size).astype(np.float32)
    for _ in range(3):
        optimizer.step()
    tracemalloc.start()
    try:
        optimizer.step()
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        optimizer.step()
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert round(peak / p.data.nbytes - 0.1) <= made
