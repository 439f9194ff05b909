"""A recorded step as a flat list of calls without arguments, each bound to the arrays it reads and writes.

Every array of the step has its place, planned once. Parameters have two, which take turns, so there are two lists.
No Tensor, no tape, no decision is left.
"""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from minigrad.engine import Tensor, constant
from minigrad.optim.optimizer import Optimizer
from minigrad.tracing.binding import Binding
from minigrad.tracing.memory import Home, laid_out, write
from minigrad.tracing.trace import Arrive, Constant, Effect, Outcome, Slot, Trace
from minigrad.tracing.update import moves_alike

PLAIN_STEP = inspect.unwrap(Optimizer.step)


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
        self.zeroed, self.given_up = trace.zeroed, 0
        self.drawn = {slot.number for call in trace.calls if isinstance(call, Effect) for slot in call.results}
        self.layout()
        self.inputs = {("array", n): leaf for n, leaf in trace.leaves.items() if n not in self.variables}
        self.places |= {key: leaf._data for key, leaf in self.inputs.items()}
        self.copied: set[Any] = set()
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

    def take_over(self, key: Any, array: np.ndarray) -> None:
        """A Tensor from outside has got other data: from now on they are copied to one place each time."""
        if key not in self.copied:
            self.copied.add(key)
            self.places[key] = np.empty_like(self.places[key])
            self.bindings.clear()
        write(self.places[key], array)

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

    def run(self, arrays: list) -> Any:
        """Take the step with these arguments. Raises Unusual, or what an op raised, where it must be taken eagerly."""
        self.outcomes, self.busy, self.moved = {}, False, False
        for out, array in zip(self.given, arrays):
            np.copyto(out, array)
        for key, leaf in self.inputs.items():
            if leaf._data is not self.places[key]:
                self.take_over(key, leaf._data)
        for home, _ in self.homes:
            home.ready()
        for quiet, calls in self.binding().segments:
            if quiet:
                run_quietly(calls)
            else:
                for call in calls:
                    call()
        if self.trace.cleared:
            for home, _ in self.homes:
                for p in home.params:
                    p.grad = None
        return self.returned(self.trace.result)

    def listing(self) -> str:
        """The calls one below the other, with the shapes of the arrays they read and write."""
        return "\n".join([shown(call) for _, calls in self.binding().segments for call in calls])

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
            return array.copy() if template.number in self.drawn else constant(array.copy())
        if isinstance(template, Outcome):
            return self.outcomes[template.effect]
        if isinstance(template, Constant):
            return template.value
        if isinstance(template, dict):
            return {key: self.returned(part) for key, part in template.items()}
        return type(template)([self.returned(part) for part in template])


@np.errstate(all="ignore")
def run_quietly(calls: list[Callable]) -> None:
    """Make the calls, and no warning of an overflow: as in a backward pass."""
    for call in calls:
        call()


def shown(call: Callable) -> str:
    """A call as text.

    >>> shown(partial(np.add, np.zeros((2, 3)), 1.0, np.zeros((2, 3))))
    'add((2, 3), 1.0, (2, 3))'
    """
    if not isinstance(call, partial):
        return getattr(call, "__name__", type(call).__name__.lower())
    owner: Any = getattr(call.func, "__self__", None)  # of a method: it comes first
    operands = (owner, *call.args) if isinstance(owner, np.ndarray) else call.args
    return f"{call.func.__name__}({', '.join([str(getattr(x, 'shape', x)) for x in operands])})"


def _movable(call: Any, arrived: set[Tensor]) -> Optimizer | None:
    """The optimizer whose step this is, if it treats all elements alike and moves nothing but what has arrived."""
    if not isinstance(call, Effect) or len(call.operands) != 1 or call.options:
        return None
    opt = call.operands[0].value if isinstance(call.operands[0], Constant) else None
    if not isinstance(opt, Optimizer) or call.function is not PLAIN_STEP or not moves_alike(opt):
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
