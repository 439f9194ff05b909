"""``opcheck(op, *samples)``: everything an op must keep to, in one line of a test file.

>>> from minigrad import samples
>>> from minigrad.gradcheck.diagnosis.black_box import black_box
>>> cube = black_box(lambda x: x**3, lambda g, y, x: g * x**2)
>>> print(str(opcheck(cube, samples.real(2, 3))).split("; ")[0])  # doctest: +ELLIPSIS
WRONG gradient: <lambda>, x
  worst element ...
  diagnosis: FACTOR: it is 0.333333 = ... times the right gradient
"""

import warnings
from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

import numpy as np

from minigrad.engine import Op
from minigrad.gradcheck.check import Settings, check_problem
from minigrad.gradcheck.contract import check_contract, flattened, name_of
from minigrad.gradcheck.diagnose import Case, diagnose, still_fails
from minigrad.gradcheck.diagnosis.black_box import BlackBox
from minigrad.gradcheck.diagnosis.reproduce import reproducer
from minigrad.gradcheck.diagnosis.shrink import shrink
from minigrad.gradcheck.grid import grid
from minigrad.gradcheck.report import Report, merged
from minigrad.gradcheck.sweep import check_call, problem_of
from minigrad.gradcheck.verdict import Verdict
from minigrad.samples import Call, Drawn, call

GRAVE = (Verdict.WRONG, Verdict.KINK_WRONG, Verdict.NONDETERMINISTIC)
"""What counts at calls that nobody asked for: there, a function may be constant, or have no derivative."""
LARGEST = 3000
"""Elements times outputs of a call that is checked number by number."""


def opcheck(op, *samples, rng: int | np.random.Generator | None = None) -> Report:
    """Check an op made with :func:`minigrad.op`: its contract, and its numbers, at many calls.

    ``samples`` are calls to start from, :func:`minigrad.samples.call`, or one array for an op of one argument; the
    op's own if left out. From these a grid of calls is made: other shapes, layouts, broadcasting, ties, repeated
    indices, every option. A bad report has a diagnosis, and lines that reproduce it.

    Raises ValueError if there are no samples.

    >>> from minigrad.declare import OPS
    >>> bool(opcheck(OPS["tanh"], rng=0))
    True
    """
    calls = [s if isinstance(s, Call) else call(s) for s in samples or op.samples]
    if not calls:
        raise ValueError(f"{op.name} has no samples: write opcheck(op, mg.samples.real(2, 3))")
    rng, start = np.random.default_rng(rng), perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a mean of nothing
        reports = _all_checked(op, calls, rng)
    report = merged(op.name, _telling(reports))
    if report:
        report.notes.insert(0, f"the contract and the numbers hold at {len(reports)} calls")
    report.seconds = perf_counter() - start
    return report


def _telling(reports: list[Report]) -> list[Report]:
    """Calls at which the op is constant prove nothing, and spoil nothing if there are others."""
    told = [report for report in reports if report.verdict is not Verdict.VACUOUS]
    return told if any(finding.shape for report in told for finding in report.findings) else reports


def _all_checked(op, samples: Sequence[Call], rng) -> list[Report]:
    """One report a call, up to the first that is bad."""
    reports = []
    for label, drawn in grid(op, samples, rng=rng):
        report = _checked(op, label, drawn, rng)
        reports.append(report)
        if not report and report.verdict is not Verdict.VACUOUS:
            return reports
    return reports + _more(op, samples, rng)


def _checked(op, label: str, drawn: Drawn, rng) -> Report:
    """The numbers and the contract at one call; the report names the call if something is wrong."""
    report = Report(op.name)
    if isinstance(op, Op):
        report.findings += check_contract(op, drawn, rng)
    problem = problem_of(op, drawn)
    if problem.operands and not report.findings and len(problem.x) * _outputs(problem) <= LARGEST:
        found = check_problem(problem, op.name, Settings(), rng)
        report.evaluations += found.evaluations
        asked = label == "as given"
        for finding in found.findings:
            if asked or finding.verdict in GRAVE:
                report.findings.append(finding)
            elif finding.verdict:
                report.findings.append(replace(finding, note=""))
    if not report:
        _explain(report, op, label, drawn)
    return report


def _outputs(problem) -> int:
    return max(1, len(problem.evaluate(problem.x).outputs))


def _more(op, samples: Sequence[Call], rng) -> list[Report]:
    """The second order, float32 and memory layouts, at the samples themselves."""
    return [] if isinstance(op, BlackBox) else [check_call(op, sample, rng=rng) for sample in samples]


def _explain(report: Report, op, label: str, drawn: Drawn) -> None:
    bad = next((f for f in report.findings if f.verdict in GRAVE and f.operand), None)
    if label != "as given":
        report.notes.append(f"at this call: {label}")
    if bad is None or not isinstance(op, Op):
        return
    args, kwargs = flattened(op, drawn)
    position = next((i for i in range(len(args)) if name_of(op, i) == bad.operand), None)
    if position is not None:
        try:
            _diagnosed(report, Case.of_call(op, args, kwargs, position))
        except Exception as error:  # a backward that raises is a finding already
            report.notes.append(f"no diagnosis: {type(error).__name__}: {error}")


def _diagnosed(report: Report, case: Case) -> None:
    found = diagnose(case)
    if found.code == "NOTHING":  # the contract is broken, not the numbers
        return
    report.notes.insert(0, f"diagnosis: {found}")
    report.reproduce = reproducer(shrink(case, still_fails(found)))
