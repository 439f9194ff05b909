"""What fails at large arrays is shown at the smallest, in lines that run."""

import contextlib
import io
import sys
import types

import numpy as np
import pytest

import minigrad as mg
from minigrad.declare import OPS
from minigrad.engine import Op
from minigrad.gradcheck import gradcheck
from minigrad.gradcheck.diagnose import Case, diagnose
from minigrad.gradcheck.diagnosis.black_box import black_box
from minigrad.gradcheck.diagnosis.reproduce import reproducer
from minigrad.gradcheck.diagnosis.shrink import TRIALS, reduced, shrink
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


def test_shrinking_gives_up_after_so_many_trials():
    tried = [(9, 8, 7, 6)]
    args = [np.arange(1.0, 3025).reshape(tried[0])]

    def fails(case):  # one slice less, each time
        tried.append(case.x.shape)
        return sum(case.x.shape) == sum(smallest) - 1 and smallest.__setitem__(slice(None), case.x.shape) is None

    smallest = list(tried[0])
    shrunk = shrink(Case.of_call(black_box(lambda x: np.sin(x).sum(), lambda g, y, x: g), args), fails)
    assert TRIALS < len(tried) <= TRIALS + 4  # the call itself, and three ways to round
    assert sum(shrunk.x.shape) < 20


def test_a_case_is_too_large_if_its_jacobian_is():
    def sized(elements, outputs):
        return Case("f", lambda x: np.zeros(outputs), None, [np.zeros(elements)]).too_large

    assert not sized(4000, 250)
    assert sized(4000, 251)
    assert not sized(4096, 0)
    assert sized(4097, 0)
    assert not sized(0, 5000)
    assert not sized(1, 1_000_000)
    assert sized(1, 1_000_001)


def test_an_op_is_imported_by_the_name_it_has_in_its_module(monkeypatch):
    module = types.ModuleType("my_ops")
    exec("def f(x):\n    return x * x", module.__dict__)
    module.squared = Op(module.f, [lambda g, y, x: g])
    monkeypatch.setitem(sys.modules, "my_ops", module)
    text = reproducer(Case.of_call(module.squared, [np.array([1.0, 2.0])]))
    assert "from my_ops import squared" in text
    assert "squared(x)" in text
    monkeypatch.delitem(sys.modules, "my_ops")
    assert "its definition must come first" in reproducer(Case.of_call(module.squared, [np.array([1.0, 2.0])]))


def test_a_large_call_is_cut_around_the_element_that_is_wrong():
    op = Op(lambda x: np.maximum(x, 0), [lambda g, y, x: 1.01 * g * (x > 0)])
    report = gradcheck(lambda x: op(x), np.linspace(-1, 1, 1000))
    assert "FACTOR: it is 1.01 times" in str(report)
    assert report.reproduce.count(",") < 20


def test_indices_move_with_what_is_cut():
    op = Op(lambda x, i: x[i], [lambda g, y, x, i: 2 * np.eye(len(x))[i].T @ g, None])
    case = Case.of_call(op, [np.arange(300.0), np.arange(300)], worst=(298,))
    case.remade, made = (lambda args: made.append(args)), []
    assert reduced(case) is None
    assert [x.tolist() for x in made[1]] == [[296, 297, 298, 299], [0, 1, 2, 3]]


def test_of_a_large_call_that_cannot_be_cut_there_are_no_lines():
    def one_is_wrong(g, y, x):
        return g * (1 - y * y) * np.where(np.arange(len(x)) == 250, 2, 1)

    report = gradcheck(Op(lambda x: np.tanh(x), [one_is_wrong]), np.linspace(-1, 1, 300))
    assert "SUBSET: it is wrong at [250] (1 of 300 elements)" in str(report)
    assert report.reproduce == ""
