"""Random directions: what they say of right and of wrong gradients, and how sharp they claim to be."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.gradcheck import gradcheck
from minigrad.gradcheck.check import check_problem
from minigrad.gradcheck.probes import MISS, PROBES, _resolution, probability_of_miss
from minigrad.gradcheck.settings import Settings
from minigrad.gradcheck.sweep import problem_of
from minigrad.gradcheck.verdict import Verdict
from tests.gradcheck.more_traps import MORE_TRAPS, black_box
from tests.gradcheck.test_black_box_kinks import CASES
from tests.gradcheck.test_every_op import CALLS
from tests.gradcheck.test_planted_faults import FAULTS, operation
from tests.gradcheck.test_traps import TRAPS

FUNCTIONS = {
    **{name: (op, x) for name, (op, x, _) in CASES.items()},
    **{name: (fn, x) for name, (fn, x, _) in {**TRAPS, **MORE_TRAPS}.items()},
    **{name: (operation(forward, formulas), *inputs) for name, (forward, formulas, *inputs) in FAULTS.items()},
}


@pytest.mark.parametrize("name", list(CALLS)[3::7])
def test_of_every_seventh_call_they_say_the_same_as_before(name, as_before):
    op, sample = CALLS[name]
    rng = np.random.default_rng(0)
    problem = problem_of(op, sample.draw(rng))
    settings = Settings(mode="probe", order=2, sample=2)
    as_before(check_problem(problem, name, settings, rng), within=0.3)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_of_a_wrong_gradient_or_a_trap_they_say_the_same_as_before(name, as_before):
    fn, *inputs = FUNCTIONS[name]
    inputs = [np.array(x, dtype=float) if isinstance(x, list) else x for x in inputs]
    as_before(gradcheck(fn, *inputs, mode="probe"), within=0.3)


def test_the_stated_resolution_is_missed_with_the_stated_probability():
    assert probability_of_miss(0.3, _resolution(0.3, 2.0) * 2.0) == pytest.approx(MISS, rel=1e-6)
    rng, missed = np.random.default_rng(0), 0
    for _ in range(2000):
        missed += np.all(abs(rng.standard_normal(PROBES)) <= 1.5)
    assert missed / 2000 == pytest.approx(probability_of_miss(1.5, 1.0), abs=0.03)


@pytest.mark.parametrize("name", {**TRAPS, **MORE_TRAPS})
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_no_trap_is_accused(name):
    fn, x, _ = {**TRAPS, **MORE_TRAPS}[name]
    found = gradcheck(fn, np.array(x, dtype=float) if isinstance(x, list) else x, mode="probe").findings
    assert {finding.verdict for finding in found}.isdisjoint({Verdict.WRONG, Verdict.KINK_WRONG})


@pytest.mark.parametrize("size", [400.0, 700.0])
def test_gradients_whose_squares_overflow_are_right_or_wrong_like_others(size):
    x = np.array([size, 1.0])
    assert gradcheck(np.exp, x, mode="probe").verdict is Verdict.PASS
    assert gradcheck(black_box(np.exp, lambda x: 1.0001 * np.exp(x)), x, mode="probe").verdict is Verdict.WRONG


def test_at_a_kink_that_no_op_tells_of_every_element_is_looked_at():
    x, w = np.array([0.0, 1.0, -1.0, 2.5]), mg.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
    right = black_box(lambda x: np.maximum(x, 0), lambda x: 1.0 * (x > 0))
    wrong = black_box(lambda x: np.maximum(x, 0), lambda x: 1.0 * (x > 0) + 1.5 * (x == 0))
    verdicts = [finding.verdict for finding in gradcheck(lambda x: right(x) * w, x, params=[w], mode="probe").findings]
    assert verdicts == [Verdict.KINK_OK, Verdict.PASS]
    verdicts = [finding.verdict for finding in gradcheck(lambda x: wrong(x) * w, x, params=[w], mode="probe").findings]
    assert verdicts == [Verdict.WRONG, Verdict.PASS]


def test_of_many_elements_some_are_looked_at_and_show_that_there_are_kinks():
    right = black_box(lambda x: np.maximum(x, 0), lambda x: 1.0 * (x > 0))
    (finding,) = gradcheck(right, np.zeros(2000), mode="probe").findings
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "at a kink that no op tells of" in finding.note
    wrong = black_box(lambda x: np.maximum(x, 0), lambda x: 2.0 * (x > 0))
    assert gradcheck(wrong, np.linspace(-1, 1, 2000), mode="probe").verdict is Verdict.WRONG
