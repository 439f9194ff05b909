"""A velocity that remembers."""

import numpy as np

from minigrad.learn.exercise import Exercise
from minigrad.learn.judges import trajectory

LR, RHO = 0.1, 0.9


def right(p, g, v, lr, rho):
    v = rho * v + g
    return p - lr * v, v


def run(step):
    rng, p, v, seen = np.random.default_rng(0), np.array([1.0, -2.0]), np.zeros(2), []
    for _ in range(5):
        p, v = step(p, p + rng.standard_normal(2), v, LR, RHO)
        seen.append(np.concatenate([p, v]))
    return seen


exercise = Exercise(
    name="momentum",
    title="A velocity that remembers",
    starter='''"""A velocity that remembers.

Plain gradient descent forgets where it came from. With momentum the steps add up where gradients agree and cancel
where they alternate:

    v = rho * v + g
    p = p - lr * v

step returns the new p and the new v, and leaves the arrays that it was given as they are.
"""


def step(p, g, v, lr, rho):
    return ...
''',
    hints=("First the velocity, then the step with the new velocity.", "v = rho * v + g;   return p - lr * v, v"),
    judge=trajectory(
        run,
        "step",
        right,
        {
            "the step takes the old velocity: compute the new one first": lambda p, g, v, lr, rho: (
                p - lr * v,
                rho * v + g,
            ),
            "the gradient is weighted by 1 - rho, as in Adam's mean; here it comes whole": lambda p, g, v, lr, rho: (
                p - lr * (rho * v + (1 - rho) * g),
                rho * v + (1 - rho) * g,
            ),
            "the step goes up: p - lr * v": lambda p, g, v, lr, rho: (p + lr * (rho * v + g), rho * v + g),
            "the learning rate is missing": lambda p, g, v, lr, rho: (p - (rho * v + g), rho * v + g),
        },
    ),
)
