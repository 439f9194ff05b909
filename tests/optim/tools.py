"""What the tests of optimizers share."""

import numpy as np

import minigrad as mg


def leaf(values, name=None):
    """A parameter with these values."""
    return mg.tensor(values, requires_grad=True, dtype=float, name=name)


def follow(optimizer, p, gradients):
    """The values of ``p`` after a step with each gradient."""
    after = []
    for g in gradients:
        p.grad = None if g is None else np.array(g, dtype=float)
        optimizer.step()
        after.append(p.tolist())
    return after
