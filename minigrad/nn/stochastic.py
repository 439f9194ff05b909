"""Layers that are random while training and do nothing in evaluation.

Each draws its mask from its own ``rng``, and then multiplies by it: the mask is an operand on the tape, so a backward
can be replayed. A rate ``p`` is a number, or a schedule: a function of the step that :func:`set_step` announces.
"""

import math
from collections.abc import Callable

import numpy as np

from minigrad.arrays import beside
from minigrad.effects import cannot_replay, effect
from minigrad.nn.module import Module

Rate = float | Callable[[int], float]


class Stochastic(Module):
    """Base of the layers that drop something with probability ``p``; a subclass writes ``perturb(x, p)``."""

    def __init__(self, p: Rate, rng):
        super().__init__()
        self.p, self.rng, self.step = p, np.random.default_rng(rng), 0
        if not callable(p):
            self.rate()

    def rate(self) -> float:
        """The probability now. Raises ValueError if it does not lie in [0, 1]."""
        p = self.p(self.step) if callable(self.p) else self.p
        if not isinstance(p, (int, float, np.number)) or isinstance(p, bool) or not 0 <= p <= 1:
            raise ValueError(f"{type(self).__name__}: the probability p must lie in [0, 1], not {p!r}")
        return float(p)

    def forward(self, x):
        p = self.rate() if self.training else 0.0
        if callable(self.p):
            cannot_replay(f"the rate of {type(self).__name__} is a schedule")
        if p == 1:
            return np.where(False, x, np.zeros((), dtype=x.dtype))  # not a product: even of infinity nothing is left
        return self.perturb(x, p) if p else x

    def perturb(self, x, p: float):
        """What training does to x; 0 < p < 1."""
        raise NotImplementedError

    def keeps(self, shape, p: float):
        """True, with probability 1 - p, where something is kept."""
        return np.asarray(self.rng.random(shape, dtype=np.float32) >= p)


class Dropout(Stochastic):
    """Each element 0 with probability ``p``, else divided by 1 - p (Srivastava et al. 2014). ``p=1`` gives zeros."""

    def __init__(self, p: Rate = 0.5, *, rng=None):
        super().__init__(p, rng)

    def perturb(self, x, p):
        return x * beside(_factors(self, x.shape, p, x.dtype), x)


class StochasticDepth(Stochastic):
    """The whole branch 0 with probability ``p``, else divided by 1 - p (Huang et al. 2016).

    ``mode="row"`` draws for each row of the batch, ``"batch"`` once. Put it last in a Residual:
    ``Residual(Linear(8, 8), ReLU(), StochasticDepth(0.2))`` is then the identity now and then.
    """

    def __init__(self, p: Rate, mode: str = "row", *, rng=None):
        super().__init__(p, rng)
        if mode not in ("row", "batch"):
            raise ValueError(f"StochasticDepth: mode must be 'row' or 'batch', not {mode!r}")
        self.mode = mode

    def perturb(self, x, p):
        rows = x.shape[:1] if self.mode == "row" else (1,)
        return x * beside(_factors(self, (*rows, *(1,) * (x.ndim - 1)), p, x.dtype), x)


class AlphaDropout(Stochastic):
    """Dropout for SELU networks: mean 0 and variance 1 stay (Klambauer et al. 2017).

    What is dropped becomes -1.7581, the value SELU tends to, then all is scaled and shifted. ``p=1`` gives zeros.
    """

    LIMIT = -1.7580993408473766

    def __init__(self, p: Rate = 0.5, *, rng=None):
        super().__init__(p, rng)

    def perturb(self, x, p):
        factors, shifts = self._factors_and_shifts(x.shape, p, x.dtype)
        return x * beside(factors, x) + beside(shifts, x)

    @effect
    def _factors_and_shifts(self, shape, p: float, dtype):
        scale = 1 / math.sqrt((1 - p) * (1 + p * self.LIMIT**2))
        keeps = self.keeps(shape, p)
        shifts = np.where(keeps, 0.0, scale * self.LIMIT) - scale * p * self.LIMIT
        return _constant(np.where(keeps, scale, 0.0).astype(dtype)), _constant(shifts.astype(dtype))


class GaussianNoise(Module):
    """x + noise, normal with this standard deviation, while training."""

    def __init__(self, std: float = 0.1, *, rng=None):
        super().__init__()
        if not 0 <= std < math.inf:
            raise ValueError(f"GaussianNoise: std must be a number of at least 0, not {std}")
        self.std, self.rng = std, np.random.default_rng(rng)

    def forward(self, x):
        if not self.training:
            return x
        return x + beside(self._noise(x.shape, x.dtype), x)

    @effect
    def _noise(self, shape, dtype):
        return _constant(np.asarray(self.std * self.rng.standard_normal(shape), dtype=dtype))


def linear_drop_rates(layers: int, last: float) -> list[float]:
    """``last * l / layers`` for l = 1 ... layers: deeper layers are dropped more often (Huang et al. 2016, eq. 4).

    >>> linear_drop_rates(4, 0.2)
    [0.05, 0.1, 0.15, 0.2]
    """
    return [round(last * layer / layers, 12) for layer in range(1, layers + 1)]


def set_step(model: Module, step: int) -> None:
    """Tell all stochastic layers the step that training has reached, for rates that are schedules."""
    for module in model.modules():
        if isinstance(module, Stochastic):
            module.step = step


@effect
def _factors(layer: Stochastic, shape, p: float, dtype):
    """1 / (1 - p) where kept, else 0."""
    return _constant(np.where(layer.keeps(shape, p), 1 / (1 - p), 0.0).astype(dtype))


def _constant(array):
    """The array, read-only: the tape can keep it without a copy."""
    array.flags.writeable = False
    return array
