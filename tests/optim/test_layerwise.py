"""Muon and LAMB look at a weight as a whole."""

import numpy as np
import pytest

from minigrad.optim import LAMB, Muon
from minigrad.optim.layerwise import orthogonalized
from tests.optim.tools import follow, leaf

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(4, 4), (3, 7), (7, 3), (1, 5)])
def test_the_singular_values_of_the_orthogonalized_are_near_1_and_its_axes_are_kept(shape):
    x = RNG.standard_normal(shape)
    u, _, vt = np.linalg.svd(x, full_matrices=False)
    inner = u.T @ orthogonalized(x) @ vt.T
    np.testing.assert_allclose(inner - np.diag(np.diag(inner)), 0, atol=1e-9)
    assert (np.diag(inner) > 0.6).all()
    assert (np.diag(inner) < 1.3).all()


def test_a_gradient_of_zeros_stays_zero():
    assert not orthogonalized(np.zeros((2, 3))).any()


@pytest.mark.parametrize("nesterov", [True, False])
def test_muon_is_its_recurrence(nesterov):
    p, buffer, gradients = RNG.standard_normal((4, 2)), np.zeros((4, 2)), RNG.standard_normal((5, 4, 2))
    w = leaf(p)
    after = follow(Muon([w], 0.1, momentum=0.9, weight_decay=0.2, nesterov=nesterov), w, gradients)
    for g, found in zip(gradients, after, strict=True):
        buffer = 0.9 * buffer + 0.1 * g
        u = 0.9 * buffer + 0.1 * g if nesterov else buffer
        x = u.T / np.linalg.norm(u)
        for _ in range(5):
            gram = x @ x.T
            x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
        p = p * (1 - 0.1 * 0.2) - 0.1 * np.sqrt(2) * x.T
        np.testing.assert_allclose(found, p, rtol=1e-12)


def test_muon_takes_matrices_only_and_says_where_the_rest_goes():
    with pytest.raises(ValueError, match=r"Muon moves matrices, but b has shape \(3,\): give it to another"):
        Muon([leaf(np.ones((2, 2))), leaf(np.ones(3), name="b")])


def test_lamb_steps_are_as_long_as_the_weight():
    w = leaf(RNG.standard_normal((3, 4)))
    before = w.data
    follow(LAMB([w], 0.1), w, [RNG.standard_normal((3, 4))])
    assert np.linalg.norm(w.data - before) == pytest.approx(0.1 * np.linalg.norm(before))


def test_lamb_leaves_the_length_alone_where_a_norm_is_0():
    w = leaf(np.zeros((1, 2)))
    follow(LAMB([w], 0.1), w, [[[1.0, -1.0]]])
    np.testing.assert_allclose(w.data, [[-0.1, 0.1]], rtol=1e-5)
    follow(LAMB([w], 0.1), w, [[[0.0, 0.0]]])
    np.testing.assert_allclose(w.data, [[-0.1, 0.1]], rtol=1e-5)


@pytest.mark.parametrize(("shape", "longer"), [((4, 4), 1), ((6, 4), 1.5), ((4, 6), 1)])
def test_the_step_of_muon_grows_with_the_root_of_rows_over_columns_of_a_tall_weight_alone(shape, longer):
    g, w = RNG.standard_normal(shape), leaf(np.zeros(shape))
    (found,) = follow(Muon([w], 1.0, momentum=0.0, nesterov=False), w, [g])
    np.testing.assert_allclose(found, -np.sqrt(longer) * orthogonalized(g), rtol=1e-12)
