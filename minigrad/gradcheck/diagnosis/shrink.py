"""The smallest call that still fails, and the lines that show it: at most six, ready to be pasted."""

import sys
from collections.abc import Callable, Iterator

import numpy as np

from minigrad.declare import OPS
from minigrad.gradcheck.arguments import is_floating
from minigrad.gradcheck.diagnosis.black_box import BlackBox
from minigrad.gradcheck.diagnosis.case import Case

TRIALS = 60
SHORT = 4
"""An axis that needs no cutting."""


def shrink(case: Case, fails: Callable[[Case], bool] = lambda case: case.wrong) -> Case:
    """The same call with shorter axes and simpler numbers, for as long as it ``fails``."""
    trials = TRIALS
    progress = True
    while progress and trials > 0:
        progress = False
        for args in _smaller(case.args):
            trials -= 1
            smaller = _remade(case, args)
            if smaller is not None and _tried(fails, smaller):
                case, progress = smaller, True
                break
            if trials <= 0:
                break
    for decimals in (0, 1, 2):
        args = tuple(np.round(x, decimals) if is_floating(x) else x for x in case.args)
        if not all(np.any(x) for x in args if is_floating(x)):
            continue
        simpler = _remade(case, args)
        if simpler is not None and _tried(fails, simpler):
            return simpler
    return case


def reduced(case: Case) -> Case | None:
    """The same call with long axes cut to short ones, different lengths to different ones, if it fails there too."""
    lengths = sorted({n for x in case.args if isinstance(x, np.ndarray) for n in x.shape if n > SHORT})
    args = case.args
    for k, n in enumerate(lengths, start=SHORT):
        args = tuple(_cut(x, n, k) for x in args)
    smaller = _remade(case, args) if case.op is not None else None
    return smaller if smaller is not None and _tried(lambda case: case.wrong, smaller) else None


def _tried(fails, case: Case) -> bool:
    try:
        return bool(fails(case))
    except Exception:
        return False


def _remade(case: Case, args) -> Case | None:
    try:
        return case.remade(args)
    except Exception:
        return None


def _smaller(args: tuple) -> Iterator[tuple]:
    """The arguments with one length cut wherever it occurs, then with one axis of one array cut."""
    arrays = [(i, x) for i, x in enumerate(args) if isinstance(x, np.ndarray)]
    for n in sorted({n for _, x in arrays for n in x.shape if n > 1}, reverse=True):
        for k in {1, 2, n - 1} - {n}:
            yield tuple(_cut(x, n, k) for x in args)
    for i, x in arrays:
        for axis, n in enumerate(x.shape):
            if n > 1:
                yield (*args[:i], x[(slice(None),) * axis + (slice(0, n - 1),)].copy(), *args[i + 1 :])


def _cut(x, n: int, k: int):
    """All axes of length ``n`` cut to ``k``; indices that would then reach too far are drawn in."""
    if not isinstance(x, np.ndarray):
        return x
    x = x[tuple(slice(0, k) if length == n else slice(None) for length in x.shape)].copy()
    return np.minimum(x, k - 1) if x.dtype.kind in "iu" and x.size and x.max() == n - 1 else x


def reproducer(case: Case) -> str:
    """Lines that show the failure when they are run; an op that cannot be imported is called ``op`` in them."""
    name, imported = _spelled(case)
    operands = {i: _identifier(case.names[i], i) for i, x in enumerate(case.args) if isinstance(x, np.ndarray)}
    checker = "opcheck" if isinstance(case.op, BlackBox) else "gradcheck"
    lines = ["import numpy as np, minigrad as mg", f"from minigrad.gradcheck import {checker}"]
    lines += [imported] if imported else []
    if operands:
        lines.append(f"{', '.join(operands.values())} = {', '.join(_literal(case.args[i]) for i in operands)}")
    arguments = [operands.get(i) or repr(x) for i, x in enumerate(case.args)]
    if getattr(case.op, "sequence", None) or type(case.op).__name__ == "SequenceOp":
        arguments = [f"[{', '.join(arguments)}]"]
    arguments += [f"{key}={value!r}" for key, value in case.kwargs.items()]
    called = ", ".join(arguments)
    if checker == "opcheck":
        return "\n".join([*lines, f"print(opcheck({name}, mg.samples.call({called})))"])
    x = operands[case.position]
    return "\n".join([*lines, f"print(gradcheck(lambda {x}: {name}({called}), {x}))"])


def _spelled(case: Case) -> tuple[str, str]:
    """How to write the op, and the line that imports it."""
    op = case.op
    assert op is not None, "only the call of an op can be spelled"
    if OPS.get(op.name) is op:
        return f"mg.{op.name}", ""
    module, name = op.forward.__module__, op.forward.__qualname__
    if getattr(sys.modules.get(module), name, None) is op:
        return name, f"from {module} import {name}"
    return "op", ""


def _identifier(name: str, position: int) -> str:
    return name if name.isidentifier() else f"x{position}"


def _literal(x: np.ndarray) -> str:
    text = repr(x.tolist())
    kind = "" if x.size and x.dtype in (float, int, bool) else f", dtype=np.{x.dtype}"
    return f"np.array({text}{kind})" + (f".reshape{x.shape}" if not x.size else "")
