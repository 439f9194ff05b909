"""The values that training starts from: functions of a shape and a random generator that return an array.

Shapes are `(out, in, ...)`, as those of weights are. *fan in* is the number of inputs that reach one output,
*fan out* the number of outputs that one input reaches. A gain makes up for what the activation does to the variance.
"""

import math
from functools import partial

import numpy as np

from minigrad.errors import ShapeError

GAINS = {
    "linear": 1.0,
    "sigmoid": 1.0,
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "selu": 3 / 4,
}


def gain(nonlinearity: str, negative_slope: float = 0.01) -> float:
    """The factor on the standard deviation that suits what follows the layer; PyTorch's values.

    ``nonlinearity`` is linear, sigmoid, tanh, relu, selu or leaky_relu (of this ``negative_slope``).

    >>> gain("relu") == math.sqrt(2)
    True
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + negative_slope**2))
    if nonlinearity not in GAINS:
        raise ValueError(f"no gain is known for {nonlinearity!r}: use one of {', '.join([*GAINS, 'leaky_relu'])}")
    return GAINS[nonlinearity]


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Fan in and fan out of a weight of this shape, `(out, in, ...)`.

    >>> fans((10, 64))
    (64, 10)
    """
    if len(shape) < 2:
        raise ShapeError(f"fan in and fan out need a shape of two axes or more, (out, in, ...), not {shape}")
    receptive = math.prod(shape[2:])
    return shape[1] * receptive, shape[0] * receptive


def zeros(shape, *, rng=None):
    """All 0."""
    return np.zeros(shape)


def ones(shape, *, rng=None):
    """All 1."""
    return np.ones(shape)


def constant(shape, value: float, *, rng=None):
    """All the same value."""
    return np.full(shape, float(value))


def identity(shape, *, rng=None):
    """1 on the diagonal of a matrix, 0 elsewhere: the layer starts by passing on what it gets."""
    if len(shape) != 2:
        raise ShapeError(f"the identity is a matrix: give a shape of two axes, not {shape}")
    return np.eye(*shape)


def uniform(shape, low: float = 0.0, high: float = 1.0, *, rng=None):
    """Uniform in [low, high)."""
    return np.random.default_rng(rng).uniform(low, high, shape)


def normal(shape, mean: float = 0.0, std: float = 1.0, *, rng=None):
    """Normally distributed."""
    return np.random.default_rng(rng).normal(mean, std, shape)


def truncated_normal(shape, mean: float = 0.0, std: float = 1.0, low: float = -2.0, high: float = 2.0, *, rng=None):
    """Normally distributed, drawn again wherever outside [low, high]."""
    if not low < high:
        raise ValueError(f"truncated_normal needs low < high, not {low} and {high}")
    rng = np.random.default_rng(rng)
    values = rng.normal(mean, std, shape)
    for _ in range(10_000):
        outside = (values < low) | (values > high)
        if not outside.any():
            return values
        values[outside] = rng.normal(mean, std, int(outside.sum()))
    raise ValueError(f"a normal of mean {mean} and std {std} hardly ever lies in [{low}, {high}]: widen the bounds")


def xavier_uniform(shape, gain: float = 1.0, *, rng=None):
    """Uniform within ``gain sqrt(6 / (fan in + fan out))``: for variances that stay (Glorot, Bengio 2010)."""
    return _symmetric(shape, gain * math.sqrt(2 / sum(fans(shape))), rng)


def xavier_normal(shape, gain: float = 1.0, *, rng=None):
    """Normal with std ``gain sqrt(2 / (fan in + fan out))`` (Glorot, Bengio 2010)."""
    return normal(shape, 0.0, gain * math.sqrt(2 / sum(fans(shape))), rng=rng)


def kaiming_uniform(shape, gain: float = math.sqrt(2), mode: str = "fan_in", *, rng=None):
    """Uniform within ``gain sqrt(3 / fan)``: keeps the variance through ReLU layers (He et al. 2015)."""
    return _symmetric(shape, gain / math.sqrt(_fan(shape, mode)), rng)


def kaiming_normal(shape, gain: float = math.sqrt(2), mode: str = "fan_in", *, rng=None):
    """Normal with std ``gain / sqrt(fan)`` (He et al. 2015)."""
    return normal(shape, 0.0, gain / math.sqrt(_fan(shape, mode)), rng=rng)


def lecun_uniform(shape, *, rng=None):
    """Uniform within ``sqrt(3 / fan in)``: the start for SELU (LeCun et al. 1998; Klambauer et al. 2017)."""
    return _symmetric(shape, 1 / math.sqrt(_fan(shape, "fan_in")), rng)


def lecun_normal(shape, *, rng=None):
    """Normal with std ``1 / sqrt(fan in)`` (LeCun et al. 1998)."""
    return normal(shape, 0.0, 1 / math.sqrt(_fan(shape, "fan_in")), rng=rng)


def orthogonal(shape, gain: float = 1.0, *, rng=None):
    """Rows, or columns where there are fewer, that are orthogonal and of length ``gain`` (Saxe et al. 2014)."""
    fans(shape)
    rows, columns = shape[0], math.prod(shape[1:])
    q, r = np.linalg.qr(normal((max(rows, columns), min(rows, columns)), rng=rng))
    q = q * np.where(np.diagonal(r) < 0, -1.0, 1.0)  # uniform over all such matrices
    return gain * np.reshape(q if rows >= columns else q.T, shape)


def sparse(shape, sparsity: float, std: float = 0.01, *, rng=None):
    """Normal, with this fraction of each column set to 0, rounded up (Martens 2010)."""
    if len(shape) != 2 or not 0 <= sparsity <= 1:
        raise ValueError(f"sparse needs a shape of two axes and a sparsity in [0, 1], not {shape} and {sparsity}")
    rng = np.random.default_rng(rng)
    values = normal(shape, 0.0, std, rng=rng)
    ranks = rng.permuted(np.tile(np.arange(shape[0])[:, None], shape[1]), axis=0)
    return np.where(ranks < math.ceil(sparsity * shape[0]), 0.0, values)


torch_default = partial(kaiming_uniform, gain=math.sqrt(1 / 3))
"""Uniform within ``1 / sqrt(fan in)``: PyTorch's default, kaiming_uniform with the gain of a leaky slope sqrt(5)."""


def _symmetric(shape, std: float, rng):
    """Uniform around 0, with this standard deviation."""
    bound = math.sqrt(3) * std
    return uniform(shape, -bound, bound, rng=rng)


def _fan(shape, mode: str) -> int:
    fan_in, fan_out = fans(shape)
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode must be 'fan_in' or 'fan_out', not {mode!r}")
    return fan_in if mode == "fan_in" else fan_out
