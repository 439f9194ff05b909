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


def numpy_calls_alone(problem, optimizer, dtype):
    """What minigrad asks of NumPy in a step, and nothing around it: for these very layers, with nothing checked.

    The least that a step can take that makes one call after another. Weights lie side by side in one array.
    """
    arrays, (x, target), lr = problem.weights(dtype), problem.data(dtype), np.array(RATES[optimizer], dtype)
    flat, zero, ones = np.concatenate(arrays, axis=None), np.zeros((), dtype), np.ones(problem.batch, dtype)
    ends = np.cumsum([w.size for w in arrays])
    weights = [part.reshape(w.shape) for part, w in zip(np.split(flat, ends[:-1]), arrays)]
    gradient, out, mean, square = (np.zeros_like(flat) for _ in range(4))
    (b1, b2), t, size = BETAS, 0, np.array(2 / problem.batch / problem.sizes[-1], dtype)
    numbers = [np.array(number, dtype) for number in (b1, 1 - b1, b2, 1 - b2)]
    first = np.arange(problem.batch) * problem.sizes[-1]

    def step():
        nonlocal t
        inputs, y = [], x
        for i in range(0, len(weights), 2):
            y = np.maximum(y, zero) if i else y
            inputs.append(y)
            y = np.dot(y, weights[i].T)
            y += weights[i + 1]
        if problem.classifies:
            y -= y.max(axis=1)[:, None]
            powers = np.exp(y)
            total = np.dot(powers, np.ones(y.shape[1], dtype))
            chosen = first + target
            loss = np.add.reduce(np.log(total) - y.take(chosen)) / len(y)
            powers /= total[:, None]
            powers.put(chosen, powers.take(chosen) - 1)
            g = powers * (1 / len(y))
        else:
            error = y - target
            loss, g = np.vdot(error, error) / error.size, error * size
        gradients = []
        for i in reversed(range(0, len(weights), 2)):
            gradients += [np.dot(ones, g), np.dot(g.T, inputs[i // 2])]
            if i:
                g = np.dot(g, weights[i]) * (inputs[i // 2] > 0)
        np.concatenate(gradients[::-1], None, gradient)
        t += 1
        for start in range(0, len(flat), 1 << 16):
            part = slice(start, start + (1 << 16))
            move(flat[part], gradient[part], mean[part], square[part], out[part])
        return loss

    def move(w, g, m, v, out):
        if optimizer == "adam":
            np.multiply(m, numbers[0], m)
            np.add(m, np.multiply(g, numbers[1], out), m)
            np.multiply(v, numbers[2], v)
            np.add(v, np.multiply(np.multiply(g, g, out), numbers[3], out), v)
            np.add(np.sqrt(np.multiply(v, 1 / (1 - b2**t), out), out), EPS, out)
            np.divide(m, out, out)
            np.multiply(out, lr / (1 - b1**t), out)
        else:
            np.multiply(g, lr, out)
        np.subtract(w, out, w)

    return step


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


def minigrad_compiled(problem, optimizer, dtype):
    """The same step, recorded twice and then replayed."""
    return mg.compile(minigrad_eager(problem, optimizer, dtype))


def torch_eager(problem, optimizer, dtype, **options):
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
    kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[optimizer]
    made = kind(model.parameters(), lr=RATES[optimizer], **options)
    loss_of = functional.cross_entropy if problem.classifies else functional.mse_loss
    x, target = map(torch.from_numpy, problem.data(dtype))

    def step():
        loss = loss_of(model(x), target)
        made.zero_grad()
        loss.backward()
        made.step()
        return loss.detach()

    return step


def torch_fused(problem, optimizer, dtype):
    """PyTorch whose optimizer moves all parameters in one call of compiled code."""
    return torch_eager(problem, optimizer, dtype, fused=True)


def jax_jit(problem, optimizer, dtype):
    """The whole step compiled by JAX, on one processor. Raises ImportError where it is not installed."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", dtype == "float64")
    x, target = map(jnp.asarray, problem.data(dtype))
    lr, (b1, b2) = RATES[optimizer], BETAS

    def loss_of(weights):
        y = x
        for i in range(0, len(weights), 2):
            y = jax.nn.relu(y) if i else y
            y = y @ weights[i].T + weights[i + 1]
        if not problem.classifies:
            return jnp.mean((y - target) ** 2)
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(y), target[:, None], axis=1))

    def sgd(weights, gradients, state):
        return [w - lr * g for w, g in zip(weights, gradients)], state

    def adam(weights, gradients, state):
        t, means, squares = state
        t = t + 1
        means = [b1 * m + (1 - b1) * g for m, g in zip(means, gradients)]
        squares = [b2 * v + (1 - b2) * g * g for v, g in zip(squares, gradients)]
        moved = [
            w - lr * (m / (1 - b1**t)) / (jnp.sqrt(v / (1 - b2**t)) + EPS) for w, m, v in zip(weights, means, squares)
        ]
        return moved, (t, means, squares)

    @jax.jit
    def compiled(weights, state):
        loss, gradients = jax.value_and_grad(loss_of)(weights)
        return loss, *{"sgd": sgd, "adam": adam}[optimizer](weights, gradients, state)

    weights = [jnp.asarray(w) for w in problem.weights(dtype)]
    zeros = [jnp.zeros_like(w) for w in weights]
    state = jnp.zeros((), dtype), zeros, zeros

    def step():
        nonlocal weights, state
        loss, weights, state = compiled(weights, state)
        return loss.block_until_ready()

    return step


CONTENDERS = {
    "NumPy by hand": numpy_by_hand,
    "NumPy's calls alone": numpy_calls_alone,
    "minigrad": minigrad_eager,
    "minigrad compiled": minigrad_compiled,
    "PyTorch eager": torch_eager,
    "PyTorch fused": torch_fused,
    "JAX jit": jax_jit,
}
