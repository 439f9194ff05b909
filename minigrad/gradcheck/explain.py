"""Why a check failed: the op on the tape that is to blame, what is wrong with its formula, and lines that show it.

Where no op by itself is wrong, the function is looked at as a whole.
"""

import numpy as np

from minigrad.engine import Tensor
from minigrad.gradcheck.blame import Blamed, blamed
from minigrad.gradcheck.diagnose import diagnose, still_fails
from minigrad.gradcheck.diagnosis.case import Case
from minigrad.gradcheck.diagnosis.reproduce import reproducer
from minigrad.gradcheck.diagnosis.shrink import shrink
from minigrad.gradcheck.flow import Fault
from minigrad.gradcheck.problem import Problem
from minigrad.gradcheck.report import Report
from minigrad.gradcheck.verdict import Verdict

WORK = 24
"""About how many forward passes a diagnosis of the whole function takes for each element."""


def explain(report: Report, problem: Problem, budget: int) -> None:
    """Say in a bad report why the gradient of its gravest finding is wrong, and at which line of the program."""
    worst = next((f for f in report.findings if f.verdict in (Verdict.WRONG, Verdict.KINK_WRONG)), None)
    if worst is None or worst.order != 1:
        return
    found = _on_the_tape(problem)
    if found is not None:
        _tell(report, found)
    elif WORK * len(problem.x) <= budget:
        _tell_whole(report, problem, worst.operand)


def _on_the_tape(problem: Problem) -> Blamed | None:
    try:
        _, outputs, _ = problem.trace(problem.x, record=True)
    except Exception:  # then there is no tape to be looked at
        return None
    return blamed([y for y in outputs if isinstance(y, Tensor) and y.requires_grad], np.random.default_rng(0))


def _tell(report: Report, found: Blamed) -> None:
    report.blamed, report.where = f"{found.fault.op}, {found.fault.operand}", found.fault.source
    why, report.reproduce = explained(*found)
    if why:
        report.notes.insert(0, f"diagnosis: {why}")


def explained(node: Tensor, fault: Fault, g) -> tuple[str, str]:
    """Why the formula of an operand of a node is wrong, and lines that show it; empty if the node alone is right."""
    case = Case.of_node(node, fault.position, given=[] if g is None else [g])
    found = diagnose(case)
    return ("", "") if found.code == "NOTHING" else (str(found), reproducer(shrink(case, still_fails(found))))


def _tell_whole(report: Report, problem: Problem, operand: str) -> None:
    names = [each.name for each in problem.operands]
    if operand in names:
        diagnosis = diagnose(Case.of_problem(problem, names.index(operand), name=report.subject))
        if diagnosis.code != "NOTHING":
            report.notes.insert(0, f"diagnosis: {diagnosis}")
