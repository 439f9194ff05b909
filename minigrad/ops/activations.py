"""Activations of neural networks: what a layer's numbers go through, elementwise. The options are named as PyTorch's.

At a kink, the slope is the one PyTorch takes. Nothing here overflows, at any finite argument.
"""

import math
from functools import cache
from math import isfinite

import numpy as np

from minigrad.declare import op
from minigrad.errors import UnsupportedError
from minigrad.methods import ArrayMethods
from minigrad.ops.special import erfc
from minigrad.samples import call, real, values


def quiet():
    """A block in which saturation (an exponential that overflows or vanishes) raises no warning."""
    return np.errstate(over="ignore", under="ignore")


def _within(x, lower, upper):
    """Where x is strictly between the two: the slope is 1 there, and 0 at the kinks."""
    return (x > lower) & (x < upper)


def _cell(x, lower, upper):
    """In which of the three pieces x is."""
    return np.add(x > lower, x > upper, dtype=int)


# rectifiers


_clip = getattr(getattr(np, "_core", None), "umath", np).clip
"""The ufunc behind np.clip, which takes half the time on a small array."""


@cache
def _ends(dtype):
    """0 and infinity in this dtype: a ufunc need not convert them first."""
    return np.zeros((), dtype), np.full((), np.inf, dtype)


def _where_positive(g, y, x):
    """``g`` where y > 0, else 0. A product is many times faster than np.where, but makes NaN of infinity times 0."""
    if type(g) is not np.ndarray:
        return np.where(y > 0, g, 0)
    passed = g * (y > _ends(y.dtype.char)[0])
    return passed if isfinite(np.vdot(passed, passed)) else np.where(y > 0, g, 0)


@op(
    ArrayMethods.relu,
    x=_where_positive,
    samples=[real(2, 3), real(), values([-1, -0.0, 0, 1])],
    branches=lambda x: x > 0,
)
def relu(x):
    """y = max(x, 0),  dy/dx = 1 where x > 0, else 0."""
    if type(x) is np.ndarray and x.dtype.kind == "f":
        return _clip(x, *_ends(x.dtype.char))  # np.maximum with a number takes three times as long
    return np.maximum(x, 0)


@op(
    x=lambda g, y, x: np.where(_within(x, 0, 6), g, 0),
    samples=[real(2, 3), real(), values([-1, 0, 3, 6, 7])],
    branches=lambda x: _cell(x, 0, 6),
)
def relu6(x):
    """y = min(max(x, 0), 6),  dy/dx = 1 where 0 < x < 6, else 0."""
    return np.clip(x, 0, 6)


@op(
    x=lambda g, y, x, negative_slope=0.01: np.where(x > 0, g, g * negative_slope),
    negative_slope=lambda g, y, x, negative_slope=0.01: np.where(x > 0, 0, g * x),
    samples=[real(2, 3), real(), call(real(2, 3), 0.2), call(real(2, 3), real(3)), values([-1, 0, 1])],
    branches=lambda x, negative_slope=0.01: x > 0,
)
def leaky_relu(x, negative_slope=0.01):
    """y = x where x > 0, else negative_slope x,  dy/dx = negative_slope at 0. PReLU is this with a learned slope."""
    return np.where(x > 0, x, x * negative_slope)


@op(
    x=lambda g, y, x, alpha=1.0: np.where(x > 0, g, g * (y + alpha)),
    samples=[real(2, 3), real(), call(real(2, 3), 0.5), call(values([-1, 0, 1]), 0.5), values([-1000, 1000])],
    branches=lambda x, alpha=1.0: x > 0,
)
def elu(x, alpha=1.0):
    """y = x where x > 0, else alpha (exp(x) - 1),  dy/dx = y + alpha where x <= 0. Clevert et al. (2016), eq. 15."""
    with quiet():
        return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


@op(
    x=lambda g, y, x, alpha=1.0: np.where(x > 0, g, g * (y / alpha + 1)),
    samples=[real(2, 3), real(), call(real(2, 3), 0.5), call(values([-1, 0, 1]), 2.0), values([-1000, 1000])],
    branches=lambda x, alpha=1.0: x > 0,
)
def celu(x, alpha=1.0):
    """y = x where x > 0, else alpha (exp(x / alpha) - 1): smooth for every alpha. Barron (2017)."""
    with quiet():
        return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) / alpha))


_SCALE, _ALPHA = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717


@op(
    x=lambda g, y, x: np.where(x > 0, g * _SCALE, g * (y + _SCALE * _ALPHA)),
    samples=[real(2, 3), real(), values([-1, 0, 1]), values([-1000, 1000])],
    branches=lambda x: x > 0,
)
def selu(x):
    """y = 1.0507 elu(x, alpha=1.6733), which keeps mean 0 and variance 1. Klambauer et al. (2017), eq. 2."""
    with quiet():
        return _SCALE * np.where(x > 0, x, _ALPHA * np.expm1(np.minimum(x, 0)))


# sigmoids


@op(
    ArrayMethods.sigmoid,
    x=lambda g, y, x: g * y * (1 - y),
    samples=[real(2, 3), real(), values([0]), values([-1000, 1000])],
)
def sigmoid(x):
    """y = 1 / (1 + exp(-x)),  dy/dx = y (1 - y)."""
    with quiet():
        return 1 / (1 + np.exp(-x))


@op(
    x=lambda g, y, x: g * sigmoid(-x),
    samples=[real(2, 3), real(), values([0]), values([-1000, 1000])],
)
def log_sigmoid(x):
    """y = log sigmoid x,  dy/dx = sigmoid(-x)."""
    with quiet():
        return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


@op(
    x=lambda g, y, x, beta=1.0: g * sigmoid(x * beta),
    samples=[real(2, 3), real(), call(real(2, 3), 2.0), values([0]), values([-1000, 1000]), values([30])],
)
def softplus(x, beta=1.0):
    """y = log(1 + exp(beta x)) / beta,  dy/dx = sigmoid(beta x). Exact, hence no threshold."""
    with quiet():
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x * beta))) / beta


@op(
    x=lambda g, y, x: g * (sigmoid(x) + y * sigmoid(-x)),
    samples=[real(2, 3), real(), values([0]), values([-1000, 1000])],
)
def silu(x):
    """y = x sigmoid x,  dy/dx = sigmoid x + y sigmoid(-x). Also called swish."""
    with quiet():
        return x / (1 + np.exp(-x))


def _mish_slope(x):
    gate = np.tanh(softplus(x))
    return gate + x * sigmoid(x) * (1 - gate * gate)


@op(x=lambda g, y, x: g * _mish_slope(x), samples=[real(2, 3), real(), values([0]), values([-1000, 1000])])
def mish(x):
    """y = x tanh(softplus x),  dy/dx = t + x sigmoid(x) (1 - t**2), where t = tanh(softplus x). Misra (2019)."""
    with quiet():
        return x * np.tanh(softplus(x))


# gates by the normal distribution


_SCALED, _CUBIC = math.sqrt(8 / math.pi), 0.044715


def _logit_of_normal(x):
    """Twice the argument of the tanh: sigmoid(2 u) = (1 + tanh u) / 2, but keeps its digits where that is small."""
    return _SCALED * (x + _CUBIC * x * x * x)


def _gelu_slope(x, approximate="none"):
    if approximate == "none":
        return erfc(x * -math.sqrt(0.5)) / 2 + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    x = np.clip(x, -30, 30)  # beyond, the slope is 0 or 1, but the powers of x could overflow
    z = _logit_of_normal(x)
    return sigmoid(z) * (1 + x * sigmoid(-z) * _SCALED * (1 + 3 * _CUBIC * x * x))


@op(
    x=lambda g, y, x, approximate="none": g * _gelu_slope(x, approximate),
    samples=[
        *(real(2, 3), real(), values([0]), values([-1000, 1000])),
        *(call(real(2, 3), "tanh"), call(real(), approximate="tanh"), call(values([-1000, 1000]), "tanh")),
    ],
    error_samples=[(call(real(2), "erf"), UnsupportedError, "approximate='none' or 'tanh', not 'erf'")],
)
def gelu(x, approximate="none"):
    """y = x P(x), P the normal distribution function,  dy/dx = P(x) + x P'(x). Hendrycks and Gimpel (2016).

    With ``approximate="tanh"``, P(x) = (1 + tanh(sqrt(2 / pi) (x + 0.044715 x**3))) / 2.
    """
    if approximate not in ("none", "tanh"):
        raise UnsupportedError(f"gelu takes approximate='none' or 'tanh', not {approximate!r}")
    with quiet():
        if approximate == "none":
            return x * (erfc(x * -math.sqrt(0.5)) / 2)
        return x / (1 + np.exp(-_logit_of_normal(x)))


# piecewise and rational


@op(
    x=lambda g, y, x: g / np.square(1 + np.abs(x)),
    samples=[real(2, 3), real(), values([-1000, 1000])],
    branches=np.sign,
)
def softsign(x):
    """y = x / (1 + |x|),  dy/dx = 1 / (1 + |x|)**2."""
    return x / (1 + np.abs(x))


@op(
    x=lambda g, y, x, min_val=-1.0, max_val=1.0: np.where(_within(x, min_val, max_val), g, 0),
    samples=[real(2, 3), real(), call(real(2, 3), -0.5, 2.0), values([-2, -1, 0, 1, 2])],
    branches=lambda x, min_val=-1.0, max_val=1.0: _cell(x, min_val, max_val),
)
def hardtanh(x, min_val=-1.0, max_val=1.0):
    """y = x, held between min_val and max_val,  dy/dx = 1 strictly between them, else 0."""
    return np.clip(x, min_val, max_val)


@op(
    x=lambda g, y, x: np.where(_within(x, -3, 3), g / 6, 0),
    samples=[real(2, 3), real(), values([-4, -3, 0, 3, 4])],
    branches=lambda x: _cell(x, -3, 3),
)
def hardsigmoid(x):
    """y = relu6(x + 3) / 6,  dy/dx = 1/6 where -3 < x < 3, else 0."""
    return np.clip(x + 3, 0, 6) / 6


@op(
    x=lambda g, y, x: np.where(x >= 3, g, np.where(x <= -3, 0, g * (x / 3 + 0.5))),
    samples=[real(2, 3), real(), values([-4, -3, 0, 3, 4])],
    branches=lambda x: _cell(x, -3, 3),
)
def hardswish(x):
    """y = x relu6(x + 3) / 6,  dy/dx = x / 3 + 1/2 where -3 < x < 3, else 0 or 1; 0 at -3, 1 at 3."""
    return x * (np.clip(x + 3, 0, 6) / 6)


@op(x=lambda g, y, x: g * np.square(np.tanh(x)), samples=[real(2, 3), real(), values([0])], complex_ok=True)
def tanhshrink(x):
    """y = x - tanh x,  dy/dx = tanh(x)**2."""
    return x - np.tanh(x)


@op(
    x=lambda g, y, x, lambd=0.5: np.where(np.abs(x) > lambd, g, 0),
    samples=[real(2, 3), real(), call(real(2, 3), 0.2), values([-0.5, 0, 0.5])],
    branches=lambda x, lambd=0.5: _cell(x, -lambd, lambd),
)
def softshrink(x, lambd=0.5):
    """y = x moved towards 0 by lambd, at most to 0,  dy/dx = 1 where |x| > lambd, else 0."""
    return x - np.clip(x, -lambd, lambd)


@op(
    x=lambda g, y, x, lambd=0.5: np.where(np.abs(x) > lambd, g, 0),
    samples=[real(2, 3), real(), call(real(2, 3), 0.2)],
    branches=lambda x, lambd=0.5: _cell(x, -lambd, lambd),
)
def hardshrink(x, lambd=0.5):
    """y = x where |x| > lambd, else 0; dy/dx = 1 where |x| > lambd, else 0."""
    return np.where(np.abs(x) > lambd, x, 0)


@op(
    x=lambda g, y, x, threshold, value: np.where(x > threshold, g, 0),
    samples=[call(real(2, 3), 0.2, -1.0), call(real(), threshold=0.0, value=2.0)],
    branches=lambda x, threshold, value: x > threshold,
)
def threshold(x, threshold, value):
    """y = x where x > threshold, else value; dy/dx = 1 where x > threshold, else 0."""
    return np.where(x > threshold, x, value)
