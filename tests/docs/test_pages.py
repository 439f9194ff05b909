"""What the pages show is so: every example runs, every command works as printed, every link leads somewhere."""

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from minigrad.cli import main

ROOT = Path(__file__).parents[2]
PAGES = sorted(ROOT.glob("docs/*.md"))
WRITTEN = [page for page in PAGES if page.stem not in ("derivatives", "layers", "optimizers", "reference")]
"""The others are made of docstrings, whose examples run where they stand."""
FENCE = re.compile(r"^( *)```(\w+)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)

CSV = re.compile(r"`(\S+\.csv)`[^`]*\n```csv\n([^`]*)```")
"""A table, after the sentence that names it."""


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of one language on a page."""
    return [text for _, name, text in FENCE.findall(page.read_text(encoding="utf-8")) if name == language]


def sessions(page: Path) -> list[tuple[str, str]]:
    """Each command of the console blocks of a page, with what it prints: lines, in which ... stands for anything."""
    found = []
    for block in blocks(page, "console"):
        for command, _, output in re.findall(r"^\$ (.*)(\n|$)((?:(?!\$ ).*(?:\n|$))*)", block, re.MULTILINE):
            found.append((command, output))
    return found


def tables(page: Path) -> list[tuple[str, str]]:
    """The tables that a page shows for its commands to read: name and content."""
    return CSV.findall(page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """What can be linked to on a page: its headings, as GitHub writes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.name)
def test_the_examples_print_what_the_page_says(page):
    result = doctest.testfile(str(page), module_relative=False)
    assert result.failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_python_block_is_an_example_that_runs(page):
    """A block without a prompt would never be tried."""
    assert all(">>> " in block for block in blocks(page, "python"))


@pytest.mark.parametrize("page", [p for p in PAGES if sessions(p)], ids=lambda page: page.name)
def test_every_command_works_as_printed(page, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "120"}
    for name, text in tables(page):
        (tmp_path / name).write_text(text)
    for command, expected in sessions(page):
        name, *arguments = shlex.split(command)
        assert name == "minigrad", f"{page.name} has a command that no test can try: {command}"
        run = subprocess.run(
            [sys.executable, "-m", "minigrad", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert run.returncode in (0, 1), f"{command}: {run.stderr}"
        assert run.stderr == "" or run.returncode == 1, f"{command}: {run.stderr}"
        matches = doctest.OutputChecker().check_output(expected, run.stdout, doctest.ELLIPSIS)
        assert matches, f"{command} prints\n{run.stdout}\nand the page says\n{expected}"


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page.name} links to {target}"
        assert not anchor or anchor in anchors(file), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda page: page.name)
def test_every_file_that_is_named_exists(page):
    named = re.findall(r"`((?:minigrad|tests|examples|docs)/[\w/.-]*\w)`", page.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists() and "_build" not in name] == []


def test_every_page_is_in_the_table_of_contents():
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8").split("```")
    listed = {line for block in index if "toctree" in block for line in block.splitlines()}
    assert {page.stem for page in PAGES} - {"index"} <= listed


def named_commands() -> list[tuple[str, str]]:
    """Every line ``minigrad ...`` in a block or within a sentence, with the page it is on."""
    found = []
    for page in [*PAGES, ROOT / "README.md"]:
        text = page.read_text(encoding="utf-8")
        rest = " ".join(FENCE.sub("", text).split())
        lines = [line for _, _, block in FENCE.findall(text) for line in block.splitlines()]
        found += [(page.name, m[0]) for m in (re.match(r"(?:\$ )?minigrad .*", line.strip()) for line in lines) if m]
        found += [(page.name, command) for command in re.findall(r"`(minigrad [^`]*)`", rest)]
    return found


@pytest.mark.parametrize(("page", "line"), sorted(set(named_commands())))
def test_every_command_that_is_named_exists_with_the_options_it_is_named_with(page, line):
    words = line.removeprefix("$ ").split()[1:]
    name = next((word for word in words if not word.startswith("-")), "")
    if name.isupper() or not name:
        return
    command = main.get_command(click.Context(main), name)
    assert command is not None, f"{page}: {line}"
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    used = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    assert used <= known, f"{page}: {line}"
