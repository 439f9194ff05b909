"""Normalization layers: figures worked out by hand, running statistics, and what they refuse."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.errors import ShapeError


def test_batch_norm_of_two_rows_worked_out_by_hand():
    norm = nn.BatchNorm1d(1)
    y = norm(mg.tensor([[1.0], [3.0]]))
    np.testing.assert_allclose(y.data, [[-0.9999950000374997], [0.9999950000374997]], rtol=1e-15)
    np.testing.assert_allclose(norm.running_mean.item(), 0.2, rtol=1e-15)
    np.testing.assert_allclose(norm.running_var.item(), 1.1, rtol=1e-15)
    assert norm.num_batches_tracked.item() == 1


def test_batch_norm_of_one_row_is_refused_in_training_and_works_in_evaluation():
    norm = nn.BatchNorm1d(3)
    with pytest.raises(
        ValueError, match=r"more than 1 value per channel when training, got an input of shape \(1, 3\)"
    ):
        norm(np.ones((1, 3)))
    assert norm.num_batches_tracked.item() == 0
    assert norm.eval()(np.ones((1, 3))).shape == (1, 3)


def test_batch_norm_of_no_rows_is_refused_in_training_and_works_in_evaluation():
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        nn.BatchNorm1d(3)(np.ones((0, 3)))
    assert nn.BatchNorm1d(3).eval()(np.ones((0, 3))).shape == (0, 3)


def test_evaluation_changes_no_statistics():
    norm = nn.BatchNorm1d(2).eval()
    before = {name: value.tobytes() for name, value in norm.state_dict().items()}
    norm(np.random.default_rng(0).standard_normal((5, 2)))
    assert {name: value.tobytes() for name, value in norm.state_dict().items()} == before


def test_without_running_statistics_evaluation_looks_at_the_batch():
    norm = nn.BatchNorm1d(2, track_running_stats=False)
    x = np.random.default_rng(0).standard_normal((5, 2))
    assert norm.buffers() == []
    np.testing.assert_array_equal(norm.eval()(x).data, norm.train()(x).data)


def test_without_momentum_the_running_mean_is_the_average_over_all_batches():
    norm = nn.BatchNorm1d(1, momentum=None)
    batches = np.random.default_rng(0).standard_normal((4, 5, 1))
    for x in batches:
        norm(x)
    np.testing.assert_allclose(norm.running_mean.data, batches.mean((0, 1)), rtol=1e-13)


def test_the_gradient_does_not_flow_into_the_running_statistics():
    norm = nn.BatchNorm1d(2)
    x = mg.tensor(np.random.default_rng(0).standard_normal((5, 2)), requires_grad=True)
    norm(x)
    assert norm.running_mean.is_leaf
    assert not norm.running_mean.requires_grad


def test_a_training_step_leaves_the_graph_of_another_training_step_valid():
    norm, x = nn.BatchNorm1d(2), mg.tensor(np.eye(2), requires_grad=True)
    y = norm(x).sum()
    norm(x)
    y.backward()
    assert x.grad is not None


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            lambda x: nn.BatchNorm1d(4)(x),
            r"BatchNorm1d expects \(N, 4\) or \(N, 4, L\), got an input of shape \(5, 3\)",
        ),
        (
            lambda x: nn.LayerNorm(4)(x),
            r"layer_norm expects an input whose last axes are \(4,\), got one of shape \(5, 3\)",
        ),
        (lambda x: nn.LayerNorm((5, 4))(x), r"last axes are \(5, 4\)"),
        (lambda x: nn.LayerNorm(())(x), r"last axes are \(\)"),
        (lambda x: nn.RMSNorm(1)(x), r"rms_norm expects an input whose last axes are \(1,\)"),
        (lambda x: nn.GroupNorm(2, 4)(x), r"GroupNorm expects \(N, 4, ...\), got an input of shape \(5, 3\)"),
        (lambda x: nn.group_norm(x, 2), r"C divisible by num_groups=2, got shape \(5, 3\)"),
    ],
)
def test_inputs_of_a_wrong_shape_are_refused(call, says):
    with pytest.raises(ShapeError, match=says):
        call(np.ones((5, 3)))


def test_channels_must_divide_into_groups():
    with pytest.raises(ValueError, match="num_channels=5 cannot be divided into num_groups=2"):
        nn.GroupNorm(2, 5)


@pytest.mark.parametrize("norm", [nn.LayerNorm(3), nn.RMSNorm(3), nn.GroupNorm(1, 3), nn.BatchNorm1d(3)])
def test_a_constant_input_gives_finite_values_and_gradients(norm):
    x = mg.tensor(np.zeros((4, 3)), requires_grad=True)
    norm(x).sum().backward()
    assert np.isfinite(x.grad).all()


def test_the_functions_are_those_of_torch(torch):
    f = torch.nn.functional
    rng = np.random.default_rng(0)
    x, w, b = rng.standard_normal((5, 4, 6)), rng.standard_normal(6), rng.standard_normal(6)
    t = [torch.tensor(a) for a in (x, w, b)]
    close = {"rtol": 1e-12, "atol": 1e-12}
    np.testing.assert_allclose(nn.layer_norm(x, 6, w, b), f.layer_norm(t[0], (6,), t[1], t[2]), **close)
    np.testing.assert_allclose(nn.layer_norm(x, (4, 6), eps=0.1), f.layer_norm(t[0], (4, 6), eps=0.1), **close)
    np.testing.assert_allclose(nn.rms_norm(x, 6, w), f.rms_norm(t[0], (6,), t[1]), **close)
    np.testing.assert_allclose(nn.group_norm(x, 2, w[:4], b[:4]), f.group_norm(t[0], 2, t[1][:4], t[2][:4]), **close)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: nn.BatchNorm1d(0), "num_features must be a whole number of at least 1, not 0"),
        (lambda: nn.BatchNorm1d(2.5), "num_features"),
        (lambda: nn.BatchNorm1d(2, eps=-1e-5), "eps must be a finite number of at least 0, not -1e-05"),
        (lambda: nn.BatchNorm1d(2, eps=float("nan")), "eps"),
        (lambda: nn.BatchNorm1d(2, momentum=1.5), "momentum must be a number from 0 to 1, not 1.5"),
        (lambda: nn.LayerNorm(0), "normalized_shape"),
        (lambda: nn.LayerNorm((2, -1)), "normalized_shape"),
        (lambda: nn.LayerNorm(2, eps=float("inf")), "eps"),
        (lambda: nn.RMSNorm(2, eps=-1.0), "eps"),
        (lambda: nn.RMSNorm(0), "normalized_shape"),
        (lambda: nn.GroupNorm(0, 4), "num_groups"),
        (lambda: nn.GroupNorm(2, 0), "num_channels"),
        (lambda: nn.GroupNorm(2, 4, eps="small"), "eps"),
    ],
)
def test_a_senseless_argument_is_refused_when_the_layer_is_made(make, words):
    with pytest.raises(ValueError, match=words):
        make()
