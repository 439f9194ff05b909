"""What fails at large arrays is shown at the smallest, in lines that run."""

import contextlib
import io

import numpy as np
import pytest

import minigrad as mg
from minigrad.declare import OPS
from minigrad.gradcheck.diagnose import Case, diagnose
from minigrad.gradcheck.diagnosis.reproduce import reproducer
from minigrad.gradcheck.diagnosis.shrink import shrink
from tests.gradcheck.faults import CATALOGUE, posed

SHOWN = [f for f in CATALOGUE if f.name in ("D01", "D05", "D09", "D16", "D24", "D29", "D33", "D38", "D39", "D41")]


def run(text: str, **names) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(text, names)
    return out.getvalue()


def smallest(case: Case) -> Case:
    code = diagnose(case).code
    return shrink(case, lambda case: case.wrong and diagnose(case).code == code)


@pytest.mark.parametrize("fault", SHOWN, ids=lambda fault: fault.name)
def test_the_reproducer_of_a_black_box_runs_and_shows_the_same_fault(fault):
    case = smallest(posed(fault, 0))
    text = reproducer(case)
    assert len(text.splitlines()) <= 6
    shown = run(text, op=case.op, **{case.op.name: case.op})
    assert shown.startswith(("WRONG", "KINK_WRONG"))
    assert f"diagnosis: {diagnose(case).code}" in shown


def test_the_reproducer_of_an_op_runs_and_shows_the_failure(monkeypatch):
    monkeypatch.setattr(OPS["tanh"], "formulas", (lambda g, y, x: g * (1 - x * x),))
    case = smallest(Case.of_call(OPS["tanh"], [np.random.default_rng(0).standard_normal((4, 5))]))
    text = reproducer(case)
    assert "mg.tanh(x)" in text
    assert run(text).startswith("WRONG gradient")
    assert case.x.size == 2


def test_without_the_fault_the_reproducer_passes():
    case = Case.of_call(OPS["standardize"], [np.random.default_rng(0).standard_normal((3, 4)), 0])
    assert run(reproducer(case)).startswith("PASS")


def test_the_reproducer_of_an_op_of_a_list_calls_it_with_a_list():
    case = Case.of_call(OPS["concatenate"], [np.ones((2, 2)), np.ones((1, 2))], {"axis": 0}, position=1)
    assert "mg.concatenate([x0, x1], axis=0)" in reproducer(case)
    assert run(reproducer(case)).startswith("PASS")


def test_shrinking_keeps_what_makes_it_fail():
    fault = next(f for f in CATALOGUE if f.name == "D38")
    case = smallest(posed(fault, 0))
    picks = case.args[1]
    assert len(np.unique(picks)) < picks.size <= 3
    assert case.wrong


def test_shrinking_a_call_that_does_not_fail_leaves_it():
    case = Case.of_call(OPS["tanh"], [np.ones((2, 2))])
    assert shrink(case).x.shape == (2, 2)
    assert mg.tanh is OPS["tanh"]
