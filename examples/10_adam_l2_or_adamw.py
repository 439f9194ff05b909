"""Adam with an L2 penalty is not AdamW: the adaptive step divides the penalty's gradient too.

Two weights start at 1 and get gradients that are pure noise, one of size 10 and one of size 0.1. Nothing is to be
learned, so all that happens to them on average is the regularization. AdamW shrinks both alike, by
``(1 - lr * weight_decay)`` a step. Under Adam + L2 the penalty's gradient is divided by the size of the noise: the
weight with large gradients is hardly regularized, the other one is driven to zero.

Run it: python examples/10_adam_l2_or_adamw.py
"""

import numpy as np

import minigrad as mg
from minigrad import optim

LR, DECAY, STEPS, COPIES = 1e-3, 0.5, 1000, 400


def shrunk(build) -> tuple[float, float]:
    """The mean weights, of 400 copies each, under large and under small noise."""
    rng, w = np.random.default_rng(0), mg.tensor(np.ones((2, COPIES)), requires_grad=True, name="w")
    optimizer = build([w])
    for _ in range(STEPS):
        w.grad = np.array([[10.0], [0.1]]) * rng.standard_normal((2, COPIES))
        optimizer.step()
    large, small = w.data.mean(axis=1)
    return float(large), float(small)


def main() -> dict:
    """Print the table and return its numbers."""
    found = {
        "Adam": shrunk(lambda w: optim.Adam(w, LR)),
        "Adam + L2": shrunk(lambda w: optim.Adam(w, LR, regularizer=optim.L2(DECAY / 2))),
        "AdamW": shrunk(lambda w: optim.AdamW(w, LR, weight_decay=DECAY)),
        "(1 - lr * decay)**t": ((1 - LR * DECAY) ** STEPS,) * 2,
    }
    print("                      large gradients   small gradients")
    for name, (large, small) in found.items():
        print(f"{name:21} {large:15.3f} {small:17.3f}")
    return found


if __name__ == "__main__":
    main()
