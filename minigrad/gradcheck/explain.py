"""Why a check failed: the op on the tape that is to blame, what is wrong with its formula, and lines that show it.

Where no op by itself is wrong, numbers that left the tape and came back are looked for, then the function is looked
at as a whole.
"""

from contextlib import suppress

import numpy as np

from minigrad.engine import Tensor, history
from minigrad.gradcheck.blame import Blamed, blamed
from minigrad.gradcheck.compare import LOUDER, differs_but_for
from minigrad.gradcheck.diagnose import diagnose, still_fails
from minigrad.gradcheck.diagnosis.case import EARLIER, Case
from minigrad.gradcheck.diagnosis.reproduce import reproducer
from minigrad.gradcheck.diagnosis.shrink import shrink
from minigrad.gradcheck.flow import Fault
from minigrad.gradcheck.problem import Problem, requires_grad
from minigrad.gradcheck.report import Report
from minigrad.gradcheck.untracked import left_the_tape
from minigrad.gradcheck.verdict import Verdict
from minigrad.modes import stopped, watch

WORK = 24
"""About how many forward passes a diagnosis of the whole function takes for each element."""

LARGE_ONES = (
    "CLIPPED: it is right when ordinary gradients arrive, and not when larger ones do; "
    "clip in the optimizer, not in a backward"
)


def explain(report: Report, problem: Problem, budget: int) -> None:
    """Say in a bad report why the gradient of its gravest finding is wrong, and at which line of the program."""
    worst = next((f for f in report.findings if f.verdict in (Verdict.WRONG, Verdict.KINK_WRONG)), None)
    if worst is None or worst.order != 1:
        return
    found = _on_the_tape(problem)
    if found is not None:
        _tell(report, found, problem)
    elif isinstance(worst, Fault):
        _place(report, worst)
    elif left := _left_the_tape(problem):
        _place(report, left[0])
        more = f" (and {len(left) - 1} more such places)" if len(left) > 1 else ""
        report.notes.insert(0, f"diagnosis: {left[0].kind}: {left[0].note}{more}")
    elif WORK * len(problem.x) <= budget:
        _tell_whole(report, problem, worst.operand)


def _on_the_tape(problem: Problem) -> Blamed | None:
    return blamed(_outputs(problem, problem.x), np.random.default_rng(0))


def _outputs(problem: Problem, x: np.ndarray) -> list[Tensor]:
    """What the function answers on the tape; nothing where it raises."""
    with suppress(Exception):
        return [y for y in problem.trace(x, record=True)[1] if requires_grad(y)]
    return []


def _earlier(problem: Problem, node: Tensor) -> dict:
    """What the same node was called with when the function ran at another point, before it was checked at its own."""
    here, there = (history(_outputs(problem, x)) for x in (problem.x, problem.elsewhere()))
    at = [i for i, y in enumerate(here) if y.op is node.op and y.source == node.source]
    if [y.op for y in here] != [y.op for y in there] or len(at) != 1:
        return {}
    return {EARLIER: tuple(x.data if isinstance(x, Tensor) else x for x in there[at[0]].args)}


def _left_the_tape(problem: Problem) -> list[Fault]:
    """The places where numbers that were computed from the operands come back as constants."""
    leaves = [operand.placed(piece) for operand, piece in zip(problem.operands, problem.split(problem.x), strict=True)]

    def again():
        problem.frozen.begin()
        kept = stopped.set(problem.frozen.value)
        try:
            with watch(problem.frozen):
                return problem.call(leaves)
        finally:
            stopped.reset(kept)

    try:
        return left_the_tape(again, leaves)
    except Exception:  # then there is nothing to be learnt from it
        return []


def _place(report: Report, found: Fault) -> None:
    report.blamed, report.where = ", ".join(filter(None, (found.op, found.operand))), found.source


def _tell(report: Report, found: Blamed, problem: Problem) -> None:
    _place(report, found.fault)
    why, report.reproduce = explained(*found, points=_earlier(problem, found.node))
    if why:
        report.notes.insert(0, f"diagnosis: {why}")
    if any(f.direction and not f.verdict for f in report.findings) and found.fault.worst is not None:
        report.notes.insert(0, f"at the op: {found.fault}")


def explained(node: Tensor, fault: Fault, g, points: dict | None = None) -> tuple[str, str]:
    """Why the formula of an operand of a node is wrong, and lines that show it; empty if the node alone is right."""
    given = [] if g is None else [g]
    case = Case.of_node(node, fault.position, given=given, points=points, worst=fault.worst)
    try:
        found = diagnose(case)
    except Exception:  # a formula that raises has no gradient to diagnose
        return "", ""
    if found.code == "NOTHING":
        return "", ""
    return str(found), reproducer(shrink(case, still_fails(found)))


def _tell_whole(report: Report, problem: Problem, operand: str) -> None:
    names = [each.name for each in problem.operands]
    if operand in names:
        case = Case.of_problem(problem, names.index(operand), name=report.subject)
        diagnosis, g = diagnose(case), case.arriving[-1]
        if diagnosis.code != "NOTHING":
            report.notes.insert(0, f"diagnosis: {diagnosis}")
        elif differs_but_for(LOUDER, np.asarray(case.analytic(g)), np.asarray(case.analytic(LOUDER * g))):
            report.notes.insert(0, f"diagnosis: {LARGE_ONES}")
