"""Two spirals: what width and depth are for.

Two arms wind around each other, so no line divides them: a linear model gets a quarter of the points wrong. One hidden
layer bends far enough for nearly all of them, two follow both arms. The boundary is drawn in the terminal.

Run it: python examples/03_spirals.py
"""

import numpy as np

import minigrad as mg
from minigrad import nn, optim
from minigrad.data import load

MODELS = {"linear": [], "one hidden layer": [16], "two hidden layers": [32, 32]}
STEPS = 600


def trained(data, hidden: list[int]) -> nn.Module:
    """A model fitted to all training points at once."""
    model = nn.MLP([2, *hidden, data.outputs], activation="tanh", rng=0)
    optimizer = optim.Adam(model.parameters(), lr=optim.schedules.Cosine(0.02, STEPS))
    for _ in range(STEPS):
        optimizer.zero_grad()
        nn.cross_entropy(model(data.train.x), data.train.y).backward()
        optimizer.step()
    return model


def accuracy(model: nn.Module, examples) -> float:
    with mg.no_grad():
        return float(np.mean(model(examples.x).numpy().argmax(axis=1) == examples.y))


def drawn(model: nn.Module, size: float, width: int = 48, height: int = 20) -> str:
    """The class of every place of the plane, as letters."""
    columns, rows = np.meshgrid(np.linspace(-size, size, width), np.linspace(size, -size, height))
    with mg.no_grad():
        classes = model(np.stack([columns.ravel(), rows.ravel()], axis=1)).numpy().argmax(axis=1)
    return "\n".join("".join(".#"[c] for c in row) for row in classes.reshape(height, width))


def main() -> dict:
    """Print accuracies and the picture; return the accuracies."""
    data, found = load("spirals", rng=0), {}
    for name, hidden in MODELS.items():
        model = trained(data, hidden)
        found[name] = accuracy(model, data.validation)
        print(f"{name:18} {100 * found[name]:5.1f} % of the points it has not seen")
    print(drawn(model, float(np.abs(data.train.x).max())))
    return found


if __name__ == "__main__":
    main()
