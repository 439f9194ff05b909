"""Random layers: what they drop, how often, and that evaluation drops nothing."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn

X = np.random.default_rng(0).uniform(1, 2, (400, 50))
DROPPING = [nn.Dropout, nn.AlphaDropout, nn.StochasticDepth]
RANDOM = [
    nn.Dropout(0.5, rng=0),
    nn.AlphaDropout(0.5, rng=0),
    nn.StochasticDepth(0.5, rng=0),
    nn.GaussianNoise(0.5, rng=0),
]


@pytest.mark.parametrize("layer", RANDOM, ids=repr)
def test_evaluation_passes_the_input_on_untouched_and_draws_nothing(layer):
    state = layer.rng.bit_generator.state
    with layer.evaluating():
        assert layer(X) is X
    assert layer.rng.bit_generator.state == state
    assert not np.array_equal(layer(X), X)


@pytest.mark.parametrize("kind", DROPPING)
def test_probability_0_passes_the_input_on(kind):
    assert kind(0.0)(X) is X


@pytest.mark.parametrize("kind", DROPPING)
def test_probability_1_gives_zeros_with_zero_gradients(kind):
    x = mg.tensor(X, requires_grad=True)
    y = kind(1.0)(x)
    y.sum().backward()
    assert not y.data.any()
    assert not x.grad.any()


@pytest.mark.parametrize("kind", DROPPING)
def test_probability_1_leaves_nothing_of_infinity_and_nan_either(kind):
    x = mg.tensor([[np.inf, -np.inf, np.nan, 1.0]], requires_grad=True, dtype="float32")
    y = kind(1.0)(x)
    y.backward(np.full((1, 4), np.inf))
    assert y.tolist() == x.grad.tolist() == [[0, 0, 0, 0]]
    assert y.dtype == x.grad.dtype == np.float32


@pytest.mark.parametrize("kind", DROPPING)
@pytest.mark.parametrize("p", ["a", None])
def test_what_is_no_number_is_no_probability(kind, p):
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\]"):
        kind(p)


@pytest.mark.parametrize("kind", DROPPING)
@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_what_is_no_probability_is_refused_at_construction(kind, p):
    with pytest.raises(ValueError, match=rf"{kind.__name__}: the probability p must lie in \[0, 1\], not {p}"):
        kind(p)


def test_dropout_zeroes_a_share_p_and_divides_the_rest_by_1_minus_p():
    y = nn.Dropout(0.2, rng=0)(X)
    dropped = y == 0
    assert abs(dropped.mean() - 0.2) < 0.01
    np.testing.assert_allclose(y[~dropped], X[~dropped] / 0.8, rtol=1e-15)


def test_the_backward_uses_the_mask_of_the_forward_however_often():
    x = mg.tensor(X, requires_grad=True)
    y = nn.Dropout(0.5, rng=0)(x).sum()
    y.backward()
    once = x.grad
    y.backward()
    np.testing.assert_array_equal(x.grad, 2 * once)
    assert set(np.unique(once)) == {0.0, 2.0}


def test_the_mask_is_an_operand_on_the_tape_and_not_copied():
    y = nn.Dropout(0.5, rng=0)(mg.tensor(X, requires_grad=True))
    mask = y.args[1]
    assert isinstance(mask, np.ndarray)
    assert not mask.flags.writeable
    np.testing.assert_array_equal(y.op(X, mask), y.data)


def test_each_call_draws_a_new_mask_and_the_same_rng_the_same_masks():
    one, two = nn.Dropout(0.5, rng=3), nn.Dropout(0.5, rng=3)
    first, second = one(X), one(X)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, two(X))
    np.testing.assert_array_equal(second, two(X))


def test_alpha_dropout_keeps_mean_0_and_variance_1():
    x = np.random.default_rng(0).standard_normal((1000, 100))
    y = nn.AlphaDropout(0.3, rng=1)(x)
    assert abs(y.mean()) < 0.02
    assert abs(y.var() - 1) < 0.02
    scale = ((1 - 0.3) * (1 + 0.3 * 1.7580993408473766**2)) ** -0.5
    dropped = scale * -1.7580993408473766 * (1 - 0.3)
    assert abs(np.isclose(y, dropped, rtol=1e-12).mean() - 0.3) < 0.01


def test_gaussian_noise_has_its_standard_deviation():
    noise = nn.GaussianNoise(0.3, rng=0)(X) - X
    assert abs(noise.std() - 0.3) < 0.01
    assert abs(noise.mean()) < 0.01


@pytest.mark.parametrize("std", [-1.0, float("nan"), float("inf")])
def test_noise_of_a_senseless_standard_deviation_is_refused(std):
    with pytest.raises(ValueError, match="std must be a number of at least 0"):
        nn.GaussianNoise(std)


def test_stochastic_depth_drops_whole_rows():
    factors = nn.StochasticDepth(0.25, rng=0)(X) / X
    np.testing.assert_allclose(factors, np.broadcast_to(factors[:, :1], X.shape), rtol=1e-12)
    assert abs((factors == 0).mean() - 0.25) < 0.06
    np.testing.assert_allclose(factors.max(), 1 / 0.75, rtol=1e-12)


def test_stochastic_depth_can_drop_the_whole_batch():
    layer = nn.StochasticDepth(0.25, mode="batch", rng=0)
    sums = np.array([layer(X).sum() for _ in range(400)])
    assert abs((sums == 0).mean() - 0.25) < 0.06
    np.testing.assert_allclose(sums[sums != 0], X.sum() / 0.75, rtol=1e-12)


def test_stochastic_depth_knows_two_modes():
    with pytest.raises(ValueError, match="mode must be 'row' or 'batch', not 'column'"):
        nn.StochasticDepth(0.5, mode="column")


def test_a_dropped_residual_branch_leaves_the_input():
    block = nn.Residual(nn.Linear(50, 50, rng=0), nn.StochasticDepth(1.0))
    np.testing.assert_array_equal(block(X).data, X)


def test_the_linear_rule_rises_to_the_last_layer():
    assert nn.linear_drop_rates(4, 0.2) == [0.05, 0.1, 0.15, 0.2]
    assert nn.linear_drop_rates(0, 0.2) == []


def test_a_rate_may_be_a_schedule_of_the_step():
    model = nn.Sequential(nn.Dropout(lambda step: 1.0 if step >= 10 else 0.0))
    assert model(X) is X
    nn.set_step(model, 10)
    assert not model(X).any()


def test_a_schedule_that_leaves_0_to_1_is_refused_when_it_does():
    layer = nn.Dropout(lambda step: step / 2)
    nn.set_step(layer, 3)
    with pytest.raises(ValueError, match=r"not 1\.5"):
        layer(X)


def test_generators_are_listed_for_checkpoints_a_shared_one_once():
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Dropout(rng=rng), nn.Residual(nn.GaussianNoise(rng=1)), nn.Dropout(rng=rng))
    assert [path for path, _ in model.named_generators()] == ["0.rng", "1.0.rng"]


@pytest.mark.parametrize("kind", DROPPING)
def test_true_is_no_probability(kind):
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\], not True"):
        kind(True)
