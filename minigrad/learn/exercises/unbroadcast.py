"""What broadcasting stretched, the way back sums."""

import numpy as np

from minigrad.learn.exercise import Answer, Exercise, NotYet

CALLS = (((4, 3), (4, 3)), ((4, 3), (3,)), ((4, 3), (4, 1)), ((2, 4, 3), (4, 1)), ((5,), ()), ((2, 3), (1, 1)))


def judge(answer: Answer) -> str:
    rng = np.random.default_rng(0)
    for large, small in CALLS:
        g = rng.standard_normal(large)
        found = np.asarray(answer.call("unbroadcast", g, small))
        if found.shape != small:
            raise NotYet(f"a gradient of shape {large} for an x of shape {small}: you return shape {found.shape}")
        # d/dx of sum(g * (x + 0)) by finite differences: exact, for it is linear in x
        wanted = np.empty(small)
        for i in np.ndindex(small):
            x = np.zeros(small)
            x[i] = 1.0
            wanted[i] = np.sum(g * np.broadcast_to(x, large))
        if not np.allclose(found, wanted, rtol=1e-12, atol=1e-12):
            ratio = found / wanted
            why = f": it is {ratio.flat[0]:.4g} times that" if np.allclose(ratio, ratio.flat[0]) else ""
            raise NotYet(
                f"g of shape {large}, x of shape {small}: element {(0,) * len(small)} should be {wanted.flat[0]:.6g}, "
                f"you return {found.flat[0]:.6g}{why}"
            )
    return f"what finite differences give, for {len(CALLS)} pairs of shapes"


exercise = Exercise(
    name="unbroadcast",
    title="What broadcasting stretched, the way back sums",
    starter='''"""What broadcasting stretched, the way back sums.

A bias b of shape (3,) is added to a batch of shape (4, 3): NumPy uses every element of b four times. The gradient that
arrives has the shape (4, 3) of the sum; what is sent to b must have the shape of b. An element that was used four
times gets four contributions, and contributions add up.

unbroadcast(g, shape) gives a gradient of the given shape. NumPy may have put axes in front, and it may have stretched
axes of length 1.
"""

import numpy as np


def unbroadcast(g, shape):
    return ...
''',
    hints=(
        "First the axes that were put in front: there are g.ndim - len(shape) of them. Sum over those.",
        "Then every axis where shape has 1 and g has more: sum over it, but keep it, with keepdims=True.",
        "g = g.sum(axis=tuple(range(g.ndim - len(shape))))   comes first",
        "axes = tuple(i for i, n in enumerate(shape) if n == 1);   return g.sum(axis=axes, keepdims=True)",
    ),
    judge=judge,
)
