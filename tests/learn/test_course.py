"""The course can be passed, and who is wrong is told why."""

import pytest

from minigrad.learn import COURSE
from tests.learn.answers import RIGHT, WRONG

EXERCISES = {exercise.name: exercise for exercise in COURSE}
IMPORTS = "import math\nimport numpy as np\n\nEPS = 1e-5\n\n"


@pytest.fixture
def graded(tmp_path):
    """Grade an answer."""

    def grade(name, text):
        path = tmp_path / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        return EXERCISES[name].grade(path)

    return grade


def test_every_exercise_has_a_right_answer_here():
    assert list(RIGHT) == list(EXERCISES)


@pytest.mark.parametrize("name", RIGHT)
def test_the_right_answer_passes(graded, name):
    grade = graded(name, IMPORTS + RIGHT[name])
    assert grade, grade.text
    assert "diagnosis" not in grade.text


@pytest.mark.parametrize("name", EXERCISES)
def test_the_file_to_start_from_can_be_run_and_is_no_answer(graded, name):
    grade = graded(name, EXERCISES[name].starter)
    assert not grade
    assert "cannot be run" not in grade.text


@pytest.mark.parametrize(("name", "text", "told"), WRONG, ids=[f"{name}: {told}" for name, _, told in WRONG])
def test_a_wrong_answer_is_told_why(graded, name, text, told):
    grade = graded(name, IMPORTS + text)
    assert not grade
    assert told in grade.text


@pytest.mark.parametrize("name", EXERCISES)
def test_hints_come_in_steps_and_say_something(name):
    hints = EXERCISES[name].hints
    assert len(hints) >= 2
    assert all(len(hint) > 10 for hint in hints)


def test_an_error_names_the_line_of_the_learners_file(graded):
    assert "(line 2)" in graded("square", "def backward(g, y, x):\n    return g / nothing\n").text
