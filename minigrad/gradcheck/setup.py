"""Before any number is compared: whether there is anything to check, and whether the function repeats itself."""

from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from minigrad.engine import Tensor, history
from minigrad.gradcheck.compare import arriving
from minigrad.gradcheck.damage import damaging
from minigrad.gradcheck.problem import Problem, flat, requires_grad
from minigrad.gradcheck.report import Finding
from minigrad.gradcheck.verdict import Verdict
from minigrad.modes import enable_grad, watch


class NodeLog:
    """A watcher that keeps every node of a forward pass."""

    def __init__(self):
        self.nodes: list[Tensor] = []

    def forward(self, y: Tensor) -> None:
        self.nodes.append(y)

    def backward(self, y: Tensor, position: int, g, contribution) -> None:
        """The forward pass is all that matters."""


def examined(problem: Problem, *, small: bool = True) -> list[Finding]:
    """What stands in the way of a check; nothing, if all is well. A ``small`` problem is first used elsewhere."""
    leaves, outputs, _ = problem.trace(problem.x, record=True)
    names = ", ".join(operand.name for operand in problem.operands)
    if not outputs:
        return [bad("the function returns no floating Tensor: return the result of an op on its arguments")]
    if not any(map(requires_grad, outputs)):
        return [bad(f"the output does not depend on {names} on the tape: was .detach(), .numpy() or .item() called?")]
    if not np.array_equal(flat([leaf.data for leaf in leaves]), problem.x, equal_nan=True):
        return [bad("the function changes its own input in place: let it compute a new array instead")]
    if different := _differs_when_repeated(problem):
        return [Finding(Verdict.NONDETERMINISTIC, "", note=different)]
    if small:
        use_elsewhere(problem)
    if (damage := damaging([y for y in outputs if requires_grad(y)], np.random.default_rng(0))) is not None:
        return [damage]
    values = problem.at(problem.x).outputs
    if values.size and not np.isfinite(values).any():
        return [Finding(Verdict.NOT_DIFFERENTIABLE, names, note="the output is not finite here")]
    return []


def use_elsewhere(problem: Problem) -> None:
    """Go forward and backward at another point: what a formula keeps from there, it must not use at this one."""
    with suppress(Exception):
        v = arriving(np.random.default_rng(0), np.isfinite(problem.at(problem.x).outputs))
        problem.gradient(problem.elsewhere(), v)


def bad(note: str) -> Finding:
    """A finding that there is nothing here to check."""
    return Finding(Verdict.BAD_SETUP, "", note=note)


def dependent(tensors: Sequence[tuple[str, Tensor]]) -> Finding | None:
    """Inputs must be free of each other: one that was computed from another cannot be varied alone."""
    for name, t in tensors:
        ancestors = history([t])[1:] if t.op is not None else []
        for other, u in tensors:
            if u is not t and any(x is u for x in ancestors):
                return bad(f"{name} was computed from {other}: pass {name}.detach(), or compute it inside the function")
    return None


def _differs_when_repeated(problem: Problem) -> str:
    """Which node answers differently the second time, in words."""
    first, second = problem.at(problem.x), problem.evaluate(problem.x)
    if np.array_equal(first.outputs, second.outputs, equal_nan=True) and first.decisions == second.decisions:
        return ""
    if (node := first_difference(problem)) is not None:
        return f"not deterministic: the first op that answers differently is {node.op.name}, at {node.source}"
    return "not deterministic: the output differs from call to call"


def first_difference(problem: Problem) -> Tensor | None:
    """The first node that answers differently when the function runs twice."""
    for a, b in zip(*(_nodes(problem) for _ in range(2)), strict=False):
        if a.op is not b.op or not np.array_equal(a.data, b.data, equal_nan=True):
            return a
    return None


def _nodes(problem: Problem) -> list[Tensor]:
    log = NodeLog()
    with enable_grad(), watch(log):
        problem.trace(problem.x, record=True)
    return log.nodes
