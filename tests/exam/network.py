"""A network of 100,000 parameters: certified in a few forward passes, and one slightly wrong parameter found."""

from itertools import pairwise

import numpy as np

import minigrad as mg
from minigrad.engine import Op
from minigrad.gradcheck.blame import lone_fault
from minigrad.gradcheck.check import gradcheck
from minigrad.gradcheck.flow import Flow
from minigrad.gradcheck.verdict import Verdict
from minigrad.modes import watch
from tests.exam.score import Score, at_most, share

WIDTHS = 784, 120, 45, 10
BATCH = 16
ERROR = 1e-3
CERTIFICATES = 3
"""How many networks are certified, each with weights of its own."""
BACKWARD = 6
"""What going backward counts for, in forward passes: once for the gradient, once to see what formulas write into."""


class Network:
    """A perceptron with a cross-entropy: 100,105 parameters."""

    def __init__(self, seed: int, activation=np.tanh):
        self.activation = activation
        rng = np.random.default_rng(seed)
        self.parameters = [a for n, m in pairwise(WIDTHS) for a in _layer(rng, n, m)]
        self.x, self.labels = rng.standard_normal((BATCH, WIDTHS[0])), rng.integers(0, WIDTHS[-1], BATCH)
        self.forwards = 0

    @property
    def size(self) -> int:
        return sum(p.size for p in self.parameters)

    def loss(self, *parameters):
        self.forwards += 1
        h, pairs = self.x, list(zip(parameters[::2], parameters[1::2], strict=True))
        for w, b in pairs[:-1]:
            h = self.activation(h @ w + b)
        w, b = pairs[-1]
        return mg.cross_entropy(h @ w + b, self.labels)

    def gradient(self) -> np.ndarray:
        """The gradient of all parameters in a row."""
        leaves = [mg.tensor(p, requires_grad=True) for p in self.parameters]
        return np.concatenate([g.data.ravel() for g in mg.autograd.grad(self.loss(*leaves), leaves)])

    def looked_at(self, rng: np.random.Generator) -> float:
        """How many forward passes it takes to look at each op by itself."""
        flow, leaves = Flow(), [mg.tensor(p, requires_grad=True) for p in self.parameters]
        with watch(flow):
            self.loss(*leaves).backward()
        return lone_fault(flow, rng)[1]

    def falsified(self, index: int):
        """The loss with the gradient of one parameter, of all in a row, too large by 0.1 %."""
        which, at = 0, index
        while at >= self.parameters[which].size:
            at, which = at - self.parameters[which].size, which + 1
        factor = np.ones(self.parameters[which].shape)
        factor.ravel()[at] += ERROR
        op = Op(lambda x: 1 * x, [lambda g, y, x: g * factor])
        return lambda *ps: self.loss(*(op(p) if i == which else p for i, p in enumerate(ps)))


def _layer(rng, n: int, m: int):
    return rng.standard_normal((n, m)) / np.sqrt(n), 0.1 * rng.standard_normal(m)


NETWORKS = {"tanh": np.tanh, "ReLU": mg.relu}


def network(trials: int, rng: np.random.Generator) -> list[Score]:
    """What a certificate costs, and in how many trials one wrong parameter of all is found, for each activation."""
    return [score for name in NETWORKS for score in _network(name, trials, rng)]


def _network(name: str, trials: int, rng: np.random.Generator) -> list[Score]:
    costs, missed = [], []
    for seed in range(CERTIFICATES):
        net = Network(seed, NETWORKS[name])
        report = gradcheck(net.loss, *net.parameters, mode="probe", rng=rng)
        costs.append(net.forwards + BACKWARD + net.looked_at(rng) if report else np.inf)
    live = np.flatnonzero(net.gradient())  # 0.1 % of the gradient of a dead unit is no error
    for trial in range(trials):
        index = int(rng.choice(live))
        found = gradcheck(net.falsified(index), *net.parameters, mode="probe", budget=1, rng=rng).verdict
        if found is not Verdict.WRONG:
            missed.append(f"trial {trial}, parameter {index}: {found}")
    return [
        at_most(f"{name} network of {net.size:,} parameters certified, in forward passes at most", max(costs), 40),
        share(f"one parameter of it wrong by 0.1 % found ({name})", trials, missed, 1.0),
    ]
