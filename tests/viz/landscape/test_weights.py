import numpy as np
import pytest

from minigrad import nn
from minigrad.viz.landscape.weights import Weights, filter_normalized


@pytest.fixture
def model():
    return nn.MLP([3, 5, 2], norm="batch", rng=0)


def pieces(weights, x):
    """The parts of a vector, by name."""
    return {
        name: part.reshape(t.shape)
        for (name, t), part in zip(weights.parts, np.split(x, weights.ends[:-1]), strict=True)
    }


def test_a_row_of_a_direction_is_as_long_as_the_row_of_weights_and_biases_and_statistics_stay(model):
    weights = Weights(model)
    d = pieces(weights, weights.random_direction(np.random.default_rng(0)))
    own = dict(model.named_parameters())
    assert len(d) > len(own)
    for name, part in d.items():
        if part.ndim == 2:
            rows = [np.linalg.norm(row) for row in own[name].data]
            np.testing.assert_allclose([np.linalg.norm(row) for row in part], rows, rtol=1e-12)
        else:
            assert not part.any(), name


def test_rows_of_more_than_one_axis_are_normalized_as_one_filter():
    rng = np.random.default_rng(0)
    d, w = rng.standard_normal((4, 3, 2)), rng.standard_normal((4, 3, 2))
    out = filter_normalized(d, w)
    for i in range(4):
        assert np.sum(out[i] ** 2) == pytest.approx(np.sum(w[i] ** 2))
        np.testing.assert_allclose(out[i] / out[i, 0, 0], d[i] / d[i, 0, 0])


def test_the_same_seed_draws_the_same_direction(model):
    weights = Weights(model)
    first, again, other = (weights.random_direction(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_model_that_is_moved_and_moved_back_is_as_it_was_to_the_last_bit(model):
    model.astype("float32")
    weights, before = Weights(model), model.state_dict()
    x = weights.vector()
    weights.place(x + 1.0)
    assert not np.array_equal(model.state_dict()["0.weight"], before["0.weight"])
    weights.place(x)
    assert all(np.array_equal(value, before[name]) for name, value in model.state_dict().items())


def test_a_running_variance_is_never_negative(model):
    weights = Weights(model)
    weights.place(weights.vector() - 10.0)
    variances = [value for name, value in model.state_dict().items() if name.endswith("running_var")]
    assert variances
    assert all(np.array_equal(value, np.zeros_like(value)) for value in variances)


def test_tied_weights_are_one_part():
    layer = nn.Linear(3, 3, rng=0)
    model = nn.Sequential(layer, nn.Tanh(), layer)
    weights = Weights(model)
    assert [name for name, _ in weights.parts] == ["0.weight", "0.bias"]
    weights.place(2 * weights.vector())
