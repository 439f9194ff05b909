"""The first formula: one function, one derivative."""

import numpy as np

from minigrad.learn.exercise import Exercise
from minigrad.learn.judges import formulas


def square(x):
    return x * x


exercise = Exercise(
    name="square",
    title="The chain rule at one node",
    starter='''"""The chain rule at one node.

A node of the graph computes y = x * x. On the way back, the gradient g = dL/dy arrives: how much the loss changes
when y changes. The node must send on dL/dx. The chain rule says

    dL/dx = dL/dy * dy/dx

Replace the ... . All are NumPy arrays of one shape, and the rule holds for each element.
"""


def square(x):
    return x * x


def backward(g, y, x):
    return ...
''',
    hints=(
        "If x grows a little, by d, then x * x grows by about 2 * x * d.",
        "dy/dx is 2 * x. What arrives is multiplied by it.",
        "return g * 2 * x",
    ),
    judge=formulas(square, {"x": "backward"}, (np.array([0.5, -2.0, 3.0]),), (np.array([[1.5, -0.25]]),)),
)
