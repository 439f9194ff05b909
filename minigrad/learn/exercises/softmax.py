"""Every output depends on every input of its row."""

import numpy as np

from minigrad.learn.exercise import Exercise
from minigrad.learn.judges import formulas


def softmax(x):
    powers = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return powers / np.sum(powers, axis=-1, keepdims=True)


exercise = Exercise(
    name="softmax",
    title="Everything depends on everything",
    starter='''"""Everything depends on everything.

softmax turns each row into probabilities: y[j] = exp(x[j]) / sum over k of exp(x[k]). If one x grows, its own y grows
and all the others of the row shrink. So a product with a local derivative is not enough: the whole row has its say.

    dy[j]/dx[k] = y[j] * (1 if j == k else 0) - y[j] * y[k]
"""

import numpy as np


def softmax(x):
    powers = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return powers / np.sum(powers, axis=-1, keepdims=True)


def backward(g, y, x):
    return ...
''',
    hints=(
        "dL/dx[k] = sum over j of g[j] * dy[j]/dx[k]. Put the formula in, and take y[k] out of the sum.",
        "What is left is y[k] * (g[k] - sum over j of g[j] * y[j]).",
        "return y * (g - np.sum(g * y, axis=-1, keepdims=True))",
    ),
    judge=formulas(
        softmax,
        {"x": "backward"},
        (np.array([[0.5, -1.0, 2.0], [0.1, 0.2, -0.3]]),),
        (np.array([1.0, 2.0, 0.0, -1.0]),),
    ),
)
