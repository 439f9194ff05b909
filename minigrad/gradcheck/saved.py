"""Whether the arrays that a backward pass reads are still those of the forward pass."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from minigrad.complaints import replaced_since
from minigrad.engine import Tensor
from minigrad.gradcheck.flow import Fault, fault, same
from minigrad.gradcheck.local import operand_name
from minigrad.gradcheck.verdict import Verdict


def replaced(nodes: Sequence[Tensor]) -> list[Fault]:
    """The first use of data that was replaced since."""
    for y in reversed(nodes):
        if y.op is not None and (x := replaced_since(y)) is not None:
            operand = "" if x is y else operand_name(y, _index(y, x))
            note = f"the data of {named(x)} was replaced at {x.replaced[1]}, after this op had used it"
            return [fault("STALE", y, f"{note}: audit before the step that replaces it", operand=operand)]
    return []


def rewritten(nodes: Sequence[Tensor]) -> list[Fault]:
    """The place where an array was written into since: computing the nodes again does not give what they hold."""
    ops = [y for y in nodes if y.op is not None]
    off = [y for y in ops if not _repeats(y)]
    if not off:
        return []
    users = defaultdict(list)
    for y in ops:
        for i, x in enumerate(y.args):
            users[id(x)].append((y, i))
    first = off[-1]
    if not _repeats(first, twice=True):
        note = "computed twice on the same operands, its forward gives two results: pass what is random as an operand"
        return [_of("NONDETERMINISTIC", first, note, "", Verdict.NONDETERMINISTIC)]
    wrong = set(map(id, off))
    readers = users[id(first)]
    if readers and all(id(y) in wrong for y, _ in readers):
        return [fault("SAVED_MUTATED", first, "its values were written into in place after it had been computed")]
    suspects = [i for i, x in enumerate(first.args) if all(id(y) in wrong for y, _ in users[id(x)])]
    suspects = [i for i in suspects if hasattr(first.args[i], "shape")]
    if suspects:
        suspects.sort(key=lambda i: not getattr(first.args[i], "requires_grad", False))  # what is trained, first
        names = " or of ".join(named(first.args[i]) for i in suspects)
        note = f"the values of {names} were written into in place after this op had used them"
        return [fault("SAVED_MUTATED", first, note, operand=operand_name(first, suspects[0]))]
    return [fault("SAVED_MUTATED", first, "it no longer gives the values that it holds: its forward keeps a state")]


def named(x) -> str:
    """What to call a Tensor in a message."""
    if not isinstance(x, Tensor):
        return "an array"
    if x.op is not None:
        return f"the result of {x.op.name}, made at {x.source},"
    return x.name or f"the leaf of shape {x.shape}, made at {x.source},"


def computed_again(y: Tensor):
    """The value of a node, from its operands as they are now."""
    arrays = [x.data if isinstance(x, Tensor) else x for x in y.args]
    with np.errstate(all="ignore"):
        return np.asarray(y.op.forward(*arrays, **y.kwargs))


def _repeats(y: Tensor, *, twice: bool = False) -> bool:
    return same(computed_again(y), computed_again(y) if twice else y.data)


def _index(y: Tensor, x: Tensor) -> int:
    return next(i for i, arg in enumerate(y.args) if arg is x)


def _of(kind, node, note, operand, verdict) -> Fault:
    found = fault(kind, node, note, operand=operand)
    found.verdict = verdict
    return found
