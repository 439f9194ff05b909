"""The multi-layer perceptron, with what the lecture puts between its layers."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from minigrad.nn import activations
from minigrad.nn.initializers import torch_default
from minigrad.nn.layers import Linear, Residual, Sequential
from minigrad.nn.module import Module
from minigrad.nn.normalization import BatchNorm1d, LayerNorm, RMSNorm
from minigrad.nn.stochastic import Dropout, Rate, StochasticDepth, linear_drop_rates

ACTIVATIONS: dict[str, type[Module]] = {
    name.lower(): made
    for name, made in vars(activations).items()
    if isinstance(made, type) and made.__module__ == activations.__name__
}
"""Activations by their names in lower case."""

NORMS: dict[str, type[Module]] = {"batch": BatchNorm1d, "layer": LayerNorm, "rms": RMSNorm}
"""Normalizations by name; each is made with the width of its layer."""


class MLP(Sequential):
    """Linear layers of these ``sizes``, each but the last followed by norm, activation and dropout.

    ``activation`` is a name in :data:`ACTIVATIONS` or a function that makes a module; ``norm`` one in :data:`NORMS`
    or a function of the width. With ``residual`` every hidden layer that does not change the width adds to its
    input; ``stochastic_depth`` is the rate at which the last of these is dropped, earlier ones less, by the linear
    rule. One ``rng`` serves all layers. State names are those of the same PyTorch Sequential.

    >>> MLP([64, 32, 10], norm="batch", dropout=0.1)
    MLP([64, 32, 10], dropout=0.1, norm='batch')  2,474 parameters
    ├─ 0  Linear(64, 32)   weight (32, 64), bias (32,)  2,080
    ├─ 1  BatchNorm1d(32)  weight (32,), bias (32,)        64
    ├─ 2  ReLU()
    ├─ 3  Dropout(0.1)
    └─ 4  Linear(32, 10)   weight (10, 32), bias (10,)    330
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        activation: str | Callable[[], Module] = "relu",
        dropout: Rate = 0.0,
        norm: str | Callable[[int], Module] | None = None,
        residual: bool = False,
        stochastic_depth: float = 0.0,
        bias: bool = True,
        init: Callable = torch_default,
        rng=None,
    ):
        super().__init__()
        if len(sizes) < 2:
            raise ValueError(f"MLP needs at least two sizes, those of the input and the output, not {list(sizes)}")
        self.sizes, self.activation, self.dropout, self.norm = list(sizes), activation, dropout, norm
        self.residual, self.stochastic_depth = residual, stochastic_depth
        rng = np.random.default_rng(rng)
        rates = iter(_drop_rates(self.sizes[:-1], residual, stochastic_depth))
        for fan_in, fan_out in pairwise(self.sizes[:-1]):
            layer: list[Module] = [Linear(fan_in, fan_out, bias=bias, init=init, rng=rng)]
            layer += [_made("norm", norm, NORMS, fan_out)] if norm is not None else []
            layer += [_made("activation", activation, ACTIVATIONS)]
            layer += [Dropout(dropout, rng=rng)] if dropout else []
            if residual and fan_in == fan_out:
                layer += [StochasticDepth(rate, rng=rng) for rate in [next(rates)] if rate]
                layer = [Residual(*layer)]
            for module in layer:
                self.append(module)
        self.append(Linear(sizes[-2], sizes[-1], bias=bias, init=init, rng=rng))


def _made(what: str, wanted, known: dict[str, type[Module]], *arguments) -> Module:
    if isinstance(wanted, str) and wanted not in known:
        raise ValueError(
            f"MLP: {what} {wanted!r} is not known: use one of {', '.join(known)}, or a function that makes it"
        )
    return (known[wanted] if isinstance(wanted, str) else wanted)(*arguments)


def _drop_rates(widths: list[int], residual: bool, last: float) -> list[float]:
    """A rate for each residual layer. Raises ValueError where there is none."""
    layers = sum(a == b for a, b in pairwise(widths))
    if last and not residual:
        raise ValueError(f"MLP: stochastic_depth={last} drops residual layers: write residual=True too")
    if residual and not layers:
        raise ValueError(
            f"MLP: residual=True needs two neighbouring equal widths before the output, but they are {widths}"
        )
    return linear_drop_rates(layers, last)
