"""Faults written down, with what they must be called, before the checker had seen them: third batch.

Unlike in the first two, many of these are right at one shape, at one batch or for one gradient that arrives: what is
missing only shows where a matrix is not square, a batch has more than one row, or something is used twice.
"""

import numpy as np

from tests.gradcheck.faults import (
    Fault,
    away,
    conv,
    deviation,
    one,
    positive,
    row,
    softmax,
    squares,
    standardized,
    two,
)


def arrays(*shapes, make=away):
    return lambda r: tuple(make(r, *shape) for shape in shapes)


def rows(x, i):
    return x[np.arange(len(x)), i]


def keepdims_sum(x):
    return x / x.sum(1, keepdims=True)


def standard_rows_back(g, y, x):
    return (g - g.mean(-1, keepdims=True) - y * (g * y).mean(-1, keepdims=True)) / deviation(x)


def cumsum_off_by_one(g):
    out = np.zeros_like(g)
    out[:, :-1] = np.cumsum(g[:, :0:-1], 1)[:, ::-1]
    return out


def cumprod_back(g, y, x):
    return np.cumsum((g * y)[:, ::-1], 1)[:, ::-1] / x


STORED: dict = {}


def remembered(x):
    """What a cache keyed by the shape holds: the first array of that shape that was ever seen."""
    return STORED.setdefault(x.shape, np.array(x))


def damaging(g, y, x):
    g *= np.cos(x)
    return g


def into_operand(g, y, x):
    x *= 2
    return g * x


def mutual(g, y, x, z):
    g *= z
    return g, g * x


def last_write(x, i, g):
    out = np.zeros_like(x)
    for k, (a, b) in enumerate(i):
        out[a, b] = g[k]
    return out


def pairs_of(x, i):
    return x[i[:, 0], i[:, 1]]


def fixed_batch_back(g, y, x, w):
    return g @ w.T, (x.T @ g) / max(1, len(x) - 1)


def dilated(x, k):
    return sum(k[j] * x[:, 2 * j : 2 * j + x.shape[1] - 4] for j in range(3))


def dilated_back(g, y, x, k):
    out = np.zeros_like(x)
    for j in range(3):
        out[:, j : j + g.shape[1]] += k[j] * g
    return out, None


def pooled(x):
    return x.reshape(len(x), -1, 2).mean(2)


def shifted_log(x):
    return np.log(x + 0.1)


def normalized(x):
    return x / np.sqrt((x * x).sum(1, keepdims=True) + 0.1)


def attention(q, k):
    return softmax(q @ k.T / np.sqrt(q.shape[1]))


def attention_back(g, y, q, k):
    s = y * (g - (g * y).sum(-1, keepdims=True))
    return (s @ k / q.shape[1], None)


def bilinear(x, w, z):
    return np.einsum("ni,oij,nj->no", x, w, z)


def gumbel(x, noise):
    return softmax((x + noise) / 0.5)


def two_gates(x):
    a, b = np.split(x, 2, axis=1)
    return a / (1 + np.exp(-b))


def two_gates_back(g, y, x):
    a, b = np.split(x, 2, axis=1)
    s = 1 / (1 + np.exp(-b))
    return np.concatenate([g * s * (1 - s) * a, g * s], 1)


def padded_batch(x, m):
    return (x * m[:, :, None]).sum(1) / m.sum(1, keepdims=True)


def masks(r):
    return away(r, 3, 5, 2), np.arange(5) < np.array([[5], [2], [4]])


def three(r):
    return away(r, 4, 3), away(r, 5, 3, 2), away(r, 4, 2)


def extreme_row(x):
    return x[:, 0] * x.max(1)


def extreme_row_back(g, y, x):
    out = np.zeros_like(x)
    out[np.arange(len(x)), x.argmax(1)] = g * x[:, 0]
    return out


def roots(x):
    return np.sqrt(x + 1e-2)


def columns_of(r):
    return away(r, 4, 3), np.array([2, 0, 2])


def picks_of(r):
    return away(r, 4, 3), np.array([[0, 1], [3, 2], [0, 1], [2, 0]])


def labels_of(r):
    return away(r, 5, 4), r.integers(0, 4, 5)


def focal(x, t):
    p = softmax(x)[np.arange(len(t)), t]
    return -((1 - p) ** 2 * np.log(p)).mean()


def focal_back(g, y, x, t):
    p = softmax(x)
    hot = np.eye(x.shape[1])[t]
    q = (p * hot).sum(1, keepdims=True)
    return g * (1 - q) ** 2 * (p - hot) / len(t)


UNSEEN_3 = [
    Fault(
        "keepdims sum over rows",
        keepdims_sum,
        lambda g, y, x: (g - (g * y).sum(0, keepdims=True)) / x.sum(1, keepdims=True),
        one(2, positive),
        "WRONG_AXIS TERM_MISSING",
    ),
    Fault(
        "keepdims term forgotten",
        keepdims_sum,
        lambda g, y, x: g / x.sum(1, keepdims=True),
        one(2, positive),
        "TERM_MISSING DIAGONAL_ONLY",
    ),
    Fault(
        "mean along the wrong axis",
        standardized,
        lambda g, y, x: (g - g.mean(0, keepdims=True) - y * (g * y).mean(-1, keepdims=True)) / deviation(x),
        one(),
        "WRONG_AXIS TERM_MISSING",
    ),
    Fault(
        "matmul right transposed",
        lambda a, b: a @ b.T,
        lambda g, y, a, b: (g @ b, a.T @ g),
        squares,
        "TRANSPOSED MISSING_TRANSPOSE",
        1,
    ),
    Fault(
        "gram of columns",
        lambda a: a.T @ a,
        lambda g, y, a: a @ g + a @ g,
        one(),
        "MISSING_TRANSPOSE TRANSPOSED TERM_MISSING",
    ),
    Fault(
        "second branch sign",
        lambda x, m: np.where(m, x * x, -x),
        lambda g, y, x, m: np.where(m, 2 * g * x, g),
        lambda r: (away(r, 4, 3), away(r, 4, 3) > 0),
        "SIGN_SUBSET",
    ),
    Fault(
        "second branch forgotten",
        lambda x: np.where(x > 0, x, 0.2 * np.expm1(x)),
        lambda g, y, x: g * (x > 0),
        one(),
        "SUBSET MASK_EXTRA ZERO",
    ),
    Fault("counted twice at broadcast", lambda x, b: x + b, lambda g, y, x, b: (g, 2 * g.sum(0)), row(), "FACTOR", 1),
    Fault(
        "added per column", lambda x, b: x * b, lambda g, y, x, b: (g * b, (g * x).sum(0) * len(x)), row(), "FACTOR", 1
    ),
    Fault("mean of squares without n", lambda x: (x * x).mean(), lambda g, y, x: 2 * g * x, one(), "FACTOR"),
    Fault(
        "mean of rows over size",
        lambda x: (x**3).mean(1),
        lambda g, y, x: 3 * g[:, None] * x * x / x.size,
        one(),
        "FACTOR",
    ),
    Fault("saved input for result", lambda x: np.exp(-x), lambda g, y, x: -g * np.exp(x), one(), "CHAIN_FACTOR"),
    Fault("saved result for input", lambda x: x**3, lambda g, y, x: 3 * g * y**2, one(), "CHAIN_FACTOR"),
    Fault(
        "cache by shape",
        np.square,
        lambda g, y, x: 2 * g * remembered(x),
        one(),
        "SAVED_MUTATED UNKNOWN SUBSET CHAIN_FACTOR",
    ),
    Fault(
        "float32 buffer",
        lambda x: x * np.sin(x),
        lambda g, y, x: (np.sin(x) + x * np.cos(x)).astype(np.float32) * g,
        one(),
        "PRECISION",
    ),
    Fault("float32 gradient", np.cosh, lambda g, y, x: g.astype(np.float32) * np.sinh(x), one(), "PRECISION"),
    Fault(
        "cumsum without itself",
        lambda x: np.cumsum(x, 1),
        lambda g, y, x: cumsum_off_by_one(g),
        one(),
        "TERM_MISSING SHIFTED MASK_EXTRA SUBSET",
    ),
    Fault(
        "cumsum reversed late",
        lambda x: np.cumsum(x[:, ::-1], 1)[:, ::-1],
        lambda g, y, x: np.cumsum(g[:, ::-1], 1)[:, ::-1],
        one(),
        "FLIPPED",
    ),
    Fault(
        "cumprod sums forward",
        lambda x: np.cumprod(x, 1),
        lambda g, y, x: np.cumsum(g * y, 1) / x,
        one(),
        "FLIPPED UNKNOWN WRONG_AXIS",
    ),
    Fault(
        "eps outside the root",
        lambda x: np.sqrt(x * x + 0.1),
        lambda g, y, x: g * x / (np.sqrt(x * x) + 0.1),
        one(),
        "CHAIN_FACTOR",
    ),
    Fault("eps forgotten", roots, lambda g, y, x: g / (2 * np.sqrt(x)), one(2, positive), "CHAIN_FACTOR"),
    Fault("eps in the log", shifted_log, lambda g, y, x: g / x, one(2, positive), "CHAIN_FACTOR"),
    Fault(
        "bias not summed",
        lambda x, b: np.tanh(x + b),
        lambda g, y, x, b: (g * (1 - y * y), g * (1 - y * y)),
        row(),
        "UNBROADCAST_MISSING SHAPE",
        1,
    ),
    Fault(
        "column not summed",
        lambda x, b: x * b,
        lambda g, y, x, b: (g * b, (g * x)[:, :1]),
        arrays((4, 3), (4, 1)),
        "FIRST_SLICE UNBROADCAST_MISSING",
        1,
    ),
    Fault("g is written into", np.sin, damaging, one(), "SAVED_MUTATED NOTHING"),
    Fault("x is written into", lambda x: x * x, into_operand, one(), "SAVED_MUTATED NOTHING"),
    Fault("one side damages the other", lambda x, z: x * z, mutual, two(), "CHAIN_FACTOR SAVED_MUTATED", 1),
    Fault("squared gradient", lambda x: 3 * x, lambda g, y, x: 3 * g * abs(g), one(), "NONLINEAR_IN_G"),
    Fault(
        "normalised gradient",
        np.arctan,
        lambda g, y, x: g / np.linalg.norm(g) / (1 + x * x),
        one(),
        "NONLINEAR_IN_G CLIPPED",
    ),
    Fault(
        "gradient of the wrong operand",
        lambda x, z: x / z,
        lambda g, y, x, z: (-g * x / z**2, g / z),
        two(),
        "OPERANDS_SWAPPED",
    ),
    Fault("gradient of the sum", lambda x, z: x * z, lambda g, y, x, z: (g * (x + z), g * x), two(), "CHAIN_FACTOR"),
    Fault(
        "max of ties to all",
        lambda x: x.max(1),
        lambda g, y, x: g[:, None] * (x == x.max(1, keepdims=True)),
        lambda r: (np.array([[1.0, 1, 0], [0, 2, 2], [3, 3, 3], [1, 0, 1]]),),
        "KINK_WRONG",
    ),
    Fault(
        "only the first of a batch",
        lambda x, w: x @ w,
        lambda g, y, x, w: (g @ w.T, np.outer(x[0], g[0])),
        arrays((4, 3), (3, 5)),
        "FIRST_SLICE",
        1,
    ),
    Fault("batch minus one", lambda x, w: x @ w / len(x), fixed_batch_back, arrays((4, 3), (3, 5)), "FACTOR", 1),
    Fault(
        "bounds exchanged",
        lambda x: np.clip(x, -0.8, 1.0),
        lambda g, y, x: g * ((x > 1.0) | (x < -0.8)),
        one(),
        "MASK_INVERTED",
    ),
    Fault(
        "one bound forgotten",
        lambda x: np.clip(x, -0.8, 1.0),
        lambda g, y, x: g * (x < 1.0),
        one(),
        "MASK_MISSING SUBSET",
    ),
    Fault("a constant added", np.tanh, lambda g, y, x: g * (1 - y * y) + 0.01, one(), "NONLINEAR_IN_G"),
    Fault("a constant slope added", np.tanh, lambda g, y, x: g * (1.01 - y * y), one(), "CHAIN_FACTOR TERM_MISSING"),
    Fault("power not lowered", lambda x: x**4, lambda g, y, x: 4 * g * x**4, one(), "CHAIN_FACTOR"),
    Fault("power lowered twice", lambda x: x**4, lambda g, y, x: 4 * g * x**2, one(), "CHAIN_FACTOR"),
    Fault(
        "a weight frozen in a product",
        lambda x, w: x @ w @ w.T,
        lambda g, y, x, w: (g @ w @ w.T, x.T @ (g @ w)),
        lambda r: (away(r, 4, 3), away(r, 3, 3)),
        "TERM_MISSING UNKNOWN",
        1,
    ),
    Fault(
        "indexed twice written once", pairs_of, lambda g, y, x, i: last_write(x, i, g), picks_of, "SCATTER_OVERWRITE"
    ),
    Fault(
        "columns picked twice",
        lambda x, i: x[:, i],
        lambda g, y, x, i: overwritten_columns(x, i, g),
        columns_of,
        "SCATTER_OVERWRITE",
    ),
    Fault("dilation ignored", dilated, dilated_back, arrays((3, 7), (3,)), "PERMUTED SHIFTED UNKNOWN"),
    Fault("pooling without the half", pooled, lambda g, y, x: np.repeat(g, 2, 1), arrays((3, 6)), "FACTOR"),
    Fault("pooling tiled", pooled, lambda g, y, x: np.tile(g, 2) / 2, arrays((3, 6)), "PERMUTED"),
    Fault(
        "length without its square",
        normalized,
        lambda g, y, x: (g - y * (g * y).sum(1, keepdims=True)) / np.sqrt(np.sqrt((x * x).sum(1, keepdims=True) + 0.1)),
        one(),
        "FACTOR_PER_AXIS CHAIN_FACTOR",
    ),
    Fault("attention scale squared", attention, attention_back, arrays((4, 5), (3, 5)), "FACTOR"),
    Fault(
        "bilinear other side",
        bilinear,
        lambda g, y, x, w, z: (np.einsum("no,oij,ni->nj", g, w, x), None, None),
        lambda r: (away(r, 4, 3), away(r, 5, 3, 3), away(r, 4, 3)),
        "OPERANDS_SWAPPED MISSING_TRANSPOSE TRANSPOSED PERMUTED",
    ),
    Fault(
        "bilinear weight of one row",
        bilinear,
        lambda g, y, x, w, z: (None, np.einsum("no,ni,nj->oij", g[:1], x[:1], z[:1]), None),
        three,
        "FIRST_SLICE",
        1,
    ),
    Fault("temperature forgotten", gumbel, lambda g, y, x, n: y * (g - (g * y).sum(1, keepdims=True)), two(), "FACTOR"),
    Fault("gates exchanged", two_gates, two_gates_back, arrays((4, 6)), "OPERANDS_SWAPPED PERMUTED SHIFTED FLIPPED"),
    Fault(
        "padding counted",
        padded_batch,
        lambda g, y, x, m: (g[:, None, :] * m[:, :, None] / m.shape[1], None),
        masks,
        "FACTOR_PER_AXIS",
    ),
    Fault(
        "padding not masked",
        padded_batch,
        lambda g, y, x, m: (g[:, None, :] / m.sum(1)[:, None, None] * np.ones_like(x), None),
        masks,
        "MASK_MISSING",
    ),
    Fault("the factor beside a maximum", extreme_row, extreme_row_back, one(2, positive), "TERM_MISSING SUBSET"),
    Fault("focal weight not differentiated", focal, focal_back, labels_of, "TERM_MISSING FACTOR_PER_AXIS"),
    Fault(
        "degrees for radians",
        lambda x: np.sin(np.deg2rad(x)),
        lambda g, y, x: g * np.cos(np.deg2rad(x)),
        one(),
        "FACTOR",
    ),
    Fault(
        "conv with one image's gradient",
        conv,
        lambda g, y, x, w: (None, conv(x[:1].swapaxes(0, 1), g[:1].swapaxes(0, 1)).swapaxes(0, 1)),
        arrays((3, 2, 5, 4), (2, 2, 2, 3)),
        "FIRST_SLICE",
        1,
    ),
    Fault(
        "variance around 0",
        lambda x: x.var(1),
        lambda g, y, x: 2 * g[:, None] * x / x.shape[1],
        one(),
        "TERM_MISSING CHAIN_FACTOR",
    ),
    Fault(
        "negative zero mask",
        lambda x: np.maximum(x, 0.1 * x),
        lambda g, y, x: g * np.where(y > 0.1, 1, 0.1),
        lambda r: (np.concatenate([away(r, 4, 3), np.full((1, 3), 0.05)]),),
        "SUBSET FACTOR MASK_EXTRA",
    ),
    Fault(
        "logit gradient through the clipped",
        lambda x: np.log(np.clip(x, 0.3, 0.7) / (1 - np.clip(x, 0.3, 0.7))),
        lambda g, y, x: g / (x * (1 - x)),
        lambda r: (r.permutation(np.linspace(0.12, 0.88, 12)).reshape(4, 3),),
        "MASK_MISSING",
    ),
    Fault(
        "standard rows scaled back",
        lambda x: 3 * standardized(x) + 1,
        lambda g, y, x: standard_rows_back(g, y, x) * 3,
        one(),
        "TERM_MISSING",
    ),
    Fault("reshaped then transposed", lambda x: x.T.reshape(x.shape), lambda g, y, x: g, one(), "PERMUTED"),
    Fault(
        "sent to the neighbour",
        lambda x: x[:, 1:] - x[:, :-1],
        lambda g, y, x: np.pad(g, ((0, 0), (0, 1))) - np.pad(g, ((0, 0), (1, 0))),
        one(),
        "SIGN",
    ),
    Fault(
        "one of two uses",
        lambda x: x @ x,
        lambda g, y, x: g @ x.T,
        lambda r: (away(r, 4, 4),),
        "TERM_MISSING MISSING_TRANSPOSE",
    ),
]


def overwritten_columns(x, i, g):
    out = np.zeros_like(x)
    out[:, i] = g
    return out
