"""The loss of classification, fused: its gradient is shorter than its parts'."""

import numpy as np

from minigrad.learn.exercise import Exercise
from minigrad.learn.judges import formulas


def cross_entropy(logits, target):
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_total = np.log(np.sum(np.exp(shifted), axis=1))
    return np.mean(log_total - shifted[np.arange(len(target)), target])


RNG = np.random.default_rng(3)

exercise = Exercise(
    name="cross_entropy",
    title="Softmax and logarithm, fused",
    starter='''"""Softmax and logarithm, fused.

The loss of a classifier is the mean over the batch of -log p[target], where p is the softmax of the logits. Fused into
one node it never divides by a probability that has become 0, and its gradient is short.

g is a single number here, and it may be another than 1.
"""

import numpy as np


def cross_entropy(logits, target):
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_total = np.log(np.sum(np.exp(shifted), axis=1))
    return np.mean(log_total - shifted[np.arange(len(target)), target])


def backward(g, y, logits, target):
    return ...
''',
    hints=(
        "For one row the loss is log(sum of exp(logits)) - logits[target]. The first part's derivative is softmax.",
        "So the gradient of a row is softmax(logits), less 1 at the target. And the loss is a mean over the rows.",
        "p = exp(shifted) / sum;   p[np.arange(len(target)), target] -= 1;   return g * p / len(target)",
    ),
    judge=formulas(
        cross_entropy,
        {"logits": "backward"},
        (RNG.standard_normal((4, 3)), np.array([0, 2, 1, 2])),
        (5 * RNG.standard_normal((1, 5)), np.array([4])),
    ),
)
