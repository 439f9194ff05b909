"""Penalties: their values, their gradients, and the three ways to use them."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.optim import L1, L2, SGD, Adam, ElasticNet, GroupLasso, Orthogonal, Proximal, RMSprop, sparsity
from tests.optim.tools import follow, leaf

RNG = np.random.default_rng(0)
W = RNG.standard_normal((3, 4))


def plain_values(w):
    return {
        L2(0.1): 0.1 * np.sum(w**2),
        L1(0.1): 0.1 * np.sum(np.abs(w)),
        ElasticNet(0.1, 0.2): 0.1 * np.sum(np.abs(w)) + 0.2 * np.sum(w**2),
        GroupLasso(0.1): 0.1 * np.sqrt(w.shape[1]) * np.sum(np.sqrt(np.sum(w**2, axis=1))),
        GroupLasso(0.1, axis=0): 0.1 * np.sqrt(w.shape[0]) * np.sum(np.sqrt(np.sum(w**2, axis=0))),
        Orthogonal(0.1): 0.1 * np.sum((w @ w.T - np.eye(len(w))) ** 2),
    }


ALL = list(plain_values(W))


@pytest.mark.parametrize("regularizer", ALL, ids=repr)
def test_the_penalty_is_its_formula(regularizer):
    assert regularizer([leaf(W)]).item() == pytest.approx(plain_values(W)[regularizer], rel=1e-14)


def test_the_gradients_of_l2_and_l1_are_the_lectures():
    w = leaf([[1.0, -2.0, 0.0]])
    L2(0.1)([w]).backward()
    np.testing.assert_allclose(w.grad, 2 * 0.1 * w.data)
    w.grad = None
    L1(0.1)([w]).backward()
    np.testing.assert_allclose(w.grad, 0.1 * np.sign(w.data))


def test_the_lectures_example_l2_prefers_spread_weights_and_l1_does_not_care():
    x, narrow, spread = np.ones(4), leaf([[1.0, 0.0, 0.0, 0.0]]), leaf([[0.25] * 4])
    assert (narrow.data @ x).item() == (spread.data @ x).item() == 1.0
    assert (L2(1.0)([narrow]).item(), L2(1.0)([spread]).item()) == (1.0, 0.25)
    assert (L1(1.0)([narrow]).item(), L1(1.0)([spread]).item()) == (1.0, 1.0)


def test_a_tall_weight_is_made_orthogonal_by_its_columns():
    q, _ = np.linalg.qr(RNG.standard_normal((5, 3)))
    assert Orthogonal(1.0)([leaf(q)]).item() == pytest.approx(0, abs=1e-25)
    assert Orthogonal(1.0)([leaf(q.T)]).item() == pytest.approx(0, abs=1e-25)


def model_and_data():
    model = nn.Sequential(nn.Linear(4, 6, rng=0), nn.Tanh(), nn.Linear(6, 3, rng=1))
    return model, np.random.default_rng(2).standard_normal((8, 4)), np.arange(8) % 3


def test_biases_are_spared_unless_asked():
    model, _, _ = model_and_data()
    weights = [p for p in model.parameters() if p.ndim == 2]
    assert L2(0.1)(model).item() == pytest.approx(0.1 * sum(np.sum(w.data**2) for w in weights))
    biases = L2(0.1, where=lambda name, p: name.endswith("bias"))
    assert biases(model).item() == pytest.approx(
        0.1 * sum(np.sum(p.data**2) for p in model.parameters() if p.ndim == 1)
    )


def test_a_single_tensor_is_meant_whatever_its_shape():
    assert L2(0.5)(leaf([3.0, 4.0])).item() == 12.5


def test_a_penalty_on_nothing_is_an_error_that_says_what_to_write():
    with pytest.raises(ValueError, match=r"L2 acts on none of b: .* write where=lambda name, p: True"):
        L2(0.1)([leaf([1.0], name="b")])


@pytest.mark.parametrize("kind", [SGD, Adam, RMSprop])
@pytest.mark.parametrize("regularizer", ALL, ids=repr)
def test_the_optimizers_regularizer_gives_the_trajectory_of_the_penalty_in_the_loss(kind, regularizer):
    def run(penalty, **options):
        model, x, y = model_and_data()
        optimizer = kind(model, 0.01, **options)
        for _ in range(6):
            loss = nn.cross_entropy(model(x), y)
            if penalty:
                loss = loss + penalty(model)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return np.concatenate([p.data.ravel() for p in model.parameters()])

    np.testing.assert_allclose(run(None, regularizer=regularizer), run(regularizer), rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    "regularizer", [L2(0.3), L1(0.3), ElasticNet(0.2, 0.3), GroupLasso(0.3), GroupLasso(0.3, axis=0)], ids=repr
)
def test_the_proximal_step_is_the_minimum_it_is_defined_by(regularizer):
    step, best = 0.5, regularizer.proximal(W, 0.5)

    def objective(w):
        return regularizer([leaf(w)]).item() + np.sum((w - W) ** 2) / (2 * step)

    lowest = objective(best)
    for _ in range(50):
        assert objective(best + 1e-3 * RNG.standard_normal(W.shape)) > lowest


def test_the_soft_threshold_makes_exact_zeros_and_the_elastic_net_shrinks_what_is_left():
    x = np.array([[0.3, -0.1, 0.0, -2.0]])
    np.testing.assert_allclose(L1(1.0).proximal(x, 0.2), [[0.1, 0, 0, -1.8]], atol=1e-15)
    np.testing.assert_allclose(ElasticNet(1.0, 2.0).proximal(x, 0.2), [[0.1 / 1.8, 0, 0, -1]], atol=1e-15)


def test_the_proximal_step_finds_the_true_support_of_a_sparse_regression():
    x = RNG.standard_normal((200, 20))
    truth = np.zeros((20, 1))
    truth[[2, 5, 11]] = [[1.0], [-2.0], [3.0]]
    y = x @ truth + 0.01 * RNG.standard_normal((200, 1))
    w = leaf(np.zeros((20, 1)), name="w")
    optimizer = SGD([w], 0.1, regularizer=Proximal(L1(0.05)))
    for _ in range(300):
        optimizer.step(lambda: nn.mse_loss(mg.tensor(x) @ w, mg.tensor(y)) / 2)
    assert np.flatnonzero(w.data).tolist() == [2, 5, 11]
    report = optimizer.regularizer.sparsity([w])
    assert report.counts == {"w": (17, 20)}
    assert report.fraction == 0.85
    assert str(report) == "w    17 of 20 weights are 0    85.0 %"


def test_the_subgradient_of_l1_leaves_no_exact_zero_where_the_proximal_step_does():
    x, y = RNG.standard_normal((50, 10)), RNG.standard_normal((50, 1))
    zeros = {}
    for name, regularizer in {"gradient": L1(0.2), "proximal": Proximal(L1(0.2))}.items():
        w = leaf(RNG.standard_normal((10, 1)))
        optimizer = SGD([w], 0.05, regularizer=regularizer)
        for _ in range(200):
            optimizer.step(lambda w=w: nn.mse_loss(mg.tensor(x) @ w, mg.tensor(y)))
        zeros[name] = sparsity([w]).fraction
    assert zeros["gradient"] == 0
    assert zeros["proximal"] >= 0.5


def test_group_lasso_removes_whole_rows():
    w = leaf(np.vstack([0.01 * np.ones((1, 4)), np.ones((1, 4))]))
    follow(SGD([w], 0.1, regularizer=Proximal(GroupLasso(0.5))), w, [np.zeros((2, 4))])
    assert w.data[0].tolist() == [0, 0, 0, 0]
    assert (w.data[1] > 0.9).all()


def test_group_lasso_refuses_a_step_of_many_lengths():
    w = leaf(W)
    with pytest.raises(TypeError, match="one step length for the whole group: use SGD"):
        follow(Adam([w], regularizer=Proximal(GroupLasso(0.5))), w, [W])


def test_what_has_no_proximal_step_says_so():
    w = leaf(W)
    with pytest.raises(TypeError, match="Orthogonal has no proximal step"):
        follow(SGD([w], 0.1, regularizer=Proximal(Orthogonal(0.5))), w, [W])


@pytest.mark.parametrize("kind", [L1, L2, GroupLasso, Orthogonal])
@pytest.mark.parametrize("strength", [-1, float("nan"), "0.1", True])
def test_a_senseless_strength_is_an_error_that_names_it(kind, strength):
    with pytest.raises(ValueError, match=f"strength must be a finite number >= 0, got {strength!r}"):
        kind(strength)


def test_each_strength_of_an_elastic_net_is_checked_and_may_be_0():
    with pytest.raises(ValueError, match="l1 must be a finite number >= 0, got -1"):
        ElasticNet(-1, 0.1)
    with pytest.raises(ValueError, match="l2 must be a finite number >= 0, got -1"):
        ElasticNet(0.1, -1)
    assert ElasticNet(0, 0.5).penalty(mg.tensor([2.0])).item() == L2(0.5).penalty(mg.tensor([2.0])).item()
    assert ElasticNet(0.5, 0).penalty(mg.tensor([2.0])).item() == 1


def test_the_repr_is_the_call_that_builds_it():
    for text in ("L2(0.1)", "ElasticNet(0.1, 0.2)", "GroupLasso(0.1, axis=0)", "Proximal(L1(0.1))"):
        assert repr(eval(text)) == text
