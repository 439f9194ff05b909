"""Second-order methods: the gradient, and the curvature too.

The loss near ``p`` is about ``L + g.d + d.H.d / 2``; these methods go to the minimum of that, or towards it. They call
``step(closure)``, where the closure returns the loss (Gauss-Newton: the residuals).
"""

import math
from typing import Any

import numpy as np

from minigrad.engine import Tensor
from minigrad.errors import NonFiniteError
from minigrad.optim.line_search import backtracking
from minigrad.optim.vector import VectorOptimizer


class Newton(VectorOptimizer):
    """Newton's method with the full Hessian, for small problems: one step to the minimum of a quadratic.

        p = p - lr * (H + damping * I)^-1 g

    H is computed row by row, one backward pass each. A saddle attracts Newton's method as much as a minimum does;
    ``saddle_free=True`` takes the magnitudes of the eigenvalues of H, and moves away from it (Dauphin et al., 2014).
    Nocedal and Wright, 2006, section 3.3.
    """

    defaults = {"lr": 1.0, "damping": 0.0, "saddle_free": False}

    def move(self, closure, h):
        loss = self.objective(closure)
        gradient = self.gradient(loss, on_tape=True)
        g = self.require_finite(gradient)
        hessian = self.hessian(gradient)
        if h.saddle_free:
            curvatures, axes = np.linalg.eigh(hessian)
            d = axes @ ((axes.T @ g) / (np.abs(curvatures) + h.damping))
        else:
            d = solved(hessian + h.damping * np.eye(len(g), like=g), g)
        self.place(self.vector() - h.lr * d)
        return loss

    def hessian(self, gradient: Tensor) -> np.ndarray:
        """The matrix of second derivatives, `(n, n)`, made symmetric."""
        if not gradient.requires_grad:  # the loss is linear
            return np.zeros((gradient.size, gradient.size), like=self.like)
        rows = np.stack([self.pulled_back(gradient, row) for row in np.eye(gradient.size, like=self.like)])
        return (rows + rows.T) / 2


class NewtonCG(VectorOptimizer):
    """Newton's method without the Hessian: products ``H v``, one backward pass each, are enough to solve for the step.

    Conjugate gradients on ``H d = g`` stop when the residual is below ``min(tolerance, sqrt(|g|)) |g|``, after
    ``iterations``, or at a direction in which the curvature is not positive; then the step is halved until the loss
    falls enough. Nocedal and Wright, 2006, algorithm 7.1; Martens, 2010, for networks.
    """

    defaults = {"lr": 1.0, "damping": 0.0, "tolerance": 1e-3, "iterations": 100}

    def move(self, closure, h):
        loss = self.objective(closure)
        gradient = self.gradient(loss, on_tape=True)
        g = self.require_finite(gradient)
        d = self.direction_to_minimum(gradient, g, h)
        x, slope = self.vector(), -h.lr * float(g @ d)
        t = backtracking(lambda t: self.value_at(x - t * h.lr * d, closure), loss.item(), slope)
        self.place(x - t * h.lr * d)
        return loss

    def direction_to_minimum(self, gradient: Tensor, g: np.ndarray, h) -> np.ndarray:
        """About ``(H + damping * I)^-1 g``, by conjugate gradients."""
        d, residual, q = np.zeros_like(g), g.copy(), g.copy()
        square = float(residual @ residual)
        enough = square * min(h.tolerance**2, math.sqrt(square))
        for _ in range(h.iterations):
            if square <= enough:
                break
            hq = (self.pulled_back(gradient, q) if gradient.requires_grad else 0.0) + h.damping * q
            curvature = float(q @ hq)
            if curvature <= 0:
                return d if d.any() else g
            d += (square / curvature) * q
            residual -= (square / curvature) * hq
            square, before = float(residual @ residual), square
            q = residual + (square / before) * q
        return d


class GaussNewton(VectorOptimizer):
    """Least squares: the loss is ``sum(r**2) / 2``, and the closure returns the residuals ``r``, of any shape.

        p = p - lr * (J.T J + damping * I)^-1 J.T r

    J is the Jacobian of the residuals, one backward pass for each of them; ``J.T J`` stands for the Hessian, and is
    right where the residuals are small. Nocedal and Wright, 2006, section 10.3.
    """

    defaults = {"lr": 1.0, "damping": 0.0}

    def move(self, closure, h):
        r, jacobian = self.residuals(closure)
        self.place(self.vector() - h.lr * least_squares(jacobian, r.data.ravel(), h.damping))
        return half_square(r)

    def __init__(self, params: Any, lr: Any = None, **options: Any):
        super().__init__(params, lr, **options)
        if self.regularizer is not None or self.maximize:
            raise ValueError(f"{type(self).__name__} minimizes squares: append sqrt(2 * strength) * w to the residuals")

    def objective(self, closure):
        return half_square(closure())

    def residuals(self, closure) -> tuple[Tensor, np.ndarray]:
        """The residuals, and their Jacobian `(number of residuals, number of parameters)`."""
        r = closure()
        if not isinstance(r, Tensor) or not r.requires_grad:
            raise TypeError(f"the closure must return the residuals, computed from the parameters, got {r!r:.60}")
        if not np.isfinite(r.data).all():
            raise NonFiniteError(f"the residuals are not finite: step {self.steps} was not taken, nothing was changed")
        rows = np.eye(r.size, like=self.like).reshape(r.size, *r.shape)
        return r, np.stack([self.pulled_back(r, row) for row in rows])


class LevenbergMarquardt(GaussNewton):
    """Gauss-Newton with a damping that adapts: small steps along the gradient far away, Gauss-Newton's near by.

        d = (J.T J + mu * I)^-1 J.T r
        gain = (fall of the loss) / (fall that the linear model of r promised)
        gain > 0:   p = p - d,  mu = mu * max(1/3, 1 - (2 * gain - 1)**3)
        otherwise:  mu = 2 mu, then 4, 8, ..., until it is

    ``mu`` starts at ``damping`` times the largest element of the diagonal of ``J.T J``. Marquardt, 1963; Madsen,
    Nielsen and Tingleff, 2004, algorithm 3.16.
    """

    defaults = {"damping": 1e-3, "iterations": 10}

    def start_memory(self):
        return {"mu": 0.0}

    def move(self, closure, h):
        r, jacobian = self.residuals(closure)
        x, residuals = self.vector(), r.data.ravel()
        g, growth = jacobian.T @ residuals, 2.0
        mu = self.memory.mu or h.damping * float(np.max(np.sum(np.square(jacobian), axis=0)))
        for _ in range(h.iterations):
            d = least_squares(jacobian, residuals, mu)
            promised = float(d @ (mu * d + g)) / 2
            fallen = half_square(r).item() - self.value_at(x - d, closure)
            if promised > 0 and fallen > 0:
                mu *= max(1 / 3, 1 - (2 * fallen / promised - 1) ** 3)
                break
            mu, growth = mu * growth, growth * 2
        else:
            self.place(x)
            return half_square(r)  # nothing nearby is lower
        self.memory.mu = mu
        return half_square(r)


def half_square(r: Tensor) -> Tensor:
    """The loss of least squares: ``sum(r**2) / 2``."""
    return np.sum(np.square(r)) / 2


def least_squares(jacobian: np.ndarray, r: np.ndarray, damping: float) -> np.ndarray:
    """The ``d`` that minimizes ``|r - J d|**2 + damping * |d|**2``: where many do, the shortest."""
    if damping:
        n = jacobian.shape[1]
        jacobian = np.vstack([jacobian, math.sqrt(damping) * np.eye(n, like=r)])
        r = np.concatenate([r, np.zeros(n, like=r)])
    return np.linalg.lstsq(jacobian, r, rcond=None)[0]


def solved(hessian: np.ndarray, g: np.ndarray) -> np.ndarray:
    """``H^-1 g``; an error that says what to do where H has no inverse."""
    try:
        return np.linalg.solve(hessian, g)
    except np.linalg.LinAlgError:
        raise ValueError(
            "the Hessian is singular, so Newton's step is not defined: write damping=1e-3, or saddle_free=True with it"
        ) from None
