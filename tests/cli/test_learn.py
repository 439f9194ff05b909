import json

import pytest
from click.testing import CliRunner

from minigrad.cli import main
from minigrad.learn import COURSE
from tests.learn.answers import RIGHT


@pytest.fixture
def learn(tmp_path, monkeypatch):
    """Run ``minigrad learn`` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(main, ["learn", *args])


def test_the_course_is_listed_with_what_comes_next(learn):
    result = learn()
    assert result.exit_code == 0
    assert all(exercise.name in result.output for exercise in COURSE)
    assert "0 of 20 right      next: minigrad learn square" in result.output


def test_an_exercise_is_begun_then_graded_then_right(learn, tmp_path):
    begun = learn("square")
    assert begun.exit_code == 0
    assert "wrote learn/square.py" in begun.output
    unfinished = learn("square")
    assert unfinished.exit_code == 1
    assert "replace the ..." in unfinished.output
    (tmp_path / "learn" / "square.py").write_text(RIGHT["square"])
    right = learn("square")
    assert right.exit_code == 0
    assert "right" in right.output
    assert "next: minigrad learn tanh" in right.output
    assert "1 of 20 right" in learn().output


def test_hints_come_one_at_a_time_and_are_remembered(learn):
    first, second = learn("tanh", "--hint").output, learn("tanh", "--hint").output
    assert second.startswith(first)
    assert second.count("hint") == first.count("hint") + 1


@pytest.mark.parametrize("note", ["", "[]", '{"tanh": "many"}', '{"tanh": -3}'])
def test_a_note_of_hints_that_cannot_be_read_starts_over(learn, tmp_path, note):
    (tmp_path / "learn").mkdir()
    (tmp_path / "learn" / "hints.json").write_text(note)
    assert learn("tanh", "--hint").output.count("hint") == 1


def test_starting_afresh_loses_nothing(learn, tmp_path):
    learn("square")
    (tmp_path / "learn" / "square.py").write_text("# mine\n")
    assert "learn/square.1.py" in learn("square", "--restart").output
    assert (tmp_path / "learn" / "square.1.py").read_text() == "# mine\n"
    learn("square", "--restart")
    assert (tmp_path / "learn" / "square.2.py").exists()


def test_json_is_one_object_and_nothing_else(learn):
    assert json.loads(learn("square", "--json").output)["file"] == "learn/square.py"
    assert json.loads(learn("square", "--json").output)["passed"] is False
    assert json.loads(learn("square", "--hint", "--json").output)["of"] == 3
    assert len(json.loads(learn("--json").output)) == len(COURSE)


def test_a_hint_needs_an_exercise(learn):
    result = learn("--hint")
    assert result.exit_code == 2
    assert "name the exercise" in result.output
