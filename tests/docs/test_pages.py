"""What the pages show is so: every example runs, every command works as printed, every link leads somewhere."""

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(ROOT.glob("docs/*.md"))
WRITTEN = [page for page in PAGES if page.stem not in ("derivatives", "layers", "optimizers", "reference")]
"""The others are made of docstrings, whose examples run where they stand."""
FENCE = re.compile(r"^( *)```(\w+)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


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
