import re
import shlex

import pytest
from click.testing import CliRunner

from minigrad.cli import main
from tests.viz.race.tables import PAGE, filled, tables, turned_ravine


@pytest.fixture(scope="module")
def result():
    return turned_ravine()


def cells(text):
    """Every cell of every table, in order."""
    return [cell.strip() for line in text.splitlines() if line.startswith("|") for cell in line.strip("|").split("|")]


def number(cell):
    """The number in a cell: another processor may round otherwise, and a step more or less is no news."""
    found = re.fullmatch(r"(> )?([\d.]+)( %)?", cell)
    return float(found[2]) if found else None


def test_the_tables_of_the_page_are_those_that_the_command_writes(result):
    text = PAGE.read_text(encoding="utf-8")
    written, fresh = cells(text), cells(filled(text, tables(result)))
    assert len(written) == len(fresh) > 80
    for old, new in zip(written, fresh):
        assert old == new or number(new) == pytest.approx(number(old), rel=0.05, abs=0.05), (old, new)


def test_turning_the_ravine_slows_those_that_treat_each_axis_by_itself_and_no_others(result):
    steps = {lane.entrant.name: [run.arrived for run in lane.runs] for lane in result.lanes}
    for name in ("SGD", "momentum 0.9", "Nesterov 0.9", "Newton"):
        assert steps[name][0] == steps[name][1]
    for name in ("Adagrad", "RMSprop"):
        assert steps[name][1] > 20 * steps[name][0]


def test_the_commands_of_the_page_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^minigrad (race .*)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert len(commands) == 5
    for command in commands:
        done = CliRunner().invoke(main, [*shlex.split(command), "--steps", "20", "--rotations", "0"])
        assert done.exit_code == 0, done.output
