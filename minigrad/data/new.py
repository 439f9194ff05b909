"""New rows for a model that is trained already: the same columns, understood in the same way."""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minigrad.data.assembly import listed
from minigrad.data.columns import read
from minigrad.data.delimited import Delimited, shown
from minigrad.data.npz import read_npz
from minigrad.data.own import numbers_in, texts_in
from minigrad.data.preprocessing import Category, Labels, Number, Preprocessing, Table, Texts, Values
from minigrad.data.targets import label
from minigrad.errors import DataError


class New(NamedTuple):
    """Inputs for the model, and what the file says about the answers."""

    x: np.ndarray
    known: np.ndarray | None
    """The targets as the file has them, `(N,)` labels or `(N, outputs)` values; None if it has none."""
    notes: tuple[str, ...]
    """What a reader should know, in words."""


def new_rows(
    path: str | os.PathLike,
    steps: Preprocessing,
    *,
    separator: str | None = None,
    decimal: str = ".",
    encoding: str | None = None,
    header: bool = True,
    inputs: str = "X",
) -> New:
    """The rows of a ``.csv`` or ``.npz`` file, whose columns must be those that the ``steps`` were made for.

    Raises :class:`~minigrad.errors.DataError` where one is absent, or a cell is no number.
    """
    path, wanted = Path(path), {column.column: isinstance(column, Number) for column in steps.inputs}
    answers = steps.target.columns if isinstance(steps.target, Values) else ()
    answers = (steps.target.column,) if isinstance(steps.target, Labels) else answers
    if path.suffix.lower() == ".npz":
        texts = [name for name, numeric in wanted.items() if not numeric]
        if texts:
            raise DataError(f"{path}: the model needs texts ({listed(map(shown, texts))}), so rows come as .csv")
        table, extra = _from_npz(path, inputs, list(wanted), answers), []
    else:
        source = Delimited(path, separator=separator, encoding=encoding, header=header, blank=True)
        absent = [name for name in wanted if name not in source.names]
        if absent:
            there = ", ".join(map(shown, source.names[:20])) + ", ..." * (len(source.names) > 20)
            raise DataError(
                f"{path} lacks {listed(map(shown, absent))}, which the model needs; its columns are {there}"
            )
        told = {name: isinstance(steps.target, Values) for name in answers if set(answers) <= set(source.names)}
        extra = [name for name in source.names if name not in {**wanted, **told, **steps.left_out}]
        table = read(source, wanted | told, decimal=decimal)
    if not table.rows:
        raise DataError(f"{path} has no rows to predict")
    with np.errstate(all="ignore"):
        x = steps.inputs_of(table)
    if not np.isfinite(x).all():
        row, column = map(int, np.argwhere(~np.isfinite(x))[0])
        raise DataError(f"{path}: row {row + 1} of {steps.features[column]!r} is too large to be scaled")
    return New(x, _known(table, answers), tuple(_notes(table, steps, extra)))


def _from_npz(path: Path, inputs: str, names: list[str], answers: tuple[str, ...]) -> Table:
    arrays = read_npz(path)
    if inputs not in arrays:
        raise DataError(f"{path} has no array {inputs!r}; there are {', '.join(arrays) or 'none'}")
    x = numbers_in(path, inputs, arrays[inputs])
    if x.ndim < 2 or x[:1].size != len(names):
        raise DataError(f"{path}: {inputs} has shape {x.shape}, needed is (N, {len(names)})")
    columns: dict[str, np.ndarray | Texts] = dict(zip(names, x.reshape(len(x), -1).T, strict=True))
    target = arrays.get(answers[0]) if len(answers) == 1 else None
    if target is not None and target.shape == (len(x),) and target.dtype.kind in "fiubUS":
        columns[answers[0]] = Texts.of(texts_in(path, answers[0], target).tolist())
    return Table(columns, len(x))


def _known(table: Table, answers: tuple[str, ...]) -> np.ndarray | None:
    if not answers or not set(answers) <= table.columns.keys():
        return None
    if isinstance(table.columns[answers[0]], Texts):
        texts = table.columns[answers[0]]
        return np.array([label(level) for level in texts.levels], dtype=object)[texts.codes]
    return np.stack([table.columns[name] for name in answers], axis=1)


def _notes(table: Table, steps: Preprocessing, extra: list[str]) -> list[str]:
    notes = [f"not used: {listed(map(shown, extra))}"] if extra else []
    gaps = {c.column: np.isnan(table.columns[c.column]).sum() for c in steps.inputs if isinstance(c, Number)}
    if any(gaps.values()):
        notes.append(f"missing, filled with the median: {listed(f'{name} {n:,}' for name, n in gaps.items() if n)}")
    for column in steps.inputs:
        if isinstance(column, Category):
            texts = table.columns[column.column]
            unseen = texts.coded(column.levels) < 0
            if unseen.any() and not column.other:
                example = texts.levels[texts.codes[np.argmax(unseen)]]
                what = (
                    f"texts that training has not seen, such as {example[:40]!r}"
                    if example
                    else "nothing, which training has not seen"
                )
                notes.append(f"{shown(column.column)} holds in {unseen.sum():,} of {table.rows:,} rows {what}")
    if isinstance(steps.target, Labels) and steps.target.column in table.columns:
        foreign = sorted(
            {label(text) for text in table.columns[steps.target.column].levels} - {"", *steps.target.labels}
        )
        if foreign:
            notes.append(f"labels that training has not seen: {listed(map(shown, foreign))}")
    return notes
