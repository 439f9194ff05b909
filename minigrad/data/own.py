"""Your own data: from a ``.csv`` or ``.npz`` file to a :class:`Dataset`, and what was decided on the way, in words."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from minigrad.data.assembly import assembled
from minigrad.data.columns import Column, check_numbers, is_missing, read, survey
from minigrad.data.dataset import Dataset, numbered
from minigrad.data.delimited import SEPARATORS, Delimited, cut, is_number, shown
from minigrad.data.npz import read_npz
from minigrad.data.preprocessing import Table, Texts
from minigrad.data.targets import TASKS, Decision, decide
from minigrad.errors import DataError

MANY = 30
"""A column of more different texts, in more than half of the rows, is no category."""

IDS = ("id", "index", "row", "no", "nr", "key", "uuid", "column 1")
"""Names of columns that only number the rows, if no two cells are equal."""


ROW_NUMBER = "a number for each row"


def from_csv(
    path: str | os.PathLike,
    target: str,
    *,
    task: str | None = None,
    validation: float = 0.2,
    seed: int = 0,
    categorical: Sequence[str] = (),
    drop: Sequence[str] = (),
    keep: Sequence[str] = (),
    separator: str | None = None,
    decimal: str = ".",
    encoding: str | None = None,
    header: bool = True,
) -> Dataset:
    """The rows of a CSV file, the column ``target`` to be predicted from the others.

    ``task`` is ``"classification"`` or ``"regression"``, found out if not given, and so is what each column holds;
    ``categorical`` ones are taken for texts, those to ``drop`` are left out, and those to ``keep`` are not, whatever
    they look like. A share of ``validation`` of the rows, of each class the same, is kept aside by the ``seed``.

    Raises :class:`~minigrad.errors.DataError` with the path, the line, the column and the cell.
    """
    _check_task(task)
    source = Delimited(path, separator=separator, encoding=encoding, header=header)
    target = target.strip()
    for name in (target, *categorical, *drop, *keep):
        check_known(source, name)
    _check_consistent(target, set(categorical), set(drop), set(keep))
    columns, rows = survey(source, decimal=decimal)
    if not rows:
        raise DataError(f"{source.path} has a header and no rows")
    decision = decide(source, columns[source.names.index(target)], task)
    kinds: dict[str, bool] = {}
    left_out: dict[str, str] = {}
    for column in columns:
        if column.name == target:
            continue
        numeric = column.name not in categorical and _is_numeric(source, column, dropped=column.name in drop)
        why = "as asked for" if column.name in drop else _useless(column, rows, numeric)
        if why and column.name not in keep:
            left_out[column.name] = why
        else:
            kinds[column.name] = numeric
    if not kinds:
        kinds = {name: True for name, why in left_out.items() if why == ROW_NUMBER}  # there is nothing else
        left_out = {name: why for name, why in left_out.items() if name not in kinds}
    if not kinds:
        why = ", ".join(f"{shown(name)} ({why})" for name, why in left_out.items())
        raise DataError(f"{source.path} has no column to predict {target!r} from; left out: {why or 'none'}")
    table = read(source, kinds | {target: not decision.classes}, decimal=decimal)
    if table.rows != rows:
        raise DataError(f"{source.path} has changed while it was read")
    targets = table.columns.pop(target)
    return assembled(
        source.path,
        table,
        targets if decision.classes else targets[:, None],
        (target,),
        validation=validation,
        seed=seed,
        left_out=left_out,
        remarks=(told(target, decision),),
    )


def from_npz(
    path: str | os.PathLike,
    target: str = "y",
    *,
    inputs: str = "X",
    task: str | None = None,
    validation: float = 0.2,
    seed: int = 0,
) -> Dataset:
    """The arrays ``inputs``, `(N, ...)`, and ``target``, `(N,)` or `(N, outputs)`, of a ``.npz`` file.

    Raises :class:`~minigrad.errors.DataError` naming the key and the shapes.
    """
    _check_task(task)
    path, arrays = Path(path), read_npz(path)
    for key in (inputs, target):
        if key not in arrays:
            there = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
            raise DataError(f"{path} has no array {key!r}; there are {there or 'none'}")
    x, y = arrays[inputs], arrays[target]
    if x.ndim < 2 or y.ndim not in (1, 2) or len(x) != len(y) or not x.size or not y.size:
        raise DataError(
            f"{path}: {inputs} has shape {x.shape} and {target} {y.shape}: needed are (N, features) and (N,), "
            "a target for each row"
        )
    x = numbers_in(path, inputs, x).reshape(len(x), -1)
    constant = int(np.count_nonzero((x == x[0]).all(axis=0)))
    if constant == x.shape[1]:
        raise DataError(f"{path}: all rows of {inputs} are equal: there is nothing to predict {target} from")
    y = y[:, 0] if y.shape[1:] == (1,) else y
    y = texts_in(path, target, y) if y.dtype.kind in "US" else numbers_in(path, target, y)
    decision = _decide(path, target, y, task)
    same = (f"inputs  {constant:,} of {x.shape[1]:,} are the same in every row",) if constant else ()
    return assembled(
        path,
        Table(dict(zip(numbered("x", x.shape[1]), x.T, strict=True)), len(x)),
        _labels(y) if decision.classes else y.astype(float).reshape(len(y), -1),
        numbered(target, y.shape[1]) if y.ndim == 2 else (target,),
        validation=validation,
        seed=seed,
        remarks=(told(target, decision), *same),
    )


def told(target: str, decision: Decision) -> str:
    """How the target was understood, and how to say that it is not so."""
    kind, other = TASKS if decision.classes else TASKS[::-1]
    return f"target  {shown(target)}: {decision.why}, so {kind} (otherwise say --task {other})"


def check_known(source: Delimited, name: str) -> None:
    """Raise DataError, which lists the columns, if there is none of this name."""
    if name not in source.names:
        names = source.names
        there = ", ".join(map(shown, names[:20])) + (", ..." if len(names) > 20 else "")
        hint = ""
        if len(names) == 1:
            marks = [word for mark, word in SEPARATORS.items() if mark in names[0]]
            hint = f" (is a {marks[0]} the separator? then say so by --separator)" if marks else ""
        elif source.header and sum(map(is_number, names)) * 2 >= len(names):
            hint = " (is the first line data? then say --no-header)"
        raise DataError(f"{source.path} has no column {shown(name)}; its columns are {there}{hint}")


def _check_task(task: str | None) -> None:
    if task not in (None, *TASKS):
        raise DataError(f"a task is one of {', '.join(TASKS)}, not {task!r}")


def _check_consistent(target: str, categorical: set[str], drop: set[str], keep: set[str]) -> None:
    """Raise DataError where a column is to be two things at once."""
    if target in categorical:
        raise DataError(f"{shown(target)} is the target: to predict its values as classes, say --task classification")
    if target in drop | keep:
        raise DataError(f"{shown(target)} is the target, and no input: leave out --drop and --keep of it")
    for name in drop & (categorical | keep):
        raise DataError(f"{shown(name)} is to be dropped, and also to be an input: say one of them")


def _is_numeric(source: Delimited, column: Column, *, dropped: bool) -> bool:
    """Whether a column is of numbers. Raises DataError where it is mostly so, and not always."""
    if column.text is None:
        return True
    texts = sum(column.levels.values()) - column.numbers - column.missing
    if not dropped and (column.comma or (column.numbers and (column.many or column.numbers >= texts))):
        check_numbers(source, column)
    return False


def _useless(column: Column, rows: int, numeric: bool) -> str:
    """Why nothing can be learnt from a column; empty if something can."""
    known = rows - column.missing
    levels = len(column.levels) - ("" in column.levels)
    if not known:
        return "empty"
    if len(column.levels) == 1 and not column.many:
        return "constant"
    different = column.many or levels == known
    if numeric:
        named = column.name.lower() in IDS or column.name.lower().endswith(("_id", " id"))
        return (
            ROW_NUMBER
            if column.whole and different and known == rows > 2 and (named or (column.rising and column.low <= 1))
            else ""
        )
    if column.many or (levels > MANY and levels * 2 > known) or (different and known > 5):
        example = f", such as {cut(column.text[1])}" if column.text else ""
        return f"{'more than ' * column.many}{levels:,} different texts in {rows:,} rows{example}"
    return ""


def numbers_in(path: Path, key: str, values: np.ndarray) -> np.ndarray:
    """The array in floating point. Raises DataError where it is not of finite numbers."""
    if values.dtype.kind not in "fiub":
        raise DataError(
            f"{path}, key {key!r}: an array of {values.dtype} and shape {values.shape} holds no real numbers"
        )
    values = values.astype(float)
    wrong = np.argwhere(~np.isfinite(values))
    if len(wrong):
        place = tuple(map(int, wrong[0]))
        raise DataError(
            f"{path}, key {key!r} of shape {values.shape}: {len(wrong):,} values are not finite, the first at {place}: "
            "fill them in, or leave these rows out"
        )
    return values


def texts_in(path: Path, key: str, values: np.ndarray) -> np.ndarray:
    """The array as text. Raises DataError for bytes that are not ASCII: nobody knows their encoding."""
    try:
        return values.astype(str)
    except UnicodeDecodeError as error:
        raise DataError(f"{path}, key {key!r}: bytes that are no ASCII; save them as text, by .astype(str)") from error


def _labels(y: np.ndarray) -> Texts:
    return Texts.of(["" if is_missing(text) else text.strip() for text in y.astype(str).tolist()])


def _decide(path: Path, key: str, y: np.ndarray, task: str | None) -> Decision:
    """Classes or values, as for a column."""
    if y.ndim == 2:
        if task == "classification":
            raise DataError(f"{path}, key {key!r} has shape {y.shape}: classes are one number or text a row, (N,)")
        hot = np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all()
        hint = f"; if each 1 stands for a class, save {key}.argmax(axis=1)" if hot else ""
        return Decision(False, f"{y.shape[1]} numbers a row{hint}")
    column = Column(key)
    cells = y.astype(str).tolist()
    column.add(list(range(1, len(cells) + 1)), cells, most=1000)
    return decide(path, column, task)
