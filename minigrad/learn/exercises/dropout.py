"""A layer that is random while training, and does nothing otherwise."""

import numpy as np

from minigrad.learn.exercise import Answer, Exercise, NotYet

P = 0.25


def judge(answer: Answer) -> str:
    x = np.full((200, 500), 3.0)
    calm = answer.call("dropout", x, P, np.random.default_rng(0), False)
    if not np.array_equal(calm, x):
        raise NotYet("in evaluation (training=False) dropout must return x unchanged, and yours does not")
    y = np.asarray(answer.call("dropout", x, P, np.random.default_rng(0), True))
    if y.shape != x.shape:
        raise NotYet(f"x has shape {x.shape}, and you return shape {y.shape}")
    again = answer.call("dropout", x, P, np.random.default_rng(0), True)
    if not np.array_equal(y, again):
        raise NotYet("twice the same generator, twice another mask: draw from rng, and from nothing else")
    if np.ptp(np.mean(y == 0, axis=0)) == 0 or np.ptp(np.mean(y == 0, axis=1)) == 0:
        raise NotYet("whole rows or columns are dropped: draw a number for each element")
    dropped, kept = np.mean(y == 0), np.unique(y[y != 0])
    if len(kept) == 1 and np.isclose(kept[0], 3.0):
        raise NotYet("what is kept must be divided by 1 - p, so that the mean stays: yours is x itself")
    if len(kept) != 1 or not np.isclose(kept[0], 3.0 / (1 - P)):
        raise NotYet(f"what is kept should be 3 / (1 - {P}) = 4 where x is 3; yours is {kept[:3]}")
    if abs(dropped - P) > 0.01:
        other = ": that is the share to be kept" if abs(dropped - (1 - P)) < 0.01 else ""
        raise NotYet(f"a share of {P} should become 0, yours is {dropped:.3f}{other}")
    return f"{dropped:.3f} of all elements dropped, a mean of {np.mean(y):.3f} where x is 3"


exercise = Exercise(
    name="dropout",
    title="Random while training, the identity otherwise",
    starter='''"""Random while training, the identity otherwise.

While training, dropout makes each element 0 with probability p, and divides what is left by 1 - p: then the expected
value stays what it was, and evaluation has nothing to scale. In evaluation it returns x.

rng is a numpy.random.Generator: rng.random(shape) draws numbers between 0 and 1.
"""


def dropout(x, p, rng, training):
    return ...
''',
    hints=(
        "A number drawn from rng.random is at least p with probability 1 - p.",
        "mask = rng.random(x.shape) >= p is True where an element is kept.",
        "return x * mask / (1 - p) if training else x",
    ),
    judge=judge,
)
