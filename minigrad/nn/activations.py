"""Activations as modules: each is its formula, applied to every element unless it says otherwise."""

import numpy as np

from minigrad.nn.module import Module, Parameter
from minigrad.ops import activations as ops
from minigrad.ops.fused import log_softmax, softmax


class ReLU(Module):
    """y = max(x, 0); the slope at 0 is taken to be 0."""

    def forward(self, x):
        return ops.relu(x)


class ReLU6(Module):
    """y = min(max(x, 0), 6)."""

    def forward(self, x):
        return ops.relu6(x)


class LeakyReLU(Module):
    """y = x where x > 0, else ``negative_slope`` x."""

    def __init__(self, negative_slope: float = 0.01):
        super().__init__()
        self.negative_slope = negative_slope

    def forward(self, x):
        return ops.leaky_relu(x, self.negative_slope)


class PReLU(Module):
    """y = x where x > 0, else w x, with a slope w that is learned: one, or one for each channel (axis 1)."""

    def __init__(self, num_parameters: int = 1, *, init: float = 0.25):
        super().__init__()
        self.num_parameters = num_parameters
        self.weight = Parameter(np.full(num_parameters, float(init)))

    def forward(self, x):
        slope = self.weight if x.ndim < 2 else np.reshape(self.weight, (-1, *(1,) * (x.ndim - 2)))
        return np.where(x > 0, x, slope * x)


class ELU(Module):
    """y = x where x > 0, else ``alpha`` (exp x - 1)."""

    def __init__(self, alpha: float = 1.0):
        super().__init__()
        self.alpha = alpha

    def forward(self, x):
        return ops.elu(x, self.alpha)


class CELU(Module):
    """y = x where x > 0, else ``alpha`` (exp(x / ``alpha``) - 1): an ELU whose slope has no jump at 0."""

    def __init__(self, alpha: float = 1.0):
        super().__init__()
        self.alpha = alpha

    def forward(self, x):
        return ops.celu(x, self.alpha)


class SELU(Module):
    """y = 1.0507 x where x > 0, else 1.7581 (exp x - 1): keeps mean 0 and variance 1 (Klambauer et al. 2017)."""

    def forward(self, x):
        return ops.selu(x)


class GELU(Module):
    """y = x Phi(x), with the normal distribution function; ``approximate="tanh"`` replaces it by a tanh."""

    def __init__(self, approximate: str = "none"):
        super().__init__()
        self.approximate = approximate

    def forward(self, x):
        return ops.gelu(x, self.approximate)


class SiLU(Module):
    """y = x sigmoid(x), also known as swish."""

    def forward(self, x):
        return ops.silu(x)


class Mish(Module):
    """y = x tanh(softplus(x)) (Misra 2019)."""

    def forward(self, x):
        return ops.mish(x)


class Sigmoid(Module):
    """y = 1 / (1 + exp(-x))."""

    def forward(self, x):
        return ops.sigmoid(x)


class LogSigmoid(Module):
    """y = log sigmoid(x)."""

    def forward(self, x):
        return ops.log_sigmoid(x)


class Tanh(Module):
    """y = tanh x."""

    def forward(self, x):
        return np.tanh(x)


class Softplus(Module):
    """y = log(1 + exp(``beta`` x)) / ``beta``: a smooth ReLU."""

    def __init__(self, beta: float = 1.0):
        super().__init__()
        self.beta = beta

    def forward(self, x):
        return ops.softplus(x, self.beta)


class Softsign(Module):
    """y = x / (1 + |x|)."""

    def forward(self, x):
        return ops.softsign(x)


class Hardtanh(Module):
    """y = x, held within [``min_val``, ``max_val``]."""

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0):
        super().__init__()
        self.min_val, self.max_val = min_val, max_val

    def forward(self, x):
        return ops.hardtanh(x, self.min_val, self.max_val)


class Hardsigmoid(Module):
    """y = relu6(x + 3) / 6."""

    def forward(self, x):
        return ops.hardsigmoid(x)


class Hardswish(Module):
    """y = x relu6(x + 3) / 6."""

    def forward(self, x):
        return ops.hardswish(x)


class Tanhshrink(Module):
    """y = x - tanh x."""

    def forward(self, x):
        return ops.tanhshrink(x)


class Softshrink(Module):
    """y = x moved towards 0 by ``lambd``, and 0 where it is not that far from it."""

    def __init__(self, lambd: float = 0.5):
        super().__init__()
        self.lambd = lambd

    def forward(self, x):
        return ops.softshrink(x, self.lambd)


class Hardshrink(Module):
    """y = x where |x| > ``lambd``, else 0."""

    def __init__(self, lambd: float = 0.5):
        super().__init__()
        self.lambd = lambd

    def forward(self, x):
        return ops.hardshrink(x, self.lambd)


class Softmax(Module):
    """y = exp x / sum(exp x) along the axis ``dim``. Not before cross_entropy, which contains it."""

    def __init__(self, dim: int = -1):
        super().__init__()
        self.dim = dim

    def forward(self, x):
        return softmax(x, self.dim)


class LogSoftmax(Module):
    """y = x - log(sum(exp x)) along the axis ``dim``."""

    def __init__(self, dim: int = -1):
        super().__init__()
        self.dim = dim

    def forward(self, x):
        return log_softmax(x, self.dim)
