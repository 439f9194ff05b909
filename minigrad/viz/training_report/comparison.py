"""Several runs over one another, on shared axes, and which of their differences exceed what seeds alone would do."""

import shlex
from collections.abc import Sequence
from html import escape
from statistics import fmean, stdev
from typing import Any

from minigrad.errors import MinigradError
from minigrad.training.records import best_of
from minigrad.training.runs import Run
from minigrad.viz.charts import CSS, Chart, Series, line_chart
from minigrad.viz.page import asset, page, table
from minigrad.viz.text import printable
from minigrad.viz.training_report.spread import METRICS, Setting, difference, key_of, neighbours, setting_of

MOST = 8
"""So many runs can be told apart on one chart."""


def comparison(runs: Sequence[Run]) -> str:
    """The page, as the text of an HTML file.

    Raises :class:`~minigrad.errors.MinigradError` for runs without an epoch, and for more than eight of them.
    """
    if len(runs) > MOST:
        raise MinigradError(f"{len(runs)} runs cannot be told apart on one chart: compare at most {MOST}")
    for run in runs:
        if not run.history:
            raise MinigradError(f"{run.folder} has no finished epoch yet: there is nothing to compare")
    names = labels(runs)
    settings = [setting_of(run, name, neighbours(run)) for run, name in zip(runs, names)]
    different = list({key_of(run): setting for run, setting in reversed([*zip(runs, settings)])}.values())[::-1]
    figures = "".join(chart.figure() for chart in charts(runs, names))
    body = "\n".join(
        [
            _verdicts(different),
            f'<section><h2>Side by side</h2><div class="charts">{figures}</div></section>',
            f"<section><h2>The numbers</h2>{_scores(runs, names, settings)}</section>",
            f'<section><h2>What was different</h2><div class="wrap">{_options(runs, names)}</div></section>',
        ]
    )
    return page(f"{' and '.join(names)} · compared", body, style=CSS + asset("report.css"))


def labels(runs: Sequence[Run]) -> list[str]:
    """The names of the runs; where two have the same, their folders."""
    names = [str(run.config["name"]) for run in runs]
    return [name if names.count(name) == 1 else str(run.folder) for name, run in zip(names, runs)]


def charts(runs: Sequence[Run], names: Sequence[str]) -> list[Chart]:
    """What was measured, a line for each run; those that differ in the seed alone look the same but for their names."""
    histories, keys = [run.history for run in runs], [key_of(run) for run in runs]
    looks = [list(dict.fromkeys(keys)).index(key) for key in keys]

    def drawn(title: str, y: str, part: str, key: str, scale: float = 1.0, log: bool = False) -> Chart | None:
        series = []
        for i, name, rows in zip(looks, names, histories):
            values = [row[part][key] * scale if row.get(part) and row[part][key] is not None else None for row in rows]
            if any(value is not None for value in values):
                series.append(Series(name, values, [row["epoch"] for row in rows], colour=i, dash=i))
        return line_chart(series, title=title, x="epoch", y=y, log_y=log) if series else None

    gaps = [
        Series(
            name,
            [r["validation"]["loss"] - r["train"]["loss"] for r in rows],
            [r["epoch"] for r in rows],
            colour=i,
            dash=i,
        )
        for i, name, rows in zip(looks, names, histories)
        if rows[-1].get("validation")
    ]
    rates = [
        Series(name, [row["lr"] for row in rows], [row["epoch"] for row in rows])
        for name, rows in zip(names, histories)
    ]
    found = [
        drawn("Validation loss", "loss", "validation", "loss", log=True),
        drawn("Training loss", "loss", "train", "loss", log=True),
        drawn("Validation accuracy", "% right", "validation", "accuracy", 100.0),
        drawn("Training accuracy", "% right", "train", "accuracy", 100.0),
        line_chart(gaps, title="Gap: validation less training loss", x="epoch", y="loss") if gaps else None,
        line_chart(rates, title="Learning rate after each epoch", x="epoch", y="rate", zero=True),
    ]
    return [chart for chart in found if chart is not None]


def _verdicts(settings: Sequence[Setting]) -> str:
    """For every setting against the first: which differences are more than chance."""
    rows = []
    for other in settings[1:]:
        for metric in METRICS:
            a, b = settings[0].values(metric), other.values(metric)
            if a and b:
                found = difference(a, b)
                bound = "–" if found.bound is None else f"± {_bound(metric, found.bound)}"
                rows.append(
                    [f"{other.name} − {settings[0].name}", metric, _signed(metric, found.difference), bound, str(found)]
                )
    head = ["runs", "at the best epoch", "difference", "seeds alone (95 %)", "more than the seeds?"]
    words = "Seeds: runs beside these that differ from them in nothing but the seed. " + ", ".join(
        f"{one.name}: {len(one.histories)}" for one in settings
    )
    if max(len(one.histories) for one in settings) == 1:
        words += ". Train a setting again with --seed 1 and --seed 2 to know how much of a difference is chance"
    return (
        f"<section><h2>Which differences count</h2>{table(head, rows, 'differences')}"
        f'<p class="faint">{escape(printable(words, 600))}.</p></section>'
    )


def _scores(runs: Sequence[Run], names: Sequence[str], settings: Sequence[Setting]) -> str:
    rows = []
    for run, name, setting in zip(runs, names, settings):
        row = best_of(run.history)
        cells: list[Any] = [name, f"{row['epoch']} of {run.history[-1]['epoch']}"]
        for metric, (part, key) in METRICS.items():
            value = row[part] and row[part][key]
            cells.append("–" if value is None else _shown(metric, value))
            several = setting.values(metric)
            if len(several) > 1:
                spread = f"{_shown(metric, fmean(several))} ± {_bound(metric, stdev(several))}"
                cells[-1] += f" ({spread}, {len(several)} seeds)"
        rows.append(cells)
    return table(["run", "best epoch", *METRICS], rows, "scores at the best epoch")


def _options(runs: Sequence[Run], names: Sequence[str]) -> str:
    """The options that are not the same in all runs, and the commands."""
    options = [run.config["options"] for run in runs]
    keys = dict.fromkeys(key for one in options for key in one)
    rows = [
        [key, *(str(one.get(key, "–")) for one in options)]
        for key in keys
        if len({str(one.get(key)) for one in options}) > 1
    ]
    rows.append(["command", *(str(run.config["command"]) for run in runs)])
    rows.append(["SHA-256 of the data", *(str(run.config["data"].get("sha256"))[:16] for run in runs)])
    again = shlex.join(["minigrad", "report", *(str(run.folder) for run in runs)])
    return (
        f"{table(['option', *names], rows, 'options that differ')}"
        f"<h3>This page again</h3><pre><code>{escape(printable(again, 2000))}</code></pre>"
    )


def _shown(metric: str, value: float) -> str:
    return f"{100 * value:.1f} %" if metric.endswith("accuracy") else f"{value:.4g}"


def _bound(metric: str, value: float) -> str:
    """A spread, in two digits."""
    return f"{100 * value:.1f} %" if metric.endswith("accuracy") else f"{value:.2g}"


def _signed(metric: str, value: float) -> str:
    return ("+" if value >= 0 else "−") + _shown(metric, abs(value))
