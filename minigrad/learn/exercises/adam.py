"""Two running means, and what they start from."""

import numpy as np

from minigrad.learn.exercise import Exercise
from minigrad.learn.judges import trajectory

LR, B1, B2, EPS = 0.1, 0.9, 0.999, 1e-8


def adam(correct_first=True, correct_second=True, inside=False, t_from=0):
    """Adam, right or with one of the mistakes that are made."""

    def step(p, g, m, v, t, lr, b1, b2, eps):
        m, v, t = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g, t + t_from
        mean = m / (1 - b1**t) if correct_first else m
        square = v / (1 - b2**t) if correct_second else v
        size = np.sqrt(square + eps) if inside else np.sqrt(square) + eps
        return p - lr * mean / size, m, v

    return step


def run(step):
    rng, p, m, v, seen = np.random.default_rng(0), np.array([1.0, -2.0]), np.zeros(2), np.zeros(2), []
    for t in range(1, 6):
        p, m, v = step(p, 1e-3 * (p + rng.standard_normal(2)), m, v, t, LR, B1, B2, EPS)
        seen.append(np.concatenate([p, m, v]))
    return seen


exercise = Exercise(
    name="adam",
    title="Two running means, and what they start from",
    starter='''"""Two running means, and what they start from.

Adam keeps a running mean m of the gradient and a running mean v of its square. Both start at 0, so at first they are
too small; dividing by 1 - b1**t and 1 - b2**t, with t counting the steps from 1, puts that right.

    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    p = p - lr * (m / (1 - b1**t)) / (sqrt(v / (1 - b2**t)) + eps)

(Kingma and Ba, 2015, algorithm 1.) step returns p, m and v; m and v are kept uncorrected.
"""

import numpy as np


def step(p, g, m, v, t, lr, b1, b2, eps):
    return ...
''',
    hints=(
        "m and v are what the next step gets: correct copies of them, not themselves.",
        "mean = m / (1 - b1**t) and square = v / (1 - b2**t) are used in the step only.",
        "return p - lr * mean / (np.sqrt(square) + eps), m, v",
    ),
    judge=trajectory(
        run,
        "step",
        adam(),
        {
            "the bias corrections are missing": adam(False, False),
            "the mean is not corrected: divide m by 1 - b1**t": adam(correct_first=False),
            "the mean square is not corrected: divide v by 1 - b2**t": adam(correct_second=False),
            "eps stands inside the root; it belongs beside it": adam(inside=True),
            "t is one too high: it counts from 1 already": adam(t_from=1),
        },
    ),
)
