"""What goes around an optimizer: SAM, Lookahead, Accumulate."""

import numpy as np
import pytest

from minigrad import nn
from minigrad.errors import CheckpointError
from minigrad.optim import SAM, SGD, Accumulate, Adam, Lookahead
from tests.optim.tools import follow, leaf

RNG = np.random.default_rng(0)
X = RNG.standard_normal((32, 4))
Y = np.arange(32) % 3


def test_sam_steps_with_the_gradient_of_the_highest_point_nearby():
    """By hand, for f(w) = sum(w**4): e = rho g / |g| over all parameters, then w - lr f'(w + e)."""
    a, b = leaf([1.0, -2.0]), leaf([[0.5]])
    w = np.array([1.0, -2.0, 0.5])
    optimizer = SAM(SGD([a, b], 0.01), rho=0.1)
    for _ in range(3):
        loss = optimizer.step(lambda: np.sum(a**4) + np.sum(b**4))
        assert loss.item() == pytest.approx(np.sum(w**4))
        g = 4 * w**3
        w = w - 0.01 * 4 * (w + 0.1 * g / np.linalg.norm(g)) ** 3
        np.testing.assert_allclose(np.concatenate([a.data, b.data.ravel()]), w, rtol=1e-11)


def test_sam_needs_a_closure_and_puts_the_parameters_back_when_it_raises():
    w = leaf([1.0])
    optimizer, calls = SAM(SGD([w], 0.1)), []
    with pytest.raises(TypeError, match="SAM needs the loss at two places"):
        optimizer.step()

    def closure():
        calls.append(1)
        if len(calls) == 2:
            raise ValueError("batch lost")
        return np.sum(w * w)

    with pytest.raises(ValueError, match="batch lost"):
        optimizer.step(closure)
    assert w.tolist() == [1.0]


def test_lookahead_goes_part_of_the_way_every_few_steps():
    w = leaf(1.0)
    after = follow(Lookahead(SGD([w], 0.1), every=2, alpha=0.5), w, [1, 1, 1, 1])
    np.testing.assert_allclose(after, [0.9, 0.9, 0.8, 0.8])


def test_accumulated_batches_are_one_large_batch():
    def train(batches, wrap):
        model = nn.Sequential(nn.Linear(4, 6, rng=0), nn.Tanh(), nn.Linear(6, 3, rng=1))
        optimizer = wrap(Adam(model, 0.01))
        for _ in range(3):
            for part in np.split(np.arange(32), batches):
                optimizer.zero_grad()
                nn.cross_entropy(model(X[part]), Y[part]).backward()
                optimizer.step()
        assert optimizer.steps == 3
        return np.concatenate([p.data.ravel() for p in model.parameters()])

    whole = train(1, lambda optimizer: optimizer)
    parts = train(4, lambda optimizer: Accumulate(optimizer, batches=4))
    np.testing.assert_allclose(parts, whole, atol=1e-12)


def test_accumulation_works_with_closures_too():
    w, u = leaf([1.0, 2.0]), leaf([1.0, 2.0])
    accumulated, plain = Accumulate(SGD([w], 0.1), batches=2), SGD([u], 0.1)
    for factor in (1.0, 3.0):
        accumulated.step(lambda factor=factor: factor * np.sum(w * w))
    plain.step(lambda: 2 * np.sum(u * u))
    np.testing.assert_allclose(w.data, u.data)


@pytest.mark.parametrize("wrap", [SAM, lambda o: Lookahead(o, every=3), lambda o: Accumulate(o, batches=2)])
def test_a_wrapped_optimizer_resumes_bit_for_bit(wrap):
    def steps(w, optimizer, n):
        for _ in range(n):
            optimizer.step(lambda: np.sum(w**4))
        return w.tolist()

    w = leaf([1.0, -2.0])
    whole = steps(w, wrap(Adam([w], 0.1)), 8)
    w = leaf([1.0, -2.0])
    first = wrap(Adam([w], 0.1))
    steps(w, first, 4)
    resumed = leaf(w.data)
    second = wrap(Adam([resumed], 0.1))
    second.load_state_dict(first.state_dict())
    assert steps(resumed, second, 4) == whole


def test_the_state_of_another_wrapper_is_refused():
    saved = Accumulate(SGD([leaf(1.0)], 0.1), batches=2).state_dict()
    with pytest.raises(CheckpointError, match="not the state of Lookahead"):
        Lookahead(SGD([leaf(1.0)], 0.1)).load_state_dict(saved)


def test_wrappers_go_around_each_other_and_show_it():
    optimizer = Lookahead(SAM(SGD([leaf(1.0)], 0.1)))
    assert repr(optimizer).startswith("Lookahead(SAM(SGD(1 parameters, lr=0.1")
    assert optimizer.param_groups[0]["lr"] == 0.1
    with pytest.raises(TypeError, match="SAM goes around an optimizer"):
        SAM([leaf(1.0)])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda o: SAM(o, rho=0), "rho must be a finite number > 0, got 0"),
        (lambda o: Lookahead(o, every=0), "every must be a whole number >= 1, got 0"),
        (lambda o: Lookahead(o, alpha=2), r"alpha must be in \(0, 1\], got 2"),
        (lambda o: Lookahead(o, alpha=0), r"alpha must be in \(0, 1\], got 0"),
        (lambda o: Accumulate(o, batches=1.5), "batches must be a whole number >= 1, got 1.5"),
    ],
)
def test_senseless_options_are_errors_at_construction(build, message):
    with pytest.raises(ValueError, match=message):
        build(SGD([leaf(1.0)], 0.1))


def test_lookahead_that_goes_all_the_way_is_its_optimizer():
    w, u = leaf(2.0), leaf(2.0)
    wrapped, plain = Lookahead(SGD([w], 0.1), every=1, alpha=1), SGD([u], 0.1)
    for _ in range(3):
        wrapped.step(lambda: w * w)
        plain.step(lambda: u * u)
        assert w.item() == u.item()


def test_lookahead_does_not_count_a_step_that_was_skipped():
    w = leaf(2.0)
    optimizer = Lookahead(SGD([w], 0.1, skip_nonfinite=True), every=2)
    for g in (1.0, 1.0):
        w.grad = np.array(g)
        optimizer.step()
    assert w.item() == pytest.approx(1.9)
    w.grad = np.array(np.nan)
    optimizer.step()
    assert w.item() == pytest.approx(1.9)


def test_a_state_with_other_entries_is_refused():
    optimizer = Lookahead(SGD([leaf(1.0)], 0.1))
    saved = optimizer.state_dict()
    del saved["own"]["slow"]
    with pytest.raises(CheckpointError, match="not the state of Lookahead"):
        optimizer.load_state_dict(saved)


def test_accumulation_and_sam_return_the_loss_of_the_batch():
    w = leaf(2.0)
    accumulated = Accumulate(SGD([w], 0.1), batches=2)
    assert [accumulated.step(lambda: w * w).item() for _ in range(2)] == [4, 4]
    assert accumulated.steps == 1
    v = leaf(2.0)
    assert SAM(SGD([v], 0.1)).step(lambda: v * v).item() == 4


def test_sam_at_a_minimum_stays():
    w = leaf(0.0)
    SAM(SGD([w], 0.1)).step(lambda: w * w)
    assert w.item() == 0


def test_lookahead_returns_the_loss_of_its_optimizer():
    w = leaf(2.0)
    assert Lookahead(SGD([w], 0.1)).step(lambda: w * w).item() == 4
