"""``mg.compile(step)``: when a program stands for the step, and when the step itself must run."""

import warnings
from collections.abc import Callable, Hashable
from functools import update_wrapper
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from minigrad.effects import Structure
from minigrad.engine import Tensor, constant
from minigrad.modes import Mode, mode
from minigrad.nn.stochastic import Stochastic
from minigrad.optim.blocks import identical
from minigrad.optim.optimizer import Optimizer
from minigrad.source import user_frame
from minigrad.tracing.memory import Home, laid_out
from minigrad.tracing.program import Program
from minigrad.tracing.recording import Recorder
from minigrad.tracing.trace import Trace, same

MOST = 16
"""How many kinds of calls are recorded before a step is left alone: each kind costs two slower steps."""


PATIENCE = 8
"""How many replays in a row may meet what only the step itself can handle, as gradients that are not finite."""


def compile(step: Callable) -> "Compiled":
    """The same training step, faster: recorded twice, and then replayed as NumPy calls alone.

    ``step(*arguments)`` does all that belongs to one step: forward, loss, ``zero_grad()``, ``backward()``,
    ``opt.step()``. Its first two calls run as ever and are recorded. Where the recordings are equal, further calls
    with arguments of the same shapes and dtypes are replayed: the same NumPy calls, on the same values, in the same
    order, so the result is the same to the last bit; what is random is drawn anew. Arguments of other shapes, or a
    model that has changed, are recorded anew.

    Where a step cannot be replayed, because a value is read inside or because it does something else each time, it
    runs as ever. A warning says why, once; ``step.reason`` says it too. What a step returns is off the tape.

    >>> import minigrad as mg
    >>> w = mg.tensor([1.0, 2.0], requires_grad=True)
    >>> opt = mg.optim.SGD([w], lr=0.1)
    >>> @compile
    ... def step(x):
    ...     loss = (x * w).sum()
    ...     opt.zero_grad()
    ...     loss.backward()
    ...     opt.step()
    ...     return loss
    >>> losses = [step(np.array([3.0, 1.0])).item() for _ in range(4)]
    >>> [f"{loss:.1f}" for loss in losses], step.replayed
    (['5.0', '4.0', '3.0', '2.0'], 2)
    """
    return Compiled(step)


class Compiled:
    """A step, the programs that stand for it, and why it is not replayed, if it is not."""

    def __init__(self, step: Callable):
        update_wrapper(self, step)
        self.step, self.reason, self.replayed, self.recorded = step, "", 0, 0
        self.programs: dict[Any, Program] = {}
        self.traces: dict[Any, Trace] = {}
        self.refused: dict[Any, str] = {}
        self.structure = Structure.version  # when the programs were made
        self.before: list[tuple[Any, tuple]] = []

    def __call__(self, *args, **kwargs) -> Any:
        now = mode.get()
        if not now.record or now.watchers or now.tracer is not None:
            return off_tape(self.step(*args, **kwargs))
        arrays: list[Any] = []
        key = described((args, kwargs), arrays) if args or kwargs else ()
        if self.structure != Structure.version:
            self._look_again()
        program = self.programs.get(key)
        if program is None:
            return self._recorded(key, args, kwargs)
        if not program.zeroed and any(p.grad is not None for home, _ in program.homes for p in home.params):
            return off_tape(self.step(*args, **kwargs))
        try:
            result = program.run(arrays)
        except Exception as error:
            if program.busy or program.moved:
                raise
            return self._after_all(key, program, error, args, kwargs)
        self.replayed += 1
        program.given_up = 0
        return result

    def _after_all(self, key: Any, program: Program, error: Exception, args: tuple, kwargs: dict) -> Any:
        """Take the step that a replay has given up; give the program up, if that goes on."""
        program.given_up += 1
        stale = any(home.stale for home, _ in program.homes)
        if stale or program.given_up >= PATIENCE:
            del self.programs[key]
        if program.given_up >= PATIENCE and not stale:
            self._refuse(key, f"{PATIENCE} replays in a row came to nothing, the last by {error!r}")
        with _inside(Playback(list(program.outcomes.values()))):
            return off_tape(self.step(*args, **kwargs))

    def _recorded(self, key: Any, args: tuple, kwargs: dict) -> Any:
        """Take the step as ever; record it, unless it is known that there is no use."""
        if key in self.refused or self.recorded >= MOST:
            self._refuse(key, "its arguments, or its modules, change again and again")
            return off_tape(self.step(*args, **kwargs))
        tensors: list[Tensor] = []
        args, kwargs = lifted((args, kwargs), tensors)
        before = self.traces.pop(key, None)
        variables = [t for t in before.leaves.values() if t._requires_grad] if before else []
        recorder = Recorder(tensors, variables)
        trace: Any = "it raised an exception"
        result = None
        try:
            with _inside(recorder, watched=True):
                result = self.step(*args, **kwargs)
        finally:
            trace = recorder.finish(result)
        result = off_tape(result)
        if isinstance(trace, str):
            self._refuse(key, trace)
        elif before is None:
            self.traces[key] = trace
        elif reason := before.difference(trace):
            self._refuse(key, reason)
        else:
            self.recorded += 1
            self.programs[key] = Program(trace, shared_home)
            self.structure = Structure.version
            self.before += [(x, decisive(x)) for x in (*trace.modules, *trace.leaves.values())]
        return result

    def _refuse(self, key: Any, reason: str) -> None:
        if key not in self.refused:
            self.refused[key] = self.reason = reason
            frame = user_frame()
            name = getattr(self.step, "__name__", "step")
            message = f"{name} is not replayed but runs as ever: {reason}"
            warnings.warn_explicit(message, UserWarning, frame.f_code.co_filename, frame.f_lineno)

    def _look_again(self) -> None:
        """Some module has changed: unless all of ours are as they were, record anew."""
        if not all(same(before, decisive(x)) for x, before in self.before):
            self.programs, self.traces, self.before = {}, {}, []
        self.structure = Structure.version

    def listing(self) -> str:
        """The calls that stand for the step, one in a line: those of the latest program, where there are several."""
        return list(self.programs.values())[-1].listing() if self.programs else self.reason or "not recorded yet"

    def __repr__(self):
        state = self.reason or f"replayed {self.replayed} times" if self.programs or self.reason else "not recorded yet"
        return f"compile({getattr(self.step, '__name__', self.step)}): {state}"


class Playback:
    """What a step that is taken after all finds done: the effects that its replay had come to."""

    def __init__(self, outcomes: list):
        self.outcomes = outcomes

    def effect(self, function, args, kwargs):
        return self.outcomes.pop(0) if self.outcomes else function(*args, **kwargs)

    def computed(self, *call) -> None: ...

    def entered(self, module) -> None: ...

    def refuse(self, reason) -> None: ...


class _inside:
    """A block in which a recorder, or what stands in for it, is told of what a step does."""

    def __init__(self, tracer: Any, watched: bool = False):
        self.tracer, self.watchers = tracer, (tracer,) if watched else ()

    def __enter__(self):
        self.outer = mode.get()
        mode.set(Mode(True, self.watchers, self.outer, self.tracer))

    def __exit__(self, *exception):
        mode.set(self.outer)


_homes: WeakKeyDictionary[Optimizer, list[Home]] = WeakKeyDictionary()


def shared_home(opt: Optimizer, params: list[Tensor]) -> Home:
    """The home of these parameters: all programs that move them by this optimizer have the same."""
    homes = _homes.setdefault(opt, [])
    for home in homes:
        if identical(home.params, params) and home.fits() and not home.stale:
            return home
    for home in homes:
        home.stale = home.stale or not set(params).isdisjoint(home.params)
    _homes[opt] = [home for home in homes if not home.stale] + [Home(params)]
    return _homes[opt][-1]


def described(x: Any, arrays: list) -> Any:
    """What of an argument decides which program serves: layout and dtype of an array, all of anything else."""
    if isinstance(x, (Tensor, np.ndarray)):
        array = x._data if isinstance(x, Tensor) else x
        arrays.append(array)
        return type(x), array.shape, array.strides, array.dtype.char, getattr(x, "_requires_grad", False)
    if isinstance(x, (tuple, list)):
        return type(x), *[described(part, arrays) for part in x]
    if isinstance(x, dict):
        return dict, *[(name, described(part, arrays)) for name, part in x.items()]
    return type(x), x if isinstance(x, Hashable) else id(x)


def lifted(x: Any, tensors: list[Tensor]) -> Any:
    """The arguments with a fresh Tensor in the place of every array, so that the recorder sees what becomes of it."""
    if isinstance(x, (Tensor, np.ndarray)):
        array = x._data if isinstance(x, Tensor) else x
        own = laid_out(array.shape, array.dtype, array.strides)
        np.copyto(own, array)
        tensors.append(constant(own))
        return tensors[-1]
    if isinstance(x, (tuple, list)):
        return type(x)([lifted(part, tensors) for part in x])
    return {name: lifted(part, tensors) for name, part in x.items()} if isinstance(x, dict) else x


def off_tape(x: Any) -> Any:
    """What a step returns, without the graph it was computed by."""
    if isinstance(x, Tensor):
        return x.detach() if x.op is not None else x
    if type(x) in (tuple, list):
        return type(x)([off_tape(part) for part in x])
    return {name: off_tape(part) for name, part in x.items()} if type(x) is dict else x


def decisive(x: Any) -> tuple:
    """What of a module, or of a Tensor from outside, decides which ops a step makes."""
    if isinstance(x, Tensor):
        return x._requires_grad, len(x.hooks or ())
    counted = ("_hooks", "step") if isinstance(x, Stochastic) else ("_hooks",)  # only a schedule asks for the step
    return {name: value for name, value in vars(x).items() if name not in counted}, len(x._hooks)
