"""From a table and what is to be predicted to a :class:`Dataset`: the split, the scaling, and remarks in words."""

from pathlib import Path

import numpy as np

from minigrad.data.dataset import Dataset, Examples
from minigrad.data.preprocessing import Category, Labels, Number, Preprocessing, Table, Texts, Values
from minigrad.data.targets import label, ordered, split_rows
from minigrad.errors import DataError

MOST_CATEGORIES = 30
"""So many texts of a column get a feature of their own; rarer ones share one."""

OFTEN = 0.05
"""From this share of missing numbers on, a feature says which they were."""

FAR = 1000
"""So many times the range of all the others a value is away from them that is far off."""

SHOWN = 8
"""So many columns are named in a remark."""


def assembled(
    path: Path,
    table: Table,
    targets: Texts | np.ndarray,
    names: tuple[str, ...],
    *,
    validation: float,
    seed: int,
    left_out: dict[str, str] | None = None,
    remarks: tuple[str, ...] = (),
) -> Dataset:
    """The data set of these inputs and ``targets``: texts for classes, `(N, outputs)` numbers for values.

    Rows without a target are left out. Everything that is known of the columns is known from the training rows.
    """
    known = _known(targets)
    lost = int(np.count_nonzero(~known))
    if not known.any():
        raise DataError(f"{path}: no row has a {names[0]!r}")
    table, targets = _of_rows(table, known), _part(targets, known)
    answers: Labels | Values
    if isinstance(targets, Texts):
        targets = Texts(targets.codes, tuple(map(label, targets.levels)))
        answers = Labels(names[0], ordered({targets.levels[i] for i in np.unique(targets.codes)}))
        if len(answers.labels) < 2:
            raise DataError(f"{path}: {names[0]!r} is {answers.labels[0][:40]!r} in every row: nothing to predict")
        y = answers.targets_of(targets)
        train, aside = split_rows(table.rows, validation, seed, y)
    else:
        train, aside = split_rows(table.rows, validation, seed)
        mean, std = _moments(targets[train])
        answers = Values(names, tuple(mean.tolist()), tuple(std.tolist()))
        y = answers.targets_of(targets)
    learnt = _of_rows(table, train)
    steps = Preprocessing(tuple(_fitted(name, learnt.columns[name]) for name in table.columns), answers, left_out or {})
    with np.errstate(all="ignore"):
        x = steps.inputs_of(table)
    for what, features, values in (("column", steps.features, x), ("target", names, np.reshape(y, (len(y), -1)))):
        _check_finite(path, what, features, values)
    return Dataset(
        path.name.partition(".")[0] or "data",
        Examples(x[train], y[train]),
        Examples(x[aside], y[aside]),
        classes=len(answers.labels) if isinstance(answers, Labels) else 0,
        note="standardized with train mean and std",
        preprocessing=steps,
        remarks=(*remarks, *_remarks(table, steps, lost), *_oddities(table, steps, answers, y, aside)),
    )


def _fitted(name: str, values: np.ndarray | Texts) -> Number | Category:
    """How a column is encoded, from its training rows."""
    if isinstance(values, Texts):
        counts = np.bincount(values.codes, minlength=len(values.levels))
        frequent = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
        other = len(frequent) > MOST_CATEGORIES
        kept = frequent[: MOST_CATEGORIES - 1] if other else frequent
        return Category(name, tuple(sorted(values.levels[i] for i in kept)), other)
    missing = np.isnan(values)
    there = values[~missing]
    fill = float(np.median(there)) if len(there) else 0.0
    mean, std = _moments(np.where(missing, fill, values))
    return Number(name, float(mean), float(std), fill, bool(missing.mean() >= OFTEN))


def _moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation over the rows; 1 where all are equal."""
    size = np.abs(values).max(axis=0, initial=0.0)
    size = np.where(size > 0, size, 1.0)  # of numbers up to 1, no square overflows or vanishes
    mean, std = (values / size).mean(axis=0) * size, (values / size).std(axis=0) * size
    return mean, np.where(std > 0, std, 1.0)


def _known(targets: Texts | np.ndarray) -> np.ndarray:
    if isinstance(targets, Texts):
        return np.array([bool(level) for level in targets.levels] or [False])[targets.codes]
    return ~np.isnan(targets).any(axis=1)


def _part(values, rows: np.ndarray):
    return Texts(values.codes[rows], values.levels) if isinstance(values, Texts) else values[rows]


def _of_rows(table: Table, rows: np.ndarray) -> Table:
    columns = {name: _part(values, rows) for name, values in table.columns.items()}
    return Table(columns, int(np.count_nonzero(rows)) if rows.dtype == bool else len(rows))


def _check_finite(path: Path, what: str, names: tuple[str, ...], values: np.ndarray) -> None:
    wrong = ~np.isfinite(values)
    if wrong.any():
        row, column = map(int, np.argwhere(wrong)[0])
        raise DataError(f"{path}: {what} {names[column]!r} has values too large to be scaled, as in row {row + 1}")


def _remarks(table: Table, steps: Preprocessing, lost: int) -> list[str]:
    """What a reader should know of the columns, a line for each kind of fact."""
    lines = [f"rows    {lost:,} without a target are left out"] if lost else []
    numbers = [column for column in steps.inputs if isinstance(column, Number)]
    gaps = {column.column: int(np.isnan(table.columns[column.column]).sum()) for column in numbers}
    gaps = {name: count for name, count in gaps.items() if count}
    if gaps:
        marked = sum(column.indicator for column in numbers)
        also = f", and {marked} columns more say where" if marked > 1 else ", and a column more says where" * marked
        lines.append(f"missing {listed(f'{name} {n:,}' for name, n in gaps.items())}: filled with the median{also}")
    texts = [column for column in steps.inputs if isinstance(column, Category)]
    if texts:
        counted = listed(f"{column.column} ({len(column.features)})" for column in texts)
        lines.append(f"texts   {counted}: a feature for each different text")
    if steps.left_out:
        lines.append(f"without {listed(f'{name} ({why})' for name, why in steps.left_out.items())}")
    return lines


def _oddities(table: Table, steps: Preprocessing, answers: Labels | Values, y: np.ndarray, aside) -> list[str]:
    """What may well be a mistake, and is trained on all the same."""
    columns = {c.column: table.columns[c.column] for c in steps.inputs if isinstance(c, Number)}
    if isinstance(answers, Values):
        columns |= dict(zip(answers.columns, answers.answers(y).T, strict=True))
    far = [f"{name} ({value:g})" for name, values in columns.items() if (value := far_off(values)) is not None]
    why = "so far from all others that scaling leaves next to no difference between those: a mistake?"
    lines = [f"far     {listed(far)}: {why}"] if far else []
    if isinstance(answers, Labels):
        rare = [label for i, label in enumerate(answers.labels) if not (y[aside] == i).any()]
        if rare:
            lines.append(f"rare    {listed(rare)}: in so few rows that none is kept aside, and nothing tells how well")
    return lines


def far_off(values: np.ndarray) -> float | None:
    """The value that is farther from all others than these are from each other, if there is one.

    >>> far_off(np.array([1.0, 2.0, 3.0, np.nan, 1e300])), far_off(np.array([0.0, 0.0, 1.0]))
    (1e+300, None)
    """
    there = values[~np.isnan(values)]
    if len(there) < 3:
        return None
    scaled = there / (np.abs(there).max() or 1.0)
    distance = np.abs(scaled - np.median(scaled))
    i = int(np.argmax(distance))
    reach = np.ptp(np.delete(scaled, i))
    return float(there[i]) if 0 < reach * FAR < distance[i] else None


def listed(parts) -> str:
    parts = list(parts)
    more = f" and {len(parts) - SHOWN:,} more" if len(parts) > SHOWN else ""
    return ", ".join(parts[:SHOWN]) + more
