"""A reduction: every element has the same small share."""

import numpy as np

from minigrad.learn.exercise import Exercise
from minigrad.learn.judges import formulas


def mean(x):
    return np.mean(x, axis=0)


exercise = Exercise(
    name="mean",
    title="A share for every element",
    starter='''"""A share for every element.

The mean over axis 0 of an (n, m) array has shape (m,). Each of the n elements of a column has the same share in it.
The gradient that you send must have the shape of x again.
"""

import numpy as np


def mean(x):
    return np.mean(x, axis=0)


def backward(g, y, x):
    return ...
''',
    hints=(
        "If one of n numbers grows by d, their mean grows by d / n.",
        "np.broadcast_to(g, x.shape) repeats g for every row.",
        "return np.broadcast_to(g / len(x), x.shape)",
    ),
    judge=formulas(
        mean,
        {"x": "backward"},
        (np.array([[1.0, -2.0, 0.5], [0.3, 4.0, 1.0]]),),
        (np.arange(12.0).reshape(4, 3) / 7,),
        (np.array([[2.0], [3.0]]),),
    ),
)
