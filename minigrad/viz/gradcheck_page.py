"""The page of a gradient check: verdict, table, numeric against analytic, and error against step.

>>> from minigrad.gradcheck import gradcheck
>>> html = gradcheck_page([gradcheck(np.tanh, np.array([0.5, 1.0]))])
>>> "PASS" in html, "error against step" in html, "<script" in html
(True, True, False)
"""

from collections.abc import Sequence
from html import escape

import numpy as np

from minigrad.gradcheck.evidence import Evidence, StepCurve
from minigrad.gradcheck.report import Finding, Report
from minigrad.viz.charts import CSS, Band, Series, line_chart
from minigrad.viz.page import page, table
from minigrad.viz.text import printable

MOST_POINTS, MOST_SERIES = 200, 6
"""A scatter shows so many elements of so many operands: the worst ones, and evenly chosen others."""

STYLE = (
    ".verdict{border-left:6px solid var(--line);padding:.5rem .9rem;background:var(--card);border-radius:4px;"
    "white-space:pre-wrap;overflow-wrap:anywhere}.right{border-color:var(--good)}.wrong{border-color:var(--bad)}"
    ".verdict b{font-size:1.08em}"
)


def gradcheck_page(reports: Sequence[Report], *, title: str = "", command: str = "", code: Sequence[str] = ()) -> str:
    """The text of an HTML file that needs no script: one section for each report.

    ``command`` is the command line that repeats the check, ``code`` the lines of Python that draw its inputs.
    """
    parts = [_section(report, heading=len(reports) > 1) for report in reports]
    if command or code:
        lines = [*([f"$ {command}"] if command else []), *code]
        parts.append(f"<section><h2>How to repeat it</h2><pre>{escape(printable_lines(lines))}</pre></section>")
    return page(title or f"Gradient check: {reports[0].subject}", "\n".join(parts), style=STYLE + CSS)


def printable_lines(lines: Sequence[str]) -> str:
    """Lines whose control characters are shown, not obeyed."""
    return "\n".join(printable(line, 500) for line in lines)


def _section(report: Report, heading: bool) -> str:
    words, _, code = str(report).partition("\n  reproduce:\n")
    first, *rest = words.split("\n")
    mark, kind = ("✓", "right") if report else ("✗", "wrong")
    lines = escape(printable_lines([*(line.strip() for line in rest), f"{report.verdict}: {report.verdict.value}."]))
    again = f"<p>To see it again:</p><pre>{escape(printable_lines(code.splitlines()))}</pre>" if code else ""
    parts = [
        f"<section><h2>{escape(printable(report.subject, 200))}</h2>" if heading else "<section>",
        f'<div class="verdict {kind}"><b>{mark} {escape(printable(first, 500))}</b>\n{lines}</div>{again}',
        table(report.table()[0], report.table()[1:], "What was compared"),
    ]
    shown = [f for f in report.findings if f.evidence is not None and 0 not in f.shape]
    for order in sorted({finding.order for finding in shown}):
        parts.append(_charts([finding for finding in shown if finding.order == order], order))
    passes = f"{report.evaluations:,} forward passes, {report.seconds:.2f} s"
    return "\n".join([*parts, f'<p class="faint">{passes}</p></section>'])


def _charts(findings: list[Finding], order: int) -> str:
    """Both pictures of the operands at one order."""
    worst = max(findings, key=lambda f: (not f.verdict, f.error))
    curve = worst.evidence.curve() if worst.evidence else None
    figures = [_scatter(findings, order)]
    if curve is not None:
        figures.append(_against_step(curve, worst))
    return f'<div class="grid">{"".join(figures)}</div>'


def _scatter(findings: list[Finding], order: int) -> str:
    """What finite differences give across, what the backward pass gives up: a right gradient lies on the diagonal."""
    chosen = sorted(findings, key=lambda f: (not f.verdict, f.error), reverse=True)[:MOST_SERIES]
    series, reach = [], []
    for finding in chosen:
        seen = finding.evidence
        rows = telling(seen) if seen is not None else np.zeros(0, int)
        if seen is None or not rows.size:
            continue
        x, y = seen.numeric[rows], seen.analytic[rows]
        reach += [x.min(), x.max(), *y[np.isfinite(y)]]
        series.append(Series(finding.operand, list(y), list(x), line=False, points=True))
    if not series:
        return ""
    ends = [float(min(reach)), float(max(reach))]
    series.append(Series("equal", ends, ends, colour=5, dash=1))
    kind = "Second-order gradient: " if order == 2 else ""
    chart = line_chart(
        series, title=f"{kind}numeric against analytic", x="finite differences", y="backward pass", height=320
    )
    more = len(findings) - len(series) + 1
    note = "On the diagonal the two agree." + (f" {more} operands with smaller errors are left out." if more else "")
    return chart.figure(note)


def telling(seen: Evidence) -> np.ndarray:
    """The elements to be shown: all or, of many, the worst ones and evenly chosen others."""
    settled = np.flatnonzero(np.isfinite(seen.numeric) & np.isfinite(seen.tol))
    if settled.size <= MOST_POINTS:
        return settled
    worst = settled[np.argsort(seen.error[settled])[-MOST_POINTS // 4 :]]
    even = settled[np.linspace(0, settled.size - 1, MOST_POINTS - worst.size).astype(int)]
    return np.union1d(worst, even)


def _against_step(curve: StepCurve, finding: Finding) -> str:
    """How far a plain central difference is off, by its step: truncation at large steps, rounding at small ones."""
    shown = (curve.error > 0) & np.isfinite(curve.error)
    h, error = curve.h[shown], curve.error[shown]
    if not h.size:
        return ""
    series = [Series("central difference", list(error), list(h), points=True)]
    lowest = float(error.min()) / 3
    for name, power, constant in branches(h, error):
        line = constant * h**power
        seen = (line > lowest) & (line < 3 * error.max())
        series.append(Series(name, list(line[seen]), list(h[seen]), dash=len(series)))
    bands = [Band("h used", curve.used, curve.used, upright=True)]
    if curve.backward > lowest:
        bands.append(Band("backward pass", curve.backward, curve.backward))
    where = f"{finding.operand}{list(curve.element)}"
    chart = line_chart(
        series,
        title=f"{where}: error against step",
        x="step h",
        y="relative error",
        log_x=True,
        log_y=True,
        bands=bands,
        y_range=(lowest, 30 * max(float(error.max()), curve.backward)),
        height=320,
    )
    note = (
        f"The worst element. Steps from {curve.used:.1e} down were extrapolated to an error of at most "
        f"{curve.claimed:.0e}; the backward pass is {curve.backward:.1e} away from that value."
    )
    return chart.figure(note)


def branches(h: np.ndarray, error: np.ndarray) -> list[tuple[str, int, float]]:
    """The two branches of the curve, where it has them: name, power of ``h``, and constant.

    >>> h = np.geomspace(1e-12, 1, 50)
    >>> [(name, power) for name, power, _ in branches(h, h**2 + 1e-16 / h)]
    [('truncation, h²', 2), ('rounding, 1/h', -1)]
    """
    order = np.argsort(h)
    h, error = h[order], error[order]
    found, low = [], int(np.argmin(error))
    steep = slice(max(low + (len(h) - low) // 3, 0), None)
    rises = error[steep] / h[steep] ** 2  # constant, unless the error jumps, as it does beyond a kink
    if len(rises) >= 3 and abs(_slope(h[steep], error[steep]) - 2) < 0.5 and rises.max() < 100 * rises.min():
        found.append(("truncation, h²", 2, float(np.median(rises))))
    small = slice(None, max(low // 2, 1))
    if low >= 6:
        found.append(("rounding, 1/h", -1, float(np.median(error[small] * h[small]))))
    return found


def _slope(h: np.ndarray, error: np.ndarray) -> float:
    return float(np.polyfit(np.log(h), np.log(error), 1)[0])
