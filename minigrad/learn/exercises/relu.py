"""A kink: what the derivative is where there is none."""

import numpy as np

from minigrad.learn.exercise import Exercise
from minigrad.learn.judges import formulas


def relu(x):
    return np.maximum(x, 0)


exercise = Exercise(
    name="relu",
    title="A kink",
    starter='''"""A kink.

relu lets positive numbers through and makes the others 0. At 0 itself it has no derivative: any slope between those
on either side, 0 and 1, will do. The grader moves x by small steps, so there it looks at both sides.

Mind what decides: the sign of x, not that of g.
"""

import numpy as np


def relu(x):
    return np.maximum(x, 0)


def backward(g, y, x):
    return ...
''',
    hints=(
        "Where x was negative, y does not move, whatever x does: nothing is sent back.",
        "(x > 0) is an array of True and False, which count as 1 and 0 in a product.",
        "return g * (x > 0)",
    ),
    judge=formulas(
        relu, {"x": "backward"}, (np.array([1.5, -0.5, 0.25, -3.0]),), (np.array([[0.2, -0.1], [3.0, 1.0]]),)
    ),
)
