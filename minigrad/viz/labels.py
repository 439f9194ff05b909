"""What a node of the tape is called: how it was made, and which variable the user's line put it in."""

import ast
import linecache
import os
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from operator import attrgetter
from types import CodeType

from minigrad.engine import Tensor, history
from minigrad.source import Source
from minigrad.viz.text import number, printable, shape_of

INFIX = {
    "add": "+",
    "subtract": "−",
    "multiply": "×",
    "divide": "÷",
    "power": "**",
    "matmul": "@",
    "maximum": "max",
    "minimum": "min",
}
"""Ops that are written between their operands."""

PREFIX = {"negative": "−", "getitem": "[ ]"}


def call_label(t: Tensor) -> str:
    """How a Tensor was made: the op, and what was passed to it besides Tensors.

    >>> import minigrad as mg
    >>> x = mg.tensor([[1.0, 2.0]], requires_grad=True)
    >>> call_label(x + x), call_label(x * 2), call_label(2 / x), call_label(x.sum(axis=1))
    ('+', '· × 2', '2 ÷ ·', 'sum axis=1')
    """
    name = t.op.name
    if name in INFIX and len(t.args) == 2:
        shown = ["·" if is_operand(x) else _plain(x) for x in t.args]
        return INFIX[name] if shown == ["·", "·"] else f"{shown[0]} {INFIX[name]} {shown[1]}"
    options = [f"{k}={_plain(v)}" for k, v in _named(t) if v is not None and v is not False]
    return printable(" ".join([PREFIX.get(name, name), *options]))


def is_operand(x) -> bool:
    """Whether an argument is drawn as a node: it is not written into the label."""
    return isinstance(x, Tensor) or (getattr(x, "ndim", 0) > 0 and x.dtype.kind in "fc")


def _named(t: Tensor) -> list:
    names = t.op.parameters
    given = [(names[i], x) for i, x in enumerate(t.args) if i < len(names) and not is_operand(x)]
    return [*given, *t.kwargs.items()]


def _plain(x) -> str:
    if getattr(x, "ndim", 0) > 0:
        return f"array{shape_of(x)}"
    if isinstance(x, float) or hasattr(x, "item"):
        return number(x)
    return printable(str(x), 20)


def variables(made: Sequence[Tensor]) -> dict[Tensor, str]:
    """The variable that each Tensor was assigned to, where one instruction of the user's made one Tensor only.

    >>> import minigrad as mg
    >>> x = mg.tensor(1.0)
    >>> list(variables([x]).values())
    ['x']
    """
    times = Counter((t.code, t.offset) for t in made)
    names = {t: _target(t.code, t.offset) for t in made if times[t.code, t.offset] == 1}
    return {t: name for t, name in names.items() if name}


@lru_cache(maxsize=4096)
def _target(code: CodeType, offset: int) -> str:
    """The name on the left of ``=`` if what is on the right of it is what this instruction computes."""
    first, last, start, end = next(islice(code.co_positions(), offset // 2, None), (None,) * 4)
    if first is None or first != last:
        return ""
    line = linecache.getline(code.co_filename, first)
    indent = len(line.encode()) - len(line.lstrip().encode())
    try:
        statements = ast.parse(line.strip()).body
    except (SyntaxError, ValueError):
        return ""
    for statement in statements:
        if isinstance(statement, ast.Assign) and isinstance(target := statement.targets[0], ast.Name):
            value = statement.value
            if (value.col_offset + indent, (value.end_col_offset or 0) + indent) == (start, end):
                return target.id
    return ""


def place(source: Source) -> str:
    """The file, the line, and the very piece of it that an instruction computes: ``model.py:7  w * x``."""
    first, last, start, end = next(islice(source.code.co_positions(), source.offset // 2, None), (None,) * 4)
    line = linecache.getline(source.filename, source.line)
    piece = line.encode()[start:end].decode(errors="replace") if first == last else line.strip()
    return printable(f"{os.path.basename(source.filename)}:{source.line}  {piece.strip()}".rstrip(), 80)


class Names:
    """A name for every Tensor of a graph: its own, the variable it was assigned to, or the op that made it."""

    def __init__(self, output: Tensor):
        self.variables = variables(sorted(everything(output), key=attrgetter("age")))

    def of(self, t: Tensor) -> str:
        """The name, on one line."""
        return printable(t.name or self.variables.get(t) or (t.op.name if t.op else "a leaf"))


def everything(output: Tensor) -> dict[Tensor, None]:
    """Every Tensor that took part in an output, those that require no grad too."""
    found: dict[Tensor, None] = {}
    for t in history([output]):
        found[t] = None
        found.update(dict.fromkeys(x for x in t.args if isinstance(x, Tensor)))
    return found
