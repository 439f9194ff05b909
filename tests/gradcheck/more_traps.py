"""More right gradients that a checker may stumble over: what is called, at which values, and the good verdicts."""

import numpy as np

import minigrad as mg
from minigrad import nn
from minigrad.engine import Op

RNG = np.random.default_rng(11)
X = RNG.standard_normal((4, 5))
W = RNG.standard_normal((5, 3))
PASS, KINK_OK, NOWHERE = "PASS", "KINK_OK", "NOT_DIFFERENTIABLE"
SMOOTH = (PASS,)
AT_KINK = (KINK_OK,)
GOOD = (PASS, KINK_OK)


def black_box(f, slope):
    """A user's op in plain NumPy that tells nothing of its kinks."""
    return Op(lambda x: f(x), [lambda g, y, x: g * slope(x)])


def loop(x):
    """Control flow on values."""
    for _ in range(3):
        x = np.tanh(x) if np.sum(x).item() > 0 else np.sin(x) * 1.5
    return x


def newton(x):
    """A square root by iteration."""
    y = x
    for _ in range(6):
        y = (y + x / y) / 2
    return y


def cached(x, known={}):  # noqa: B006
    known.setdefault("scale", 2.5)
    return x * known["scale"]


def attention(x):
    return mg.softmax(x @ x.T / np.sqrt(5.0)) @ x


def standardized(x):
    centred = x - np.mean(x, axis=0)
    return centred / np.sqrt(np.mean(centred**2, axis=0) + 1e-5)


def network(x):
    return mg.relu(mg.relu(x @ W) @ W.T) @ W


def distances(x):
    return np.sqrt(np.sum((x[:, None] - x[None]) ** 2, axis=-1) + 1e-12)


def hilbert(n):
    return 1 / (np.arange(n)[:, None] + np.arange(n) + 1.0)


POINTS = np.array([0.0, 1.0, -1.0, 2.5])
MORE_TRAPS = {
    "sorted near-ties": (np.sort, np.array([1.0, 1 + 1e-9, 0.3]), SMOOTH),
    "sorted ties": (np.sort, np.array([1.0, 1.0, 0.3]), AT_KINK),
    "minimum of ties": (np.min, np.array([2.0, 2.0, 5.0]), AT_KINK),
    "minimum of two arrays that touch": (lambda x: np.minimum(x, POINTS), POINTS.copy(), AT_KINK),
    "relu6 at both ends": (lambda x: np.clip(x, 0, 6), np.array([0.0, 6.0, 3.0]), AT_KINK),
    "leaky relu at 0": (lambda x: mg.where(x > 0, x, 0.01 * x), POINTS, GOOD),
    "relu of a difference of equal numbers": (lambda x: mg.relu(x - x.detach()) + x, POINTS, AT_KINK),
    "absolute error at the target": (lambda x: np.sum(np.abs(x - POINTS)), POINTS.copy(), AT_KINK),
    "a kink of one element, rounding of the others": (
        lambda x: np.concatenate([mg.relu(x[:1]), np.tanh(x[1:]) + 1e4 - 1e4]),
        POINTS,
        AT_KINK,
    ),
    "a kink of one element, cancelling terms": (
        lambda x: np.sum(mg.relu(x)) + np.sum(np.sin(x) * 1e3) - np.sum(np.sin(x) * 999.9),
        POINTS,
        AT_KINK,
    ),
    "a network of many relus": (network, X, SMOOTH),
    "a dead network": (lambda x: mg.relu(x - 100) + x, X, SMOOTH),
    "a kink at 1e-9": (np.abs, np.array([1e-9, -1e-9, 1.0]), SMOOTH),
    "a black-box kink at 1e-6": (black_box(np.abs, np.sign), np.array([1e-6, 1.0]), SMOOTH),
    "a black-box relu at 0": (black_box(lambda x: np.maximum(x, 0), lambda x: 1.0 * (x > 0)), POINTS, AT_KINK),
    "a black-box spline at its knot": (
        black_box(lambda x: np.maximum(x - 1, 0) ** 3, lambda x: 3 * np.maximum(x - 1, 0) ** 2),
        POINTS,
        SMOOTH,
    ),
    "a black-box softplus": (black_box(lambda x: np.logaddexp(x, 0), lambda x: 1 / (1 + np.exp(-x))), POINTS, SMOOTH),
    "huge values": (lambda x: x**3, X * 1e50, SMOOTH),
    "tiny values": (lambda x: x**2, X * 1e-80, SMOOTH),
    "values of very different sizes": (np.exp, np.array([1e-8, 1e-3, 1.0, 30.0]), SMOOTH),
    "a loss with a huge offset": (lambda x: 1e9 + np.sum(np.tanh(x)), X, SMOOTH),
    "a loss scaled down": (lambda x: 1e-20 * np.sum(np.exp(x)), X, SMOOTH),
    "a stiff function": (lambda x: np.exp(-1e4 * x * x), np.array([0.01, 0.003, -0.02]), SMOOTH),
    "a fast oscillation": (lambda x: np.cos(3e6 * x), np.array([0.2, 0.7]), SMOOTH),
    "a saturated sigmoid": (mg.sigmoid, np.array([40.0, -40.0, 0.1]), SMOOTH),
    "a sharp softmax": (lambda x: mg.softmax(50 * x), X, SMOOTH),
    "a logarithm of a sum of exponentials far out": (lambda x: mg.logsumexp(x, axis=1), 700 + X, SMOOTH),
    "an inverse of a Hilbert matrix": (np.linalg.inv, hilbert(4), (PASS, "INCONCLUSIVE")),
    "a solution of nearly singular equations": (
        lambda a: np.linalg.solve(a, np.ones(2)),
        np.array([[1.0, 1.0], [1.0, 1.0001]]),
        SMOOTH,
    ),
    "a determinant": (np.linalg.det, X[:4, :4], SMOOTH),
    "distances, those to itself included": (distances, X, (PASS, "VACUOUS")),
    "a variance of equal numbers": (np.var, np.full(5, 3.0), ("PASS", "VACUOUS")),
    "standardized columns far from 0": (standardized, X + 1e5, SMOOTH),
    "attention": (attention, X, SMOOTH),
    "a product with a zero": (np.prod, np.array([0.0, 2.0, 3.0]), SMOOTH),
    "running products": (np.cumprod, np.array([1.0, 0.0, 2.0, 3.0]), SMOOTH),
    "a power of a negative number": (lambda x: x**3, -abs(X), SMOOTH),
    "control flow on values": (loop, X, SMOOTH),
    "an iteration": (newton, abs(X) + 0.1, SMOOTH),
    "a cache": (cached, X, SMOOTH),
    "float32 leaves": (lambda x: np.tanh(x) ** 2, X.astype(np.float32), SMOOTH),
    "float16 leaves": (lambda x: np.tanh(x) ** 2, X.astype(np.float16), SMOOTH),
    "no axes": (lambda x: np.sin(x) * x, np.array(0.7), SMOOTH),
    "no rows": (lambda x: np.exp(x) @ W, np.zeros((0, 5)), SMOOTH),
    "backwards": (lambda x: np.cumsum(x) ** 2, X[0, ::-1], SMOOTH),
    "a column of Fortran's": (lambda x: np.exp(x) @ W, np.asfortranarray(X), SMOOTH),
    "a row for all, read-only": (np.tanh, np.broadcast_to(X[0], (3, 5)), SMOOTH),
    "a view of a view": (lambda x: x.T.reshape(2, 10)[::-1] * 1.0, X, SMOOTH),
    "the same rows again and again": (lambda x: x[np.array([0, 0, 0, 1])] ** 2, X, SMOOTH),
    "integers beside": (lambda x: x * np.arange(5), X, SMOOTH),
    "rounding to float32 within": (lambda x: np.tanh(x.astype(np.float32)), X, (PASS, "INCONCLUSIVE")),
    "dropout": (nn.Dropout(0.5, rng=0), X, SMOOTH),
    "batch normalization": (nn.BatchNorm1d(5), X, SMOOTH),
    "batch normalization far from 0": (nn.BatchNorm1d(5), X + 1e4, SMOOTH),
    "a row of layers in training": (
        nn.Sequential(nn.Linear(5, 4, rng=1), nn.BatchNorm1d(4), nn.ReLU(), nn.Dropout(0.3, rng=2)),
        X,
        SMOOTH,
    ),
    "a step function": (np.sign, np.array([0.0, 1.0]), (NOWHERE,)),
    "a root at 0": (np.sqrt, np.array([0.0, 1.0]), (NOWHERE,)),
}
