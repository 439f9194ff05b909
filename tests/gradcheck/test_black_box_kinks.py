"""Kinks of functions that tell of none: found by how the slopes on both sides behave, and judged like others."""

import numpy as np
import pytest

from minigrad.engine import Op
from minigrad.gradcheck import Verdict, gradcheck

PASS, KINK_OK, KINK_WRONG, NOWHERE = "PASS", "KINK_OK", "KINK_WRONG", "NOT_DIFFERENTIABLE"


def elementwise(f, slope):
    return Op(lambda x: f(x), [lambda g, y, x: g * slope(x)])


def relu(at_zero, slope=1.0):
    return elementwise(
        lambda x: np.maximum(x, 0), lambda x: np.where(x > 0, slope, np.where(x == 0, at_zero * slope, 0.0))
    )


def function(f, gradient):
    return Op(lambda x: f(x), [lambda g, y, x: g * gradient(x, y)])


def shared(x, y):
    return (x == x.max()) / (x == x.max()).sum()


def ordered(x):
    return np.argsort(np.argsort(x, kind="stable"))


def outermost(x):
    return min(max(x[0], x[1]), max(x[2], x[3]))


def norm(x):
    return np.sqrt((x * x).sum())


ZERO = [0.0, 1.0, -1.0]
TIED = [1.0, 1.0, 1.0, 0.0]
ABS = elementwise(np.abs, np.sign)
CASES = {
    "relu at 0, gradient 0": (relu(0.0), ZERO, KINK_OK),
    "relu at 0, gradient 1/2": (relu(0.5), ZERO, KINK_OK),
    "relu at 0, gradient 1": (relu(1.0), ZERO, KINK_OK),
    "relu at 0, gradient -0.01": (relu(-0.01), ZERO, KINK_WRONG),
    "relu at 0, gradient 3/2": (relu(1.5), ZERO, KINK_WRONG),
    "relu at 0, wrong elsewhere": (elementwise(lambda x: np.maximum(x, 0), lambda x: 1.1 * (x > 0)), ZERO, "WRONG"),
    "leaky relu": (
        elementwise(lambda x: np.where(x > 0, x, x / 99), lambda x: np.where(x > 0, 1, 1 / 99)),
        ZERO,
        KINK_OK,
    ),
    "abs at 0": (ABS, [0.0, 2.0], KINK_OK),
    "abs at -5e-8": (ABS, [-5e-8, 2.0], PASS),
    "abs at 1e-4": (ABS, [1e-4, 2.0], PASS),
    "abs at 1e-3": (ABS, [1e-3, 2.0], PASS),
    "a small kink": (elementwise(lambda x: 1e-12 * abs(x), lambda x: 1e-12 * np.sign(x)), [0.0, 2], KINK_OK),
    "a kink on a large constant": (elementwise(lambda x: 1e6 + abs(x), np.sign), [0.0, 2], KINK_OK),
    "a slight kink of a slope": (
        elementwise(lambda x: 100 * x + 1e-4 * abs(x), lambda x: 100 + 1e-4 * np.sign(x)),
        [0.0, 2],
        KINK_OK,
    ),
    "elu at 0": (
        elementwise(lambda x: np.where(x > 0, x, np.expm1(x)), lambda x: np.exp(np.minimum(x, 0))),
        ZERO,
        PASS,
    ),
    "Huber at its bend": (
        elementwise(lambda x: np.where(abs(x) <= 1, x * x / 2, abs(x) - 0.5), lambda x: np.clip(x, -1, 1)),
        [1.0, -1, 0.3],
        PASS,
    ),
    "x |x| at 0": (elementwise(lambda x: x * abs(x), lambda x: 2 * abs(x)), ZERO, PASS),
    "|x|**1.5 at 0": (elementwise(lambda x: abs(x) ** 1.5, lambda x: 1.5 * abs(x) ** 0.5 * np.sign(x)), ZERO, PASS),
    "squared hinge at its margin": (
        elementwise(lambda x: np.maximum(1 - x, 0) ** 2, lambda x: -2 * np.maximum(1 - x, 0)),
        [1.0, 0.3],
        PASS,
    ),
    "a short wave": (elementwise(lambda x: np.sin(1e4 * x), lambda x: 1e4 * np.cos(1e4 * x)), [0.3, 0.7, 1.9], PASS),
    "sign at 0": (elementwise(np.sign, lambda x: 0 * x), [0.0, 1], NOWHERE),
    "a step at 0": (elementwise(lambda x: 1.0 * (x > 0), lambda x: 0 * x), [0.0, 1], NOWHERE),
    "floor at 2": (elementwise(np.floor, lambda x: 0 * x), [2.0, 0.4], NOWHERE),
    "floor near 2": (elementwise(np.floor, lambda x: 0 * x), [2.0000001, 0.4], PASS),
    "cube root at 0": (elementwise(np.cbrt, lambda x: 1 / (3 * np.cbrt(x) ** 2)), [0.0, 1], NOWHERE),
    "root of |x| at 0": (
        elementwise(lambda x: np.sqrt(abs(x)), lambda x: np.sign(x) / np.sqrt(4 * abs(x) + 1e-300)),
        [0.0, 1],
        NOWHERE,
    ),
    "maximum, shared": (function(np.max, shared), TIED, KINK_OK),
    "maximum, to the first": (function(np.max, lambda x, y: np.eye(4)[np.argmax(x)]), TIED, KINK_OK),
    "maximum, to each of them": (function(np.max, lambda x, y: x == y), TIED, KINK_WRONG),
    "maximum, to none": (function(np.max, lambda x, y: 0 * x), TIED, KINK_WRONG),
    "median of ties": (function(np.median, lambda x, y: ordered(x) == 2), [1.0, 1, 3, 0, 1], KINK_OK),
    "sorted ties": (Op(lambda x: np.sort(x), [lambda g, y, x: g[ordered(x)]]), [1.0, 1, 3, 0], KINK_OK),
    "minimum of maxima, shared": (function(outermost, lambda x, y: np.full(4, 0.25)), [0.0] * 4, KINK_OK),
    "sum of |x|": (function(lambda x: abs(x).sum(), lambda x, y: np.sign(x)), [0.0, 0, 1, -2], KINK_OK),
    "length at 0": (function(norm, lambda x, y: x / max(y, 1e-300)), [0.0] * 3, KINK_OK),
    "length at 0, gradient of ones": (function(norm, lambda x, y: x + 1), [0.0] * 3, KINK_WRONG),
}


@pytest.mark.parametrize("name", CASES)
def test_a_function_that_tells_of_no_kinks_is_judged_rightly_at_one(name, as_before):
    op, x, expected = CASES[name]
    report = gradcheck(op, np.array(x))
    as_before(report)
    assert report.verdict is Verdict[expected], report


@pytest.mark.parametrize("count", [65, 200])
def test_many_elements_at_a_kink_are_all_looked_at(count):
    x = np.zeros(count)
    assert gradcheck(relu(0.0), x).verdict is Verdict.KINK_OK
    (finding,) = gradcheck(relu(1.5), x).findings
    assert (finding.verdict, finding.wrong) == (Verdict.KINK_WRONG, count)


@pytest.mark.parametrize("branches", [None, lambda x: x > 0], ids=["no op tells", "the op tells"])
def test_of_many_elements_at_a_kink_the_one_that_is_wrong_is_found(branches):
    def one_is_wrong(g, y, x):
        return g * (x > 0) + 1.1 * g * (np.arange(len(x)) == 77)

    (finding,) = gradcheck(Op(lambda x: np.maximum(x, 0), [one_is_wrong], branches=branches), np.zeros(150)).findings
    assert (finding.verdict, finding.wrong, finding.worst) == (Verdict.KINK_WRONG, 1, (77,))


def test_the_convention_is_named():
    assert "the left slope" in str(gradcheck(relu(0.0), np.zeros(1)))
    assert "halfway" in str(gradcheck(relu(0.5), np.zeros(1)))


def test_a_gradient_outside_says_between_which_slopes_it_should_be():
    assert "0 and 1" in str(gradcheck(relu(1.5), np.array(ZERO)))


def test_a_short_wave_near_its_crest_is_no_kink_and_a_small_error_there_is_found():
    x = np.array([4.5 * np.pi - 0.016, 0.3]) / 50
    falsified = Op(lambda x: 1 * x, [lambda g, y, x: 1.0001 * g])
    assert gradcheck(lambda x: np.sin(50 * x), x)
    (finding,) = gradcheck(lambda x: np.sin(50 * falsified(x)), x).findings
    assert finding.wrong == 2
