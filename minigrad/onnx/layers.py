"""Each layer as ONNX operators, as it is in evaluation: what is random while training does nothing."""

import math
from collections.abc import Callable

from minigrad import nn
from minigrad.errors import MinigradError
from minigrad.nn import Module
from minigrad.nn.layers import Identity, Residual, Sequential
from minigrad.nn.normalization import BatchNorm1d, LayerNorm, RMSNorm
from minigrad.nn.stochastic import GaussianNoise, Stochastic
from minigrad.onnx.graph import Graph


class ExportError(MinigradError, TypeError):
    """A layer for which there are no ONNX operators here."""


def layer(g: Graph, module: Module, x: str, path: str = "") -> str:
    """Add the operators of a module to the graph: from the name of its input to that of its output."""
    if isinstance(module, Sequential):
        y = x
        for i, inner in enumerate(module):
            y = layer(g, inner, y, f"{path}{i}.")
        return g.add("Add", x, y) if isinstance(module, Residual) else y
    if isinstance(module, (Stochastic, GaussianNoise, Identity)):
        return x
    g.prefix = path
    write = WRITERS.get(type(module))
    if write is None:
        raise ExportError(
            f"{'layer ' + path.rstrip('.') if path else 'the model'} is a {type(module).__name__}, which has no ONNX "
            f"operators here: those that have are {', '.join(sorted(kind.__name__ for kind in WRITERS))}"
        )
    return write(g, module, x)


def _linear(g: Graph, m: nn.Linear, x: str) -> str:
    operands = [x, g.constant(m.weight.data, name="weight")]
    return g.add("Gemm", *operands, *([g.constant(m.bias.data, name="bias")] if m.bias is not None else []), transB=1)


def _batch_norm(g: Graph, m: BatchNorm1d, x: str) -> str:
    if not m.track_running_stats:
        raise ExportError("a BatchNorm1d without running statistics looks at the batch in evaluation too")
    ones, zeros = [1.0] * m.num_features, [0.0] * m.num_features
    scale = m.weight.data if m.weight is not None else ones
    shift = m.bias.data if m.bias is not None else zeros
    parts = (scale, shift, m.running_mean.data, m.running_var.data)
    return g.add("BatchNormalization", x, *(g.constant(part) for part in parts), epsilon=m.eps)


def _layer_norm(g: Graph, m: LayerNorm, x: str) -> str:
    weight = g.constant(m.weight.data if m.weight is not None else [1.0] * math.prod(m.normalized_shape))
    bias = [g.constant(m.bias.data)] if m.bias is not None else []
    return g.add("LayerNormalization", x, weight, *bias, axis=-len(m.normalized_shape), epsilon=m.eps)


def _rms_norm(g: Graph, m: RMSNorm, x: str) -> str:
    eps = m.eps if m.eps is not None else 2.0**-23
    mean = g.add("ReduceMean", g.add("Mul", x, x), axes=[-1 - i for i in range(len(m.normalized_shape))], keepdims=1)
    y = g.add("Div", x, g.add("Sqrt", g.add("Add", mean, g.constant(eps))))
    return g.add("Mul", y, g.constant(m.weight.data)) if m.weight is not None else y


def _clip(g: Graph, x: str, low: float, high: float) -> str:
    return g.add("Clip", x, g.constant(low), g.constant(high))


def _gelu(g: Graph, m: nn.GELU, x: str) -> str:
    half = g.add("Mul", x, g.constant(0.5))
    if m.approximate == "tanh":
        cubic = g.add("Mul", g.add("Mul", g.add("Mul", x, x), x), g.constant(0.044715))
        inner = g.add("Tanh", g.add("Mul", g.add("Add", x, cubic), g.constant(math.sqrt(2 / math.pi))))
    else:
        inner = g.add("Erf", g.add("Mul", x, g.constant(math.sqrt(0.5))))
    return g.add("Mul", half, g.add("Add", inner, g.constant(1.0)))


def _softplus(g: Graph, m: nn.Softplus, x: str) -> str:
    return g.add("Div", g.add("Softplus", g.add("Mul", x, g.constant(m.beta))), g.constant(m.beta))


WRITERS: dict[type[Module], Callable] = {
    nn.Linear: _linear,
    BatchNorm1d: _batch_norm,
    LayerNorm: _layer_norm,
    RMSNorm: _rms_norm,
    nn.Flatten: lambda g, m, x: g.add("Flatten", x, axis=1),
    nn.ReLU: lambda g, m, x: g.add("Relu", x),
    nn.ReLU6: lambda g, m, x: _clip(g, x, 0.0, 6.0),
    nn.LeakyReLU: lambda g, m, x: g.add("LeakyRelu", x, alpha=float(m.negative_slope)),
    nn.PReLU: lambda g, m, x: g.add("PRelu", x, g.constant(m.weight.data)),
    nn.ELU: lambda g, m, x: g.add("Elu", x, alpha=float(m.alpha)),
    nn.CELU: lambda g, m, x: g.add("Celu", x, alpha=float(m.alpha)),
    nn.SELU: lambda g, m, x: g.add("Selu", x),
    nn.GELU: _gelu,
    nn.SiLU: lambda g, m, x: g.add("Mul", x, g.add("Sigmoid", x)),
    nn.Mish: lambda g, m, x: g.add("Mul", x, g.add("Tanh", g.add("Softplus", x))),
    nn.Sigmoid: lambda g, m, x: g.add("Sigmoid", x),
    nn.LogSigmoid: lambda g, m, x: g.add("Neg", g.add("Softplus", g.add("Neg", x))),
    nn.Tanh: lambda g, m, x: g.add("Tanh", x),
    nn.Softplus: _softplus,
    nn.Softsign: lambda g, m, x: g.add("Softsign", x),
    nn.Hardtanh: lambda g, m, x: _clip(g, x, m.min_val, m.max_val),
    nn.Hardsigmoid: lambda g, m, x: g.add("HardSigmoid", x, alpha=1 / 6, beta=0.5),
    nn.Hardswish: lambda g, m, x: g.add("Mul", x, g.add("HardSigmoid", x, alpha=1 / 6, beta=0.5)),
    nn.Tanhshrink: lambda g, m, x: g.add("Sub", x, g.add("Tanh", x)),
    nn.Softshrink: lambda g, m, x: g.add("Shrink", x, bias=float(m.lambd), lambd=float(m.lambd)),
    nn.Hardshrink: lambda g, m, x: g.add("Shrink", x, bias=0.0, lambd=float(m.lambd)),
    nn.Softmax: lambda g, m, x: g.add("Softmax", x, axis=m.dim),
    nn.LogSoftmax: lambda g, m, x: g.add("LogSoftmax", x, axis=m.dim),
}
"""The operators of each kind of layer."""
