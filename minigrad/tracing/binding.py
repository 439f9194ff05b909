"""The calls of a program, bound to arrays: what each reads and writes is settled before the first one is made.

An op with a kernel becomes NumPy calls that write to their place; any other is called as it is declared, on plain
arrays, and what it returns is copied to its place. A result that is a view of an operand is made here, once and for
all.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from minigrad.arrays import all_finite
from minigrad.engine import Op, constant, fit
from minigrad.tracing.kernels import backward_kernel, forward_kernel
from minigrad.tracing.memory import Home, Unusual, write
from minigrad.tracing.trace import Arrive, Compute, Effect, Pull, Seed, Slot
from minigrad.tracing.update import Update


class Binding:
    """The calls of a program, for one state of the memory: which piece the parameters are in."""

    def __init__(self, program: Any):
        self.program, self.trace = program, program.trace
        self.arrays: dict[int, np.ndarray] = {}
        self.gradients: dict[int, np.ndarray] = {}
        self.owned: set[int] = set()  # slots whose gradient is in an array of its own, which may be added to
        self.nodes: dict[int, tuple[Compute, list, list]] = {}
        self.homes: dict[int, tuple[Home, int]] = {}
        self.segments: list[tuple[bool, list[Callable]]] = [(False, [])]
        self.committed = False
        for home, numbers in program.homes:
            for i, number in enumerate(numbers):
                self.homes[number] = home, i
                self.arrays[number] = home.pieces[home.now].parts[i]
        for number, call in enumerate(self.trace.calls):
            getattr(self, f"_{type(call).__name__.lower()}")(number, call)

    def place(self, slot: Slot) -> np.ndarray:
        """Where the array of this slot is: the same place in all bindings, unless it is a parameter."""
        if slot.number not in self.arrays:
            self.arrays[slot.number] = self.program.place(("array", slot.number), slot.shape, slot.dtype, slot.strides)
        return self.arrays[slot.number]

    def value(self, operand: Any) -> Any:
        return self.place(operand) if isinstance(operand, Slot) else operand.value

    def then(self, *calls: Callable) -> None:
        self.segments[-1][1].extend(calls)

    def _compute(self, number: int, call: Compute) -> None:
        operands: list[Any] = [self.value(x) for x in call.operands]
        saved: list[Any] = []
        options = {name: self.value(x) for name, x in call.options.items()}
        self.nodes[call.result.number] = call, operands, saved
        function = call.function.forward if isinstance(call.function, Op) else call.function
        if call.view:
            with np.errstate(all="ignore"):
                self.arrays[call.result.number] = function(*operands, **options)
            return
        out, kernel = self.place(call.result), forward_kernel(call.function) if isinstance(call.function, Op) else None
        calls = kernel(saved, out, *operands, **options) if kernel else None
        if calls is None:
            saving = call.tracked and call.function.saving is not None
            calls = [_saving(call.function.saving, operands, options, saved, out)] if saving else None
        self.then(*(calls or [_computing(function, operands, options, out)]))

    def _seed(self, number: int, call: Seed) -> None:
        self.gradients, self.owned = {}, set()
        self.gradients[call.root.number] = one = np.ones(call.root.shape, call.root.dtype)
        one.flags.writeable = False  # for all to see that it stays 1
        self.segments.append((True, []))

    def _pull(self, number: int, call: Pull) -> None:
        node, operands, saved = self.nodes[call.node.number]
        op, target, g = node.function, call.target, self.gradients[call.node.number]
        options = {name: self.value(x) for name, x in node.options.items()}
        given = g, self.place(call.node), *operands
        first = target.number not in self.gradients
        if call.view:
            formula = op.formula(call.position)
            with np.errstate(all="ignore"):
                out = (
                    formula(*given[:2], call.position, *given[2:], **options)
                    if op.variadic
                    else formula(*given, **options)
                )
                view = out.shape == target.shape and np.may_share_memory(out, g)
        if not (call.view and view):
            out = self._room(number, call, first)
            kernel = backward_kernel(op, call.position, checked=not self.committed)
            calls = (
                kernel(saved, out, *given, **options) if (kernel and op.saving is None) or (kernel and saved) else None
            )
            self.then(*(calls or [_pulling(op, call.position, given, options, saved, out)]))
            if first:
                self.owned.add(target.number)
        if first:
            self.gradients[target.number] = out
        else:
            self._add(number, target, out)

    def _room(self, number: int, call: Pull, first: bool) -> np.ndarray:
        """Where a contribution is written: straight to the gradient of a leaf, if it is the first to arrive."""
        if first and call.target.number in self.homes:
            home, i = self.homes[call.target.number]
            part = home.gradients.parts[i]
            if part.strides == call.strides:
                return part
        return self.program.place(("pull", number), call.target.shape, call.target.dtype, call.strides)

    def _add(self, number: int, target: Slot, out: np.ndarray) -> None:
        before = self.gradients[target.number]
        with np.errstate(all="ignore"):
            layout = (before + out).strides
        total = before
        if target.number not in self.owned or layout != before.strides:
            total = self.program.place(("sum", number), target.shape, target.dtype, layout)
        self.then(partial(np.add, before, out, total))
        self.gradients[target.number] = total
        self.owned.add(target.number)

    def _arrive(self, number: int, call: Arrive) -> None:
        homes = {}
        for slot in call.leaves:
            home, i = self.homes[slot.number]
            homes[id(home)] = home
            part, g = home.gradients.parts[i], self.gradients[slot.number]
            if g is not part:
                self.then(partial(np.copyto, part, g))
        if not self.committed:
            self.then(*[_checking(home.gradients.flat) for home in homes.values()])
        self.then(*[home.publish for home in homes.values()])

    def _effect(self, number: int, call: Effect) -> None:
        planned = self.program.updates.get(number)
        if planned:
            opt, parts = planned
            self.then(Update(self.program, opt, parts, call.where))
            self.committed = True
            return
        operands = [self.value(x) for x in call.operands]
        options = {name: self.value(x) for name, x in call.options.items()}
        self.segments.append((False, [self.program.again(number, call, operands, options, self.place)]))
        homes = [home for home, _ in self.program.homes]
        if call.moved:
            self.then(*[home.sync for home in homes])
            self.committed = True
        if call.regraded:
            self.then(*[home.sync_gradients for home in homes])


def _computing(function, operands, options, out):
    def compute():
        write(out, function(*operands, **options))

    return _named(compute, getattr(function, "__name__", "compute"))


def _saving(function, operands, options, saved, out):
    def compute():
        value, found = function(*operands, **options)
        saved[:] = [found]
        write(out, value)

    return _named(compute, function.__name__)


def _pulling(op, position, given, options, saved, out):
    formula, x = op.formula(position), constant(given[2 + position])
    before, after = (given[:2], (position, *given[2:])) if op.variadic else (given, ())

    def pull():
        kept = options if not saved or saved[0] is None else {**options, "saved": saved[0]}
        contribution = formula(*before, *after, **kept)
        if op.singular and not all_finite(contribution):
            contribution = np.where(given[0] == 0, 0.0, contribution)
        if contribution.shape != x._data.shape or contribution.dtype != x._data.dtype:
            contribution = fit(contribution, x)
        np.copyto(out, contribution)

    return _named(pull, f"gradient of {op.name} by operand {position}")


def _named(call, name):
    call.__name__ = name
    return call


def _checking(gradients):
    limit, dot = math.sqrt(np.finfo(gradients.dtype).max), gradients.dot

    def check():
        if not dot(gradients) < limit:  # squares, sums and averages are finite below
            raise Unusual("a gradient is not finite, or very large")

    return check
