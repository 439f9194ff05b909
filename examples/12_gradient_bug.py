"""A gradient bug, hunted down: from "it learns, but badly" to the line.

An op for layer normalization was written in a hurry: it treats mean and variance as constants, which forgets two of the
three ways from x to y. The model still learns, because the wrong gradient still points roughly downhill. The checker
sees it in a moment; the audit says which node of the model it is, what is missing, and where it was made.

Run it: python examples/12_gradient_bug.py
"""

import numpy as np

import minigrad as mg
from minigrad import optim

EPS = 1e-5


def deviation(x):
    return np.sqrt(np.var(x, axis=-1, keepdims=True) + EPS)


def forward(x):
    return (x - np.mean(x, axis=-1, keepdims=True)) / deviation(x)


@mg.op(x=lambda g, y, x: g / deviation(x))
def hasty_norm(x):
    return forward(x)


@mg.op(
    x=lambda g, y, x: (
        (g - np.mean(g, axis=-1, keepdims=True) - y * np.mean(g * y, axis=-1, keepdims=True)) / deviation(x)
    )
)
def right_norm(x):
    return forward(x)


def task():
    """Points, and what is to be predicted of them."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((64, 6))
    return x, np.sin(x[:, :1]) + 0.5 * x[:, 1:2]


def loss_of(norm, params, x, y):
    w1, w2 = params
    hidden = np.tanh(norm(x @ w1))
    return np.mean((hidden @ w2 - y) ** 2)


def learnt(norm, steps: int = 300) -> float:
    """The loss after training with this normalization."""
    (x, y), rng = task(), np.random.default_rng(1)
    params = [mg.tensor(rng.standard_normal(shape) / 2, requires_grad=True) for shape in ((6, 12), (12, 1))]
    optimizer = optim.SGD(params, lr=0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_of(norm, params, x, y)
        loss.backward()
        optimizer.step()
    return loss.item()


def main() -> dict:
    """Print the hunt and return what was found."""
    losses = {"hasty": learnt(hasty_norm), "right": learnt(right_norm)}
    print(f"it learns: loss {losses['hasty']:.4f}. Is that as good as it gets?\n")
    (x, y), rng = task(), np.random.default_rng(1)
    params = [mg.tensor(rng.standard_normal(shape) / 2, requires_grad=True) for shape in ((6, 12), (12, 1))]
    loss = loss_of(hasty_norm, params, x, y)
    loss.backward()
    report = mg.audit(loss)
    print(report)
    mended = mg.gradcheck(right_norm, x[:3])
    print(f"\nafter mending: {str(mended).splitlines()[0]}")
    print(f"and it learns to a loss of {losses['right']:.4f}")
    return {**losses, "report": str(report), "mended": bool(mended)}


if __name__ == "__main__":
    main()
