"""Layers that bring what flows through a network to mean 0 and variance 1, then let it learn a scale and a shift.

BatchNorm1d   over the batch, each channel by itself: needs batches, and running statistics for evaluation
LayerNorm     over the last axes of each row
GroupNorm     over groups of channels of each row
RMSNorm       as LayerNorm, but the mean is left where it is
"""

import math

import numpy as np

from minigrad.declare import plain
from minigrad.effects import effect
from minigrad.errors import ShapeError
from minigrad.nn.arguments import share, size, small
from minigrad.nn.module import Buffer, Module, Parameter
from minigrad.ops.normalization import rms_normalize, standardize


def layer_norm(x, normalized_shape, weight=None, bias=None, eps: float = 1e-5):
    """(x - mean) / sqrt(var + eps) weight + bias, over the last axes, which must have this shape (Ba et al. 2016)."""
    axes = _last_axes("layer_norm", x, normalized_shape)
    return _affine(standardize(x, axes, eps), weight, bias)


def rms_norm(x, normalized_shape, weight=None, eps: float | None = None):
    """x / sqrt(mean(x**2) + eps) weight, over the last axes, which must have this shape (Zhang, Sennrich 2019).

    ``eps`` is that of the dtype, the step from 1 to the next number, if left out.
    """
    axes = _last_axes("rms_norm", x, normalized_shape)
    return _affine(rms_normalize(x, axes, float(np.finfo(x.dtype).eps) if eps is None else eps), weight, None)


def group_norm(x, num_groups: int, weight=None, bias=None, eps: float = 1e-5):
    """Each row of x, `(N, C, ...)`, standardized within each of ``num_groups`` groups of channels (Wu, He 2018)."""
    if x.ndim < 2 or x.shape[1] % num_groups:
        raise ShapeError(
            f"group_norm needs (N, C, ...) with C divisible by num_groups={num_groups}, got shape {x.shape}"
        )
    y = standardize(np.reshape(x, (x.shape[0], num_groups, math.prod(x.shape[1:]) // num_groups)), -1, eps)
    return _affine(np.reshape(y, x.shape), *(_by_channel(p, x) for p in (weight, bias)))


class BatchNorm1d(Module):
    """(x - mean) / sqrt(var + eps) weight + bias, for each channel of `(N, C)` or `(N, C, L)` (Ioffe, Szegedy 2015).

    Training uses mean and variance of the batch, and moves the running ones towards them by the share ``momentum``
    (None: their plain average over all batches); the variance that is kept is the unbiased one. Evaluation uses the
    running ones. ``track_running_stats=False`` keeps none: evaluation looks at the batch too.

    Raises ValueError when training on one value per channel: it has no variance.
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
    ):
        super().__init__()
        self.num_features, self.eps = size("num_features", num_features), small("eps", eps)
        self.momentum = None if momentum is None else share("momentum", momentum)
        self.affine, self.track_running_stats = affine, track_running_stats
        self.weight = Parameter(np.ones(num_features)) if affine else None
        self.bias = Parameter(np.zeros(num_features)) if affine else None
        if track_running_stats:
            self.running_mean = Buffer(np.zeros(num_features))
            self.running_var = Buffer(np.ones(num_features))
            self.num_batches_tracked = Buffer(np.array(0))

    def forward(self, x):
        c = self.num_features
        if x.ndim not in (2, 3) or x.shape[1] != c:
            raise ShapeError(f"BatchNorm1d expects (N, {c}) or (N, {c}, L), got an input of shape {x.shape}")
        weight, bias = _by_channel(self.weight, x), _by_channel(self.bias, x)
        if self.track_running_stats and not self.training:
            mean, var = _by_channel(self.running_mean, x), _by_channel(self.running_var, x)
            return _affine((x - mean) / np.sqrt(var + self.eps), weight, bias)
        if x.size <= c:
            raise ShapeError(
                f"BatchNorm1d needs more than 1 value per channel when training, got an input of shape {x.shape}: "
                "use larger batches, drop the last short one, or write model.eval()"
            )
        axes = (0, 2)[: x.ndim - 1]
        if self.track_running_stats:
            self._track(x, axes)
        return _affine(standardize(x, axes, self.eps), weight, bias)

    @effect
    def _track(self, x, axes) -> None:
        """Move the running statistics towards those of the batch."""
        x = plain(x)
        self.num_batches_tracked.data = seen = self.num_batches_tracked.data + 1
        share = 1 / seen if self.momentum is None else self.momentum
        for running, batch in (
            (self.running_mean, np.mean(x, axis=axes)),
            (self.running_var, np.var(x, axis=axes, ddof=1)),
        ):
            running.data = (1 - share) * running.data + share * batch


class LayerNorm(Module):
    """(x - mean) / sqrt(var + eps) weight + bias, over the last axes, of the shape ``normalized_shape``.

    :func:`layer_norm` with a learned weight and bias of that shape.
    """

    def __init__(self, normalized_shape, eps: float = 1e-5, elementwise_affine: bool = True, bias: bool = True):
        super().__init__()
        self.normalized_shape, self.eps = _shape(normalized_shape), small("eps", eps)
        self.elementwise_affine = elementwise_affine
        self.weight = Parameter(np.ones(self.normalized_shape)) if elementwise_affine else None
        self.bias = Parameter(np.zeros(self.normalized_shape)) if elementwise_affine and bias else None

    def forward(self, x):
        return layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)


class RMSNorm(Module):
    """x / sqrt(mean(x**2) + eps) weight, over the last axes: :func:`rms_norm` with a learned weight of their shape."""

    def __init__(self, normalized_shape, eps: float | None = None, elementwise_affine: bool = True):
        super().__init__()
        self.normalized_shape, self.elementwise_affine = _shape(normalized_shape), elementwise_affine
        self.eps = None if eps is None else small("eps", eps)
        self.weight = Parameter(np.ones(self.normalized_shape)) if elementwise_affine else None

    def forward(self, x):
        return rms_norm(x, self.normalized_shape, self.weight, self.eps)


class GroupNorm(Module):
    """(x - mean) / sqrt(var + eps) weight + bias, for each of ``num_groups`` groups of the channels of `(N, C, ...)`.

    :func:`group_norm` with a learned weight and bias for each channel.
    """

    def __init__(self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True):
        super().__init__()
        num_groups, num_channels = size("num_groups", num_groups), size("num_channels", num_channels)
        if num_channels % num_groups:
            raise ValueError(f"num_channels={num_channels} cannot be divided into num_groups={num_groups} equal groups")
        self.num_groups, self.num_channels, self.affine = num_groups, num_channels, affine
        self.eps = small("eps", eps)
        self.weight = Parameter(np.ones(num_channels)) if affine else None
        self.bias = Parameter(np.zeros(num_channels)) if affine else None

    def forward(self, x):
        if x.ndim < 2 or x.shape[1] != self.num_channels:
            raise ShapeError(f"GroupNorm expects (N, {self.num_channels}, ...), got an input of shape {x.shape}")
        return group_norm(x, self.num_groups, self.weight, self.bias, self.eps)


def _affine(x, weight, bias):
    x = x if weight is None else x * weight
    return x if bias is None else x + bias


def _by_channel(p, x):
    """One number for each channel, shaped to go with `(N, C, ...)`."""
    return p if p is None or x.ndim == 2 else np.reshape(p, (-1, *(1,) * (x.ndim - 2)))


def _shape(normalized_shape) -> tuple[int, ...]:
    axes = (normalized_shape,) if isinstance(normalized_shape, (int, np.integer)) else normalized_shape
    return tuple([size("normalized_shape", int(axis)) for axis in axes])


def _last_axes(norm: str, x, normalized_shape) -> tuple[int, ...]:
    shape = _shape(normalized_shape)
    if not shape or x.shape[-len(shape) :] != shape:
        raise ShapeError(f"{norm} expects an input whose last axes are {shape}, got one of shape {x.shape}")
    return tuple(range(-len(shape), 0))
