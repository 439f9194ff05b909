"""Delimited text is read for what it is, whatever program wrote it; what is malformed is told with its line."""

import pytest

from minigrad.data.delimited import Delimited, checked_separator
from minigrad.errors import DataError

CLEAN = "size,color,y\n1.5,red,a\n2,blue,b\n-3e2,,a\n"
ROWS = [(2, ["1.5", "red", "a"]), (3, ["2", "blue", "b"]), (4, ["-3e2", "", "a"])]


@pytest.fixture
def written(tmp_path):
    """Write a file, and read it."""

    def written(content, **options):
        path = tmp_path / "my.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Delimited(path, **options)

    return written


SAME = {
    "as it is": CLEAN.encode(),
    "byte order mark": CLEAN.encode("utf-8-sig"),
    "line ends of Windows": CLEAN.replace("\n", "\r\n").encode(),
    "line ends of old Macs": CLEAN.replace("\n", "\r").encode(),
    "no last line end": CLEAN.rstrip("\n").encode(),
    "blank lines at the end": CLEAN.encode() + b"\n\r\n\n",
    "rows of nothing but commas": CLEAN.encode() + b",,\n,,\n",
    "UTF-16": CLEAN.encode("utf-16"),
    "UTF-32": CLEAN.encode("utf-32"),
    "semicolons": CLEAN.replace(",", ";").encode(),
    "tabs": CLEAN.replace(",", "\t").encode(),
    "bars": CLEAN.replace(",", "|").encode(),
    "all in quotes": "\n".join(
        ",".join(f'"{cell}"' for cell in line.split(",")) for line in CLEAN.splitlines()
    ).encode(),
    "blanks after commas": CLEAN.replace(",", ", ").encode(),
}


@pytest.mark.parametrize("content", SAME.values(), ids=SAME)
def test_the_same_table_in_another_dress_has_the_same_rows(written, content):
    source = written(content)
    assert source.names == ["size", "color", "y"]
    assert list(source) == ROWS


def test_blank_lines_in_between_are_passed_over_and_counted(written):
    assert [line for line, _ in written(CLEAN.replace("\n", "\n\n"))] == [3, 5, 7]


def test_a_first_line_that_announces_the_separator_is_no_row(written):
    source = written("sep=;\r\n" + CLEAN.replace(",", ";"))
    assert source.names == ["size", "color", "y"]
    assert [cells for _, cells in source] == [cells for _, cells in ROWS]
    assert next(iter(source))[0] == 3


def test_numbers_between_blanks_are_columns_where_no_other_separator_is(written):
    source = written("a b   y\n1.0   2 3\n-1 22  4\n")
    assert source.names == ["a", "b", "y"]
    assert [cells for _, cells in source] == [["1.0", "2", "3"], ["-1", "22", "4"]]


def test_blanks_within_names_do_not_make_columns(written):
    assert written("petal length,petal width\n1,2\n").names == ["petal length", "petal width"]


def test_commas_and_line_ends_within_quotes_are_text(written):
    source = written('note,y\n"red, dark\nand old",1\n"a ""b""",2\n')
    assert list(source) == [(2, ["red, dark\nand old", "1"]), (4, ['a "b"', "2"])]


def test_without_a_header_columns_are_numbered(written):
    source = written("1,2\n3,4\n", header=False)
    assert source.names == ["c1", "c2"]
    assert [cells for _, cells in source] == [["1", "2"], ["3", "4"]]


@pytest.mark.parametrize(("text", "meant"), [(";", ";"), (r"\t", "\t"), ("Tab", "\t"), ("space", " "), ("→", "→")])
def test_a_separator_may_be_named(text, meant):
    assert checked_separator(text) == meant


@pytest.mark.parametrize("text", ["", "||", "\n", '"', "\0"])
def test_what_cannot_separate_is_refused(text):
    with pytest.raises(DataError, match="a separator is one character"):
        checked_separator(text)


@pytest.mark.parametrize("name", ["klingon", "base64", "rot13", "nul\0", "hex"])
def test_an_encoding_that_is_none_of_text_is_refused(written, name):
    with pytest.raises(DataError, match="there is no encoding"):
        written(CLEAN, encoding=name)


@pytest.mark.parametrize("name", ["idna", "punycode", "utf-32", "utf-16"])
def test_the_wrong_encoding_is_no_crash(written, name):
    with pytest.raises(DataError):
        list(written(CLEAN + "é,ü,ö\n", encoding=name, separator=","))


def test_an_encoding_can_be_said(written):
    assert written("größe,y\n1,2\n".encode("latin1"), encoding="latin1").names == ["größe", "y"]
    assert written("größe,y\n1,2\n".encode("utf-16-le"), encoding="utf-16-le").names == ["größe", "y"]


WRONG = {
    "a,b\n1,2\n3\n": r"line 3: 1 cell, but the header has 2; a cell that contains a comma must stand in quotes",
    "a,b\n1,2\n1,2,3\n": "line 3: 3 cells, but the header has 2",
    "a,b\n1,2,\n1,2,\n": "line 2: 3 cells, but the header has 2; the row ends in a comma, which is one too many",
    "a,b\n1;2\n": r"line 2: 1 cell, but the header has 2; .* \(or is a semicolon the separator\?\)",
    "a,b,a\n1,2,3\n": r"line 1: columns of the same name: a \(columns 1, 3\); give each a name of its own",
    "1,2\n3,4\n": "line 1: only numbers, where the names of the columns should be: .* say --no-header",
    'a,b\n1,"2\n': "line 2: a quote that is opened in the row that begins here is not closed by line 2",
    'a,b\n1,"2"x\n': "line 2: text follows a closing quote",
    "": "my.csv is empty",
    "\n\r\n\n": "my.csv is empty",
    "a,b\n1,\0\n": r"has a NUL in line 2: it is no text",
    b"a,b\n\xff,1\n": "line 2: byte ff is no utf-8: save the file as UTF-8, or say --encoding cp1252",
    b"PK\x03\x04rest": "is a zip archive, or a spreadsheet: save it as CSV",
    b"\x1f\x8brest": "is compressed by gzip: unpack it",
    b'[{"a": 1}]': "is JSON: save it as CSV",
    b"<!DOCTYPE html>\n404": "is a page of HTML or XML: was the download refused?",
}


@pytest.mark.parametrize("content", WRONG, ids=map(repr, WRONG))
def test_what_is_malformed_is_told_with_its_line_and_the_next_move(written, content):
    with pytest.raises(DataError, match=WRONG[content]):
        list(written(content))


def test_a_path_that_is_no_file_is_named(tmp_path):
    for path in (tmp_path / "absent.csv", tmp_path, "nul\0"):
        with pytest.raises(DataError, match="cannot be read"):
            Delimited(path)
