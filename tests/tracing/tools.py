"""A training run in two editions, as written and compiled, that are compared bit for bit."""

from itertools import pairwise

import numpy as np

import minigrad as mg
from minigrad import nn, optim


class Run:
    """A network, an optimizer and a step; ``change`` is done between loss and ``opt.step()``."""

    def __init__(self, model, opt, loss_of, *, compiled, change=lambda model: None):
        self.model, self.opt = model, opt

        def step(x, y):
            loss = loss_of(model(x), y)
            opt.zero_grad()
            loss.backward()
            change(model)
            opt.step()
            return loss

        self.step = mg.compile(step) if compiled else step

    def state(self):
        """All that must be the same, as bytes."""
        arrays = [*self.model.state_dict().values(), *(p.grad for p in self.model.parameters())]
        remembered = [value for state in self.opt.state_dict()["state"].values() for value in state.values()]
        return [np.asarray(a).tobytes() for a in (*arrays, *remembered, self.opt.steps)]


def network(sizes, *, dtype="float64", between=nn.ReLU, seed=0):
    """Linear layers with something between them."""
    layers = [nn.Linear(n, m, rng=seed + i) for i, (n, m) in enumerate(pairwise(sizes))]
    return nn.Sequential(*[part for layer in layers for part in (layer, between())][:-1]).astype(dtype)


def batches(sizes, count, *, size=16, dtype="float64", seed=0):
    """Batches of inputs, and class numbers, or values for one output."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        x = rng.standard_normal((size, sizes[0])).astype(dtype)
        yield x, rng.integers(sizes[-1], size=size) if sizes[-1] > 1 else np.sin(x.sum(axis=1, keepdims=True))


def pair(make, opt_of=lambda params: optim.Adam(params, lr=0.01), loss_of=nn.cross_entropy, **options):
    """The run as written, and the same compiled."""
    runs = []
    for compiled in (False, True):
        model = make()
        runs.append(Run(model, opt_of(model.parameters()), loss_of, compiled=compiled, **options))
    return runs


def assert_same_training(eager, compiled, data):
    """Take the steps with both: losses, weights, gradients and all that is remembered must agree to the last bit."""
    for x, y in data:
        a, b = eager.step(x, y), compiled.step(x, y)
        assert a.numpy().tobytes() == b.numpy().tobytes()
        assert eager.state() == compiled.state()
