"""MLP: what it is built of, and combinations it refuses."""

import numpy as np
import pytest

from minigrad import nn
from minigrad.nn.mlp import ACTIVATIONS


def kinds(model):
    return [type(m).__name__ for m in model]


def test_each_hidden_layer_is_followed_by_norm_activation_and_dropout():
    hidden = ["Linear", "LayerNorm", "Tanh", "Dropout"]
    assert kinds(nn.MLP([4, 3, 2, 1], activation="tanh", norm="layer", dropout=0.1, rng=0)) == [
        *hidden,
        *hidden,
        "Linear",
    ]


def test_the_plain_one_is_linear_layers_and_relus():
    assert kinds(nn.MLP([4, 3, 1])) == ["Linear", "ReLU", "Linear"]
    assert kinds(nn.MLP([4, 1])) == ["Linear"]


def test_layers_that_keep_the_width_become_residual_and_are_dropped_by_the_linear_rule():
    model = nn.MLP([4, 8, 8, 8, 8, 2], residual=True, stochastic_depth=0.3, rng=0)
    assert kinds(model) == ["Linear", "ReLU", "Residual", "Residual", "Residual", "Linear"]
    assert [m[-1].p for m in model if isinstance(m, nn.Residual)] == [0.1, 0.2, 0.3]


def test_a_residual_layer_without_stochastic_depth_has_none():
    assert kinds(nn.MLP([4, 4, 2], residual=True)[0]) == ["Linear", "ReLU"]


def test_one_rng_serves_all_layers():
    model = nn.MLP([4, 8, 8, 2], dropout=0.1, residual=True, stochastic_depth=0.3, rng=0)
    assert len(dict(model.named_generators())) == 1
    again = nn.MLP([4, 8, 8, 2], dropout=0.1, residual=True, stochastic_depth=0.3, rng=0)
    x = np.random.default_rng(0).standard_normal((5, 4))
    np.testing.assert_array_equal(model(x).data, again(x).data)


def test_activation_and_norm_may_be_functions_that_make_a_module():
    model = nn.MLP([4, 6, 1], activation=lambda: nn.LeakyReLU(0.2), norm=lambda width: nn.GroupNorm(3, width))
    assert kinds(model) == ["Linear", "GroupNorm", "LeakyReLU", "Linear"]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_is_known_by_its_name(name):
    assert nn.MLP([2, 2, 1], activation=name)(np.ones((3, 2))).shape == (3, 1)


def test_bias_and_init_reach_every_layer():
    model = nn.MLP([4, 3, 2], bias=False, init=nn.initializers.ones)
    assert [p.shape for p in model.parameters()] == [(3, 4), (2, 3)]
    assert all((p.data == 1).all() for p in model.parameters())


@pytest.mark.parametrize(
    ("arguments", "options", "says"),
    [
        ([[4]], {}, r"at least two sizes, those of the input and the output, not \[4\]"),
        ([[4, 3, 1]], {"activation": "rleu"}, "activation 'rleu' is not known: use one of relu, "),
        ([[4, 3, 1]], {"norm": "group"}, "norm 'group' is not known: use one of batch, layer, rms, or"),
        ([[4, 4, 1]], {"stochastic_depth": 0.2}, "stochastic_depth=0.2 drops residual layers: write residual=True too"),
        ([[4, 3, 1]], {"residual": True}, r"two neighbouring equal widths before the output, but they are \[4, 3\]"),
        ([[4, 3, 1]], {"dropout": 1.5}, r"must lie in \[0, 1\], not 1.5"),
        ([[4, 4, 1]], {"residual": True, "stochastic_depth": -0.5}, r"must lie in \[0, 1\], not -0.5"),
        ([[4, 0, 1]], {}, "out_features must be a whole number of at least 1, not 0"),
    ],
)
def test_what_cannot_be_built_is_refused_with_what_to_change(arguments, options, says):
    with pytest.raises(ValueError, match=says):
        nn.MLP(*arguments, **options)
