"""What is seen around a point before it is judged: slopes on both sides and nearby, rounding noise, the variation."""

import numpy as np
import pytest

from minigrad.engine import Op
from minigrad.gradcheck import Verdict, gradcheck
from minigrad.gradcheck.arguments import tensors_in
from minigrad.gradcheck.compare import arriving, compare
from minigrad.gradcheck.kinks import Kinks, one_sided
from minigrad.gradcheck.nearby import slopes_nearby, spread
from minigrad.gradcheck.noise import _restless
from minigrad.gradcheck.numeric import Differences, Outcome
from minigrad.gradcheck.problem import Operand, Problem
from minigrad.gradcheck.settings import Settings
from tests.gradcheck.conftest import magnitudes
from tests.gradcheck.more_traps import MORE_TRAPS
from tests.gradcheck.test_black_box_kinks import CASES
from tests.gradcheck.test_traps import TRAPS

FUNCTIONS = {
    name: (fn, np.array(x, dtype=float))
    for name, (fn, x, *_) in {**CASES, **TRAPS, **MORE_TRAPS}.items()
    if isinstance(x, (list, np.ndarray)) and 0 < np.size(x) <= 12
}
SCALED = [name for name in CASES if name in FUNCTIONS][::3]
FUNCTIONS |= {
    f"{name}, scaled": (lambda x, fn=FUNCTIONS[name][0]: 1e4 * fn(x * 1e6), FUNCTIONS[name][1] / 1e6) for name in SCALED
}


def problem(name: str) -> Problem:
    fn, x = FUNCTIONS[name]
    return Problem(lambda leaves: tensors_in(fn(*leaves)), [Operand("x", x)])


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_slopes_on_both_sides_and_nearby_are_as_before(name, as_before):
    rng = np.random.default_rng(0)
    result = compare(problem(name), rng, Settings())
    d, v = result.differences, arriving(rng, result.differences.finite)
    words, figures = [], []
    with np.errstate(all="ignore"):
        for told in (True, False):
            kinks = Kinks(result, range(len(d.x)), told=told)
            for line, sides in kinks.sides.items():
                slopes, tol = kinks.nearby(kinks.basis[line])
                varied = np.flatnonzero(kinks.varies(kinks.basis[line])).tolist()
                kinds = " and ".join(side.kind for side in sides)
                words.append(f"{line}: {kinds}, irregular: {kinks.irregular(line)}, of {varied}")
                figures += [{"slope": size(side.slope), "tol": magnitudes(side.tol)} for side in sides]
                figures.append({"nearby": size(slopes), "tol": magnitudes(tol), "spread": size(spread(slopes))})
        variation, noise = d.variation(v, np.arange(len(d.x)))
    figures.append({"variation": variation, "its noise": magnitudes([noise]), "noise": magnitudes(d.noise)})
    words += [f"{line}: {code}, {result.notes.get(line)}" for line, code in enumerate(result.codes)]
    as_before(words, figures=figures, within=0.2)


def size(x: np.ndarray) -> float:
    return float(np.sum(abs(x[np.isfinite(x)])))


def test_of_a_wrong_gradient_at_a_kink_the_middle_and_the_reach_of_the_slopes_are_told():
    op = Op(lambda x: np.maximum(x, 0.2 * x), [lambda g, y, x: g * np.where(x > 0, 1.0, np.where(x == 0, 3.0, 0.2))])
    (finding,) = gradcheck(op, np.array([0.0, 1.0, -1.0])).findings
    assert (finding.verdict, finding.worst) == (Verdict.KINK_WRONG, (0,))
    assert abs(finding.numeric) == pytest.approx(0.6 * abs(finding.analytic) / 3)
    assert finding.tol == pytest.approx(0.4 * abs(finding.analytic) / 3, rel=1e-6)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_at_the_end_of_a_domain_the_slope_inside_counts():
    right = gradcheck(lambda x: x**1.5, np.array([0.0, 1.0]))
    assert "the function ends here; its gradient is the slope on the right" in str(right)
    left = gradcheck(lambda x: (1 - x) ** 1.5, np.array([1.0, 0.5]))
    assert "the function ends here; its gradient is the slope on the left" in str(left)


def test_how_far_steps_are_made_finer_is_relative_to_the_size_of_the_element():
    spent = []
    for scale in (1e-6, 1.0, 1e6):
        d = Differences(lambda x: Outcome(np.full(1, np.nan if x[0] else 0.0)), np.zeros(1), np.array([scale]))
        assert one_sided(d, np.ones(1), scale, 1).kind == "edge"
        spent.append(d.evaluations)
    assert len(set(spent)) == 1


def test_slopes_nearby_along_negative_directions():
    d = Differences(lambda x: Outcome(np.array([3 * x[0] - x[1]])), np.array([0.5, 2.0]), np.array([0.5, 2.0]))
    for u in (np.array([1.0, 0.0]), np.array([3.0, 0.0]), np.array([-1.0, 0.0]), np.array([-2.0, -1.0])):
        slopes, _ = slopes_nearby(d, u)
        assert slopes == pytest.approx(3 * u[0] - u[1], rel=1e-6)


def test_many_outputs_with_kinks_are_judged_by_some_of_them():
    many = np.linspace(0.1, 2, 50)
    op = Op(lambda x: many * abs(x), [lambda g, y, x: (g @ many) * np.sign(x) + 0 * x])
    right = gradcheck(op, np.zeros(1))
    assert right.verdict is Verdict.KINK_OK, right
    wrong = Op(lambda x: many * abs(x), [lambda g, y, x: 1.5 * (g @ many) + 0 * x])
    assert gradcheck(wrong, np.zeros(1)).verdict is Verdict.KINK_WRONG
    one = Op(lambda x: many * x + np.eye(50)[7] * abs(x), [lambda g, y, x: g @ many + 3 * g[7] + 0 * x])
    assert gradcheck(one, np.zeros(1)).verdict is Verdict.KINK_WRONG


def test_a_smooth_output_beside_one_with_a_kink_is_looked_at():
    op = Op(lambda x: np.concatenate([abs(x), 0.3 * x]), [lambda g, y, x: g[:1] * np.sign(x) + 0.2 * g[1:]])
    assert gradcheck(op, np.zeros(1)).verdict is Verdict.KINK_WRONG
    right = Op(lambda x: np.concatenate([abs(x), 0.3 * x]), [lambda g, y, x: g[:1] * np.sign(x) + 0.3 * g[1:]])
    assert gradcheck(right, np.zeros(1)).verdict is Verdict.KINK_OK


def test_outputs_that_go_up_and_down_are_no_jumps():
    climbing, jumping, waving = [0, 1, 2, 1, 1, 2], [0, 0, 1, 1, 1, 1], [0, 1, 0, 1, 0, 1]
    assert _restless(np.array([climbing, jumping, waving], dtype=float).T).tolist() == [False, False, True]


@pytest.mark.parametrize("seed", range(4))
def test_of_many_equal_numbers_each_may_have_any_rank(seed):
    rng = np.random.default_rng(seed)
    weights, x = rng.standard_normal(20), np.r_[np.full(14, 2.0), rng.integers(-2, 2, 6)]

    nothing = Op(lambda x: 0 * x, [lambda g, y, x: 0.3 * g * (np.arange(20) == 2)])
    assert gradcheck(lambda x: np.sum(np.sort(x) * weights), x).verdict is Verdict.KINK_OK
    assert gradcheck(lambda x: np.sum(np.sort(x) * weights + nothing(x)), x).verdict is Verdict.KINK_WRONG
