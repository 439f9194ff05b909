"""Arguments with arrays in them, taken apart into what is varied and what stays, and put together again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigrad.engine import Tensor


@dataclass(frozen=True)
class Slot:
    """The place of an operand among the arguments."""

    number: int


def is_floating(x) -> bool:
    """Whether something is an array of floating numbers, or a Tensor of them."""
    return isinstance(x, (np.ndarray, np.floating, Tensor)) and x.dtype.kind == "f"


def rebuilt(x, change: Callable[[Any, str], Any], name: str = ""):
    """Nested dicts, lists and tuples with every part changed; ``change`` is told the name of the part as well."""
    if isinstance(x, dict):
        return {key: rebuilt(part, change, f"{name}[{key!r}]") for key, part in x.items()}
    if isinstance(x, (list, tuple)):
        parts = [rebuilt(part, change, f"{name}[{i}]") for i, part in enumerate(x)]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    return change(x, name)


def take_apart(argument, name: str, wanted: Callable[[Any], bool], found: list[tuple[str, Any]]):
    """The argument with a Slot wherever an array is wanted; what was there is added to ``found`` with its name.

    >>> found = []
    >>> take_apart([np.ones(2), 3], "x", is_floating, found), found
    ([Slot(number=0), 3], [('x[0]', array([1., 1.]))])
    """

    def slot(x, name):
        if not wanted(x):
            return x
        found.append((name, x))
        return Slot(len(found) - 1)

    return rebuilt(argument, slot, name)


def put_together(argument, leaves):
    """The argument with every Slot filled by its leaf."""
    if isinstance(argument, Slot):
        return leaves[argument.number]
    if isinstance(argument, (dict, list, tuple)):
        return rebuilt(argument, lambda x, name: leaves[x.number] if isinstance(x, Slot) else x)
    return argument


def tensors_in(result) -> list[Tensor]:
    """Every floating Tensor in a result, however nested."""
    if isinstance(result, Tensor):
        return [result] if result.dtype.kind == "f" else []
    found: list[Tensor] = []
    rebuilt(result, lambda x, name: found.extend(tensors_in(x)) if isinstance(x, Tensor) else None)
    return found
