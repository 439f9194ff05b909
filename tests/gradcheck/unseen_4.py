"""Faults written down, with what they must be called, before the checker had seen them: fourth batch.

What goes wrong when a formula is taken from a paper, a table or another library: the other convention, the derivative
of the neighbour, the normaliser held constant, the count that is not the count, the cell whose gates are wired wrongly.
"""

import numpy as np

from tests.gradcheck.faults import Fault, away, conv, one, one_hot, positive, softmax, two
from tests.gradcheck.unseen_3 import arrays


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.log1p(np.exp(x))


def rolled_half(x):
    """Rotary embedding's partner of each component: the halves of a row exchanged, the first with its sign changed."""
    first, second = np.split(x, 2, axis=-1)
    return np.concatenate([-second, first], axis=-1)


ANGLES = np.linspace(0.3, 1.2, 6)


def rotary(x):
    return x * np.cos(ANGLES) + rolled_half(x) * np.sin(ANGLES)


def causal(s):
    return softmax(np.where(np.tri(*s.shape, dtype=bool), s, -1e9))


def softmax_back(g, y):
    return y * (g - (g * y).sum(-1, keepdims=True))


def segments(x, i):
    out = np.zeros((i.max() + 1, *x.shape[1:]), x.dtype)
    np.add.at(out, i, x)
    return out


def segment_means(x, i):
    return segments(x, i) / np.bincount(i)[:, None]


def in_segments(r):
    return away(r, 6, 3), np.array([0, 1, 0, 2, 0, 1])


def definite(r):
    a = r.uniform(-1, 1, (4, 4))
    return (a @ a.T + 2 * np.eye(4),)


def regular(r):
    return (r.uniform(-1, 1, (4, 4)) + 3 * np.eye(4),)


def shuffled_pixels(x, r=2):
    n, c, h, w = x.shape
    return x.reshape(n, c // r**2, r, r, h, w).transpose(0, 1, 4, 2, 5, 3).reshape(n, c // r**2, h * r, w * r)


def shuffled_back(g, r=2):
    n, c, h, w = g.shape
    return g.reshape(n, c, h // r, r, w // r, r).transpose(0, 1, 5, 3, 2, 4).reshape(n, c * r * r, h // r, w // r)


def pooled_sum(g):
    n, c, h, w = g.shape
    return g.reshape(n, c, h // 2, 2, w // 2, 2).sum((3, 5))


def upsampled(x):
    return x.repeat(2, 2).repeat(2, 3)


def dice(x, t):
    p = sigmoid(x)
    return 1 - 2 * (p * t).sum(1) / (p.sum(1) + t.sum(1))


def dice_back(g, y, x, t):
    p = sigmoid(x)
    return -2 * g[:, None] * t / (p.sum(1) + t.sum(1))[:, None] * p * (1 - p)


def gru(x, h):
    z, r = sigmoid(x + h), sigmoid(2 * x - h)
    return (1 - z) * h + z * np.tanh(x + r * h)


def gru_back(g, y, x, h):
    """The reset gate's own derivative is forgotten."""
    z, r = sigmoid(x + h), sigmoid(2 * x - h)
    n = np.tanh(x + r * h)
    return None, g * ((1 - z) + z * (1 - z) * (n - h) + z * (1 - n * n) * r)


def cell(gates, c):
    i, f, o, u = np.split(gates, 4, axis=1)
    return sigmoid(o) * np.tanh(sigmoid(f) * c + sigmoid(i) * np.tanh(u))


def cell_back(forget, candidate, inner=True):
    """The gradient of an LSTM cell's gates, with what it takes for the slopes of the gates."""

    def backward(g, y, gates, c):
        i, f, o, u = np.split(gates, 4, axis=1)
        state = sigmoid(f) * c + sigmoid(i) * np.tanh(u)
        back = g * sigmoid(o) * ((1 - np.tanh(state) ** 2) if inner else 1)
        slope = sigmoid(f) * (1 - sigmoid(f)) if forget else 1
        bend = 1 - np.tanh(u) ** 2 if candidate else 1
        return np.concatenate(
            [
                back * np.tanh(u) * sigmoid(i) * (1 - sigmoid(i)),
                back * c * slope,
                g * np.tanh(state) * sigmoid(o) * (1 - sigmoid(o)),
                back * sigmoid(i) * bend,
            ],
            axis=1,
        )

    return backward


def weighted_mean(x, w):
    return (x * w).sum(1) / w.sum(1)


def spectral(w):
    return w / np.linalg.norm(w, 2)


def pairwise(x):
    return ((x[:, None] - x[None]) ** 2).sum(-1)


def polynomial(c, x):
    return np.vander(x, c.shape[0], increasing=True) @ c


def crammer_singer(x, t):
    rows = np.arange(len(x))
    return (np.maximum(x - x[rows, t][:, None] + 1, 0) * (1 - one_hot(t, x.shape[1]))).sum()


def crammer_singer_back(g, y, x, t):
    rows = np.arange(len(x))
    out = (x - x[rows, t][:, None] + 1 > 0) * (1.0 - one_hot(t, x.shape[1]))
    out[rows, t] = -1
    return g * out


def quantile_loss(x, t):
    return np.maximum(0.2 * (t - x), -0.8 * (t - x))


def gaussian_nll(m, s):
    return 0.5 * (s + (1.3 - m) ** 2 * np.exp(-s))


def labels(r):
    return away(r, 5, 4), np.array([0, 3, 1, 1, 2])


def nll_of_classes(x, t):
    w = np.array([1.0, 2.0, 0.5, 4.0])[t]
    return -(w * np.log(softmax(x))[np.arange(len(x)), t]).sum() / w.sum()


def nll_over_rows(g, y, x, t):
    w = np.array([1.0, 2.0, 0.5, 4.0])[t]
    return g * w[:, None] * (softmax(x) - one_hot(t, 4)) / len(t)


def nll_unweighted(g, y, x, t):
    return g * (softmax(x) - one_hot(t, 4)) / len(t)


def smoothed(x, t, e=0.2):
    hot = one_hot(t, x.shape[1])
    return -(((1 - e) * hot + e / x.shape[1]) * np.log(softmax(x))).sum(1)


def smoothed_back(g, y, x, t, e=0.2):
    k = x.shape[1]
    hot = one_hot(t, k)
    return g[:, None] * (softmax(x) - ((1 - e) * hot + e / (k - 1) * (1 - hot)))


def contrastive(x, z):
    """InfoNCE: each row of x against all rows of z, the right one on the diagonal."""
    s = x @ z.T / 0.5
    return -np.log(softmax(s)).diagonal()


def contrastive_back(g, y, x, z):
    p = g[:, None] * (softmax(x @ z.T / 0.5) - np.eye(len(x)))
    return p @ z, None


def triplet(a, p, n):
    return np.maximum(((a - p) ** 2).sum(1) - ((a - n) ** 2).sum(1) + 30, 0)


def triples(r):
    return away(r, 4, 3), away(r, 4, 3), away(r, 4, 3)


def sparsemax(x):
    s = -np.sort(-x, axis=1)
    k = np.arange(1, x.shape[1] + 1)
    kept = 1 + k * s > np.cumsum(s, 1)
    size = kept.sum(1)
    threshold = (np.cumsum(s, 1)[np.arange(len(x)), size - 1] - 1) / size
    return np.maximum(x - threshold[:, None], 0)


def mish_without_inner(g, y, x):
    return g * np.tanh(softplus(x))


def selu(x):
    return 1.0507 * np.where(x > 0, x, 1.67326 * np.expm1(x))


LAST: list = []


def with_context(x, w):
    """A forward that keeps its operand in a place that all calls share."""
    LAST[:] = [np.array(x)]
    return np.tanh(x) * w


def with_first_context(g, y, x, w):
    kept = LAST[0] if LAST else x
    return g * (1 - np.tanh(kept + 0.0) ** 2), None


def transposed_conv(x, w):
    """Of images (n, c, h, w) with kernels (c, o, kh, kw): what a convolution's gradient does."""
    i, k = w.shape[2] - 1, w.shape[3] - 1
    padded = np.pad(x, ((0, 0), (0, 0), (i, i), (k, k)))
    return conv(padded, w[:, :, ::-1, ::-1].swapaxes(0, 1))


def depthwise(x, w):
    """Each channel of (n, c, l) with its own kernel (c, k)."""
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[1], axis=2)
    return np.einsum("nclk,ck->ncl", windows, w)


def depthwise_back(g, y, x, w):
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[1], axis=2)
    return None, np.einsum("nclk,ncl->k", windows, g)[None] * np.ones_like(w)


def batched_products(r):
    return away(r, 3, 3, 4), away(r, 3, 4, 3)


def affine_norm(x, w):
    z = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)
    return z * w


def affine_norm_back(g, y, x, w):
    z = affine_norm(x, 1.0)
    d = np.sqrt(x.var(1, keepdims=True) + 1e-5)
    return (g - g.mean(1, keepdims=True) - z * (g * z).mean(1, keepdims=True)) / d


def sample_variance(x):
    return ((x - x.mean(1, keepdims=True)) ** 2).sum(1) / max(1, x.shape[1] - 1)


def grid_of(r):
    return (r.permutation(np.linspace(-1.9, 2.0, 20)).reshape(5, 4),)


UNSEEN_4 = [
    Fault("softplus of minus x", softplus, lambda g, y, x: g * sigmoid(-x), one(), "CHAIN_FACTOR"),
    Fault("log1p like log", np.log1p, lambda g, y, x: g / x, one(2, positive), "CHAIN_FACTOR"),
    Fault("expm1 like exp", np.expm1, lambda g, y, x: g * y, one(), "CHAIN_FACTOR TERM_MISSING"),
    Fault(
        "tan like tanh",
        np.tan,
        lambda g, y, x: g * (1 - y * y),
        one(2, lambda r, *n: r.uniform(-1, 1, n)),
        "CHAIN_FACTOR",
    ),
    Fault(
        "arcsinh like arccosh",
        np.arcsinh,
        lambda g, y, x: g / np.sqrt(x * x - 1),
        one(2, lambda r, *n: r.uniform(1.2, 3, n)),
        "CHAIN_FACTOR",
    ),
    Fault("log10 like log", np.log10, lambda g, y, x: g / x, one(2, positive), "FACTOR"),
    Fault(
        "swish without its beta",
        lambda x: x * sigmoid(1.7 * x),
        lambda g, y, x: g * (sigmoid(1.7 * x) + x * sigmoid(1.7 * x) * (1 - sigmoid(1.7 * x))),
        one(),
        "CHAIN_FACTOR TERM_MISSING",
    ),
    Fault(
        "mish without the inner",
        lambda x: x * np.tanh(softplus(x)),
        mish_without_inner,
        one(),
        "CHAIN_FACTOR TERM_MISSING",
    ),
    Fault(
        "selu unscaled below 0",
        selu,
        lambda g, y, x: g * np.where(x > 0, 1.0507, 1.67326 * np.exp(x)),
        one(),
        "SUBSET FACTOR MASK_EXTRA FACTOR_PER_AXIS",
    ),
    Fault(
        "softsign without the square",
        lambda x: x / (1 + abs(x)),
        lambda g, y, x: g / (1 + abs(x)),
        one(),
        "CHAIN_FACTOR",
    ),
    Fault("tanhshrink of y", lambda x: x - np.tanh(x), lambda g, y, x: g * y * y, one(), "CHAIN_FACTOR"),
    Fault("logsigmoid of x", lambda x: -softplus(-x), lambda g, y, x: g * sigmoid(x), one(), "CHAIN_FACTOR"),
    Fault("relu6 without its top", lambda x: np.clip(x, 0, 1), lambda g, y, x: g * (x > 0), one(), "MASK_MISSING"),
    Fault("absolute power without sign", lambda x: abs(x) ** 3, lambda g, y, x: 3 * g * x * x, one(), "SIGN_SUBSET"),
    Fault("inverse power with its sign lost", lambda x: x**-2, lambda g, y, x: 2 * g * x**-3, one(), "SIGN"),
    Fault(
        "modulus of the divisor forgotten",
        lambda x, z: np.mod(x, z),
        lambda g, y, x, z: (g, np.zeros_like(z)),
        lambda r: (np.array([[5.3, -7.1], [2.4, 8.9]]), np.array([[2.0, 1.7], [3.1, 2.2]])),
        "ZERO",
        1,
    ),
    Fault(
        "modulus of the divisor with its sign lost",
        lambda x, z: np.mod(x, z),
        lambda g, y, x, z: (g, g * np.floor(x / z)),
        lambda r: (np.array([[5.3, -7.1], [2.4, 8.9]]), np.array([[2.0, 1.7], [-0.9, 2.2]])),
        "SIGN",
        1,
    ),
    Fault(
        "maximum with both from the left",
        lambda a, b: np.maximum(a, b),
        lambda g, y, a, b: (g * (a > b), g * (a > b)),
        two(),
        "MASK_INVERTED",
        1,
    ),
    Fault(
        "rotary turned on",
        rotary,
        lambda g, y, x: g * np.cos(ANGLES) + rolled_half(g) * np.sin(ANGLES),
        arrays((4, 6)),
        "TRANSPOSED MISSING_TRANSPOSE TERM_MISSING UNKNOWN SIGN_SUBSET",
    ),
    Fault(
        "causal mask forgotten",
        causal,
        lambda g, y, s: softmax_back(g, softmax(s)),
        lambda r: (away(r, 4, 4),),
        "MASK_MISSING UNKNOWN SAVED_MUTATED",
    ),
    Fault(
        "causal without the coupling",
        causal,
        lambda g, y, s: g * y,
        lambda r: (away(r, 4, 4),),
        "TERM_MISSING DIAGONAL_ONLY",
    ),
    Fault("segments not counted", segment_means, lambda g, y, x, i: (g[i], None), in_segments, "FACTOR_PER_AXIS"),
    Fault(
        "segments counted wrongly",
        segment_means,
        lambda g, y, x, i: (g[i] / len(np.unique(i)), None),
        in_segments,
        "FACTOR_PER_AXIS",
    ),
    Fault(
        "segments in the order of sorting", segments, lambda g, y, x, i: (g[np.sort(i)], None), in_segments, "PERMUTED"
    ),
    Fault(
        "columns not put back",
        lambda x, i: x[:, i],
        lambda g, y, x, i: (g[:, i], None),
        lambda r: (away(r, 3, 5), np.array([2, 4, 0, 1, 3])),
        "PERMUTED",
    ),
    Fault("triu forgotten", np.triu, lambda g, y, x: g, one(), "MASK_MISSING"),
    Fault(
        "tril for triu",
        np.triu,
        lambda g, y, x: np.tril(g),
        one(),
        "MASK_INVERTED MASK_EXTRA SUBSET TRANSPOSED MASK_MISSING",
    ),
    Fault(
        "diagonal one beside",
        lambda x: np.diagonal(x),
        lambda g, y, x: np.roll(np.diag(g), 1, 1),
        lambda r: (away(r, 4, 4),),
        "SHIFTED PERMUTED",
    ),
    Fault(
        "trace of everything", np.trace, lambda g, y, x: g * np.ones_like(x), lambda r: (away(r, 4, 4),), "MASK_MISSING"
    ),
    Fault(
        "outer from the other side",
        lambda a, b: np.outer(a, b),
        lambda g, y, a, b: (g.T @ b, a @ g),
        lambda r: (away(r, 4), away(r, 4)),
        "TRANSPOSED MISSING_TRANSPOSE WRONG_AXIS",
    ),
    Fault(
        "stacked product with g transposed",
        lambda a, b: a @ b,
        lambda g, y, a, b: (g @ b.transpose(0, 2, 1), a.transpose(0, 2, 1) @ g.transpose(0, 2, 1)),
        batched_products,
        "TRANSPOSED MISSING_TRANSPOSE",
        1,
    ),
    Fault(
        "inverse without transposes", np.linalg.inv, lambda g, y, x: -y @ g @ y, regular, "MISSING_TRANSPOSE TRANSPOSED"
    ),
    Fault("inverse without its sign", np.linalg.inv, lambda g, y, x: y.T @ g @ y.T, regular, "SIGN"),
    Fault(
        "eigenvalues with rows for columns",
        np.linalg.eigvalsh,
        lambda g, y, x: np.linalg.eigh(x)[1].T @ np.diag(g) @ np.linalg.eigh(x)[1],
        definite,
        "MISSING_TRANSPOSE TRANSPOSED UNKNOWN",
    ),
    Fault(
        "slogdet without transpose",
        lambda x: np.linalg.slogdet(x)[1],
        lambda g, y, x: g * np.linalg.inv(x),
        regular,
        "TRANSPOSED",
    ),
    Fault(
        "variance by the other count",
        sample_variance,
        lambda g, y, x: 2 * g[:, None] * (x - x.mean(1, keepdims=True)) / x.shape[1],
        one(),
        "FACTOR",
    ),
    Fault(
        "weighted mean over the count",
        weighted_mean,
        lambda g, y, x, w: (g[:, None] * w / x.shape[1], None),
        two(away, positive),
        "FACTOR_PER_AXIS",
    ),
    Fault(
        "weighted mean, weights of the sum",
        weighted_mean,
        lambda g, y, x, w: (None, g[:, None] * x / w.sum(1, keepdims=True)),
        two(away, positive),
        "TERM_MISSING",
        1,
    ),
    Fault(
        "scaled by a maximum held constant",
        lambda x: x / x.max(),
        lambda g, y, x: g / x.max(),
        one(2, positive),
        "TERM_MISSING SUBSET",
    ),
    Fault(
        "range held constant",
        lambda x: (x - x.min(0)) / (x.max(0) - x.min(0)),
        lambda g, y, x: g / (x.max(0) - x.min(0)),
        one(2, positive),
        "TERM_MISSING SUBSET",
    ),
    Fault(
        "dice without its denominator",
        dice,
        dice_back,
        lambda r: (away(r, 4, 5), (r.uniform(size=(4, 5)) > 0.5) * 1.0),
        "TERM_MISSING CHAIN_FACTOR",
    ),
    Fault(
        "pixels shuffled the other way",
        shuffled_pixels,
        lambda g, y, x: shuffled_back(g),
        arrays((1, 4, 2, 3)),
        "PERMUTED",
    ),
    Fault(
        "upsampled averaged", upsampled, lambda g, y, x: pooled_sum(g) / 4, arrays((2, 1, 3, 2)), "FACTOR MEAN_FOR_SUM"
    ),
    Fault(
        "upsampled first",
        upsampled,
        lambda g, y, x: g[:, :, ::2, ::2],
        arrays((2, 1, 3, 2)),
        "FIRST_SLICE SCATTER_OVERWRITE UNKNOWN",
    ),
    Fault("reset gate forgotten", gru, gru_back, two(), "TERM_MISSING CHAIN_FACTOR", 1),
    Fault(
        "forget gate without slope",
        cell,
        cell_back(False, True),
        lambda r: (away(r, 3, 8), away(r, 3, 2)),
        "SUBSET CHAIN_FACTOR FACTOR_PER_AXIS",
    ),
    Fault(
        "candidate without slope",
        cell,
        cell_back(True, False),
        lambda r: (away(r, 3, 8), away(r, 3, 2)),
        "SUBSET CHAIN_FACTOR FACTOR_PER_AXIS",
    ),
    Fault(
        "state without slope",
        cell,
        cell_back(True, True, False),
        lambda r: (away(r, 3, 8), away(r, 3, 2)),
        "SUBSET CHAIN_FACTOR FACTOR_PER_AXIS",
    ),
    Fault(
        "largest singular value held constant",
        spectral,
        lambda g, y, w: g / np.linalg.norm(w, 2),
        one(),
        "TERM_MISSING",
    ),
    Fault(
        "distances of one side",
        pairwise,
        lambda g, y, x: 2 * (g[:, :, None] * (x[:, None] - x[None])).sum(1),
        one(),
        "TERM_MISSING UNKNOWN",
    ),
    Fault(
        "coefficients reversed",
        polynomial,
        lambda g, y, c, x: (np.vander(x, len(c)).T @ g, None),
        lambda r: (away(r, 4), away(r, 5)),
        "FLIPPED",
    ),
    Fault(
        "margin counted once",
        crammer_singer,
        crammer_singer_back,
        lambda r: (away(r, 5, 4), np.array([0, 3, 1, 1, 2])),
        "SUBSET FACTOR_PER_AXIS TERM_MISSING",
    ),
    Fault(
        "quantile of the other side",
        quantile_loss,
        lambda g, y, x, t: (np.where(t > x, -0.8, 0.2) * g, None),
        two(),
        "SUBSET CHAIN_FACTOR FACTOR_PER_AXIS",
    ),
    Fault(
        "quantile with its sign lost",
        quantile_loss,
        lambda g, y, x, t: (np.where(t > x, 0.2, 0.8) * g, None),
        two(),
        "SIGN_SUBSET",
    ),
    Fault(
        "log variance without its half",
        gaussian_nll,
        lambda g, y, m, s: (None, g * (1 - (1.3 - m) ** 2 * np.exp(-s))),
        two(),
        "FACTOR",
        1,
    ),
    Fault(
        "log variance like variance",
        gaussian_nll,
        lambda g, y, m, s: (None, g * 0.5 * (1 - (1.3 - m) ** 2 * np.exp(-2 * s))),
        two(),
        "CHAIN_FACTOR TERM_MISSING",
        1,
    ),
    Fault("log variance constant", gaussian_nll, lambda g, y, m, s: (g * (m - 1.3), None), two(), "CHAIN_FACTOR"),
    Fault("classes over rows", nll_of_classes, nll_over_rows, labels, "FACTOR"),
    Fault("classes unweighted", nll_of_classes, nll_unweighted, labels, "FACTOR_PER_AXIS"),
    Fault("smoothed to the others", smoothed, smoothed_back, labels, "TERM_MISSING SUBSET UNKNOWN CHAIN_FACTOR"),
    Fault("contrast without its temperature", contrastive, contrastive_back, arrays((4, 3), (4, 3)), "FACTOR"),
    Fault(
        "triplet towards the negative",
        triplet,
        lambda g, y, a, p, n: (None, None, -2 * g[:, None] * (a - n)),
        triples,
        "SIGN",
        2,
    ),
    Fault(
        "triplet anchor of one",
        triplet,
        lambda g, y, a, p, n: (2 * g[:, None] * (a - p), None, None),
        triples,
        "TERM_MISSING CHAIN_FACTOR OPERANDS_SWAPPED",
    ),
    Fault(
        "sparsemax without the mean",
        sparsemax,
        lambda g, y, x: g * (y > 0),
        lambda r: (away(r, 4, 5) / 2,),
        "TERM_MISSING DIAGONAL_ONLY",
    ),
    Fault(
        "sparsemax like softmax",
        sparsemax,
        lambda g, y, x: softmax_back(g, y),
        lambda r: (away(r, 4, 5) / 2,),
        "UNKNOWN TERM_MISSING SUBSET",
    ),
    Fault(
        "transposed conv with the kernel turned",
        transposed_conv,
        lambda g, y, x, w: (conv(g, w[:, :, ::-1, ::-1]), None),
        arrays((2, 2, 4, 3), (2, 3, 2, 2)),
        "FLIPPED",
    ),
    Fault(
        "transposed conv with its channels exchanged",
        transposed_conv,
        lambda g, y, x, w: (conv(g, w.swapaxes(0, 1)), None),
        arrays((2, 2, 4, 3), (2, 2, 2, 2)),
        "TRANSPOSED MISSING_TRANSPOSE PERMUTED",
    ),
    Fault(
        "depthwise kernels added up",
        depthwise,
        depthwise_back,
        arrays((2, 3, 6), (3, 2)),
        "WRONG_AXIS UNKNOWN TERM_MISSING",
        1,
    ),
    Fault(
        "scale of a normalisation not passed",
        affine_norm,
        affine_norm_back,
        lambda r: (away(r, 4, 5), away(r, 5)),
        "CHAIN_FACTOR TERM_MISSING OPERANDS_SWAPPED",
    ),
    Fault(
        "bias of images summed over the batch",
        lambda x, b: x + b,
        lambda g, y, x, b: (g, g.sum(0)),
        lambda r: (away(r, 4, 3, 2), away(r, 3, 1)),
        "UNBROADCAST_MISSING",
        1,
    ),
    Fault(
        "middle axis not summed",
        lambda x, b: x * b,
        lambda g, y, x, b: (g * b, (g * x)[:, :1]),
        arrays((3, 4, 5), (3, 1, 5)),
        "FIRST_SLICE",
        1,
    ),
    Fault(
        "sum over the wrong of two",
        lambda a, b: a * b,
        lambda g, y, a, b: ((g * b).sum(0)[:, None], None),
        lambda r: (away(r, 4, 1), away(r, 1, 4)),
        "WRONG_AXIS TRANSPOSED",
    ),
    Fault("gradient cut at 1", np.sin, lambda g, y, x: np.clip(g, -1, 1) * np.cos(x), one(), "CLIPPED NONLINEAR_IN_G"),
    Fault(
        "gradient in whole numbers",
        lambda x: x * x,
        lambda g, y, x: np.trunc(2 * x) * g,
        one(),
        "TRUNCATED CHAIN_FACTOR",
    ),
    Fault(
        "gradient of one sign",
        lambda x: x * x * x,
        lambda g, y, x: 3 * np.maximum(g, 0) * x * x,
        one(),
        "NONLINEAR_IN_G",
    ),
    Fault(
        "step at a level",
        lambda x: np.where(x > 0.5, x * x, x),
        lambda g, y, x: g * np.where(x > 0.5, 2 * x, 0),
        grid_of,
        "MASK_EXTRA SUBSET ZERO",
    ),
    Fault(
        "quadratic with one transpose",
        lambda x, a: ((x @ a) * x).sum(1),
        lambda g, y, x, a: (2 * g[:, None] * (x @ a), None),
        lambda r: (away(r, 5, 4), away(r, 4, 4)),
        "MISSING_TRANSPOSE TERM_MISSING TRANSPOSED",
    ),
    Fault(
        "kept by the row count",
        lambda x, w: x @ w,
        lambda g, y, x, w: (None, x.T @ g / len(x)),
        arrays((4, 3), (3, 2)),
        "FACTOR MEAN_FOR_SUM",
        1,
    ),
    Fault(
        "penalty of absolute values",
        lambda w: 0.3 * abs(w).sum() + (w**2).sum(),
        lambda g, y, w: g * (0.3 + 2 * w),
        one(),
        "SIGN_SUBSET TERM_MISSING CHAIN_FACTOR SUBSET",
    ),
    Fault(
        "normalised over all but the sum of rows",
        lambda x: x / x.sum(),
        lambda g, y, x: g / x.sum() - (g * x).sum(1, keepdims=True) / x.sum() ** 2,
        one(2, positive),
        "WRONG_AXIS TERM_MISSING",
    ),
]
