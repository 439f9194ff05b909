"""Layers with weights, and the ways to put layers together. Shapes and state names are PyTorch's."""

import math
from collections.abc import Callable

import numpy as np

from minigrad.arrays import as_array
from minigrad.declare import plain
from minigrad.engine import Tensor
from minigrad.errors import DtypeError, ShapeError
from minigrad.nn.arguments import size
from minigrad.nn.initializers import normal, torch_default, uniform
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
            hint = f": write {module.__name__}(...)" if isinstance(module, type) else ""
            hint = f": write {type(self).__name__}(*modules)" if isinstance(module, list) else hint
            raise TypeError(f"{type(self).__name__} takes modules, not a {type(module).__name__}{hint}")
        setattr(self, str(len(self)), module)

    def forward(self, x):
        for module in [module for name, module in vars(self).items() if name.isdigit()]:
            x = module(x)
        return x

    def __len__(self):
        return sum(name.isdigit() for name in vars(self))

    def __iter__(self):
        return iter([module for name, module in vars(self).items() if name.isdigit()])

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
        if not all(-len(shape) <= dim < len(shape) for dim in (self.start_dim, self.end_dim)):
            raise ShapeError(
                f"Flatten makes the axes from {self.start_dim} to {self.end_dim} one, but the input of shape {shape} "
                f"has {len(shape)}: a batch has the shape (N, ...)"
            )
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
        self.in_features, self.out_features = size("in_features", in_features), size("out_features", out_features)
        self.weight = Parameter(init((out_features, in_features), rng=rng))
        bound = 1 / math.sqrt(in_features)
        self.bias = Parameter(uniform((out_features,), -bound, bound, rng=rng)) if bias else None

    def forward(self, x):
        x = x if isinstance(x, Tensor) else as_array(x)
        try:
            return linear(x, self.weight, self.bias)
        except ShapeError:
            if x.shape[-1:] == (self.in_features,):
                raise
            raise ShapeError(_width_error(self, x.shape)) from None


def _width_error(layer: Linear, shape: tuple[int, ...]) -> str:
    message = f"Linear expects {layer.in_features} features in the last axis, got an input of shape {shape}"
    if math.prod(shape[1:]) == layer.in_features:
        message += ": write nn.Flatten() before it"
    return message


class Residual(Sequential):
    """y = x + last(... first(x)): the modules learn what to add (He et al. 2016).

    >>> block = Residual(Linear(8, 8, rng=0), Identity())
    >>> list(block.state_dict())
    ['0.weight', '0.bias']
    """

    def forward(self, x):
        y = super().forward(x)
        if y.shape != x.shape:
            raise ShapeError(
                f"Residual adds its input to its output: they must have one shape, not {x.shape} and {y.shape}"
            )
        return x + y


class Bilinear(Module):
    """y[o] = sum over i, j of x1[i] W[o, i, j] x2[j] + b[o].

    ``weight`` is `(out_features, in1_features, in2_features)`, ``bias`` `(out_features,)` or None; both start
    uniform within ``1 / sqrt(in1_features)``.
    """

    def __init__(self, in1_features: int, in2_features: int, out_features: int, *, bias: bool = True, rng=None):
        super().__init__()
        self.in1_features, self.in2_features = size("in1_features", in1_features), size("in2_features", in2_features)
        self.out_features = size("out_features", out_features)
        rng, bound = np.random.default_rng(rng), 1 / math.sqrt(in1_features)
        self.weight = Parameter(uniform((out_features, in1_features, in2_features), -bound, bound, rng=rng))
        self.bias = Parameter(uniform((out_features,), -bound, bound, rng=rng)) if bias else None

    def forward(self, x1, x2):
        expected = (self.in1_features,), (self.in2_features,)
        if (x1.shape[-1:], x2.shape[-1:]) != expected or x1.shape[:-1] != x2.shape[:-1]:
            raise ShapeError(
                f"Bilinear expects (..., {self.in1_features}) and (..., {self.in2_features}), the same but for that, "
                f"got inputs of shapes {x1.shape} and {x2.shape}"
            )
        y = np.einsum("...i,oij,...j->...o", x1, self.weight, x2)
        return y if self.bias is None else y + self.bias


class Embedding(Module):
    """Row ``i`` of the weight for each id ``i``: `(...)` integers to `(..., embedding_dim)`.

    ``weight`` is `(num_embeddings, embedding_dim)` and starts normal. Raises IndexError for an id that does not
    exist; negative ids do not count from the end.
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, *, rng=None):
        super().__init__()
        self.num_embeddings = size("num_embeddings", num_embeddings)
        self.embedding_dim = size("embedding_dim", embedding_dim)
        self.weight = Parameter(normal((num_embeddings, embedding_dim), rng=rng))

    def forward(self, ids):
        ids = as_array(plain(ids))
        if ids.dtype.kind not in "iu":
            raise DtypeError(f"Embedding takes ids of an integer dtype, not {ids.dtype}: write ids.astype(int)")
        wrong = ids[(ids < 0) | (ids >= self.num_embeddings)]
        if wrong.size:
            raise IndexError(
                f"Embedding got the id {wrong[0]}, but there are {self.num_embeddings}: 0 to {self.num_embeddings - 1}"
            )
        return self.weight[ids]
