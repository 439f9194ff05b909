"""Every fault, at random shapes, must be named at first place: by its code, and with what is needed to mend it."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.declare import OPS
from minigrad.gradcheck import Case, black_box, diagnose, gradcheck
from minigrad.gradcheck.diagnosis.guess import EXACT
from tests.gradcheck.faults import CATALOGUE, diagnosed
from tests.gradcheck.more_faults import MORE
from tests.gradcheck.still_more_faults import STILL_MORE


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("fault", CATALOGUE, ids=lambda fault: fault.name)
def test_a_fault_of_the_catalogue_is_named_at_first_place(fault, seed, as_before):
    diagnosis = diagnosed(fault, seed)
    as_before(diagnosis)
    assert diagnosis.code in fault.codes.split(), diagnosis
    assert fault.says in diagnosis.text, diagnosis
    assert diagnosis.residual <= EXACT
    assert diagnosis.advice


@pytest.mark.parametrize("fault", [*MORE, *STILL_MORE], ids=lambda fault: fault.name)
def test_a_fault_of_a_layer_or_a_loss_is_named_at_first_place(fault, as_before):
    diagnosis = diagnosed(fault, 0)
    as_before(diagnosis)
    assert diagnosis.code in fault.codes.split(), diagnosis


def test_a_right_gradient_has_no_diagnosis():
    case = Case.of_call(black_box(lambda x: np.tanh(x), lambda g, y, x: g * (1 - y * y)), [np.arange(4.0)])
    assert diagnose(case).code == "NOTHING"


def scanned(factor):
    """A running sum, and a backward that has this factor for every pair of an output and an element."""
    return black_box(lambda x: x.cumsum(), lambda g, y, x: np.triu(factor) @ g)


def test_what_nothing_explains_is_unknown_and_says_so():
    noise = np.random.default_rng(0).standard_normal((9, 9))
    diagnosis = diagnose(Case.of_call(scanned(noise), [np.linspace(0.3, 2, 9)]))
    assert diagnosis.code == "UNKNOWN"
    assert diagnosis.residual > EXACT
    assert "no hypothesis reproduces" in diagnosis.text


def test_the_closest_explanation_is_told_with_what_it_leaves():
    noise = np.random.default_rng(0).standard_normal((9, 9))
    diagnosis = diagnose(Case.of_call(scanned(0.5 + 0.003 * noise), [np.linspace(0.3, 2, 9)]))
    assert diagnosis.code == "UNKNOWN"
    assert "comes closest" in diagnosis.text
    assert 1e-4 < diagnosis.residual < 0.1


def test_a_local_derivative_without_a_name_is_still_told():
    odd = black_box(lambda x: np.sin(x), lambda g, y, x: g * (np.cos(x) ** 5 + x**4))
    diagnosis = diagnose(Case.of_call(odd, [np.linspace(0.3, 2, 9)]))
    assert str(diagnosis).startswith("CHAIN_FACTOR: the local derivative is 15.9875 at x = 2, but -0.416147 fits")


def test_a_stored_gradient_is_recognised():
    earlier = np.arange(1.0, 6.0)
    op = black_box(lambda x: 2 * x, lambda g, y, x: 2 * g + earlier)
    case = Case.of_call(op, [np.ones(5)], previous=earlier)
    assert diagnose(case).code == "STALE_GRAD"


def test_a_changed_buffer_is_recognised():
    seen, now = np.array([0.5, 1.0, 2.0]), np.array([0.1, 0.2, 0.4])

    def stale(g, y, x, w):
        return g * np.exp(now), None

    op = black_box(lambda x, w: x * np.exp(w), stale)
    case = Case.of_call(op, [np.ones(3), seen], points={"the buffer as it is now": [np.ones(3), now]})
    assert str(diagnose(case)).startswith("SAVED_MUTATED: it is right for the buffer as it is now")


def test_a_large_operand_is_left_to_smaller_calls():
    turned = black_box(lambda a, b: a @ b, lambda g, y, a, b: (g @ b, None))
    rng = np.random.default_rng(0)
    diagnosis = diagnose(Case.of_call(turned, [rng.standard_normal((80, 70)), rng.standard_normal((70, 70))]))
    assert diagnosis.code == "MISSING_TRANSPOSE"
    assert "seen with a cut to shape (5, 4)" in diagnosis.text


def test_a_large_function_that_cannot_be_cut_is_not_diagnosed():
    big = Case("minus", lambda x: x, lambda g, y, args, kwargs: -g, [np.ones(5000)])
    assert diagnose(big).code == "UNKNOWN"
    assert "smaller" in diagnose(big).advice


def test_a_gradient_that_is_not_finite_is_located():
    inverse = black_box(lambda x: np.maximum(x, 0.5), lambda g, y, x: g * np.where(x > 0.5, 1.0, 1 / (x * 0)))
    diagnosis = diagnose(Case.of_call(inverse, [np.array([0.1, 1.5, 2.0])]))
    assert str(diagnosis).startswith("NOT_FINITE: the gradient is not finite where x < 1, but the derivative is")


def test_a_failed_check_of_a_function_says_why(monkeypatch):
    monkeypatch.setattr(OPS["softmax"], "formulas", (lambda g, y, x, axis=-1: g * y,))
    report = gradcheck(lambda x: mg.softmax(x), np.random.default_rng(0).standard_normal((4, 3)))
    assert "diagnosis: TERM_MISSING: what is missing is a multiple of y along axis 1" in str(report)
    assert len(str(report).split("\n  reproduce:")[0].splitlines()) <= 6


def test_a_function_with_several_outputs_is_diagnosed(monkeypatch):
    monkeypatch.setattr(OPS["tanh"], "formulas", (lambda g, y, x: 2 * g * (1 - y * y),))
    report = gradcheck(lambda x: (mg.tanh(x), mg.tanh(x) + 1), np.array([0.5, -1.0, 2.0]))
    assert "diagnosis: FACTOR: it is 2" in str(report)
