"""Delimited text, such as CSV: rows of cells, each with the number of its line; nothing is guessed in silence.

Read with the ``csv`` module of the standard library. The separator is found by trying, a byte order mark, the three
kinds of line ends and blank lines are passed over, and what is malformed is an error that names the line.
"""

import csv
import io
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from minigrad.errors import DataError

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
BLANK = " "
"""Is taken for the separator only where no other is, since names may have blanks; several count as one."""

ANNOUNCED = re.compile(r'"?sep=([,;|\t])"?[\r\n]*')
"""The first line of some spreadsheets' files, which is no row: it says what the separator is."""

TRIED = 50
"""The separator is that with which the first so many rows are as wide as the header."""

LONGEST_LINE = 1_000_000
LONGEST_ROW = 2_000_000
"""Characters of a row, which may span many lines within quotes."""
MOST_COLUMNS = 10_000

MARKS = {
    **dict.fromkeys((b"\xff\xfe\0\0", b"\0\0\xfe\xff"), "utf-32"),
    **dict.fromkeys((b"\xff\xfe", b"\xfe\xff"), "utf-16"),
    b"\xef\xbb\xbf": "utf-8-sig",
}
"""Byte order marks, and the encodings that they announce."""
WIDE = ("utf-16", "utf-32")

REMEDY = "save the file as UTF-8, or say --encoding cp1252 (or another one)"

FOREIGN = {
    b"PK\x03\x04": "a zip archive, or a spreadsheet: save it as CSV",
    b"\x1f\x8b": "compressed by gzip: unpack it",
    b"PAR1": "a Parquet file: save it as CSV",
    b"\x89PNG": "a picture",
    b"%PDF": "a PDF",
    b"\x93NUMPY": "a NumPy array: save it as .npz with X and y",
    **dict.fromkeys((b"[{", b'{"'), "JSON: save it as CSV"),
    **dict.fromkeys((b"<!", b"<html", b"<?xml"), "a page of HTML or XML: was the download refused?"),
    b"\xd0\xcf\x11\xe0": "an old spreadsheet: save it as CSV",
}


class Delimited:
    """The rows of a delimited text file; every pass reads it anew, so that its size does not matter.

    ``separator`` and ``encoding`` are found out if not given; without a ``header`` the columns are c1, c2, .... Lines
    of nothing but separators are passed over unless ``blank``; a spreadsheet may leave some at the end.
    Raises :class:`~minigrad.errors.DataError` with the path, the line, and what was expected there.
    """

    def __init__(
        self,
        path: str | os.PathLike,
        *,
        separator: str | None = None,
        encoding: str | None = None,
        header: bool = True,
        blank: bool = False,
    ):
        self.path, self.header, self.blank = Path(path), header, blank
        self.encoding = checked_encoding(encoding) if encoding else ""
        self.encoding = self._look()
        self.separator = self._separator() if separator is None else checked_separator(separator)
        self.names = self._names()

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        """The line on which each row begins, and its cells, as many as there are names."""
        wanted, rows = len(self.names), self._rows(self.separator)
        if self.header:
            next(rows)
        for line, cells in rows:
            if len(cells) != wanted:
                raise self.error(line, f"{_counted(len(cells))}, but the header has {wanted}{self._advice(cells)}")
            yield line, cells

    def error(self, line: int, what: str) -> DataError:
        """An error on a line of this file."""
        return DataError(f"{self.path}, line {line}: {what}")

    def _advice(self, cells: list[str]) -> str:
        if len(cells) == len(self.names) + 1 and not cells[-1]:
            return f"; the row ends in a {SEPARATORS.get(self.separator, 'separator')}, which is one too many"
        joined = self.separator.join(cells)
        others = [name for mark, name in SEPARATORS.items() if mark != self.separator and mark in joined]
        hint = f" (or is a {others[0]} the separator?)" if others and len(cells) == 1 else ""
        return f"; a cell that contains a {SEPARATORS.get(self.separator, 'separator')} must stand in quotes{hint}"

    def _look(self) -> str:
        """The encoding, from the first bytes. Raises DataError where they show that this is no text."""
        try:
            if not stat.S_ISREG(os.stat(self.path).st_mode) and not self.path.is_dir():
                raise DataError(f"{self.path} is no regular file: it must be one that can be read twice")
            with open(self.path, "rb") as file:
                start = file.read(4096)
        except (OSError, ValueError) as error:
            raise DataError(f"{shown(str(self.path))} cannot be read: {error}") from error
        for mark, what in FOREIGN.items():
            if start.startswith(mark):
                raise DataError(f"{self.path} is {what}")
        if self.encoding:
            return self.encoding
        encoding = next((name for mark, name in MARKS.items() if start.startswith(mark)), "utf-8")
        if b"\0" in start and encoding not in WIDE:
            line = 1 + start[: start.index(0)].count(10)
            raise DataError(f"{self.path} has a NUL in line {line}: it is no text (or say --encoding utf-16-le)")
        return encoding

    def _separator(self) -> str:
        """The separator that gives the most columns, among those that give the first rows the same width."""
        with suppress(UnicodeError), open(self.path, encoding=self.encoding, newline="") as file:
            if announced := ANNOUNCED.fullmatch(file.readline(20)):
                return announced[1]
        widths = {}
        for mark in (*SEPARATORS, BLANK):
            try:
                found = {len(cells) for _, cells in islice(self._rows(mark), TRIED)}
            except DataError:
                continue
            if len(found) == 1:
                widths[mark] = found.pop()
        best = max(widths, key=lambda mark: widths[mark] * (mark != BLANK), default=",")
        if widths.get(best, 0) > 1:
            return best
        if widths.get(BLANK, 0) > 1:
            return BLANK
        (_, first), *_ = [*islice(self._rows("\0"), 1), (1, [""])]
        return max(SEPARATORS, key=first[0].count) if any(mark in first[0] for mark in SEPARATORS) else ","

    def _names(self) -> list[str]:
        """The names of the columns. Raises DataError where they cannot be told apart, or are none."""
        line, cells = next(self._rows(self.separator), (1, []))
        if not cells:
            raise DataError(f"{self.path} is empty")
        if len(cells) > MOST_COLUMNS:
            raise self.error(line, f"{len(cells):,} columns are more than the {MOST_COLUMNS:,} allowed")
        if not self.header:
            return [f"c{i}" for i in range(1, len(cells) + 1)]
        if len(cells) > 1 and all(is_number(cell) for cell in cells):
            raise self.error(
                line, "only numbers, where the names of the columns should be: write them there, or say --no-header"
            )
        names = [cell.strip() or f"column {i}" for i, cell in enumerate(cells, 1)]
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            listed = ", ".join(
                f"{shown(name)} (columns {', '.join(str(i) for i, other in enumerate(names, 1) if other == name)})"
                for name in twice[:5]
            )
            raise self.error(line, f"columns of the same name: {listed}; give each a name of its own")
        return names

    def _rows(self, separator: str) -> Iterator[tuple[int, list[str]]]:
        """Every row that is not blank. ``"\\0"`` as the separator gives each line as one cell."""
        with open(self.path, encoding=self.encoding, newline="") as file:
            lines = _Lines(self, file)
            if separator == "\0":
                yield from ((number, [text.strip("\r\n")]) for number, text in enumerate(lines, 1) if text.strip())
                return
            reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
            while True:
                begun = lines.number + 1
                lines.size = 0
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    raise self.error(begun, _reason(error, begun, lines.number)) from error
                if any(cell.strip() for cell in cells) or (self.blank and len(cells) > 1):
                    yield begun, cells


class _Lines:
    """The lines of a file, counted, and none too long."""

    def __init__(self, source: Delimited, file):
        self.source, self.file = source, file
        self.number = self.size = 0

    def __iter__(self):
        return self

    def __next__(self) -> str:
        try:
            text = self.file.readline(LONGEST_LINE + 1)
        except UnicodeError as error:
            raise self._undecodable(error) from error
        if not text:
            raise StopIteration
        self.number += 1
        if self.number == 1 and ANNOUNCED.fullmatch(text):
            return next(self)
        self.size += len(text)
        if len(text) > LONGEST_LINE:
            raise self.source.error(self.number, f"it is longer than the {LONGEST_LINE:,} characters allowed")
        if self.size > LONGEST_ROW:
            raise self.source.error(self.number, "a row within quotes does not end: is a quote not closed?")
        if "\0" in text:
            raise self.source.error(self.number, "it has a NUL character: this is no text file")
        return text

    def _undecodable(self, error: UnicodeError) -> DataError:
        """The line is looked for again: a file is decoded some way ahead."""
        encoding = self.source.encoding
        with open(self.source.path, "rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), 1):
                try:
                    line.decode("utf-8" if encoding == "utf-8-sig" else encoding)
                except UnicodeDecodeError as found:
                    byte = line[found.start : found.start + 1].hex()
                    return self.source.error(number, f"byte {byte} is no {encoding}: {REMEDY}")
                except UnicodeError:
                    break
        return DataError(f"{self.source.path} is no {encoding}: {REMEDY}")


def checked_encoding(name: str) -> str:
    """The name of an encoding of text. Raises DataError if there is none of this name."""
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=name)  # codecs.lookup() knows some that are not of text
        return name
    except (LookupError, ValueError):
        raise DataError(f"there is no encoding {shown(name)}: utf-8, utf-16 and cp1252 are some") from None


def checked_separator(text: str) -> str:
    """The separator that is meant. Raises DataError if it is none.

    >>> checked_separator(";"), checked_separator(r"\\t"), checked_separator("tab")
    (';', '\\t', '\\t')
    """
    named = {name: mark for mark, name in SEPARATORS.items()} | {r"\t": "\t", "space": BLANK}
    mark = named.get(text.lower(), text)
    if len(mark) != 1 or mark in '"\r\n\0':
        raise DataError(f"a separator is one character, such as ; or \\t, not {cut(text)}")
    return mark


def is_number(cell: str) -> bool:
    """Whether a cell is a number as Python writes it, NaN and infinity included."""
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell


def cut(cell: str) -> str:
    """A cell as an error shows it, at most 40 characters of it.

    >>> cut("a" * 50)
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'..."
    """
    return f"{cell[:40]!r}{'...' if len(cell) > 40 else ''}"


def shown(name: str) -> str:
    """A name, in quotes if it could be mistaken, and not all of it if it is long."""
    return name if name.isprintable() and len(name) <= 40 and name else cut(name)


def _counted(cells: int) -> str:
    return f"{cells} cell{'s' * (cells != 1)}"


def _reason(error: csv.Error, begun: int, now: int) -> str:
    text = str(error)
    if "unexpected end of data" in text or "field larger" in text:
        return f"a quote that is opened in the row that begins here is not closed by line {now}"
    if "expected after" in text:
        return f"text follows a closing quote (line {now}): a quote inside a cell is written twice"
    return text
