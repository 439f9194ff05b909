"""L-BFGS beyond PyTorch's trajectory, which the parity tests compare."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.errors import NonFiniteError
from minigrad.optim import L2, LBFGS
from minigrad.optim.lbfgs import inverse_hessian_times
from tests.optim.parity import rosenbrock
from tests.optim.tools import leaf

RNG = np.random.default_rng(0)


def test_the_two_loop_recursion_multiplies_by_the_bfgs_matrix():
    """H of k pairs, built densely by the BFGS formula from the last pair's scaled identity."""
    n, k = 6, 4
    s = RNG.standard_normal((k, n))
    y = s + 0.1 * RNG.standard_normal((k, n))
    h = np.eye(n) * (s[-1] @ y[-1]) / (y[-1] @ y[-1])
    for s_i, y_i in zip(s, y, strict=True):
        rho = 1 / (y_i @ s_i)
        left = np.eye(n) - rho * np.outer(s_i, y_i)
        h = left @ h @ left.T + rho * np.outer(s_i, s_i)
    g = RNG.standard_normal(n)
    np.testing.assert_allclose(inverse_hessian_times(g, s, y), h @ g, atol=1e-12)


def test_rosenbrocks_valley_takes_46_evaluations():
    w = leaf([-1.2, 1.0])
    optimizer = LBFGS([w], line_search_fn="strong_wolfe")
    losses = [optimizer.step(lambda: rosenbrock(w)).item() for _ in range(4)]
    np.testing.assert_allclose(losses[:2], [24.2, 0.4234823], rtol=1e-6)
    assert losses[-1] < 1e-9
    assert optimizer.memory.evaluations == 46


@pytest.mark.parametrize("first", range(0, 60, 6))
@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_on_many_valleys_each_step_is_pytorchs(torch, search, first):
    """Quartics in three dimensions, with all options drawn: parameters and evaluations after each of five calls."""
    for seed in range(first, first + 6):
        rng = np.random.default_rng(seed)
        a, b, start = rng.standard_normal((3, 3)), rng.standard_normal(3), rng.standard_normal(3) * 2
        options = {
            "lr": float(rng.choice([0.1, 0.5, 1.0])),
            "max_iter": int(rng.choice([1, 2, 5, 20])),
            "max_eval": [30, 3, 10][rng.integers(3)],
            "history_size": int(rng.choice([1, 3, 100])),
            "tolerance_grad": float(rng.choice([1e-7, 1e-2])),
            "tolerance_change": float(rng.choice([1e-9, 1e-3])),
            "line_search_fn": search,
        }
        loss = lambda w, a=a, b=b: ((a @ w - b) ** 2).sum() + 0.1 * (w**4).sum()
        w, v = leaf(start), torch.tensor(start, requires_grad=True)
        ours, theirs = LBFGS([w], **options), torch.optim.LBFGS([v], **options)
        a, b = torch.tensor(a), torch.tensor(b)

        def closure(v=v, loss=loss, theirs=theirs, a=a, b=b):
            theirs.zero_grad()
            value = loss(v, a, b)
            value.backward()
            return value

        for _ in range(5):
            ours.step(lambda w=w, loss=loss: loss(w))
            theirs.step(closure)
            np.testing.assert_allclose(w.data, v.detach().numpy(), rtol=1e-5, atol=1e-6)
            assert ours.memory.evaluations == theirs.state[v]["func_evals"]


def test_only_the_last_pairs_are_remembered():
    w = leaf([-1.2, 1.0])
    optimizer = LBFGS([w], line_search_fn="strong_wolfe", history_size=3)
    optimizer.step(lambda: rosenbrock(w))
    assert optimizer.memory.s.shape == optimizer.memory.y.shape == (3, 2)


def test_the_evaluations_of_a_step_are_bounded():
    w = leaf([-1.2, 1.0])
    optimizer = LBFGS([w], line_search_fn="strong_wolfe", max_iter=100, max_eval=10)
    optimizer.step(lambda: rosenbrock(w))
    assert 10 <= optimizer.memory.evaluations <= 15


def test_a_small_network_is_trained_to_a_low_loss_on_the_full_batch():
    x = RNG.standard_normal((60, 2))
    y = (x[:, 0] * x[:, 1] > 0).astype(int)
    model = nn.Sequential(nn.Linear(2, 8, rng=0), nn.Tanh(), nn.Linear(8, 2, rng=1))
    optimizer = LBFGS(model, line_search_fn="strong_wolfe", max_iter=100)
    for _ in range(5):
        loss = optimizer.step(lambda: nn.cross_entropy(model(x), y))
    assert loss.item() < 0.02


def test_the_penalty_and_maximize_belong_to_the_line_that_is_searched():
    target = np.array([1.0, 2.0])
    w, u = leaf([0.0, 0.0]), leaf([0.0, 0.0])
    everywhere = L2(0.5, where=lambda name, p: True)
    lowest = LBFGS([w], line_search_fn="strong_wolfe", regularizer=everywhere)
    highest = LBFGS([u], line_search_fn="strong_wolfe", maximize=True)
    for _ in range(3):
        lowest.step(lambda: np.sum(np.square(w - target)) / 2)
        highest.step(lambda: -np.sum(np.square(u - target)))
    np.testing.assert_allclose(w.data, target / 2, atol=1e-7)
    np.testing.assert_allclose(u.data, target, atol=1e-7)


def test_a_line_that_leaves_the_domain_is_shortened():
    """log is NaN below 0: such a point counts as too high, and the search comes back."""
    w = leaf([0.1])
    optimizer = LBFGS([w], lr=10.0, line_search_fn="strong_wolfe")
    for _ in range(3):
        optimizer.step(lambda: (w - mg.log(w)).sum())
    np.testing.assert_allclose(w.data, [1.0], atol=1e-6)


def test_a_step_that_leaves_the_finite_numbers_is_taken_back():
    w = leaf([1.0, 1.0])
    optimizer = LBFGS([w], lr=1e200)
    before = (w.tolist(), repr(optimizer.state_dict()))
    with pytest.raises(NonFiniteError, match="the vector of new values is not finite"):
        optimizer.step(lambda: np.sum(w**4))
    assert (w.tolist(), repr(optimizer.state_dict())) == before


def test_an_unknown_line_search_is_an_error_at_construction():
    with pytest.raises(ValueError, match="line_search_fn must be None or 'strong_wolfe', got 'armijo'"):
        LBFGS([leaf(1.0)], line_search_fn="armijo")
