"""Activation modules: what they hold; their values and slopes are checked with all layers."""

import numpy as np

import minigrad as mg
from minigrad import nn
from minigrad.nn.mlp import ACTIVATIONS


def test_there_are_fifteen_or_more():
    assert len(ACTIVATIONS) >= 15


def test_plain_arrays_give_plain_arrays():
    assert type(nn.GELU()(np.ones(3))) is np.ndarray


def test_the_subgradient_at_a_kink_is_that_of_torch(torch):
    for name in ("ReLU", "ReLU6", "LeakyReLU", "PReLU", "ELU", "SELU", "Hardtanh", "Hardsigmoid", "Hardswish"):
        at = np.array([-3.0, -1.0, 0.0, 1.0, 3.0, 6.0])
        x, t = mg.tensor(at, requires_grad=True), torch.tensor(at, requires_grad=True)
        getattr(nn, name)()(x).sum().backward()
        getattr(torch.nn, name)().double()(t).sum().backward()
        np.testing.assert_allclose(x.grad, t.grad.numpy(), rtol=1e-7, err_msg=name)


def test_a_learned_slope_starts_at_a_quarter():
    assert nn.PReLU(3).weight.data.tolist() == [0.25, 0.25, 0.25]
