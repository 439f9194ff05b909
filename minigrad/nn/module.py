"""What a network is made of: a Module is an ordinary object, and its parameters are found by looking at its attributes.

Nothing has to be registered. A Parameter, a Buffer or a Module that is an attribute belongs to the module, and so
does one in a list, tuple or dict that is an attribute, also when it is appended later. Any other Tensor is a mere
value: it is neither trained nor saved.

>>> import minigrad as mg
>>> class Scale(Module):
...     def __init__(self):
...         super().__init__()
...         self.factor = Parameter([2.0, 3.0])
...
...     def forward(self, x):
...         return x * self.factor
>>> Scale()(mg.tensor([1.0, 1.0]))
tensor([2., 3.], op=multiply)
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, Self
from weakref import ref

import numpy as np

from minigrad.declare import plain
from minigrad.effects import Structure
from minigrad.engine import Tensor, next_age
from minigrad.errors import CheckpointError, DtypeError
from minigrad.modes import mode
from minigrad.nn.tree import headline, tree
from minigrad.shown import Shown

CONTAINERS = (list, tuple, dict)


class Parameter(Tensor):
    """A Tensor that is trained: it requires grad, and a Module that holds it lists it.

    Its ``name`` becomes its dotted path in the outermost module that has held or listed it: errors speak of it.
    """

    __slots__ = ()

    def __init__(self, data, *, requires_grad: bool = True, dtype=None, name: str | None = None):
        super().__init__(data, requires_grad=requires_grad, dtype=dtype, name=name)


class Buffer(Tensor):
    """A Tensor that is saved with its module but not trained: a running mean."""

    __slots__ = ()


class Difference(NamedTuple):
    """How the names in a state and in a module differ."""

    missing: list[str]
    unexpected: list[str]


class Call(NamedTuple):
    """One call of a module: the number of the moment it began, and who was called, not kept alive."""

    start: int
    kind: str
    module: ref


class Module(Shown):
    """Base class of all layers and models: write ``__init__`` and ``forward``, and call the module.

    Parameters and submodules keep the order in which they were assigned. One that is reached by two paths is tied:
    it is listed once, under its first name, and its gradient is the sum of all its uses.
    """

    _hooks: dict[object, Callable]
    training: bool
    """Whether Dropout drops and BatchNorm looks at the batch: see :meth:`train` and :meth:`eval`."""

    def __init__(self):
        vars(self).update(training=True, _hooks={})

    def forward(self, *args, **kwargs):
        """What the module computes; to be written by each subclass."""
        raise NotImplementedError(f"{type(self).__name__} has no forward(): write `def forward(self, x): ...`")

    def __call__(self, *args, **kwargs):
        start, tracer = next_age(), mode.get().tracer
        if tracer is not None:
            tracer.entered(self)
        try:
            hooks = self._hooks
            y = self.forward(*args, **kwargs)
        except Exception as error:
            if "training" not in vars(self):
                raise AttributeError(_uninitialized(type(self).__name__, "is called")) from None
            error.add_note(f"in {headline(self)}")
            raise
        if hooks:
            for hook in list(hooks.values()):
                replaced = hook(self, args, y)
                y = y if replaced is None else replaced
        for t in y if isinstance(y, (tuple, list)) else (y,):
            if isinstance(t, Tensor) and t.age > start:
                t.calls += ((start, type(self).__name__, ref(self)),)
        return y

    def __setattr__(self, name: str, value: Any) -> None:
        if "training" not in vars(self):
            raise AttributeError(_uninitialized(f"{type(self).__name__}.{name}", "is assigned"))
        if isinstance(value, (set, frozenset)) and any(isinstance(x, (Module, Parameter, Buffer)) for x in value):
            raise TypeError(
                f"{type(self).__name__}.{name} is a set, which has no order, so what is in it would not be trained: "
                "write a list, a tuple or a dict"
            )
        held = vars(self).get(name)
        if isinstance(held, (Parameter, Buffer)) and value is not None and not isinstance(value, type(held)):
            kind = type(held).__name__
            raise TypeError(
                f"{type(self).__name__}.{name} is a {kind} and would stop being one: write self.{name}.data = value "
                f"to change its values, or self.{name} = nn.{kind}(value) for a new one"
            )
        if name not in vars(self) or held is not value:
            Structure.changed()
        vars(self)[name] = value
        for path, p in _walk(value, name):
            _call_by_path(p, path)

    def register_buffer(self, name: str, value) -> None:
        """The same as ``self.name = Buffer(value)``."""
        setattr(self, name, Buffer(value))

    # what is inside

    def named_modules(self) -> Iterator[tuple[str, "Module"]]:
        """Every module by its dotted path, this one first, under the empty path."""
        return _first_paths(self, Module)

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Every parameter by its dotted path, in the order of definition; a tied one once, under its first path."""
        for path, p in _first_paths(self, Parameter):
            _call_by_path(p, path)
            yield path, p

    def named_buffers(self) -> Iterator[tuple[str, Buffer]]:
        """Every buffer by its dotted path."""
        return _first_paths(self, Buffer)

    def named_generators(self) -> Iterator[tuple[str, np.random.Generator]]:
        """Every random generator by its dotted path: with these, a training run resumes to the last bit."""
        return _first_paths(self, np.random.Generator)

    def named_children(self) -> Iterator[tuple[str, "Module"]]:
        """The modules directly in this one, also those in its lists and dicts."""
        return _held(self, Module)

    def own_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """The parameters directly in this module, not those of the modules inside."""
        return _held(self, Parameter)

    def modules(self) -> list["Module"]:
        """This module and every module in it, each once."""
        return [m for _, m in self.named_modules()]

    def parameters(self) -> list[Parameter]:
        """Every parameter, each once."""
        return [p for _, p in self.named_parameters()]

    def buffers(self) -> list[Buffer]:
        """Every buffer, each once."""
        return [b for _, b in self.named_buffers()]

    # state

    def named_state(self) -> Iterator[tuple[str, Parameter | Buffer]]:
        """Every parameter and buffer by its dotted path; a tied one under each of its paths."""
        return ((path, t) for path, t in _walk(self) if isinstance(t, (Parameter, Buffer)))

    def state_dict(self) -> dict[str, np.ndarray]:
        """Copies of all parameters and buffers by path: PyTorch's names and shapes. A tied one has all its names."""
        return {path: t.numpy() for path, t in self.named_state()}

    def load_state_dict(self, state: Mapping[str, Any], *, strict: bool = True) -> Difference:
        """Take over the values in ``state``: all of them or, when anything does not fit, none.

        Raises :class:`~minigrad.errors.CheckpointError` listing every name that is missing, unexpected or of a wrong
        shape. With ``strict=False`` missing and unexpected names are only returned.
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"load_state_dict takes a dict of arrays by name, not a {type(state).__name__}")
        own = dict(self.named_state())
        difference = Difference([n for n in own if n not in state], [n for n in state if n not in own])
        given = {name: np.asarray(plain(state[name])) for name in own if name in state}
        problems = _misfits(own, given)
        if strict:
            problems = _listed(difference, own, state) + problems
        if problems:
            raise CheckpointError(
                "\n  ".join([f"this state does not fit {type(self).__name__}, which is left as it was:", *problems])
            )
        for name, value in given.items():
            own[name].data = value
        return difference

    # modes

    def train(self, mode: bool = True) -> Self:
        """Switch this module and all modules in it to training, or with ``False`` to evaluation."""
        if not isinstance(mode, (bool, np.bool_)):
            raise TypeError(f"train() takes True or False, not {mode!r}: write model.eval() to evaluate")
        for m in self.modules():
            m.training = mode
        return self

    def eval(self) -> Self:
        """Switch this module and all modules in it to evaluation: nothing is random, no statistics are collected."""
        return self.train(False)

    @contextmanager
    def evaluating(self):
        """Evaluation inside the ``with`` block; after it, every submodule is in the mode it was in before."""
        before = [(m, m.training) for m in self.modules()]
        try:
            yield self.eval()
        finally:
            for m, mode in before:
                m.training = mode

    def freeze(self, frozen: bool = True) -> Self:
        """Stop training these parameters: they no longer require grad. ``freeze(False)`` undoes it."""
        for p in self.parameters():
            p.requires_grad = not frozen
        return self

    def zero_grad(self) -> None:
        """Forget all gradients: each ``.grad`` becomes None."""
        for p in self.parameters():
            p.grad = None

    def astype(self, dtype) -> Self:
        """Convert all floating parameters and buffers to a floating dtype, in place, and forget the gradients."""
        if np.dtype(dtype).kind != "f":
            raise DtypeError(f"a model can only be trained in a floating dtype, not {np.dtype(dtype)}")
        for t in [*self.parameters(), *self.buffers()]:
            if t.dtype.kind == "f":
                t._data, t.grad = t.data.astype(dtype), None
                t.mark_replaced()
        return self

    # hooks and text

    def register_forward_hook(self, hook: Callable) -> Callable[[], None]:
        """Call ``hook(module, args, output)`` after each forward; what it returns, if anything, replaces the output.

        Returns a function that takes the hook away again.
        """
        Structure.changed()
        self._hooks[key := object()] = hook
        return lambda: self._hooks.pop(key, None) and None

    def __repr__(self):
        return tree(self)


def _uninitialized(what: str, happens: str) -> str:
    return f"{what} {happens} before the module exists: make super().__init__() the first line of __init__"


def _members(x) -> Iterator[tuple[str, Any]]:
    """What a module, list or dict holds, by name."""
    if isinstance(x, Module):
        return ((name, value) for name, value in vars(x).items() if name != "_hooks")
    return iter(x.items() if isinstance(x, dict) else ((str(i), value) for i, value in enumerate(x)))


def _walk(x, path: str = "", *, into: tuple = (), outer: tuple = ()) -> Iterator[tuple[str, Any]]:
    """``x`` and all in it by dotted path, tied objects under all their paths; what holds itself is entered once."""
    yield path, x
    if isinstance(x, into or (Module, *CONTAINERS)) and not any(x is o for o in outer):
        for name, value in _members(x):
            if isinstance(value, (Module, Tensor, np.random.Generator, *CONTAINERS)):
                if not isinstance(name, str) or "." in name:
                    raise TypeError(f"the name of a parameter or module must be a string without '.', not {name!r}")
                yield from _walk(value, f"{path}.{name}" if path else name, into=into, outer=(*outer, x))


def _held(module: Module, kind: type) -> Iterator[tuple[str, Any]]:
    """What a module holds itself, not in another module."""
    for name, value in _members(module):
        yield from ((path, x) for path, x in _walk(value, name, into=CONTAINERS) if isinstance(x, kind))


def _first_paths(x, kind: type) -> Iterator[tuple[str, Any]]:
    """Every object of this kind in ``x``, once, by its first path."""
    seen = set()
    for path, found in _walk(x):
        if isinstance(found, kind) and id(found) not in seen:
            seen.add(id(found))
            yield path, found


def _call_by_path(p, path: str) -> None:
    """Name a parameter by its path, unless it is already named by the path from a module further out."""
    if isinstance(p, Parameter) and (p.name is None or path.count(".") >= p.name.count(".")):
        p.name = path


def _listed(difference: Difference, own: Mapping, state: Mapping) -> list[str]:
    return [
        *(f"missing     {name} {own[name].shape}" for name in difference.missing),
        *(f"unexpected  {name} {np.shape(state[name])}" for name in difference.unexpected),
    ]


def _misfits(own: Mapping[str, Tensor], given: Mapping[str, np.ndarray]) -> list[str]:
    """A line for each value that cannot be taken over as it is."""
    problems: list[str] = []
    first: dict[int, str] = {}
    for name, value in given.items():
        t = own[name]
        tied = first.setdefault(id(t), name)
        if value.shape != t.shape:
            problems.append(f"shape       {name}: {t.shape} needed, {value.shape} given")
        elif value.dtype.kind not in "biuf" or not np.can_cast(value.dtype, t.dtype, "same_kind"):
            problems.append(f"dtype       {name}: {t.dtype} needed, {value.dtype} given")
        elif not np.array_equal(value, given[tied], equal_nan=True):
            problems.append(f"tied        {name}: the same as {tied} needed, other values given")
    return problems
