"""What the columns of delimited text hold: numbers or texts, and which cells are missing. Two passes over the file.

The first pass, :func:`survey`, counts; the second, :func:`read`, fills arrays of a known kind. So a large file needs
the memory of its arrays alone, and a malformed one is refused before there are any.
"""

import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from minigrad.data.delimited import Delimited, cut
from minigrad.data.preprocessing import Table, Texts
from minigrad.errors import DataError

MISSING_WORDS = frozenset(("", "na", "n/a", "nan", "null", "none", "?", "-", ".", "#n/a", "<na>"))
"""Cells that mean: not known. In any case, and with blanks around."""

COMMA = re.compile(r"\s*[-+]?(\d{1,3}(\.\d{3})+|\d*)(,\d*)?([eE][-+]?\d+)?\s*")
"""A number with a decimal comma, and perhaps points between its thousands."""
GROUPED = re.compile(r"\s*[-+]?\d{1,3}(,\d{3})+(\.\d*)?\s*")
"""A number with commas between its thousands."""

CHUNK = 1000
MOST_LEVELS = 1000
"""So many different texts of a column are told apart; one with more is no category."""

BUDGET = 50_000
"""The same for all columns together."""


@dataclass
class Column:
    """What the first pass has seen of a column."""

    name: str
    numbers: int = 0
    missing: int = 0
    whole: bool = True
    """Whether all numbers are whole."""
    rising: bool = True
    """Whether each number is one more than the one before."""
    last: float = 0.0
    low: float = np.inf
    high: float = -np.inf
    text: tuple[int, str] | None = None
    """The line and the cell of the first text that is no number."""
    comma: tuple[int, str] | None = None
    """The same for the first one that is a number with a decimal comma."""
    levels: dict[str, int] = field(default_factory=dict)
    """How often each text stands there, as far as they are told apart."""
    many: bool = False
    """Whether there are more of them."""

    def add(self, lines: list[int], cells: list[str], most: int) -> None:
        """Count the next cells."""
        values = self._values(cells)
        if values is None:
            values = np.array([self._value(line, cell) for line, cell in zip(lines, cells, strict=True)])
            values = values[~np.isnan(values)]
        if len(values):
            self.whole = self.whole and bool((values == np.floor(values)).all())
            with np.errstate(over="ignore"):
                steps = np.diff(values, prepend=self.last if self.numbers else values[0] - 1)
            self.rising = self.rising and bool((steps == 1).all())
            self.low, self.high = min(self.low, values.min()), max(self.high, values.max())
            self.numbers, self.last = self.numbers + len(values), values[-1]
        for cell in cells:
            if self.many:
                return
            self._tell_apart(cell, most)

    def _values(self, cells: list[str]) -> np.ndarray | None:
        """The numbers in the cells, if they are nothing else: the quick way."""
        try:
            values = np.array(list(map(float, cells)))
        except ValueError:
            return None
        return values if np.isfinite(values).all() and not any("_" in cell for cell in cells) else None

    def _value(self, line: int, cell: str) -> float:
        if is_missing(cell):
            self.missing += 1
            return np.nan
        value = number(cell)
        if value is None:
            self.text = self.text or (line, cell)
            if GROUPED.fullmatch(cell) or number(cell.replace(",", ".", 1)) is not None:
                self.comma = self.comma or (line, cell)
            return np.nan
        if np.isinf(value):
            self.text = self.text or (line, cell)
            return np.nan
        self.missing += bool(np.isnan(value))
        return value

    def _tell_apart(self, cell: str, most: int) -> None:
        text = "" if is_missing(cell) else cell.strip()
        if text in self.levels:
            self.levels[text] += 1
        elif len(self.levels) < most:
            self.levels[text] = 1
        else:
            self.many = True


def survey(source: Delimited, *, decimal: str = ".") -> tuple[list[Column], int]:
    """Look at every row once: what each column holds, and how many rows there are.

    Raises :class:`~minigrad.errors.DataError` for what is malformed, with its line.
    """
    columns = [Column(name) for name in source.names]
    most, rows = min(MOST_LEVELS, max(50, BUDGET // len(columns))), 0
    for lines, cells in _chunks(source):
        rows += len(lines)
        for column, part in zip(columns, cells, strict=True):
            column.add(lines, _pointed(part, decimal), most)
    return columns, rows


def read(source: Delimited, wanted: dict[str, bool], *, decimal: str = ".") -> Table:
    """The wanted columns, by name; of numbers where the value is true, else of texts.

    Raises :class:`~minigrad.errors.DataError` for a cell that is no number, with its line and column.
    """
    places = {name: source.names.index(name) for name in wanted}
    numbers = {name: array("d") for name, numeric in wanted.items() if numeric}
    codes = {name: array("i") for name, numeric in wanted.items() if not numeric}
    levels: dict[str, dict[str, int]] = {name: {} for name in codes}
    rows = 0
    for lines, cells in _chunks(source):
        rows += len(lines)
        for name, values in numbers.items():
            values.extend(_numbers(source, name, lines, _pointed(cells[places[name]], decimal)))
        for name, known in levels.items():
            texts = ["" if is_missing(cell) else cell.strip() for cell in cells[places[name]]]
            codes[name].extend(known.setdefault(text, len(known)) for text in texts)
    columns: dict[str, np.ndarray | Texts] = {name: np.array(values) for name, values in numbers.items()}
    columns |= {name: Texts(np.array(codes[name], dtype=np.int32), tuple(known)) for name, known in levels.items()}
    return Table({name: columns[name] for name in wanted}, rows)


def number(cell: str) -> float | None:
    """The number in a cell, None if there is none.

    >>> number(" 1e3 "), number("1,5"), number("1_000")
    (1000.0, None, None)
    """
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return None


def is_missing(cell: str) -> bool:
    """Whether a cell says that its value is not known.

    >>> is_missing(" NA "), is_missing("0")
    (True, False)
    """
    text = cell.strip()
    return len(text) < 6 and text.lower() in MISSING_WORDS


def _numbers(source: Delimited, name: str, lines: list[int], cells: Iterable[str]) -> Iterator[float]:
    for line, cell in zip(lines, cells, strict=True):
        value = np.nan if is_missing(cell) else number(cell)
        if value is None or np.isinf(value):
            raise source.error(
                line, f"column {name!r}: {cut(cell)} is not a {'' if value is None else 'finite '}number"
            )
        yield value


def _chunks(source: Delimited) -> Iterator[tuple[list[int], list[tuple[str, ...]]]]:
    """Some rows at a time: their lines, and their cells by column."""
    rows = iter(source)
    while chunk := list(islice(rows, max(1, CHUNK * 10 // max(10, len(source.names))))):
        yield [line for line, _ in chunk], list(zip(*(cells for _, cells in chunk), strict=True))


def _pointed(cells: Iterable[str], decimal: str) -> list[str]:
    """The cells with a point in their numbers; a number with a point where a comma is asked for is none."""
    return list(cells) if decimal == "." else [_without_comma(cell) for cell in cells]


def _without_comma(cell: str) -> str:
    """A number with a decimal comma as Python writes it.

    >>> [_without_comma(cell) for cell in ("-1,5", "1.234", "1.234,5", "7", "red, dark")]
    ['-1.5', '1234', '1234.5', '7', 'red, dark']
    >>> number(_without_comma("1.5")) is None
    True
    """
    if COMMA.fullmatch(cell):
        return cell.replace(".", "").replace(",", ".")
    return f"{cell} (a point)" if "." in cell and number(cell) is not None else cell


def check_numbers(source: Delimited | Path, column: Column, *, otherwise: str = "") -> None:
    """Raise DataError where a column is mostly of numbers, and not all: a text among them is a mistake, or meant."""
    if column.text is None:
        return
    line, cell = column.comma or column.text
    if isinstance(source, Path):
        raise DataError(f"{source}, key {column.name!r}: {cut(cell)} in row {line} is not a finite number")
    if GROUPED.fullmatch(cell):
        reason = "has commas between thousands, which are to be taken away, or a decimal comma: then say --decimal ,"
        raise source.error(line, f"column {column.name!r}: {cut(cell)} {reason}")
    if column.comma:
        raise source.error(line, f"column {column.name!r}: {cut(cell)} has a decimal comma: say --decimal ,")
    raise source.error(
        line,
        f"column {column.name!r}: {cut(cell)} is not a finite number, as {column.numbers:,} other cells of the column "
        f"are: correct it, leave it empty if it is not known, or say {otherwise or f'--categorical {column.name!r}'}",
    )
