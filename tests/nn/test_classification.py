"""cross_entropy, nll_loss and hinge_loss: what targets they take, and what they say about others."""

import warnings

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.errors import DtypeError, ShapeError

LOGITS = np.random.default_rng(3).standard_normal((4, 3))
CHOOSING = [nn.cross_entropy, nn.nll_loss, nn.hinge_loss]


def named(function):
    return function.__name__


@pytest.mark.parametrize("loss", CHOOSING, ids=named)
@pytest.mark.parametrize("wrong", [3, -1])
def test_a_class_that_does_not_exist_is_named(loss, wrong):
    with pytest.raises(
        IndexError, match=f"{loss.__name__}: the target holds the class {wrong}, but there are only the 3 from 0 on"
    ):
        loss(LOGITS, np.array([0, 1, wrong, 2]))


@pytest.mark.parametrize("loss", CHOOSING, ids=named)
def test_class_numbers_must_be_integers(loss):
    with pytest.raises(DtypeError, match=r"not float64: write target.astype\(int\)"):
        loss(LOGITS, np.array([0.0, 1.0, 2.0, 1.0]))


@pytest.mark.parametrize("loss", CHOOSING, ids=named)
def test_one_class_number_for_each_row_is_needed(loss):
    with pytest.raises(ShapeError, match=r"a target of shape \(4, 1\) .* of shape \(4,\)"):
        loss(LOGITS, np.zeros((4, 1), int))


@pytest.mark.parametrize("loss", CHOOSING, ids=named)
def test_targets_may_be_tensors_lists_and_small_integers(loss):
    classes = [0, 2, 1, 2]
    values = [
        loss(LOGITS, t) for t in (classes, np.array(classes, np.int8), mg.tensor(classes), np.array(classes, np.uint8))
    ]
    assert len(set(map(float, values))) == 1


def test_when_all_rows_are_ignored_the_mean_is_nan_the_sum_0_and_the_gradients_0():
    for reduction, expected in ("mean", np.nan), ("sum", 0.0):
        logits = mg.tensor(LOGITS, requires_grad=True)
        loss = nn.cross_entropy(logits, np.full(4, -100), reduction=reduction)
        loss.backward()
        np.testing.assert_equal(loss.item(), expected)
        assert not logits.grad.any()


def test_plain_arrays_ignored_altogether_give_nan_without_a_warning():
    assert np.isnan(nn.cross_entropy(LOGITS, np.full(4, -100)))


def test_an_ignored_row_of_infinities_adds_nothing():
    logits = mg.tensor([[0.0, 0.0], [np.inf, -np.inf]], requires_grad=True)
    with np.errstate(invalid="ignore"):
        loss = nn.cross_entropy(logits, np.array([0, -100]))
    loss.backward()
    np.testing.assert_allclose(loss.item(), np.log(2), rtol=1e-15)
    np.testing.assert_array_equal(logits.grad, [[-0.5, 0.5], [0, 0]])


def test_certain_and_wrong_is_finite():
    logits = mg.tensor([[1e4, 0.0]], requires_grad=True)
    loss = nn.cross_entropy(logits, np.array([1]))
    loss.backward()
    assert loss.item() == 1e4
    assert logits.grad.tolist() == [[1, -1]]


def test_the_gradient_of_a_target_of_probabilities_is_taken_too():
    target = mg.tensor(np.full((4, 3), 1 / 3), requires_grad=True)
    nn.cross_entropy(LOGITS, target, reduction="sum").backward()
    np.testing.assert_allclose(target.grad, -mg.log_softmax(LOGITS), rtol=1e-14)


@pytest.mark.parametrize("smoothing", [-0.1, 1.1, float("nan")])
def test_label_smoothing_is_a_share(smoothing):
    with pytest.raises(ValueError, match="label_smoothing must lie in"):
        nn.cross_entropy(LOGITS, np.zeros(4, int), label_smoothing=smoothing)


def test_class_weights_are_one_for_each_class():
    with pytest.raises(ShapeError, match=r"weight must have shape \(3,\), a number for each class, not \(4,\)"):
        nn.cross_entropy(LOGITS, np.zeros(4, int), weight=np.ones(4))


def test_the_output_of_a_softmax_brings_a_warning_that_names_both_lines():
    logits = mg.tensor(LOGITS, requires_grad=True)
    p = logits.softmax()
    with pytest.warns(
        UserWarning, match=r"pass the logits \(softmax at test_classification.py:\d+  p = logits.softmax\(\)\)"
    ) as caught:
        nn.cross_entropy(p, np.zeros(4, int))
    assert caught[0].filename == __file__


def test_the_warning_comes_once_for_each_source_line():
    model = nn.Sequential(nn.Linear(3, 3, rng=0), nn.Softmax())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            nn.cross_entropy(model(LOGITS), np.zeros(4, int))
        nn.cross_entropy(model(LOGITS), np.zeros(4, int))
    assert len(caught) == 2


def test_logits_and_log_probabilities_bring_no_warning():
    logits = mg.tensor(LOGITS, requires_grad=True)
    assert nn.cross_entropy(logits, np.zeros(4, int)).item() == pytest.approx(
        nn.cross_entropy(logits.log_softmax(), np.zeros(4, int)).item()
    )


def test_the_hinge_loss_is_that_of_the_lecture():
    scores = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
    np.testing.assert_allclose(nn.hinge_loss(scores, [0, 1, 2], reduction="none"), [2.9, 0, 12.9], rtol=1e-14)


def test_the_hinge_loss_is_multi_margin_loss_times_the_number_of_classes(torch):
    target = np.array([0, 2, 1, 2])
    theirs = torch.nn.functional.multi_margin_loss(torch.tensor(LOGITS), torch.tensor(target), margin=0.7)
    np.testing.assert_allclose(nn.hinge_loss(LOGITS, target, margin=0.7), 3 * theirs.item(), rtol=1e-12)


@pytest.mark.parametrize("loss", [nn.cross_entropy, nn.nll_loss])
def test_a_single_number_is_no_score_of_classes(loss):
    with pytest.raises(ShapeError, match="an axis of classes"):
        loss(mg.tensor(1.0, requires_grad=True), np.array(0))


def test_a_class_without_probability_cannot_matter_even_with_a_score_of_minus_infinity():
    x = mg.tensor([[0.0, -np.inf, 0.0]], requires_grad=True)
    loss = nn.cross_entropy(x, np.array([[0.5, 0.0, 0.5]]))
    loss.backward()
    np.testing.assert_allclose(loss.item(), np.log(2), rtol=1e-15)
    assert x.grad.tolist() == [[0, 0, 0]]
