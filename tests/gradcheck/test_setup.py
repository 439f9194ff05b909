"""What is looked at before any number is compared, what is undefined, and what float32 costs."""

import numpy as np
import pytest

from minigrad import nn
from minigrad.engine import Op, Tensor
from minigrad.gradcheck import Verdict, gradcheck
from minigrad.gradcheck.arguments import tensors_in
from minigrad.gradcheck.audit import audit
from minigrad.gradcheck.compare import compare
from minigrad.gradcheck.diagnosis.case import Case
from minigrad.gradcheck.numeric import Differences, Outcome
from minigrad.gradcheck.precision import LOSS, TOO_MUCH, check_float32, rounded
from minigrad.gradcheck.problem import Operand, Problem, elsewhere, flat, rms, scale_of
from minigrad.gradcheck.settings import Settings
from minigrad.gradcheck.setup import dependent, examined, first_difference
from minigrad.gradcheck.undefined import undefined

X = np.array([0.5, -1.0, 2.0])


def problem(fn, *arrays) -> Problem:
    return Problem(lambda leaves: tensors_in(fn(*leaves)), [Operand(f"x{i}", a) for i, a in enumerate(arrays or (X,))])


def obstacle(fn, *arrays) -> tuple[str, str]:
    found = examined(problem(fn, *arrays))
    return (found[0].verdict.name, found[0].note) if found else ("", "")


def test_what_stands_in_the_way():
    assert obstacle(np.tanh) == ("", "")
    assert obstacle(lambda x: 3.0)[0] == "BAD_SETUP"
    assert obstacle(lambda x: x.detach())[1].startswith("the output does not depend on x0 on the tape")
    assert obstacle(lambda x, z: x.detach(), X, X)[1].startswith("the output does not depend on x0, x1 on the tape")
    assert obstacle(lambda x: np.log(-abs(x))) == ("NOT_DIFFERENTIABLE", "the output is not finite here")
    assert obstacle(lambda x: np.log(x)) == ("", "")  # in one element it is
    assert obstacle(lambda x: x[:0]) == ("", "")

    def writes(x):
        x.data[0] = 7
        return x * 2

    assert obstacle(writes)[1].startswith("the function changes its own input in place")


def test_an_op_that_answers_differently_is_named():
    rng = np.random.default_rng(0)
    verdict, note = obstacle(lambda x: np.exp(x) * rng.random(3))
    assert verdict == "NONDETERMINISTIC"
    assert note.startswith("not deterministic: the first op that answers differently is multiply, at test_setup.py")
    turns = iter(range(100))
    note = obstacle(lambda x: np.exp(x) if next(turns) % 2 else np.tanh(x))[1]
    assert "the first op that answers differently is" in note


def test_values_that_are_no_number_are_no_difference():
    p = problem(lambda x: np.log(x) * np.tanh(x))
    p.at(p.x)
    assert first_difference(p) is None
    assert examined(p) == []


def test_only_a_small_problem_is_used_elsewhere_first():
    seen = []

    def slope(g, y, x):
        seen.append(x.copy())
        return g * 2

    op = Op(lambda x: 2 * x, [slope])
    examined(problem(op), small=False)
    assert all(np.array_equal(x, X) for x in seen)
    examined(problem(op), small=True)
    assert any(not np.array_equal(x, X) for x in seen)


def test_a_formula_that_writes_is_named():
    op = Op(lambda x: 2 * x, [lambda g, y, x: np.multiply(g, 2, out=g)])
    (found,) = examined(problem(op))
    assert found.note.startswith("its formula writes into the gradient that arrives, read-only because others use it")
    assert found.operand == "operand 0 (x)"
    op = Op(lambda x, z: x * z, [lambda g, y, x, z: g * z, lambda g, y, x, z: np.multiply(x, g, out=x)])
    (found,) = examined(problem(op, X, X + 1))
    assert (found.operand, found.note[:43]) == ("operand 1 (z)", "its formula writes into operand 0 (x), read")


def test_one_input_computed_from_another():
    a = Tensor(X, requires_grad=True)
    b = np.tanh(a)
    c = Tensor(X, requires_grad=True)
    assert dependent([("a", a), ("c", c)]) is None
    assert dependent([("a", a), ("a again", a)]) is None
    found = dependent([("a", a), ("c", c), ("b", b)])
    assert found.note == "b was computed from a: pass b.detach(), or compute it inside the function"
    assert dependent([("b", b), ("a", a)]).note.startswith("b was computed from a")


def test_elements_that_only_undefined_outputs_depend_on():
    def f(x):
        return Outcome(np.array([np.log(x[0]), x[1], np.sqrt(x[1] - 5)]))

    with np.errstate(all="ignore"):
        d = Differences(f, np.array([-1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0]))
        assert undefined(d, np.arange(3)) == [0, 1]
        assert undefined(d, np.array([2, 1])) == [1]
        assert undefined(d, np.zeros(0, int)) == []
        assert d.evaluations < 20
    smooth = Differences(lambda x: Outcome(np.exp(x)), X, abs(X))
    assert undefined(smooth, np.arange(3)) == []


def float32(fn, *arrays):
    p = problem(fn, *(arrays or (np.array([0.5, -1.0, 2.0]),)))
    p.evaluate(p.x)
    findings, worst = check_float32(p, np.linspace(0.5, 1.5, sum(int(np.prod(s)) for s in p.shapes)))
    assert all(f.shape == p.operands[0].value.shape for f in findings)
    return [(f.operand, f.verdict, f.note) for f in findings], worst


def test_in_float32_a_right_formula_loses_seven_digits_at_most():
    findings, worst = float32(np.tanh)
    assert findings == []
    assert 0 < worst < 1e-6


def test_in_float32_a_loss_is_relative_to_the_element_or_a_tenth_of_the_rms():
    op = Op(lambda x: 1 * x, [lambda g, y, x: g * (1 + (0.01 if x.dtype == np.float32 else 0) * (x == 0.5))])
    findings, worst = float32(op)
    assert findings == []
    assert worst == pytest.approx(0.01, rel=1e-4)
    tiny = np.array([1e-4, 1.0, 1.0])
    op = Op(lambda x: x * tiny, [lambda g, y, x: (g * tiny + (1e-3 if x.dtype == np.float32 else 0)).astype(x.dtype)])
    v = np.linspace(0.5, 1.5, 3) * tiny
    assert float32(op)[1] == pytest.approx(1e-3 / (0.1 * np.sqrt((v**2).mean())), rel=1e-3)
    assert LOSS < 1e-3 < TOO_MUCH


def test_in_float32_a_wrong_formula_and_a_wrong_dtype_are_wrong():
    op = Op(lambda x: 1 * x, [lambda g, y, x: g * (1.1 if x.dtype == np.float32 else 1)])
    (found,) = float32(op)[0]
    assert found == ("x0", Verdict.WRONG, "in float32 its gradient is off by 0.1")
    with np.errstate(all="ignore"):
        huge = float32(lambda x: x * 1e30 * 1e30, np.array([1.0, 2.0]))
    assert huge == ([], 0.0)  # beyond float32: nothing to compare


def test_rounded_values_are_those_that_float32_holds():
    p = rounded(problem(np.tanh, np.array([0.1, 1 / 3])))
    assert np.array_equal(p.x, p.x.astype(np.float32))
    assert p.x[0] == pytest.approx(0.1, rel=1e-7)
    assert p.x[0] != 0.1


def test_sizes_of_arrays():
    assert rms(np.array([3.0, 4.0])) == pytest.approx(np.sqrt(12.5))
    assert rms(np.array([3.0, 0.0, np.nan, 4.0, np.inf])) == pytest.approx(np.sqrt(12.5))
    assert rms(np.zeros(3)) == 0.0
    assert rms(np.array([3e300, 4e300])) == pytest.approx(np.sqrt(12.5) * 1e300)
    assert scale_of(np.array([[3.0, 0.0], [4.0, np.nan]])).tolist() == pytest.approx(
        [3, 0.1 * 12.5**0.5, 4, 0.1 * 12.5**0.5]
    )
    assert scale_of(np.zeros(2)).tolist() == [1.0, 1.0]
    x = np.array([100.0, -0.001])
    assert np.all(abs(elsewhere(x) - x) <= 0.01 * scale_of(x))
    assert np.all(elsewhere(x) != x)
    assert flat([]).size == 0
    assert flat([np.ones((2, 2)), np.zeros(1)]).tolist() == [1, 1, 1, 1, 0]
    a = np.ones(3)
    assert not np.shares_memory(flat([a]), a)


@pytest.mark.parametrize(("elements", "budget", "probed"), [(1538, 20_000, False), (1539, 20_000, True), (1, 12, True)])
def test_how_many_elements_are_looked_at_one_by_one(elements, budget, probed):
    assert Settings(budget=budget).probes(elements) is probed
    assert Settings(mode="full", budget=budget).probes(elements) is False
    assert Settings(mode="probe", budget=budget).probes(1) is True


@pytest.mark.parametrize(
    ("setting", "good", "bad"),
    [
        ("eps", [1e-10, 0.5], [0.9e-10, 0.51, np.nan]),
        ("tolerance", [0, 1e300], [-1e-9, np.inf, np.nan]),
        ("sample", [0, 1], [-1]),
        ("budget", [1], [0]),
        ("order", [1, 2], [0, 3]),
        ("mode", ["auto", "full", "probe"], ["fast"]),
    ],
)
def test_the_ends_of_every_setting(setting, good, bad):
    for value in good:
        assert getattr(Settings(**{setting: value}), setting) == value
    for value in bad:
        with pytest.raises(ValueError, match=setting):
            Settings(**{setting: value})


def test_evaluations_of_training_and_evaluation_are_added_up():
    x = np.random.default_rng(0).standard_normal((4, 2))
    model = nn.BatchNorm1d(2)
    both = gradcheck(model, x)
    assert "checked in training and evaluation mode" in both.notes
    model.eval()
    alone = gradcheck(model, x)
    assert both.evaluations > 1.5 * alone.evaluations
    assert both.findings[0].evidence is not None


def test_a_problem_without_operands_has_sizes_all_the_same():
    empty = Problem(lambda leaves: [], [])
    assert empty.scales().size == empty.elsewhere().size == empty.x.size == 0


def test_the_error_is_that_of_the_worst_element_relative_to_it():
    op = Op(lambda x: 2 * x, [lambda g, y, x: 2 * g * (1 + 0.25 * (x < 0))])
    report = gradcheck(op, X)
    assert report.error == pytest.approx(0.2, rel=1e-6)  # relative to the larger one of the two
    assert report.findings[0].worst == (1,)
    nowhere = gradcheck(Op(lambda x: 2 * x, [lambda g, y, x: np.where(x < 0, np.nan, 2 * g)]), X)
    assert nowhere.error == np.inf
    assert nowhere.findings[0].evidence.worst == (1,)


def test_numbers_that_noise_hides_are_inconclusive():
    noisy = Op(lambda x: x + 1e-3 * np.sin(1e13 * x), [lambda g, y, x: g * 1.0])
    report = gradcheck(noisy, X)
    assert report.verdict is Verdict.INCONCLUSIVE, report


def test_the_coarsest_precision_on_the_way_is_that_of_the_differences():
    narrow = lambda x: np.tanh(x.astype(np.float32) * 1.5)
    p = problem(narrow)
    p.at(p.x)
    assert compare(p, np.random.default_rng(0), Settings()).differences.eps == np.finfo(np.float32).eps
    report = gradcheck(narrow, X, order=2)
    assert {finding.order for finding in report.findings} == {1, 2}
    assert all(f.evidence.comparison.differences.eps == np.finfo(np.float32).eps for f in report.findings)
    assert compare(problem(np.tanh), np.random.default_rng(0), Settings()).differences.eps == np.finfo(float).eps


def test_the_worst_element_is_one_that_was_compared():
    report = gradcheck(lambda x: np.exp(x) * abs(x), np.array([0.0, 1.0, 2.0]))
    assert report.verdict is Verdict.KINK_OK
    assert report.findings[0].evidence.worst != (0,)


def test_a_whole_function_has_the_shape_of_its_one_output():
    p = problem(lambda x, z: np.outer(x, z), X, X[:2])
    case = Case.of_problem(p, 1)
    assert (case.y.shape, case.x.shape, case.operand) == ((3, 2), (2,), "x1")
    assert np.allclose(case.A[0], case.N[0])
    both = Case.of_problem(problem(lambda x: (x, x * x)), 0)
    assert both.y.shape == (6,)


def test_a_large_surrogate_that_mixes_its_elements_is_not_accused():
    op = Op(lambda x: np.sign(x), [lambda g, y, x: g.sum() * np.ones_like(x)], surrogate=True)
    loss = op(Tensor(np.linspace(0.5, 2, 300), requires_grad=True)).sum()
    loss.backward()
    assert audit(loss)
