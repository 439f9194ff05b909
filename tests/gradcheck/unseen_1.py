"""Faults written down, with what they must be called, before the checker had seen them: first batch."""

import numpy as np

from tests.gradcheck.faults import Fault, away, labelled, one, one_hot, positive, row, softmax, squares, two
from tests.gradcheck.still_more_faults import sig


def lse(x, axis=1):
    return np.log(np.exp(x).sum(axis))


def log_softmax(x):
    return x - np.log(np.exp(x).sum(1, keepdims=True))


def grouped(x, groups=2):
    z = x.reshape(len(x), groups, -1)
    s = np.sqrt(z.var(2, keepdims=True) + 1e-5)
    return ((z - z.mean(2, keepdims=True)) / s).reshape(x.shape)


def group_scale(x, groups=2):
    z = x.reshape(len(x), groups, -1)
    return np.broadcast_to(1 / np.sqrt(z.var(2, keepdims=True) + 1e-5), z.shape).reshape(x.shape)


def rms(x):
    return np.sqrt((x * x).mean(1, keepdims=True) + 1e-6)


def batch_stats(x):
    return x.mean(0), np.sqrt(x.var(0) + 1e-5)


def erf_cdf(x):
    from math import erf

    return np.vectorize(lambda z: 0.5 * (1 + erf(z / np.sqrt(2))))(x)


def conv1d(x, w):
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[-1], axis=-1)
    return np.einsum("nclk,ock->nol", windows, w)


def conv1d_dw(x, w, g):
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[-1], axis=-1)
    return np.einsum("nclk,nol->ock", windows, g)


def scatter(x, index, g, axis):
    out = np.zeros_like(x)
    for at in np.ndindex(index.shape):
        to = list(at)
        to[axis] = index[at]
        out[tuple(to)] += g[at]
    return out


def set_last(x, i, g):
    out = np.zeros_like(x)
    for k, j in enumerate(i):
        out[:, j] = g[:, k]
    return out


def set_first(x, i, g):
    out = np.zeros_like(x)
    for k in reversed(range(len(i))):
        out[i[k]] = g[k]
    return out


def quartile_low(g, x):
    out = np.zeros_like(x)
    low = np.argsort(x, 1)[:, 1]
    out[np.arange(len(x)), low] = g
    return out


def middle_two(g, x):
    out = np.zeros_like(x)
    order = np.argsort(x, 1)
    n = x.shape[1] // 2
    for k in (n - 1, n):
        out[np.arange(len(x)), order[:, k]] = g
    return out


def huber(x, d):
    return np.where(abs(x) < d, x * x / 2, d * (abs(x) - d / 2))


def cosine(a, b):
    return (a * b).sum(1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))


def definite(rng):
    a = away(rng, 4, 4)
    return (a @ a.T + 4 * np.eye(4),)


def regular(rng):
    return (away(rng, 4, 4) + 4 * np.eye(4),)


def sided(rng):
    x, t = two()(rng)
    return x, np.sign(t)


def chances(rng):
    return rng.uniform(0.1, 0.9, (4, 3)), rng.uniform(0.1, 0.9, (4, 3))


def cholesky_backward(g, y, x):
    phi = np.tril(y.T @ g)  # the diagonal must be halved
    s = np.linalg.solve(y.T, phi) @ np.linalg.inv(y)
    return (s + s.T) / 2


def pool_first(g, x):
    out = np.zeros_like(x)
    out[:, ::2] = g
    return out


def kron_da(g, a, b):
    return np.einsum("ikjl,kl->ij", g.reshape(a.shape[0], b.shape[0], a.shape[1], b.shape[1]), b)


UNSEEN_1 = [
    Fault("lse other axis", lse, lambda g, y, x: g[:, None] * softmax(x, 0), one(), "WRONG_AXIS"),
    Fault(
        "log_softmax mean",
        log_softmax,
        lambda g, y, x: g - softmax(x) * g.mean(1, keepdims=True),
        one(),
        "TERM_MISSING MEAN_FOR_SUM",
    ),
    Fault("log_softmax bare", log_softmax, lambda g, y, x: g, one(), "TERM_MISSING"),
    Fault(
        "batch norm gamma",
        lambda x, w: (x - x.mean(0)) / batch_stats(x)[1] * w,
        lambda g, y, x, w: (None, (g * x).sum(0)),
        row(),
        "CHAIN_FACTOR",
        1,
    ),
    Fault("group norm frozen", grouped, lambda g, y, x: g * group_scale(x), lambda r: (away(r, 3, 8),), "TERM_MISSING"),
    Fault(
        "rms norm sign",
        lambda x: x / rms(x),
        lambda g, y, x: (g + y * (g * y).mean(1, keepdims=True)) / rms(x),
        one(),
        "TERM_MISSING SIGN",
    ),
    Fault(
        "einsum transposed",
        lambda a, b: np.einsum("ij,jk->ik", a, b),
        lambda g, y, a, b: (None, np.einsum("ij,ik->kj", a, g)),
        squares,
        "TRANSPOSED MISSING_TRANSPOSE",
        1,
    ),
    Fault(
        "einsum own operand",
        lambda a, b: np.einsum("bi,bi->b", a, b),
        lambda g, y, a, b: (g[:, None] * a, None),
        two(),
        "OPERANDS_SWAPPED CHAIN_FACTOR",
    ),
    Fault(
        "tensordot order",
        lambda a, b: np.tensordot(a, b, ([1, 2], [0, 1])),
        lambda g, y, a, b: (np.einsum("ik,nmk->imn", g, b), None),
        lambda r: (away(r, 3, 4, 4), away(r, 4, 4, 2)),
        "TRANSPOSED MISSING_TRANSPOSE PERMUTED",
    ),
    Fault(
        "outer without b",
        lambda a, b: np.outer(a, b),
        lambda g, y, a, b: (g.sum(1), None),
        lambda r: (away(r, 4), away(r, 5)),
        "CHAIN_FACTOR",
    ),
    Fault(
        "kron mean",
        lambda a, b: np.kron(a, b),
        lambda g, y, a, b: (kron_da(g, a, b) / b.size, None),
        lambda r: (away(r, 2, 3), away(r, 3, 2)),
        "FACTOR MEAN_FOR_SUM",
    ),
    Fault(
        "cumprod forward",
        lambda x: np.cumprod(x, 1),
        lambda g, y, x: np.cumsum(g * y, 1) / x,
        one(),
        "FLIPPED MISSING_TRANSPOSE",
    ),
    Fault("prod times x", lambda x: x.prod(1), lambda g, y, x: (g * y)[:, None] * x, one(), "CHAIN_FACTOR"),
    Fault(
        "norm squared",
        lambda x: np.linalg.norm(x, axis=1, keepdims=True),
        lambda g, y, x: g * x / y**2,
        one(),
        "CHAIN_FACTOR FACTOR_PER_AXIS",
    ),
    Fault(
        "std without ddof",
        lambda x: x.std(0, ddof=1),
        lambda g, y, x: g * (x - x.mean(0)) / (len(x) * y),
        one(),
        "FACTOR",
    ),
    Fault(
        "quantile lower",
        lambda x: np.quantile(x, 0.3, axis=1),
        lambda g, y, x: quartile_low(g, x),
        lambda r: (away(r, 3, 5),),
        "SUBSET MASK_EXTRA FACTOR",
    ),
    Fault(
        "median doubled",
        lambda x: np.median(x, 1),
        lambda g, y, x: middle_two(g, x),
        lambda r: (away(r, 3, 6),),
        "FACTOR",
    ),
    Fault(
        "sort not undone",
        lambda x: np.sort(x, 1),
        lambda g, y, x: np.take_along_axis(g, np.argsort(x, 1), 1),
        one(),
        "PERMUTED",
    ),
    Fault(
        "gather other axis",
        lambda x, i: np.take_along_axis(x, i, 1),
        lambda g, y, x, i: scatter(x, i, g, 0),
        lambda r: (away(r, 4, 4), np.array([[1, 0], [2, 3], [0, 3], [3, 1]])),
        "WRONG_AXIS PERMUTED",
    ),
    Fault(
        "take first pick",
        lambda x, i: x[i],
        lambda g, y, x, i: set_first(x, i, g),
        lambda r: (away(r, 5, 3), np.array([4, 1, 1, 0, 4])),
        "SCATTER_OVERWRITE",
    ),
    Fault(
        "pad from the corner",
        lambda x: np.pad(x, ((0, 0), (2, 1))),
        lambda g, y, x: g[:, : x.shape[1]],
        one(),
        "SHIFTED",
    ),
    Fault(
        "roll the same way",
        lambda x: np.roll(x, 2, 1),
        lambda g, y, x: np.roll(g, 2, 1),
        lambda r: (away(r, 3, 5),),
        "SHIFTED",
    ),
    Fault("flip one of two", lambda x: np.flip(x), lambda g, y, x: g[::-1], one(), "FLIPPED"),
    Fault(
        "tile first",
        lambda x: np.tile(x, (2, 3)),
        lambda g, y, x: g[: x.shape[0], : x.shape[1]],
        one(),
        "FIRST_SLICE",
    ),
    Fault(
        "logaddexp weights",
        lambda a, b: np.logaddexp(a, b),
        lambda g, y, a, b: (g * np.exp(b - y), g * np.exp(a - y)),
        two(),
        "OPERANDS_SWAPPED",
        1,
    ),
    Fault(
        "power without log",
        lambda a, b: a**b,
        lambda g, y, a, b: (None, g * y * a),
        two(positive),
        "CHAIN_FACTOR",
        1,
    ),
    Fault(
        "arctan2 root",
        lambda a, b: np.arctan2(a, b),
        lambda g, y, a, b: (g * b / np.hypot(a, b), None),
        two(),
        "CHAIN_FACTOR",
    ),
    Fault("hypot inverted", lambda a, b: np.hypot(a, b), lambda g, y, a, b: (g * y / a, None), two(), "CHAIN_FACTOR"),
    Fault(
        "gelu without density",
        lambda x: x * erf_cdf(x),
        lambda g, y, x: g * erf_cdf(x),
        one(),
        "TERM_MISSING CHAIN_FACTOR",
    ),
    Fault(
        "silu", lambda x: x * sig(x), lambda g, y, x: g * sig(x) * (1 + x * sig(x)), one(), "CHAIN_FACTOR TERM_MISSING"
    ),
    Fault(
        "elu branch",
        lambda x: np.where(x > 0, x, 1.3 * np.expm1(x)),
        lambda g, y, x: g * np.where(x > 0, 1, y),
        one(),
        "SUBSET CHAIN_FACTOR",
    ),
    Fault(
        "leaky slope",
        lambda x: np.where(x > 0, x, 0.01 * x),
        lambda g, y, x: g * np.where(x > 0, 1, 0.1),
        one(),
        "SUBSET",
    ),
    Fault(
        "huber sign",
        lambda x, d: huber(x, d),
        lambda g, y, x, d: g * np.where(abs(x) < d, x, d),
        lambda r: (away(r, 4, 3), 1.0),
        "SIGN_SUBSET",
    ),
    Fault(
        "hinge label",
        lambda x, t: np.maximum(0, 1 - t * x).mean(),
        lambda g, y, x, t: (-g * t / x.size, None),
        sided,
        "MASK_MISSING",
    ),
    Fault(
        "kl second",
        lambda p, q: (p * np.log(p / q)).sum(),
        lambda g, y, p, q: (None, -g * p),
        chances,
        "CHAIN_FACTOR",
        1,
    ),
    Fault(
        "bce logits rows",
        lambda x, t: (np.log1p(np.exp(x)) - t * x).mean(),
        lambda g, y, x, t: (g * (sig(x) - t) / len(x), None),
        two(),
        "FACTOR",
    ),
    Fault(
        "smoothing forgotten",
        lambda x, t: -((0.9 * one_hot(t, x.shape[1]) + 0.1 / x.shape[1]) * log_softmax(x)).sum(1).mean(),
        lambda g, y, x, t: g * (softmax(x) - 0.9 * one_hot(t, x.shape[1])) / len(x),
        labelled,
        "TERM_MISSING",
    ),
    Fault(
        "cosine second term",
        cosine,
        lambda g, y, a, b: (
            g[:, None] * b / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))[:, None],
            None,
        ),
        two(),
        "TERM_MISSING",
    ),
    Fault(
        "attention values",
        lambda s, v: softmax(s) @ v,
        lambda g, y, s, v: (None, softmax(s) @ g),
        lambda r: (away(r, 4, 4), away(r, 4, 3)),
        "MISSING_TRANSPOSE",
        1,
    ),
    Fault(
        "conv1d flipped",
        conv1d,
        lambda g, y, x, w: (None, conv1d_dw(x, w, g)[..., ::-1]),
        lambda r: (away(r, 2, 3, 7), away(r, 2, 3, 3)),
        "FLIPPED",
        1,
    ),
    Fault(
        "max pool first",
        lambda x: x.reshape(len(x), -1, 2).max(2),
        lambda g, y, x: pool_first(g, x),
        lambda r: (away(r, 3, 6),),
        "PERMUTED SUBSET SHIFTED MASK_INVERTED",
    ),
    Fault(
        "logdet",
        lambda x: np.linalg.slogdet(x)[1],
        lambda g, y, x: g * np.linalg.inv(x),
        regular,
        "TRANSPOSED MISSING_TRANSPOSE",
    ),
    Fault(
        "det without det",
        lambda x: np.linalg.det(x),
        lambda g, y, x: g * np.linalg.inv(x).T,
        regular,
        "FACTOR CHAIN_FACTOR",
    ),
    Fault(
        "solve",
        lambda a, b: np.linalg.solve(a, b),
        lambda g, y, a, b: (None, np.linalg.solve(a, g)),
        lambda r: (*regular(r), away(r, 4, 3)),
        "MISSING_TRANSPOSE TRANSPOSED",
        1,
    ),
    Fault(
        "cholesky half",
        lambda x: np.linalg.cholesky((x + x.T) / 2),
        cholesky_backward,
        definite,
        "TERM_MISSING SUBSET FACTOR",
    ),
    Fault(
        "cross order",
        lambda a, b: np.cross(a, b),
        lambda g, y, a, b: (np.cross(g, b), None),
        lambda r: (away(r, 4, 3), away(r, 4, 3)),
        "SIGN OPERANDS_SWAPPED",
    ),
    Fault(
        "minimum",
        lambda a, b: np.minimum(a, b),
        lambda g, y, a, b: (g * (a > b), g * (b > a)),
        two(),
        "MASK_INVERTED OPERANDS_SWAPPED",
    ),
    Fault(
        "elastic net",
        lambda w: (0.1 * abs(w) + 0.3 * w * w).sum(),
        lambda g, y, w: g * 0.1 * np.sign(w),
        one(),
        "TERM_MISSING",
    ),
]
