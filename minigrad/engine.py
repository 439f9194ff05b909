"""Reverse-mode differentiation: the whole of it. Read this file first, from top to bottom.

A Tensor is a NumPy array that remembers how it was made. NumPy hands every call that sees a Tensor
(``np.tanh(t)``, ``a + t``) to the Tensor; it looks the function up in one table, computes the plain value, and
keeps the operands. ``backward()`` then goes through what was made, newest first, and multiplies by one local
derivative after the other. That is the chain rule, and there is nothing else.

>>> a = Tensor(1.0, requires_grad=True)
>>> b = a + a        # remembers: add, of a and a
>>> c = b + b        # remembers: add, of b and b
>>> c.backward()     # two ways from c to b, times two ways from b to a
>>> a.grad
array(4.)
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from heapq import heappop, heappush
from itertools import count
from operator import attrgetter
from types import CodeType
from typing import Any

import numpy as np

from minigrad import complaints
from minigrad.arrays import UNCHANGEABLE, added, all_finite, apart, as_array, kept, own_array, read_only
from minigrad.effects import Structure
from minigrad.errors import DtypeError, GraphError, ShapeError, UnsupportedError
from minigrad.locks import ForkedLock
from minigrad.methods import ArrayMethods
from minigrad.modes import Mode, enable_grad, mode, no_grad, stopped
from minigrad.rules import Rule, rule
from minigrad.source import Source, here, user_frame

next_age = count().__next__
"""Numbers what is made, in order: Tensors, and calls of modules."""

NO_OPTIONS: dict[str, Any] = {}
"""The options of every call without options: a graph of many nodes need not hold as many empty dicts."""

_adding = ForkedLock()  # threads may share leaves
_replacing = ForkedLock()  # of two threads that replace data, the later must have the last word

_RECORDING, _NOT_RECORDING = enable_grad(), no_grad()
_hooks = attrgetter("hooks")


class Op(Rule):
    """One differentiable function, declared with :func:`minigrad.op`: called on Tensors, it records itself."""

    __slots__ = ()

    def __call__(self, *args, **kwargs) -> Any:
        """Compute it on the plain arrays; if a Tensor is among them, answer with a Tensor that remembers the call."""
        if kwargs:
            args, kwargs = self.bind(args, kwargs)
        age = next_age()  # before the arrays are looked at: what is replaced later makes the result stale
        arrays, met, tracked, writeable = [], False, False, False
        for x in args:
            if isinstance(x, Tensor):
                arrays.append(x._data)
                met = True
                if x._requires_grad:
                    tracked = True
            else:
                arrays.append(x)
                writeable = writeable or type(x) not in UNCHANGEABLE
        now, saved = mode.get(), None
        tracked = tracked and now.record
        try:
            if tracked and self.saving is not None:
                value, saved = self.saving(*arrays, **kwargs)
            else:
                value = self.forward(*arrays, **kwargs)
            if not met:
                return value
            if type(value) is not np.ndarray:
                value = as_array(value)
            kind = value.dtype.kind
            if kind not in "fc":
                tracked = False
                complaints.check_numbers(value, value)
        except Exception as error:
            complaints.explain(error, self, args)
            raise
        if not tracked:
            return _off_the_tape(self, args, kwargs, apart(value, arrays), now)
        if self.partial or kind == "c":
            complaints.check_differentiable(self, args, value)
        if writeable:
            args = tuple([x if isinstance(x, Tensor) else kept(x) for x in args])  # of a list: see test_lifetime.py
        y = _node(Tensor.__new__(Tensor), value, self, args, kwargs or NO_OPTIONS, age)
        y.saved = saved
        for watcher in now.watchers:
            watcher.forward(y)
        return y


class Tensor(ArrayMethods):
    """An array on the tape.

    ``data`` is copied, so nobody else's write can reach the tape. Its dtype is kept (Python floats are float64);
    only floating Tensors can require a gradient. ``grad`` is a plain array of the same shape and dtype, or None.

    >>> w = Tensor([3.0, 4.0], requires_grad=True, name="w")
    >>> (w * w).sum().backward()
    >>> w.grad
    array([6., 8.])
    """

    __slots__ = (
        *("_data", "grad", "_requires_grad", "name", "hooks", "retains_grad", "__weakref__"),
        *("op", "args", "kwargs", "code", "offset", "age", "replaced", "saved", "calls"),
    )
    _data: Any  # the plain array
    _requires_grad: bool
    grad: Any
    hooks: Any
    op: Any  # the Op that made it, None for a leaf
    args: tuple  # what the Op was called with
    kwargs: dict[str, Any]
    code: CodeType  # where in the user's program that was: the code, and the instruction in it
    offset: int
    age: int  # when it was made
    replaced: Any  # when and where its data was last replaced: what was computed from it before is stale
    saved: Any  # what the forward worked out on the way and the formula would work out again, see Rule.saving
    calls: tuple  # the calls of modules that returned it: a picture puts a frame around what each of them made

    def __init__(self, data, *, requires_grad: bool = False, dtype=None, name: str | None = None):
        original = data
        if isinstance(data, Tensor):
            if data._requires_grad:
                raise UnsupportedError(
                    "a Tensor made of one that requires grad would silently be off its tape: "
                    "write t.detach() if it should be, t + 0 for a copy on the tape"
                )
            data = data._data
        array = own_array(data, dtype)
        complaints.check_numbers(array, data)
        _node(self, array, None, (), NO_OPTIONS, next_age())
        self.name = name
        self.requires_grad = requires_grad
        if (tracer := mode.get().tracer) is not None and isinstance(original, Tensor):
            tracer.computed(own_array, (original, dtype), NO_OPTIONS, self)

    def backward(self, gradient=None) -> None:
        """Add the gradient of this Tensor to the ``.grad`` of every leaf it was computed from.

        ``gradient`` is the gradient arriving here, of this Tensor's shape; a Tensor of one element may leave it
        out: it is 1. A second call adds exactly once more. All or nothing: if a formula or a hook raises, every
        ``.grad`` is as it was before.
        """
        arrived = walk([self], [seed(self, gradient)])
        with _adding:
            leaves = list(arrived)
            totals = [added(x.grad, arrived.pop(x), x._data) for x in leaves]
            for x, total in zip(leaves, totals, strict=True):
                x.grad = total

    def detach(self) -> "Tensor":
        """A copy of the values, off the tape."""
        return constant(stopped.get()(np.copy(self._data)))

    def retain_grad(self) -> None:
        """Keep ``.grad`` here too, although this Tensor was computed."""
        self.retains_grad = True

    def register_hook(self, hook: Callable) -> Callable[[], Any]:
        """Call ``hook(gradient)`` once the whole gradient has arrived here; an array it returns replaces the gradient.

        Returns a function that takes the hook away again.
        """
        complaints.check_hook(self, hook)
        Structure.changed()
        key, self.hooks = object(), self.hooks or {}
        self.hooks[key] = hook
        return partial(self.hooks.pop, key, None)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if method == "__call__" and not (kwargs and kwargs.keys() & _UFUNC_OPTIONS):
            return rule(ufunc)(*inputs, **kwargs)
        raise complaints.refused_ufunc(ufunc, method, kwargs)

    def __array_function__(self, function, types, args, kwargs):
        return rule(function)(*args, **kwargs)

    @property
    def data(self):
        """The plain array. Assigning replaces it with a copy, and makes every graph that used the old one stale."""
        return self._data

    @data.setter
    def data(self, array):
        array = array._data if isinstance(array, Tensor) else array
        complaints.check_fits(array, self.dtype)
        array = own_array(array, self.dtype)
        if array.shape != self.shape:
            raise ShapeError(f"data of shape {self.shape} cannot be replaced by data of shape {array.shape}")
        self._data = array
        self.mark_replaced()

    def mark_replaced(self) -> None:
        """Say that the data has changed: going backward through what was computed from the old data then raises."""
        self.replaced = replacement(here())

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow here: set by hand on a leaf, inherited from the operands on a result."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, required):
        if required and self.dtype.kind != "f":
            raise DtypeError(
                f"only floating Tensors can require a gradient, this one is {self.dtype}: "
                "write tensor(data, dtype=float, requires_grad=True)"
            )
        if self.op is not None and not required:
            raise GraphError("a computed Tensor requires grad because its operands do: use its .detach() instead")
        if self._requires_grad != bool(required):
            Structure.changed()
        self._requires_grad = bool(required)

    @property
    def source(self) -> Source:
        """Where in the user's program this Tensor was made."""
        return Source(self.code, self.offset)


_last_replacement = -1
"""When the data of any Tensor was last replaced: what was made since cannot be stale."""


def replacement(place: Source) -> tuple[int, Source]:
    """The moment, which is now, and the place of a replacement of data."""
    global _last_replacement
    with _replacing:
        _last_replacement = moment = next_age()
    return moment, place


def _node(t: Tensor, array, op, args, kwargs, age) -> Tensor:
    frame = user_frame(3)
    t._data, t.grad, t._requires_grad, t.name = array, None, op is not None, None
    t.op, t.args, t.kwargs, t.code, t.offset = op, args, kwargs, frame.f_code, frame.f_lasti
    t.age, t.replaced, t.saved, t.hooks, t.retains_grad, t.calls = age, None, None, None, False, ()
    return t


_UFUNC_OPTIONS = {"out", "where", "casting", "order", "dtype", "subok", "signature"}


def constant(array) -> Tensor:
    """A Tensor of this very array, not copied, that requires no grad."""
    return _node(Tensor.__new__(Tensor), as_array(array), None, (), NO_OPTIONS, next_age())


def _off_the_tape(op: Op, args: tuple, kwargs: dict, value, now: Mode) -> Tensor:
    """The result of a call that is not recorded."""
    y = constant(value if now.record else stopped.get()(value))
    if now.tracer is not None:
        now.tracer.computed(op, args, kwargs, y)
    return y


def history(outputs: Iterable[Tensor]) -> list[Tensor]:
    """Every Tensor on the tape that the outputs were computed from, newest first."""
    found = dict.fromkeys(outputs)
    stack = list(found)
    while stack:
        for x in stack.pop().args:
            if isinstance(x, Tensor) and x._requires_grad and x not in found:
                found[x] = None
                stack.append(x)
    return sorted(found, key=attrgetter("age"), reverse=True)


@np.errstate(all="ignore")
def walk(outputs: Sequence[Tensor], gradients: Sequence, targets=None, create_graph=False) -> dict[Tensor, Any]:
    """Carry the gradients of the outputs back, by the chain rule, to the leaves, or to the targets alone.

    Of all Tensors that a gradient has arrived at, the newest sends its own on next. Nothing is made before its
    operands, so all that could still send it something has been there. It is what makes backward right: in
    ``b = a + a; c = b + b`` both uses of ``b`` must have sent their gradient to ``b`` before ``b`` sends its own on
    to ``a``. Recursion from each use down to the leaves sends it too early, and then once more: 8, not 4.

    The walk and the formulas are written once and used twice. Plain arrays are passed to the formulas; with
    ``create_graph`` the recorded Tensors are, and then the formulas' own NumPy calls record themselves.
    """
    wanted = None if targets is None else _leading_to(targets, history(outputs))
    pending: dict[Tensor, Any] = {}
    for y, g in zip(outputs, gradients, strict=True):
        if wanted is None or y in wanted:
            pending[y] = pending[y] + g if y in pending else g
    newest = sorted([(-y.age, y) for y in pending if y.op is not None])  # a heap: its first is its least
    arrived: dict[Tensor, Any] = {}
    watchers = mode.get().watchers
    with _RECORDING if create_graph else _NOT_RECORDING:
        while newest:
            y = heappop(newest)[1]
            g = pending.pop(y)
            if y.hooks:
                g = _after_hooks(y, g, create_graph)
            if y.retains_grad or (targets is not None and y in targets):
                arrived[y] = g
            for i, x, contribution in _pull_back(y, g, wanted, create_graph):
                if x in pending:
                    pending[x] = pending[x] + contribution
                else:
                    pending[x] = contribution
                    if x.op is not None:
                        heappush(newest, (-x.age, x))
                for watcher in watchers:
                    watcher.backward(y, i, g, contribution)
        for x in filter(_hooks, pending):
            pending[x] = _after_hooks(x, pending[x], create_graph)
    return arrived | pending


def _pull_back(y: Tensor, g, wanted, create_graph: bool) -> list[tuple[int, Tensor, Any]]:
    """What ``y`` sends to each operand (of ``wanted``, if any are named): ``g`` times the local derivative."""
    if y.age < _last_replacement:
        complaints.check_fresh(y)
    op, args, sent = y.op, y.args, []
    given = (g, y, *args) if create_graph else [g, y._data, *[x._data if isinstance(x, Tensor) else x for x in args]]
    options = y.kwargs if create_graph or y.saved is None else {**y.kwargs, "saved": y.saved}
    for i, x in enumerate(args):
        if not isinstance(x, Tensor) or not x._requires_grad or (wanted is not None and x not in wanted):
            continue
        formula = op.formula(i) if op.variadic else op.formulas[i]
        if formula is None:  # it was no variable when it was used, and has been made one since
            complaints.check_differentiable(op, args, y)
        try:
            operands = (*given[:2], i, *given[2:]) if op.variadic else given
            contribution = formula(*operands, **options) if options else formula(*operands)
            if op.singular and not all_finite(contribution._data if isinstance(contribution, Tensor) else contribution):
                contribution = np.where(g == 0, 0.0, contribution)
            if contribution.shape != x._data.shape or contribution.dtype != x._data.dtype:
                contribution = fit(contribution, x)
        except Exception as error:
            complaints.explain(error, op, y.args, f"the gradient of operand {i} of {op.name}, made at {y.source}")
            raise
        sent.append((i, x, contribution))
    return sent


def fit(g, x: Tensor):
    """Undo what the forward did to fit ``x`` in: sum over the axes along which it was stretched, in its own dtype.

    >>> fit(np.ones((4, 3)), Tensor([[1.0, 2.0, 3.0]]))
    array([[4., 4., 4.]])
    """
    shape, dtype = x._data.shape, x._data.dtype
    if g.shape != shape:
        lead = g.ndim - len(shape)
        axes = tuple([i for i in range(g.ndim) if i < lead or (shape[i - lead] == 1 != g.shape[i])])
        summed = np.sum(g, axis=axes, keepdims=True)
        if lead < 0 or summed.shape[lead:] != shape:
            raise ShapeError(f"the formula returns shape {g.shape} for an operand of shape {shape}")
        g = np.reshape(summed, shape)
    return g if g.dtype == dtype else g.astype(dtype)


def seed(y: Tensor, gradient=None, keep_graph=False):
    """The gradient that the walk starts with, checked against the output it belongs to."""
    complaints.check_seed(y, gradient)
    if gradient is None:
        ndim, dtype = y._data.ndim, y._data.dtype
        gradient = np.array(1, dtype, ndmin=ndim) if type(y._data) is np.ndarray else np.ones_like(y._data)
        return constant(gradient) if keep_graph else gradient
    if not isinstance(gradient, Tensor):
        gradient = constant(gradient)
    complaints.check_fits(gradient, y.dtype)
    gradient = gradient if gradient.dtype == y.dtype else gradient.astype(y.dtype)
    return gradient if keep_graph else gradient._data


def _leading_to(targets, nodes: list[Tensor]) -> set[Tensor]:
    """Those of the nodes, newest first, that some target leads to: the others' gradients nobody asked for."""
    leading: set[Tensor] = set()
    for y in reversed(nodes):
        if y in targets or any(isinstance(x, Tensor) and x in leading for x in y.args):
            leading.add(y)
    return leading


def _after_hooks(y: Tensor, g, create_graph: bool):
    for hook in list(y.hooks.values()):
        replaced = hook(read_only(g))  # others may hold it too
        if replaced is None:
            continue
        if isinstance(replaced, Tensor) and not create_graph:
            replaced = replaced._data
        if np.shape(replaced) != y.shape:
            raise ShapeError(f"a hook returned shape {np.shape(replaced)} for a gradient of shape {y.shape}")
        g = replaced if isinstance(replaced, Tensor) else as_array(replaced).astype(y.dtype, copy=False)
    return g
