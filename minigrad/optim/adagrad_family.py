"""Methods that add up what they have seen: Adagrad, Adadelta, and gradient descent whose iterates are averaged.

In the recurrences, ``g`` is the gradient, ``t`` counts the steps from 1, and every step is ``p -= lr * d``.
"""

import numpy as np

from minigrad.optim.first_order import average, root
from minigrad.optim.optimizer import Optimizer


class Adagrad(Optimizer):
    """Gradient over the root of the sum of all its squares.

        s = s + g**2                                               (s starts at ``initial``)
        d = g / (sqrt(s) + eps) / (1 + (t - 1) * lr_decay)

    ``eps_in_sqrt=True`` divides by ``sqrt(s + eps)``, as optax does. Duchi, Hazan and Singer, 2011, fig. 1 (diagonal).
    """

    defaults = {"lr": 1e-2, "lr_decay": 0.0, "initial": 0.0, "eps": 1e-10, "eps_in_sqrt": False}

    def start(self, p, h):
        return {"s": np.full_like(p, h.initial)}

    def direction(self, g, p, state, h, out):
        state.s += np.square(g, out=out)
        return np.divide(g, self.denominator(state, h, out), out=out)

    def denominator(self, state, h, out=None):
        denominator = root(state.s, h.eps, h.eps_in_sqrt, out)
        denominator *= 1 + (state.step - 1) * h.lr_decay
        return denominator


class Adadelta(Optimizer):
    """Gradient times the root mean square of the steps so far, over that of the gradients: its unit is that of ``p``.

        s = rho * s + (1 - rho) * g**2
        d = sqrt(a + eps) / sqrt(s + eps) * g
        a = rho * a + (1 - rho) * d**2

    Zeiler, 2012, algorithm 1.
    """

    defaults = {"lr": 1.0, "rho": 0.9, "eps": 1e-6}

    def start(self, p, h):
        return {"s": np.zeros_like(p), "a": np.zeros_like(p)}

    def direction(self, g, p, state, h, out):
        average(state.s, np.square(g, out=out), h.rho, out)
        d = g / self.denominator(state, h)
        average(state.a, np.square(d, out=out), h.rho, out)
        return d

    def denominator(self, state, h):
        return np.sqrt((state.s + h.eps) / (state.a + h.eps))


class ASGD(Optimizer):
    """Gradient descent with a shrinking step, and the average of its iterates.

        d = (g + lambd * p) / (1 + lambd * lr * (t - 1))**alpha
        ax = ax + (p - ax) / max(1, t - 1 - t0)                    (after the step)

    ``averages()`` has the ``ax``, which are less noisy than the parameters. Polyak and Juditsky, 1992; the step sizes
    are those of Bottou, 2010, section 5.
    """

    defaults = {"lr": 1e-2, "lambd": 1e-4, "alpha": 0.75, "t0": 1e6}

    def start(self, p, h):
        return {"ax": p.copy()}

    def direction(self, g, p, state, h, out):
        t = state.step - 1
        d = np.add(g, np.multiply(p, h.lambd, out=out), out=out)
        d /= (1 + h.lambd * h.lr * t) ** h.alpha
        state.ax += (p - h.lr * d - state.ax) / max(1, t - h.t0)
        return d

    def averages(self) -> dict[str, np.ndarray]:
        """The averages of the iterates, by the name of their parameter."""
        return {self.names[p]: state.ax.copy() for p, state in self.state.items()}
