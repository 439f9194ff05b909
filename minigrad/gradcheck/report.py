"""What a check found, as text of at most six lines, as a truth value, and as JSON."""

import math
import os
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.gradcheck.evidence import Evidence
from minigrad.gradcheck.verdict import Verdict, gravest
from minigrad.shown import Shown

GOOD_NEWS = (Verdict.PASS, Verdict.KINK_OK)


@dataclass
class Finding:
    """The verdict on one operand at one order, with the evidence: the worst element and its two derivatives."""

    verdict: Verdict
    operand: str
    order: int = 1
    shape: tuple[int, ...] = ()
    wrong: int = 0
    """How many elements the verdict speaks of, if it is bad."""
    worst: tuple[int, ...] | None = None
    analytic: float = math.nan
    numeric: float = math.nan
    tol: float = math.nan
    error: float = 0.0
    """The largest difference of the two derivatives, relative to the element, or to a tenth of the rms."""
    resolution: float = 0.0
    """The smallest such difference that would have been noticed in any element."""
    note: str = ""
    direction: bool = False
    """Whether the two numbers are derivatives along a random direction, not those of one element."""
    sampled: bool = False
    """Whether only some of the elements were looked at, beside the random directions."""
    evidence: Evidence | None = field(default=None, repr=False, compare=False)
    """Both derivatives of every element, where every element was looked at."""

    def __str__(self):
        if self.worst is None and not self.direction:
            return self.note or f"{self.verdict.value}"
        where = "random direction" if self.direction else f"worst element {list(self.worst or ())}"
        line = (
            f"{where}: backward gives {self.analytic:.6g}, finite differences give {self.numeric:.6g} ± {self.tol:.1g}"
        )
        if not self.direction and self.wrong:
            line += f"   ({self.wrong} of {math.prod(self.shape)} elements)"
        return line

    @property
    def figures(self) -> dict[str, Any]:
        """What a table says of it: how many elements were checked, the worst and the median error, and kinks."""
        size = math.prod(self.shape)
        seen = self.evidence
        if seen is None:
            return {"checked": None if self.direction else size, "elements": size, "median": None, "kinks": None}
        return {"checked": seen.checked, "elements": size, "median": finite(seen.median), "kinks": seen.kinks}

    def to_dict(self) -> dict[str, Any]:
        """All of it, in JSON's types; what is not finite becomes null."""
        return {
            "verdict": self.verdict.name,
            "operand": self.operand,
            "order": self.order,
            "shape": list(self.shape),
            "wrong": self.wrong,
            "worst": None if self.worst is None else [int(i) for i in self.worst],
            **{name: finite(getattr(self, name)) for name in ("analytic", "numeric", "tol", "error", "resolution")},
            "note": self.note,
            **self.figures,
        }


@dataclass
class Report(Shown):
    """The result of a check. True only if the gradient is right, or a valid subgradient at a kink.

    ``resolution`` says what a good verdict is worth: the smallest relative error that would have been noticed.
    """

    subject: str
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    where: str = ""
    """The source line that is to blame, where one is known."""
    blamed: str = ""
    """The op that is to blame, and its operand."""
    reproduce: str = ""
    evaluations: int = 0
    seconds: float = 0.0

    @property
    def verdict(self) -> Verdict:
        """The gravest of the findings."""
        return gravest(finding.verdict for finding in self.findings)

    @property
    def resolution(self) -> float:
        """The smallest relative error that would have been noticed in any element of any operand."""
        elements = [f.resolution for f in self.findings if not (f.direction or f.sampled)]
        return max(elements or [f.resolution for f in self.findings if not f.sampled], default=0.0)

    @property
    def error(self) -> float:
        """The largest relative difference between the backward pass and finite differences."""
        return max((finding.error for finding in self.findings), default=0.0)

    def __bool__(self):
        return bool(self.verdict)

    def __str__(self):
        return "\n".join((self._good if self else self._bad)()[:6])

    __repr__ = __str__

    def table(self) -> list[tuple[str, ...]]:
        """One row for each operand and order, under a row of headings: how much was checked, and how it went."""
        rows = [_row(finding, len({f.order for f in self.findings}) > 1) for finding in self.findings]
        return [("operand", "shape", "checked", "worst error", "median", "kinks", "verdict"), *rows]

    def _good(self) -> list[str]:
        elements = sum(math.prod(f.shape) for f in self.findings if f.order == 1 and not f.sampled)
        orders = " and ".join(str(order) for order in sorted({finding.order for finding in self.findings}))
        head = f"{self.verdict}: {self.subject}, {elements} elements at order {orders or 1}"
        if self.resolution:
            head += f": a relative error of {self.resolution:.0e} would have been noticed in any of them"
        notes = [finding.note for finding in self.findings if finding.note]
        return [head, *(f"  {note}" for note in dict.fromkeys([*notes, *self.notes]))]

    def _bad(self) -> list[str]:
        worst = next(finding for finding in self.findings if finding.verdict is self.verdict)
        kind = {1: "gradient", 2: "second-order gradient"}[worst.order]
        kind = f" {kind}" if worst.verdict in (Verdict.WRONG, Verdict.KINK_WRONG) else ""
        head = f"{self.verdict}{kind}: " + (self.blamed or ", ".join(filter(None, (self.subject, worst.operand))))
        lines = [head + (f", at {self.where}" if self.where else ""), f"  {worst}"]
        itself = self.blamed.startswith(f"{self.subject}, ") and self.blamed.endswith(f"({worst.operand})")
        if self.blamed and worst.operand and not itself:
            lines[1] = f"  {worst.operand} of {self.subject}: {worst}"
        if worst.note and str(worst) != worst.note:
            lines.append(f"  {worst.note}")
        others = [f for f in self.findings if f is not worst and not f.verdict]
        if others:
            named = ", ".join(f"{f.operand} ({f.verdict}, order {f.order})" for f in others[:4])
            lines.append(f"  also: {named}" + (f" and {len(others) - 4} more" if len(others) > 4 else ""))
        lines += [f"  {note}" for note in self.notes]
        return lines[: 5 if self.reproduce else 6] + ([f"  reproduce:\n{self.reproduce}"] if self.reproduce else [])

    def html(self, path: str | os.PathLike) -> None:
        """Write a page: numeric against analytic, and the error of the worst element against the step."""
        text = import_module("minigrad.viz.gradcheck_page").gradcheck_page([self])  # it stands above this module
        Path(path).write_text(text, encoding="utf-8")

    def to_dict(self) -> dict[str, Any]:
        """The whole report in JSON's types."""
        return {
            "subject": self.subject,
            "verdict": self.verdict.name,
            "ok": bool(self),
            "error": finite(self.error),
            "resolution": finite(self.resolution),
            "evaluations": self.evaluations,
            "seconds": round(self.seconds, 6),
            "findings": [finding.to_dict() for finding in self.findings],
            "notes": list(self.notes),
            "where": self.where,
        }


def _row(finding: Finding, ordered: bool) -> tuple[str, ...]:
    if not finding.operand and not finding.direction:  # of no operand: nothing was compared
        return "", "", "", "", "", "", finding.verdict.name
    figures, name = finding.figures, finding.operand
    checked = "along directions" if figures["checked"] is None else f"{figures['checked']}/{figures['elements']}"
    kinks = "" if figures["kinks"] is None else str(figures["kinks"])
    median = "" if figures["median"] is None else f"{figures['median']:.1e}"
    shape = "×".join(map(str, finding.shape)) or "scalar"
    name += f", order {finding.order}" if ordered else ""
    return name, shape, checked, f"{finding.error:.1e}", median, kinks, finding.verdict.name


def finite(x: float) -> float | None:
    """A float as JSON can hold it."""
    return float(x) if np.isfinite(x) else None


def merged(subject: str, reports: list[Report]) -> Report:
    """Several reports as one."""
    bad = next((r for r in reports if r.verdict is gravest(r.verdict for r in reports)), None)
    return Report(
        subject=bad.subject if bad is not None and not bad else subject,
        findings=[finding for report in reports for finding in report.findings],
        notes=list(dict.fromkeys(note for report in reports for note in report.notes)),
        where=bad.where if bad is not None else "",
        reproduce=bad.reproduce if bad is not None else "",
        evaluations=sum(report.evaluations for report in reports),
        seconds=sum(report.seconds for report in reports),
    )
