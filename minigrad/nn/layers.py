"""Layers with weights, and the ways to put layers together. Shapes and state names are PyTorch's."""

import math
from collections.abc import Callable

import numpy as np

from minigrad.arrays import as_array
from minigrad.errors import ShapeError
from minigrad.nn.initializers import torch_default, uniform
from minigrad.nn.module import Module, Parameter
from minigrad.ops.fused import linear


class Sequential(Module):
    """One module after the other: ``y = last(... second(first(x)))``.

    They are named "0", "1", ..., so ``state_dict()`` is that of PyTorch's Sequential. Slicing gives a Sequential of
    the same modules, not copies.

    >>> model = Sequential(Linear(4, 3, rng=0), Linear(3, 2, rng=1))
    >>> list(model.state_dict())
    ['0.weight', '0.bias', '1.weight', '1.bias']
    """

    def __init__(self, *modules: Module):
        super().__init__()
        for module in modules:
            self.append(module)

    def append(self, module: Module) -> None:
        """Put one more module at the end."""
        if not isinstance(module, Module):
            hint = f": write {module.__name__}()" if isinstance(module, type) else ""
            raise TypeError(f"{type(self).__name__} takes modules, not {module!r}{hint}")
        setattr(self, str(len(self)), module)

    def forward(self, x):
        for module in self:
            x = module(x)
        return x

    def __len__(self):
        return sum(name.isdigit() for name in vars(self))

    def __iter__(self):
        return (module for name, module in vars(self).items() if name.isdigit())

    def __getitem__(self, index):
        chosen = list(self)[index]
        return Sequential(*chosen) if isinstance(index, slice) else chosen


class Identity(Module):
    """y = x."""

    def forward(self, x):
        return x


class Flatten(Module):
    """All axes from ``start_dim`` to ``end_dim`` made one: `(N, ...)` to `(N, features)`."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1):
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x):
        shape = x.shape
        start, end = range(len(shape))[self.start_dim], range(len(shape))[self.end_dim]
        return np.reshape(x, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


class Linear(Module):
    """y = x Wᵀ + b, from `(..., in_features)` to `(..., out_features)`.

    ``weight`` is `(out_features, in_features)`, ``bias`` `(out_features,)` or None; both start uniform within
    ``1 / sqrt(in_features)``, as PyTorch's do. ``init`` is another start for the weight: ``init(shape, rng=rng)``.
    """

    def __init__(
        self, in_features: int, out_features: int, *, bias: bool = True, init: Callable = torch_default, rng=None
    ):
        super().__init__()
        rng = np.random.default_rng(rng)
        self.in_features, self.out_features = _size("in_features", in_features), _size("out_features", out_features)
        self.weight = Parameter(init((out_features, in_features), rng=rng))
        bound = 1 / math.sqrt(in_features)
        self.bias = Parameter(uniform((out_features,), -bound, bound, rng=rng)) if bias else None

    def forward(self, x):
        x = as_array(x)
        if x.shape[-1:] != (self.in_features,):
            raise ShapeError(_width_error(self, x.shape))
        return linear(x, self.weight, self.bias)


def _size(name: str, value: int) -> int:
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}")
    return int(value)


def _width_error(layer: Linear, shape: tuple[int, ...]) -> str:
    message = f"Linear expects {layer.in_features} features in the last axis, got an input of shape {shape}"
    if math.prod(shape[1:]) == layer.in_features:
        message += ": write nn.Flatten() before it"
    return message
