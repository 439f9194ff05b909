"""L-BFGS: the curvature learned from how the gradient changed over the last steps."""

import numpy as np

from minigrad.optim.line_search import Point, strong_wolfe
from minigrad.optim.vector import VectorOptimizer


class LBFGS(VectorOptimizer):
    """Limited-memory BFGS: a step along ``-H g``, where H is made of the last ``history_size`` steps.

    With ``s`` the change of the parameters in a step and ``y`` that of the gradient, H starts as
    ``(s.y / y.y) I`` of the last pair and is corrected for each pair, the oldest first; a pair with ``s.y <= 1e-10``
    is left out. One call of ``step`` makes up to ``max_iter`` such steps, with at most about ``max_eval`` evaluations
    (by default 5/4 as many), and stops early when no element of the gradient exceeds ``tolerance_grad``, or neither
    parameters nor loss change by more than ``tolerance_change``.

    ``line_search_fn="strong_wolfe"`` chooses the length of each step, out of at most 25 unless ``max_eval`` leaves
    fewer; without it each is ``lr`` long, the first ``lr * min(1, 1 / |g|_1)``. Batches must not change between calls.
    Names, defaults and tolerances are PyTorch's. Nocedal and Wright, 2006, algorithms 7.4 and 7.5; Liu and Nocedal,
    1989.
    """

    defaults = {
        **{"lr": 1.0, "max_iter": 20, "max_eval": None, "history_size": 100, "line_search_fn": None},
        **{"tolerance_grad": 1e-7, "tolerance_change": 1e-9},
    }

    def check_options(self, h):
        if h.line_search_fn not in (None, "strong_wolfe"):
            raise ValueError(f"line_search_fn must be None or 'strong_wolfe', got {h.line_search_fn!r}")

    def start_memory(self):
        n = sum(p.size for p in self.params)
        shapes = {"s": (0, n), "y": (0, n), "gradient": n, "moved": n}
        return {"iterations": 0, "evaluations": 0} | {k: np.zeros(shape, like=self.like) for k, shape in shapes.items()}

    def move(self, closure, h):
        loss = self.objective(closure)
        g, value, x, evaluations = self.require_finite(self.gradient(loss)), loss.item(), self.vector(), 1
        self.memory.evaluations += 1
        most = h.max_iter * 5 // 4 if h.max_eval is None else h.max_eval
        for left in reversed(range(h.max_iter)):
            if np.max(np.abs(g)) <= h.tolerance_grad:
                break
            d, t = self.next_direction(g, h)
            slope, value_before = float(g @ d), value
            if slope > -h.tolerance_change:
                break
            if h.line_search_fn:
                resolution = h.tolerance_change / float(np.max(np.abs(d)))
                line = lambda t, x=x, d=d: self.point(closure, x, d, t)
                start, rest = Point(0.0, value, g, slope), 25 if h.max_eval is None else most - evaluations
                (t, value, g, _), count = strong_wolfe(line, start, t, resolution=resolution, most=rest)
                self.place(x + t * d)
            elif left:
                (_, value, g, _), count = self.point(closure, x, d, t), 1
            else:
                self.place(x + t * d)
                count = 0
            x, self.memory.moved = x + t * d, t * d
            self.memory.evaluations += count
            evaluations += count
            step, change = np.max(np.abs(self.memory.moved)), abs(value - value_before)
            if evaluations >= most or step <= h.tolerance_change or (left and change < h.tolerance_change):
                break
        return loss

    def next_direction(self, g: np.ndarray, h) -> tuple[np.ndarray, float]:
        """The direction ``-H g``, and how far to go along it at first."""
        memory = self.memory
        y = g - memory.gradient
        if memory.iterations and memory.moved @ y > 1e-10:
            memory.s = np.vstack([memory.s, memory.moved])[-h.history_size :]
            memory.y = np.vstack([memory.y, y])[-h.history_size :]
        memory.iterations += 1
        memory.gradient = g
        first = h.lr * min(1.0, 1.0 / float(np.sum(np.abs(g))))
        return -inverse_hessian_times(g, memory.s, memory.y), first if memory.iterations == 1 else h.lr

    def point(self, closure, x: np.ndarray, d: np.ndarray, t: float) -> Point:
        """The loss and its gradient at ``x + t d``, where the parameters are then."""
        self.place(x + t * d)
        loss = self.objective(closure)
        g = self.gradient(loss).data
        return Point(t, loss.item(), g, float(g @ d))


def inverse_hessian_times(g: np.ndarray, s: np.ndarray, y: np.ndarray) -> np.ndarray:
    """``H g`` for the pairs in the rows of ``s`` and ``y``, oldest first: the two-loop recursion, algorithm 7.4."""
    d, weights = g.copy(), []
    for s_i, y_i in zip(s[::-1], y[::-1]):
        weights.append((s_i @ d) / (s_i @ y_i))
        d -= weights[-1] * y_i
    if len(s):
        d *= (s[-1] @ y[-1]) / (y[-1] @ y[-1])
    for s_i, y_i, weight in zip(s, y, reversed(weights)):
        d += s_i * (weight - (y_i @ d) / (s_i @ y_i))
    return d
