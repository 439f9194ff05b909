"""What a column to predict holds, classes or values, and a split that keeps the share of each class."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minigrad.data.columns import Column, check_numbers, number
from minigrad.data.delimited import Delimited, shown
from minigrad.errors import DataError

FEW = 20
"""Up to so many different whole numbers are classes, unless told otherwise."""

ROWS_EACH = 5
"""If each stands in so many rows, on average."""

WHOLE = re.compile(r"[-+]?[0-9]{1,100}")

TASKS = ("classification", "regression")


class Decision(NamedTuple):
    """Whether a column is of classes or of values, and why."""

    classes: bool
    why: str


def decide(source: Delimited | Path, column: Column, task: str | None) -> Decision:
    """Classes or values. Raises DataError where the column can be neither, or not what ``task`` says."""
    path = getattr(source, "path", source)
    different, known = len([level for level in column.levels if level]), sum(column.levels.values())
    if not different:
        raise DataError(f"{path}: the column {column.name!r}, to be predicted, is empty")
    if different == 1 and not column.many:
        only = next(level for level in column.levels if level)
        raise DataError(f"{path}: {column.name!r} is {only[:40]!r} in every row: there is nothing to predict")
    numeric = column.text is None
    mostly = column.numbers * 2 > known and (column.many or different > FEW)
    if task == "regression" or (task is None and not numeric and mostly):
        check_numbers(source, column, otherwise="--task classification")
    if task == "regression" or (task is None and numeric and not _are_classes(column, different, known)):
        return Decision(False, "numbers" if task is None else "as asked for")
    if column.many or (different > FEW and different * 2 > known):
        more = "more than " if column.many else ""
        raise DataError(
            f"{path}: {column.name!r} has {more}{different:,} different values in {known:,} rows: too many to be "
            "classes; " + ("say --task regression" if numeric else "is it the column to predict?")
        )
    kind = "texts" if not numeric else "whole numbers" if column.whole else "numbers"
    few = f" ({', '.join(map(shown, sorted(level for level in column.levels if level)))})" if different <= 5 else ""
    return Decision(True, f"{different} different {kind}{few}" if task is None else "as asked for")


def _are_classes(column: Column, different: int, known: int) -> bool:
    if column.many or different > FEW:
        return False
    return different == 2 or (column.whole and known >= ROWS_EACH * different)


def label(text: str) -> str:
    """A label as it is compared: numbers as they are shortest.

    >>> label("1.0"), label("01"), label("12345678901234567"), label("1st")
    ('1', '1', '12345678901234567', '1st')
    """
    if WHOLE.fullmatch(text):
        return str(int(text))
    value = number(text)
    if value is None:
        return text
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def ordered(labels: set[str]) -> tuple[str, ...]:
    """Labels in order: by number if all of them are numbers, else as text.

    >>> ordered({"10", "9"}), ordered({"10", "9", "x"})
    (('9', '10'), ('10', '9', 'x'))
    """
    if all(number(text) is not None for text in labels):
        return tuple(sorted(labels, key=lambda text: (float(text), text)))
    return tuple(sorted(labels))


def split_rows(rows: int, validation: float, rng, classes: Sequence[int] | np.ndarray | None = None):
    """The rows to learn from and those kept aside, a share of ``validation``; of each class the same share.

    A class of a single row is learnt from. Raises :class:`~minigrad.errors.DataError` where a part would be empty.

    >>> [part.tolist() for part in split_rows(8, 0.25, 0, classes=[0, 0, 0, 0, 1, 1, 1, 1])]
    [[3, 6, 5, 0, 1, 7], [2, 4]]
    """
    rng = np.random.default_rng(rng)
    wanted = round(validation * rows) if 0 < validation < 1 else 0
    order = rng.permutation(rows)
    if classes is None:
        aside = np.arange(rows) < wanted
    else:
        aside = _stratified(np.asarray(classes)[order], validation, wanted)
    if not 0 < np.count_nonzero(aside) < rows:
        raise DataError(
            f"validation={validation} of {rows} row{'s' * (rows != 1)} leaves one part empty: write a fraction between "
            "0 and 1 that leaves a row on either side, such as 0.2"
        )
    return order[~aside], order[aside]


def _stratified(labels: np.ndarray, validation: float, wanted: int) -> np.ndarray:
    """Which of the rows are kept aside: of each class its share, rounded so that the sum is as wanted."""
    if not wanted:
        return np.zeros(len(labels), dtype=bool)
    values, counts = np.unique(labels, return_counts=True)
    shares = counts * validation
    take = np.minimum(np.floor(shares).astype(int), counts - 1)
    for i in np.argsort(take - shares, kind="stable"):
        if take.sum() < wanted and take[i] < counts[i] - 1:
            take[i] += 1
    aside = np.zeros(len(labels), dtype=bool)
    for value, count in zip(values, take, strict=True):
        aside[np.flatnonzero(labels == value)[:count]] = True
    return aside
