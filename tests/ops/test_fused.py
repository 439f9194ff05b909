"""Fused ops: PyTorch's values and gradients, and all their digits where logits are extreme."""

from decimal import Decimal, localcontext

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import DtypeError, ShapeError
from tests.table import OPS


def draw(*shapes):
    rng = np.random.default_rng(0)
    return [rng.standard_normal(shape) for shape in shapes]


@pytest.mark.parametrize("shape", [(4, 3), (1, 3), (3,), (2, 4, 3), (2, 1, 4, 3), (0, 3)])
@pytest.mark.parametrize("outputs", [2, 3])
@pytest.mark.parametrize("biased", [True, False])
def test_linear_agrees_with_torch(agrees_with_torch, torch, shape, outputs, biased):
    arrays = draw(shape, (outputs, 3), (outputs,))
    agrees_with_torch(mg.linear, torch.nn.functional.linear, *arrays[: 2 + biased])


def test_linear_of_an_empty_batch_has_zero_gradients():
    weight, bias = mg.tensor(np.ones((2, 3)), requires_grad=True), mg.tensor(np.ones(2), requires_grad=True)
    y = mg.linear(np.ones((0, 3)), weight, bias)
    y.sum().backward()
    assert y.shape == (0, 2)
    np.testing.assert_array_equal(weight.grad, np.zeros((2, 3)))
    np.testing.assert_array_equal(bias.grad, np.zeros(2))


def test_linear_of_the_wrong_width_names_what_it_expected_and_got():
    with pytest.raises(ShapeError, match=r"weight of shape \(2, 3\) takes 3 features, but x has shape \(4, 5\)"):
        mg.linear(np.ones((4, 5)), mg.tensor(np.ones((2, 3))))


@pytest.mark.parametrize("axis", [-1, 0, 1])
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_and_its_logarithm_agree_with_torch(agrees_with_torch, torch, name, axis):
    agrees_with_torch(lambda x: getattr(mg, name)(x, axis), lambda x: getattr(torch, name)(x, axis), *draw((2, 4, 3)))
    agrees_with_torch(lambda x: getattr(x, name)(axis=axis), lambda x: getattr(x, name)(axis), *draw((3, 3, 1)))


def test_softmax_of_extreme_logits_is_exact_under_strict_floating_point_errors():
    x = mg.tensor([1e4, 0, -1e4], requires_grad=True)
    with np.errstate(all="raise"):
        y = mg.softmax(x)
        y.backward([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(y.numpy(), [1, 0, 0])
    np.testing.assert_array_equal(x.grad, [0, 0, 0])


def test_log_softmax_of_extreme_logits_is_exact_under_strict_floating_point_errors():
    x = mg.tensor([1e4, 0], requires_grad=True)
    with np.errstate(all="raise"):
        y = mg.log_softmax(x)[1]
        y.backward()
    assert y.item() == -1e4
    np.testing.assert_array_equal(x.grad, [-1, 1])


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_a_masked_logit_of_minus_infinity_takes_no_part(name):
    x = mg.tensor([1.0, -np.inf, 2.0], requires_grad=True)
    y = getattr(mg, name)(x)
    np.testing.assert_allclose(y.numpy()[[0, 2]], getattr(mg, name)(np.array([1.0, 2.0])))
    y[2].backward()
    assert x.grad[1] == 0
    assert np.all(np.isfinite(x.grad))


def exactly(logits, target):
    """The loss, and its gradient, in decimal arithmetic of 400 digits."""
    with localcontext() as context:
        context.prec = 400
        powers = [Decimal(x).exp() for x in logits]
        total = sum(powers)
        others = sum(power for i, power in enumerate(powers) if i != target)
        gradient = [power / total for power in powers]
        gradient[target] = -others / total
        return float(total.ln() - Decimal(logits[target])), [float(g) for g in gradient]


@pytest.mark.parametrize("scale", [1e-3, 1.0, 30.0, 500.0])
def test_cross_entropy_and_its_gradient_are_right_to_the_last_digits(scale):
    rng = np.random.default_rng(3)
    logits, target = scale * rng.standard_normal((50, 4)), rng.integers(4, size=50)
    x = mg.tensor(logits, requires_grad=True)
    losses = mg.softmax_cross_entropy(x, target)
    losses.sum().backward()
    for row, chosen, loss, gradient in zip(logits.tolist(), target, losses.numpy(), x.grad):
        value, slopes = exactly(row, chosen)
        np.testing.assert_allclose(loss, value, rtol=2e-15 * max(1, scale))
        np.testing.assert_allclose(gradient, slopes, rtol=4e-15 * max(1, scale))


@pytest.mark.parametrize("shape", [(4, 3), (1, 3), (3,), (4, 1), (2, 5, 3), (0, 3)])
def test_cross_entropy_agrees_with_torch(agrees_with_torch, torch, shape):
    target = np.random.default_rng(1).integers(shape[-1], size=shape[:-1])

    def theirs(x):
        rows = x.reshape(-1, shape[-1])
        losses = torch.nn.functional.cross_entropy(rows, torch.tensor(target).reshape(-1), reduction="none")
        return losses.reshape(shape[:-1])

    agrees_with_torch(lambda x: mg.softmax_cross_entropy(x, target), theirs, *draw(shape))


def test_cross_entropy_of_extreme_logits_is_exact_under_strict_floating_point_errors():
    x = mg.tensor([[1e4, 0, -1e4]] * 2, requires_grad=True)
    with np.errstate(all="raise"):
        losses = mg.softmax_cross_entropy(x, np.array([0, 2]))
        losses.sum().backward()
    np.testing.assert_array_equal(losses.numpy(), [0, 2e4])
    np.testing.assert_array_equal(x.grad, [[0, 0, 0], [1, 0, -1]])


def test_cross_entropy_takes_a_list_a_tensor_or_small_integers_as_target():
    x = mg.tensor(draw((2, 3))[0], requires_grad=True)
    expected = mg.softmax_cross_entropy(x, np.array([0, 2])).numpy()
    for target in ([0, 2], mg.tensor([0, 2]), np.array([0, 2], "uint8")):
        losses = mg.softmax_cross_entropy(x, target)
        losses.sum().backward()
        np.testing.assert_array_equal(losses.numpy(), expected)


def test_a_written_target_does_not_reach_the_tape():
    x, target = mg.tensor([[1.0, 2.0]], requires_grad=True), np.array([0])
    loss = mg.softmax_cross_entropy(x, target)
    target[0] = 1
    loss.sum().backward()
    assert x.grad[0, 0] < 0 < x.grad[0, 1]


@pytest.mark.parametrize(
    ("target", "error", "text"),
    [
        ([0, 3], IndexError, "holds the class 3, but there are 3 classes: 0 to 2"),
        ([0, -1], IndexError, "holds the class -1, but there are 3 classes"),
        ([0.0, 1.0], TypeError, "class numbers of an integer dtype, not float64"),
        ([True, False], DtypeError, "integer dtype, not bool"),
        ([0], ShapeError, r"target of shape \(1,\) .* logits of shape \(2, 3\)"),
        ([[0], [1]], ShapeError, r"one class number for each row, of shape \(2,\)"),
    ],
)
def test_a_wrong_target_is_refused_with_what_is_wrong(target, error, text):
    with pytest.raises(error, match=text):
        mg.softmax_cross_entropy(mg.tensor(np.ones((2, 3))), np.array(target))


@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.int64])
@pytest.mark.parametrize(("target", "wrong"), [([0, 3], 3), ([2, 127], 127), ([-1, 2], -1), ([0, -128], -128)])
def test_a_class_that_does_not_exist_is_named_in_every_dtype(dtype, target, wrong):
    with pytest.raises(IndexError, match=f"holds the class {wrong},"):
        mg.softmax_cross_entropy(mg.tensor(np.zeros((2, 3))), np.array(target, dtype))


@pytest.mark.parametrize("shape", [(3, 2), (), (1,)])
def test_binary_cross_entropy_agrees_with_torch(agrees_with_torch, torch, shape):
    def theirs(x, t):
        return torch.nn.functional.binary_cross_entropy_with_logits(x, t, reduction="none")

    logits, target = draw(shape, shape)
    agrees_with_torch(mg.sigmoid_cross_entropy, theirs, 5 * logits, 1 / (1 + np.exp(-target)))


def test_binary_cross_entropy_of_extreme_logits_is_exact_under_strict_floating_point_errors():
    x = mg.tensor([1000.0, -1000.0, 1000.0, -1000.0], requires_grad=True)
    with np.errstate(all="raise"):
        losses = mg.sigmoid_cross_entropy(x, np.array([0.0, 1.0, 1.0, 0.0]))
        losses.sum().backward()
    np.testing.assert_array_equal(losses.numpy(), [1000, 1000, 0, 0])
    np.testing.assert_array_equal(x.grad, [1, -1, 0, 0])


def test_binary_cross_entropy_keeps_its_digits_where_the_loss_is_tiny():
    x = mg.tensor([40.0, -40.0], requires_grad=True)
    losses = mg.sigmoid_cross_entropy(x, np.array([1.0, 0.0]))
    losses.sum().backward()
    np.testing.assert_allclose(losses.numpy(), np.exp(-40.0), rtol=1e-15)
    np.testing.assert_allclose(x.grad, [-np.exp(-40.0), np.exp(-40.0)], rtol=1e-15)


@pytest.mark.parametrize("name", ["linear", "softmax", "log_softmax", "softmax_cross_entropy", "sigmoid_cross_entropy"])
def test_float32_stays_float32(name):
    x = mg.tensor(np.ones((2, 3), "f"), requires_grad=True)
    rest = {
        "linear": (np.ones((2, 3), "f"), np.ones(2, "f")),
        "softmax_cross_entropy": (np.array([0, 1]),),
        "sigmoid_cross_entropy": (np.ones((2, 3), "f"),),
    }
    y = getattr(mg, name)(x, *rest.get(name, ()))
    y.sum().backward()
    assert y.dtype == x.grad.dtype == np.float32


SAVING = [name for name, op in OPS.items() if getattr(op, "saving", None)]


@pytest.mark.parametrize("name", SAVING)
def test_what_a_forward_saves_changes_neither_the_value_nor_the_gradient(name):
    op, rng = OPS[name], np.random.default_rng(0)
    for sample in op.samples:
        args, kwargs = op.bind(*sample.draw(rng))
        y, saved = op.saving(*args, **kwargs)
        np.testing.assert_array_equal(y, op.forward(*args, **kwargs))
        g = rng.standard_normal(np.shape(y))
        for formula in filter(None, op.formulas):
            alone, helped = (formula(g, y, *args, **kwargs, **given) for given in ({}, {"saved": saved}))
            np.testing.assert_allclose(helped, alone, rtol=1e-14, atol=1e-300)


def test_the_mean_cross_entropy_is_one_node_and_keeps_its_digits_at_both_orders():
    x = mg.tensor([[40.0, 0.0], [0.0, 1.0]], requires_grad=True)
    loss = mg.nn.cross_entropy(x, np.array([0, 1]))
    assert (loss.op.name, loss.args[0] is x) == ("softmax_cross_entropy", True)
    (g,) = mg.autograd.grad(loss, x, create_graph=True)
    loss.backward()
    np.testing.assert_allclose(x.grad, g.data, rtol=1e-15)
    assert x.grad[0, 0] == pytest.approx(-np.exp(-40) / 2, rel=1e-14)
    (second,) = mg.autograd.grad(g[0, 0], x)
    assert second.data[0, 0] == pytest.approx(np.exp(-40) / 2, rel=1e-14)


def test_the_mean_squared_error_is_one_node_and_both_sides_can_be_learned():
    x, t = (mg.tensor(a, requires_grad=True) for a in draw((4, 1), (4, 1)))
    loss = mg.nn.mse_loss(x, t)
    loss.backward()
    assert loss.args == (x, t)
    np.testing.assert_allclose(x.grad, (x.data - t.data) / 2)
    np.testing.assert_allclose(t.grad, (t.data - x.data) / 2)
