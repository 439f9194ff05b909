"""A step is recorded while it runs as ever: the recorder is told of each op, each contribution, and each effect.

What it cannot be told of, it notices. Every Tensor of the step is made a guarded one while it is recorded, whose
values nobody can read, nor replace, without the recorder taking note: what depends on that is not on the record, so
the step cannot be replayed. Likewise gradients and parameters are looked at again before each effect.
"""

from collections.abc import Callable
from functools import cache
from types import FunctionType, GeneratorType, MethodType
from typing import Any

import numpy as np

from minigrad.engine import Tensor, next_age
from minigrad.modes import Mode, mode
from minigrad.rules import Rule
from minigrad.source import here
from minigrad.tracing.trace import Arrive, Compute, Constant, Effect, Outcome, Pull, Seed, Slot, Trace


class Guarded:
    """What a Tensor is while a step is recorded."""

    __slots__ = ()
    _data: Any

    @property
    def data(self):
        self._note("is read")
        return self._data

    @data.setter
    def data(self, array):
        self._note("is replaced by hand")
        Tensor.data.__set__(self, array)  # type: ignore[attr-defined]

    def _note(self, what: str) -> None:
        tracer = mode.get().tracer
        if tracer is not None:
            tracer.refuse(f"the value of a Tensor {what}: {here()}")

    def detach(self):
        y = Tensor.detach(self)  # type: ignore[arg-type]
        tracer = mode.get().tracer
        if tracer is not None:
            tracer.computed(np.copy, (self,), {}, y)
        return y

    def backward(self, gradient=None):
        tracer = mode.get().tracer
        if tracer is None:
            return Tensor.backward(self, gradient)  # type: ignore[arg-type]
        return tracer.going_back(self, gradient)


@cache
def guarded(kind: type) -> type:
    """The guarded form of a class of Tensors."""
    return type(kind.__name__, (Guarded, kind), {"__slots__": ()})


class Recorder:
    """Writes down what a step does with these arguments. ``variables`` are those of an earlier recording, if any."""

    def __init__(self, arguments: list[Tensor], variables: list[Tensor]):
        self.start, self.reason, self.in_backward = next_age(), "", False
        self.calls: list[Any] = []
        self.slots: dict[int, Any] = {}  # by the identity of what holds it
        self.held: list[Any] = []  # so that no identity is used twice
        self.leaves: dict[int, Tensor] = {}
        self.modules: dict[int, Any] = {}
        self.kinds: list[tuple[Tensor, type]] = []
        self.gradients: dict[Tensor, tuple[Any, Any]] = {}  # as they should be, and a copy
        self.replaced: dict[Tensor, Any] = {}
        self.zeroed = bool(variables) and all(x.grad is not None for x in variables)
        self.arguments = [self.new(x, x._data) for x in arguments]
        for x in arguments:
            self.guard(x)

    def refuse(self, reason: str) -> None:
        """This step cannot be replayed: the first reason is kept."""
        self.reason = self.reason or reason

    # what the engine and the rest say

    def forward(self, y: Tensor) -> None:
        """An op was called, and its result is on the tape."""
        self.computed(y.op, y.args, y.kwargs, y, tracked=True)

    def computed(self, function: Callable | Rule, args: tuple, kwargs: dict, y: Any, tracked: bool = False) -> None:
        """A function of Tensors was called."""
        if self.reason:
            return
        if not isinstance(y, Tensor):
            return self.refuse(f"the answer of {getattr(function, '__name__', function)} is no Tensor: {here()}")
        if y._requires_grad and not tracked:
            return self.refuse(f"a variable is made in the step: {here()}")
        operands = tuple([self.operand(x) for x in args])
        options = {name: self.operand(x) for name, x in kwargs.items()}
        arrays = [x._data if isinstance(x, Tensor) else x for x in args]
        view = any(isinstance(a, np.ndarray) and np.may_share_memory(a, y._data) for a in arrays)
        self.calls.append(Compute(function, operands, options, self.new(y, y._data), tracked, view))
        self.guard(y)

    def backward(self, y: Tensor, position: int, g, contribution) -> None:
        """A gradient has sent its contribution on."""
        x = y.args[position]
        if not self.in_backward:
            return self.refuse("gradients are taken with grad(), not with backward()")
        if y.hooks or x.hooks or y.retains_grad or x.retains_grad:
            return self.refuse("a hook, or retain_grad(), looks at a gradient")
        if self.reason:
            return
        c = np.asarray(contribution)
        view = any(isinstance(a, np.ndarray) and np.may_share_memory(a, c) for a in (g, y._data, *map(_array, y.args)))
        self.calls.append(Pull(self.slots[id(y)], position, self.slot_of(x), c.strides, view))

    def going_back(self, y: Any, gradient) -> None:
        """``y.backward(gradient)`` is called."""
        if gradient is not None:
            self.refuse("backward() is given a gradient")
        variables = [x for x in self.leaves.values() if x._requires_grad]
        before, first = {x: x.grad for x in variables}, len(self.calls)
        if not self.reason:
            self.calls.append(Seed(self.slot_of(y)))
        self.in_backward = True
        try:
            Tensor.backward(y, gradient)
        finally:
            self.in_backward = False
        numbers = {call.target.number for call in self.calls[first:] if isinstance(call, Pull)} & self.leaves.keys()
        reached = [(self.slots[id(x)], x) for number, x in self.leaves.items() if number in numbers]
        if any(before.get(x) is not None for _, x in reached):
            self.refuse("gradients are added to those that were there: write opt.zero_grad() before loss.backward()")
        self.calls.append(Arrive(tuple([slot for slot, _ in reached])))
        self.gradients |= {x: (x.grad, np.copy(x.grad)) for _, x in reached}

    def effect(self, function: Callable, args: tuple, kwargs: dict) -> Any:
        """A function marked as an effect is called: nothing inside it is on the record."""
        self.look_again()
        outer = mode.get()
        mode.set(Mode(outer.record, (), outer.outer))
        try:
            value = function(*args, **kwargs)
        finally:
            mode.set(outer)
        if any(isinstance(x, (FunctionType, MethodType, GeneratorType)) for x in (*args, *kwargs.values())):
            self.refuse(f"{function.__qualname__} is given a function or a generator")
        operands = tuple([self.operand(x, whole=True) for x in args])
        options = {name: self.operand(x, whole=True) for name, x in kwargs.items()}
        results = value if isinstance(value, tuple) else () if value is None else (value,)
        slots = tuple([self.new(x, x) for x in results if isinstance(x, np.ndarray)])
        moved = any(x.replaced is not replaced for x, replaced in self.replaced.items())
        regraded = any(x.grad is not g for x, (g, _) in self.gradients.items())
        if value is not None and not slots:
            self.slots[id(value)] = Outcome(len(self.calls))
            self.held.append(value)
        self.calls.append(Effect(function, operands, options, slots, moved, regraded, here()))
        self.replaced = {x: x.replaced for x in self.replaced}
        self.gradients = {x: (x.grad, None if x.grad is None else np.copy(x.grad)) for x in self.gradients}
        return value

    def entered(self, module: Any) -> None:
        """A module is called."""
        self.modules[id(module)] = module
        if module._hooks:
            self.refuse("a forward hook looks at the output of a module")

    # what is noticed

    def guard(self, x: Tensor) -> None:
        self.kinds.append((x, type(x)))
        x.__class__ = guarded(type(x))

    def look_again(self) -> None:
        """Notice gradients and parameters that were changed by hand since the last look."""
        for x, (g, copy) in self.gradients.items():
            if x.grad is not g or (g is not None and not np.array_equal(g, copy, equal_nan=True)):
                self.refuse(f"the gradient of {x.name or 'a leaf'} is changed by hand before {here()}")
        for x, replaced in self.replaced.items():
            if x.replaced is not replaced:
                self.refuse(f"the data of {x.name or 'a leaf'} is replaced by hand")

    # what things are called

    def new(self, holder: Any, array: Any, owner: int = 0) -> Slot:
        """A number for the array that this object holds."""
        slot = Slot(len(self.held), array.shape, array.dtype, array.strides, owner)
        self.slots[id(holder)] = slot
        self.held.append(holder)
        return slot

    def operand(self, x: Any, whole: bool = False) -> Any:
        """What a call was given. The whole list of parameters that an effect is given is one constant."""
        if isinstance(x, Tensor):
            known = id(x) in self.slots
            return Constant(x) if whole and (not known or self.slots[id(x)].owner) else self.slot_of(x)
        if isinstance(x, np.ndarray) and id(x) in self.slots:
            return self.slots[id(x)]
        if isinstance(x, (list, tuple)) and not whole and any(isinstance(part, Tensor) for part in x):
            self.refuse(f"an operand is a list of Tensors: {here()}")
        return Constant(x)

    def slot_of(self, x: Tensor) -> Any:
        if id(x) in self.slots:
            return self.slots[id(x)]
        if x.op is not None:
            self.refuse(f"it goes on with what was computed before, or out of its sight: {x.source}")
        if x.age > self.start and x._requires_grad:
            self.refuse(f"a variable is made in the step: {x.source}")
        if x.age > self.start:
            return Constant(x._data)
        slot = self.new(x, x._data, id(x))
        self.leaves[slot.number] = x
        if x._requires_grad:
            self.replaced[x] = x.replaced
        self.guard(x)
        return slot

    def finish(self, result: Any) -> Trace | str:
        """The recording, or why there is none."""
        for x, kind in self.kinds:
            x.__class__ = kind
        left = {x.grad is not None for x in self.gradients}
        if left == {False}:
            self.gradients = {}
        self.look_again()
        if left == {True, False}:
            self.refuse("it forgets some gradients and leaves others")
        template = self.template(result)
        if self.reason:
            return self.reason
        modules, cleared = list(self.modules.values()), left == {False}
        return Trace(self.calls, self.arguments, self.leaves, template, modules, self.zeroed, cleared)

    def template(self, value: Any) -> Any:
        """What is returned, with a slot wherever there is an array of the step."""
        if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
            return type(value)([self.template(part) for part in value])
        if type(value) is dict:
            return {key: self.template(part) for key, part in value.items()}
        known = self.slots.get(id(value))
        if known is not None and not (isinstance(known, Slot) and known.owner):
            return known
        if isinstance(value, (Tensor, np.ndarray)):
            self.refuse("it returns an array that the record does not know")
        return Constant(value)


def _array(x: Any) -> Any:
    return x._data if isinstance(x, Tensor) else x
