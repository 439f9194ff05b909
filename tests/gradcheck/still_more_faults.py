"""Still more faults: of elementwise functions, indexing, scans, losses and attention."""

import numpy as np

from tests.gradcheck.faults import (
    Fault,
    away,
    conv,
    cross_entropy,
    deviation,
    dropped,
    labelled,
    one,
    one_hot,
    positive,
    row,
    softmax,
    standardized,
    two,
)


def sig(x):
    return 1 / (1 + np.exp(-x))


def _st(x, g):
    o = np.zeros_like(x)
    o[1::2] = g
    return o


def _bm(x, m, g):
    o = np.zeros_like(x)
    o[m] = g[::-1]
    return o


def _ta(x, i, g):
    o = np.zeros_like(x)
    np.put_along_axis(o, i, g, 1)
    return o


def _em(w, i, g):
    o = np.zeros_like(w)
    np.add.at(o, i, g[None] * np.ones((len(i), 1)))
    return o


def _eo(w, i, g):
    o = np.zeros_like(w)
    o[i] = g
    return o


def _dw(x, g):
    return conv(x.swapaxes(0, 1), g.swapaxes(0, 1)).swapaxes(0, 1)


def _oe(z):
    z = z.copy()
    z[1, 1] *= -1
    return z


def _fr(z):
    z = z.copy()
    z[0] = 0
    return z


def _sd(x, g):
    o = np.zeros_like(x)
    np.put_along_axis(o, np.argsort(x, 0), g, 0)
    return o


STILL_MORE = [
    Fault(
        "arcsin",
        lambda x: np.arcsin(x),
        lambda g, y, x: g / (1 - x * x),
        one(2, lambda r, *s: r.uniform(-0.9, 0.9, s)),
        "CHAIN_FACTOR",
    ),
    Fault(
        "arctanh",
        lambda x: np.arctanh(x),
        lambda g, y, x: g / (1 + x * x),
        one(2, lambda r, *s: r.uniform(-0.9, 0.9, s)),
        "CHAIN_FACTOR",
    ),
    Fault(
        "tan",
        lambda x: np.tan(x),
        lambda g, y, x: g * (1 - y * y),
        one(2, lambda r, *s: r.uniform(-0.9, 0.9, s)),
        "CHAIN_FACTOR",
    ),
    Fault("rsqrt", lambda x: 1 / np.sqrt(x), lambda g, y, x: -0.5 * g * y, one(2, positive), "CHAIN_FACTOR"),
    Fault(
        "logaddexp",
        lambda a, b: np.logaddexp(a, b),
        lambda g, y, a, b: (g * np.exp(a), g * np.exp(b)),
        two(),
        "CHAIN_FACTOR",
    ),
    Fault(
        "logaddexp2",
        lambda a, b: np.logaddexp(a, b),
        lambda g, y, a, b: (g * np.exp(b - y), g * np.exp(a - y)),
        two(),
        "OPERANDS_SWAPPED",
    ),
    Fault("hypot", lambda a, b: np.hypot(a, b), lambda g, y, a, b: (g * a, g * b), two(), "CHAIN_FACTOR"),
    Fault(
        "arctan2",
        lambda a, b: np.arctan2(a, b),
        lambda g, y, a, b: (g * b / (a * a + b * b), g * a / (a * a + b * b)),
        two(),
        "SIGN",
        1,
    ),
    Fault(
        "pow b", lambda a, b: a**b, lambda g, y, a, b: (g * b * a ** (b - 1), g * y), two(positive), "CHAIN_FACTOR", 1
    ),
    Fault("pow a", lambda a, b: a**b, lambda g, y, a, b: (g * b * a**b, None), two(positive), "CHAIN_FACTOR"),
    Fault("mul bcast", lambda a, b: a * b, lambda g, y, a, b: (g * b, (g * b).sum(0)), row(), "CHAIN_FACTOR", 1),
    Fault("mul bcast nosum", lambda a, b: a * b, lambda g, y, a, b: (g * b, g * a), row(), "UNBROADCAST_MISSING", 1),
    Fault(
        "div bcast",
        lambda a, b: a / b,
        lambda g, y, a, b: (g / b, (-g * a / b).sum(0)),
        row(positive),
        "CHAIN_FACTOR",
        1,
    ),
    Fault(
        "scalar bcast",
        lambda a, b: a * b,
        lambda g, y, a, b: (g * b, (g * a).mean()),
        lambda r: (away(r, 4, 3), np.array(1.7)),
        "MEAN_FOR_SUM FACTOR",
        1,
    ),
    Fault(
        "scalar first",
        lambda a, b: a * b,
        lambda g, y, a, b: (g * b, (g * a)[0, 0]),
        lambda r: (away(r, 4, 3), np.array(1.7)),
        "FIRST_SLICE SUBSET",
        1,
    ),
    Fault(
        "scalar unsummed",
        lambda a, b: a * b,
        lambda g, y, a, b: (g * b, (g * a)),
        lambda r: (away(r, 4, 3), np.array(1.7)),
        "UNBROADCAST_MISSING",
        1,
    ),
    Fault(
        "both sides",
        lambda a, b: a * b,
        lambda g, y, a, b: ((g * b).sum(1, keepdims=True), (g * a).sum(0)),
        lambda r: (away(r, 4, 1), away(r, 1, 5)),
        "SHAPE",
        1,
    ),
    Fault(
        "both sides mean",
        lambda a, b: a + b,
        lambda g, y, a, b: (g.mean(1, keepdims=True), None),
        lambda r: (away(r, 4, 1), away(r, 1, 5)),
        "MEAN_FOR_SUM",
    ),
    Fault(
        "outer sum",
        lambda a, b: a[:, None] + b,
        lambda g, y, a, b: (g.sum(0), None),
        lambda r: (away(r, 4), away(r, 4)),
        "OPERANDS_SWAPPED WRONG_AXIS",
    ),
    Fault("relu ge y bug", lambda x: np.maximum(x, 0), lambda g, y, x: g * (x < 0), one(), "MASK_INVERTED"),
    Fault("relu x", lambda x: np.maximum(x, 0), lambda g, y, x: g * y, one(), "CHAIN_FACTOR"),
    Fault("relu6", lambda x: np.clip(x, 0, 0.9), lambda g, y, x: g * (x > 0), one(), "MASK_MISSING"),
    Fault("abs sq", lambda x: abs(x), lambda g, y, x: g * x, one(), "CHAIN_FACTOR"),
    Fault(
        "selu a",
        lambda x: 1.05 * np.where(x > 0, x, 1.67 * (np.exp(x) - 1)),
        lambda g, y, x: g * np.where(x > 0, 1, 1.67 * np.exp(x)),
        one(),
        "FACTOR",
    ),
    Fault("softplus2", lambda x: np.log1p(np.exp(x)), lambda g, y, x: g * np.exp(x), one(), "CHAIN_FACTOR"),
    Fault(
        "softplus beta",
        lambda x, beta: np.log1p(np.exp(beta * x)) / beta,
        lambda g, y, x, beta: g * sig(x),
        lambda r: (away(r, 4, 3), 2.5),
        "CHAIN_FACTOR OPTION",
    ),
    Fault("logsig", lambda x: -np.log1p(np.exp(-x)), lambda g, y, x: g * sig(x), one(), "CHAIN_FACTOR"),
    Fault(
        "sum axis (0,2)",
        lambda x: x.sum((0, 2)),
        lambda g, y, x: g[:, None, None] * np.ones_like(x),
        lambda r: (away(r, 3, 3, 3),),
        "WRONG_AXIS TRANSPOSED PERMUTED",
    ),
    Fault("mean keep", lambda x: x.mean(1, keepdims=True), lambda g, y, x: g * np.ones_like(x), one(), "FACTOR"),
    Fault("max mean", lambda x: x.max(0), lambda g, y, x: g / len(x) * np.ones_like(x), one(), "MASK_MISSING"),
    Fault(
        "argmax off",
        lambda x: x.max(1),
        lambda g, y, x: np.roll((x == x.max(1, keepdims=True)) * g[:, None], 1, 1),
        one(),
        "SHIFTED",
    ),
    Fault(
        "min for max",
        lambda x: x.max(1),
        lambda g, y, x: (x == x.min(1, keepdims=True)) * g[:, None],
        one(),
        "MASK_INVERTED PERMUTED",
    ),
    Fault(
        "median",
        lambda x: np.median(x, 1),
        lambda g, y, x: g[:, None] / x.shape[1] * np.ones_like(x),
        lambda r: (away(r, 4, 5),),
        "MASK_MISSING",
    ),
    Fault("var mean const", lambda x: x.var(), lambda g, y, x: g * 2 * (x - x.mean()) / (x.size - 1), one(), "FACTOR"),
    Fault(
        "std ddof",
        lambda x: x.std(1),
        lambda g, y, x: (g / y)[:, None] * (x - x.mean(1, keepdims=True)) / (x.shape[1] - 1),
        one(),
        "FACTOR",
    ),
    Fault("norm no div", lambda x: np.linalg.norm(x), lambda g, y, x: g * x, one(), "FACTOR CHAIN_FACTOR"),
    Fault("l1", lambda x: abs(x).sum(), lambda g, y, x: g * np.ones_like(x), one(), "SIGN_SUBSET"),
    Fault("logcumsum", lambda x: np.cumsum(x, 1), lambda g, y, x: np.cumsum(g[::-1], 1)[::-1], one(), "FLIPPED"),
    Fault(
        "diff2",
        lambda x: x[1:] - x[:-1],
        lambda g, y, x: np.concatenate([g, g[:1] * 0]) - np.concatenate([g[:1] * 0, g]),
        one(),
        "SIGN",
    ),
    Fault("rot90", lambda x: np.rot90(x), lambda g, y, x: np.rot90(g), one(square=True), "FLIPPED PERMUTED"),
    Fault("flatten F", lambda x: x.ravel(order="F"), lambda g, y, x: g.reshape(x.shape), one(), "PERMUTED"),
    Fault(
        "moveaxis",
        lambda x: np.moveaxis(x, 0, -1),
        lambda g, y, x: np.moveaxis(g, 0, -1),
        lambda r: (away(r, 3, 3, 3),),
        "PERMUTED",
    ),
    Fault(
        "split",
        lambda x: x[:, :2].copy(),
        lambda g, y, x: np.concatenate([np.zeros_like(x[:, 2:]), g], 1),
        one(),
        "SHIFTED PERMUTED",
    ),
    Fault("stride", lambda x: x[::2], lambda g, y, x: _st(x, g), lambda r: (away(r, 6, 3),), "SHIFTED PERMUTED"),
    Fault(
        "bool idx",
        lambda x, m: x[m],
        lambda g, y, x, m: _bm(x, m, g),
        lambda r: (away(r, 4, 3), np.arange(12).reshape(4, 3) % 3 > 0),
        "FLIPPED",
    ),
    Fault(
        "gather2",
        lambda x, i: np.take_along_axis(x, i, 1),
        lambda g, y, x, i: _ta(x, i, g),
        lambda r: (away(r, 4, 3), np.array([[0, 0, 1]] * 4)),
        "SCATTER_OVERWRITE",
    ),
    Fault(
        "embedding mean",
        lambda w, i: w[i].mean(0),
        lambda g, y, w, i: _em(w, i, g),
        lambda r: (away(r, 5, 3), np.array([1, 3, 1, 0])),
        "FACTOR",
    ),
    Fault(
        "embedding bag over",
        lambda w, i: w[i].sum(0),
        lambda g, y, w, i: _eo(w, i, g),
        lambda r: (away(r, 5, 3), np.array([1, 3, 1, 0])),
        "SCATTER_OVERWRITE SUBSET FACTOR_PER_AXIS",
    ),
    Fault(
        "stack3",
        lambda a, b, c: np.stack([a, b, c]),
        lambda g, y, a, b, c: (g[1], g[2], g[0]),
        lambda r: (away(r, 3, 4), away(r, 3, 4), away(r, 3, 4)),
        "OPERANDS_SWAPPED",
    ),
    Fault(
        "concat off",
        lambda a, b: np.concatenate([a, b], 1),
        lambda g, y, a, b: (g[:, 1 : 1 + a.shape[1]], None),
        lambda r: (away(r, 3, 4), away(r, 3, 2)),
        "SHIFTED PERMUTED",
    ),
    Fault(
        "where scalar",
        lambda c, a: np.where(c, a, 0),
        lambda g, y, c, a: (None, g * ~c),
        lambda r: (np.arange(12).reshape(4, 3) % 3 > 0, away(r, 4, 3)),
        "MASK_INVERTED",
        1,
    ),
    Fault(
        "ce sum",
        lambda x, t: -np.log(softmax(x))[np.arange(len(x)), t].sum(),
        lambda g, y, x, t: g * (softmax(x) - one_hot(t, x.shape[1])) / len(x),
        labelled,
        "FACTOR",
    ),
    Fault(
        "ce sign",
        cross_entropy,
        lambda g, y, x, t: g * (one_hot(t, x.shape[1]) - softmax(x)) / len(x),
        labelled,
        "SIGN",
    ),
    Fault(
        "ce nog",
        cross_entropy,
        lambda g, y, x, t: (softmax(x) - one_hot(t, x.shape[1])) / len(x),
        labelled,
        "UPSTREAM_IGNORED",
    ),
    Fault(
        "ce classes",
        cross_entropy,
        lambda g, y, x, t: g * (softmax(x) - one_hot(t, x.shape[1])) / x.size,
        labelled,
        "FACTOR",
    ),
    Fault(
        "ce nosoft",
        cross_entropy,
        lambda g, y, x, t: -g * one_hot(t, x.shape[1]) / len(x),
        labelled,
        "TERM_MISSING MASK_EXTRA",
    ),
    Fault(
        "ce smooth",
        lambda x, t, s: -(((1 - s) * one_hot(t, x.shape[1]) + s / x.shape[1]) * np.log(softmax(x))).sum(1).mean(),
        lambda g, y, x, t, s: g * (softmax(x) - one_hot(t, x.shape[1])) / len(x),
        lambda r: (*labelled(r), 0.2),
        "OPTION TERM_MISSING",
    ),
    Fault(
        "bce logits",
        lambda x, t: (np.log1p(np.exp(x)) - t * x).mean(),
        lambda g, y, x, t: (g * sig(x) / x.size, None),
        two(),
        "TERM_MISSING CHAIN_FACTOR",
    ),
    Fault(
        "bce logits2",
        lambda x, t: (np.log1p(np.exp(x)) - t * x).sum(),
        lambda g, y, x, t: (g * (sig(x) - t) * sig(x) * (1 - sig(x)), None),
        two(),
        "CHAIN_FACTOR",
    ),
    Fault(
        "mse half", lambda p, t: ((p - t) ** 2).sum() / 2, lambda g, y, p, t: (2 * g * (p - t), None), two(), "FACTOR"
    ),
    Fault(
        "mse neg",
        lambda p, t: ((p - t) ** 2).mean(),
        lambda g, y, p, t: (None, g * 2 * (p - t) / p.size),
        two(),
        "SIGN",
        1,
    ),
    Fault(
        "huber delta",
        lambda x, d: np.where(abs(x) < d, x * x / 2, d * (abs(x) - d / 2)).sum(),
        lambda g, y, x, d: g * np.where(abs(x) < d, x, np.sign(x)),
        lambda r: (away(r, 4, 3), 0.6),
        "SUBSET OPTION FACTOR",
    ),
    Fault("kl2", lambda p, q: (p * (np.log(p) - q)).sum(), lambda g, y, p, q: (None, g * p), two(positive), "SIGN", 1),
    Fault(
        "nll w",
        lambda x, t, w: -(w[t] * x[np.arange(len(x)), t]).sum() / w[t].sum(),
        lambda g, y, x, t, w: -g * one_hot(t, x.shape[1]) * w / len(x),
        lambda r: (away(r, 5, 3), r.integers(0, 3, 5), np.array([0.5, 1.0, 3.0])),
        "FACTOR",
    ),
    Fault(
        "dropout scale2", lambda x, m, p: x * m / (1 - p), lambda g, y, x, m, p: g * m / (1 - p) ** 2, dropped, "FACTOR"
    ),
    Fault("dropout none", lambda x, m, p: x * m / (1 - p), lambda g, y, x, m, p: g, dropped, "MASK_MISSING"),
    Fault(
        "bn batch n-1",
        lambda x: standardized(x, 0),
        lambda g, y, x: (g - g.sum(0) / (len(x) - 1) - y * (g * y).mean(0)) / deviation(x, 0),
        one(),
        "TERM_MISSING",
    ),
    Fault(
        "bn no mean",
        lambda x: standardized(x, 0),
        lambda g, y, x: (g - y * (g * y).mean(0)) / deviation(x, 0),
        one(),
        "TERM_MISSING",
    ),
    Fault(
        "bn gamma", lambda x, w: standardized(x, 0) * w, lambda g, y, x, w: (None, g.sum(0)), row(), "CHAIN_FACTOR", 1
    ),
    Fault(
        "bn beta mean",
        lambda x, w: standardized(x, 0) + w,
        lambda g, y, x, w: (None, g.mean(0)),
        row(),
        "MEAN_FOR_SUM",
        1,
    ),
    Fault(
        "ln var",
        standardized,
        lambda g, y, x: (g - g.mean(-1, keepdims=True) - y * (g * y).mean(-1, keepdims=True)) / deviation(x) ** 2,
        one(),
        "FACTOR_PER_AXIS CHAIN_FACTOR",
    ),
    Fault(
        "conv stride bias",
        lambda x, b: x + b[:, None, None],
        lambda g, y, x, b: (g, g.sum((0, 2))),
        lambda r: (away(r, 2, 4, 4, 4), away(r, 4)),
        "UNBROADCAST_MISSING",
        1,
    ),
    Fault(
        "conv io swap",
        conv,
        lambda g, y, x, w: (conv(np.pad(g, ((0, 0), (0, 0), (1, 1), (2, 2))), w[:, :, ::-1, ::-1]), None),
        lambda r: (away(r, 2, 3, 5, 4), away(r, 3, 3, 2, 3)),
        "MISSING_TRANSPOSE TRANSPOSED PERMUTED",
    ),
    Fault(
        "conv dw noflip",
        conv,
        lambda g, y, x, w: (None, np.swapaxes(_dw(x, g), 0, 1)),
        lambda r: (away(r, 2, 3, 5, 4), away(r, 3, 3, 2, 3)),
        "TRANSPOSED PERMUTED",
        1,
    ),
    Fault(
        "avgpool2",
        lambda x: x.reshape(len(x), -1, 2).mean(2),
        lambda g, y, x: np.repeat(g, 2, 1),
        lambda r: (away(r, 3, 6),),
        "FACTOR",
    ),
    Fault(
        "maxpool all",
        lambda x: x.reshape(len(x), -1, 2).max(2),
        lambda g, y, x: np.repeat(g, 2, 1) / 2,
        lambda r: (away(r, 3, 6),),
        "MASK_MISSING",
    ),
    Fault(
        "upsample",
        lambda x: np.repeat(x, 2, 1),
        lambda g, y, x: g.reshape(len(x), -1, 2).mean(2),
        one(),
        "FACTOR MEAN_FOR_SUM",
    ),
    Fault(
        "upsample max",
        lambda x: np.repeat(x, 2, 1),
        lambda g, y, x: g.reshape(len(x), -1, 2).max(2),
        one(),
        "NONLINEAR_IN_G",
    ),
    Fault(
        "attention soft",
        lambda s, v: softmax(s) @ v,
        lambda g, y, s, v: (softmax(s) * (g @ v.T), None),
        lambda r: (away(r, 4, 5), away(r, 5, 3)),
        "TERM_MISSING CHAIN_FACTOR",
    ),
    Fault(
        "attention v",
        lambda s, v: softmax(s) @ v,
        lambda g, y, s, v: (None, softmax(s) @ g),
        lambda r: (away(r, 4, 4), away(r, 4, 3)),
        "MISSING_TRANSPOSE TRANSPOSED",
        1,
    ),
    Fault(
        "attention scale",
        lambda q, k: softmax(q @ k.T / np.sqrt(q.shape[1])),
        lambda g, y, q, k: ((y * (g - (g * y).sum(1, keepdims=True))) @ k, None),
        lambda r: (away(r, 4, 5), away(r, 6, 5)),
        "FACTOR",
    ),
    Fault(
        "rnn tanh",
        lambda h, w, x: np.tanh(h @ w + x),
        lambda g, y, h, w, x: (g @ w.T, None, g),
        lambda r: (away(r, 4, 3), away(r, 3, 3), away(r, 4, 3)),
        "CHAIN_FACTOR",
    ),
    Fault(
        "gru mix",
        lambda a, b, z: z * a + (1 - z) * b,
        lambda g, y, a, b, z: (g * (1 - z), g * z, g * (a - b)),
        lambda r: (away(r, 4, 3), away(r, 4, 3), r.uniform(0.1, 0.9, (4, 3))),
        "OPERANDS_SWAPPED CHAIN_FACTOR",
    ),
    Fault(
        "gru z",
        lambda a, b, z: z * a + (1 - z) * b,
        lambda g, y, a, b, z: (None, None, g * a),
        lambda r: (away(r, 4, 3), away(r, 4, 3), r.uniform(0.1, 0.9, (4, 3))),
        "TERM_MISSING CHAIN_FACTOR",
        2,
    ),
    Fault(
        "rms g",
        lambda x: x / np.sqrt((x * x).mean(-1, keepdims=True)),
        lambda g, y, x: (g - y * (g * y).sum(-1, keepdims=True)) / np.sqrt((x * x).mean(-1, keepdims=True)),
        one(),
        "TERM_MISSING",
    ),
    Fault(
        "cov", lambda x: (x - x.mean(0)).T @ (x - x.mean(0)), lambda g, y, x: (x - x.mean(0)) @ g, one(), "TERM_MISSING"
    ),
    Fault("gram", lambda x: x.T @ x, lambda g, y, x: x @ g, one(), "TERM_MISSING"),
    Fault("gram2", lambda x: x.T @ x, lambda g, y, x: 2 * x @ g, one(), "TERM_MISSING"),
    Fault(
        "quad",
        lambda x, a: x @ a @ x,
        lambda g, y, x, a: (2 * g * (a @ x), None),
        lambda r: (away(r, 4), away(r, 4, 4)),
        "TERM_MISSING MISSING_TRANSPOSE",
    ),
    Fault(
        "quad1",
        lambda x, a: x @ a @ x,
        lambda g, y, x, a: (g * (a @ x), None),
        lambda r: (away(r, 4), away(r, 4, 4)),
        "TERM_MISSING",
    ),
    Fault(
        "matvec",
        lambda a, x: a @ x,
        lambda g, y, a, x: (None, a @ g),
        lambda r: (away(r, 4, 4), away(r, 4)),
        "MISSING_TRANSPOSE",
        1,
    ),
    Fault(
        "matvec dA",
        lambda a, x: a @ x,
        lambda g, y, a, x: (np.outer(x, g), None),
        lambda r: (away(r, 4, 4), away(r, 4)),
        "TRANSPOSED MISSING_TRANSPOSE",
    ),
    Fault(
        "solve",
        lambda a, b: np.linalg.solve(a, b),
        lambda g, y, a, b: (None, np.linalg.solve(a, g)),
        lambda r: (away(r, 3, 3) + 3 * np.eye(3), away(r, 3, 2)),
        "MISSING_TRANSPOSE",
        1,
    ),
    Fault(
        "logdet",
        lambda a: np.linalg.slogdet(a)[1],
        lambda g, y, a: g * np.linalg.inv(a),
        lambda r: (away(r, 3, 3) + 3 * np.eye(3),),
        "TRANSPOSED WRONG_AXIS",
    ),
    Fault(
        "trace axb",
        lambda a, b: np.trace(a @ b),
        lambda g, y, a, b: (g * b, None),
        lambda r: (away(r, 4, 4), away(r, 4, 4)),
        "TRANSPOSED MISSING_TRANSPOSE WRONG_AXIS",
    ),
    Fault(
        "kron",
        lambda a, b: np.kron(a, b),
        lambda g, y, a, b: (g.reshape(2, 2, 3, 3).sum((1, 3)) if 0 else g.reshape(2, 3, 2, 3).sum((1, 3)), None),
        lambda r: (away(r, 2, 2), away(r, 3, 3)),
        "CHAIN_FACTOR",
    ),
    Fault("noise", lambda x: 2 * x, lambda g, y, x: 2 * g * (1 + 1e-4), one(), "FACTOR"),
    Fault("const typo", lambda x: np.sin(x) * 1.702, lambda g, y, x: g * 1.72 * np.cos(x), one(), "FACTOR"),
    Fault("wd", lambda w: (w**3).sum() + 0.01 * (w * w).sum(), lambda g, y, w: g * 3 * w * w, one(), "TERM_MISSING"),
    Fault("one elem", lambda x: np.sin(x), lambda g, y, x: _oe(g * np.cos(x)), one(), "SUBSET MASK_EXTRA SIGN_SUBSET"),
    Fault("first row", lambda x: np.sin(x), lambda g, y, x: _fr(g * np.cos(x)), one(), "MASK_EXTRA"),
    Fault("stop grad", lambda x: x * np.tanh(x), lambda g, y, x: g * np.tanh(x), one(), "TERM_MISSING"),
    Fault(
        "gate",
        lambda a, b: a * sig(b),
        lambda g, y, a, b: (g * sig(b), g * sig(b) * (1 - sig(b))),
        two(),
        "CHAIN_FACTOR",
        1,
    ),
    Fault("gate2", lambda a, b: a * sig(b), lambda g, y, a, b: (g * b, None), two(), "CHAIN_FACTOR"),
    Fault(
        "cos sim",
        lambda a, b: (a * b).sum(1),
        lambda g, y, a, b: (g[:, None] * a, None),
        two(),
        "OPERANDS_SWAPPED CHAIN_FACTOR",
    ),
    Fault(
        "dist",
        lambda a, b: np.sqrt(((a - b) ** 2).sum(1)),
        lambda g, y, a, b: (g[:, None] * (a - b), None),
        two(),
        "CHAIN_FACTOR FACTOR_PER_AXIS",
    ),
    Fault("sortdesc", lambda x: -np.sort(-x, 0), lambda g, y, x: _sd(x, g), one(), "FLIPPED PERMUTED"),
    Fault(
        "leaky slopes exchanged",
        lambda x: np.where(x > 0, x, 0.1 * x),
        lambda g, y, x: np.where(x < 0, g, 0.1 * g),
        one(),
        "MASK_INVERTED",
    ),
    Fault(
        "branches exchanged",
        lambda x, t: np.where(t, 3 * x, x),
        lambda g, y, x, t: (np.where(t, g, 3 * g), None),
        lambda r: (away(r, 4, 3), away(r, 4, 3) > 0),
        "MASK_INVERTED",
    ),
]
