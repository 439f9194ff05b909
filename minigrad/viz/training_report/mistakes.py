"""Where the model is wrong: the confusion matrix, and the examples that it is most wrong about."""

import math
from html import escape
from typing import Any

import numpy as np

from minigrad.data.preprocessing import Category, Number
from minigrad.viz.charts import Chart, Series, heat_map, line_chart
from minigrad.viz.charts.chart import cell_text
from minigrad.viz.page import details, table
from minigrad.viz.text import printable
from minigrad.viz.training_report.facts import Facts, probabilities
from minigrad.viz.training_report.images import address

WORST = 12
MOST_CLASSES = 20
"""A confusion matrix of more classes shows those that are confused most."""

MOST_COLUMNS, MOST_LISTED, MOST_VALUES = 10, 60, 4


def confusion(facts: Facts) -> Chart | None:
    """How often each class was taken for each; None where there are no classes, or no examples."""
    if not facts.classes or facts.outputs is None:
        return None
    examples = facts.judging()
    assert examples is not None
    counts = np.zeros((facts.classes, facts.classes), dtype=int)
    np.add.at(counts, (examples.y, facts.outputs.argmax(axis=1)), 1)
    labels, title = facts.labels, f"Confusion matrix, {facts.judged}"
    if facts.classes > MOST_CLASSES:
        wrong = counts.sum(axis=0) + counts.sum(axis=1) - 2 * np.diag(counts)
        kept = np.sort(np.argsort(-wrong, kind="stable")[:MOST_CLASSES])
        counts, labels = counts[np.ix_(kept, kept)], [labels[i] for i in kept]
        title += f": the {MOST_CLASSES} of {facts.classes} classes that are confused most"
    return heat_map(counts, labels, labels, title=title, x="predicted", y="true")


def answers(facts: Facts) -> Chart | None:
    """Predicted against true values, in the units of the target; None where there are classes, or no examples."""
    if facts.classes or facts.outputs is None:
        return None
    truth, said = values(facts)
    labels = facts.labels[:MOST_VALUES]
    rows = slice(0, 400 // len(labels))
    series = [Series(label, said[rows, j], truth[rows, j], line=False, points=True) for j, label in enumerate(labels)]
    shown = truth[:, : len(labels)]
    ends = [float(np.nanmin(shown)), float(np.nanmax(shown))]
    series.append(Series("right", ends, ends, colour=5, dash=1))
    return line_chart(series, title=f"Predicted against true, {facts.judged}", x="true", y="predicted", height=320)


def values(facts: Facts) -> tuple[np.ndarray, np.ndarray]:
    """True and predicted values, in the units of the target."""
    examples = facts.judging()
    assert examples is not None
    assert facts.outputs is not None
    target = getattr(facts.data and facts.data.preprocessing, "target", None)
    back = target.answers if target else lambda y: y
    return np.asarray(back(np.asarray(examples.y, dtype=float))), np.asarray(back(facts.outputs))


def worst(facts: Facts) -> str:
    """The examples with the largest loss, as HTML: pictures where the inputs are pixels, else rows of a table."""
    examples = facts.judging()
    if examples is None or facts.outputs is None:
        return ""
    if facts.classes:
        p = probabilities(facts.outputs)
        said, truth = p.argmax(axis=1), examples.y
        order = np.argsort(p[np.arange(len(p)), truth], kind="stable")
        order = order[said[order] != truth[order]]
        caption = f"wrong on {len(order):,} of {len(p):,} {facts.judged} examples; the least expected truths come first"
        order = order[:WORST]
        if not order.size:
            return f"<p>No mistake on {len(p):,} {facts.judged} examples.</p>"
        words = [(facts.labels[truth[i]], facts.labels[said[i]], float(p[i, said[i]])) for i in order]
        if side := picture_side(facts.features):
            return _pictures(examples.x[order].reshape(-1, side, side), words)
        head, about = ["true", "predicted", "with probability"], [[t, s, f"{100 * q:.1f} %"] for t, s, q in words]
    else:
        true, predicted = values(facts)
        order = np.argsort(-np.abs(facts.outputs - examples.y).max(axis=1), kind="stable")[:WORST]
        caption = f"the {len(order)} of {len(examples.x):,} {facts.judged} examples that are missed by most"
        labels = facts.labels[:MOST_VALUES]
        head = [f"{what} {label}" for label in labels for what in ("true", "predicted")]
        about = [[cell_text(float(v)) for pair in zip(true[i], predicted[i], labels) for v in pair[:2]] for i in order]
    names, rows = inputs(facts, examples.x[order])
    more = len(names) - MOST_COLUMNS
    head += names[:MOST_COLUMNS] + ([f"and {more} more"] if more > 0 else [])
    lines = [a + row[:MOST_COLUMNS] + (["…"] if more > 0 else []) for a, row in zip(about, rows)]
    return table(head, lines, caption)


def inputs(facts: Facts, x: np.ndarray) -> tuple[list[str], list[list[str]]]:
    """The columns as they were before preprocessing: their names, and a row of cells for each row of ``x``."""
    steps = facts.data and facts.data.preprocessing
    if not steps:
        return facts.features, [[cell_text(float(v)) for v in row] for row in x]
    columns, at = [], 0
    for column in steps.inputs:
        width = len(column.features)
        columns.append([_cell(column, row) for row in x[:, at : at + width].astype(float)])
        at += width
    return [column.column for column in steps.inputs], [list(row) for row in zip(*columns)]


def columns(facts: Facts) -> str:
    """How each column was prepared, as HTML; empty where all of them are pixels, or nothing is known."""
    steps = facts.data and facts.data.preprocessing
    if not steps or picture_side(facts.features):
        return ""
    rows = [[column.column, _prepared(column)] for column in steps.inputs[:MOST_LISTED]]
    rows += [[name, f"left out: {why}"] for name, why in list(steps.left_out.items())[:MOST_LISTED]]
    more = len(steps.inputs) - MOST_LISTED
    if more > 0:
        rows.append(["…", f"{more:,} more columns"])
    return details("How the columns were prepared", f'<div class="wrap">{table(["column", "prepared"], rows)}</div>')


def _prepared(column: Number | Category) -> str:
    if isinstance(column, Number):
        gaps = f"; {column.fill:.4g} where missing" + (", which one more feature says" if column.indicator else "")
        return f"number: (x − {column.mean:.4g}) / {column.std:.4g}{gaps}"
    levels = ", ".join(level or "(missing)" for level in column.levels[:8])
    more = len(column.levels) - 8
    return (
        f"category: {levels}{f' and {more} more' if more > 0 else ''}{', all others together' if column.other else ''}"
    )


def picture_side(features: list[str]) -> int:
    """How many pixels a side the inputs have if they are those of a square picture, else 0.

    >>> picture_side([f"pixel{i}" for i in range(64)]), picture_side(["size", "weight"])
    (8, 0)
    """
    side = math.isqrt(len(features))
    return side if side > 1 and side * side == len(features) and all(f.startswith("pixel") for f in features) else 0


def _cell(column: Number | Category, row: np.ndarray) -> str:
    """What stood in a column, from the features that were made of it."""
    if isinstance(column, Number):
        return (
            "–" if column.indicator and row[1] > 0.5 else cell_text(float(f"{row[0] * column.std + column.mean:.6g}"))
        )
    place = int(np.argmax(row)) if row.max(initial=0.0) > 0.5 else -1
    return "(other)" if not 0 <= place < len(column.levels) else column.levels[place] or "–"


def _pictures(pixels: np.ndarray, words: list[tuple[str, str, float]]) -> str:
    figures = [_picture(image, *about) for image, about in zip(pixels, words)]
    return f'<div class="scans">{"".join(figures)}</div>'


def _picture(image: np.ndarray, truth: Any, said: Any, p: float) -> str:
    true, predicted = (escape(printable(str(word), 40)) for word in (truth, said))
    return (
        f'<figure><img src="{address(image)}" width="72" height="72" alt="a {true}, taken for a {predicted}">'
        f"<figcaption>{true}, taken for {predicted}<br>{100 * p:.0f} % sure</figcaption></figure>"
    )
