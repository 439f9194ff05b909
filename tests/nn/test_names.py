"""The public names of nn."""

import inspect

from minigrad import nn


def test_the_public_names_are_complete():
    found = {name for name, x in vars(nn).items() if getattr(x, "__module__", "").startswith("minigrad.nn.")}
    assert {*found, "initializers"} == set(nn.__all__)


def test_everything_public_says_what_it_is():
    for name in nn.__all__:
        assert inspect.getdoc(getattr(nn, name)), name


def test_the_losses_and_layers_of_torch_have_their_names_there(torch):
    own = {"Buffer", "GaussianNoise", "MLP", "Residual", "StochasticDepth", "hinge_loss", "initializers"}
    own |= {"linear_drop_rates", "set_step", "summary"}
    for name in set(nn.__all__) - own:
        assert hasattr(torch.nn, name) or hasattr(torch.nn.functional, name), name
