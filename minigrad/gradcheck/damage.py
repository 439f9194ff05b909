"""What a backward pass writes into: nothing but arrays of its own.

The gradient that arrives at a node is handed to others as well, its operands are used by other nodes, and both are
looked at again. A formula that writes into them (``g *= y``) may be right where it is tried alone, and damages the
gradients of its neighbours. So every formula on a tape is run once, on copies, and what was handed to it looked at.
"""

from collections.abc import Iterable

import numpy as np

from minigrad import engine
from minigrad.engine import Tensor, history
from minigrad.gradcheck.compare import arriving
from minigrad.gradcheck.flow import Fault, fault
from minigrad.gradcheck.local import differentiable_positions, operand_name, unwatched


def damaging(outputs: Iterable[Tensor], rng: np.random.Generator) -> Fault | None:
    """The newest node behind the outputs whose formula writes into what it is handed; None if none does."""
    with unwatched(), np.errstate(all="ignore"):
        for y in history(outputs):
            if y.op is not None and (found := _damage(y, rng)):
                return found
    return None


def _damage(y: Tensor, rng: np.random.Generator) -> Fault | None:
    for position in differentiable_positions(y):
        g = arriving(rng, np.isfinite(y.data).ravel()).reshape(y.shape).astype(y.dtype)
        handed = {"the gradient that arrives": g, "its result": y.data}
        handed |= {operand_name(y, i): x for i, x in enumerate(map(_array, y.args)) if isinstance(x, np.ndarray)}
        before = {name: x.copy() for name, x in handed.items()}
        try:
            engine._pull_back(y, g, {y.args[position]}, False)
        except Exception:  # a formula that raises is told of elsewhere
            continue
        changed = [name for name, x in handed.items() if not np.array_equal(x, before[name], equal_nan=True)]
        for name in changed:
            handed[name][...] = before[name]
        if changed:
            note = f"its formula writes into {changed[0]}, read-only because others use it too: compute a new array"
            return fault("WRONG", y, note, operand=operand_name(y, position))
    return None


def _array(x):
    return x.data if isinstance(x, Tensor) else x
