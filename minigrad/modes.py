"""Whether the tape runs, and who watches it: one setting per thread, changed by ``with`` blocks.

The setting is a linked list in a context variable. So blocks nest, end in order even when one raises, may be
entered twice, work as decorators, and no thread sees another's.
"""

import inspect
from contextlib import ContextDecorator
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any


@dataclass(slots=True, eq=False)
class Mode:
    """What this thread does with the ops it meets."""

    record: bool = True
    watchers: tuple[Any, ...] = ()
    outer: "Mode | None" = None
    tracer: Any = None
    """What records a whole step, also what is off the tape: see :mod:`minigrad.effects`."""


_OUTERMOST = Mode()
_UNRECORDED = Mode(record=False, outer=_OUTERMOST)  # where every backward pass runs
mode: ContextVar[Mode] = ContextVar("minigrad.mode", default=_OUTERMOST)

stopped: ContextVar[Any] = ContextVar("minigrad.stopped", default=lambda array: array)
"""What a check puts in the place of values that leave the tape: it keeps them as they were where it looks around."""


class _Block(ContextDecorator):
    def inside(self, outer: Mode) -> Mode:
        """The setting inside the block."""
        raise NotImplementedError

    def __enter__(self):
        mode.set(self.inside(mode.get()))
        return self

    def __exit__(self, *exception):
        mode.set(mode.get().outer or _OUTERMOST)


class _Setting(_Block):
    """A block that is a decorator as well, with and without parentheses."""

    def __new__(cls, function=None):
        block = super().__new__(cls)
        return block if function is None else block(function)

    def __call__(self, function):
        """The function with its whole body inside the block: of a generator or coroutine, whenever it runs."""
        if inspect.iscoroutinefunction(function):  # every task has a context of its own

            @wraps(function)
            async def waits(*args, **kwargs):
                with self:
                    return await function(*args, **kwargs)

            return waits
        if inspect.isasyncgenfunction(function):

            @wraps(function)
            async def yields_later(*args, **kwargs):
                generator = function(*args, **kwargs)
                step, given = generator.asend, None
                try:
                    while True:
                        with self:
                            value = await step(given)
                        try:
                            step, given = generator.asend, (yield value)
                        except Exception as error:
                            step, given = generator.athrow, error
                except StopAsyncIteration:
                    return
                finally:
                    with self:
                        await generator.aclose()

            return yields_later
        if inspect.isgeneratorfunction(function):

            @wraps(function)
            def yields(*args, **kwargs):
                return (yield from _Resumed(function(*args, **kwargs), self))

            return yields
        return super().__call__(function)


class _Resumed:
    """A generator that is inside a block while it runs, and outside while its caller does."""

    def __init__(self, generator, block):
        self.generator, self.block = generator, block

    def __iter__(self):
        return self

    def __next__(self):
        with self.block:
            return next(self.generator)

    def send(self, value):
        with self.block:
            return self.generator.send(value)

    def throw(self, *error):
        with self.block:
            return self.generator.throw(*error)

    def close(self):
        with self.block:
            self.generator.close()


class no_grad(_Setting):
    """Inside, nothing is recorded: no result requires grad. Also a decorator.

    >>> import minigrad as mg
    >>> x = mg.tensor(2.0, requires_grad=True)
    >>> with mg.no_grad():
    ...     y = x * x
    >>> y.requires_grad
    False
    """

    def inside(self, outer):
        return _UNRECORDED if outer is _OUTERMOST else Mode(False, outer.watchers, outer, outer.tracer)


class enable_grad(_Setting):
    """Inside, ops are recorded again, also within :class:`no_grad`."""

    def inside(self, outer):
        return Mode(True, outer.watchers, outer, outer.tracer)


class watch(_Block):
    """Inside, every watcher is told of what the engine does.

    A watcher has two methods: ``forward(y)``, called with each Tensor that an op has made, and
    ``backward(y, position, g, contribution)``, called when the gradient ``g`` arriving at ``y`` has sent its
    ``contribution`` to the operand at that position.
    """

    def __init__(self, watcher):
        self.watcher = watcher

    def inside(self, outer):
        return Mode(outer.record, (*outer.watchers, self.watcher), outer, outer.tracer)
