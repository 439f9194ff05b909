"""How objects show themselves in a notebook: the facts of their plain text as a little HTML.

Under 20 kB each; every name escaped; styled inline, in colours that can be read on light and dark pages; no scripts.
"""

from collections.abc import Iterable
from functools import singledispatch
from html import escape

import numpy as np

from minigrad.engine import Tensor
from minigrad.gradcheck.report import Report
from minigrad.nn.module import Module
from minigrad.nn.tree import branches, counted, headline
from minigrad.optim.schedules.base import Schedule
from minigrad.viz.facts import strip
from minigrad.viz.labels import place
from minigrad.viz.text import grad_line, number, printable, shape_of

MOST_ROWS, MOST_SIDE, MOST_LETTERS = 40, 6, 6000
GREEN, RED, BLUE, GREY = "35, 134, 54", "207, 34, 46", "9, 105, 218", "128, 128, 128"
MONO = "font-family:ui-monospace,Menlo,Consolas,monospace;font-size:12px;line-height:1.5"


@singledispatch
def html(x) -> str:
    """The HTML of anything: its plain text, escaped."""
    return _block(f'<pre style="margin:0;{MONO}">{escape(shortened(str(x), MOST_LETTERS // 4))}</pre>')


def shortened(text: str, most: int = MOST_LETTERS) -> str:
    """The text, cut at the end of a line where it is too long for a notebook."""
    if len(text) <= most:
        return text
    lines = text[:most].rpartition("\n")[0] or text[:most]
    return f"{lines}\n… {len(text) - len(lines):,} more letters"


def _block(*parts: str) -> str:
    return f'<div style="{MONO}">{"".join(parts)}</div>'


def _line(*words: str) -> str:
    return f"<div>{' · '.join(escape(printable(word, 200)) for word in words if word)}</div>"


def _table(rows: Iterable[Iterable[str]]) -> str:
    """Rows of cells that are HTML already."""
    lines = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return f'<table style="border-collapse:collapse;margin:4px 0;font:inherit;color:inherit">{lines}</table>'


def _cell(text: str, style: str = "") -> str:
    return f'<td style="padding:1px 8px;text-align:left;white-space:pre;{style}">{escape(printable(text, 100))}</td>'


@html.register
def _(t: Tensor) -> str:
    made = "leaf" if t.op is None else t.op.name
    grad = "requires grad" if t.requires_grad else "no grad"
    parts = [_line("Tensor", f"{shape_of(t)} {t.dtype}", made, grad, f"name {t.name}" if t.name else "")]
    if t.op is not None:
        parts.append(_line(f"made at {place(t.source)}"))
    if t.size and t.dtype.kind in "biuf":
        parts += [_line(*_statistics(t.data)), _strip(np.asarray(t.data)), _values(np.asarray(t.data))]
    if t.grad is not None:
        parts += [_line(grad_line(t.grad)), _values(np.asarray(t.grad)) if t.size > 1 else ""]
    return _block(*parts)


def _statistics(x) -> list[str]:
    if x.size == 1:
        return [f"value {number(x)}"]
    with np.errstate(all="ignore"):
        facts = [f"min {number(np.min(x))}", f"mean {number(np.mean(x))}", f"max {number(np.max(x))}"]
    zeros, bad = np.sum(x == 0), np.sum(~np.isfinite(x))
    return [*facts, f"zeros {100 * zeros / x.size:.0f} %", f"{bad:,} not finite" if bad else ""]


def _strip(x: np.ndarray) -> str:
    """The means of the columns as bars, positive ones upwards."""
    if x.size < 2:
        return ""
    levels = strip(x.astype(float))
    bars = "".join(_bar(8 * i, level) for i, level in enumerate(levels) if level)
    width = 8 * len(levels)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" viewBox="0 0 {width} 20" role="img" '
        f'style="display:block;margin:4px 0"><title>means of the columns, positive ones upwards</title>'
        f'<path d="M0,10 h{width}" stroke="rgb({GREY})"/>{bars}</svg>'
    )


def _bar(x: int, level: int) -> str:
    colour = BLUE if level > 0 else RED
    return f'<rect x="{x}" y="{10 - max(level, 0)}" width="7" height="{abs(level)}" fill="rgb({colour})"/>'


def _values(x: np.ndarray) -> str:
    """The first numbers of the last two axes, tinted by sign and size."""
    while x.ndim > 2:
        x = x[0]
    x = np.atleast_2d(x)
    shown = x[:MOST_SIDE, :MOST_SIDE]
    with np.errstate(all="ignore"):
        largest = float(np.nanmax(np.abs(shown), initial=0.0, where=np.isfinite(shown))) or 1.0
    rows = [[_tinted(value, largest) for value in row] for row in shown]
    if x.shape[1] > MOST_SIDE:
        rows = [[*row, _cell("…")] for row in rows]
    if x.shape[0] > MOST_SIDE:
        rows.append([_cell("…")])
    return _table(rows)


def _tinted(value, largest: float) -> str:
    colour = RED if value < 0 else BLUE
    strength = 0.35 * min(1.0, abs(float(value)) / largest) if np.isfinite(value) else 0.0
    return _cell(number(value), f"text-align:right;background:rgba({colour},{strength:.2f})")


@html.register
def _(module: Module) -> str:
    rows = []
    for label, m in branches(module):
        own = list(m.own_parameters())
        size = sum(p.size for _, p in own)
        shapes = ", ".join(f"{name} {shape_of(p)}{'' if p.requires_grad else ' frozen'}" for name, p in own)
        rows.append([_cell(label), _cell(headline(m)), _cell(shapes), _cell(f"{size:,}" if size else "")])
    more = len(rows) - MOST_ROWS
    rows = [*rows[:MOST_ROWS], [_cell(f"… {more:,} more modules")]] if more > 0 else rows
    total = counted(sum(p.size for p in module.parameters()), "parameter")
    return _block(_line(headline(module), total, "training" if module.training else "evaluating"), _table(rows))


@html.register
def _(report: Report) -> str:
    colour = GREEN if report else RED
    mark = "✓" if report else "✗"
    head, *rest = str(report).split("\n")
    style = f"border-left:4px solid rgb({colour});padding-left:8px"
    lines = "".join(f"<div style='white-space:pre-wrap'>{escape(printable(line, 500))}</div>" for line in rest)
    return _block(f'<div style="{style}"><b>{mark} {escape(printable(head, 500))}</b>{lines}</div>')


@html.register
def _(schedule: Schedule) -> str:
    last = schedule.horizon
    rates = [schedule(round(i * last / 59)) for i in range(60)]
    top = max(rates) or 1.0
    points = " ".join(f"{4 * i:.0f},{44 - 40 * rate / top:.1f}" for i, rate in enumerate(rates))
    curve = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="240" height="48" role="img" viewBox="0 0 240 48">'
        f"<title>rate from step 0 to {last}, at most {number(top)}</title>"
        f'<polyline points="{points}" fill="none" stroke="rgb({BLUE})" stroke-width="2"/></svg>'
    )
    return _block(_line(repr(schedule)), curve, _line(f"steps 0 to {last}", f"highest rate {number(top)}"))
