"""Random directions: what they say of right and of wrong gradients, and how sharp they claim to be."""

import numpy as np
import pytest

from minigrad.gradcheck import gradcheck
from minigrad.gradcheck.check import check_problem
from minigrad.gradcheck.probes import MISS, PROBES, _resolution, probability_of_miss
from minigrad.gradcheck.settings import Settings
from minigrad.gradcheck.sweep import problem_of
from tests.gradcheck.more_traps import MORE_TRAPS
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
