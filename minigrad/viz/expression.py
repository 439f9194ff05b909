"""An expression typed at the command line, computed on the tape: parsed, and never handed to ``eval``.

What may be written is a list: numbers, variables, ``+ - * / ** @``, brackets, and the ops of minigrad by name. Anything
else, an attribute, an index, a lambda, is refused by name.
"""

import ast
import json
import linecache
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from minigrad.declare import OPS
from minigrad.engine import Tensor
from minigrad.errors import UnsupportedError

OPERATORS: dict[type, Callable] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.MatMult: operator.matmul,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
LONGEST = 2000
"""Characters of an expression."""


def computed(text: str, values: Mapping[str, Any]) -> Tensor:
    """The result of an expression; each variable becomes a Tensor that requires grad, of its name.

    Raises :class:`~minigrad.errors.UnsupportedError` for what may not be written, ValueError for what cannot be read.

    >>> computed("tanh(w*x + b)", {"w": -3, "x": 2, "b": 6.88})
    tensor(0.70641932, op=tanh)
    """
    if len(text) > LONGEST:
        raise ValueError(f"the expression has {len(text):,} characters: at most {LONGEST:,} are read")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"this is no expression that can be read: {getattr(error, 'msg', error)}") from None
    leaves = {name: Tensor(value, requires_grad=True, dtype=float, name=name) for name, value in values.items()}
    try:
        result = _Reading(text.strip(), leaves).of(tree.body)
    except RecursionError:
        raise ValueError("this expression is nested too deeply to be read") from None
    if not isinstance(result, Tensor):
        raise ValueError("the expression has no variable in it, so there is nothing to differentiate by")
    return result


class _Reading:
    """The tree of an expression on its way to a value."""

    def __init__(self, text: str, leaves: Mapping[str, Tensor]):
        self.leaves = leaves
        self.code = compile(text, "<expression>", "eval")  # for its positions alone: it never runs
        linecache.cache["<expression>"] = (len(text), None, [text + "\n"], "<expression>")
        self.offsets = {position: 2 * i for i, position in enumerate(self.code.co_positions())}

    def of(self, node: ast.AST) -> Any:
        """The value of a part of the tree."""
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            return node.value
        if isinstance(node, ast.Name):
            return self._variable(node.id)
        if isinstance(node, ast.UnaryOp) and type(node.op) in OPERATORS:
            return self._made(node, OPERATORS[type(node.op)](self.of(node.operand)))
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            left, right = self.of(node.left), self.of(node.right)
            if not isinstance(left, Tensor) and not isinstance(right, Tensor):
                left = np.float64(left)  # 9**9**9 is infinite, and at once
            with np.errstate(all="ignore"):
                return self._made(node, OPERATORS[type(node.op)](left, right))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self._made(node, self._called(node, node.func.id))
        raise UnsupportedError(
            f"{ast.unparse(node)!r} may not be written here: use numbers, variables, + - * / ** @ and ops such as tanh"
        )

    def _variable(self, name: str) -> Tensor:
        if name not in self.leaves:
            raise ValueError(f"{name} has no value: add it to --set, as in --set {name}=1")
        return self.leaves[name]

    def _called(self, node: ast.Call, name: str) -> Any:
        if any(k.arg is None for k in node.keywords):
            raise UnsupportedError(f"** may not be written in the call of {name}: name every argument")
        if name not in OPS:
            raise UnsupportedError(f"there is no op {name!r}: write one that `minigrad check` lists, such as tanh")
        return OPS[name](*map(self.of, node.args), **{str(k.arg): self.of(k.value) for k in node.keywords})

    def _made(self, node: ast.AST, value: Any) -> Any:
        """The value, with its place in the expression for the line of code that made it."""
        place = (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset)  # type: ignore[attr-defined]
        if isinstance(value, Tensor) and value.op is not None:
            value.code, value.offset = self.code, self.offsets.get(place, 0)
        return value


def assignments(text: str) -> dict[str, Any]:
    """The values in ``w=-3,x=[1, 2]``: numbers, or lists of them.

    >>> assignments("w=-3, x=[[1, 2.5]]")
    {'w': -3, 'x': [[1, 2.5]]}
    """
    values = {}
    for part in filter(str.strip, re.split(r",(?=\s*[^\W\d]\w*\s*=)", text)):
        name, _, value = (word.strip() for word in part.partition("="))
        if not name.isidentifier():
            raise ValueError(f"{part.strip()!r} sets nothing: write name=value, as in w=-3,x=2")
        try:
            values[name] = json.loads(value)
            np.asarray(values[name], dtype=float)
        except (ValueError, TypeError, RecursionError):
            raise ValueError(f"{name} must be a number or a list of numbers, not {value!r}") from None
    return values
