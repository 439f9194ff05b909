"""Who takes the steps. Each contender is a function that returns ``step()``: forward, loss, backward, update.

``step()`` returns the loss before the update, in anything that ``float()`` takes.
"""

import numpy as np

import minigrad as mg
from minigrad import nn, optim
from tests.benchmarks.problems import BETAS, EPS, RATES


def numpy_by_hand(problem, optimizer, dtype):
    """What a careful student writes: the chain rule by hand, and an update for each array."""
    weights, (x, target), lr = problem.weights(dtype), problem.data(dtype), RATES[optimizer]
    loss_and_slope = cross_entropy_by_hand if problem.classifies else squared_error_by_hand
    update = sgd_by_hand(weights, lr) if optimizer == "sgd" else adam_by_hand(weights, lr)

    def step():
        inputs, y = [], x
        for i in range(0, len(weights), 2):
            y = np.maximum(y, 0) if i else y
            inputs.append(y)
            y = y @ weights[i].T + weights[i + 1]
        loss, g = loss_and_slope(y, target)
        gradients = []
        for i in reversed(range(0, len(weights), 2)):
            gradients += [g.sum(axis=0), g.T @ inputs[i // 2]]
            if i:
                g = (g @ weights[i]) * (inputs[i // 2] > 0)
        update(gradients[::-1])
        return loss

    return step


def squared_error_by_hand(y, target):
    error = y - target
    return np.mean(error * error), error * (2 / error.size)


def cross_entropy_by_hand(y, target):
    rows = np.arange(len(y))
    shifted = y - y.max(axis=1, keepdims=True)
    powers = np.exp(shifted)
    total = powers.sum(axis=1, keepdims=True)
    loss = np.mean(np.log(total[:, 0]) - shifted[rows, target])
    g = powers / total
    g[rows, target] -= 1
    return loss, g / len(y)


def sgd_by_hand(weights, lr):
    def update(gradients):
        for w, g in zip(weights, gradients):
            w -= lr * g

    return update


def adam_by_hand(weights, lr):
    (b1, b2), t = BETAS, 0
    means, squares = [np.zeros_like(w) for w in weights], [np.zeros_like(w) for w in weights]

    def update(gradients):
        nonlocal t
        t += 1
        for w, g, m, v in zip(weights, gradients, means, squares):
            m *= b1
            m += (1 - b1) * g
            v *= b2
            v += (1 - b2) * g * g
            w -= lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + EPS)

    return update


def minigrad_eager(problem, optimizer, dtype):
    """minigrad as everybody writes it: nn.Sequential, a loss, backward, step."""
    layers = [nn.Linear(n_in, n_out, rng=0) for n_in, n_out in zip(problem.sizes, problem.sizes[1:])]
    model = nn.Sequential(*[part for layer in layers for part in (layer, nn.ReLU())][:-1]).astype(dtype)
    for p, w in zip(model.parameters(), problem.weights(dtype), strict=True):
        p.data = w
    made = {"sgd": optim.SGD, "adam": optim.Adam}[optimizer](model.parameters(), lr=RATES[optimizer])
    loss_of = nn.cross_entropy if problem.classifies else nn.mse_loss
    x, target = map(mg.tensor, problem.data(dtype))

    def step():
        loss = loss_of(model(x), target)
        made.zero_grad()
        loss.backward()
        made.step()
        return loss

    return step


def torch_eager(problem, optimizer, dtype):
    """PyTorch as everybody writes it, on one thread. Raises ImportError where it is not installed."""
    import torch
    from torch.nn import functional

    torch.set_num_threads(1)
    layers = [torch.nn.Linear(n_in, n_out) for n_in, n_out in zip(problem.sizes, problem.sizes[1:])]
    model = torch.nn.Sequential(*[part for layer in layers for part in (layer, torch.nn.ReLU())][:-1])
    model = model.to(getattr(torch, dtype))
    with torch.no_grad():
        for p, w in zip(model.parameters(), problem.weights(dtype), strict=True):
            p.copy_(torch.from_numpy(w))
    made = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[optimizer](model.parameters(), lr=RATES[optimizer])
    loss_of = functional.cross_entropy if problem.classifies else functional.mse_loss
    x, target = map(torch.from_numpy, problem.data(dtype))

    def step():
        loss = loss_of(model(x), target)
        made.zero_grad()
        loss.backward()
        made.step()
        return loss.detach()

    return step


CONTENDERS = {"NumPy by hand": numpy_by_hand, "minigrad": minigrad_eager, "PyTorch eager": torch_eager}
