"""A node with two operands sends a gradient to each."""

import numpy as np

from minigrad.learn.exercise import Exercise
from minigrad.learn.judges import formulas


def divide(a, b):
    return a / b


exercise = Exercise(
    name="divide",
    title="Two operands, two gradients",
    starter='''"""Two operands, two gradients.

y = a / b depends on both, so the node sends two gradients back: one for each, taken as if the other stood still.
"""


def divide(a, b):
    return a / b


def backward_a(g, y, a, b):
    return ...


def backward_b(g, y, a, b):
    return ...
''',
    hints=(
        "For a, the other operand is a constant: y = a * (1 / b).",
        "For b, y = a * b**-1, and the derivative of b**-1 is -b**-2.",
        "return g / b        and        return -g * a / (b * b)",
    ),
    judge=formulas(
        divide,
        {"a": "backward_a", "b": "backward_b"},
        (np.array([1.0, -2.0, 0.5]), np.array([2.0, 0.7, -1.3])),
    ),
)
