"""Which transpose? The shapes tell, and the sum proves it."""

import numpy as np

from minigrad.learn.exercise import Exercise
from minigrad.learn.judges import formulas


def matmul(a, b):
    return a @ b


RNG = np.random.default_rng(1)

exercise = Exercise(
    name="matmul",
    title="Which transpose?",
    starter='''"""Which transpose?

y = a @ b, with a of shape (n, k) and b of shape (k, m): y[i, j] is the sum over k of a[i, k] * b[k, j]. So b[k, j]
reaches all y[i, j] of its column. Both gradients are matrix products again. With shapes that all differ only one
product fits; the grader also has square matrices, where the others fit too and are wrong.
"""


def matmul(a, b):
    return a @ b


def backward_a(g, y, a, b):
    return ...


def backward_b(g, y, a, b):
    return ...
''',
    hints=(
        "g has the shape (n, m) of y; backward_a must return (n, k), and it can only use g and b.",
        "dL/da[i, k] = sum over j of g[i, j] * b[k, j]: the row i of g with the row k of b.",
        "return g @ b.T        and        return a.T @ g",
    ),
    judge=formulas(
        matmul,
        {"a": "backward_a", "b": "backward_b"},
        (RNG.standard_normal((2, 3)), RNG.standard_normal((3, 4))),
        (RNG.standard_normal((3, 3)), RNG.standard_normal((3, 3))),
    ),
)
