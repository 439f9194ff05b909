"""The table of hostile cases: whoever renames or removes a test of one is told which case is no longer held."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.hostile import CASES, NEIGHBOURS

HERE = Path(__file__).parent
ALL = {**CASES, **NEIGHBOURS}
COUNTS = {"A": 16, "B": 17, "C": 13, "D": 12, "E": 18, "F": 13, "G": 13, "H": 8, "I": 4, "J": 5}


@cache
def names_in(file: str) -> frozenset[str]:
    """The names of all tests in a file."""
    tree = ast.parse((HERE / file).read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("case", ALL)
def test_every_hostile_case_has_its_tests(case):
    for place in ALL[case]:
        file, _, name = place.partition("::")
        assert (HERE / file).is_file(), f"{case}: there is no {file}"
        assert name in names_in(file), f"{case}: {file} has no {name}"


def test_no_case_is_missing():
    counted = {letter: sum(case[0] == letter for case in CASES) for letter in COUNTS}
    assert counted == COUNTS
    assert list(CASES) == sorted(CASES)
