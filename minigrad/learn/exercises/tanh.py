"""A derivative that is cheapest from the result."""

import numpy as np

from minigrad.learn.exercise import Exercise
from minigrad.learn.judges import formulas


def tanh(x):
    return np.tanh(x)


exercise = Exercise(
    name="tanh",
    title="A derivative from the result",
    starter='''"""A derivative from the result.

The slope of tanh can be written with its value alone, which the forward pass has computed already. That is why a
formula is given y as well as x.
"""

import numpy as np


def tanh(x):
    return np.tanh(x)


def backward(g, y, x):
    return ...
''',
    hints=(
        "Where is tanh flat? Far out, where y is close to 1 or -1. And where is it steepest?",
        "The derivative of tanh x is 1 - tanh(x)**2.",
        "return g * (1 - y * y)",
    ),
    judge=formulas(tanh, {"x": "backward"}, (np.array([0.3, -1.2, 2.0]),), (np.array([[0.0, 0.7]]),)),
)
