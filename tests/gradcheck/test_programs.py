"""Whole programs: numbers that left the tape and came back are named with their line, and so is what does damage."""

import pytest

from minigrad.gradcheck import Verdict, gradcheck
from tests.gradcheck.programs import RIGHT, WRONG


@pytest.mark.parametrize("name", WRONG)
def test_what_makes_a_program_wrong_is_named_in_the_first_line(name, as_before):
    program = WRONG[name]
    report = gradcheck(program.fn, *program.inputs)
    as_before(report)
    assert report.verdict is Verdict.WRONG, report
    assert program.line in str(report).splitlines()[0], report
    assert program.says in str(report), report
    assert len(str(report).partition("\n  reproduce:")[0].splitlines()) <= 6


@pytest.mark.parametrize("name", RIGHT)
def test_a_program_that_looks_like_a_wrong_one_and_is_right_passes(name, as_before):
    program = RIGHT[name]
    report = gradcheck(program.fn, *program.inputs)
    as_before(report)
    assert report


def test_probes_of_a_large_program_name_the_line_too():
    program = WRONG["a scale of .data"]
    report = gradcheck(program.fn, *program.inputs, mode="probe")
    assert report.verdict is Verdict.WRONG
    assert program.line in str(report).splitlines()[0]
