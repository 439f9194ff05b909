"""What a recorded step did, as plain data: a flat list of calls on numbered arrays, and what came out.

Two recordings of one step must be equal before either is believed: what differs, a batch that was read inside, a
number that counts, a mask drawn by hand, is what a replay would freeze.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minigrad.source import Source


class Slot(NamedTuple):
    """One array of the step. ``owner`` is the identity of the Tensor it comes from, if that is from outside."""

    number: int
    shape: tuple[int, ...]
    dtype: np.dtype
    strides: tuple[int, ...]
    owner: int = 0


class Constant:
    """What is the same each time: a number, an option, a small array."""

    def __init__(self, value: Any):
        self.value = value

    def __eq__(self, other):
        return isinstance(other, Constant) and same(self.value, other.value)

    def __repr__(self):
        return f"the array {self.value.shape}" if isinstance(self.value, np.ndarray) else repr(self.value)


class Compute(NamedTuple):
    """``result = function(*operands, **options)``; ``function`` is an Op, or a NumPy function without a derivative."""

    function: Any
    operands: tuple
    options: dict[str, Any]
    result: Slot
    tracked: bool  # whether gradients flow back through it
    view: bool  # whether the result is a view of an operand


class Seed(NamedTuple):
    """A backward pass begins: the gradient of the root is 1."""

    root: Slot


class Pull(NamedTuple):
    """The gradient of ``node`` sends its contribution to the operand at ``position``."""

    node: Slot
    position: int
    target: Slot
    strides: tuple[int, ...]  # of the contribution
    view: bool


class Arrive(NamedTuple):
    """The backward pass ends: the gradients of these leaves are in their ``.grad``."""

    leaves: tuple[Slot, ...]


class Effect(NamedTuple):
    """``function(*operands, **options)`` changed something off the tape, and gave these arrays."""

    function: Callable
    operands: tuple
    options: dict[str, Any]
    results: tuple[Slot, ...]
    moved: bool  # whether it replaced data of leaves
    regraded: bool  # whether it replaced gradients
    where: Source


class Outcome(NamedTuple):
    """What the effect with this number returned, as it is."""

    effect: int


class Trace(NamedTuple):
    """A recorded step."""

    calls: list
    arguments: list[Slot]
    leaves: dict[int, Any]  # number of the slot -> the Tensor from outside
    result: Any
    modules: list
    zeroed: bool  # whether the step itself forgets the gradients of the step before
    cleared: bool  # whether it leaves none behind

    def difference(self, other: "Trace") -> str | None:
        """The first thing in which another recording differs, in words."""
        for i, (a, b) in enumerate(zip(self.calls, other.calls)):
            if a != b:
                return f"call {i}, {described(a)}, was {described(b)} the next time"
        if len(self.calls) != len(other.calls):
            return f"it makes {len(self.calls)} calls, and {len(other.calls)} the next time"
        return None if same(self.result, other.result) else "it returns something else the next time"


def described(call: Any) -> str:
    """A call in a few words.

    >>> described(Seed(Slot(0, (), np.dtype(float), ())))
    'seed'
    """
    if not isinstance(call, (Compute, Effect)):
        return type(call).__name__.lower()
    name = getattr(call.function, "name", None) or call.function.__name__
    given = [f"{x.shape}" if isinstance(x, Slot) else repr(x) for x in (*call.operands, *call.options.values())]
    return f"{name}({', '.join(given)})"


def same(a: Any, b: Any) -> bool:
    """Whether two values are the same to the last bit; objects only if they are one.

    >>> same((1, [np.nan]), (1, [np.nan])), same(1, 1.0), same(0.0, -0.0)
    (True, False, False)
    """
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, Slot):
        return a == b
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (np.ndarray, np.generic)):
        return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()
    if isinstance(a, float):
        return (a == b and math.copysign(1, a) == math.copysign(1, b)) or (a != a and b != b)
    if isinstance(a, slice):
        return same((a.start, a.stop, a.step), (b.start, b.stop, b.step))
    return isinstance(a, (int, str, bytes, complex, Constant, np.dtype)) and bool(a == b)
