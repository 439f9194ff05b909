"""What a training step does off the tape, marked so that a compiled step can do it again.

The tape holds what is computed of Tensors. A step also draws masks, keeps running statistics, clips gradients and
moves parameters: functions of plain arrays that change something. Each is marked as an effect. While a step is
recorded (see :mod:`minigrad.tracing`), the recorder is told of the call; at all other times nothing is different.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from minigrad.modes import mode


def effect(function: Callable) -> Callable:
    """Mark a function that changes something off the tape: a compiled step calls it again each time.

    It is called with Tensors, and in a replay with the plain arrays in their place: let it take both. What it
    returns is None, a number, or an array that nobody else holds; read-only, if it is to be an operand on the tape.
    """

    @wraps(function)
    def call(*args, **kwargs) -> Any:
        tracer = mode.get().tracer
        return function(*args, **kwargs) if tracer is None else tracer.effect(function, args, kwargs)

    return call


def cannot_replay(reason: str) -> None:
    """Say, while a step is recorded, that something in it cannot be replayed; at all other times say nothing."""
    tracer = mode.get().tracer
    if tracer is not None:
        tracer.refuse(reason)


class Structure:
    """Counts the changes of what decides which ops a step makes: attributes of modules, hooks, what requires grad."""

    version = 0

    @classmethod
    def changed(cls) -> None:
        cls.version += 1
