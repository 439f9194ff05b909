"""The first-order methods of every lecture: SGD, RMSprop, Adam and AdamW.

In the recurrences, ``g`` is the gradient, ``t`` counts the steps from 1, and every step is ``p -= lr * d``.
"""

import numpy as np

from minigrad.arrays import number
from minigrad.optim.optimizer import Optimizer


class SGD(Optimizer):
    """Gradient descent, with momentum and Nesterov's look ahead.

        v = momentum * v + (1 - dampening) * g        (at the first step v = g)
        d = v,   with nesterov  d = g + momentum * v

    ``weight_decay`` adds ``weight_decay * p`` to the gradient, as PyTorch's does: it is the gradient of the penalty
    ``L2(weight_decay / 2)``, and without momentum the same as decoupled decay. The learning rate is outside ``v``, as
    PyTorch has it; books that write ``v = momentum * v + (1 - momentum) * g`` mean ``dampening=momentum``, whose first
    step is not damped here.

    Robbins and Monro, 1951; Polyak, 1964 (momentum); Sutskever et al., 2013, eq. 3-4 (nesterov, in the form of
    Bengio et al., 2013).

    >>> from minigrad.engine import Tensor
    >>> w = Tensor(1.0, requires_grad=True)
    >>> opt = SGD([w], lr=0.1, momentum=0.9)
    >>> for _ in range(3):
    ...     w.grad = np.array(1.0)
    ...     opt.step()
    ...     print(f"{w.item():.3f}")
    0.900
    0.710
    0.439
    """

    elementwise = True
    defaults = {"lr": 1e-3, "momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False}

    def check_options(self, h):
        if h.nesterov and (h.momentum == 0 or h.dampening != 0):
            raise ValueError(
                f"nesterov needs momentum > 0 and dampening = 0, got momentum={h.momentum}, dampening={h.dampening}"
            )

    def start(self, p, h):
        return {"v": np.zeros_like(p)} if h.momentum else {}

    def direction(self, g, p, state, h, out):
        if h.weight_decay:
            g = np.add(g, np.multiply(p, h.weight_decay, out=out), out=out)
        if not hasattr(state, "v"):
            return g
        state.v *= h.momentum
        state.v += g if state.step == 1 or not h.dampening else (1 - h.dampening) * g
        return g + h.momentum * state.v if h.nesterov else state.v


class RMSprop(Optimizer):
    """Gradient over the root of the running mean of its square.

        s = alpha * s + (1 - alpha) * g**2
        d = g / sqrt(s + eps),   with eps_in_sqrt=False  d = g / (sqrt(s) + eps)

    ``eps_in_sqrt=True`` is the lecture's, TensorFlow's and optax's form, ``False`` is PyTorch's. ``centered`` takes
    the variance ``s - m**2`` instead of ``s``, where ``m = alpha * m + (1 - alpha) * g`` (Graves, 2013, eq. 38-41).
    With ``momentum``, ``b = momentum * b + d`` is the direction.

    Tieleman and Hinton, 2012, lecture 6.5 of "Neural networks for machine learning".
    """

    elementwise = True
    defaults = {
        **{"lr": 1e-2, "alpha": 0.99, "eps": 1e-8, "momentum": 0.0},
        **{"centered": False, "eps_in_sqrt": True},
    }

    def start(self, p, h):
        names = {"s": True, "m": h.centered, "b": h.momentum}
        return {name: np.zeros_like(p) for name, needed in names.items() if needed}

    def direction(self, g, p, state, h, out):
        average(state.s, np.square(g, out=out), h.alpha, out)
        if h.centered:
            average(state.m, g, h.alpha, out)
        d = np.divide(g, self.denominator(state, h, out), out=out)
        if not hasattr(state, "b"):
            return d
        state.b *= h.momentum
        state.b += d
        return state.b

    def denominator(self, state, h, out=None):
        variance = np.subtract(state.s, np.square(state.m, out=out), out=out) if h.centered else state.s
        return root(variance, h.eps, h.eps_in_sqrt, out)


class Adam(Optimizer):
    """Running mean of the gradient over the root of the running mean of its square.

        m = b1 * m + (1 - b1) * g                 m^ = m / (1 - b1**t)
        v = b2 * v + (1 - b2) * g**2              v^ = v / (1 - b2**t)
        d = m^ / (sqrt(v^) + eps)

    ``bias_correction=False`` takes ``m`` and ``v`` for ``m^`` and ``v^``; ``eps_in_sqrt=True`` divides by
    ``sqrt(v^ + eps)``: with both it is the lecture's form (whose text multiplies by the gradient once more, which is a
    slip: ``m`` carries it). ``amsgrad`` divides by the largest ``v`` so far (Reddi et al., 2018, algorithm 2; as in
    PyTorch, the largest is taken before the correction).

    There is no weight decay here: a penalty belongs in the loss, or in ``regularizer=``, and is then rescaled like
    every gradient; decay that is not rescaled is :class:`AdamW`.

    Kingma and Ba, 2015, algorithm 1. Computed as ``d = m / (c1 sqrt(v^) + c1 eps)`` with ``c1 = 1 - b1**t``: the
    corrections are numbers, and this way two passes over all elements fewer.
    """

    elementwise = True
    defaults = {
        **{"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8},
        **{"bias_correction": True, "eps_in_sqrt": False, "amsgrad": False},
    }

    def start(self, p, h):
        return {name: np.zeros_like(p) for name in (("m", "v", "largest_v") if h.amsgrad else ("m", "v"))}

    def direction(self, g, p, state, h, out):
        average(state.m, g, h.betas[0], out)
        average(state.v, np.multiply(g, g, out), h.betas[1], out)
        if h.amsgrad:
            np.maximum(state.largest_v, state.v, out=state.largest_v)
        c1 = 1 - h.betas[0] ** state.step if h.bias_correction else 1.0
        return np.divide(state.m, self.denominator(state, h, out, c1), out)

    def denominator(self, state, h, out=None, scale=1.0):
        v = state.largest_v if h.amsgrad else state.v
        c2 = 1 - h.betas[1] ** state.step if h.bias_correction else 1.0
        eps = h.eps * (scale * scale if h.eps_in_sqrt else scale)
        return root(np.multiply(v, scale * scale / c2, out), eps, h.eps_in_sqrt, out)


class AdamW(Adam):
    """Adam with decoupled weight decay: the decay is not divided by the root of the squared gradients.

        d = m^ / (sqrt(v^) + eps) + weight_decay * p

    so each step first shrinks ``p`` by the factor ``1 - lr * weight_decay``; the decay follows the schedule of ``lr``.
    Loshchilov and Hutter, 2019, algorithm 2 (with PyTorch's parametrization).
    """

    elementwise = True
    defaults = Adam.defaults | {"weight_decay": 1e-2}

    def direction(self, g, p, state, h, out):
        d = super().direction(g, p, state, h, out)
        d += h.weight_decay * p
        return d


def average(mean: np.ndarray, x: np.ndarray, beta: float, out: np.ndarray) -> None:
    """``mean = beta * mean + (1 - beta) * x``, written to ``mean``; ``out`` is scratch, and may be ``x``."""
    dtype, beta = mean.dtype, float(beta)
    np.multiply(mean, number(beta, dtype), mean)
    np.add(mean, np.multiply(x, number(1 - beta, dtype), out), mean)


def root(v: np.ndarray, eps: float, eps_in_sqrt: bool, out: np.ndarray | None = None) -> np.ndarray:
    """``sqrt(v + eps)`` or ``sqrt(v) + eps``: dialects differ, and a published ``eps`` holds for one of them."""
    if eps_in_sqrt:
        return np.sqrt(np.add(v, eps, out), out)
    return np.add(np.sqrt(v, out), eps, out)
