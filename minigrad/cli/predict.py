"""``minigrad predict runs/NAME new.csv``: what a trained model says of new rows."""

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import click
import numpy as np

from minigrad.cli.blas import use_one_thread
from minigrad.data.new import New, new_rows
from minigrad.data.preprocessing import Labels, Preprocessing, Values
from minigrad.engine import Tensor
from minigrad.errors import CheckpointError, DataError
from minigrad.modes import no_grad
from minigrad.nn import Module
from minigrad.nn.files import write_atomically
from minigrad.training import Run

ROWS = 10_000
"""So many rows at a time."""


@click.command()
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Where predictions go. [default: shown]")
@click.option("--weights", type=click.Choice(["best", "last"]), default="best", show_default=True)
@click.option("--separator", metavar="CHARACTER", help="What stands between cells. [default: found by trying]")
@click.option("--decimal", type=click.Choice([".", ","]), help="The decimal point. [default: as in training]")
@click.option("--encoding", help="Such as cp1252. [default: UTF-8, or as the file says]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def predict(run: Path, file: Path, out: Path | None, weights: str, as_json: bool, **reading) -> None:
    """Predict the rows of FILE, a .csv or .npz with the columns that RUN was trained on, such as runs/iris-0a1b2c.

    Answers in CSV: for classes the label and the probability of each, for values the values, a line for each row. If
    the file has the target too, the score on it is told (on stderr).
    """
    use_one_thread()
    trained = Run(run)
    steps, model = trained.preprocessing, trained.model(weights)
    if steps.target is None:
        raise CheckpointError(f"{run / 'config.json'}, key data.preprocessing.target: there is none")
    new = new_rows(file, steps, **options_of(trained, reading))
    outputs = answers_of(model, new.x, trained.config["model"]["dtype"], steps.features)
    notes = [*new.notes, *scored(steps, outputs, new)]
    if as_json:
        click.echo(json.dumps(told(steps, outputs) | {"notes": notes}))
        return
    for note in notes:
        click.echo(note, err=True)
    text = as_csv(steps, outputs)
    if out:
        write_atomically(out, text.encode())
        click.echo(f"wrote {out}: {len(outputs):,} rows", err=True)
    else:
        click.echo(text, nl=False)


def options_of(run: Run, given: dict[str, Any]) -> dict[str, Any]:
    """How the file is read: as the data of the run was, unless told otherwise."""
    source = run.config["data"].get("source")
    before = source.get("options") if isinstance(source, dict) else None
    kept = {key: before[key] for key in ("decimal", "header", "inputs") if key in before} if before else {}
    return kept | {key: value for key, value in given.items() if value is not None}


def answers_of(model: Module, x: np.ndarray, dtype: str, features: tuple[str, ...]) -> np.ndarray:
    """The outputs of the model, `(N, outputs)`, in float64. Raises DataError for a row that overflows."""
    with no_grad(), np.errstate(all="ignore"):
        x = x.astype(dtype)
        for row, column in np.argwhere(~np.isfinite(x))[:1]:
            raise DataError(f"row {row + 1}: {features[column]!r} is too large for {dtype} once it is scaled")
        parts = [model(Tensor(x[i : i + ROWS])).data for i in range(0, len(x), ROWS)]
        outputs = np.concatenate(parts).astype(float)
    for row, _ in np.argwhere(~np.isfinite(outputs))[:1]:
        raise DataError(f"row {row + 1}: the model overflows; is a value far from all it was trained on?")
    return outputs


def told(steps: Preprocessing, outputs: np.ndarray) -> dict[str, Any]:
    """The predictions, in JSON's types."""
    if isinstance(steps.target, Labels):
        probabilities = steps.target.probabilities(outputs)
        return {
            "predictions": steps.target.answers(outputs),
            "labels": list(steps.target.labels),
            "probabilities": probabilities.round(6).tolist(),
        }
    assert steps.target is not None
    return {"predictions": steps.target.answers(outputs).tolist(), "columns": list(steps.target.columns)}


def as_csv(steps: Preprocessing, outputs: np.ndarray) -> str:
    """The predictions as the text of a CSV file."""
    file, answer = io.StringIO(), told(steps, outputs)
    writer = csv.writer(file, lineterminator="\n")
    if isinstance(steps.target, Labels):
        writer.writerow([steps.target.column, *(f"p({label})" for label in steps.target.labels)])
        writer.writerows(
            [label, *row] for label, row in zip(answer["predictions"], answer["probabilities"], strict=True)
        )
    else:
        writer.writerow(answer["columns"])
        writer.writerows([f"{value:.9g}" for value in row] for row in answer["predictions"])
    return file.getvalue()


def scored(steps: Preprocessing, outputs: np.ndarray, new: New) -> list[str]:
    """How right the predictions are, where the file has the answers."""
    if new.known is None:
        return []
    if isinstance(steps.target, Labels):
        there = new.known != ""
        right = int((np.array(steps.target.answers(outputs), dtype=object) == new.known)[there].sum())
        total = int(there.sum())
        return [f"accuracy {100 * right / total:.1f} % ({right} of {total} rows)"] if total else []
    assert isinstance(steps.target, Values)
    wrong = (steps.target.answers(outputs) - new.known.astype(float)).ravel()
    wrong = wrong[~np.isnan(wrong)]
    return [f"root mean squared error {math.sqrt(np.mean(wrong**2)):.4g}"] if len(wrong) else []
