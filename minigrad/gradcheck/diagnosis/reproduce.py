"""The lines that show a failure when they are run: at most six, ready to be pasted."""

import os
import sys

import numpy as np

from minigrad.declare import OPS, SequenceOp
from minigrad.gradcheck.diagnosis.black_box import BlackBox
from minigrad.gradcheck.diagnosis.case import Case

MOST_NUMBERS = 200


def reproducer(case: Case) -> str:
    """Lines that show the failure when they are run.

    An op of one's own is imported from the module that holds it. One that no module holds (it was made within a
    function, or typed in) is called ``op``, and a comment says where it is defined: that must come first.
    Nobody reads, or pastes, very many numbers: then there are no lines.
    """
    if sum(np.size(x) for x in case.args) > MOST_NUMBERS:
        return ""
    op, line = _spelled(case)
    arrays = [i for i, x in enumerate(case.args) if isinstance(x, np.ndarray)]
    operands = {i: _identifier(case.names[i], i, taken=("np", "mg", op)) for i in arrays}
    lines = ["import numpy as np, minigrad as mg", *filter(None, [line])]
    if operands:
        lines.append(f"{', '.join(operands.values())} = {', '.join(_literal(case.args[i]) for i in operands)}")
    arguments = [operands.get(i) or _written(x) for i, x in enumerate(case.args)]
    if isinstance(case.op, SequenceOp):
        arguments = [f"[{', '.join(arguments)}]"]
    called = ", ".join([*arguments, *(f"{name}={_written(value)}" for name, value in case.kwargs.items())])
    if isinstance(case.op, BlackBox):
        return "\n".join([*lines, f"print(mg.opcheck({op}, mg.samples.call({called})))"])
    x = operands[case.position]
    return "\n".join([*lines, f"print(mg.gradcheck(lambda {x}: {op}({called}), {x}))"])


def _spelled(case: Case) -> tuple[str, str]:
    """How to write the op, and the line that must come before."""
    op = case.op
    assert op is not None, "only the call of an op can be spelled"
    code = getattr(op.forward, "__code__", None)
    if OPS.get(op.name) is op and op.forward.__module__.startswith("minigrad."):
        return f"mg.{op.name}", ""
    module = sys.modules.get(op.forward.__module__)
    held = [name for name, value in vars(module).items() if value is op] if module else []
    if held and (importable := _importable(module)):
        return held[0], f"from {importable} import {held[0]}"
    place = f" of {os.path.basename(code.co_filename)}:{code.co_firstlineno}" if code else ""
    if not op.name.isidentifier():  # as a lambda, which has no name to be called by
        return "op", f"# op is the one{place}: its definition must come first"
    return "op", f"op = {op.name}  # the op{place}: its definition must come first"


def _importable(module) -> str:
    """The name under which another program imports this module; empty for what was typed in."""
    if module.__name__ != "__main__":
        return module.__name__
    spec, file = getattr(module, "__spec__", None), getattr(module, "__file__", None)
    return spec.name if spec else os.path.splitext(os.path.basename(file))[0] if file else ""


def _identifier(name: str, position: int, taken: tuple[str, ...]) -> str:
    return name if name.isidentifier() and name not in taken else f"x{position}"


def _written(x) -> str:
    return _literal(x) if isinstance(x, np.ndarray) else repr(x)


def _literal(x: np.ndarray) -> str:
    text = repr(x.tolist())
    kind = "" if x.size and x.dtype in (float, int, bool) else f", dtype=np.{x.dtype}"
    return f"np.array({text}{kind})" + (f".reshape{x.shape}" if not x.size else "")
