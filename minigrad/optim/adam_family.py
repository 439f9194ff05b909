"""Adam's relatives: a running mean of the gradient, divided by another measure of its size.

In the recurrences, ``g`` is the gradient, ``t`` counts the steps from 1, and every step is ``p -= lr * d``. Where
nothing else is said, ``m = b1 * m + (1 - b1) * g`` and ``v = b2 * v + (1 - b2) * g**2`` as in Adam.
"""

import math

import numpy as np

from minigrad.optim.first_order import average, root
from minigrad.optim.optimizer import Optimizer


class NAdam(Optimizer):
    """Adam with Nesterov's look ahead, and a momentum that warms up.

        mu(t) = b1 * (1 - 0.96**(t * momentum_decay) / 2)          M = mu(1) * ... * mu(t)
        d = (mu(t+1) * m / (1 - M * mu(t+1)) + (1 - mu(t)) * g / (1 - M)) / (sqrt(v / (1 - b2**t)) + eps)
            + weight_decay * p

    The decay is decoupled, as in AdamW. Dozat, 2016, algorithm 2.
    """

    defaults = {"lr": 2e-3, "betas": (0.9, 0.999), "eps": 1e-8, "momentum_decay": 4e-3, "weight_decay": 0.0}

    def start(self, p, h):
        return {"m": np.zeros_like(p), "v": np.zeros_like(p), "mu_product": 1.0}

    def direction(self, g, p, state, h, out):
        (b1, b2), t = h.betas, state.step
        mu, mu_next = (b1 * (1 - 0.5 * 0.96 ** (s * h.momentum_decay)) for s in (t, t + 1))
        state.mu_product *= mu
        average(state.m, g, b1, out)
        average(state.v, np.square(g, out=out), b2, out)
        ahead = state.m * (mu_next / (1 - state.mu_product * mu_next))
        ahead += np.multiply(g, (1 - mu) / (1 - state.mu_product), out=out)
        d = np.divide(ahead, self.denominator(state, h, out), out=out)
        return d + h.weight_decay * p if h.weight_decay else d

    def denominator(self, state, h, out=None):
        return root(np.divide(state.v, 1 - h.betas[1] ** state.step, out=out), h.eps, False, out)


class RAdam(Optimizer):
    """Adam that starts as plain momentum, until the variance of its step size is finite.

        r_inf = 2 / (1 - b2) - 1,    r = r_inf - 2 t b2**t / (1 - b2**t)
        d = m^                                                     where r <= 5, and otherwise
        d = m^ sqrt((r - 4)(r - 2) r_inf / ((r_inf - 4)(r_inf - 2) r)) sqrt(1 - b2**t) / (sqrt(v) + eps)

    with ``m^ = m / (1 - b1**t)``. Liu et al., 2020, algorithm 2; the threshold 5 and the place of eps are PyTorch's.
    """

    defaults = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8}

    def start(self, p, h):
        return {"m": np.zeros_like(p), "v": np.zeros_like(p)}

    def direction(self, g, p, state, h, out):
        average(state.m, g, h.betas[0], out)
        average(state.v, np.square(g, out=out), h.betas[1], out)
        d = np.divide(state.m, self.denominator(state, h, out), out=out)
        d /= 1 - h.betas[0] ** state.step
        return d

    def denominator(self, state, h, out=None):
        b2, t = h.betas[1], state.step
        r_inf = 2 / (1 - b2) - 1
        r = r_inf - 2 * t * b2**t / (1 - b2**t)
        if r <= 5:
            return 1.0
        rectification = math.sqrt((r - 4) * (r - 2) * r_inf / ((r_inf - 4) * (r_inf - 2) * r))
        denominator = root(state.v, h.eps, False, out)
        denominator /= rectification * math.sqrt(1 - b2**t)
        return denominator


class Adamax(Optimizer):
    """Adam in the infinity norm.

        u = max(b2 * u, |g| + eps)
        d = m / (1 - b1**t) / u

    Kingma and Ba, 2015, algorithm 2, with PyTorch's eps.
    """

    defaults = {"lr": 2e-3, "betas": (0.9, 0.999), "eps": 1e-8}

    def start(self, p, h):
        return {"m": np.zeros_like(p), "u": np.zeros_like(p)}

    def direction(self, g, p, state, h, out):
        average(state.m, g, h.betas[0], out)
        state.u *= h.betas[1]
        np.maximum(state.u, np.add(np.abs(g, out=out), h.eps, out=out), out=state.u)
        d = np.divide(state.m, state.u, out=out)
        d /= 1 - h.betas[0] ** state.step
        return d

    def denominator(self, state, h):
        return state.u


class AdaBelief(Optimizer):
    """Adam that divides by how far the gradient is from its running mean: long steps where it came as expected.

        s = b2 * s + (1 - b2) * (g - m)**2 + eps
        d = m / (1 - b1**t) / (sqrt(s / (1 - b2**t)) + eps)

    Zhuang et al., 2020, algorithm 2.
    """

    defaults = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-16}

    def start(self, p, h):
        return {"m": np.zeros_like(p), "s": np.zeros_like(p)}

    def direction(self, g, p, state, h, out):
        average(state.m, g, h.betas[0], out)
        average(state.s, np.square(np.subtract(g, state.m, out=out), out=out), h.betas[1], out)
        state.s += h.eps
        d = np.divide(state.m, self.denominator(state, h, out), out=out)
        d /= 1 - h.betas[0] ** state.step
        return d

    def denominator(self, state, h, out=None):
        return root(np.divide(state.s, 1 - h.betas[1] ** state.step, out=out), h.eps, False, out)


class Yogi(Optimizer):
    """Adam whose ``v`` moves by a bounded amount: a burst of large gradients is not forgotten at once.

        v = v - (1 - b2) * sign(v - g**2) * g**2
        d = m / (1 - b1**t) / (sqrt(v / (1 - b2**t)) + eps)

    ``m`` and ``v`` start at ``initial``, as in the authors' program. Zaheer et al., 2018, algorithm 2.
    """

    defaults = {"lr": 1e-2, "betas": (0.9, 0.999), "eps": 1e-3, "initial": 1e-6}

    def start(self, p, h):
        return {"m": np.full_like(p, h.initial), "v": np.full_like(p, h.initial)}

    def direction(self, g, p, state, h, out):
        average(state.m, g, h.betas[0], out)
        square = np.square(g, out=out)
        square *= np.sign(state.v - square)
        square *= 1 - h.betas[1]
        state.v -= square
        d = np.divide(state.m, self.denominator(state, h, out), out=out)
        d /= 1 - h.betas[0] ** state.step
        return d

    def denominator(self, state, h, out=None):
        return root(np.divide(state.v, 1 - h.betas[1] ** state.step, out=out), h.eps, False, out)
