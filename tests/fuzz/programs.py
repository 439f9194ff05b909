"""A program: leaves, calls of ops on them and on each other, and a weighted sum of some of the values."""

import inspect
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

import minigrad as mg
from tests.table import OPS

LAYOUTS = {
    "C": "{}",
    "Fortran": "np.asfortranarray({})",
    "reversed": "{}[::-1].copy()[::-1]",
    "offset": "np.pad({}, 1)[1:-1]",
}
"""How an array can lie in memory: an expression that leaves the values as they are. (``offset`` is for one axis.)"""

OPERATORS = {
    "add": ("{} + {}", operator.add),
    "subtract": ("{} - {}", operator.sub),
    "multiply": ("{} * {}", operator.mul),
    "divide": ("{} / {}", operator.truediv),
    "power": ("{} ** {}", operator.pow),
    "remainder": ("{} % {}", operator.mod),
    "matmul": ("{} @ {}", operator.matmul),
    "negative": ("-{}", operator.neg),
    "abs": ("abs({})", abs),
    "getitem": ("{}[{}]", operator.getitem),
}
"""The ops that Python has a sign for."""


class Unsupported(Exception):
    """An engine has no such op, or is known to be wrong there."""


@dataclass(frozen=True)
class Ref:
    """The value of a step."""

    index: int

    def __repr__(self):
        return f"v{self.index}"


@dataclass(frozen=True, eq=False)
class Leaf:
    """A value that is given: a ``leaf`` that requires grad, a ``constant`` Tensor, or a plain ``array``.

    ``probe`` weighs its gradient where gradients of gradients are compared.
    """

    value: np.ndarray
    probe: np.ndarray
    kind: str = "leaf"
    layout: str = "C"

    def array(self) -> np.ndarray:
        """The value as a new array that lies in memory in this way."""
        if self.layout == "Fortran":
            return np.asfortranarray(self.value)
        if self.layout == "reversed":
            return self.value[::-1].copy()[::-1]
        if self.layout == "offset":
            return np.pad(self.value, 1)[1:-1]
        return self.value.copy()


@dataclass(frozen=True, eq=False)
class Node:
    """One call of an op; ``route`` is how it is written: ``np.sum``, ``mg.sum``, ``method`` or ``operator``."""

    op: str
    args: tuple
    kwargs: dict[str, Any] = field(default_factory=dict)
    route: str = "mg"
    part: int | None = None
    """Which of several results is meant."""


@dataclass(frozen=True, eq=False)
class Program:
    """Steps, each using earlier ones, and the outputs: the number of a step, and the weights of its elements."""

    steps: tuple[Leaf | Node, ...]
    outputs: tuple[tuple[int, np.ndarray], ...]

    def leaves(self) -> dict[int, Leaf]:
        """The leaves that require grad, by their number."""
        return {i: x for i, x in enumerate(self.steps) if isinstance(x, Leaf) and x.kind == "leaf"}

    def ops(self) -> list[str]:
        return [x.op for x in self.steps if isinstance(x, Node)]

    def values(self, given: Callable[[Leaf, int], Any], call: Callable[[Node, tuple, dict], Any]) -> list:
        """The value of every step, computed by ``call`` from what ``given`` makes of the leaves."""
        values: list = []
        for i, step in enumerate(self.steps):
            if isinstance(step, Leaf):
                values.append(given(step, i))
            else:
                result = call(step, *with_values((step.args, step.kwargs), values))
                values.append(result if step.part is None else result[step.part])
        return values

    def __str__(self):
        return "\n".join([*map(written_step, self.steps, range(len(self.steps))), f"loss = {self.written_loss()}"])

    def written_loss(self) -> str:
        return " + ".join(f"np.sum(v{i} * {written(weights)})" for i, weights in self.outputs)


def refs(x) -> Iterator[Ref]:
    """Every Ref in the arguments of a call."""
    if isinstance(x, Ref):
        yield x
    elif isinstance(x, (list, tuple)):
        for part in x:
            yield from refs(part)
    elif isinstance(x, dict):
        yield from refs(list(x.values()))


def with_values(x, values):
    """The arguments with each Ref replaced by its value, or by another Ref."""
    if isinstance(x, Ref):
        return values[x.index]
    if isinstance(x, (list, tuple)):
        return type(x)(with_values(part, values) for part in x)
    if isinstance(x, dict):
        return {name: with_values(part, values) for name, part in x.items()}
    return x


def without_unused(program: Program) -> Program:
    """The same program without the steps that no output needs."""
    needed, todo = set(), [i for i, _ in program.outputs]
    while todo:
        if (i := todo.pop()) not in needed:
            needed.add(i)
            step = program.steps[i]
            todo += [ref.index for ref in refs((step.args, step.kwargs))] if isinstance(step, Node) else []
    kept = sorted(needed)
    new = {old: Ref(number) for number, old in enumerate(kept)}
    steps = (program.steps[i] for i in kept)
    return Program(
        tuple(renumbered(step, new) for step in steps), tuple((new[i].index, weights) for i, weights in program.outputs)
    )


def renumbered(step: Leaf | Node, new: dict[int, Ref]) -> Leaf | Node:
    if isinstance(step, Leaf):
        return step
    return replace(step, args=with_values(step.args, new), kwargs=with_values(step.kwargs, new))


# Routes: the ways to write one call


STRICTER = {"np.linalg.outer"}
"""What NumPy calls with fewer ranks than the op has."""


def routes(op: str, args: tuple, kwargs: dict, on_tensor: bool) -> list[str]:
    """Every way to write this call: minigrad's function, NumPy's, an operator, a method of a Tensor.

    (NumPy does not ask a Tensor that is the ``default`` of ``select``.)
    """
    found = []
    for function in OPS[op].functions:
        module = getattr(function, "__module__", "numpy")
        name = f"{module.replace('numpy', 'np', 1)}.{function.__name__}"
        if (
            name.startswith("np.")
            and resolve(name, op) is function
            and name not in STRICTER
            and "default" not in kwargs
        ):
            found.append(name)
    if on_tensor and callable(getattr(mg.Tensor, op, None)):
        found.append("method")
    if op in OPERATORS and not kwargs:
        found.append("operator")
    return [f"mg.{op}", *(route for route in found if takes(resolve(route, op), args, kwargs))]


def takes(function: Callable, args: tuple, kwargs: dict) -> bool:
    """Whether a function has these parameters. (A ufunc does not say; on Tensors it takes no options.)"""
    if isinstance(function, np.ufunc):
        return not kwargs
    try:
        inspect.signature(function).bind(*args, **kwargs)
    except TypeError:
        return False
    except ValueError:
        return True
    return True


def resolve(route: str, op: str) -> Callable | None:
    """The function that a route stands for."""
    if route == "operator":
        return OPERATORS[op][1]
    if route == "method":
        return getattr(mg.Tensor, op)
    found: Any = {"np": np, "mg": mg}[route.split(".")[0]]
    for name in route.split(".")[1:]:
        found = getattr(found, name, None)
    return found


# Text that runs


def written(x) -> str:
    """A value as the expression that makes it."""
    if isinstance(x, np.ndarray):
        if x.size == 0:
            return f"np.zeros({x.shape}, {x.dtype.name!r})"
        if x.ndim and np.all(x == 1):
            return f"np.ones({x.shape}, {x.dtype.name!r})"
        return f"np.array({x.tolist()!r})" if x.ndim else f"np.array({x.item()!r})"
    if isinstance(x, np.dtype):
        return f"np.dtype({x.name!r})"
    if isinstance(x, type):
        return x.__name__
    if isinstance(x, (list, tuple)):
        inner = ", ".join(map(written, x))
        return f"[{inner}]" if isinstance(x, list) else f"({inner}{',' * (len(x) == 1)})"
    if isinstance(x, float) and not np.isfinite(x):
        return f"float({str(x)!r})"
    return repr(x)


def written_step(step: Leaf | Node, number: int) -> str:
    """A step as a line of Python."""
    if isinstance(step, Leaf):
        array = LAYOUTS[step.layout].format(written(step.value))
        tensor = {"leaf": f"mg.tensor({array}, requires_grad=True)", "constant": f"mg.tensor({array})"}
        return f"v{number} = {tensor.get(step.kind, array)}"
    arguments = [written(x) for x in step.args]
    options = [f"{name}={written(x)}" for name, x in step.kwargs.items()]
    if step.route == "operator":
        call = OPERATORS[step.op][0].format(*arguments)
    elif step.route == "method":
        call = f"{arguments[0]}.{step.op}({', '.join([*arguments[1:], *options])})"
    else:
        call = f"{step.route}({', '.join([*arguments, *options])})"
    return f"v{number} = {call}" + ("" if step.part is None else f"[{step.part}]")
