"""The lecture's rows that no single module owns, each against its own formula written out in plain NumPy.

The optimizers' rows are in tests/optim/test_first_order.py, the penalties' in tests/optim/test_regularizers.py, the
decays' in tests/optim/schedules/test_decays.py, and what the methods do to a model in tests/examples.
"""

import re
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.optim import L2

RNG = np.random.default_rng(0)
DOCS = Path(__file__).parents[1] / "docs"


def test_the_objective_is_the_mean_data_loss_plus_lambda_times_the_penalty():
    x, y, lam = RNG.standard_normal((5, 4)), np.array([0, 2, 1, 1, 0]), 0.1
    w = mg.tensor(RNG.standard_normal((3, 4)), requires_grad=True)
    loss = nn.cross_entropy(mg.linear(mg.tensor(x), w), y) + L2(lam)([w])
    loss.backward()

    scores = x @ w.data.T
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert loss.item() == pytest.approx(-np.log(p[np.arange(5), y]).mean() + lam * np.sum(w.data**2), rel=1e-14)
    np.testing.assert_allclose(w.grad, (p - np.eye(3)[y]).T @ x / 5 + 2 * lam * w.data, rtol=1e-12)


def test_the_forward_difference_approximates_the_gradient_and_the_checker_does_far_better():
    x, h = RNG.standard_normal(4), 1e-5

    def f(x):
        return np.sum(np.tanh(x) ** 2)

    exact = mg.grad(f)(x)
    slow = [(f(x + h * e) - f(x)) / h for e in np.eye(4)]
    assert np.max(np.abs(slow - exact)) < 1e-4
    (found,) = mg.gradcheck(f, x).findings
    assert found.error < 1e-3 * np.max(np.abs((slow - exact) / exact))


def test_dropout_keeps_a_unit_with_probability_1_minus_p_and_divides_by_it():
    x = RNG.standard_normal((6, 5))
    y = nn.Dropout(0.25, rng=3)(mg.tensor(x)).numpy()
    kept = np.random.default_rng(3).random((6, 5), dtype=np.float32) >= 0.25
    np.testing.assert_allclose(y, x * kept / 0.75, rtol=1e-15)


def test_batch_normalization_subtracts_the_batch_mean_and_divides_by_its_deviation():
    x = RNG.standard_normal((8, 3))
    y = nn.BatchNorm1d(3)(mg.tensor(x)).numpy()
    np.testing.assert_allclose(y, (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-5), rtol=1e-12)


def test_stochastic_depth_drops_the_whole_branch_of_an_example():
    x, branch = RNG.standard_normal((6, 4)), nn.Tanh()
    y = nn.Residual(branch, nn.StochasticDepth(0.5, rng=1))(mg.tensor(x)).numpy()
    kept = np.random.default_rng(1).random((6, 1), dtype=np.float32) >= 0.5
    np.testing.assert_allclose(y, x + kept / 0.5 * np.tanh(x), rtol=1e-15)


def test_newtons_step_goes_to_the_minimum_of_a_quadratic_and_gradient_descent_does_not():
    A, b, x = np.diag([1.0, 100.0]), np.array([1.0, -2.0]), np.array([3.0, 4.0])

    def f(x):
        return 0.5 * np.dot(x, A @ x) - np.dot(b, x)

    newton = x - np.linalg.solve(mg.hessian(f)(x), mg.grad(f)(x))
    np.testing.assert_allclose(newton, np.linalg.solve(A, b), rtol=1e-12)
    assert np.linalg.norm(x - 0.01 * mg.grad(f)(x) - np.linalg.solve(A, b)) > 1


NAMED = re.findall(r"`((?:tests|examples)/[\w/.]+)", (DOCS / "lecture.md").read_text())


@pytest.mark.parametrize("named", sorted(set(NAMED)))
def test_what_the_page_on_the_lecture_points_to_is_there(named):
    assert (DOCS.parent / named).exists()
