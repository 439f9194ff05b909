"""Paths that left the tape: a number taken out by ``.data``, ``.numpy()`` or ``.item()``, and put in again.

The graph itself cannot show them: it holds the number, not where it came from. So the function is computed again
with its leaves barely displaced. Where an operand moves that is a constant to the tape, the gradient is incomplete;
and displacing results as they are made tells, by halving, where the values left (the cut test).
"""

import linecache
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import NamedTuple

import numpy as np

from minigrad.engine import Tensor, history
from minigrad.gradcheck.arguments import tensors_in
from minigrad.gradcheck.flow import Fault, fault
from minigrad.gradcheck.local import BARELY, operand_name
from minigrad.gradcheck.problem import scale_of
from minigrad.gradcheck.saved import named
from minigrad.modes import enable_grad, watch
from minigrad.source import Source

WRAPPED = re.compile(r"[\w.]*[Tt]ensor\(")
"""How a number gets on the tape as a Tensor: one that got there without, by ``detach`` or ``no_grad``, is meant."""


class Constant(NamedTuple):
    """An operand that is a number to the tape: the node that takes it in, and where that stands in the run."""

    number: int
    position: int


class Run:
    """A watcher of one forward pass, which can displace what is made from one node up to another."""

    def __init__(self, cut: slice = slice(0, 0)):
        self.nodes: list[Tensor] = []
        self.cut = range(10**9)[cut]

    def forward(self, y: Tensor) -> None:
        """Write down a node, and displace it if it is in the cut."""
        if len(self.nodes) in self.cut:
            y._data = displaced(y.data)
        self.nodes.append(y)

    def backward(self, y: Tensor, position: int, g, contribution) -> None:
        """The forward pass is all that matters."""


def left_the_tape(fn: Callable, leaves: Sequence[Tensor]) -> list[Fault]:
    """A fault for every constant of the tape that moves with the leaves; ``fn()`` computes the loss again."""
    first, outputs = run(fn)
    again, _ = run(fn)
    with moved(leaves):
        other, _ = run(fn)
    numbers = {id(y): number for number, y in enumerate(first)}
    leading = sorted(numbers[id(y)] for y in history(outputs) if id(y) in numbers)
    if [y.op for y in first] != [y.op for y in other]:
        return []
    places = [Constant(number, i) for number in leading for i in range(len(first[number].args))]
    bad = [p for p in places if not frozen(at(first, p)) and differs(first, other, p) and not differs(first, again, p)]
    return [_described(fn, first, leaves, place) for place in bad]


def copied_values(nodes: Sequence[Tensor]) -> list[str]:
    """A note for every constant that has the very values of something on the tape: a suspicion, no proof."""
    known = {_values(x): x for x in nodes if np.any(x.data * 8 != np.round(x.data * 8))}  # 0.5 proves nothing
    notes = []
    for y in nodes:
        for i, x in enumerate(y.args):
            other = None if frozen(x) else known.get(_values(x))
            if other is not None:
                where = f"{operand_name(y, i)} of {y.op.name} at {y.source}"
                notes.append(f"{where} has the values of {named(other)} but no gradient flows there: .detach() says so")
    return notes


def _values(x) -> bytes:
    return np.asarray(x.data if isinstance(x, Tensor) else x, dtype=float).tobytes()


def _described(fn: Callable, nodes: list[Tensor], leaves: Sequence[Tensor], place: Constant) -> Fault:
    node = nodes[place.number]
    low, high = 0, place.number  # the newest node such that displacing from it on moves the constant
    while low < high:
        middle = (low + high) // 2
        moves = differs(nodes, run(fn, slice(middle, place.number))[0], place)
        low, high = (middle + 1, high) if moves else (low, middle)
    origin = named(nodes[low - 1]) if low else _leaf_of(fn, nodes, leaves, place)
    note = f"the values of {origin} left the tape (.data, .numpy(), .item()) and come back here as a constant"
    return fault("LEFT_THE_TAPE", node, note, operand=operand_name(node, place.position))


def _leaf_of(fn, nodes, leaves, place) -> str:
    for leaf in leaves:
        with moved([leaf]):
            if differs(nodes, run(fn)[0], place):
                return named(leaf)
    return "the leaves"


def run(fn: Callable, cut: slice = slice(0, 0)) -> tuple[list[Tensor], list[Tensor]]:
    """The nodes of one run, in the order they were made, and the outputs."""
    log = Run(cut)
    with enable_grad(), watch(log), np.errstate(all="ignore"):
        outputs = tensors_in(fn())
    return log.nodes, outputs


def at(nodes: Sequence[Tensor], place: Constant):
    """The operand at a place."""
    return nodes[place.number].args[place.position]


def frozen(x) -> bool:
    """Whether an operand is no constant, or one that is meant to be."""
    if isinstance(x, Tensor):
        return x.requires_grad or not WRAPPED.match(expression(x.source))
    return not isinstance(x, (float, np.floating, np.ndarray))


def expression(source: Source) -> str:
    """The source line from where the call begins that a place stands for; empty where no source is to be had."""
    positions = next(islice(source.code.co_positions(), source.offset // 2, None), ())
    if len(positions) < 4 or positions[0] is None or positions[2] is None:
        return ""
    return linecache.getline(source.filename, positions[0]).encode()[positions[2] :].decode(errors="replace")


def differs(nodes, others, place: Constant) -> bool:
    """Whether a floating operand is another number in another run."""
    if place.number >= len(others) or place.position >= len(others[place.number].args):
        return False
    a, b = (np.asarray(x.data if isinstance(x, Tensor) else x) for x in (at(nodes, place), at(others, place)))
    return a.dtype.kind == "f" and a.shape == b.shape and not np.array_equal(a, b, equal_nan=True)


def displaced(x: np.ndarray) -> np.ndarray:
    """The array with every element moved by about a millionth."""
    amount = BARELY * np.random.default_rng(0).uniform(1, 2, x.shape) * scale_of(x).reshape(x.shape)
    return (x + amount).astype(x.dtype) if x.dtype.kind == "f" else x


@contextmanager
def moved(leaves: Sequence[Tensor]) -> Iterator[None]:
    """The leaves barely displaced; afterwards they are what they were, bit for bit."""
    kept = [leaf.data for leaf in leaves]
    try:
        for leaf in leaves:
            leaf._data = displaced(leaf.data)
        yield
    finally:
        for leaf, data in zip(leaves, kept, strict=True):
            leaf._data = data
