"""Layers with weights, and containers: shapes, errors, and who owns what."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.errors import DtypeError, ShapeError


def test_linear_refuses_a_wrong_width_and_names_both():
    with pytest.raises(
        ShapeError, match=r"Linear expects 64 features in the last axis, got an input of shape \(5, 10\)\nin Linear"
    ):
        nn.Linear(64, 3, rng=0)(np.zeros((5, 10)))


def test_linear_names_flatten_where_it_would_help():
    with pytest.raises(ShapeError, match=r"of shape \(5, 8, 8\): write nn.Flatten\(\) before it"):
        nn.Linear(64, 3, rng=0)(np.zeros((5, 8, 8)))


def test_a_batch_of_no_rows_gives_no_rows_and_zero_gradients():
    model = nn.Sequential(nn.Linear(3, 4, rng=0), nn.ReLU(), nn.Linear(4, 2, rng=0))
    y = model(np.zeros((0, 3)))
    y.sum().backward()
    assert y.shape == (0, 2)
    assert not any(p.grad.any() for p in model.parameters())


def test_linear_takes_lists():
    assert nn.Linear(2, 1, rng=0)([[1.0, 2.0]]).shape == (1, 1)


def test_the_same_rng_gives_the_same_weights_and_a_generator_goes_on():
    assert nn.Linear(2, 2, rng=7).weight.data.tobytes() == nn.Linear(2, 2, rng=7).weight.data.tobytes()
    rng = np.random.default_rng(7)
    assert nn.Linear(2, 2, rng=rng).weight.data.tobytes() != nn.Linear(2, 2, rng=rng).weight.data.tobytes()


def test_a_layer_leaves_the_global_generator_alone():
    before = np.random.get_state()[1].tobytes()  # noqa: NPY002
    nn.MLP([2, 3, 1], dropout=0.5)(np.ones((1, 2)))
    assert np.random.get_state()[1].tobytes() == before  # noqa: NPY002


def test_the_weight_starts_as_init_says():
    layer = nn.Linear(3, 2, init=nn.initializers.zeros, rng=0)
    assert not layer.weight.data.any()


@pytest.mark.parametrize("size", [0, -1, 2.0, True, "3"])
def test_sizes_are_whole_numbers_of_at_least_1(size):
    with pytest.raises(ValueError, match=r"in_features must be a whole number of at least 1, not"):
        nn.Linear(size, 2)


def test_sequential_counts_iterates_indexes_and_slices_without_copying():
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.ReLU(), nn.Linear(3, 1, rng=0))
    assert len(model) == 3
    assert list(model)[1] is model[1]
    assert model[-1] is model[2]
    assert model[1:][1] is model[2]
    assert list(model[1:].state_dict()) == ["1.weight", "1.bias"]


def test_sequential_appends():
    model = nn.Sequential(nn.Linear(2, 3, rng=0))
    model.append(nn.Linear(3, 1, rng=0))
    assert model(np.ones((1, 2))).shape == (1, 1)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (nn.ReLU, r"not a type: write ReLU\(...\)"),
        ([], r"not a list: write Sequential\(\*modules\)"),
        (np.tanh, "not a ufunc$"),
    ],
)
def test_sequential_takes_modules_alone(wrong, says):
    with pytest.raises(TypeError, match=f"Sequential takes modules, {says}"):
        nn.Sequential(wrong)


def test_one_layer_used_three_times_has_one_set_of_parameters():
    layer = nn.Linear(2, 2, rng=0)
    model = nn.Sequential(layer, layer, layer)
    assert len(model.parameters()) == 2
    assert len(model) == 3
    assert len(model.state_dict()) == 6


def test_residual_adds_its_input():
    block = nn.Residual(nn.Linear(2, 2, init=nn.initializers.zeros, rng=0))
    x = np.array([[1.0, 2.0]])
    np.testing.assert_array_equal(block(x).data, x + block[0].bias.data)


def test_residual_refuses_to_broadcast():
    with pytest.raises(ShapeError, match=r"one shape, not \(5, 3\) and \(5, 1\)"):
        nn.Residual(nn.Linear(3, 1, rng=0))(np.ones((5, 3)))


def test_flatten_keeps_the_batch():
    assert nn.Flatten()(np.zeros((5, 2, 3))).shape == (5, 6)
    assert nn.Flatten()(mg.tensor(np.zeros((0, 2, 3)))).shape == (0, 6)
    assert nn.Flatten(0, -2)(np.zeros((5, 2, 3))).shape == (10, 3)


def test_bilinear_refuses_inputs_that_do_not_go_together():
    with pytest.raises(ShapeError, match=r"\(..., 3\) and \(..., 2\), .* got inputs of shapes \(4, 3\) and \(1, 2\)"):
        nn.Bilinear(3, 2, 1, rng=0)(np.ones((4, 3)), np.ones((1, 2)))


def test_embedding_takes_ids_of_any_shape():
    table = nn.Embedding(5, 3, rng=0)
    assert table(np.zeros((2, 4), int)).shape == (2, 4, 3)
    assert table(3).shape == (3,)
    np.testing.assert_array_equal(table(mg.tensor([4, 0])).data, table.weight.data[[4, 0]])


@pytest.mark.parametrize("wrong", [5, -1])
def test_embedding_names_an_id_that_does_not_exist(wrong):
    with pytest.raises(IndexError, match=f"Embedding got the id {wrong}, but there are 5: 0 to 4"):
        nn.Embedding(5, 3, rng=0)(np.array([0, wrong]))


def test_embedding_refuses_ids_that_are_no_integers():
    with pytest.raises(DtypeError, match=r"not float64: write ids.astype\(int\)"):
        nn.Embedding(5, 3, rng=0)(np.array([0.0]))


def test_embedding_is_that_of_torch(torch):
    ours, theirs = nn.Embedding(5, 3, rng=0), torch.nn.Embedding(5, 3, dtype=torch.float64)
    theirs.load_state_dict({name: torch.tensor(value) for name, value in ours.state_dict().items()})
    ids = np.array([[0, 3, 3], [1, 3, 0]])
    y, expected = ours(ids), theirs(torch.tensor(ids))
    g = np.random.default_rng(0).standard_normal(y.shape)
    y.backward(g)
    expected.backward(torch.tensor(g))
    np.testing.assert_array_equal(y.data, expected.detach().numpy())
    np.testing.assert_allclose(ours.weight.grad, theirs.weight.grad.numpy(), rtol=1e-14)


def test_flatten_of_too_few_axes_says_how_many_there_are():
    with pytest.raises(ShapeError, match=r"the axes from 1 to -1 one, but the input of shape \(3,\) has 1"):
        nn.Flatten()(np.zeros(3))
