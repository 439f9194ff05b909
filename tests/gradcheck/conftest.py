"""What the checker says of hundreds of functions, kept as it was: a change of its words or its work is seen."""

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minigrad.gradcheck import Diagnosis, Report
from minigrad.gradcheck.audit import AuditReport
from minigrad.gradcheck.report import GOOD_NEWS

KEPT = Path(__file__).parent / "said"
REWRITE = os.environ.get("REWRITE_SAID") == "1"
CHANGING = re.compile(
    r"-?\d+\.\d*(e[+-]?\d+)?|-?\d+e[+-]?\d+|\bnan\b|-?\binf\b|(?<=\.py:)\d+|(?<=worst element )\[[^]]*\]"
)
"""Numbers that are rounded otherwise on other machines, which of several elements is the worst, and lines of files."""


@pytest.fixture
def as_before(request):
    """Compare a report, a diagnosis or a message with the one that was kept of this test.

    After a change that is meant, ``REWRITE_SAID=1 python -m pytest tests/gradcheck`` keeps the new ones; read what
    that changes in ``said``. Words may be given as a list. ``figures`` are numbers, which must agree but for ``room``,
    relative, and lists of logarithms, which must agree ``within`` so much.
    """
    return comparing(request)


def comparing(request, suffix: str = ""):
    """What compares with all that was kept of a test."""
    file, case = request.path.stem.removeprefix("test_"), getattr(request.node, "callspec", None)
    name = request.function.__name__ + (f": {case.id}" if case else "") + suffix

    def compare(found: Any, *, brief: bool = False, figures=(), within: float = 1.2, room: float = 1e-4) -> None:
        said: dict[str, Any] = {"says": found if isinstance(found, list) else words(found, brief)}
        if isinstance(found, Report):
            said["evaluations"], figures = found.evaluations, [figures_of(finding) for finding in found.findings]
        if figures:
            said["figures"] = figures
        if REWRITE:
            return keep(file, name, said)
        before = kept(file).get(name)
        assert before, f"nothing is kept of {file}, {name}: run REWRITE_SAID=1 python -m pytest tests/gradcheck"
        assert said["says"] == before["says"]
        if "evaluations" in said:
            assert 0.4 < (said["evaluations"] + 1) / (before["evaluations"] + 1) < 2.5
        compare_figures(said.get("figures", []), before.get("figures", []), within, room)

    return compare


@pytest.fixture
def every_report_as_before(request, monkeypatch):
    """Compare all that the checks in a test say, whatever else the test asks of it."""
    reports: list[Report] = []

    def noting(make):
        def noted(report, *args, **kwargs):
            make(report, *args, **kwargs)
            reports.append(report)

        return noted

    for kind in (Report, AuditReport):
        monkeypatch.setattr(kind, "__init__", noting(kind.__init__))
    yield
    if reports:
        comparing(request, ", all of it")([line for report in reports[-8:] for line in words(report, brief=False)])


@cache
def kept(file: str) -> dict[str, Any]:
    """What was said in the tests of this file."""
    return json.loads((KEPT / f"{file}.json").read_text(encoding="utf-8"))


def words(found: Any, brief: bool) -> list[str]:
    """What was found, without numbers that depend on the machine."""
    if isinstance(found, Diagnosis):
        return [str(found)]
    lines = [f"{f.operand} {f.order}: {f.verdict.name}, {place(f)}" for f in getattr(found, "findings", ())]
    return lines if brief else [*lines, *(CHANGING.sub("#", line) for line in str(found).splitlines())]


def place(finding) -> str:
    """At how many kinks the operand is, and how many elements are wrong."""
    kinks = f"{finding.figures['kinks']} kinks"
    return kinks if finding.verdict in GOOD_NEWS else f"{kinks}, {finding.wrong} wrong"


def figures_of(finding) -> dict[str, Any]:
    """What the verdict rests on: sums of both derivatives, and the orders of magnitude of steps and tolerances."""
    if (seen := finding.evidence) is None:
        return {"tol": magnitudes([finding.tol]), "resolution": magnitudes([finding.resolution])}
    settled = np.isfinite(seen.tol)
    return {
        "analytic": float(np.nansum(abs(seen.analytic))),
        "numeric": float(np.sum(abs(seen.numeric[settled]))),
        "tol": magnitudes(seen.tol),
        "step": magnitudes(seen.comparison.estimate.step[seen.part]),
        "resolution": magnitudes([finding.resolution]),
    }


def magnitudes(x) -> list[float]:
    """The least, middle and largest logarithm to base 10 of what is finite; all that is nearly 0 is the same."""
    x = np.asarray(x, dtype=float)
    x = np.log10(np.maximum(x[np.isfinite(x)], 1e-15))
    return [round(float(f(x)), 3) for f in (np.min, np.median, np.max)] if x.size else []


def compare_figures(found: list[dict], before: list[dict], within: float, room: float) -> None:
    """Derivatives agree, and tolerances are about as large as they were: how exactly depends on the machine.

    A hundred of them together hardly do: see test_figures.py.
    """
    for new, old in zip(found, before, strict=True):
        assert new.keys() == old.keys()
        for name in new:
            if isinstance(new[name], list):
                assert new[name] == pytest.approx(old[name], abs=within), (name, new, old)
            else:
                counts_many = isinstance(old[name], int) and old[name] > 20  # these may differ a little
                close = pytest.approx(old[name], rel=0.05 if counts_many else room, abs=1e-3 * room, nan_ok=True)
                assert new[name] == close, (name, new, old)


def keep(file: str, name: str, said: dict) -> None:
    """Write down what is said in a test."""
    path = KEPT / f"{file}.json"
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    lines = [f"{json.dumps(n)}: {json.dumps(x, ensure_ascii=False)}" for n, x in sorted({**before, name: said}.items())]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
