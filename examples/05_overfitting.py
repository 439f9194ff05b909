"""Why regularize: f2 fits the training points better than f1, and everything else worse.

Twelve noisy points of a sine are fitted by polynomials: f1 of degree 3, f2 of degree 11, which can pass through all of
them. Then f2 is fitted again with the penalty ``lambda * sum(w**2)`` in the objective
``L(W) = 1/N sum (f(x_i, W) - y_i)**2 + lambda R(W)``, for a range of lambda. The loss is quadratic in the
coefficients, so one step of Newton's method finds the minimum.

Run it: python examples/05_overfitting.py
"""

import numpy as np

import minigrad as mg
from minigrad import nn, optim


def sine(n: int, rng: np.random.Generator):
    """Noisy samples of a sine on [-1, 1]: `(n,)` and `(n,)`."""
    x = np.linspace(-1, 1, n)
    return x, np.sin(3 * x) + 0.2 * rng.standard_normal(n)


def features(x, degree: int):
    """Legendre polynomials of degree 0 to ``degree`` at ``x``: `(n, degree + 1)`."""
    return mg.tensor(np.polynomial.legendre.legvander(x, degree))


def losses(degree: int, strength: float = 0.0) -> tuple[float, float]:
    """The training and the validation loss of the polynomial with the lowest objective."""
    rng = np.random.default_rng(3)
    (x, y), (x_new, y_new) = sine(12, rng), sine(200, rng)
    w = mg.tensor(np.zeros((degree + 1, 1)), requires_grad=True, name="w")

    def loss(x, y):
        return nn.mse_loss(features(x, degree) @ w, mg.tensor(y[:, None]))

    optim.Newton([w], regularizer=optim.L2(strength)).step(lambda: loss(x, y))
    return loss(x, y).item(), loss(x_new, y_new).item()


def main() -> dict:
    """Print both tables and return their numbers."""
    strengths = [0.0, 1e-4, 1e-3, 1e-2, 1e-1, 1.0]
    found = {"f1": losses(3), "f2": losses(11)} | {strength: losses(11, strength) for strength in strengths}
    print("model               train loss   validation loss")
    for name, (train, validation) in found.items():
        label = f"f2, lambda {name:g}" if isinstance(name, float) else name
        print(f"{label:18} {train:11.4f} {validation:17.4f}")
    return found


if __name__ == "__main__":
    main()
