"""Curvature: what a Hessian says about how to step, and how to use it without forming it.

The ratio of largest to smallest curvature, the condition number, decides how slow gradient descent is. At a saddle some
curvature is negative. For a large model the matrix is out of reach, but its product with a vector costs about two
gradients; power iteration then finds the largest curvature, and with it the largest learning rate that is stable.

Run it: python examples/13_hessian.py
"""

import numpy as np

import minigrad as mg
from minigrad import nn


def bowl(p):
    return 0.5 * (20 * p[0] ** 2 + p[1] ** 2)


def saddle(p):
    return p[0] ** 2 - p[1] ** 2 + p[0] * p[1]


def largest_curvature(f, w: np.ndarray, rounds: int = 60) -> float:
    """The largest eigenvalue of the Hessian by power iteration, from Hessian-vector products alone."""
    v = np.random.default_rng(0).standard_normal(w.shape)
    for _ in range(rounds):
        v = v / np.linalg.norm(v)
        product = mg.hvp(f, (w,), (v,))
        size, v = float(np.sum(v * product)), product
    return size


def descended(f, w: np.ndarray, lr: float, steps: int = 8) -> float:
    """The loss after plain gradient descent."""
    for _ in range(steps):
        w = w - lr * mg.grad(f)(w)
    return float(f(w))


def main() -> dict:
    """Print what the curvatures are and return them."""
    at = np.array([1.0, 1.0])
    curvatures = {name: np.linalg.eigvalsh(mg.hessian(f)(at)) for name, f in (("bowl", bowl), ("saddle", saddle))}
    for name, found in curvatures.items():
        print(f"{name:7} curvatures {np.round(found, 3)}")
    print(f"the bowl's condition number is {curvatures['bowl'][1] / curvatures['bowl'][0]:.0f}\n")

    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((40, 5)), rng.integers(0, 3, 40)

    def loss(w):
        return nn.cross_entropy(x @ np.reshape(w, (5, 3)), y)

    w = np.zeros(15)
    top = largest_curvature(loss, w)
    exact = float(np.linalg.eigvalsh(mg.hessian(loss)(w))[-1])
    print(f"largest curvature of a classifier: {top:.6f} by products, {exact:.6f} by the whole matrix")
    losses = {}
    for factor in (0.5, 1.0, 1.9, 8.0):
        losses[factor] = descended(loss, w, factor / top)
        print(f"lr = {factor} / curvature   loss after 8 steps {losses[factor]:.4f}")
    return {"bowl": curvatures["bowl"], "saddle": curvatures["saddle"], "top": top, "exact": exact, "losses": losses}


if __name__ == "__main__":
    main()
