"""Full batch against mini-batches of 32, 64 and 128: the same examples seen, many more steps taken.

A small network learns the digits for ten epochs by plain gradient descent. The gradient of a mini-batch of B examples
is the full gradient plus noise whose size falls as 1 / sqrt(B); that noise is cheaper than waiting for the full sum.

Run it: python examples/07_batch_size.py
"""

import numpy as np

from minigrad import data, nn, optim
from minigrad.training.loop import fit

EPOCHS = 10


def accuracy(batch_size: int) -> tuple[int, float]:
    """How many steps ten epochs are, and the validation accuracy after them."""
    digits = data.load("digits")
    model = nn.MLP([64, 32, 10], rng=0)
    optimizer = optim.SGD(model, 0.1)
    *_, last = fit(model, optimizer, digits, loss=nn.cross_entropy, epochs=EPOCHS, batch_size=batch_size, rng=0)
    return last.step, last.validation.accuracy


def noise(batch_size: int) -> float:
    """The mean distance of a batch's gradient from the full gradient, over the length of the full one."""
    digits, rng = data.load("digits").train, np.random.default_rng(0)
    model = nn.MLP([64, 32, 10], rng=0)

    def gradient(rows):
        model.zero_grad()
        nn.cross_entropy(model(digits.x[rows]), digits.y[rows]).backward()
        return np.concatenate([p.grad.ravel() for p in model.parameters()])

    full = gradient(np.arange(len(digits.x)))
    batches = [rng.choice(len(digits.x), batch_size) for _ in range(20)]
    return float(np.mean([np.linalg.norm(gradient(rows) - full) for rows in batches]) / np.linalg.norm(full))


def main() -> dict:
    """Print the table and return its numbers."""
    whole = len(data.load("digits").train.x)
    found = {size: (*accuracy(size), 0.0 if size == whole else noise(size)) for size in (32, 64, 128, whole)}
    print(f"batch   steps in {EPOCHS} epochs   validation accuracy   noise of the gradient")
    for size, (steps, correct, spread) in found.items():
        print(f"{size:5} {steps:20} {correct:21.1%} {spread:23.2f}")
    return found


if __name__ == "__main__":
    main()
