"""standardize and rms_normalize: what comes out has mean 0 and variance 1; derivatives are checked with all ops."""

import numpy as np
import pytest

from minigrad.ops.normalization import rms_normalize, standardize

X = np.random.default_rng(0).normal(3.0, 2.0, (5, 6, 7))


@pytest.mark.parametrize("axis", [-1, 0, (0, 2), (-2, -1)])
def test_standardized_values_have_mean_0_and_variance_1(axis):
    y = standardize(X, axis, eps=0.0)
    np.testing.assert_allclose(y.mean(axis), 0, atol=1e-14)
    np.testing.assert_allclose(y.var(axis), 1, rtol=1e-13)


@pytest.mark.parametrize("axis", [-1, 0, (0, 2), (-2, -1)])
def test_normalized_values_have_mean_square_1(axis):
    np.testing.assert_allclose(np.square(rms_normalize(X, axis, eps=0.0)).mean(axis), 1, rtol=1e-13)


def test_a_large_mean_costs_no_digits():
    np.testing.assert_allclose(standardize(X + 2.0**30), standardize(X), atol=1e-6)


def test_eps_is_added_to_the_variance():
    np.testing.assert_allclose(standardize(np.array([-1.0, 1.0]), eps=3.0), [-0.5, 0.5], rtol=1e-15)
    np.testing.assert_allclose(rms_normalize(np.array([-1.0, 1.0]), eps=3.0), [-0.5, 0.5], rtol=1e-15)
