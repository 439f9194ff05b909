"""First against second order: knowing the curvature saves steps, and each step costs more.

In Rosenbrock's valley the way to the minimum is bent and flat. Each method starts at (-1.2, 1) and stops when the loss
is below 1e-8, or after 3000 steps; counted are its steps and how often it evaluates the loss. Then three parameters of
a decaying exponential are fitted to twenty points, by gradient descent and by the methods for least squares.

Run it: python examples/11_second_order.py
"""

import numpy as np

import minigrad as mg
from minigrad import optim

METHODS = {
    "gradient descent": lambda w: optim.SGD(w, 1e-3),
    "momentum": lambda w: optim.SGD(w, 1e-3, momentum=0.9),
    "Adam": lambda w: optim.Adam(w, 0.05),
    "L-BFGS": lambda w: optim.LBFGS(w, line_search_fn="strong_wolfe", max_iter=1),
    "Newton-CG": optim.NewtonCG,
    "Newton": optim.Newton,
}
X = np.linspace(0, 3, 20)
Y = 2.5 * np.exp(-1.3 * X) + 0.5


def rosenbrock(w):
    """Minimum 0 at (1, 1)."""
    return (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2


def through_the_valley(method: str, most: int = 3000) -> tuple[int, int]:
    """How many steps and evaluations of the loss it takes."""
    w = mg.tensor([-1.2, 1.0], requires_grad=True)
    optimizer, evaluations = METHODS[method]([w]), 0

    def closure():
        nonlocal evaluations
        evaluations += 1
        return rosenbrock(w)

    for step in range(most):
        if optimizer.step(closure).item() < 1e-8:
            return step, evaluations
    return most, evaluations


def residuals(w):
    """How far ``a exp(b x) + c`` is from the points: `(20,)`."""
    return w[0] * np.exp(w[1] * X) + w[2] - Y


def fitted(build, steps: int, *, squares: bool) -> float:
    """The largest error of the three parameters after some steps."""
    w = mg.tensor([1.0, -1.0, 0.0], requires_grad=True)
    optimizer = build([w])
    for _ in range(steps):
        optimizer.step(lambda: residuals(w) if squares else np.sum(np.square(residuals(w))) / 2)
    return float(np.abs(w.data - [2.5, -1.3, 0.5]).max())


def main() -> dict:
    """Print both tables and return their numbers."""
    found = {method: through_the_valley(method) for method in METHODS}
    print("Rosenbrock          steps   evaluations")
    for method, (steps, evaluations) in found.items():
        print(f"{method:17} {steps:7} {evaluations:13}")
    found["fit"] = {
        "gradient descent, 10 steps": fitted(lambda w: optim.SGD(w, 0.05), 10, squares=False),
        "gradient descent, 100 steps": fitted(lambda w: optim.SGD(w, 0.05), 100, squares=False),
        "Gauss-Newton, 10 steps": fitted(optim.GaussNewton, 10, squares=True),
        "Levenberg-Marquardt, 10 steps": fitted(optim.LevenbergMarquardt, 10, squares=True),
    }
    print("\nlargest error of the fitted parameters")
    for name, error in found["fit"].items():
        print(f"{name:30} {error:.1e}")
    return found


if __name__ == "__main__":
    main()
