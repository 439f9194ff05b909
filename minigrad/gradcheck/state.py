"""Chance and state: every run of a function starts from the same generators and buffers, and none is left changed.

A dropout mask that is drawn anew in every run is no derivative's business, nor are running statistics that move. So
whatever random generators and arrays the function can reach (in its closure, its defaults, the globals it names, the
attributes of its object, its arguments) are put back before each run.
"""

import functools
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FunctionType, MethodType
from typing import Any

import numpy as np

from minigrad.engine import Tensor
from minigrad.rules import Rule

MOST_OBJECTS = 20_000
HOUSES = ("numpy", "minigrad.ops", "minigrad.engine", "builtins", "math", "functools")
"""Modules whose functions hold nothing that changes."""


class Piece:
    """One thing that may change: how to read it, and how to put it back."""

    def __init__(self, name: str, read: Callable[[], Any], write: Callable[[Any], None], *, chance: bool):
        self.name, self.read, self.write, self.chance = name, read, write, chance
        self.kept = read()

    def changed(self) -> bool:
        """Whether it is not what it was."""
        return not _same(self.kept, self.read())


class State:
    """What a function may draw from or change, as it was when it was found."""

    def __init__(self, *roots):
        found = list(reachable(*roots))
        self.pieces = [*_world(), *(piece for name, x in found if (piece := _piece(name, x)))]
        self.changed: list[Piece] = []
        self.fresh = self.active = True
        self.modules = [x for _, x in found if callable(getattr(type(x), "evaluating", None)) and x.training]
        """Modules in training mode."""

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.notice()
        self.restore()

    def notice(self) -> None:
        """Find out what a first run has changed; only that is put back from now on."""
        found = [piece for piece in self.pieces if piece.changed()]
        self.changed += [piece for piece in found if piece not in self.changed]
        self.fresh = False

    @contextmanager
    def evaluating(self):
        """Evaluation inside the ``with`` block: no module is random or collects statistics."""
        with ExitStack() as stack:
            for module in self.modules:
                stack.enter_context(module.evaluating())
            yield

    @contextmanager
    def at_large(self):
        """Nothing is put back inside the ``with`` block."""
        self.active = False
        try:
            yield
        finally:
            self.active = True

    @property
    def draws(self) -> bool:
        """Whether a run draws from a generator."""
        return any(piece.chance for piece in self.changed)

    @property
    def collects(self) -> bool:
        """Whether a module in training collects statistics, so that it computes something else in evaluation."""
        return bool(self.modules) and any(not piece.chance for piece in self.changed)

    def restore(self) -> None:
        """Put back all that a run is known to change."""
        for piece in self.changed:
            piece.write(piece.kept)

    def repeatable(self, call: Callable) -> Callable:
        """The same function, each run of which starts from the same state."""

        def run(*args):
            if self.active:
                self.restore()
            result = call(*args)
            if self.fresh:
                self.notice()
            return result

        return run

    def notes(self, node: Tensor | None) -> list[str]:
        """What was put back, in words; ``node`` is the first that would differ from run to run."""
        where = f", used in {node.op.name} at {node.source}" if node is not None else ""
        chance = [piece.name for piece in self.changed if piece.chance]
        state = [piece.name for piece in self.changed if not piece.chance]
        notes = [f"masks and noise frozen: every run draws the same from {_listed(chance)}{where}"] if chance else []
        return notes + ([f"put back before every run: {_listed(state)}"] if state else [])


def reachable(*roots) -> Iterator[tuple[str, Any]]:
    """All that a function can reach, each object once, with a name."""
    stack, seen = [("", root) for root in reversed(roots)], set[int]()
    while stack and len(seen) < MOST_OBJECTS:
        name, x = stack.pop()
        if id(x) in seen:
            continue
        seen.add(id(x))
        yield name, x
        stack += reversed([(f"{name}.{part}" if name and part else name or part, y) for part, y in _inside(x)])


def _inside(x) -> list[tuple[str, Any]]:
    if isinstance(x, FunctionType):
        if (x.__module__ or "").startswith(HOUSES):
            return []
        code, cells = x.__code__, x.__closure__ or ()
        held = [(name, cell.cell_contents) for name, cell in zip(code.co_freevars, cells, strict=True) if _full(cell)]
        held += [("", y) for y in (*(x.__defaults__ or ()), *(x.__kwdefaults__ or {}).values())]
        named = [name for name in _names(code) if name in x.__globals__]
        return held + [(name, x.__globals__[name]) for name in named if _is_state(x.__globals__[name])]
    if isinstance(x, MethodType):
        return [("", x.__self__), ("", x.__func__)]
    if isinstance(x, functools.partial):
        return [("", x.func), *(("", y) for y in x.args), *x.keywords.items()]
    if isinstance(x, dict):
        return [(str(name), y) for name, y in x.items()]
    if isinstance(x, (list, tuple, set, frozenset)):
        return [(str(i), y) for i, y in enumerate(x)]
    if isinstance(x, Rule):
        return [("", x.forward)]
    if isinstance(x, (type, Tensor, np.ndarray, np.generic, str, bytes, int, float)) or not hasattr(x, "__dict__"):
        return []
    if (type(x).__module__ or "").startswith(HOUSES) or type(x).__name__ == "module":
        return []
    held = [("", vars(type(x)).get("forward") or vars(type(x)).get("__call__"))]
    return held + [(name, y) for name, y in vars(x).items() if name != "_hooks"]


def _names(code) -> list[str]:
    """The globals that a function names, those of the functions within it included."""
    inner = [name for part in code.co_consts if isinstance(part, type(code)) for name in _names(part)]
    return [*code.co_names, *inner]


def _is_state(x) -> bool:
    """A global of a user's module that may hold state: not a class, a module or a function of a library."""
    return not isinstance(x, type) and type(x).__name__ not in ("module", "builtin_function_or_method", "ufunc")


def _full(cell) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def _world() -> list[Piece]:
    """The generators that everyone shares."""

    def legacy():
        return np.random.get_state(legacy=False)  # noqa: NPY002

    return [
        Piece("np.random", legacy, np.random.set_state, chance=True),
        Piece("random", random.getstate, random.setstate, chance=True),
    ]


def _piece(name: str, x) -> Piece | None:
    if isinstance(x, np.random.Generator):
        bits = x.bit_generator
        return Piece(name or "a generator", lambda: bits.state, lambda s: setattr(bits, "state", s), chance=True)
    if isinstance(x, np.random.RandomState):
        return Piece(name or "a RandomState", lambda: x.get_state(legacy=False), x.set_state, chance=True)
    if isinstance(x, random.Random):
        return Piece(name or "a random.Random", x.getstate, x.setstate, chance=True)
    if isinstance(x, np.ndarray) and x.flags.writeable and x.dtype != object:
        return Piece(name or "an array", x.copy, lambda kept: np.copyto(x, kept), chance=False)
    if isinstance(x, Tensor) and x.op is None and not x.requires_grad:
        return Piece(name or "a Tensor", lambda: _read(x), lambda kept: _write(x, kept), chance=False)
    return None


def _read(t: Tensor):
    return t.data, t.data.copy(), t.replaced


def _write(t: Tensor, kept) -> None:
    t._data, values, t.replaced = kept
    if not np.array_equal(t._data, values, equal_nan=True):
        np.copyto(t._data, values)


def _same(a, b) -> bool:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return np.array_equal(a, b, equal_nan=np.asarray(a).dtype.kind in "fc")
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    return a is b or bool(a == b)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
