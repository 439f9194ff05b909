"""The page of a training run: what became of it, how it went, what the model is, and where it is wrong.

One file of under 200 kB that asks nobody for anything.
"""

from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

from minigrad.viz.charts import CSS, Chart
from minigrad.viz.charts.chart import chosen
from minigrad.viz.page import asset, page, table
from minigrad.viz.text import printable
from minigrad.viz.training_report import curves, mistakes, weights
from minigrad.viz.training_report.facts import Facts
from minigrad.viz.training_report.verdict import Finding, verdict

MOST_EPOCHS = 250
"""The slider goes to so many epochs at most."""


def report(facts: Facts) -> str:
    """The page, as the text of an HTML file."""
    parts = [
        _verdict(verdict(facts)),
        _summary(facts),
        _section("How it went", _progress(facts), _slider(facts)),
        _section("What the model answers", weights.surfaces(facts)),
        _section("Where it is wrong", [mistakes.confusion(facts), mistakes.answers(facts)], _worst(facts)),
        _section("Inside the model", [weights.weights(facts), weights.sparsity(facts), *weights.activations(facts)]),
        _reproduce(facts),
    ]
    return page(
        f"{facts.name} · training report",
        "\n".join(parts),
        style=CSS + asset("report.css"),
        script=asset("report.js"),
        data=_rows(facts),
    )


def _progress(facts: Facts) -> list[Chart | None]:
    return [
        curves.loss(facts),
        curves.accuracy(facts) if facts.classes else None,
        curves.gap(facts),
        curves.learning_rate(facts),
        curves.update_ratios(facts),
        curves.gradient_norm(facts),
        curves.units(facts),
        curves.regularization(facts),
    ]


def _verdict(findings: list[Finding]) -> str:
    lines = "".join(
        f'<li class="{finding.level}"><b>{finding.mark} {escape(printable(finding.kind, 60))}</b> '
        f"{escape(printable(finding.message, 400))}"
        + (f" <br>→ {escape(printable(finding.move, 300))}" if finding.move else "")
        + "</li>"
        for finding in findings
    )
    return f'<section aria-label="Verdict"><ul class="verdict">{lines}</ul></section>'


def _summary(facts: Facts) -> str:
    """The figures that are looked for first."""
    best, last, about = facts.best, facts.history[-1], facts.config
    score = best[facts.judged]
    pairs: list[tuple[str, str]] = []
    if score.get("accuracy") is not None:
        pairs.append((f"{facts.judged} accuracy", f"{100 * score['accuracy']:.1f} %"))
    pairs.append((f"{facts.judged} loss", f"{score['loss']:.4g}"))
    pairs.append(("best epoch", f"{best['epoch']} of {last['epoch']}"))
    pairs.append(("steps", f"{last['step']:,}"))
    seconds = [s for s in facts.column("seconds") if s is not None]
    if seconds:
        pairs.append(("trained for", f"{sum(seconds):.2g} s" if sum(seconds) < 100 else f"{sum(seconds):,.0f} s"))
    if about.get("parameters"):
        pairs.append(("parameters", f"{about['parameters']:,}"))
    size = about["data"]
    pairs.append(("examples", f"{size.get('train', 0):,} + {size.get('validation', 0):,}"))
    cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in pairs)
    return f'<dl class="facts">{cells}</dl>'


def _section(title: str, charts: Iterable[Chart | None], more: str = "") -> str:
    figures = "".join(chart.figure() for chart in charts if chart is not None)
    body = (f'<div class="charts">{figures}</div>' if figures else "") + more
    return f"<section><h2>{escape(title)}</h2>{body}</section>" if body else ""


def _worst(facts: Facts) -> str:
    found = mistakes.worst(facts)
    if facts.missing:
        return f'<p class="faint">Not shown: {escape(printable(facts.missing, 300))}</p>'
    return f"<h3>The worst mistakes</h3>{found}" if found else ""


def _slider(facts: Facts) -> str:
    """Reads all curves at one epoch; shown by the script, which it needs."""
    epochs = [row["epoch"] for row in chosen(facts.history, MOST_EPOCHS)]
    start = min(range(len(epochs)), key=lambda i: abs(epochs[i] - facts.best["epoch"]))
    return (
        f'<form class="cursor screen-only" hidden><label for="epoch">epoch</label>'
        f'<input id="epoch" type="range" min="1" max="{len(epochs)}" value="{start + 1}">'
        f'<output for="epoch"></output></form>'
        if len(epochs) > 1
        else ""
    )


def _rows(facts: Facts) -> dict[str, Any]:
    """What the slider reads out, a row for each epoch; of very many, for evenly chosen ones."""
    parts = [(part, key) for key in ("loss", "accuracy") for part in ("train", "validation")]
    rows = [
        [row["epoch"], row["step"], *(_reading(row.get(part), key) for part, key in parts), f"{row['lr']:.3g}"]
        for row in chosen(facts.history, MOST_EPOCHS)
    ]
    return {"head": ["epoch", "step", *(f"{part} {key}" for part, key in parts), "lr"], "rows": rows}


def _reading(scores: dict[str, Any] | None, key: str) -> str | None:
    value = scores[key] if scores else None
    return None if value is None else f"{100 * value:.1f} %" if key == "accuracy" else f"{value:.4g}"


def _reproduce(facts: Facts) -> str:
    about = facts.config
    data, machine = about["data"], about.get("machine") or {}
    versions = " · ".join(f"{name} {version}" for name, version in about["versions"].items())
    rows = [
        ["data", " · ".join(filter(None, [_source(data.get("source")), str(data.get("note") or "")]))],
        ["SHA-256 of the data", data.get("sha256")],
        ["model", _words(about["model"])],
        *([name, about[name]] for name in ("loss", "optimizer", "schedule") if about.get(name)),
        ["versions", versions],
        ["machine", " · ".join(f"{name}: {value}" for name, value in machine.items())],
    ]
    command = escape(printable(str(about["command"]), 4000))
    again = f"<pre><code>{command}</code></pre>" if command else ""
    beside = (
        '<p class="faint">Beside this file: metrics.jsonl, config.json and the weights. '
        "The same command gives the same numbers on the same machine.</p>"
    )
    return (
        f"<section><h2>{'Make it again' if command else 'How it was made'}</h2>{again}"
        f'<div class="wrap">{table(["what", "with"], rows, "how this run was made")}</div>'
        f"{mistakes.columns(facts)}{beside if command else ''}</section>"
    )


def _source(source: Any) -> str:
    """Where the data came from; of a file its name, and not the folders that it lies in."""
    if not isinstance(source, dict):
        return str(source)
    path = source.get("path")
    return _words({key: Path(str(path)).name if key == "path" else value for key, value in source.items()})


def _words(about: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in about.items() if value not in (None, False, 0.0))
