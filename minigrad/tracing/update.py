"""The step of an optimizer in a program: its own formula on whole pieces of memory, without looking for anything.

SGD, Adam and AdamW, as they are mostly used, are flat lists of NumPy calls here: those of their ``direction``, in the
same order. Any other optimizer that treats all elements alike has its ``direction`` called on these pieces.
"""

import math
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from minigrad.optim.blocks import pieces
from minigrad.optim.first_order import SGD, Adam, AdamW
from minigrad.optim.optimizer import Optimizer
from minigrad.optim.parameters import is_finite, non_finite
from minigrad.source import Source
from minigrad.tracing.memory import Home, Unusual

Calls = list[Callable[[], Any]]


class Update:
    """Moves what lives in these homes, each with the options of a group, as ``opt.step()`` would."""

    def __init__(self, program: Any, opt: Optimizer, parts: list[tuple[Home, dict]], where: Source):
        self.program, self.opt, self.where = program, opt, where
        self.parts = [Part(opt, home, group) for home, group in parts]
        self.names, moved = opt.names, {p for home, _ in parts for p in home.params}
        self.others = [p for p in opt.names if p not in moved]

    def __call__(self) -> None:
        opt, parts = self.opt, self.parts
        if opt._divisions or parts[0].home.remembered is not opt.state:
            self.look_up()
        if opt.names is not self.names or not moves_alike(opt) or any(p.grad is not None for p in self.others):
            parts[0].home.stale = True
            raise Unusual("the optimizer has changed")
        self.program.moved = self.program.busy = True
        options = [opt.options_now(part.group) for part in parts]
        if all(map(is_safe, options)):
            for part, h in zip(parts, options):
                part.compute(h)
            for part in parts:
                part.home.replace_data(part.out, self.where)
        else:  # where values may overflow, the optimizer keeps its state to go back to
            for part in parts:
                part.home.remembered = None
            opt._replace(opt._new_values([(p.home, p.home.gradients.flat, h) for p, h in zip(parts, options)], True))
        opt.steps += 1
        self.program.busy = False

    def look_up(self) -> None:
        """The optimizer has stepped by itself since, or loaded a state: what it remembers has been moved."""
        self.opt._divisions.clear()
        self.opt._spare.clear()
        for part in self.parts:
            part.home.look_up(self.opt)
        if any(part.home.stale for part in self.parts):
            raise Unusual("parameters have taken different numbers of steps")


def moves_alike(opt: Optimizer) -> bool:
    """Whether the optimizer treats all elements alike, and follows their gradients down."""
    return opt.elementwise and opt.regularizer is None and opt.constraint is None and not opt.maximize


def is_safe(h: SimpleNamespace) -> bool:
    """Whether moderate gradients and these options make new values that are finite."""
    return h.lr < 1e6 and getattr(h, "eps", 1) > 0


class Part:
    """One home, read in one piece of memory and written in the other, in portions that fit a cache."""

    def __init__(self, opt: Optimizer, home: Home, group: dict):
        self.opt, self.home, self.group = opt, home, group
        self.values, self.out, self.g = home.data, home.scratch(), home.gradients.flat
        self.limit = math.sqrt(np.finfo(home.dtype).max)
        self.flat = CALLS.get(type(opt), Directions)(opt, home.dtype)
        self.calls: Calls = []
        self.bound_to: Any = None
        self.h: Any = None

    def compute(self, h: SimpleNamespace) -> None:
        """The new values, and what is remembered."""
        home, flat = self.home, self.flat
        states = home.states
        step = states[0].step + 1
        for state in states:
            state.step = step
        if h is not self.h:
            if not flat.covers(h):
                flat = self.flat = Directions(self.opt, home.dtype)
                self.bound_to = None
            flat.take(h)
            self.h = h
        if self.bound_to is not home.joint(states):
            self._bind()
        flat.at(h, step)
        for call in self.calls:
            call()

    def _bind(self) -> None:
        self.bound_to, self.calls = self.home._state, []
        for state, g, values, out in pieces(self.bound_to, self.g, self.values, self.out):
            self.calls += [*self.flat.calls(state, g, values, out), partial(self._check, out)]

    def _check(self, out: np.ndarray) -> None:
        if not out.dot(out) < self.limit and not is_finite(out):
            raise self._overflow()

    def _overflow(self) -> Exception:
        named = zip(self.home.params, self.home.split(self.out))
        p, value = next((p, value) for p, value in named if not is_finite(value))
        consequence = f"step {self.opt.steps} was not taken: the learning rate may be too large"
        return non_finite(f"the new value of {self.opt.names[p]}", value, consequence)


class Directions:
    """What any optimizer does: its own ``direction`` is called."""

    def __init__(self, opt: Optimizer, dtype: np.dtype):
        self.opt, self.dtype = opt, dtype
        self.states: list[SimpleNamespace] = []

    def covers(self, h: SimpleNamespace) -> bool:
        """Whether this holds with these options."""
        return True

    def take(self, h: SimpleNamespace) -> None:
        """These are the options from now on."""
        self.h = h

    def at(self, h: SimpleNamespace, step: int) -> None:
        """What changes with every step."""
        for state in self.states:
            state.step = step

    def calls(self, state: SimpleNamespace, g: np.ndarray, values: np.ndarray, out: np.ndarray) -> Calls:
        """The calls that write new values to ``out``."""
        self.states.append(state)
        return [lambda: self.opt._write_new_values(self.h, state, g, values, out)]

    def numbers(self, count: int) -> tuple[np.ndarray, ...]:
        """Numbers as arrays of the dtype: a ufunc need not convert them first."""
        return tuple([np.zeros((), self.dtype) for _ in range(count)])


class FlatSGD(Directions):
    def __init__(self, opt, dtype):
        super().__init__(opt, dtype)
        self.lr, self.momentum = self.numbers(2)

    def covers(self, h):
        return not (h.weight_decay or h.dampening or h.nesterov)

    def take(self, h):
        self.lr[()], self.momentum[()] = h.lr, h.momentum

    def at(self, h, step): ...

    def calls(self, state, g, values, out):
        v = getattr(state, "v", None)
        averaging = [partial(np.multiply, v, self.momentum, v), partial(np.add, v, g, v)] if v is not None else []
        d = g if v is None else v
        return [*averaging, partial(np.multiply, d, self.lr, out), partial(np.subtract, values, out, out)]


class FlatAdam(Directions):
    def __init__(self, opt, dtype):
        super().__init__(opt, dtype)
        self.lr, self.scale, self.eps, self.rate = self.numbers(4)
        self.kept1, self.new1, self.kept2, self.new2 = self.numbers(4)

    def covers(self, h):
        return h.bias_correction and not (h.amsgrad or h.eps_in_sqrt)

    def take(self, h):
        b1, b2 = map(float, h.betas)
        self.lr[()], self.rate[()] = h.lr, getattr(h, "weight_decay", 0)
        self.kept1[()], self.new1[()], self.kept2[()], self.new2[()] = b1, 1 - b1, b2, 1 - b2

    def at(self, h, step):
        b1, b2 = h.betas
        c1 = 1 - b1**step
        self.scale[()], self.eps[()] = c1 * c1 / (1 - b2**step), h.eps * c1

    def calls(self, state, g, values, out):
        m, v = state.m, state.v
        return [
            partial(np.multiply, m, self.kept1, m),
            partial(np.multiply, g, self.new1, out),
            partial(np.add, m, out, m),
            partial(np.multiply, g, g, out),
            partial(np.multiply, v, self.kept2, v),
            partial(np.multiply, out, self.new2, out),
            partial(np.add, v, out, v),
            partial(np.multiply, v, self.scale, out),
            partial(np.sqrt, out, out),
            partial(np.add, out, self.eps, out),
            partial(np.divide, m, out, out),
            *self.decay(values, out),
            partial(np.multiply, out, self.lr, out),
            partial(np.subtract, values, out, out),
        ]

    def decay(self, values, out) -> Calls:
        """What comes between direction and step."""
        return []


class FlatAdamW(FlatAdam):
    def decay(self, values, out):
        shrinking = np.empty_like(values)
        return [partial(np.multiply, values, self.rate, shrinking), partial(np.add, out, shrinking, out)]


CALLS: dict[type, type[Directions]] = {SGD: FlatSGD, Adam: FlatAdam, AdamW: FlatAdamW}
"""Optimizer, and none derived from it -> its calls."""
