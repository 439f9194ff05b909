"""What the page on the checker shows is so."""

import doctest
from pathlib import Path

from minigrad.gradcheck.verdict import Verdict

PAGE = Path(__file__).parents[2] / "docs" / "gradcheck.md"


def test_the_examples_print_what_the_page_says():
    result = doctest.testfile(str(PAGE), module_relative=False)
    assert result.attempted >= 8
    assert result.failed == 0


def test_every_verdict_is_in_the_table():
    text = PAGE.read_text()
    assert all(f"| `{verdict}` |" in text for verdict in Verdict)
