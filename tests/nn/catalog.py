"""Every layer once or more: how it is made here and in PyTorch, and the shapes it is called with."""

from functools import partial
from typing import NamedTuple

from minigrad import nn
from minigrad.nn.module import Module


class Layer(NamedTuple):
    """One configuration. ``theirs`` is made with the same arguments, None where PyTorch has no such layer."""

    make: partial
    shapes: tuple
    theirs: str | None = None
    options: dict | None = None
    """What PyTorch is given besides the arguments, where the names differ."""
    tolerance: float = 1e-10

    def torch_twin(self, torch):
        named = {name: value for name, value in self.make.keywords.items() if name != "rng"}
        return getattr(torch.nn, self.theirs)(*self.make.args, **(named if self.options is None else self.options))

    def __repr__(self):
        made = [*map(repr, self.make.args), *(f"{k}={v}" for k, v in self.make.keywords.items() if k != "rng")]
        return f"{self.make.func.__name__}({', '.join(made)}) of {' and '.join(map(str, self.shapes))}"


def layer(kind, *arguments, shapes, theirs="", options=None, tolerance=1e-10, **named):
    return Layer(
        partial(kind, *arguments, **named), shapes, kind.__name__ if theirs == "" else theirs, options, tolerance
    )


X = ((4, 3),)
ACTIVATIONS = [
    layer(nn.ReLU, shapes=X),
    layer(nn.ReLU6, shapes=X),
    layer(nn.LeakyReLU, 0.2, shapes=X),
    layer(nn.PReLU, shapes=X),
    layer(nn.PReLU, 3, shapes=((4, 3, 2),)),
    layer(nn.PReLU, 3, shapes=X),
    layer(nn.PReLU, shapes=((3,),)),
    layer(nn.ELU, 0.7, shapes=X),
    layer(nn.SELU, shapes=X),
    layer(nn.GELU, shapes=X),
    layer(nn.GELU, approximate="tanh", shapes=X),
    layer(nn.SiLU, shapes=X),
    layer(nn.Mish, shapes=X),
    layer(nn.Sigmoid, shapes=X),
    layer(nn.LogSigmoid, shapes=X),
    layer(nn.Tanh, shapes=X),
    layer(nn.Softplus, beta=1.5, shapes=X),
    layer(nn.Softsign, shapes=X),
    layer(nn.Hardtanh, -0.8, 0.6, shapes=X),
    layer(nn.Hardsigmoid, shapes=X, tolerance=1e-7),  # PyTorch rounds 1 / 6 to float32 in its backward
    layer(nn.CELU, 0.7, shapes=X, tolerance=1e-7),  # and 1 / alpha
    layer(nn.Hardswish, shapes=X),
    layer(nn.Tanhshrink, shapes=X),
    layer(nn.Softshrink, 0.3, shapes=X),
    layer(nn.Hardshrink, 0.3, shapes=X),
    layer(nn.Softmax, dim=0, shapes=X),
    layer(nn.Softmax, dim=-1, shapes=((2, 3, 4),)),
    layer(nn.LogSoftmax, dim=1, shapes=X),
]
NORMS = [
    layer(nn.BatchNorm1d, 3, shapes=X),
    layer(nn.BatchNorm1d, 3, shapes=((4, 3, 2),)),
    layer(nn.BatchNorm1d, 3, shapes=((1, 3, 2),)),
    layer(nn.BatchNorm1d, 3, eps=1e-2, momentum=0.3, affine=False, shapes=X),
    layer(nn.BatchNorm1d, 3, momentum=None, shapes=X),
    layer(nn.BatchNorm1d, 3, track_running_stats=False, shapes=X),
    layer(nn.LayerNorm, 3, shapes=X),
    layer(nn.LayerNorm, (3, 2), eps=1e-2, bias=False, shapes=((4, 3, 2),)),
    layer(nn.LayerNorm, 3, elementwise_affine=False, shapes=X),
    layer(nn.RMSNorm, 3, shapes=X),
    layer(nn.RMSNorm, (3, 2), eps=1e-2, shapes=((4, 3, 2),)),
    layer(nn.RMSNorm, 3, elementwise_affine=False, shapes=X),
    layer(nn.GroupNorm, 2, 4, shapes=((3, 4),)),
    layer(nn.GroupNorm, 2, 4, eps=1e-2, shapes=((3, 4, 5),)),
    layer(nn.GroupNorm, 4, 4, affine=False, shapes=((3, 4, 5, 2),)),
]
WEIGHTED = [
    layer(nn.Linear, 3, 5, shapes=X, rng=0),
    layer(nn.Linear, 3, 5, bias=False, shapes=((2, 4, 3),), rng=0),
    layer(nn.Linear, 3, 5, shapes=((3,),), rng=0),
    layer(nn.Bilinear, 3, 2, 5, shapes=((4, 3), (4, 2)), rng=0),
    layer(nn.Bilinear, 3, 2, 5, bias=False, shapes=((2, 4, 3), (2, 4, 2)), rng=0),
    layer(nn.Identity, shapes=X),
    layer(nn.Flatten, shapes=((2, 3, 4),)),
    layer(nn.Flatten, 0, 1, shapes=((2, 3, 4),)),
]
RANDOM = [
    layer(nn.Dropout, 0.4, shapes=X, rng=0),
    layer(nn.AlphaDropout, 0.4, shapes=X, rng=0),
    layer(nn.GaussianNoise, 0.3, shapes=X, rng=0, theirs=None),
    layer(nn.StochasticDepth, 0.4, shapes=X, rng=0, theirs=None),
    layer(nn.StochasticDepth, 0.4, mode="batch", shapes=X, rng=1, theirs=None),
]
BUILT = [
    Layer(partial(nn.Sequential, nn.Linear(3, 4, rng=0), nn.Tanh(), nn.Linear(4, 2, rng=1)), X),
    Layer(partial(nn.Residual, nn.Linear(3, 3, rng=0), nn.Tanh()), X),
    layer(nn.MLP, [3, 4, 4, 2], activation="tanh", norm="layer", residual=True, stochastic_depth=0.3, shapes=X, rng=0),
    layer(nn.MLP, [3, 4, 4, 2], activation="silu", norm="batch", dropout=0.3, shapes=X, rng=0),
]
DIFFERENTIABLE = [*ACTIVATIONS, *NORMS, *WEIGHTED, *RANDOM, *BUILT]
IN_TORCH = [case for case in [*ACTIVATIONS, *NORMS, *WEIGHTED] if case.theirs]
NOT_A_FUNCTION_OF_FLOATS = {"Module", "Embedding"}


def public_layers() -> set[str]:
    made = {name: getattr(nn, name) for name in nn.__all__}
    return {name for name, kind in made.items() if isinstance(kind, type) and issubclass(kind, Module)}
