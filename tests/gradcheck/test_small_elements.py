"""Elements much smaller than the numbers that a function is made of: nearby it is flat, or a staircase of rounding."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.gradcheck.audit import audit
from minigrad.gradcheck.check import gradcheck
from minigrad.gradcheck.diagnosis.black_box import black_box
from minigrad.gradcheck.noise import scatter, stairs
from minigrad.gradcheck.numeric import STEP, Differences, Outcome
from minigrad.gradcheck.verdict import Verdict

FUNCTIONS = {
    "1 - cos x": lambda x: 1 - np.cos(x),
    "log(1 + x)": lambda x: np.log(1 + x),
    "x - sin x": lambda x: x - np.sin(x),
    "sqrt(1 + x²) - 1": lambda x: np.sqrt(1 + x * x) - 1,
    "exp(x) - 1": lambda x: np.exp(x) - 1,
    "cosh(x) - 1": lambda x: np.cosh(x) - 1,
    "tanhshrink": mg.tanhshrink,
    "softplus(x) - log 2": lambda x: mg.softplus(x) - np.log(2),
    "(1 + x) - 1": lambda x: (1 + x) - 1,
    "variance around 1e9": lambda x: np.var(1e9 + x),
    "weighted": lambda x: (x - np.tanh(x)) * np.linspace(0.3, 1.7, x.shape[-1]),
}
SCALES = (1e-2, 1e-6, 1e-7, 1e-8, 1e-9, 1e-12, 1e-25)
X = np.array([1.2573022109339329, -0.5321, 0.714])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_right_gradient_is_not_accused_at_any_scale(name):
    f, rng = FUNCTIONS[name], np.random.default_rng(0)
    for scale in SCALES:
        for shape in ((3,), (6, 6), (40, 40)):  # the last is looked at along random directions
            assert gradcheck(f, rng.standard_normal(shape) * scale).verdict is not Verdict.WRONG, scale
        x = mg.tensor(rng.standard_normal(6) * scale, requires_grad=True)
        assert audit((f(x) * np.arange(1.0, 7.0)).sum()), scale


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_of_many_elements_of_every_scale_one_in_ten_thousand_is_accused_at_most(seed):
    elements = np.random.default_rng(seed).standard_normal((30, 30))
    accused, total = 0, 0
    for f in FUNCTIONS.values():
        for scale in (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9):
            report = gradcheck(f, elements * scale)
            accused += sum(finding.wrong for finding in report.findings if finding.verdict is Verdict.WRONG)
            total += elements.size
    assert accused <= 1e-4 * total, (accused, total)


WRONG = {
    "log(1 + x)": (lambda x: np.log(1 + x), lambda x: 1.01 / (1 + x), 1e-25),
    "exp(x) - 1": (lambda x: np.exp(x) - 1, lambda x: 1.01 * np.exp(x), 1e-25),
    "1 - cos x": (lambda x: 1 - np.cos(x), lambda x: 1.5 * np.sin(x), 1e-6),
    "x - sin x": (lambda x: x - np.sin(x), lambda x: 1.5 * (1 - np.cos(x)), 1e-6),
    "relu": (lambda x: np.maximum(x, 0), lambda x: 1 + 0 * x, 1e-25),
    "a dead zone": (lambda x: np.maximum(x - 5, 0), lambda x: 1 + 0 * x, 1e-25),
    "a tiny function": (lambda x: 1e-20 * np.sin(x), lambda x: 0 * x, 1e-25),
    "a seventh power": (lambda x: x**7, lambda x: 14 * x**6, 1e-25),
    "a quantizer in thousandths": (lambda x: np.round(x * 1e3) / 1e3, lambda x: 1.5 + 0 * x, 1e-25),
    "a quantizer in millionths": (lambda x: np.round(x * 1e6) / 1e6, lambda x: 1.5 + 0 * x, 1e-25),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_gradient_is_found_as_far_as_numbers_go(name):
    forward, slope, smallest = WRONG[name]
    op = black_box(lambda x: forward(x), lambda g, y, x: g * slope(x))
    for scale in (s for s in SCALES if s >= smallest):
        assert gradcheck(op, X * scale).verdict is Verdict.WRONG, scale


def test_from_afar_a_claim_is_acquitted_only_if_it_agrees_and_nothing_is_seen_nearby():
    f = lambda x: Outcome(np.sqrt(1 + x * x) - 1)
    x = np.full(1, 1e-8)
    for directions in (None, np.full((1, 1), 1e-9)):
        unit = 1.0 if directions is None else 1e-9
        d = Differences(f, x, np.full(1, 1e-8) if directions is None else np.ones(1), directions=directions)
        for claim, acquitted in ((1.0, True), (1.1, False), (-1.0, False)):
            estimate = d.estimate(np.ones(1))
            before = estimate.value.copy()
            assert d.acquits_from_afar(np.ones(1), 0, claim * 1e-8 * unit, estimate, 0) is acquitted, claim
            if acquitted:
                assert estimate.value[0] == pytest.approx(1e-8 * unit, rel=0.01)
                assert 0 < estimate.tol[0] < 1e-9 * unit
                assert (estimate.calm[0], estimate.bent[0]) == (True, False)
            else:
                assert estimate.value == before


def test_elements_of_ordinary_size_are_not_looked_at_from_afar():
    d = Differences(lambda x: Outcome(0 * x), np.full(1, 0.1), np.full(1, 0.1))
    estimate, evaluations = d.estimate(np.ones(1)), d.evaluations
    assert not d.acquits_from_afar(np.ones(1), 0, 1e-17, estimate, 0)
    assert d.evaluations == evaluations


def test_a_step_is_seen_where_several_values_are_met_more_than_once():
    def of(*values):
        return stairs(np.array([values]).T)[0]

    assert of(0.0, 0.5, 0.0, 0.5) == 0.5
    assert of(1.0, 1.0, 2.0, 2.0, 2.25) == 0.25
    assert of(2.0, 1.0, 2.0, 1.0, 2.0) == 1.0
    assert of(0.0, 0.0, 0.0, 1.0, 2.0) == 0  # flat on one side, as a relu
    assert of(0.0, 0.1, 0.2, 0.3) == 0
    assert of(0.0, 0.0, 0.0) == 0


def test_the_scatter_of_a_function_is_its_rounding_and_0_at_a_kink():
    x, ones = np.array([0.3, -0.2]), np.ones(2)
    smooth = scatter(lambda x: Outcome(np.sin(x)), x, ones, Outcome(np.sin(x)), STEP)
    rough = scatter(lambda x: Outcome(np.sin(x) + 1e5 - 1e5), x, ones, Outcome(np.sin(x) + 1e5 - 1e5), STEP)
    assert np.all(smooth < 1e-12)
    assert np.all((rough > 1e-12) & (rough < 1e-10))
    kinked = scatter(lambda x: Outcome(abs(x), x[0] > 0.3), x, ones, Outcome(abs(x), False), STEP)
    assert np.array_equal(kinked, [0, 0])
