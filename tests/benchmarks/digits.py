"""Trains a network on the bundled digits until 97 % of those kept aside are right, in this process, and says so.

    python tests/benchmarks/digits.py minigrad

64-64-32-10 with ReLU between, Adam, batches of 64, float32: the same first weights and the same batches whoever
takes the steps, so all need the same epochs. Nothing but NumPy and that package is imported.
"""

import json
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
SIZES, BATCH, RATE, WANTED, MOST = (64, 64, 32, 10), 64, 0.003, 0.97, 50


def examples():
    """Inputs and classes to learn from, and those kept aside: every fifth scan of each digit."""
    with np.load(ROOT / "minigrad" / "data" / "digits.npz") as file:
        x, y = file["images"].reshape(-1, 64).astype(np.float32) / 16, file["labels"].astype(np.int64)
    aside = np.zeros(len(y), bool)
    for digit in range(10):
        aside[np.flatnonzero(y == digit)[4::5]] = True
    return x[~aside], y[~aside], x[aside], y[aside]


def first_weights():
    """Weight `(out, in)` and bias of each layer."""
    rng, arrays = np.random.default_rng(0), []
    for n_in, n_out in pairwise(SIZES):
        arrays += [rng.standard_normal((n_out, n_in)) * (2 / n_in) ** 0.5, np.zeros(n_out)]
    return [a.astype(np.float32) for a in arrays]


def with_minigrad(compiled=False):
    sys.path.insert(0, str(ROOT))
    import minigrad as mg
    from minigrad import nn, optim

    layers = [nn.Linear(n_in, n_out, rng=0) for n_in, n_out in pairwise(SIZES)]
    model = nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2]).astype("float32")
    for p, w in zip(model.parameters(), first_weights()):
        p.data = w
    opt = optim.Adam(model.parameters(), lr=RATE)

    def step(x, y):
        loss = nn.cross_entropy(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()

    def scores(x):
        with mg.no_grad():
            return model(x).numpy()

    return mg.compile(step) if compiled else step, scores


def with_minigrad_compiled():
    return with_minigrad(compiled=True)


def with_torch():
    import torch
    from torch.nn import functional

    torch.set_num_threads(1)
    layers = [torch.nn.Linear(n_in, n_out) for n_in, n_out in pairwise(SIZES)]
    model = torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1], torch.nn.ReLU(), layers[2])
    with torch.no_grad():
        for p, w in zip(model.parameters(), first_weights()):
            p.copy_(torch.from_numpy(w))
    opt = torch.optim.Adam(model.parameters(), lr=RATE)

    def step(x, y):
        loss = functional.cross_entropy(model(torch.from_numpy(x)), torch.from_numpy(y))
        opt.zero_grad()
        loss.backward()
        opt.step()

    def scores(x):
        with torch.no_grad():
            return model(torch.from_numpy(x)).numpy()

    return step, scores


def with_jax():
    import jax
    import jax.numpy as jnp

    b1, b2, eps = 0.9, 0.999, 1e-8

    @jax.jit
    def forward(weights, x):
        for i in range(0, len(weights), 2):
            x = jax.nn.relu(x) if i else x
            x = x @ weights[i].T + weights[i + 1]
        return x

    def loss_of(weights, x, y):
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(forward(weights, x)), y[:, None], axis=1))

    @jax.jit
    def train(weights, means, squares, t, x, y):
        gradients = jax.grad(loss_of)(weights, x, y)
        means = [b1 * m + (1 - b1) * g for m, g in zip(means, gradients)]
        squares = [b2 * v + (1 - b2) * g * g for v, g in zip(squares, gradients)]
        moved = [
            w - RATE * (m / (1 - b1**t)) / (jnp.sqrt(v / (1 - b2**t)) + eps) for w, m, v in zip(weights, means, squares)
        ]
        return moved, means, squares

    weights = [jnp.asarray(w) for w in first_weights()]
    means = squares = [jnp.zeros_like(w) for w in weights]
    t = 0

    def step(x, y):
        nonlocal weights, means, squares, t
        t += 1
        weights, means, squares = train(weights, means, squares, float(t), x, y)

    return step, lambda x: np.asarray(forward(weights, x))


CONTENDERS = {
    "minigrad": with_minigrad,
    "minigrad compiled": with_minigrad_compiled,
    "torch": with_torch,
    "jax": with_jax,
}


def main() -> None:
    step, scores = CONTENDERS[sys.argv[1]]()
    x, y, x_aside, y_aside = examples()
    rng, accuracy, epoch = np.random.default_rng(1), 0.0, 0
    while accuracy < WANTED and epoch < MOST:
        epoch += 1
        order = rng.permutation(len(x))
        for start in range(0, len(x) - BATCH + 1, BATCH):
            rows = order[start : start + BATCH]
            step(x[rows], y[rows])
        accuracy = float(np.mean(scores(x_aside).argmax(axis=1) == y_aside))
    print(json.dumps({"epochs": epoch, "accuracy": accuracy}))


if __name__ == "__main__":
    main()
