"""What is hard for gradient descent, and who gets past it: a ravine, a saddle point, and noise.

- The ravine ``(w0**2 + 100 w1**2) / 2`` is a hundred times steeper across than along. The steep axis bounds the
  learning rate, so gradient descent jitters across and crawls along.
- The saddle ``w0**2 - w1**2 + w1**4 / 4``: close to the ridge the gradient is almost zero, yet no minimum is near.
- Noise: a gradient with an error of standard deviation 1 never lets a constant learning rate come to rest.

Run it: python examples/08_landscapes.py
"""

import numpy as np

import minigrad as mg
from minigrad import optim
from minigrad.optim.schedules import InverseSqrt

METHODS = {
    "gradient descent": lambda w: optim.SGD(w, 0.018),
    "momentum": lambda w: optim.SGD(w, 0.015, momentum=0.9),
    "Nesterov": lambda w: optim.SGD(w, 0.01, momentum=0.9, nesterov=True),
    "RMSprop": lambda w: optim.RMSprop(w, 0.01),
    "Adam": lambda w: optim.Adam(w, 0.1),
}


def ravine(w):
    """Condition number 100."""
    return (w[0] ** 2 + 100 * w[1] ** 2) / 2


def saddle(w):
    """A saddle at (0, 0), with minima of -1 at (0, sqrt 2) and (0, -sqrt 2)."""
    return w[0] ** 2 - w[1] ** 2 + w[1] ** 4 / 4


def steps_to(loss, target: float, start, method, most: int = 3000) -> int:
    """How many steps it takes until the loss is below the target."""
    w = mg.tensor(start, requires_grad=True)
    optimizer = METHODS[method]([w])
    for step in range(most):
        if optimizer.step(lambda: loss(w)).item() < target:
            return step
    return most


def turns(method: str) -> int:
    """How often the steep coordinate of the ravine changes its sign in the first 50 steps."""
    w = mg.tensor([1.0, 1.0], requires_grad=True)
    optimizer, path = METHODS[method]([w]), []
    for _ in range(50):
        optimizer.step(lambda: ravine(w))
        path.append(w.data[1])
    return int(np.sum(np.diff(np.sign(path)) != 0))


def rest(lr) -> float:
    """The mean loss of w**2 / 2 over the last 1000 of 4000 steps whose gradients are noisy."""
    rng, w = np.random.default_rng(0), mg.tensor(3.0, requires_grad=True)
    optimizer, late = optim.SGD([w], lr), []
    for step in range(4000):
        w.grad = w.data + rng.standard_normal()
        optimizer.step()
        if step >= 3000:
            late.append(w.item() ** 2 / 2)
    return float(np.mean(late))


def main() -> dict:
    """Print the tables and return their numbers."""
    found = {
        method: {
            "ravine": steps_to(ravine, 1e-6, [1.0, 1.0], method),
            "turns": turns(method),
            "saddle": steps_to(saddle, -0.99, [1.0, 1e-4], method),
        }
        for method in METHODS
    }
    print("                  steps through the ravine   turns across it   steps past the saddle")
    for method, numbers in found.items():
        print(f"{method:17} {numbers['ravine']:25} {numbers['turns']:17} {numbers['saddle']:23}")
    found["noise"] = {"0.1": rest(0.1), "0.01": rest(0.01), "decaying": rest(InverseSqrt(0.1, 40))}
    print("\nloss at rest under noise:", ", ".join(f"lr {lr} {loss:.4f}" for lr, loss in found["noise"].items()))
    return found


if __name__ == "__main__":
    main()
