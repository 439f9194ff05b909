"""Right gradients that checkers are known to call wrong. None may be accused, and each verdict must be honest."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine import Op
from minigrad.gradcheck import Verdict, gradcheck

PASS, KINK_OK, VACUOUS = Verdict.PASS, Verdict.KINK_OK, Verdict.VACUOUS
RNG = np.random.default_rng(3)
X = RNG.standard_normal((3, 4))
IMAGE = np.full((4, 4), 0.7)


def relu_with(at_zero):
    """relu, with this gradient at 0."""
    slope = lambda g, y, x: g * np.where(x > 0, 1.0, np.where(x == 0, at_zero, 0.0))
    return Op(lambda x: np.maximum(x, 0), [slope], branches=lambda x: np.sign(x))


def first_maximum():
    def slope(g, y, x):
        return g * np.eye(x.size)[np.argmax(x)]

    return Op(lambda x: np.max(x), [slope], branches=lambda x: x == np.max(x))


def max_pool(x):
    return np.max(x.reshape(2, 2, 2, 2), axis=(1, 3))


def huber(x):
    return mg.where(np.abs(x) <= 1, x * x / 2, np.abs(x) - 0.5)


def layernorm(x):
    centred = x - np.mean(x, axis=-1, keepdims=True)
    return centred / np.sqrt(np.mean(centred * centred, axis=-1, keepdims=True))


def ill_conditioned():
    q, _ = np.linalg.qr(RNG.standard_normal((3, 3)))
    return q @ np.diag([1.0, 1e-3, 1e-7]) @ q.T


TRAPS = {
    "relu at 0, gradient 0": (relu_with(0.0), np.array([0.0, 1, -1]), KINK_OK),
    "relu at 0, gradient 1/2": (relu_with(0.5), np.array([0.0, 1, -1]), KINK_OK),
    "relu at 0, gradient 1": (relu_with(1.0), np.array([0.0, 1, -1]), KINK_OK),
    "relu at 5e-7": (mg.relu, np.array([5e-7, -5e-7, 1.0]), PASS),
    "several relus at 0, summed with weights": (
        lambda x: np.sum(mg.relu(x) * np.array([1.0, -2, 3, -1])),
        np.array([0.0, 0, 0, 1]),
        KINK_OK,
    ),
    "abs at 0": (np.abs, np.array([0.0, 2.0]), KINK_OK),
    "abs at -5e-8": (np.abs, np.array([-5e-8, 2.0]), PASS),
    "maximum of a three-way tie, shared evenly": (np.max, np.array([1.0, 1, 1, 0]), KINK_OK),
    "maximum of a tie, to the first": (first_maximum(), np.array([1.0, 1, 1, 0]), KINK_OK),
    "maximum of two equal arrays": (lambda x: np.maximum(x, np.array([1.0, 2.0])), np.array([1.0, 3.0]), KINK_OK),
    "maximum of a near-tie": (np.max, np.array([1.0, 1 + 1e-7, 0]), PASS),
    "hinge at the margin": (lambda x: mg.relu(1 - x), np.array([1.0, 0.3]), KINK_OK),
    "clip at its bounds": (lambda x: np.clip(x, -1, 1), np.array([-1.0, 0.3, 1, 4]), KINK_OK),
    "max-pool of a constant image": (max_pool, IMAGE, KINK_OK),
    "Huber at its bend": (huber, np.array([1.0, -1, 0.3, 2]), (PASS, KINK_OK)),
    "sqrt near 0": (np.sqrt, np.array([1e-5, 1.0]), PASS),
    "log near 0": (np.log, np.array([1e-7, 1.0]), PASS),
    "1/x near 0": (lambda x: 1 / x, np.array([1e-5, 1.0]), PASS),
    "square of 1e9": (np.square, np.array([1e9, -3e9]), PASS),
    "3 x at 1e11": (lambda x: 3 * x, np.array([1e11]), PASS),
    "a short wave": (lambda x: np.sin(1e5 * x), X, PASS),
    "exp at 600": (np.exp, np.array([600.0, 1.0]), PASS),
    "tanh at 18": (np.tanh, np.array([18.0, 0.4]), PASS),
    "tanh at 18 alone": (np.tanh, np.array([18.0]), PASS),
    "inverse of a matrix of condition 1e7": (np.linalg.inv, ill_conditioned(), (PASS, Verdict.INCONCLUSIVE)),
    "layer normalization of values near 1e6": (layernorm, 1e6 + X, PASS),
    "a large constant": (lambda x: 1e6 + x * x, X, PASS),
    "a tiny function": (lambda x: 1e-12 * np.sin(x), X, PASS),
    "a mean over many elements": (lambda x: np.mean(np.concatenate([x, np.ones(99_990)])), X.ravel()[:10], PASS),
    "softmax summed": (lambda x: mg.softmax(x).sum(), X, VACUOUS),
    "layer normalization summed": (lambda x: np.sum(layernorm(x)), X, VACUOUS),
    "floor near a whole number": (np.floor, np.array([2.0000001, 0.4]), PASS),
    "round near a half": (np.round, np.array([0.5000001, 0.4]), PASS),
    "an empty array": (np.exp, np.zeros((0, 3)), PASS),
    "an array without axes": (np.exp, np.array(0.3), PASS),
    "a number": (np.exp, 0.3, PASS),
    "a transposed array": (np.exp, X.T, PASS),
    "a strided array": (np.exp, X[::2, ::-1], PASS),
    "a broadcast array": (np.exp, np.broadcast_to(np.array([[0.5], [1.5]]), (2, 3)), PASS),
    "an output that is a view of the input": (lambda x: x.T, X, PASS),
    "the input itself": (lambda x: x, X, PASS),
    "a masked singularity": (lambda x: mg.where(x > 0, np.sqrt(mg.where(x > 0, x, 1)), 0), np.array([-1.0, 0.3]), PASS),
    "an output that is infinite beside one that is not": (lambda x: np.log(x), np.array([0.0, 2.0]), "not wrong"),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_right_gradient_is_not_accused(trap, as_before):
    fn, x, expected = TRAPS[trap]
    report = gradcheck(fn, x)
    as_before(report)
    if expected == "not wrong":
        assert report.verdict not in (Verdict.WRONG, Verdict.KINK_WRONG), report
    else:
        assert report.verdict in (expected if isinstance(expected, tuple) else (expected,)), report


def test_an_array_passed_twice_is_two_inputs():
    assert gradcheck(lambda a, b: a * b, X, X)


def test_a_tensor_used_twice_has_the_sum_of_both_gradients():
    assert gradcheck(lambda a: a * a + np.exp(a), X)


def test_float32_values_are_checked_in_float64_and_the_report_says_so():
    report = gradcheck(
        lambda x, w: np.tanh(x @ w), X.astype(np.float32), RNG.standard_normal((4, 2)).astype(np.float32)
    )
    assert report.verdict is PASS
    assert "checked in float64" in str(report)
    assert report.resolution < 1e-6


def test_float32_parameters_are_checked_in_float64_and_stay_float32():
    w = mg.tensor(RNG.standard_normal((4, 2)).astype(np.float32), requires_grad=True)
    kept = w.data
    report = gradcheck(lambda: np.tanh(mg.tensor(X.astype(np.float32)) @ w), params=[w])
    assert report.verdict is PASS
    assert w.data is kept
    assert report.resolution < 1e-6


def test_a_function_that_computes_in_float32_passes_with_a_resolution_that_says_so():
    report = gradcheck(lambda x: np.sin(x.astype(np.float32)), X)
    assert report.verdict in (PASS, Verdict.INCONCLUSIVE), report
    assert report.resolution > 1e-8


@pytest.mark.parametrize("seed", range(3))
def test_a_relu_network_is_checked_through_its_many_kinks(seed):
    rng = np.random.default_rng(seed)
    x, w, u = rng.standard_normal((8, 5)), rng.standard_normal((5, 20)), rng.standard_normal((20, 3))
    report = gradcheck(lambda w, u: mg.relu(mg.relu(x @ w) @ u), w, u)
    assert report.verdict is PASS
    assert report.resolution < 1e-6


class TestAtAKink:
    def test_the_convention_is_named(self):
        assert "the left slope" in str(gradcheck(relu_with(0.0), np.zeros(1)))
        assert "halfway" in str(gradcheck(relu_with(0.5), np.zeros(1)))
        assert "the right slope" in str(gradcheck(relu_with(1.0), np.zeros(1)))

    @pytest.mark.parametrize("at_zero", [-0.01, 1.5, 7.0])
    def test_a_gradient_outside_the_one_sided_slopes_is_wrong(self, at_zero):
        report = gradcheck(relu_with(at_zero), np.array([0.0, 1.0]))
        assert report.verdict is Verdict.KINK_WRONG
        assert "[0]" in str(report)

    def test_the_full_gradient_to_every_winner_of_a_tie_is_wrong_although_each_alone_would_do(self):
        op = Op(np_max := lambda x: np.max(x), [lambda g, y, x: g * (x == y)], branches=lambda x: x == np_max(x))
        report = gradcheck(op, np.array([1.0, 1.0, 1.0, 0.0]))
        assert report.verdict is Verdict.KINK_WRONG
        assert "moved together" in str(report)

    def test_no_gradient_to_any_winner_of_a_tie_is_wrong(self):
        op = Op(lambda x: np.max(x), [lambda g, y, x: 0 * g * x], branches=lambda x: x == np.max(x))
        assert gradcheck(op, np.array([1.0, 1.0, 0.0])).verdict is Verdict.KINK_WRONG

    def test_a_jump_has_no_derivative(self):
        report = gradcheck(np.sign, np.array([0.0, 1.0]))
        assert report.verdict is Verdict.NOT_DIFFERENTIABLE
        assert "jumps" in str(report)

    def test_an_infinite_slope_is_no_derivative(self):
        report = gradcheck(np.sqrt, np.array([0.0, 1.0]))
        assert report.verdict is Verdict.NOT_DIFFERENTIABLE
        assert "infinite" in str(report)

    def test_an_error_elsewhere_is_found_all_the_same(self):
        op = Op(lambda x: abs(x), [lambda g, y, x: g * np.where(x > 3, 1.001, np.sign(x))], branches=np.sign)
        report = gradcheck(op, np.array([0.0, 1.0, 4.0]))
        assert report.verdict is Verdict.WRONG
        assert "[2]" in str(report)

    def test_the_second_order_is_checked_at_all_other_elements(self):
        assert gradcheck(lambda x: mg.relu(x) ** 3, np.array([0.0, 1.0, -1.0]), order=2)
