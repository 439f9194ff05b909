"""What the README says is so."""

import doctest
import re
import runpy
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from minigrad.cli import main

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
MADE = runpy.run_path(str(ROOT / "docs" / "readme.py"))


def test_the_example_prints_what_it_says():
    result = doctest.testfile(str(README), module_relative=False)
    assert result.attempted >= 8
    assert result.failed == 0


def test_ci_installs_and_runs_the_tests_by_the_command_of_the_readme():
    (command,) = re.findall(r"^pip install.*pytest.*$", README.read_text(), flags=re.MULTILINE)
    assert command in (ROOT / ".ci" / "run").read_text().splitlines()


def tables(text: str) -> dict[str, list[str]]:
    """The lines of each table that is made."""
    return {
        name: body.splitlines()
        for name, body in re.findall(r"<!-- (\w+) -->\n(.*?)<!-- end -->", text, flags=re.DOTALL)
    }


@pytest.mark.parametrize("name", ["verified", "speed", "checker", "lines"])
def test_a_table_is_the_one_that_is_made_now(name):
    """Lines of code may have become a tenth more or less since."""
    text = README.read_text(encoding="utf-8")
    written, fresh = tables(text)[name], tables(MADE["filled"](text))[name]
    assert len(written) == len(fresh) > 4 - (name == "verified")
    for old, new in zip(written, fresh):
        if name == "lines" and old[-3].isdigit():
            *words, count = old.strip("| ").split(" | ")
            *now, counted = new.strip("| ").split(" | ")
            assert words == now
            assert int(count.replace(",", "")) == pytest.approx(int(counted.replace(",", "")), rel=0.1)
        else:
            assert old == new, "run: python docs/readme.py"


def test_the_picture_is_the_explorers_and_it_and_every_page_named_are_there():
    links = re.findall(r"\]\((docs/[^)#]+)\)", README.read_text(encoding="utf-8"))
    assert links[0] == "docs/figures/explorer.png"
    assert len(links) > 15
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_commands_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = re.findall(r"minigrad (?:train|graph) .*$", README.read_text(encoding="utf-8"), flags=re.MULTILINE)
    commands = [line for line in found if "`" not in line]
    assert len(commands) == 2
    for command in commands:
        quick = ["--epochs", "1"] if "train" in command else []
        done = CliRunner().invoke(main, [*shlex.split(command)[1:], *quick])
        assert done.exit_code == 0, done.output


def test_the_files_to_read_first_exist():
    named = re.findall(r"`(minigrad/[^`]*)`", README.read_text())
    assert len(named) >= 6
    assert all((ROOT / path).exists() for path in named)
