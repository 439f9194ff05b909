"""Whether a call is away from kinks and ties, so that every right engine takes the same derivative there."""

import numpy as np

import minigrad as mg
from minigrad.modes import watch
from tests.fuzz.programs import refs, with_values
from tests.table import OPS

STEP = 1e-6
"""How far the operands are moved to see whether a decision hangs in the balance."""

AWAY_FROM_ZERO = {"hypot", "p_norm", "std"}
"""Ops whose derivative is not continuous where their value is 0, or grows large near there."""


class Decisions:
    """Watches the ops that a call consists of, and notes whether moving their operands changes a decision."""

    def __init__(self):
        self.rng, self.firm = np.random.default_rng(0), True

    def forward(self, y):
        if y.op.name in AWAY_FROM_ZERO and np.any(np.abs(y.data) < 0.05):
            self.firm = False
        elif branches := getattr(y.op, "branches", None):
            here = branches(*self.moved(y.args, 0.0), **y.kwargs)
            self.firm &= all(
                np.array_equal(here, branches(*self.moved(y.args, step), **y.kwargs))
                for step in (STEP, -STEP, "random", "random", "random")
            )

    def moved(self, args, step):
        """The operands, each element moved by the same step, or by a random one."""

        def one(x):
            x = x.data if isinstance(x, mg.Tensor) else x
            if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
                return x
            return x + (STEP * self.rng.choice([-1.0, 1.0], x.shape) if step == "random" else step)

        return [one(x) for x in args]

    def backward(self, y, position, g, contribution):
        """Nothing to note."""


def decided(op: str, args: tuple, kwargs: dict, values) -> bool:
    """Whether no decision inside this call, of an op or of those it is composed of, hangs in the balance."""
    tracked = {ref.index: mg.tensor(values[ref.index], requires_grad=True) for ref in refs((args, kwargs))}
    args, kwargs = with_values((args, kwargs), tracked)
    decisions = Decisions()
    with watch(decisions), np.errstate(all="ignore"):
        OPS[op](*args, **kwargs)
    return decisions.firm
