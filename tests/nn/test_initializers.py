"""Initializers: the variance each promises, shapes, repeatability, and PyTorch's gains."""

import inspect
import math

import numpy as np
import pytest

from minigrad.errors import ShapeError
from minigrad.nn import initializers

SHAPE = (300, 200, 3)
FAN_IN, FAN_OUT = 600, 900
STANDARD_DEVIATIONS = {
    "uniform": 1 / math.sqrt(12),
    "normal": 1.0,
    "xavier_uniform": math.sqrt(2 / (FAN_IN + FAN_OUT)),
    "xavier_normal": math.sqrt(2 / (FAN_IN + FAN_OUT)),
    "kaiming_uniform": math.sqrt(2 / FAN_IN),
    "kaiming_normal": math.sqrt(2 / FAN_IN),
    "lecun_uniform": math.sqrt(1 / FAN_IN),
    "lecun_normal": math.sqrt(1 / FAN_IN),
    "torch_default": math.sqrt(1 / FAN_IN / 3),
    "truncated_normal": 0.8796256610342398,
}
REQUIRED = {"constant": {"value": 2.0}, "sparse": {"sparsity": 0.5}}
ALL = [
    *STANDARD_DEVIATIONS,
    *("zeros", "ones", "constant", "identity", "orthogonal", "sparse"),
]


@pytest.mark.parametrize("name", STANDARD_DEVIATIONS)
def test_the_standard_deviation_is_that_of_the_paper_and_the_mean_0(name):
    values = getattr(initializers, name)(SHAPE, rng=0)
    assert values.shape == SHAPE
    np.testing.assert_allclose(values.std(), STANDARD_DEVIATIONS[name], rtol=0.01)
    assert abs(values.mean() - (0.5 if name == "uniform" else 0)) < 0.02 * values.std()


@pytest.mark.parametrize("name", ALL)
def test_the_same_rng_gives_the_same_array(name):
    make = getattr(initializers, name)
    one, two = (make((4, 3), **REQUIRED.get(name, {}), rng=5) for _ in range(2))
    assert one.shape == (4, 3)
    assert one.dtype == np.float64
    assert one.tobytes() == two.tobytes()


def test_every_initializer_is_tested():
    functions = {name: f for name, f in vars(initializers).items() if inspect.isfunction(f) and name[0] != "_"}
    found = {name for name, f in functions.items() if "rng" in inspect.signature(f).parameters}
    assert {*found, "torch_default"} == set(ALL)


def test_uniform_ones_stay_within_their_bounds():
    values = initializers.kaiming_uniform((100, 100), rng=0)
    bound = math.sqrt(6 / 100)
    assert 0.99 * bound < np.abs(values).max() <= bound


def test_fan_out_counts_outputs():
    values = initializers.kaiming_normal(SHAPE, mode="fan_out", rng=0)
    np.testing.assert_allclose(values.std(), math.sqrt(2 / FAN_OUT), rtol=0.01)


def test_an_unknown_fan_is_refused():
    with pytest.raises(ValueError, match="'fan_in' or 'fan_out', not 'fan_on'"):
        initializers.kaiming_normal(SHAPE, mode="fan_on")


def test_a_bias_has_no_fans():
    with pytest.raises(ShapeError, match=r"two axes or more, \(out, in, ...\), not \(3,\)"):
        initializers.xavier_normal((3,))


@pytest.mark.parametrize("shape", [(4, 4), (3, 5), (5, 3), (4, 3, 2)])
def test_orthogonal_rows_or_columns_have_length_gain(shape):
    matrix = initializers.orthogonal(shape, gain=2.0, rng=0).reshape(shape[0], -1)
    product = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-12)


def test_orthogonal_matrices_are_drawn_uniformly_no_sign_is_preferred():
    corners = [initializers.orthogonal((3, 3), rng=seed)[0, 0] for seed in range(300)]
    assert abs(np.mean(corners)) < 0.15


def test_truncated_values_stay_inside():
    values = initializers.truncated_normal((1000,), mean=1.0, std=2.0, low=0.0, high=1.5, rng=0)
    assert values.min() >= 0
    assert values.max() <= 1.5


@pytest.mark.parametrize(
    ("bounds", "says"), [({"low": 1.0, "high": 0.0}, "low < high"), ({"low": 50.0, "high": 60.0}, "hardly ever")]
)
def test_bounds_that_cannot_be_met_are_refused(bounds, says):
    with pytest.raises(ValueError, match=says):
        initializers.truncated_normal((3,), **bounds, rng=0)


def test_sparse_zeroes_its_share_of_every_column():
    values = initializers.sparse((10, 7), sparsity=0.25, rng=0)
    assert ((values == 0).sum(axis=0) == 3).all()


@pytest.mark.parametrize(("make", "shape"), [("identity", (3,)), ("sparse", (3,))])
def test_matrices_need_two_axes(make, shape):
    with pytest.raises(ValueError, match="two axes"):
        getattr(initializers, make)(shape, **REQUIRED.get(make, {}))


def test_gains_are_those_of_torch(torch):
    for name in initializers.GAINS:
        assert initializers.gain(name) == torch.nn.init.calculate_gain(name)
    assert initializers.gain("leaky_relu", 0.2) == torch.nn.init.calculate_gain("leaky_relu", 0.2)


def test_an_unknown_gain_lists_the_known_ones():
    with pytest.raises(
        ValueError, match="no gain is known for 'swish': use one of linear, sigmoid, tanh, relu, selu, leaky_relu"
    ):
        initializers.gain("swish")


def test_constants_are_constant():
    assert (initializers.constant((2, 2), 3) == 3).all()
    assert (initializers.ones((2, 2)) == 1).all()
    assert not initializers.zeros((2, 2)).any()
    assert (initializers.identity((2, 3)) == np.eye(2, 3)).all()
