"""Losses: PyTorch's values and gradients, measured derivatives, and shapes that are never broadcast."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.errors import DataError, ShapeError
from minigrad.gradcheck import gradcheck
from tests.nn.loss_catalog import BATCH_MEANS, CHOICE, ELEMENTWISE, NOT_IN_TORCH, REDUCED

CASES = [*ELEMENTWISE, *CHOICE, *BATCH_MEANS, *NOT_IN_TORCH]
INTO_THE_DOMAIN = {
    "binary_cross_entropy": [mg.sigmoid, mg.sigmoid],
    "gaussian_nll_loss": [np.positive, np.positive, np.exp],
}
"""Functions whose results the loss is checked at, where it refuses values outside its domain."""
PAIRED = [
    *("mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss", "kl_div", "hinge_embedding_loss"),
    *("binary_cross_entropy", "binary_cross_entropy_with_logits"),
]


def leaves(case):
    n = case.differentiable
    return [mg.tensor(x, requires_grad=True) for x in case.operands[:n]], case.operands[n:]


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides the total loss:UserWarning")  # PyTorch's, of its kl_div
@pytest.mark.parametrize("case", [*REDUCED, *BATCH_MEANS], ids=lambda case: f"{case!r}-{case.options['reduction']}")
def test_values_and_gradients_are_those_of_torch(torch, case):
    inputs, rest = leaves(case)
    theirs = [torch.tensor(x.numpy(), requires_grad=True) for x in inputs]
    options = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in case.options.items()}
    expected = getattr(torch.nn.functional, case.name)(*theirs, *map(torch.tensor, rest), **options)
    found = case.ours(*inputs, *rest, **case.options)
    np.testing.assert_allclose(found.numpy(), expected.detach().numpy(), rtol=1e-10, atol=1e-10)
    g = np.random.default_rng(0).standard_normal(found.shape)
    found.backward(g)
    expected.backward(torch.tensor(g))
    for x, wanted in zip(inputs, theirs):
        np.testing.assert_allclose(x.grad, wanted.grad.numpy(), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("mode", ["probe", pytest.param("full", marks=pytest.mark.slow)])
@pytest.mark.parametrize("case", CASES, ids=repr)
def test_the_derivatives_of_a_loss_pass_the_gradient_check(case, mode):
    inputs, rest = leaves(case)

    def loss(*inputs):
        return case.ours(
            *map(lambda f, x: f(x), INTO_THE_DOMAIN.get(case.name, [np.positive] * 3), inputs), *rest, **case.options
        )

    assert gradcheck(loss, *inputs, order=2, mode=mode)


def test_no_loss_is_left_out():
    losses = {
        name
        for name in nn.__all__
        if getattr(getattr(nn, name), "__module__", "") in ("minigrad.nn.losses", "minigrad.nn.classification")
    }
    assert losses == {case.name for case in CASES}


@pytest.mark.parametrize("name", PAIRED)
def test_shapes_that_would_broadcast_are_refused_and_the_reshape_named(name):
    with pytest.raises(ShapeError) as caught:
        getattr(nn, name)(mg.tensor(np.full((5, 1), 0.5)), np.full(5, 0.5))
    assert str(caught.value) == (
        f"{name}: prediction and target must have the same shape, but they have (5, 1) and (5,): "
        "write target.reshape(5, 1) or prediction.reshape(5)"
    )


def test_shapes_of_different_sizes_name_no_reshape():
    with pytest.raises(ValueError, match=r"they have \(5,\) and \(6,\)$"):
        nn.mse_loss(mg.tensor(np.zeros(5)), np.zeros(6))


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss"])
def test_plain_arrays_give_a_plain_number(name):
    assert getattr(nn, name)(np.array([1.0, 3.0]), [0.0, 1.0]) in (1.5, 2.5)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_the_mean_of_no_rows_is_nan_and_the_sum_0(reduction):
    x = mg.tensor(np.zeros((0, 3)), requires_grad=True)
    losses = nn.mse_loss(x, x.data, reduction=reduction), nn.cross_entropy(x, np.zeros(0, int), reduction=reduction)
    for loss in losses:
        np.testing.assert_equal(loss.item(), np.nan if reduction == "mean" else 0.0)
        loss.backward()
    assert x.grad.shape == (0, 3)


def test_an_unknown_reduction_is_refused():
    with pytest.raises(ValueError, match="'mean', 'sum' or 'none', not 'average'"):
        nn.mse_loss(np.zeros(2), np.zeros(2), reduction="average")


def test_a_float32_loss_stays_float32():
    for case in CASES:
        operands = [x.astype(np.float32) if x.dtype.kind == "f" else x for x in case.operands]
        x = mg.tensor(operands[0], requires_grad=True)
        options = {k: v.astype(np.float32) if isinstance(v, np.ndarray) else v for k, v in case.options.items()}
        y = case.ours(x, *operands[1:], **options)
        assert y.dtype == np.float32, case
        y.sum().backward()
        assert x.grad.dtype == np.float32, case


def test_bce_with_logits_is_exact_far_from_zero():
    logits = mg.tensor([1000.0, -1000.0, 1000.0, -1000.0], requires_grad=True)
    values = nn.binary_cross_entropy_with_logits(logits, np.array([0.0, 1.0, 1.0, 0.0]), reduction="none")
    values.sum().backward()
    assert values.tolist() == [1000, 1000, 0, 0]
    assert logits.grad.tolist() == [1, -1, 0, 0]


def test_bce_holds_the_logarithm_of_0_above_minus_100():
    p = mg.tensor([0.0, 1.0, 0.0, 1.0], requires_grad=True)
    values = nn.binary_cross_entropy(p, np.array([1.0, 0.0, 0.0, 1.0]), reduction="none")
    values.sum().backward()
    assert values.tolist() == [100, 100, 0, 0]
    assert p.grad.tolist() == [0, 0, 1, -1]


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_bce_names_the_loss_for_logits_when_it_gets_no_probability(p):
    with pytest.raises(DataError, match=r"write binary_cross_entropy_with_logits\(logits, target\)"):
        nn.binary_cross_entropy(np.array([p]), np.array([1.0]))


def test_kl_div_of_probability_0_is_0():
    x = mg.tensor(np.log([0.25, 0.75]), requires_grad=True)
    loss = nn.kl_div(x, np.array([0.0, 1.0]), reduction="sum")
    loss.backward()
    np.testing.assert_allclose(loss.item(), -np.log(0.75), rtol=1e-15)
    assert x.grad.tolist() == [0, -1]


def test_a_variance_below_eps_counts_as_eps():
    small = nn.gaussian_nll_loss(np.zeros(1), np.ones(1), np.zeros(1), eps=0.5)
    assert small == nn.gaussian_nll_loss(np.zeros(1), np.ones(1), np.full(1, 0.5))


def test_a_negative_variance_is_refused():
    with pytest.raises(DataError, match="let the model give its logarithm"):
        nn.gaussian_nll_loss(np.zeros(2), np.zeros(2), np.array([1.0, -1.0]))


def test_a_variance_of_another_shape_is_refused():
    with pytest.raises(ShapeError, match=r"variance must have shape \(4, 3\) or \(4, 1\), not \(3,\)"):
        nn.gaussian_nll_loss(np.zeros((4, 3)), np.zeros((4, 3)), np.ones(3))


@pytest.mark.parametrize(
    "call",
    [lambda t: nn.hinge_embedding_loss(np.ones(2), t), lambda t: nn.cosine_embedding_loss(np.eye(2), np.eye(2), t)],
)
def test_targets_0_and_1_are_refused_where_1_and_minus_1_are_meant(call):
    with pytest.raises(DataError, match=r"write 2 \* target - 1"):
        call(np.array([0.0, 1.0]))


@pytest.mark.parametrize(("name", "option"), [("huber_loss", {"delta": 0.0}), ("smooth_l1_loss", {"beta": -1.0})])
def test_a_threshold_that_makes_no_sense_is_refused(name, option):
    with pytest.raises(ValueError, match=next(iter(option))):
        getattr(nn, name)(np.zeros(2), np.zeros(2), **option)


def strict_gradient(loss, x, *args, **kwargs):
    """Value and gradient at x, while NumPy raises whatever it would only warn of."""
    x = mg.tensor(np.array(x, dtype=float), requires_grad=True)
    with np.errstate(all="raise"):
        value = loss(x, *args, **kwargs)
        value.backward()
    return value.item(), x.grad.tolist()


def test_huber_loss_of_a_huge_error_is_exact_and_squares_nothing_that_is_not_used():
    assert strict_gradient(nn.huber_loss, [1e200], [0.0]) == (1e200, [1.0])
    assert strict_gradient(nn.huber_loss, [-2.0, -1.0, 0.0, 0.5], [0.0] * 4, reduction="sum") == (
        1.5 + 0.5 + 0 + 0.125,
        [-1, -1, 0, 0.5],
    )


def test_what_has_no_share_in_a_divergence_cannot_matter_even_at_minus_infinity():
    value, slope = strict_gradient(nn.kl_div, [[-np.inf, -1.0]], [[0.0, 1.0]], reduction="sum")
    assert (value, slope) == (1.0, [[0, -1]])


@pytest.mark.parametrize("target", [[-1.0, 1.0], [0.0, 2.0], [0.0, np.nan]])
@pytest.mark.parametrize("loss", [nn.binary_cross_entropy, nn.binary_cross_entropy_with_logits])
def test_a_target_that_is_no_probability_is_refused_and_the_range_named(loss, target):
    with pytest.raises(DataError, match=rf"{loss.__name__}: every target must lie in \[0, 1\], but they lie in \["):
        loss(mg.tensor([0.5, 0.5]), target)
