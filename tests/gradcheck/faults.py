"""Wrong backwards of every kind, as data: what each must be diagnosed as, and how to draw arguments that show it."""

from typing import Any, NamedTuple

import numpy as np

from minigrad.gradcheck import Case, Diagnosis, black_box, diagnose


class Fault(NamedTuple):
    """A wrong backward: the forward, what is wrong, how to draw its arguments, whose gradient, the codes that fit."""

    name: str
    forward: Any
    backward: Any
    draw: Any
    codes: str
    position: int = 0
    says: str = ""


def away(rng, *shape):
    """Not near 0, of both signs."""
    x = rng.uniform(0.3, 2.0, shape) * rng.choice([-1.0, 1.0], shape)
    x.ravel()[:2] = 0.7, -1.3
    return x


def shape(rng, ndim=2):
    """Different lengths from 3 to 6."""
    return tuple(int(n) for n in rng.choice(np.arange(3, 7), ndim, replace=False))


def one(ndim=2, make=away, *, square=False):
    """One array."""

    def draw(rng):
        n = shape(rng, ndim)
        return (make(rng, *((n[0],) * ndim if square else n)),)

    return draw


def positive(rng, *shape):
    return rng.uniform(0.4, 2.5, shape)


def two(make=away, other=None, ndim=2):
    """Two arrays of one shape."""

    def draw(rng):
        n = shape(rng, ndim)
        return make(rng, *n), (other or make)(rng, *n)

    return draw


def row(make=away):
    """A matrix, and a row that is broadcast to it."""

    def draw(rng):
        n, k = shape(rng)
        return make(rng, n, k), make(rng, k)

    return draw


def squares(rng):
    n = shape(rng)[0]
    return away(rng, n, n), away(rng, n, n)


def rectangles(rng):
    n, k, m = shape(rng, 3)
    return away(rng, n, k), away(rng, k, m)


def square_left(rng):
    n, m = shape(rng)
    return away(rng, n, n), away(rng, n, m)


def batches(rng):
    b, n, k, m = shape(rng, 4)
    return away(rng, b, n, k), away(rng, k, m)


def picks(rng):
    n, k = shape(rng)
    return away(rng, n, k), np.array([0, 2, 0, 1, 2])


def labelled(rng):
    n, k = shape(rng)
    return away(rng, n, k), rng.integers(0, k, n)


def tied(rng):
    x = away(rng, 4, 3).round(1)
    x[:, 1] = x[:, 0] = x.max() + 1
    return (x,)


def dropped(rng):
    x = away(rng, *shape(rng))
    mask = rng.uniform(size=x.shape) > 0.3
    mask.ravel()[:2] = True, False
    return x, mask, 0.3


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def cross_entropy(x, t):
    return -np.log(softmax(x))[np.arange(len(x)), t].mean()


def standardized(x, axis=-1):
    return (x - x.mean(axis, keepdims=True)) / np.sqrt(x.var(axis, keepdims=True) + 1e-5)


def deviation(x, axis=-1):
    return np.sqrt(x.var(axis, keepdims=True) + 1e-5)


def conv(x, w):
    """Cross-correlation of `(n, c, h, w)` with `(o, c, kh, kw)`."""
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    return np.einsum("nchwij,ocij->nohw", windows, w)


def conv_unflipped(g, y, x, w):
    i, k = w.shape[2] - 1, w.shape[3] - 1
    padded = np.pad(g, ((0, 0), (0, 0), (i, i), (k, k)))
    return conv(padded, w.swapaxes(0, 1)), None


def images(rng):
    return away(rng, 2, 2, 5, 4), away(rng, 3, 2, 2, 3)


def one_hot(t, k):
    return np.eye(k)[t]


def put(x, i, g):
    r = np.zeros_like(x)
    r[i] = g
    return r


def largest(x):
    return x == x.max(1, keepdims=True)


def masked_pair(rng):
    a, b = two()(rng)
    mask = rng.uniform(size=a.shape) > 0.5
    mask.ravel()[:2] = True, False
    return a, b, mask


CATALOGUE = [
    Fault("D01", lambda a, b: a + b, lambda g, y, a, b: (g, g), row(), "UNBROADCAST_MISSING", 1, "axis 0"),
    Fault("D02", lambda a, b: a + b, lambda g, y, a, b: (g, g.mean(0)), row(), "MEAN_FOR_SUM", 1, "axis 0"),
    Fault("D03", lambda a, b: a + b, lambda g, y, a, b: (g, g[0]), row(), "FIRST_SLICE", 1, "axis 0"),
    Fault("D04", lambda a, b: a * b, lambda g, y, a, b: (g * a, g * b), two(), "OPERANDS_SWAPPED CHAIN_FACTOR"),
    Fault("D05", lambda a, c: a * c, lambda g, y, a, c: g, lambda rng: (away(rng, 4, 3), 2.7), "FACTOR", 0, "c"),
    Fault("D06", lambda a, b: a / b, lambda g, y, a, b: (g / b, g * a / b**2), two(), "SIGN", 1),
    Fault("D07", lambda a, b: a / b, lambda g, y, a, b: (g / b, -g * a / b), two(), "CHAIN_FACTOR", 1, "b"),
    Fault("D08", lambda a, b: a @ b, lambda g, y, a, b: (g @ b, a.T @ g), squares, "MISSING_TRANSPOSE", 0, "g @ b.T"),
    Fault(
        "D09", lambda a, b: a @ b, lambda g, y, a, b: (g @ b.T, a @ g), square_left, "MISSING_TRANSPOSE", 1, "a.T @ g"
    ),
    Fault("D10", lambda a, b: a @ b, lambda g, y, a, b: ((g @ b.T).T, g), squares, "TRANSPOSED"),
    Fault(
        "D11",
        lambda a, w: a @ w,
        lambda g, y, a, w: (g, a.swapaxes(-1, -2) @ g),
        batches,
        "UNBROADCAST_MISSING",
        1,
        "axis 0",
    ),
    Fault("D12", np.exp, lambda g, y, x: g * x, one(), "CHAIN_FACTOR", 0, "y fits"),
    Fault("D13", np.log, lambda g, y, x: g / y, one(2, positive), "CHAIN_FACTOR", 0, "1/x fits"),
    Fault("D14", np.tanh, lambda g, y, x: g * (1 - x**2), one(), "CHAIN_FACTOR", 0, "(1 - x**2); (1 - y**2) fits"),
    Fault(
        "D15", lambda x: 1 / (1 + np.exp(-x)), lambda g, y, x: g * y, one(), "CHAIN_FACTOR", 0, "is y; y*(1 - y) fits"
    ),
    Fault("D16", lambda x: np.maximum(x, 0), lambda g, y, x: g, one(), "MASK_MISSING", 0, "x < 0"),
    Fault("D17", lambda x: np.maximum(x, 0), lambda g, y, x: g * (g > 0), one(), "NONLINEAR_IN_G"),
    Fault("D18", np.sqrt, lambda g, y, x: g / y, one(2, positive), "FACTOR", 0, "is 2 "),
    Fault("D19", lambda x: x**2, lambda g, y, x: g * x, one(), "FACTOR", 0, "0.5 = 1/2"),
    Fault("D20", lambda x: x**3, lambda g, y, x: 3 * g * x**3, one(), "CHAIN_FACTOR"),
    Fault("D21", lambda x: x.sum(0), lambda g, y, x: g[:, None] * np.ones_like(x), one(square=True), "WRONG_AXIS"),
    Fault("D22", lambda x: x.mean(), lambda g, y, x: g * np.ones_like(x), one(), "FACTOR", 0, "is the size of x"),
    Fault(
        "D23",
        lambda x: x.mean(1),
        lambda g, y, x: (g[:, None] * np.ones_like(x)) / x.size,
        one(),
        "FACTOR",
        0,
        "axis 0 of x",
    ),
    Fault("D24", lambda x: x.max(1), lambda g, y, x: g[:, None] * np.ones_like(x), one(), "MASK_MISSING"),
    Fault("D25", lambda x: x.max(1), lambda g, y, x: g[:, None] * largest(x), tied, "KINK_WRONG"),
    Fault("D26", softmax, lambda g, y, x: g * y * (1 - y), one(), "DIAGONAL_ONLY"),
    Fault("D27", softmax, lambda g, y, x: g * y, one(), "TERM_MISSING", 0, "-sum(g*y, axis=1)*y"),
    Fault(
        "D28", lambda x: np.log(softmax(x)), lambda g, y, x: g - np.exp(y), one(), "NONLINEAR_IN_G", 0, "sum(g, axis=1)"
    ),
    Fault(
        "D29",
        cross_entropy,
        lambda g, y, x, t: g * (softmax(x) - one_hot(t, x.shape[1])),
        labelled,
        "FACTOR",
        0,
        "axis 0 of x",
    ),
    Fault("D30", cross_entropy, lambda g, y, x, t: g * softmax(x) / len(x), labelled, "SUBSET", 0, "labels"),
    Fault("D31", standardized, lambda g, y, x: g / deviation(x), one(), "TERM_MISSING", 0, "mean(g, axis=1)"),
    Fault(
        "D32",
        standardized,
        lambda g, y, x: (g - y * (g * y).mean(-1, keepdims=True)) / deviation(x),
        one(),
        "TERM_MISSING",
        0,
        "mean(g, axis=1)",
    ),
    Fault(
        "D33",
        lambda x: standardized(x, 0),
        lambda g, y, x: (g - g.mean(0)) / deviation(x, 0),
        one(),
        "TERM_MISSING",
        0,
        "mean(g*y, axis=0)*y",
    ),
    Fault(
        "D34", lambda x, mask, p: x * mask / (1 - p), lambda g, y, x, mask, p: g * mask, dropped, "FACTOR", 0, "(1 - p)"
    ),
    Fault(
        "D35",
        lambda x, mask, p: x * mask / (1 - p),
        lambda g, y, x, mask, p: g / (1 - p),
        dropped,
        "MASK_MISSING",
        0,
        "where the mask is false",
    ),
    Fault("D36", lambda x: x.T, lambda g, y, x: g, one(square=True), "TRANSPOSED"),
    Fault(
        "D37", lambda x: x.reshape(-1), lambda g, y, x: g.reshape(x.shape, order="F"), one(), "PERMUTED", 0, "Fortran"
    ),
    Fault("D38", lambda x, i: x[i], lambda g, y, x, i: put(x, i, g), picks, "SCATTER_OVERWRITE", 0, "rows [0, 2]"),
    Fault(
        "D39",
        lambda a, b: np.concatenate([a, b]),
        lambda g, y, a, b: (g[len(a) :], g[: len(a)]),
        two(),
        "OPERANDS_SWAPPED",
    ),
    Fault("D40", conv, conv_unflipped, images, "FLIPPED", 0, "w is used flipped along axis (2, 3)"),
    Fault(
        "D41",
        lambda a, b, mask: np.where(mask, a, b),
        lambda g, y, a, b, mask: (g * mask, g * mask),
        masked_pair,
        "MASK_INVERTED",
        1,
    ),
    Fault("D42", lambda x: np.clip(x, -1, 1), lambda g, y, x: g, one(), "MASK_MISSING"),
    Fault("D43", np.abs, lambda g, y, x: g, one(), "SIGN_SUBSET", 0, "x < 0"),
    Fault("D44", lambda x: x.cumsum(0), lambda g, y, x: g.cumsum(0), one(), "FLIPPED", 0, "axis 0"),
    Fault("D48", lambda x: x**-0.5, lambda g, y, x: -0.5 * y**3, one(2, positive), "UPSTREAM_IGNORED"),
    Fault("D49", lambda x: x - x.mean(), lambda g, y, x: g, one(), "TERM_MISSING", 0, "mean(g"),
    Fault("D50", lambda w: 0.1 * (w * w).sum(), lambda g, y, w: g * 0.1 * w, one(), "FACTOR", 0, "0.5 = 1/2"),
]


def posed(fault: Fault, seed: int) -> Case:
    """The fault at random shapes and values."""
    rng = np.random.default_rng([seed, *fault.name.encode()])
    forward = fault.forward if hasattr(fault.forward, "__code__") else lambda x: fault.forward(x)
    return Case.of_call(black_box(forward, fault.backward), fault.draw(rng), position=fault.position, rng=rng)


def diagnosed(fault: Fault, seed: int) -> Diagnosis:
    """What the fault is taken for."""
    return diagnose(posed(fault, seed))
