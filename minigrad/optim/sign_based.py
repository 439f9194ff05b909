"""Methods that look at the sign of the gradient, not at its size: Rprop and Lion.

In the recurrences, ``g`` is the gradient, and every step is ``p -= lr * d``.
"""

import numpy as np

from minigrad.optim.first_order import average
from minigrad.optim.optimizer import Optimizer


class Rprop(Optimizer):
    """A step size of its own for every element: longer while the sign of its gradient stays, shorter when it turns.

        size = size * etas[1]   where g * (the g before) > 0
        size = size * etas[0]   where g * (the g before) < 0, and there g = 0
        d = sign(g) * size

    ``size`` starts at 1, so the first steps are ``lr`` long; the length ``lr * size`` stays within ``step_sizes``.
    For full batches only: the sign must not be noise. Riedmiller and Braun, 1993 (the variant iRprop- of Igel and
    Huesken, 2000).
    """

    defaults = {"lr": 1e-2, "etas": (0.5, 1.2), "step_sizes": (1e-6, 50.0)}

    def check_options(self, h):
        shrink, grow = h.etas
        if not shrink < 1 < grow:
            raise ValueError(f"etas must be one factor below 1 and one above, got {h.etas}")

    def start(self, p, h):
        return {"before": np.zeros_like(p), "size": np.ones_like(p)}

    def direction(self, g, p, state, h, out):
        agreement = g * state.before
        state.size *= np.where(agreement > 0, h.etas[1], np.where(agreement < 0, h.etas[0], 1.0))
        shortest, longest = (size / (h.lr or 1.0) for size in h.step_sizes)
        np.clip(state.size, shortest, longest, out=state.size)
        state.before = np.where(agreement < 0, 0.0, g)
        return np.multiply(np.sign(state.before, out=out), state.size, out=out)


class Lion(Optimizer):
    """The sign of a mean of gradient and momentum: every element moves by the same length.

        d = sign(b1 * m + (1 - b1) * g) + weight_decay * p
        m = b2 * m + (1 - b2) * g

    Wants a learning rate 3 to 10 times smaller than Adam's. Chen et al., 2023, algorithm 2.
    """

    defaults = {"lr": 1e-4, "betas": (0.9, 0.99), "weight_decay": 0.0}

    def start(self, p, h):
        return {"m": np.zeros_like(p)}

    def direction(self, g, p, state, h, out):
        b1, b2 = h.betas
        d = np.sign(b1 * state.m + np.multiply(g, 1 - b1, out=out))
        average(state.m, g, b2, out)
        return d + h.weight_decay * p if h.weight_decay else d
