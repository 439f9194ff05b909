"""XOR, with every gradient written out by hand, and by ``backward()``: the same numbers, step after step.

A network of two layers learns XOR, which no single layer can. The forward pass is three lines. The backward pass by
hand is one line for each of them, from the last to the first: that is all that reverse mode is. minigrad writes those
lines for you.

Run it: python examples/02_xor_by_hand.py
"""

import numpy as np

import minigrad as mg

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([[-1.0], [1.0], [1.0], [-1.0]])
LR, STEPS = 0.2, 400


def start() -> list[np.ndarray]:
    """The weights that both begin with."""
    rng = np.random.default_rng(1)
    return [rng.standard_normal((2, 4)), np.zeros(4), rng.standard_normal((4, 1)), np.zeros(1)]


def by_hand() -> tuple[list[float], list[np.ndarray]]:
    """The losses, and the weights at the end."""
    w1, b1, w2, b2 = start()
    losses = []
    for _ in range(STEPS):
        h = np.tanh(X @ w1 + b1)  # (4, 4)
        out = h @ w2 + b2  # (4, 1)
        losses.append(float(np.mean((out - Y) ** 2)))
        d_out = 2 * (out - Y) / len(X)  # the mean of squares
        d_w2, d_b2 = h.T @ d_out, d_out.sum(axis=0)  # a product, and a bias that every row has used
        d_h = d_out @ w2.T
        d_z = d_h * (1 - h**2)  # tanh
        d_w1, d_b1 = X.T @ d_z, d_z.sum(axis=0)
        w1, b1, w2, b2 = w1 - LR * d_w1, b1 - LR * d_b1, w2 - LR * d_w2, b2 - LR * d_b2
    return losses, [w1, b1, w2, b2]


def by_backward() -> tuple[list[float], list[np.ndarray]]:
    """The same with minigrad."""
    params = [mg.tensor(w, requires_grad=True) for w in start()]
    losses = []
    for _ in range(STEPS):
        w1, b1, w2, b2 = params
        loss = np.mean((np.tanh(X @ w1 + b1) @ w2 + b2 - Y) ** 2)
        losses.append(loss.item())
        for p in params:
            p.grad = None
        loss.backward()
        for p in params:
            p.data = p.data - LR * p.grad
    return losses, [p.data for p in params]


def main() -> dict:
    """Print the losses and return what was found."""
    hand, weights = by_hand()
    tape, others = by_backward()
    for step in (0, 10, 100, STEPS - 1):
        print(f"step {step:3}    loss by hand {hand[step]:.12f}    by backward() {tape[step]:.12f}")
    w1, b1, w2, b2 = weights
    outputs = np.tanh(X @ w1 + b1) @ w2 + b2
    for x, y in zip(X, outputs):
        print(f"{x[0]:.0f} xor {x[1]:.0f}  ->  {'1' if y > 0 else '0'}   ({y[0]:+.2f})")
    difference = max(float(np.abs(a - b).max()) for a, b in zip(weights, others))
    return {"first": hand[0], "last": hand[-1], "difference": difference, "right": bool(np.all(outputs * Y > 0))}


if __name__ == "__main__":
    main()
