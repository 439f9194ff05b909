"""Layers are PyTorch's: values, gradients, running statistics, state names, and the files they are kept in."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from tests.nn.catalog import IN_TORCH

CLOSE = {"rtol": 1e-10, "atol": 1e-10}


def states(module):
    return {name: np.asarray(value) for name, value in module.state_dict().items()}


def twins(torch, case):
    """Our layer, and PyTorch's with the same, shifted, weights."""
    torch.manual_seed(0)
    ours, theirs = case.make(), case.torch_twin(torch).double()
    rng = np.random.default_rng(4)
    state = {
        name: value + rng.uniform(0.1, 0.3, value.shape).astype(value.dtype) for name, value in states(ours).items()
    }
    ours.load_state_dict(state)
    theirs.load_state_dict({name: torch.tensor(value) for name, value in state.items()})
    return ours, theirs


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("case", IN_TORCH, ids=repr)
def test_values_gradients_and_statistics_are_those_of_torch(torch, case, training):
    ours, theirs = (module.train(training) for module in twins(torch, case))
    rng = np.random.default_rng(0)
    for _ in range(3):
        data = [2 * rng.standard_normal(shape) + 0.5 for shape in case.shapes]
        mine = [mg.tensor(x, requires_grad=True) for x in data]
        other = [torch.tensor(x, requires_grad=True) for x in data]
        y, expected = ours(*mine), theirs(*other)
        g = rng.standard_normal(y.shape)
        y.backward(g)
        expected.backward(torch.tensor(g))
        np.testing.assert_allclose(y.numpy(), expected.detach().numpy(), **CLOSE)
        for x, wanted in zip([*mine, *ours.parameters()], [*other, *theirs.parameters()]):
            np.testing.assert_allclose(x.grad, wanted.grad.numpy(), rtol=case.tolerance, atol=case.tolerance)
    for name, value in states(theirs).items():
        np.testing.assert_allclose(states(ours)[name], value, **CLOSE)


@pytest.mark.parametrize("case", IN_TORCH, ids=repr)
def test_parameters_have_the_names_shapes_and_order_of_torch(torch, case):
    ours, theirs = case.make(), case.torch_twin(torch).double()
    assert [(n, v.shape) for n, v in states(ours).items()] == [(n, v.shape) for n, v in states(theirs).items()]


def test_linear_starts_within_the_bounds_of_torch(torch):
    ours, theirs = nn.Linear(50, 4000, rng=0), torch.nn.Linear(50, 4000)
    for p, q in zip(ours.parameters(), theirs.parameters()):
        q = q.detach().numpy()
        np.testing.assert_allclose([p.data.min(), p.data.max()], [q.min(), q.max()], rtol=2e-3)
        np.testing.assert_allclose(p.data.std(), q.std(), rtol=2e-2)


def networks(torch):
    ours = nn.MLP([6, 5, 4, 3], norm="batch", activation="tanh", dropout=0.2, rng=0)
    layers = [torch.nn.Linear(6, 5), torch.nn.BatchNorm1d(5), torch.nn.Tanh(), torch.nn.Dropout(0.2)]
    layers += [torch.nn.Linear(5, 4), torch.nn.BatchNorm1d(4), torch.nn.Tanh(), torch.nn.Dropout(0.2)]
    return ours, torch.nn.Sequential(*layers, torch.nn.Linear(4, 3)).double()


def assert_same(torch, ours, theirs):
    x = np.random.default_rng(1).standard_normal((7, 6))
    expected = theirs.eval()(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(ours.eval()(x).numpy(), expected, **CLOSE)


def test_our_file_loads_into_a_torch_sequential(torch, tmp_path):
    from safetensors.torch import load_file

    from minigrad.nn.files import save

    ours, theirs = networks(torch)
    ours(np.random.default_rng(0).standard_normal((9, 6)))
    ours[0].weight._data = np.asfortranarray(ours[0].weight.data)
    save(ours, tmp_path / "weights.safetensors")
    theirs.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    assert_same(torch, ours, theirs)


def test_a_torch_file_loads_into_our_sequential(torch, tmp_path):
    from safetensors.torch import save_file

    from minigrad.nn.files import load

    ours, theirs = networks(torch)
    theirs(torch.randn(9, 6, dtype=torch.float64))
    save_file(theirs.state_dict(), tmp_path / "weights.safetensors")
    load(ours, tmp_path / "weights.safetensors")
    assert_same(torch, ours, theirs)


def test_a_torch_state_dict_loads_as_it_is(torch):
    ours, theirs = networks(torch)
    ours.load_state_dict(theirs.state_dict())
    assert_same(torch, ours, theirs)
