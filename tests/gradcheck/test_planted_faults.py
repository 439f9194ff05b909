"""Wrong formulas on purpose: broken copies of real ops, each of which the checker must call wrong."""

import numpy as np
import pytest

from minigrad.engine import Op
from minigrad.gradcheck import Verdict, gradcheck

A, B, V, S = np.random.default_rng(7).standard_normal((4, 3, 3))
ROW, ROWS = V[0], np.random.default_rng(8).standard_normal((4, 3))
POSITIVE = abs(A) + 0.5
REPEATED = np.array([0, 2, 2])
LABELS = np.array([0, 2, 1])


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def total(g, axis=-1):
    return np.sum(g, axis=axis, keepdims=True)


def onehot(x):
    return np.eye(x.shape[-1])[LABELS]


def nll(x):
    return -np.mean(np.log(softmax(x))[np.arange(3), LABELS])


def standardized(x):
    centred = x - np.mean(x, axis=-1, keepdims=True)
    return centred / np.sqrt(np.mean(centred**2, axis=-1, keepdims=True))


def deviation(x):
    return np.sqrt(np.mean((x - np.mean(x, axis=-1, keepdims=True)) ** 2, axis=-1, keepdims=True))


def overwritten(g, x):
    full = np.zeros_like(x)
    full[REPEATED] = g
    return full


FAULTS = {
    "add: sign of the second": (lambda x, z: x + z, {"x": lambda g, y, x, z: g, "z": lambda g, y, x, z: -g}, A, B),
    "add: mean over the broadcast axis instead of the sum": (
        lambda x, z: x + z,
        {"x": lambda g, y, x, z: g, "z": lambda g, y, x, z: np.mean(g, axis=0)},
        *(ROWS, ROW),
    ),
    "add: only the first row of the broadcast axis": (
        lambda x, z: x + z,
        {"x": lambda g, y, x, z: g, "z": lambda g, y, x, z: g[0]},
        *(ROWS, ROW),
    ),
    "multiply: its own operand instead of the other": (
        lambda x, z: x * z,
        {"x": lambda g, y, x, z: g * x, "z": lambda g, y, x, z: g * z},
        *(A, B),
    ),
    "multiply by a scalar: the scalar forgotten": (lambda x, c: x * c, {"x": lambda g, y, x, c: g}, A, 3),
    "divide: sign": (
        lambda x, z: x / z,
        {"x": lambda g, y, x, z: g / z, "z": lambda g, y, x, z: g * x / z**2},
        *(A, POSITIVE),
    ),
    "divide: 1/z missing": (
        lambda x, z: x / z,
        {"x": lambda g, y, x, z: g / z, "z": lambda g, y, x, z: -g * x / z},
        *(A, POSITIVE),
    ),
    "matmul: left gradient without the transpose": (
        lambda x, z: x @ z,
        {"x": lambda g, y, x, z: g @ z, "z": lambda g, y, x, z: x.T @ g},
        *(A, B),
    ),
    "matmul: right gradient without the transpose": (
        lambda x, z: x @ z,
        {"x": lambda g, y, x, z: g @ z.T, "z": lambda g, y, x, z: x @ g},
        *(A, B),
    ),
    "matmul: the whole gradient transposed": (
        lambda x, z: x @ z,
        {"x": lambda g, y, x, z: (g @ z.T).T, "z": lambda g, y, x, z: x.T @ g},
        *(A, B),
    ),
    "matmul: factors exchanged": (
        lambda x, z: x @ z,
        {"x": lambda g, y, x, z: z.T @ g, "z": lambda g, y, x, z: x.T @ g},
        *(A, B),
    ),
    "exp: x for y": (lambda x: np.exp(x), {"x": lambda g, y, x: g * x}, A),
    "log: y for x": (lambda x: np.log(x), {"x": lambda g, y, x: g / y}, POSITIVE),
    "tanh: x for y": (lambda x: np.tanh(x), {"x": lambda g, y, x: g * (1 - x**2)}, A),
    "tanh: sign of the square": (lambda x: np.tanh(x), {"x": lambda g, y, x: g * (1 + y**2)}, A),
    "sigmoid: 1 - y missing": (lambda x: 1 / (1 + np.exp(-x)), {"x": lambda g, y, x: g * y}, A),
    "sin: sign": (lambda x: np.sin(x), {"x": lambda g, y, x: -g * np.cos(x)}, A),
    "sin: off by a thousandth": (lambda x: np.sin(x), {"x": lambda g, y, x: g * np.cos(x) * 1.001}, A),
    "sin: off by a millionth": (lambda x: np.sin(x), {"x": lambda g, y, x: g * np.cos(x) * (1 + 1e-6)}, A),
    "sqrt: factor 2": (lambda x: np.sqrt(x), {"x": lambda g, y, x: g / y}, POSITIVE),
    "square: factor 1/2": (lambda x: x**2, {"x": lambda g, y, x: g * x}, A),
    "power: exponent not lowered": (lambda x, n: x**n, {"x": lambda g, y, x, n: g * n * x**n}, POSITIVE, 3),
    "power: log of the exponent": (
        lambda x, n: x**n,
        {"x": lambda g, y, x, n: g * n * x ** (n - 1), "n": lambda g, y, x, n: g * y * np.log(n)},
        *(POSITIVE, POSITIVE + 1),
    ),
    "tiny function: gradient 0": (lambda x: 1e-12 * np.sin(x), {"x": lambda g, y, x: 0 * g}, A),
    "relu: mask missing": (lambda x: np.maximum(x, 0), {"x": lambda g, y, x: g}, A),
    "relu: mask inverted": (lambda x: np.maximum(x, 0), {"x": lambda g, y, x: g * (x < 0)}, A),
    "relu: mask of the gradient": (lambda x: np.maximum(x, 0), {"x": lambda g, y, x: g * (g > 0)}, abs(A) - 0.05),
    "abs: sign missing": (lambda x: abs(x), {"x": lambda g, y, x: g}, A),
    "clip: mask missing": (lambda x: np.clip(x, -0.5, 0.5), {"x": lambda g, y, x: g}, A),
    "sum over an axis: the other axis": (
        lambda x, axis: np.sum(x, axis=axis),
        {"x": lambda g, y, x, axis: np.broadcast_to(g[:, None], x.shape)},
        *(A, 0),
    ),
    "mean: 1/N missing": (lambda x: np.mean(x), {"x": lambda g, y, x: np.broadcast_to(g, x.shape)}, A),
    "mean over an axis: divided by the size": (
        lambda x: np.mean(x, axis=1),
        {"x": lambda g, y, x: np.broadcast_to(g[:, None], x.shape) / x.size},
        A,
    ),
    "max: mask missing": (lambda x: np.max(x, axis=1), {"x": lambda g, y, x: g[:, None] * np.ones_like(x)}, A),
    "max: argmax along the wrong axis": (
        lambda x: np.max(x, axis=1),
        {"x": lambda g, y, x: g[:, None] * (x == np.max(x, axis=0))},
        A,
    ),
    "softmax: diagonal only": (softmax, {"x": lambda g, y, x: g * y * (1 - y)}, A),
    "softmax: coupling term missing": (softmax, {"x": lambda g, y, x: g * y}, A),
    "softmax: coupling along the wrong axis": (softmax, {"x": lambda g, y, x: y * (g - total(g * y, 0))}, A),
    "log_softmax: sum of g missing": (lambda x: np.log(softmax(x)), {"x": lambda g, y, x: g - softmax(x)}, A),
    "cross-entropy: 1/N missing": (nll, {"x": lambda g, y, x: g * (softmax(x) - onehot(x))}, A),
    "cross-entropy: labels not subtracted": (nll, {"x": lambda g, y, x: g * softmax(x) / 3}, A),
    "layernorm: statistics taken for constants": (standardized, {"x": lambda g, y, x: g / deviation(x)}, A),
    "layernorm: mean of g missing": (
        standardized,
        {"x": lambda g, y, x: (g - y * total(g * y) / 3) / deviation(x)},
        A,
    ),
    "layernorm: term in y missing": (standardized, {"x": lambda g, y, x: (g - total(g) / 3) / deviation(x)}, A),
    "norm: not divided by y": (lambda x: np.sqrt(np.sum(x * x)), {"x": lambda g, y, x: g * x}, A),
    "transpose: not transposed back": (lambda x: x.T, {"x": lambda g, y, x: g}, A),
    "reshape: in Fortran order": (
        lambda x: x.reshape(4, 3),
        {"x": lambda g, y, x: g.reshape(x.shape, order="F")},
        ROWS.reshape(3, 4),
    ),
    "index: repeated rows overwritten": (lambda x: x[REPEATED], {"x": lambda g, y, x: overwritten(g, x)}, ROWS),
    "index: shifted by one row": (
        lambda x: x[1:3],
        {"x": lambda g, y, x: np.concatenate([g, np.zeros_like(x[:2])])},
        ROWS,
    ),
    "flip: not flipped back": (lambda x: x[::-1], {"x": lambda g, y, x: g}, A),
    "roll: rolled the same way": (lambda x: np.roll(x, 1, axis=0), {"x": lambda g, y, x: np.roll(g, 1, axis=0)}, A),
    "cumsum: not reversed": (lambda x: np.cumsum(x, axis=1), {"x": lambda g, y, x: np.cumsum(g, axis=1)}, A),
    "where: both sides take the mask": (
        lambda m, x, z: np.where(m, x, z),
        {"x": lambda g, y, m, x, z: g * m, "z": lambda g, y, m, x, z: g * m},
        *(A > 0, A, B),
    ),
    "concatenate: halves exchanged": (
        lambda x, z: np.concatenate([x, z]),
        {"x": lambda g, y, x, z: g[3:], "z": lambda g, y, x, z: g[:3]},
        *(A, B),
    ),
    "outer: operands exchanged": (
        lambda x, z: np.outer(x, z),
        {"x": lambda g, y, x, z: g.T @ z, "z": lambda g, y, x, z: g @ x},
        *(A[0], B[0]),
    ),
    "inverse: transposes missing": (
        lambda x: np.linalg.inv(x),
        {"x": lambda g, y, x: -y @ g @ y},
        A + 3 * np.eye(3),
    ),
    "det: not transposed": (
        lambda x: np.linalg.det(x),
        {"x": lambda g, y, x: g * y * np.linalg.inv(x)},
        A + 3 * np.eye(3),
    ),
    "gradient that arrives ignored": (lambda x: x**3, {"x": lambda g, y, x: 3 * x**2 * np.ones_like(g)}, A),
    "gradient rounded to float16": (
        lambda x: np.sin(x),
        {"x": lambda g, y, x: (g * np.cos(x)).astype(np.float16).astype(float)},
        A,
    ),
    "gradient clipped": (lambda x: 5 * x, {"x": lambda g, y, x: np.clip(5 * g, -3, 3)}, A),
    "one element of nine wrong": (
        lambda x: np.exp(x),
        {"x": lambda g, y, x: g * y * np.where(np.arange(9).reshape(3, 3) == 4, -1, 1)},
        A,
    ),
    "not a number": (lambda x: np.sin(x), {"x": lambda g, y, x: g * np.nan}, A),
}


def operation(forward, formulas) -> Op:
    """An op that is in no table."""
    code = forward.__code__
    return Op(forward, [formulas.get(name) for name in code.co_varnames[: code.co_argcount]])


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_called_wrong(fault, as_before):
    forward, formulas, *inputs = FAULTS[fault]
    report = gradcheck(operation(forward, formulas), *inputs)
    as_before(report)
    assert report.verdict is Verdict.WRONG, report


@pytest.mark.parametrize("bound", [0.01, 1.0, 30.0, 300.0])
def test_a_gradient_that_is_clipped_only_where_it_is_large_is_wrong(bound):
    clipped = Op(lambda x: np.tanh(x), [lambda g, y, x: np.clip(g * (1 - y * y), -bound, bound)])
    report = gradcheck(lambda x: clipped(x), np.linspace(-1, 1, 5))
    assert report.verdict is Verdict.WRONG
    assert "CLIPPED" in str(report)


def test_a_gradient_that_is_a_billionth_of_a_billionth_is_judged_like_others():
    small = Op(lambda x: 1e-18 * np.tanh(x), [lambda g, y, x: 1e-18 * g * (1 - (1e18 * y) ** 2)])
    assert gradcheck(lambda x: small(x), np.linspace(-1, 1, 5)).verdict is Verdict.PASS
