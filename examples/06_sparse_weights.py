"""L2 spreads the weights over all inputs that say the same; L1 keeps few of them and makes the others exactly zero.

Ten inputs, of which only the first two matter, and they are copies of each other: y = 2 x0 = x0 + x1 = 2 x1. The loss
alone cannot tell these solutions apart. L2 prefers (1, 1), because 1 + 1 < 4; to L1 all of them cost the same, but
every weight that the noise gave to the eight useless inputs costs too much. Its gradient only pushes weights to and
fro around zero; its proximal step sets them to zero.

Run it: python examples/06_sparse_weights.py
"""

import numpy as np

import minigrad as mg
from minigrad import nn, optim

STRENGTH = 0.1


def fitted(regularizer) -> np.ndarray:
    """The ten weights after 500 steps of gradient descent."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 10))
    x[:, 1] = x[:, 0]
    y = 2 * x[:, :1] + 0.3 * rng.standard_normal((200, 1))
    w = mg.tensor(0.5 * rng.standard_normal((10, 1)), requires_grad=True, name="w")
    optimizer = optim.SGD([w], 0.05, regularizer=regularizer)
    for _ in range(500):
        optimizer.step(lambda: nn.mse_loss(mg.tensor(x) @ w, mg.tensor(y)))
    return w.numpy().ravel()


def main() -> dict:
    """Print the weights and return them."""
    regularizers = {
        "none": None,
        "L2": optim.L2(STRENGTH),
        "L1": optim.L1(STRENGTH),
        "L1, proximal": optim.Proximal(optim.L1(STRENGTH)),
    }
    found = {name: fitted(regularizer) for name, regularizer in regularizers.items()}
    for name, w in found.items():
        zeros = int(np.sum(w == 0))
        print(f"{name:13} {' '.join(f'{value:6.3f}' for value in w)}    {zeros} exact zeros, sum(w**2) {w @ w:.2f}")
    return found


if __name__ == "__main__":
    main()
