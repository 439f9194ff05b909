"""How an op is declared: one decorator that puts its forward, its formulas and its samples in one place.

    @op(np.tanh, x=lambda g, y, x: g * (1 - y * y), samples=[real(2, 3)])
    def tanh(x):
        \"\"\"y = tanh x,  dy/dx = 1 - y**2.\"\"\"
        return np.tanh(x)

There is nothing else to do: ``np.tanh(t)`` now works on a Tensor, and the checker visits the op at its samples.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from types import MethodType
from typing import Any

from minigrad.arrays import as_array
from minigrad.engine import Op, Tensor, constant
from minigrad.errors import DeclarationError
from minigrad.modes import mode
from minigrad.rules import TABLE, code_of
from minigrad.samples import Call, call

OPS: dict[str, "Op | Composed"] = {}
"""Every differentiable function by name: what the checker, the tests and the documentation go through."""

FACTS = ("singular", "variadic", "sequence", "branches", "complex_ok", "surrogate", "aliases", "saving")
"""What can be said of an op besides its formulas."""


class Composed:
    """A differentiable function written with ops: it needs no formula of its own, but is checked like the others."""

    def __init__(self, function: Callable):
        self.function, self.name, self.__doc__ = function, function.__name__, function.__doc__

    def __call__(self, *args, **kwargs):
        return self.function(*args, **kwargs)

    def __repr__(self):
        return f"<composed {self.name}>"


def op(*functions: Callable, samples: Sequence = (), error_samples: Sequence = (), **declared: Any):
    """Declare the decorated plain NumPy function as a differentiable op.

    ``functions`` are the NumPy functions it stands in for. Each further keyword that names an argument of the
    decorated function is the formula of that argument, ``formula(g, y, *arguments)``, where ``g`` is the gradient
    arriving at the result ``y``; an argument without a formula has no derivative. ``samples`` are the calls at
    which the checker visits the op: a :func:`~minigrad.samples.call`, or one array for a function of one argument.

    Facts about the op, all optional: ``singular=True`` (its local derivative can be infinite), ``variadic=True``
    (the forward takes ``*operands``; the formula gets the operand's number first: ``(g, y, i, *operands)``),
    ``sequence=True`` (likewise, but called with one list, as ``np.concatenate``), ``branches=function of the
    arguments`` (the discrete decisions taken: a mask, an argmax), ``complex_ok=True`` (the forward is analytic and
    right for complex arguments), ``surrogate=True`` (the formula stands in for a derivative that is of no use, as in
    a straight-through estimator: nothing compares it with finite differences), ``saving=function of the arguments`` (a
    forward that hands on to the formulas what it worked out on the way: see :attr:`minigrad.rules.Rule.saving`).

    Raises :class:`~minigrad.errors.DeclarationError` at import when a keyword names neither an argument nor a fact.

    >>> import numpy as np
    >>> import minigrad as mg
    >>> @mg.op(x=lambda g, y, x: g * 3 * x**2, samples=[mg.samples.real(2, 3)])
    ... def cube(x):
    ...     '''y = x**3,  dy/dx = 3 x**2.'''
    ...     return x * x * x
    >>> x = mg.tensor(2.0, requires_grad=True)
    >>> cube(x).backward()
    >>> x.grad
    array(12.)
    """

    def declare(forward: Callable) -> Op:
        arguments = _argument_names(forward)
        formulas = {name: value for name, value in declared.items() if name in arguments}
        facts = {name: value for name, value in declared.items() if name not in arguments}
        if unknown := sorted(facts.keys() - FACTS):
            raise DeclarationError(
                f"@op of {forward.__name__}: {unknown[0]!r} is neither an argument ({', '.join(arguments)}) nor a fact "
                f"({', '.join(FACTS)})"
            )
        if not formulas:
            raise DeclarationError(
                f"@op of {forward.__name__} has no formula: give one for at least one of {', '.join(arguments)}"
            )
        for name, formula in formulas.items():
            _check_formula(forward, arguments, name, formula, "variadic" in facts or "sequence" in facts)
        made = SequenceOp if facts.pop("sequence", False) else Op
        new = made(forward, [formulas.get(name) for name in arguments], **facts)
        return _register(new, functions, samples, error_samples)

    return declare


class SequenceOp(Op):
    """An op called with one list of operands, as ``np.concatenate([a, b])``."""

    def __init__(self, forward, formulas, **facts):
        super().__init__(forward, formulas, variadic=True, **facts)

    def __call__(self, operands, /, *args, **kwargs):
        options = dict(zip(self.options, args, strict=False))
        return super().__call__(*operands, **options, **kwargs)


def composed(*functions: Callable, samples: Sequence = (), error_samples: Sequence = ()):
    """Declare a function that is written with ops: it stands in for ``functions`` and is checked at its samples."""
    return lambda function: _register(Composed(function), functions, samples, error_samples)


def nondifferentiable(*functions: Callable) -> None:
    """Let NumPy functions whose result carries no gradient (comparisons, ``argmax``) see through Tensors.

    Arrays come back as Tensors that require no grad, everything else as it is.
    """
    for function in functions:
        TABLE[function] = _without_gradient(function)


def _without_gradient(function):
    @wraps(function)
    def call_plain(*args, **kwargs):
        value = function(*[_array(x) for x in args], **{name: _array(value) for name, value in kwargs.items()})
        lifted = tuple([_lifted(part) for part in value]) if isinstance(value, tuple) else _lifted(value)
        if (tracer := mode.get().tracer) is not None:
            tracer.computed(function, args, kwargs, lifted)
        return lifted

    return call_plain


def plain(x):
    """``x`` with every Tensor in it replaced by its array."""
    if isinstance(x, Tensor):
        return x.data
    if isinstance(x, (list, tuple)):
        return type(x)([plain(part) for part in x])
    return x


def _array(x):
    """As :func:`plain`, for a function whose result is on record."""
    if isinstance(x, Tensor):
        return x._data
    if isinstance(x, (list, tuple)):
        return type(x)([_array(part) for part in x])
    return x


def _lifted(value):
    return constant(as_array(value)) if hasattr(value, "dtype") else value


def _register(new, functions, samples, error_samples):
    new.samples = [sample if isinstance(sample, Call) else call(sample) for sample in samples]
    new.error_samples = list(error_samples)
    new.functions = functions
    OPS[new.name] = new
    for function in functions:
        TABLE[function] = new
    return new


def _argument_names(forward: Callable) -> tuple[str, ...]:
    code = code_of(forward)
    names = code.co_varnames[: code.co_argcount]
    return (*names, code.co_varnames[code.co_argcount + code.co_kwonlyargcount]) if code.co_flags & 0x04 else names


def _check_formula(forward, arguments, name, formula, variadic) -> None:
    if not callable(formula):
        raise DeclarationError(
            f"@op of {forward.__name__}: the formula of {name!r} must be a function of (g, y, {', '.join(arguments)})"
        )
    code = None if isinstance(formula, MethodType) else getattr(formula, "__code__", None)
    if code is None or code.co_flags & 0x04:
        return
    wanted = 2 + variadic + len(arguments)
    if not code.co_argcount == wanted:
        raise DeclarationError(
            f"@op of {forward.__name__}: the formula of {name!r} takes {code.co_argcount} arguments, "
            f"but it is called with {wanted}: (g, y, {'i, *' if variadic else ''}{', '.join(arguments)})"
        )
