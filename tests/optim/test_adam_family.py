"""What the parity tests do not show of Adam's relatives: the length of their proximal step, an eps that is large."""

import numpy as np
import pytest

from minigrad.optim import AdaBelief, Adam, Adamax, NAdam, RAdam, Yogi
from tests.optim.tools import follow, leaf

GRADIENTS = np.random.default_rng(0).standard_normal((12, 3))


@pytest.mark.parametrize("kind", [Adam, NAdam, RAdam, Adamax, AdaBelief, Yogi])
def test_without_momentum_the_direction_is_the_gradient_over_the_denominator(kind):
    w = leaf(np.ones(3))
    optimizer = kind([w], 0.1, betas=(0.0, 0.5))
    h = optimizer.options_now(optimizer.param_groups[0])
    state = optimizer.fresh_state(w)
    for g in GRADIENTS:
        state.step += 1
        d = optimizer.direction(g, w.data, state, h, np.empty(3)).copy()
        np.testing.assert_allclose(d, g / optimizer.denominator(state, h), rtol=1e-12)


def test_the_step_of_radam_is_plain_until_its_variance_is_finite():
    w = leaf(np.ones(3))
    optimizer = RAdam([w], 0.1, betas=(0.0, 0.999))
    h, state = optimizer.options_now(optimizer.param_groups[0]), optimizer.fresh_state(w)
    plain = []
    for g in GRADIENTS[:8]:
        state.step += 1
        plain.append(np.array_equal(optimizer.direction(g, w.data, state, h, np.empty(3)), g))
    assert plain == [True] * 5 + [False] * 3


def test_yogi_forgets_a_burst_of_large_gradients_more_slowly_than_adam():
    def v_after_burst(kind):
        w = leaf([0.0])
        optimizer = kind([w], 0.01, betas=(0.9, 0.9))
        for g in [10.0] * 3 + [0.1] * 30:
            w.grad = np.array([g])
            optimizer.step()
        return optimizer.state[w].v.item()

    assert v_after_burst(Yogi) > 5 * v_after_burst(Adam)


def test_adabelief_takes_long_steps_where_the_gradient_is_as_expected():
    w, u = leaf([0.0]), leaf([0.0])
    belief, adam = AdaBelief([w], 0.01), Adam([u], 0.01)
    for p, optimizer in ((w, belief), (u, adam)):
        for _ in range(50):
            p.grad = np.array([1.0])
            optimizer.step()
    assert abs(w.item()) > 1.2 * abs(u.item())


def test_adabelief_adds_its_eps_to_what_it_remembers_and_once_more_to_the_root():
    """Zhuang et al., 2020, algorithm 2, by hand, with an eps that shows."""
    w, eps, m, s, p = leaf([0.0]), 0.5, 0.0, 0.0, 0.0
    after = follow(AdaBelief([w], 0.1, betas=(0.9, 0.99), eps=eps), w, [[1.0], [-2.0], [0.5]])
    for t, (g, found) in enumerate(zip([1.0, -2.0, 0.5], after), 1):
        m = 0.9 * m + 0.1 * g
        s = 0.99 * s + 0.01 * (g - m) ** 2 + eps
        p -= 0.1 * (m / (1 - 0.9**t)) / ((s / (1 - 0.99**t)) ** 0.5 + eps)
        np.testing.assert_allclose(found, [p], rtol=1e-12)
