"""What is known about one differentiable function: its forward, its formulas, and how its arguments are named."""

from collections.abc import Callable, Sequence
from types import CodeType, MethodType
from typing import Any

from minigrad.errors import DeclarationError, UnsupportedError

TABLE: dict[Callable, Callable] = {}
"""NumPy function -> the Op, or the function made of ops, that stands in for it when a Tensor comes along."""


def rule(function: Callable) -> Callable:
    """What stands in for a NumPy function when a Tensor comes along."""
    try:
        return TABLE[function]
    except KeyError:
        name = f"{getattr(function, '__module__', None) or 'np'}.{function.__name__}".replace("numpy", "np", 1)
        raise UnsupportedError(
            f"{name} has no derivative rule here: write {name}(t.numpy(), ...) where no gradient is needed, "
            f"or declare a rule with @mg.op({name}, ...)"
        ) from None


def code_of(forward: Callable) -> CodeType:
    """The code of a forward, which knows what its arguments are called."""
    code = getattr(forward, "__code__", None)
    if code is None or isinstance(forward, MethodType):  # the code of a method counts self
        raise DeclarationError(
            f"a forward must be a function made with def or lambda, whose arguments have names; got {forward!r}: "
            "write one that calls it, lambda x: f(x)"
        )
    return code


class Rule:
    """A plain NumPy forward, and one formula for each argument that it can be differentiated by.

    A formula takes ``(g, y, *arguments)``: the gradient arriving at the result, the result, and what the forward was
    called with. It returns the gradient of its argument; where the forward broadcast that argument, the walk sums.
    """

    __slots__ = ("__dict__", "formulas", "forward", "partial", "saving", "singular", "variadic")  # asked in every call

    name: str
    samples: list
    error_samples: list
    functions: tuple[Callable, ...]
    branches: Callable | None = None
    """The discrete decisions taken at given arguments (a mask, an argmax): where they change, there is a kink."""
    complex_ok = False
    """Whether the forward is analytic, and right for complex arguments."""
    surrogate = False
    """Whether the formula is no derivative on purpose, as in a straight-through estimator."""
    variadic: bool
    """Whether the last formula serves all further operands; it is told which: ``(g, y, i, *operands)``."""
    singular: bool
    """Whether the local derivative can be infinite; ``0 * inf`` is then 0, so what is masked out stays out."""

    saving: Callable | None
    """A forward that answers ``(y, saved)``: what it worked out on the way and the formulas would work out again.

    On plain arrays a formula then gets it as ``saved=``. Without it, as with ``create_graph``, the formula computes
    the same from its arguments: it stays a function of them alone.
    """

    def __init__(
        self,
        forward: Callable,
        formulas: Sequence[Callable | None],
        *,
        variadic: bool = False,
        singular: bool = False,
        saving: Callable | None = None,
        **facts: Any,
    ):
        code = code_of(forward)
        self.forward, self.formulas = forward, tuple(formulas)
        self.variadic, self.singular, self.saving = variadic, singular, saving
        self.name, self.__doc__ = forward.__name__, forward.__doc__
        self.parameters = code.co_varnames[: code.co_argcount]
        self.options = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
        self.only_options = frozenset(self.options)
        self.partial = None in self.formulas  # some argument has no derivative
        self.aliases = {"a": self.parameters[0]} if self.parameters else {}
        self.__dict__.update(facts)

    def __repr__(self):
        return f"<op {self.name}>"

    def formula(self, position: int) -> Callable | None:
        """The formula for the operand at this position, None where there is no derivative."""
        if position < len(self.formulas):
            return self.formulas[position]
        return self.formulas[-1] if self.variadic else None

    def bind(self, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
        """The same call with every argument in its position, so that the walk finds the Tensors in one place."""
        if self.only_options.issuperset(kwargs):
            return args, kwargs
        named = {self.aliases.get(name, name): value for name, value in kwargs.items()}
        options = {name: named.pop(name) for name in self.options if name in named}
        if not named:
            return args, options
        defaults = self.forward.__defaults__ or ()
        required = len(self.parameters) - len(defaults)
        bound = list(args)
        for position in range(len(args), len(self.parameters)):
            name = self.parameters[position]
            if name not in named and position < required:
                raise TypeError(f"{self.name}() misses the argument {name!r}")
            if named:
                bound.append(named.pop(name) if name in named else defaults[position - required])
        refused = [
            name for name, value in named.items() if value is not None
        ]  # NumPy's dtype=None, out=None are no wish
        if refused:
            known = ", ".join((*self.parameters, *self.options))
            raise UnsupportedError(f"{self.name}() of a Tensor takes no {refused[0]}=; it takes {known}")
        return tuple(bound), options
