"""Methods that look at a layer's weights as a whole: LAMB at their norm, Muon at their singular values.

In the recurrences, ``g`` is the gradient, and every step is ``p -= lr * d``.
"""

import math

import numpy as np

from minigrad.optim.first_order import Adam
from minigrad.optim.optimizer import Optimizer


class LAMB(Adam):
    """Adam whose step in each parameter is as long as that parameter: for very large batches.

        u = m^ / (sqrt(v^) + eps) + weight_decay * p
        d = u * |p| / |u|                                          (d = u where either norm is 0)

    You et al., 2020, algorithm 2.
    """

    defaults = Adam.defaults | {"eps": 1e-6, "weight_decay": 0.0}

    def direction(self, g, p, state, h, out):
        u = super().direction(g, p, state, h, out)
        if h.weight_decay:
            u += h.weight_decay * p
        size, length = math.sqrt(np.vdot(p, p)), math.sqrt(np.vdot(u, u))
        return np.multiply(u, size / length, out=out) if size and length else u


class Muon(Optimizer):
    """Momentum with all its singular values made 1, so that every direction of a weight matrix is learned.

        b = momentum * b + (1 - momentum) * g
        u = momentum * b + (1 - momentum) * g,   without nesterov  u = b
        d = orthogonalized(u) * sqrt(max(1, rows / columns)) + weight_decay * p

    For weight matrices only: give biases and embeddings to AdamW. Jordan et al., 2024; the scale is that of
    Bernstein, 2025.
    """

    defaults = {
        **{"lr": 1e-3, "momentum": 0.95, "weight_decay": 0.1},
        **{"eps": 1e-7, "nesterov": True, "iterations": 5},
    }

    def add_param_group(self, group):
        super().add_param_group(group)
        for p in self.param_groups[-1]["params"]:
            if p.ndim != 2:
                raise ValueError(
                    f"Muon moves matrices, but {self.names[p]} has shape {p.shape}: give it to another optimizer, AdamW"
                )

    def start(self, p, h):
        return {"b": np.zeros_like(p)}

    def direction(self, g, p, state, h, out):
        state.b *= h.momentum
        state.b += np.multiply(g, 1 - h.momentum, out=out)
        u = h.momentum * state.b + (1 - h.momentum) * g if h.nesterov else state.b
        rows, columns = p.shape
        d = orthogonalized(u, h.iterations, h.eps)
        d *= math.sqrt(max(1.0, rows / columns))
        return d + h.weight_decay * p if h.weight_decay else d


def orthogonalized(x: np.ndarray, iterations: int = 5, eps: float = 1e-7) -> np.ndarray:
    """Roughly ``U @ V.T`` of the singular value decomposition ``x = U S V.T``, by matrix products alone.

    Each iteration is ``x = a x + b (x x.T) x + c (x x.T)**2 x``, with coefficients chosen so that after five of them
    every singular value lies between about 0.7 and 1.2 (Jordan et al., 2024).
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    wide = x.shape[0] <= x.shape[1]
    y = (x if wide else x.T) / max(math.sqrt(np.vdot(x, x)), eps)
    for _ in range(iterations):
        gram = y @ y.T
        y = a * y + (b * gram + c * (gram @ gram)) @ y
    return y if wide else y.T.copy()
