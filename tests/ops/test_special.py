import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import minigrad as mg


def ulps(got, wanted):
    return np.max(np.abs(got - wanted) / np.spacing(np.abs(wanted)))


def test_erf_is_right_to_a_few_units_in_the_last_place():
    x = np.concatenate([np.linspace(-6, 6, 20001), [1e-300, 0.46875, -0.46875, 4.0, 1e200]])
    assert ulps(mg.erf(x), np.vectorize(math.erf)(x)) <= 4


def test_erfc_is_right_to_a_few_units_in_the_last_place_far_into_its_tail():
    x = np.concatenate([np.linspace(-6, 26, 20001), [1e-300, 0.46875, -0.46875, 4.0]])
    assert ulps(mg.erfc(x), np.vectorize(math.erfc)(x)) <= 8


def test_erf_and_erfc_know_their_limits_and_pass_nan_on():
    with np.errstate(all="raise"):
        at = np.array([-np.inf, -1e300, 0, 1e300, np.inf])
        assert_array_equal(mg.erf(at), [-1, -1, 0, 1, 1])
        assert_array_equal(mg.erfc(at), [2, 2, 1, 0, 0])
        assert np.isnan(mg.erf(np.array([np.nan]))).all()
        assert np.isnan(mg.erfc(np.array([np.nan]))).all()


def test_erf_of_float32_is_right_to_float32():
    x = np.linspace(-4, 4, 1001, dtype="float32")
    assert mg.erf(x).dtype == np.float32
    assert_allclose(mg.erf(x), np.vectorize(math.erf)(x), rtol=5e-7)
    assert_allclose(mg.erfc(x), np.vectorize(math.erfc)(x), rtol=5e-6)


@pytest.mark.parametrize(("function", "sign"), [(mg.erf, 1), (mg.erfc, -1)])
def test_two_derivatives_are_the_bell_curves(function, sign):
    x = mg.tensor([-2.0, 0.0, 0.5, 30.0], requires_grad=True)
    (first,) = mg.autograd.grad(function(x).sum(), x, create_graph=True)
    (second,) = mg.autograd.grad(first.sum(), x)
    bell = sign * 2 / math.sqrt(math.pi) * np.exp(-(x.data**2))
    assert_allclose(first.data, bell, rtol=1e-15)
    assert_allclose(second.data, -2 * x.data * bell, rtol=1e-14)


def test_logit_is_the_inverse_of_the_sigmoid():
    x = np.linspace(-20, 10, 31)
    assert_allclose(mg.logit(mg.sigmoid(x)), x, rtol=1e-11, atol=1e-15)
    assert_array_equal(mg.logit(np.array([0.0, 0.5, 1.0])), [-np.inf, 0, np.inf])
