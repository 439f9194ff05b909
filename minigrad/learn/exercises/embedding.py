"""Rows that are used twice get two gradients."""

import numpy as np

from minigrad.learn.exercise import Exercise
from minigrad.learn.judges import formulas


def embedding(table, ids):
    return table[ids]


TABLE = np.random.default_rng(2).standard_normal((4, 2))

exercise = Exercise(
    name="embedding",
    title="Used twice, two gradients",
    starter='''"""Used twice, two gradients.

embedding(table, ids) picks rows: row ids[i] of the table becomes row i of the result. On the way back every row of g
belongs to the row of the table that it came from. A row may be picked more than once, or never.
"""

import numpy as np


def embedding(table, ids):
    return table[ids]


def backward(g, y, table, ids):
    return ...
''',
    hints=(
        "Start from zeros of the shape of the table, and add the rows of g to it.",
        "sent[ids] += g does not do it: of two rows for the same place NumPy keeps the last.",
        "sent = np.zeros_like(table);   np.add.at(sent, ids, g);   return sent",
    ),
    judge=formulas(
        embedding,
        {"table": "backward"},
        (TABLE, np.array([2, 0])),
        (TABLE, np.array([1, 3, 1, 1])),
    ),
)
