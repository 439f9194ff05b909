"""Statistics are functions of x as well."""

import numpy as np

from minigrad.learn.exercise import Exercise
from minigrad.learn.judges import formulas

EPS = 1e-5


def layer_norm(x):
    centred = x - np.mean(x, axis=-1, keepdims=True)
    return centred / np.sqrt(np.mean(centred * centred, axis=-1, keepdims=True) + EPS)


RNG = np.random.default_rng(4)

exercise = Exercise(
    name="layer_norm",
    title="Statistics are functions of x as well",
    starter='''"""Statistics are functions of x as well.

Each row is shifted to mean 0 and scaled to variance 1. Who treats mean and variance as constants forgets two of three
ways from x to y. The right gradient has three terms: it is what arrives, less its mean, less the part of it along y,
all divided by the standard deviation.
"""

import numpy as np

EPS = 1e-5


def layer_norm(x):
    centred = x - np.mean(x, axis=-1, keepdims=True)
    return centred / np.sqrt(np.mean(centred * centred, axis=-1, keepdims=True) + EPS)


def backward(g, y, x):
    return ...
''',
    hints=(
        "Were mean and variance constant, it would be g / std, with std = np.sqrt(np.var(x, -1, keepdims=True) + EPS).",
        "Shifting a row changes nothing in y. So each row of the right gradient sums to 0: subtract the mean of g.",
        "Stretching a row changes nothing either (but for EPS): subtract y * mean(g * y).",
        "return (g - g.mean(-1, keepdims=True) - y * (g * y).mean(-1, keepdims=True)) / std",
    ),
    judge=formulas(layer_norm, {"x": "backward"}, (RNG.standard_normal((3, 5)),), (2 + RNG.standard_normal((2, 4)),)),
)
