"""More faults, of the kinds people make in layers and losses: rows like those of the catalogue."""

import numpy as np

from tests.gradcheck.faults import (
    Fault,
    away,
    conv,
    deviation,
    dropped,
    images,
    labelled,
    masked_pair,
    one,
    picks,
    positive,
    rectangles,
    row,
    softmax,
    standardized,
    two,
)


def sig(x):
    return 1 / (1 + np.exp(-x))


def lse(x):
    m = x.max(1, keepdims=True)
    return (m + np.log(np.exp(x - m).sum(1, keepdims=True)))[:, 0]


def _tk(x, i, g):
    r = np.zeros_like(x)
    r[:, i] = g
    return r


def _emb(x, i, g):
    r = np.zeros_like(x)
    np.add.at(r, i, g)
    c = np.bincount(i, minlength=len(x))
    return r / np.maximum(c, 1)[:, None]


def _ln(g, x):
    h = standardized(x)
    return (g - g.mean(-1, keepdims=True) - h * (g * h).mean(-1, keepdims=True)) / deviation(x)


def _cn(z):
    return z * min(1, 1 / np.linalg.norm(z))


def _dw(x, g):
    return conv(x.swapaxes(0, 1), g.swapaxes(0, 1)).swapaxes(0, 1)


MORE = [
    Fault("sub", lambda a, b: a - b, lambda g, y, a, b: (g, g), two(), "SIGN", 1),
    Fault(
        "bias col",
        lambda a, b: a + b,
        lambda g, y, a, b: (g, g.sum(0)[None]),
        lambda r: (away(r, 5, 3), away(r, 5, 1)),
        "UNBROADCAST_MISSING SHAPE WRONG_AXIS",
        1,
    ),
    Fault(
        "sum axis0 vs 1 sq bias",
        lambda a, b: a + b,
        lambda g, y, a, b: (g, g.sum(1)),
        lambda r: (away(r, 4, 4), away(r, 4)),
        "WRONG_AXIS",
        1,
    ),
    Fault("bias last", lambda a, b: a + b, lambda g, y, a, b: (g, g[-1]), row(), "LAST_SLICE", 1),
    Fault(
        "3d bias one axis",
        lambda a, b: a + b,
        lambda g, y, a, b: (g, g.sum(0)),
        lambda r: (away(r, 3, 4, 5), away(r, 5)),
        "UNBROADCAST_MISSING",
        1,
    ),
    Fault("matmul nonsq T", lambda a, b: a @ b, lambda g, y, a, b: ((g @ b.T).T, a.T @ g), rectangles, "TRANSPOSED"),
    Fault(
        "linear dW T",
        lambda x, w: x @ w.T,
        lambda g, y, x, w: (g @ w, x.T @ g),
        lambda r: (away(r, 5, 4), away(r, 4, 4)),
        "TRANSPOSED MISSING_TRANSPOSE",
        1,
    ),
    Fault("cosh", np.cosh, lambda g, y, x: g * y, one(), "CHAIN_FACTOR"),
    Fault("sin", np.sin, lambda g, y, x: g * np.sin(x), one(), "CHAIN_FACTOR"),
    Fault("cos sign", np.cos, lambda g, y, x: g * np.sin(x), one(), "SIGN"),
    Fault("arctan", np.arctan, lambda g, y, x: g / (1 + x), one(), "CHAIN_FACTOR"),
    Fault("recip", lambda x: 1 / x, lambda g, y, x: -g / x, one(), "CHAIN_FACTOR"),
    Fault(
        "pow wrong exp",
        lambda x, n: x**n,
        lambda g, y, x, n: g * x ** (n - 1),
        lambda r: (positive(r, 4, 3), 2.5),
        "FACTOR",
    ),
    Fault("log2", lambda x: np.log2(x), lambda g, y, x: g / x, one(2, positive), "FACTOR"),
    Fault("log1p", lambda x: np.log1p(x), lambda g, y, x: g / x, one(2, positive), "CHAIN_FACTOR"),
    Fault("expm1", lambda x: np.expm1(x), lambda g, y, x: g * y, one(), "CHAIN_FACTOR"),
    Fault("softplus", lambda x: np.log1p(np.exp(x)), lambda g, y, x: g * sig(x) * (1 - sig(x)), one(), "CHAIN_FACTOR"),
    Fault("silu", lambda x: x * sig(x), lambda g, y, x: g * sig(x), one(), "CHAIN_FACTOR TERM_MISSING"),
    Fault("leaky", lambda x: np.where(x > 0, x, 0.1 * x), lambda g, y, x: g * (x > 0), one(), "MASK_EXTRA"),
    Fault("leaky2", lambda x: np.where(x > 0, x, 0.1 * x), lambda g, y, x: g, one(), "SUBSET"),
    Fault(
        "elu",
        lambda x: np.where(x > 0, x, np.exp(x) - 1),
        lambda g, y, x: g * np.where(x > 0, 1, y),
        one(),
        "SUBSET CHAIN_FACTOR",
    ),
    Fault("maximum both", lambda a, b: np.maximum(a, b), lambda g, y, a, b: (g, g), two(), "MASK_MISSING"),
    Fault(
        "maximum inv",
        lambda a, b: np.maximum(a, b),
        lambda g, y, a, b: (g * (a < b), g * (b < a)),
        two(),
        "MASK_INVERTED",
    ),
    Fault("min mask extra", lambda x: x * 1, lambda g, y, x: g * (x > 0), one(), "MASK_EXTRA"),
    Fault(
        "var ddof",
        lambda x: x.var(1, ddof=1),
        lambda g, y, x: g[:, None] * 2 * (x - x.mean(1, keepdims=True)) / x.shape[1],
        one(),
        "FACTOR",
    ),
    Fault(
        "var no 2",
        lambda x: x.var(1),
        lambda g, y, x: g[:, None] * (x - x.mean(1, keepdims=True)) / x.shape[1],
        one(),
        "FACTOR",
    ),
    Fault("var nomean", lambda x: x.var(1), lambda g, y, x: g[:, None] * 2 * x / x.shape[1], one(), "TERM_MISSING"),
    Fault(
        "std no /y",
        lambda x: x.std(1),
        lambda g, y, x: g[:, None] * (x - x.mean(1, keepdims=True)) / x.shape[1],
        one(),
        "CHAIN_FACTOR FACTOR_PER_AXIS",
    ),
    Fault(
        "norm", lambda x: np.sqrt((x * x).sum(1)), lambda g, y, x: g[:, None] * x, one(), "CHAIN_FACTOR FACTOR_PER_AXIS"
    ),
    Fault("prod", lambda x: x.prod(1), lambda g, y, x: (g * y)[:, None] * np.ones_like(x), one(), "CHAIN_FACTOR"),
    Fault("logsumexp", lse, lambda g, y, x: g[:, None] * np.exp(x), one(), "CHAIN_FACTOR FACTOR_PER_AXIS"),
    Fault("lse nog", lse, lambda g, y, x: softmax(x), one(), "UPSTREAM_IGNORED"),
    Fault("cumsum none", lambda x: x.cumsum(1), lambda g, y, x: g, one(), "DIAGONAL_ONLY"),
    Fault("cumprod", lambda x: x.cumprod(1), lambda g, y, x: g * y / x, one(), "DIAGONAL_ONLY"),
    Fault("roll", lambda x: np.roll(x, 1, 0), lambda g, y, x: np.roll(g, 1, 0), one(), "SHIFTED"),
    Fault("flip", lambda x: x[::-1], lambda g, y, x: g, one(), "FLIPPED"),
    Fault(
        "transpose3",
        lambda x: x.transpose(1, 2, 0),
        lambda g, y, x: g.transpose(1, 2, 0),
        lambda r: (away(r, 3, 3, 3),),
        "PERMUTED",
    ),
    Fault("swapax", lambda x: x.swapaxes(0, 1), lambda g, y, x: g, lambda r: (away(r, 3, 3, 2),), "TRANSPOSED"),
    Fault("pad", lambda x: np.pad(x, 1), lambda g, y, x: g[:-2, :-2], one(), "SHIFTED"),
    Fault("slice", lambda x: x[1:], lambda g, y, x: np.concatenate([g, g[:1] * 0]), one(), "SHIFTED"),
    Fault("repeat", lambda x: np.repeat(x, 2, 0), lambda g, y, x: g[::2], one(), "FIRST_SLICE SUBSET"),
    Fault("repeat2", lambda x: np.repeat(x, 2, 0), lambda g, y, x: g.reshape(2, *x.shape).sum(0), one(), "PERMUTED"),
    Fault("tile", lambda x: np.tile(x, (2, 1)), lambda g, y, x: g[: len(x)], one(), "FIRST_SLICE SUBSET"),
    Fault(
        "tilemean",
        lambda x: np.tile(x, (2, 1)),
        lambda g, y, x: (g[: len(x)] + g[len(x) :]) / 2,
        one(),
        "FACTOR MEAN_FOR_SUM",
    ),
    Fault("stack", lambda a, b: np.stack([a, b]), lambda g, y, a, b: (g[1], g[0]), two(), "OPERANDS_SWAPPED"),
    Fault(
        "take",
        lambda x, i: x[:, i],
        lambda g, y, x, i: _tk(x, i, g),
        lambda r: (away(r, 4, 3), np.array([0, 2, 2])),
        "SCATTER_OVERWRITE",
    ),
    Fault(
        "embed mean",
        lambda x, i: x[i],
        lambda g, y, x, i: _emb(x, i, g),
        picks,
        "FACTOR_PER_AXIS SUBSET SCATTER_OVERWRITE",
    ),
    Fault(
        "gather ignore",
        lambda x, t: x[np.arange(len(x)), t],
        lambda g, y, x, t: g[:, None] * np.ones_like(x),
        labelled,
        "MASK_MISSING",
    ),
    Fault(
        "mse",
        lambda p, t: ((p - t) ** 2).mean(),
        lambda g, y, p, t: (g * (p - t) / p.size, g * -(p - t) / p.size),
        two(),
        "FACTOR",
    ),
    Fault(
        "mse rows",
        lambda p, t: ((p - t) ** 2).mean(),
        lambda g, y, p, t: (g * 2 * (p - t) / len(p), None),
        two(),
        "FACTOR",
    ),
    Fault(
        "mse none",
        lambda p, t: ((p - t) ** 2).mean(),
        lambda g, y, p, t: (g * 2 * (p - t) / p.size, None),
        two(),
        "NONE",
        1,
    ),
    Fault(
        "mae",
        lambda p, t: abs(p - t).mean(),
        lambda g, y, p, t: (g * np.ones_like(p) / p.size, None),
        two(),
        "SIGN_SUBSET",
    ),
    Fault(
        "bce",
        lambda p, t: -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean(),
        lambda g, y, p, t: (g * (p - t) / p.size, None),
        lambda r: (r.uniform(0.1, 0.9, (4, 3)), r.uniform(0.1, 0.9, (4, 3))),
        "CHAIN_FACTOR",
    ),
    Fault("hinge", lambda x: np.maximum(0, 1 - x).sum(), lambda g, y, x: -g * np.ones_like(x), one(), "MASK_MISSING"),
    Fault("huber", lambda x: np.where(abs(x) < 1, x * x / 2, abs(x) - 0.5), lambda g, y, x: g * x, one(), "SUBSET"),
    Fault(
        "kl",
        lambda p, q: (p * np.log(p / q)).sum(),
        lambda g, y, p, q: (g * np.log(p / q), None),
        two(positive),
        "TERM_MISSING",
    ),
    Fault(
        "softmax T",
        lambda x, T: softmax(x / T),
        lambda g, y, x, T: y * (g - (g * y).sum(-1, keepdims=True)),
        lambda r: (away(r, 4, 3), 2.7),
        "FACTOR",
    ),
    Fault(
        "attention",
        lambda q, k: q @ k.T / np.sqrt(q.shape[1]),
        lambda g, y, q, k: (g @ k, g.T @ q),
        lambda r: (away(r, 4, 5), away(r, 6, 5)),
        "FACTOR",
    ),
    Fault(
        "softmax axis",
        lambda x: softmax(x, 0),
        lambda g, y, x: y * (g - (g * y).sum(-1, keepdims=True)),
        one(),
        "WRONG_AXIS TERM_MISSING",
    ),
    Fault(
        "fused lin relu",
        lambda x, w: np.maximum(x @ w, 0),
        lambda g, y, x, w: (g @ w.T, x.T @ g),
        rectangles,
        "MASK_MISSING",
    ),
    Fault(
        "fused lin tanh",
        lambda x, w: np.tanh(x @ w),
        lambda g, y, x, w: (g @ w.T, x.T @ g),
        rectangles,
        "CHAIN_FACTOR",
        1,
    ),
    Fault(
        "fused lin sig",
        lambda x, w: sig(x @ w),
        lambda g, y, x, w: ((g * y) @ w.T, x.T @ g),
        rectangles,
        "CHAIN_FACTOR",
    ),
    Fault(
        "layernorm affine",
        lambda x, w: standardized(x) * w,
        lambda g, y, x, w: ((g * w) / deviation(x), g),
        lambda r: (away(r, 5, 6), away(r, 6)),
        "TERM_MISSING",
    ),
    Fault(
        "ln gamma unused",
        lambda x, w: standardized(x) * w,
        lambda g, y, x, w: (_ln(g, x), g),
        lambda r: (away(r, 5, 6), positive(r, 6)),
        "CHAIN_FACTOR FACTOR_PER_AXIS",
    ),
    Fault("ln no sigma", standardized, lambda g, y, x: _ln(g, x) * deviation(x), one(), "FACTOR_PER_AXIS CHAIN_FACTOR"),
    Fault(
        "rms",
        lambda x: x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5),
        lambda g, y, x: g / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5),
        one(),
        "TERM_MISSING",
    ),
    Fault("bn eval", lambda x: standardized(x, 0), lambda g, y, x: g / deviation(x, 0), one(), "TERM_MISSING"),
    Fault(
        "l2norm",
        lambda x: x / np.sqrt((x * x).sum(-1, keepdims=True)),
        lambda g, y, x: g / np.sqrt((x * x).sum(-1, keepdims=True)),
        one(),
        "TERM_MISSING",
    ),
    Fault(
        "outer",
        lambda a, b: np.outer(a, b),
        lambda g, y, a, b: (g @ b, g @ a),
        lambda r: (away(r, 4), away(r, 4)),
        "MISSING_TRANSPOSE TRANSPOSED WRONG_AXIS",
        1,
    ),
    Fault(
        "dot",
        lambda a, b: a @ b,
        lambda g, y, a, b: (g * a, g * b),
        lambda r: (away(r, 4), away(r, 4)),
        "OPERANDS_SWAPPED CHAIN_FACTOR",
    ),
    Fault("trace", lambda x: np.trace(x), lambda g, y, x: g * np.ones_like(x), one(square=True), "MASK_MISSING"),
    Fault("tril", lambda x: np.tril(x), lambda g, y, x: np.triu(g), one(square=True), "MASK_INVERTED TRANSPOSED"),
    Fault("triu g", lambda x: np.triu(x), lambda g, y, x: g, one(square=True), "MASK_MISSING"),
    Fault(
        "inv",
        lambda x: np.linalg.inv(x),
        lambda g, y, x: -y @ g @ y,
        lambda r: (away(r, 3, 3) + 3 * np.eye(3),),
        "MISSING_TRANSPOSE TRANSPOSED",
    ),
    Fault(
        "inv nosign",
        lambda x: np.linalg.inv(x),
        lambda g, y, x: y.T @ g @ y.T,
        lambda r: (away(r, 3, 3) + 3 * np.eye(3),),
        "SIGN",
    ),
    Fault(
        "det",
        lambda x: np.linalg.det(x),
        lambda g, y, x: g * y * np.linalg.inv(x),
        lambda r: (away(r, 3, 3) + 3 * np.eye(3),),
        "TRANSPOSED",
    ),
    Fault(
        "sort",
        lambda x: np.sort(x),
        lambda g, y, x: g[np.argsort(x)],
        lambda r: (away(r, 6),),
        "PERMUTED FLIPPED SHIFTED",
    ),
    Fault("sort none", lambda x: np.sort(x), lambda g, y, x: g, lambda r: (away(r, 6),), "PERMUTED"),
    Fault("clipg", np.tanh, lambda g, y, x: np.clip(g, -1, 1) * (1 - y * y), one(), "CLIPPED"),
    Fault("clipout", np.tanh, lambda g, y, x: np.clip(g * (1 - y * y), -0.5, 0.5), one(), "CLIPPED"),
    Fault("clipnorm", np.tanh, lambda g, y, x: _cn(g * (1 - y * y)), one(), "CLIPPED"),
    Fault("f32", np.tanh, lambda g, y, x: (g * (1 - y * y)).astype(np.float32), one(), "PRECISION"),
    Fault("f16 g", np.tanh, lambda g, y, x: g.astype(np.float16) * (1 - y * y), one(), "PRECISION"),
    Fault("f16 y", np.tanh, lambda g, y, x: g * (1 - y.astype(np.float16).astype(float) ** 2), one(), "PRECISION"),
    Fault("int", lambda x: 3 * x, lambda g, y, x: (3 * g).astype(int), one(), "TRUNCATED"),
    Fault("intg", lambda x: 3 * x, lambda g, y, x: 3 * g.astype(int), one(), "TRUNCATED"),
    Fault("signg", lambda x: 3 * x, lambda g, y, x: 3 * np.sign(g), one(), "NONLINEAR_IN_G"),
    Fault("g2", lambda x: 3 * x, lambda g, y, x: 3 * g * g, one(), "NONLINEAR_IN_G"),
    Fault("absg", lambda x: 3 * x, lambda g, y, x: 3 * abs(g), one(), "NONLINEAR_IN_G"),
    Fault("g+wd", lambda x: 3 * x, lambda g, y, x: 3 * g + 0.1 * x, one(), "NONLINEAR_IN_G"),
    Fault(
        "rnn last",
        lambda x, w: np.cumsum(x, 0) * w,
        lambda g, y, x, w: (0 * x, (g * np.cumsum(x, 0))[-1]),
        lambda r: (away(r, 5, 3), away(r, 3)),
        "LAST_SLICE",
        1,
    ),
    Fault(
        "rnn zero",
        lambda x, w: np.cumsum(x, 0) * w,
        lambda g, y, x, w: (0 * x, (g * np.cumsum(x, 0))[-1]),
        lambda r: (away(r, 5, 3), away(r, 3)),
        "ZERO",
        0,
    ),
    Fault("dropout y", lambda x, m, p: x * m / (1 - p), lambda g, y, x, m, p: g * m / p, dropped, "FACTOR"),
    Fault(
        "dropout inv",
        lambda x, m, p: x * m / (1 - p),
        lambda g, y, x, m, p: g * (~m) / (1 - p),
        dropped,
        "MASK_INVERTED",
    ),
    Fault("conv dw flip", conv, lambda g, y, x, w: (None, _dw(x, g)[:, :, ::-1, ::-1]), images, "FLIPPED", 1),
    Fault("conv dw mean", conv, lambda g, y, x, w: (None, _dw(x, g) / len(x)), images, "FACTOR", 1),
    Fault(
        "avgpool",
        lambda x: x.reshape(2, 2, 2, 2, 4).mean((2, 4)),
        lambda g, y, x: (
            np.repeat(np.repeat(g, 1, 1), 1, 1)[:, :, None, :, None] * np.ones((2, 2, 2, 2, 4)).reshape(2, 2, 2, 2, 4)
        ),
        lambda r: (away(r, 2, 2, 2, 2, 4),),
        "FACTOR",
    ),
    Fault(
        "maxpool",
        lambda x: x.reshape(4, 3, 2).max(2),
        lambda g, y, x: np.repeat(g, 2, 1),
        lambda r: (away(r, 4, 6),),
        "MASK_MISSING",
    ),
    Fault("mean axis none", lambda x: x.mean(0), lambda g, y, x: np.broadcast_to(g, x.shape), one(), "FACTOR"),
    Fault("mean shape", lambda x: x.mean(0), lambda g, y, x: g / len(x), one(), "SHAPE"),
    Fault("sum shape", lambda x: x.sum(), lambda g, y, x: g, one(), "SHAPE"),
    Fault("stale pt", lambda x: x**3, lambda g, y, x: 3 * g * y**2, one(), "SAVED_MUTATED CHAIN_FACTOR"),
    Fault(
        "where cond", lambda a, b, m: np.where(m, a, b), lambda g, y, a, b, m: (g, g), masked_pair, "MASK_MISSING", 1
    ),
    Fault(
        "lerp",
        lambda a, b, t: a + t * (b - a),
        lambda g, y, a, b, t: (g * t, g * t),
        lambda r: (*two()(r), 0.3),
        "FACTOR",
    ),
    Fault("poly coefs", lambda x: x**2 + x, lambda g, y, x: g * 2 * x, one(), "CHAIN_FACTOR TERM_MISSING"),
    Fault("sumsq twice", lambda x: (x * x).sum(0), lambda g, y, x: 4 * g * x, one(), "FACTOR"),
    Fault(
        "weighted mean",
        lambda x, m: (x * m).sum(1) / m.sum(1),
        lambda g, y, x, m: g[:, None] * m * np.ones_like(x) / x.shape[1],
        lambda r: (away(r, 4, 5), np.array(r.uniform(size=(4, 5)) > 0.4) | np.eye(4, 5, dtype=bool)),
        "FACTOR_PER_AXIS",
    ),
    Fault(
        "diff",
        lambda x: np.diff(x, axis=0),
        lambda g, y, x: np.concatenate([-g, 0 * g[:1]]),
        one(),
        "TERM_MISSING SUBSET",
    ),
    Fault(
        "bmm",
        lambda a, b: a @ b,
        lambda g, y, a, b: (g @ b, None),
        lambda r: (away(r, 2, 3, 3), away(r, 2, 3, 3)),
        "MISSING_TRANSPOSE",
    ),
    Fault(
        "einsum",
        lambda a, b: np.einsum("bij,bjk->bik", a, b),
        lambda g, y, a, b: (None, np.einsum("bij,bik->bkj", a, g)),
        lambda r: (away(r, 2, 3, 3), away(r, 2, 3, 3)),
        "TRANSPOSED MISSING_TRANSPOSE",
        1,
    ),
    Fault(
        "cosine",
        lambda a, b: (a * b).sum(1) / np.sqrt((a * a).sum(1) * (b * b).sum(1)),
        lambda g, y, a, b: (g[:, None] * b / np.sqrt((a * a).sum(1) * (b * b).sum(1))[:, None], None),
        two(),
        "TERM_MISSING",
    ),
    Fault(
        "random",
        lambda x: 3 * x,
        lambda g, y, x: 3 * g + np.random.default_rng().normal(size=g.shape) * 0.01,
        one(),
        "NONDETERMINISTIC",
    ),
]
