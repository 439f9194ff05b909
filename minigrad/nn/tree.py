"""How a module is shown: the call that builds it, and one line for each module inside, drawn as a tree."""

from collections.abc import Iterable, Iterator
from dataclasses import is_dataclass
from inspect import Parameter as Argument
from inspect import signature
from typing import Any

SIMPLE = (bool, int, float, str, type(None))


def headline(module) -> str:
    """The call that builds this module, as far as its attributes tell: those named as the arguments of ``__init__``.

    >>> from minigrad import nn
    >>> headline(nn.Linear(2, 3, bias=False, rng=0))
    'Linear(2, 3, bias=False)'
    """
    shown, in_order = [], True
    for name, argument in signature(type(module).__init__).parameters.items():
        value = vars(module).get(name, argument.empty)
        if isinstance(argument.default, bool):  # ``bias=True`` asks for a Parameter: None says it was False
            value = value is not None and value is not False
        if name == "self" or not _is_plain(value) or value == argument.default:
            in_order = in_order and name == "self"
            continue
        in_order = in_order and argument.kind is Argument.POSITIONAL_OR_KEYWORD
        shown.append(repr(value) if in_order else f"{name}={value!r}")
    return f"{type(module).__name__}({', '.join(shown)})"


def _is_plain(value) -> bool:
    """Whether a value says in one line what it is: a number, a name, several of them, a schedule."""
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return isinstance(value, SIMPLE) or (is_dataclass(value) and not isinstance(value, type))


def branches(module, name: str = "", indent: str = "", elbow: str = "") -> Iterator[tuple[str, Any]]:
    """This module and all modules below it, each with its name behind the lines that lead to it."""
    yield indent + elbow + name, module
    indent += {"": "", "├─ ": "│  ", "└─ ": "   "}[elbow]
    children = list(module.named_children())
    for i, (child_name, child) in enumerate(children):
        yield from branches(child, child_name, indent, "└─ " if i == len(children) - 1 else "├─ ")


def aligned(rows: Iterable[tuple[str, ...]]) -> str:
    """Rows of cells as lines of text: columns of the same width, numbers at their right end.

    >>> print(aligned([("weight", "12"), ("b", "1,200")]))
    weight     12
    b       1,200
    """
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = []
    for row in rows:
        cells = (c.rjust(w) if c.replace(",", "").isdigit() else c.ljust(w) for c, w in zip(row, widths))
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def counted(number: int, noun: str) -> str:
    """A number and what it counts.

    >>> counted(1, "parameter"), counted(1200, "parameter")
    ('1 parameter', '1,200 parameters')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def tree(module) -> str:
    """The module as text: a line for each module inside, with the shapes and the number of its own parameters."""
    (_, root), *inner = branches(module)
    rows = [(label, headline(m), *_parameters(m)) for label, m in inner]
    total = counted(sum(p.size for p in root.parameters()), "parameter")
    first = [headline(root), _parameters(root)[0], total, "" if root.training else "evaluating"]
    return "\n".join(filter(None, ["  ".join(filter(None, first)), aligned(rows)]))


def _parameters(module) -> tuple[str, str]:
    """Names and shapes of a module's own parameters, and the number of their elements."""
    own = dict(module.own_parameters())
    shapes = (f"{name} {p.shape}{'' if p.requires_grad else ' frozen'}" for name, p in own.items())
    total = sum(p.size for p in own.values())
    return ", ".join(shapes), f"{total:,}" if total else ""
