"""Faults written down, with what they must be called, before the checker had seen them: second batch."""

import numpy as np

from tests.gradcheck.faults import (
    Fault,
    away,
    conv,
    deviation,
    labelled,
    one,
    one_hot,
    positive,
    row,
    softmax,
    squares,
    standardized,
    two,
)
from tests.gradcheck.still_more_faults import sig
from tests.gradcheck.unseen_1 import chances, log_softmax


def images(*shape):
    return lambda r: (away(r, *shape),)


def pair(first, second, make=away):
    return lambda r: (make(r, *first), make(r, *second))


def spatial(x):
    s = np.sqrt(x.var((2, 3), keepdims=True) + 1e-5)
    return (x - x.mean((2, 3), keepdims=True)) / s


def spatial_back(g, y, x):
    s = np.sqrt(x.var((2, 3), keepdims=True) + 1e-5)
    return (g - y * (g * y).mean((2, 3), keepdims=True)) / s


def layer_norm_back(g, y, x):
    return (g - g.mean(-1, keepdims=True) - y * (g * y).mean(-1, keepdims=True)) / deviation(x)


def kept_rows(x, t):
    return -(log_softmax(x)[np.arange(len(t)), t] * (t > 0)).sum()


def strided(x, w):
    return conv(x, w)[:, :, ::2, ::2]


def strided_dx(g, x, w, by):
    full = np.zeros((len(x), len(w), x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1))
    full[:, :, ::2, ::2] = g
    i, k = w.shape[2] - 1, w.shape[3] - 1
    padded = np.pad(full, ((0, 0), (0, 0), (i, i), (k, k)))
    return np.roll(conv(padded, w[:, :, ::-1, ::-1].swapaxes(0, 1)), by, 3)


def windows(x, n=3):
    return np.lib.stride_tricks.sliding_window_view(x, n, axis=1)


def overwritten_windows(g, x, n=3):
    out = np.zeros_like(x)
    for k in range(g.shape[1]):
        out[:, k : k + n] = g[:, k : k + 1] / n
    return out


def pooled_overwritten(g, x, n=3):
    out = np.zeros_like(x)
    at = windows(x, n).argmax(2)
    for k in range(g.shape[1]):
        out[np.arange(len(x)), k + at[:, k]] = g[:, k]
    return out


def embedded(w, i):
    return w[i] * (i != 0)[:, None]


def embedded_back(g, w, i):
    out = np.zeros_like(w)
    np.add.at(out, i, g)
    return out


def recurrent(x, h, u):
    return np.tanh(x + h @ u)


def narrow(z):
    return z.astype(np.float16).astype(float)


def put_along(x, i, g):
    out = np.zeros_like(x)
    np.put_along_axis(out, i, g, 1)
    return out


def edge_cropped(g, x):
    return g[:, 1:-1]


def erf_free_gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def with_slope(r):
    return away(r, 4, 3), np.array(0.25)


UNSEEN_2 = [
    Fault(
        "layer norm gamma mean",
        lambda x, w: standardized(x) * w,
        lambda g, y, x, w: (None, (g * standardized(x)).mean(0)),
        row(),
        "MEAN_FOR_SUM FACTOR",
        1,
    ),
    Fault(
        "layer norm sum for mean",
        standardized,
        lambda g, y, x: (g - g.mean(-1, keepdims=True) - y * (g * y).sum(-1, keepdims=True)) / deviation(x),
        one(),
        "TERM_MISSING",
    ),
    Fault(
        "layer norm var",
        standardized,
        lambda g, y, x: layer_norm_back(g, y, x) / deviation(x),
        one(),
        "FACTOR_PER_AXIS CHAIN_FACTOR",
    ),
    Fault("instance norm mean", spatial, spatial_back, images(2, 3, 3, 4), "TERM_MISSING"),
    Fault(
        "channel bias mean",
        lambda x, b: x + b[:, None, None],
        lambda g, y, x, b: (None, g.mean((0, 2, 3))),
        pair((2, 3, 4, 5), (3,)),
        "MEAN_FOR_SUM FACTOR",
        1,
    ),
    Fault(
        "weight norm scale",
        lambda v, s: v / np.linalg.norm(v) * s,
        lambda g, y, v, s: (None, (g * v).sum()),
        lambda r: (away(r, 4, 3), np.array(1.7)),
        "FACTOR CHAIN_FACTOR",
        1,
    ),
    Fault(
        "class weights",
        lambda x, t, w: -(w[t] * log_softmax(x)[np.arange(len(t)), t]).sum(),
        lambda g, y, x, t, w: g * (softmax(x) - one_hot(t, x.shape[1])),
        lambda r: (away(r, 5, 3), np.array([0, 2, 1, 2, 0]), np.array([0.5, 1.5, 3.0])),
        "FACTOR_PER_AXIS",
    ),
    Fault(
        "temperature squared",
        lambda x, T: softmax(x / T),
        lambda g, y, x, T: y * (g - (g * y).sum(-1, keepdims=True)) / T**2,
        lambda r: (away(r, 4, 3), 1.6),
        "FACTOR",
    ),
    Fault(
        "log_softmax other axis",
        log_softmax,
        lambda g, y, x: g - np.exp(y) * g.sum(0),
        one(),
        "WRONG_AXIS TERM_MISSING",
    ),
    Fault(
        "ignored rows",
        kept_rows,
        lambda g, y, x, t: g * (softmax(x) - one_hot(t, x.shape[1])),
        lambda r: (away(r, 5, 3), np.array([0, 2, 1, 0, 2])),
        "MASK_MISSING",
    ),
    Fault(
        "smooth l1 beta",
        lambda x, b: np.where(abs(x) < b, x * x / (2 * b), abs(x) - b / 2).mean(),
        lambda g, y, x, b: g * np.where(abs(x) < b, x, np.sign(x)) / x.size,
        lambda r: (away(r, 4, 3), 1.5),
        "SUBSET FACTOR",
    ),
    Fault(
        "squared hinge",
        lambda x: (np.maximum(0, 1 - x) ** 2).sum(),
        lambda g, y, x: -2 * g * (1 - x),
        one(),
        "MASK_MISSING",
    ),
    Fault(
        "bce half",
        lambda p, t: -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean(),
        lambda g, y, p, t: (-g * t / p / p.size, None),
        chances,
        "TERM_MISSING",
    ),
    Fault(
        "logit",
        lambda x: np.log(x / (1 - x)),
        lambda g, y, x: g / x,
        lambda r: (r.uniform(0.1, 0.9, (4, 3)),),
        "CHAIN_FACTOR",
    ),
    Fault("exp2", np.exp2, lambda g, y, x: g * y, one(), "FACTOR"),
    Fault(
        "arccos", np.arccos, lambda g, y, x: g / np.sqrt(1 - x * x), lambda r: (r.uniform(-0.9, 0.9, (4, 3)),), "SIGN"
    ),
    Fault("cbrt", np.cbrt, lambda g, y, x: g / (3 * y), one(2, positive), "CHAIN_FACTOR"),
    Fault(
        "maximum first row",
        lambda a, b: np.maximum(a, b),
        lambda g, y, a, b: (None, (g * (b > a))[0]),
        row(),
        "FIRST_SLICE",
        1,
    ),
    Fault("clip above", lambda x: np.clip(x, -1, 1), lambda g, y, x: g * (x > -1), one(), "MASK_MISSING"),
    Fault(
        "einsum matrix vector",
        lambda a, b: np.einsum("ij,j->i", a, b),
        lambda g, y, a, b: (None, a @ g),
        pair((4, 4), (4,)),
        "MISSING_TRANSPOSE",
        1,
    ),
    Fault(
        "vector matrix",
        lambda x, w: x @ w,
        lambda g, y, x, w: (None, np.outer(g, x)),
        pair((4,), (4, 4)),
        "TRANSPOSED OPERANDS_SWAPPED",
        1,
    ),
    Fault(
        "batched weight mean",
        lambda a, w: a @ w,
        lambda g, y, a, w: (None, (a.swapaxes(1, 2) @ g).mean(0)),
        pair((3, 4, 2), (2, 5)),
        "FACTOR MEAN_FOR_SUM",
        1,
    ),
    Fault(
        "trace of a product",
        lambda a, b: np.trace(a @ b),
        lambda g, y, a, b: (g * b, None),
        squares,
        "TRANSPOSED MISSING_TRANSPOSE",
    ),
    Fault("matrix square", lambda a: a @ a, lambda g, y, a: g @ a.T, one(square=True), "TERM_MISSING"),
    Fault(
        "quadratic form",
        lambda x, a: x @ a @ x,
        lambda g, y, x, a: (g * (a @ x), None),
        pair((4,), (4, 4)),
        "TERM_MISSING",
    ),
    Fault(
        "cumsum other axis",
        lambda x: np.cumsum(x, 0),
        lambda g, y, x: np.flip(np.cumsum(np.flip(g, 1), 1), 1),
        one(),
        "WRONG_AXIS",
    ),
    Fault(
        "strided conv shifted",
        strided,
        lambda g, y, x, w: (strided_dx(g, x, w, 1), None),
        pair((2, 2, 6, 7), (3, 2, 2, 3)),
        "SHIFTED",
    ),
    Fault(
        "average windows overwritten",
        lambda x: windows(x).mean(2),
        lambda g, y, x: overwritten_windows(g, x),
        images(3, 7),
        "SCATTER_OVERWRITE SUBSET LAST_SLICE",
    ),
    Fault(
        "max windows overwritten",
        lambda x: windows(x).max(2),
        lambda g, y, x: pooled_overwritten(g, x),
        images(3, 7),
        "SCATTER_OVERWRITE LAST_SLICE",
    ),
    Fault(
        "padding index",
        embedded,
        lambda g, y, w, i: embedded_back(g, w, i),
        lambda r: (away(r, 5, 3), np.array([1, 0, 3, 0])),
        "MASK_MISSING",
    ),
    Fault(
        "recurrent weight",
        recurrent,
        lambda g, y, x, h, u: (None, None, x.T @ (g * (1 - y * y))),
        lambda r: (away(r, 4, 3), away(r, 4, 3), away(r, 3, 3)),
        "OPERANDS_SWAPPED",
        2,
    ),
    Fault(
        "gate without the other",
        lambda a, b: sig(a) * np.tanh(b),
        lambda g, y, a, b: (g * sig(a) * (1 - sig(a)), None),
        two(),
        "CHAIN_FACTOR",
    ),
    Fault("gated linear unit", lambda a, b: a * sig(b), lambda g, y, a, b: (None, g * y), two(), "CHAIN_FACTOR", 1),
    Fault(
        "attention scale",
        lambda q, k, v: softmax(q @ k.T / np.sqrt(q.shape[1])) @ v,
        lambda g, y, q, k, v: (softmax_back(g @ v.T, softmax(q @ k.T / np.sqrt(q.shape[1]))) @ k, None, None),
        lambda r: (away(r, 3, 4), away(r, 5, 4), away(r, 5, 2)),
        "FACTOR",
    ),
    Fault("half precision y", np.tanh, lambda g, y, x: g * (1 - narrow(y) ** 2), one(), "PRECISION"),
    Fault("g times its size", lambda x: 2 * x, lambda g, y, x: 2 * g * abs(g), one(), "NONLINEAR_IN_G"),
    Fault(
        "normalised",
        np.sin,
        lambda g, y, x: g * np.cos(x) / np.linalg.norm(g * np.cos(x)),
        one(),
        "NONLINEAR_IN_G CLIPPED",
    ),
    Fault("mean of ones", lambda x: x.mean(0), lambda g, y, x: np.ones_like(x) / len(x), one(), "UPSTREAM_IGNORED"),
    Fault(
        "label off by one",
        lambda x, t: -log_softmax(x)[np.arange(len(t)), t].sum(),
        lambda g, y, x, t: g * (softmax(x) - one_hot((t + 1) % x.shape[1], x.shape[1])),
        labelled,
        "SHIFTED SUBSET PERMUTED",
    ),
    Fault(
        "stack along 1",
        lambda a, b: np.stack([a, b], 1),
        lambda g, y, a, b: (g[:, 1], g[:, 0]),
        two(),
        "OPERANDS_SWAPPED",
    ),
    Fault(
        "second half lost",
        lambda x: np.stack(np.split(x, 2, 1)),
        lambda g, y, x: np.concatenate([g[0], 0 * g[1]], 1),
        images(3, 4),
        "MASK_EXTRA SUBSET",
    ),
    Fault(
        "axes not undone",
        lambda x: x.transpose(2, 0, 1),
        lambda g, y, x: g.transpose(2, 0, 1),
        images(3, 3, 3),
        "PERMUTED TRANSPOSED",
    ),
    Fault(
        "edge padding cropped",
        lambda x: np.pad(x, ((0, 0), (1, 1)), mode="edge"),
        lambda g, y, x: edge_cropped(g, x),
        one(),
        "SUBSET TERM_MISSING",
    ),
    Fault("hard sigmoid", lambda x: np.clip(x / 6 + 0.5, 0, 1), lambda g, y, x: g * (abs(x) < 3), one(), "FACTOR"),
    Fault(
        "prelu slope",
        lambda x, a: np.where(x > 0, x, a * x),
        lambda g, y, x, a: (None, (g * x).sum()),
        with_slope,
        "MASK_MISSING",
        1,
    ),
    Fault(
        "group lasso",
        lambda w: np.linalg.norm(w, axis=1).sum(),
        lambda g, y, w: g * w,
        one(),
        "FACTOR_PER_AXIS CHAIN_FACTOR",
    ),
    Fault(
        "entropy", lambda p: -(p * np.log(p)).sum(), lambda g, y, p: -g * np.log(p), one(2, positive), "TERM_MISSING"
    ),
    Fault(
        "poisson",
        lambda x, t: (np.exp(x) - t * x).mean(),
        lambda g, y, x, t: (g * (x - t) / x.size, None),
        two(),
        "CHAIN_FACTOR TERM_MISSING",
    ),
    Fault("log cosh", lambda x: np.log(np.cosh(x)), lambda g, y, x: g / np.cosh(x), one(), "CHAIN_FACTOR"),
    Fault(
        "gather overwritten",
        lambda x, i: np.take_along_axis(x, i, 1),
        lambda g, y, x, i: put_along(x, i, g),
        lambda r: (away(r, 3, 4), np.array([[1, 1, 3], [0, 2, 0], [3, 3, 3]])),
        "SCATTER_OVERWRITE",
    ),
    Fault(
        "gelu tanh form",
        erf_free_gelu,
        lambda g, y, x: g * 0.5 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
        one(),
        "TERM_MISSING CHAIN_FACTOR",
    ),
]


def softmax_back(g, s):
    return s * (g - (g * s).sum(-1, keepdims=True))
