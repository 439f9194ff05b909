"""What the README says is so."""

import doctest
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"


def test_the_example_prints_what_it_says():
    result = doctest.testfile(str(README), module_relative=False)
    assert result.attempted >= 8
    assert result.failed == 0


def test_ci_installs_and_runs_the_tests_by_the_command_of_the_readme():
    (command,) = re.findall(r"^pip install.*pytest.*$", README.read_text(), flags=re.MULTILINE)
    assert command in (ROOT / ".ci" / "run").read_text().splitlines()


def test_the_files_to_read_first_exist():
    named = re.findall(r"`(minigrad/[^`]*)`", README.read_text())
    assert len(named) >= 6
    assert all((ROOT / path).exists() for path in named)
