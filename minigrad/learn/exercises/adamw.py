"""Weight decay is not an L2 penalty, once steps are adaptive."""

import numpy as np

from minigrad.learn.exercise import Exercise
from minigrad.learn.judges import trajectory

LR, EPS, DECAY = 0.1, 1e-8, 0.5


def decayed(coupled=False, scaled=True, after=False):
    """A step of sign-like adaptive descent with decay, right or with one of the mistakes that are made."""

    def step(p, d, lr, decay):
        if coupled:
            return p - lr * (d + decay * p) / (np.abs(d + decay * p) + EPS)
        shrunk = p * (1 - (lr if scaled else 1.0) * decay)
        moved = p - lr * d / (np.abs(d) + EPS)
        return moved * (1 - lr * decay) if after else shrunk - lr * d / (np.abs(d) + EPS)

    return step


def run(step):
    rng, p, seen = np.random.default_rng(0), np.array([1.0, -2.0]), []
    for _ in range(5):
        p = step(p, rng.standard_normal(2), LR, DECAY)
        seen.append(p)
    return seen


exercise = Exercise(
    name="adamw",
    title="Decay beside the step, not in the gradient",
    starter='''"""Decay beside the step, not in the gradient.

An adaptive optimizer divides the gradient by its own size. If a penalty's gradient, decay * p, is added to g before
that, it is divided too, and weights with large gradients are hardly regularized. AdamW lets all weights shrink alike:

    p = p - lr * decay * p - lr * direction

Here the adaptive direction is g / (|g| + 1e-8). Both terms take the p from before the step.
"""

import numpy as np


def step(p, g, lr, decay):
    return ...
''',
    hints=(
        "The direction is computed from g alone.",
        "return p - lr * decay * p - lr * g / (np.abs(g) + 1e-8)",
    ),
    judge=trajectory(
        run,
        "step",
        decayed(),
        {
            "the decay went through the gradient: that is Adam with L2, not AdamW": decayed(coupled=True),
            "the decay is not multiplied by the learning rate": decayed(scaled=False),
            "the decay acts on the weights after the step; take those from before": decayed(after=True),
        },
    ),
)
