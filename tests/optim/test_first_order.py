"""The lecture's methods, each against its own formula in plain NumPy."""

import numpy as np
import pytest

from minigrad.optim import L1, L2, SGD, Adam, AdamW, ElasticNet, RMSprop
from tests.optim.tools import follow, leaf

RNG = np.random.default_rng(0)
W0 = RNG.standard_normal((3, 2))
GRADIENTS = RNG.standard_normal((8, 3, 2))


def lecture(update, w=W0):
    """The weights after each step of ``w, memory = update(w, dx, memory)``."""
    w, memory, after = w.copy(), {"v": np.zeros_like(w), "s": np.zeros_like(w)}, []
    for dx in GRADIENTS:
        w = update(w, dx, memory)
        after.append(w)
    return np.array(after)


def ours(kind, *args, **options):
    w = leaf(W0)
    return np.array(follow(kind([w], *args, **options), w, GRADIENTS))


def same(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14)


def test_gradient_descent_is_the_lectures():
    def update(w, dx, memory):
        return w - 0.1 * dx

    same(ours(SGD, 0.1), lecture(update))


@pytest.mark.parametrize("rho", [0.9, 0.99])
def test_momentum_is_the_lectures(rho):
    def update(w, dx, memory):
        memory["v"] = rho * memory["v"] + dx
        return w - 0.1 * memory["v"]

    same(ours(SGD, 0.1, momentum=rho), lecture(update))


def test_rmsprop_is_the_lectures_with_eps_inside_the_root():
    def update(w, dx, memory):
        memory["s"] = 0.99 * memory["s"] + 0.01 * dx * dx
        return w - 0.01 * dx / np.sqrt(memory["s"] + 1e-3)

    same(ours(RMSprop, 0.01, alpha=0.99, eps=1e-3), lecture(update))


def test_adam_without_bias_correction_and_with_eps_inside_is_the_lectures():
    def update(w, dx, memory):
        memory["v"] = 0.9 * memory["v"] + 0.1 * dx
        memory["s"] = 0.999 * memory["s"] + 0.001 * dx * dx
        return w - 0.01 * memory["v"] / np.sqrt(memory["s"] + 1e-3)

    same(ours(Adam, 0.01, eps=1e-3, bias_correction=False, eps_in_sqrt=True), lecture(update))


def adam(w, dx, memory):
    """The direction of Kingma and Ba."""
    t = memory["t"] = memory.get("t", 0) + 1
    memory["v"] = 0.9 * memory["v"] + 0.1 * dx
    memory["s"] = 0.999 * memory["s"] + 0.001 * dx * dx
    return memory["v"] / (1 - 0.9**t) / (np.sqrt(memory["s"] / (1 - 0.999**t)) + 1e-8)


def test_adam_with_l2_rescales_the_gradient_of_the_penalty():
    def update(w, dx, memory):
        return w - 0.01 * adam(w, dx + 2 * 0.1 * w, memory)

    same(ours(Adam, 0.01, regularizer=L2(0.1)), lecture(update))


def test_adamw_adds_the_decay_after_the_adaptive_step():
    def update(w, dx, memory):
        return w - 0.01 * (adam(w, dx, memory) + 0.1 * w)

    same(ours(AdamW, 0.01, weight_decay=0.1), lecture(update))


@pytest.mark.parametrize(
    ("regularizer", "gradient"),
    [
        (L2(0.1), lambda w: 2 * 0.1 * w),
        (L1(0.1), lambda w: 0.1 * np.sign(w)),
        (ElasticNet(0.1, 0.2), lambda w: 0.1 * np.sign(w) + 2 * 0.2 * w),
    ],
)
def test_a_regularized_step_adds_the_lectures_gradient_of_the_penalty(regularizer, gradient):
    def update(w, dx, memory):
        return w - 0.1 * (dx + gradient(w))

    same(ours(SGD, 0.1, regularizer=regularizer), lecture(update))


def test_momentum_of_three_equal_gradients_by_hand():
    w = leaf(1.0)
    np.testing.assert_allclose(follow(SGD([w], 0.1, momentum=0.9), w, [1, 1, 1]), [0.9, 0.71, 0.439], atol=1e-15)


def test_nesterov_and_weight_decay_by_hand():
    w = leaf(1.0)
    after = follow(SGD([w], 0.1, momentum=0.9, nesterov=True), w, [1, 1, 1])
    np.testing.assert_allclose(after, [0.81, 0.539, 0.1951], atol=1e-15)
    w = leaf(1.0)
    after = follow(SGD([w], 0.1, weight_decay=0.1), w, [1, 1, 1])
    np.testing.assert_allclose(after, [0.89, 0.7811, 0.673289], atol=1e-15)


def test_adam_and_adamw_by_hand():
    w = leaf(1.0)
    expected = [0.900000001, 0.9366103534720749, 0.9502794196738216]
    np.testing.assert_allclose(follow(Adam([w], 0.1), w, [1, -2, 0.5]), expected, atol=1e-14)
    w = leaf(1.0)
    expected = [0.890000001, 0.9177103534620749, 0.9222023161292008]
    np.testing.assert_allclose(follow(AdamW([w], 0.1, weight_decay=0.1), w, [1, -2, 0.5]), expected, atol=1e-14)


def test_the_first_momentum_step_is_not_damped():
    w = leaf(1.0)
    after = follow(SGD([w], 0.1, momentum=0.5, dampening=0.5), w, [1, 1])
    np.testing.assert_allclose(after, [0.9, 0.8])


def test_no_state_is_kept_that_no_option_asks_for():
    w = leaf([1.0])
    for optimizer, names in [
        (SGD([w], 0.1), {"step"}),
        (RMSprop([w]), {"step", "s"}),
        (Adam([w]), {"step", "m", "v"}),
    ]:
        follow(optimizer, w, [[1.0]])
        assert vars(optimizer.state[w]).keys() == names


def test_float32_parameters_stay_float32_with_every_method():
    import minigrad as mg
    from minigrad import optim

    kinds = [kind for kind in vars(optim).values() if isinstance(kind, type) and issubclass(kind, optim.Optimizer)]
    first_order = [kind for kind in kinds if "direction" in vars(kind) and kind is not optim.Optimizer]
    assert len(first_order) >= 15
    for kind in first_order:
        w = mg.tensor(np.ones((2, 3)), dtype="float32", requires_grad=True)
        optimizer = kind([w])
        for _ in range(3):
            w.grad = np.full((2, 3), 0.1, dtype="float32")
            optimizer.step()
        assert w.dtype == np.float32
        assert {np.dtype("float32")} >= {x.dtype for x in vars(optimizer.state[w]).values() if hasattr(x, "dtype")}
