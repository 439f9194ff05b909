"""The faults that can be planted in a function: one changed node of its syntax tree each."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

COMPARISONS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ARITHMETIC = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}


@dataclass(frozen=True)
class Mutant:
    """A fault: the number of the node in its file's tree, which of its changes, and what to call it."""

    path: Path
    node: int
    change: int
    line: int
    kind: str
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.kind}: {self.text}"

    def code(self) -> CodeType:
        """The code of the whole module with the fault in it."""
        tree = ast.parse(self.path.read_text())
        node = list(ast.walk(tree))[self.node]
        _, _, apply = list(_changes(node))[self.change]
        apply(node)
        return compile(ast.fix_missing_locations(tree), str(self.path), "exec", dont_inherit=True)


def mutants(path: Path) -> list[Mutant]:
    """Every fault that can be planted inside the functions of a file, but for the texts of errors."""
    tree = ast.parse(path.read_text())
    inside = _inside_functions(tree)
    found = []
    for number, node in enumerate(ast.walk(tree)):
        if id(node) in inside:
            for change, (kind, text, _) in enumerate(_changes(node)):
                found.append(Mutant(path, number, change, getattr(node, "lineno", 0), kind, text))
    return found


def _inside_functions(tree: ast.Module) -> set[int]:
    """What runs when a function is called: no defaults, decorators, annotations, docstrings, assertions, ``raise``.

    Nor what draws the samples of ops: that is what the tests test with.
    """
    inside: set[int] = set()
    bodies: list[list[ast.AST]] = []
    drawing = _drawing_samples(tree)
    for node in ast.walk(tree):
        if node in drawing:
            continue
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            bodies.append(list(node.body[ast.get_docstring(node) is not None :]))
        elif isinstance(node, ast.Lambda):
            bodies.append([node.body])
    stack = [node for body in bodies for node in body]
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.Raise, ast.Assert, ast.ClassDef)) or _is_docstring(node):
            continue
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue  # has a body of its own
        inside.add(id(node))
        stack += [n for n in ast.iter_child_nodes(node) if not (isinstance(n, ast.keyword) and _asserts(node, n.arg))]
    return inside


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _drawing_samples(tree: ast.Module) -> set[ast.AST]:
    """The lambdas among the samples of ops, and the functions of the module that are named there alone.

    Samples are what ``samples=`` and ``error_samples=`` are given, in a call or a dict, and the constants named there.
    """
    wanted = ("samples", "error_samples")
    roots = [n.value for n in ast.walk(tree) if isinstance(n, ast.keyword) and n.arg in wanted]
    for table in (n for n in ast.walk(tree) if isinstance(n, ast.Dict)):
        roots += [v for k, v in zip(table.keys, table.values) if isinstance(k, ast.Constant) and k.value in wanted]
    constants = {n.targets[0].id: n.value for n in tree.body if isinstance(n, ast.Assign) and _is_name(n.targets[0])}
    roots += [constants[name] for root in list(roots) for name in _names(root) if name in constants]
    within = {node for root in roots for node in ast.walk(root)}
    elsewhere = {node.id for node in ast.walk(tree) if _is_name(node) and node not in within}
    named = {name for root in roots for name in _names(root)} - elsewhere
    functions = {node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in named}
    return {node for node in within if isinstance(node, ast.Lambda)} | functions


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if _is_name(node)}


def _changes(node: ast.AST) -> Iterator[tuple[str, str, Callable]]:
    """The changes of one node: the kind, what it was, and what does it."""
    text = ast.unparse(node) if isinstance(node, (ast.expr, ast.stmt)) else ""
    text = text.splitlines()[0][:90] if text else ""
    if isinstance(node, ast.Compare):
        for i, operator in enumerate(node.ops):
            if type(operator) in COMPARISONS:
                yield "comparison", text, lambda n, i=i: n.ops.__setitem__(i, COMPARISONS[type(n.ops[i])]())
    if isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in ARITHMETIC and not _is_text(node):
        yield "arithmetic", text, lambda n: setattr(n, "op", ARITHMETIC[type(n.op)]())
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "sign", text, lambda n: setattr(n, "op", ast.UAdd())
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield "constant", f"{text} + 1", lambda n: setattr(n, "value", n.value + 1)
    if isinstance(node, ast.Constant) and type(node.value) is bool:
        yield "constant", f"not {text}", lambda n: setattr(n, "value", not n.value)
    if isinstance(node, ast.BoolOp):
        yield "boolean", text, lambda n: setattr(n, "op", ast.Or() if isinstance(n.op, ast.And) else ast.And())
        yield "boolean", f"{text}: the last operand removed", _without_last
    if isinstance(node, (ast.If, ast.IfExp, ast.While)):
        yield "condition", text, lambda n: setattr(n, "test", ast.UnaryOp(ast.Not(), n.test))
    if isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield "return", text, lambda n: setattr(n, "value", ast.Constant(None))
    if isinstance(node, (ast.Expr, ast.Assign, ast.AugAssign)) and not isinstance(node.value, ast.Yield):
        yield "statement removed", text, _emptied
    if isinstance(node, ast.Call):
        for i, keyword in enumerate(node.keywords):
            if keyword.arg and not _asserts(node, keyword.arg):
                yield "argument", f"{text}: {keyword.arg}= removed", lambda n, i=i: n.keywords.pop(i) and None
        if len(node.args) == 2 and not any(isinstance(a, ast.Starred) for a in node.args) and not _commutes(node):
            yield "argument", f"{text}: arguments exchanged", lambda n: n.args.reverse()


COMMUTATIVE = {
    *("max", "min", "maximum", "minimum", "fmax", "fmin", "add", "multiply", "hypot", "logaddexp", "logaddexp2"),
    *("equal", "logical_and", "logical_or", "result_type", "may_share_memory", "identical", "array_equal", "swapaxes"),
}


def _asserts(call: ast.AST, keyword: str | None) -> bool:
    """Whether a keyword is an assertion, which does nothing in a program that is right: ``strict=`` of a zip."""
    return keyword == "strict" and isinstance(call, ast.Call) and getattr(call.func, "id", "") == "zip"


def _commutes(call: ast.Call) -> bool:
    """Whether the call with its arguments exchanged is the same call."""
    function = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    first, second = map(ast.dump, call.args)
    return first == second or function in COMMUTATIVE


def _without_last(node: ast.BoolOp) -> None:
    node.values.pop()
    if len(node.values) == 1:
        node.values.append(node.values[0])


def _emptied(node: ast.AST) -> None:
    """A statement that does nothing, in the place of this one. Names that it would bind become None."""
    targets = getattr(node, "targets", None)
    if targets is not None:
        names = [n for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)]
        bound = [n for n in names if isinstance(n.ctx, ast.Store)]
        plain = len(bound) == 1 and len(targets) == 1 and isinstance(targets[0], ast.Name)
        if plain:
            node.value = ast.Constant(None)
            return
    node.__class__ = ast.Expr
    node.__dict__.update(value=ast.Constant(None))
    for name in ("targets", "target", "op", "type_comment"):
        node.__dict__.pop(name, None)


def _is_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Name)


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_text(node: ast.AST) -> bool:
    return any(isinstance(n, (ast.JoinedStr, ast.Constant)) and not _is_number(n) for n in ast.walk(node))


def _is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, (int, float, complex))
