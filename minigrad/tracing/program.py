"""A recorded step as a flat list of calls without arguments, each bound to the arrays it reads and writes.

Every array of the step has its place, planned once: a call of an op writes its result there, a view is made once and
for all, gradients arrive in one piece of memory. No Tensor, no tape, no decision is left.
"""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.arrays import all_finite
from minigrad.engine import Op, Tensor, constant, fit
from minigrad.optim.optimizer import Optimizer
from minigrad.optim.parameters import is_moderate
from minigrad.tracing.kernels import backward_kernel, forward_kernel
from minigrad.tracing.memory import Home
from minigrad.tracing.trace import Arrive, Compute, Constant, Effect, Outcome, Pull, Seed, Slot, Trace

PLAIN_STEP = inspect.unwrap(Optimizer.step)


class Unusual(Exception):
    """What a replay meets and leaves to the step itself: a gradient that is not finite, a result of another shape."""


class Binding:
    """The calls of a program, for one state of the memory: which piece the parameters are in."""

    def __init__(self, program: "Program"):
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
        self.gradients[call.root.number] = np.ones(call.root.shape, call.root.dtype)
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
        self.then(_adding(before, out, total))
        self.gradients[target.number] = total
        self.owned.add(target.number)

    def _arrive(self, number: int, call: Arrive) -> None:
        homes = {}
        for slot in call.leaves:
            home, i = self.homes[slot.number]
            homes[id(home)] = home
            part, g = home.gradients.parts[i], self.gradients[slot.number]
            if g is not part:
                self.then(_copying(part, g))
        if not self.committed:
            self.then(*[_checking(home.gradients.flat) for home in homes.values()])
        self.then(*[home.publish for home in homes.values()])

    def _effect(self, number: int, call: Effect) -> None:
        planned = self.program.updates.get(number)
        if planned:
            self.then(_updating(self.program, *planned))
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


class Program:
    """A trace that can be run."""

    def __init__(self, trace: Trace, shared: Callable[[Optimizer, list[Tensor]], Home]):
        self.trace, self.shared = trace, shared
        self.places: dict[Any, np.ndarray] = {}
        self.outcomes: dict[int, Any] = {}  # of the effects so far, in this run
        self.busy = self.moved = False  # whether an effect is running; whether one has moved parameters in this run
        self.updates: dict[int, tuple[Optimizer, list[tuple[Home, dict]]]] = {}
        self.homes: list[tuple[Home, list[int]]] = []
        self.bindings: dict[tuple, Binding] = {}
        self.layout()
        self.inputs = [(leaf, self.leaf_place(n)) for n, leaf in trace.leaves.items() if n not in self.variables]
        self.given = [self.place(("array", s.number), s.shape, s.dtype, s.strides) for s in trace.arguments]

    def layout(self) -> None:
        """Decide which parameters live together, and which optimizers move them there."""
        arrived = [slot for call in self.trace.calls if isinstance(call, Arrive) for slot in call.leaves]
        left = {slot.number: self.trace.leaves[slot.number] for slot in arrived}
        self.variables = set(left)
        for number, call in enumerate(self.trace.calls):
            opt = _movable(call, {*left.values()})
            if opt is None:
                continue
            numbers = {leaf: n for n, leaf in left.items()}
            parts = []
            for group in opt.param_groups:
                for params in _alike(opt, [p for p in group["params"] if p in numbers]):
                    parts.append((self.shared(opt, params), group))
                    self.homes.append((parts[-1][0], [numbers[p] for p in params]))
            self.updates[number] = opt, parts
            break
        kept = {n for _, numbers in self.homes for n in numbers}
        for number in left.keys() - kept:
            self.homes.append((Home([left[number]]), [number]))

    def place(self, key: Any, shape: tuple, dtype: np.dtype, strides: tuple) -> np.ndarray:
        """An array of this layout, the same each time it is asked for under this key."""
        if key not in self.places:
            self.places[key] = laid_out(shape, dtype, strides)
        return self.places[key]

    def leaf_place(self, number: int) -> np.ndarray:
        array = self.trace.leaves[number]._data
        return self.place(("array", number), array.shape, array.dtype, array.strides)

    def again(self, number: int, call: Effect, operands: list, options: dict, place: Callable) -> Callable:
        """The call that repeats an effect, and keeps what it returned."""
        function, outs = call.function, [place(slot) for slot in call.results]

        def repeat():
            self.busy, self.moved = True, self.moved or call.moved
            value = self.outcomes[number] = function(*operands, **options)
            self.busy = False
            for out, result in zip(outs, value if isinstance(value, tuple) else (value,)):
                write(out, result)

        return repeat

    def fits(self) -> bool:
        """Whether the leaves have the shapes and dtypes they were recorded with."""
        return all(home.fits() for home, _ in self.homes) and not any(home.stale for home, _ in self.homes)

    def run(self, arrays: list) -> Any:
        """Take the step with these arguments. Raises Unusual, or what an op raised, where it must be taken eagerly."""
        self.outcomes, self.busy, self.moved = {}, False, False
        for out, array in zip(self.given, arrays):
            np.copyto(out, array)
        for leaf, out in self.inputs:
            write(out, leaf._data)
        for home, _ in self.homes:
            home.ready()
        for quiet, calls in self.binding().segments:
            if quiet:
                with np.errstate(all="ignore"):
                    for call in calls:
                        call()
            else:
                for call in calls:
                    call()
        if self.trace.cleared:
            for home, _ in self.homes:
                for p in home.params:
                    p.grad = None
        return self.returned(self.trace.result)

    def binding(self) -> Binding:
        state = tuple([(home.now, home.stamp) for home, _ in self.homes])
        if state not in self.bindings:
            if len(self.bindings) > 1:
                self.bindings.clear()
            self.bindings[state] = self.latest = Binding(self)
        self.latest = self.bindings[state]
        return self.latest

    def returned(self, template: Any) -> Any:
        """What the step returns: copies, off the tape."""
        if isinstance(template, Slot):
            array = self.latest.arrays[template.number]
            drawn = template.number in self.drawn
            return array.copy() if drawn else constant(array.copy())
        if isinstance(template, Outcome):
            return self.outcomes[template.effect]
        if isinstance(template, Constant):
            return template.value
        if isinstance(template, dict):
            return {key: self.returned(part) for key, part in template.items()}
        return type(template)([self.returned(part) for part in template])

    @property
    def drawn(self) -> set[int]:
        return {slot.number for call in self.trace.calls if isinstance(call, Effect) for slot in call.results}


def _movable(call: Any, arrived: set[Tensor]) -> Optimizer | None:
    """The optimizer whose step this is, if it treats all elements alike and moves nothing but what has arrived."""
    if not isinstance(call, Effect) or len(call.operands) != 1 or call.options:
        return None
    opt = call.operands[0].value if isinstance(call.operands[0], Constant) else None
    if not isinstance(opt, Optimizer) or call.function is not PLAIN_STEP or not opt._moves_elements:
        return None
    moving = [p for p in opt.names if p._requires_grad and p.grad is not None]
    return opt if moving and arrived.issuperset(moving) else None


def _alike(opt: Optimizer, params: list[Tensor]) -> list[list[Tensor]]:
    """The parameters of one dtype that have taken the same number of steps, together."""
    alike: dict[Any, list[Tensor]] = {}
    for p in params:
        state = opt.state.get(p)
        alike.setdefault((p.dtype, state and state.step), []).append(p)
    return list(alike.values())


def laid_out(shape: tuple, dtype: np.dtype, strides: tuple) -> np.ndarray:
    """An array whose elements lie in memory as those of another do.

    >>> laid_out((2, 3), np.dtype(float), (8, 16)).flags.f_contiguous
    True
    """
    ends = [(n - 1) * stride for n, stride in zip(shape, strides)] if 0 not in shape else []
    first = -sum(end for end in ends if end < 0)
    size = first + sum(end for end in ends if end > 0) + dtype.itemsize
    return np.ndarray(shape, dtype, np.empty(size, np.uint8), first, strides if ends else None)


def write(out: np.ndarray, value: Any) -> None:
    """Copy a result to its place. Raises Unusual where it has another shape or dtype than the recorded one."""
    if value.shape != out.shape or value.dtype != out.dtype:
        raise Unusual
    np.copyto(out, value)


def _computing(function, operands, options, out):
    def compute():
        write(out, function(*operands, **options))

    return compute


def _saving(function, operands, options, saved, out):
    def compute():
        value, found = function(*operands, **options)
        saved[:] = [found]
        write(out, value)

    return compute


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

    return pull


def _adding(a, b, out):
    return lambda: np.add(a, b, out)


def _copying(out, value):
    return lambda: np.copyto(out, value)


def _checking(gradients):
    def check():
        if not is_moderate(gradients):
            raise Unusual

    return check


def _updating(program, opt, parts):
    def update():
        if opt._divisions:  # it has stepped by itself since, and may have moved what it remembers
            opt._divisions.clear()
            opt._spare.clear()
            for home, _ in parts:
                home.forget_states()
                home.stale = len({opt.state[p].step for p in home.params}) > 1
        if any(home.stale for home, _ in parts):
            raise Unusual
        ready = [(home, home.gradients.flat, opt.options_now(group)) for home, group in parts]
        program.moved = program.busy = True
        opt._replace(opt._new_values(ready, True))
        program.busy = False
        opt.steps += 1

    return update
