"""Right gradients: is any of them accused, and how small an error would have been found in them?"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

import minigrad as mg
from minigrad.engine import Op
from minigrad.gradcheck.check import gradcheck
from minigrad.gradcheck.verdict import Verdict
from tests.exam.score import Score, counted, share
from tests.gradcheck.test_traps import TRAPS

ACCUSED = (Verdict.WRONG, Verdict.KINK_WRONG)
SHAPE = (3, 4)
SMALL_ERROR = 1e-4
X = np.random.default_rng(4).standard_normal(SHAPE)


def _dependent():
    x = mg.tensor(X, requires_grad=True)
    return gradcheck(lambda a, b: a * b, x, 3 * x)


def _float32():
    return gradcheck(lambda x, w: np.tanh(x @ w), X.astype(np.float32), np.ones((4, 2), np.float32))


def _parameters():
    w = mg.tensor(X, requires_grad=True)
    return gradcheck(lambda: np.sum(np.tanh(w) * w), params=[w])


def _dropout():
    layer = mg.nn.Dropout(0.4, rng=0)
    return gradcheck(lambda x: layer(x), X)


def _batch_norm():
    layer = mg.nn.BatchNorm1d(4)
    return gradcheck(lambda x: layer(x), X)


MORE_TRAPS = {
    "float32 values": _float32,
    "parameters that are used twice": _parameters,
    "dropout in training mode": _dropout,
    "batch normalization in training mode": _batch_norm,
    "an integer input": lambda: gradcheck(lambda x: x, np.arange(3)),
    "one array passed twice": lambda: gradcheck(lambda a, b: a * b, X, X),
    "an input computed from another": _dependent,
}
"""Traps that take more than one function and one array."""


def traps() -> list[Score]:
    """No trap may be accused, and few may be left undecided."""
    verdicts = {name: gradcheck(fn, x).verdict for name, (fn, x, *_) in TRAPS.items()}
    verdicts |= {name: check().verdict for name, check in MORE_TRAPS.items()}
    accused = [name for name, verdict in verdicts.items() if verdict in ACCUSED]
    undecided = [name for name, verdict in verdicts.items() if verdict is Verdict.INCONCLUSIVE]
    passed = [name for name, verdict in verdicts.items() if verdict]
    return [
        share("traps not accused", len(verdicts), accused, 1.0),
        share("traps not left inconclusive", len(verdicts), undecided, 0.95),
        counted("traps passed outright", len(passed), len(verdicts), 0.5),
    ]


def layernorm(x):
    centred = x - np.mean(x, axis=-1, keepdims=True)
    return centred / np.sqrt(np.mean(centred * centred, axis=-1, keepdims=True))


class Function(NamedTuple):
    """A right function of an array whose elements are of the size of 1."""

    fn: Callable
    positive: bool = False

    def scaled(self, inside: float, outside: float, before: Callable = lambda x: x) -> Callable:
        """The same for elements of another size, and with results of another size."""
        return lambda x: outside * self.fn(before(x) / inside)


FUNCTIONS = [
    Function(np.exp),
    Function(np.log, positive=True),
    Function(np.tanh),
    Function(np.sqrt, positive=True),
    Function(lambda x: 1 / x),
    Function(lambda x: np.sin(50 * x)),
    Function(lambda x: x**3),
    Function(lambda x: np.sum(x, axis=1)),
    Function(lambda x: mg.logsumexp(x, axis=1)),
    Function(lambda x: mg.softmax(x)),
    Function(layernorm),
    Function(lambda x: layernorm(x + 1e4)),
    Function(lambda x: np.prod(x, axis=1)),
    Function(lambda x: np.linalg.norm(x, axis=1)),
]


def elements(count: int, rng: np.random.Generator) -> list[Score]:
    """Random elements at random scales from 1e-6 to 1e6 of inputs and outputs: right ones, and wrong by 1e-4."""
    alarms = found = undecided = 0
    checks = -(-count // (SHAPE[0] * SHAPE[1]))
    for i in range(checks):
        function = FUNCTIONS[i % len(FUNCTIONS)]
        scales = 10 ** rng.uniform(-6, 6, 2)
        x = rng.standard_normal(SHAPE)
        x = (abs(x) + 0.01 if function.positive else x) * scales[0]
        right = gradcheck(function.scaled(*scales), x, rng=rng)
        alarms += wrong_elements(right)
        undecided += right.verdict is Verdict.INCONCLUSIVE
        wrong = gradcheck(function.scaled(*scales, falsified), x, rng=rng)
        found += wrong_elements(wrong)
    total = checks * X.size
    return [
        counted("right elements not accused", total - alarms, total, 0.9998),
        counted("functions not left inconclusive", checks - undecided, checks, 0.95),
        counted(f"elements wrong by {SMALL_ERROR:g} found", found, total, 0.999),
    ]


falsified = Op(lambda x: 1 * x, [lambda g, y, x: (1 + SMALL_ERROR) * g])
"""The identity, with a gradient that is a little off."""


def wrong_elements(report) -> int:
    """How many elements a report accuses."""
    return sum(finding.wrong for finding in report.findings if finding.verdict in ACCUSED)
