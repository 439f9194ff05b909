"""Mistakes as people make them, planted in a training run: each is named by the message that the Trainer gives."""

import re
import warnings

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.data import Examples
from minigrad.errors import GraphError, NonFiniteError, ShapeError
from minigrad.training import Callback, Trainer


def points(rows=96, classes=3):
    """Three well-separated clouds in four dimensions."""
    rng = np.random.default_rng(0)
    y = np.arange(rows) % classes
    return Examples(rng.normal(size=(rows, 4)) + 3 * np.eye(classes, 4)[y], y)


def line(rows=96):
    x = np.random.default_rng(0).normal(size=(rows, 3))
    return Examples(x, x @ [[1.0], [2.0], [3.0]])


def mlp(*sizes, **options):
    return nn.MLP(list(sizes or (4, 8, 3)), rng=0, **options)


def trained(model, data=None, loss=nn.cross_entropy, optimizer=None, **options):
    """Fit for one epoch."""
    trainer = Trainer(model, loss, optimizer or optim.SGD(model, 0.1), rng=0, **{"batch_size": 16} | options)
    trainer.fit(data or points(), epochs=1)


class Net(nn.Module):
    """Two layers, with what happens between them."""

    def __init__(self, between):
        super().__init__()
        self.first, self.second, self.between = nn.Linear(4, 8, rng=0), nn.Linear(8, 3, rng=1), between

    def forward(self, x):
        return self.second(self.between(self.first(x)))


def sure_from_the_start():
    model = mlp()
    model[2].weight.data = 50 * model[2].weight.data
    trained(model)


def features_as_they_came():
    x, y = points()
    trained(mlp(), Examples(x * [1, 1, 1, 10_000], y))


def pixels_from_0_to_255():
    x, y = points()
    trained(mlp(), Examples((40 * x + 100).clip(0, 255).astype(np.uint8), y))


def features_of_millionths():
    x, y = points()
    trained(mlp(), Examples(1e-6 * x, y))


def targets_as_they_came():
    x, y = line()
    model = mlp(3, 8, 1)
    trained(model, Examples(x, 1e4 * y + 1e5), nn.mse_loss, optim.SGD(model, 1e-9))


def softmax_in_the_model():
    trained(nn.Sequential(mlp(), nn.Softmax()))


def sigmoid_in_the_model():
    x, y = points()
    model = nn.Sequential(mlp(4, 8, 1), nn.Sigmoid())
    trained(model, Examples(x, (y == 0).astype(float)[:, None]), nn.binary_cross_entropy_with_logits)


def optimizer_made_too_early():
    model = nn.Sequential(nn.Linear(4, 8, rng=0))
    optimizer = optim.SGD(model, 0.1)
    model.append(nn.ReLU())
    model.append(nn.Linear(8, 3, rng=1))
    trained(model, optimizer=optimizer)


def optimizer_of_another_model():
    trained(mlp(), optimizer=optim.SGD(mlp(5, 8, 3), 0.1))


def units_all_alike():
    model = mlp()
    for p in model.parameters():
        p.data = np.full(p.shape, 0.5)
    trained(model)


def relu_at_the_end():
    trained(nn.Sequential(mlp(), nn.ReLU()))


def dead_from_the_start():
    model = mlp()
    model[0].bias.data = np.full(8, -100.0)
    trained(model)


def loss_with_a_minus():
    trained(mlp(), loss=lambda y, t: -nn.cross_entropy(y, t))


def last_batch_of_one_row():
    trained(mlp(norm="batch"), points(97))


def evaluated_in_training_mode():
    class Peek(Callback):
        def on_step(self, trainer, batch):
            with mg.no_grad():
                trainer.model(mg.Tensor(batch.x))

    trained(mlp(dropout=0.1), callbacks=[Peek()], check=False)


def left_in_evaluation_mode():
    class Peek(Callback):
        def on_step(self, trainer, batch):
            trainer.model.eval()

    trained(mlp(dropout=0.1), callbacks=[Peek()], check=False)


def a_second_backward():
    def loss(y, t):
        value = nn.cross_entropy(y, t)
        if value.requires_grad:  # and not in an evaluation
            value.backward()
        return value

    trained(mlp(), loss=loss, check=False)


def losses_kept_as_tensors():
    kept = []

    def loss(y, t):
        kept.append(nn.cross_entropy(y, t))
        return kept[-1]

    trained(mlp(), points(192), loss, check=False)


WARNED = {
    sure_from_the_start: r"the loss is .* before the first step, and a constant guess has 1\.1",
    features_as_they_came: "feature 3 has mean .* and standard deviation 1.*e.04, and so drowns the others",
    pixels_from_0_to_255: r"feature \d has mean 1.. and standard deviation .*: bring it to 0 and 1",
    features_of_millionths: r"no feature is more than 2\S*e-06 in size, and next to nothing changes with them",
    targets_as_they_came: r"target 0 has mean .* as y = \(y - y.mean",
    softmax_in_the_model: "the model ends in softmax, and the loss contains a softmax",
    sigmoid_in_the_model: "the model ends in sigmoid, and the loss contains a sigmoid",
    optimizer_made_too_early: "the optimizer does not move 2.weight, 2.bias: make it of model.parameters",
    optimizer_of_another_model: "the optimizer does not move 0.weight, 0.bias, 2.weight, 2.bias",
    units_all_alike: "all 8 units of 0.weight start with the same weights, and will stay the same",
    relu_at_the_end: "16 examples cannot be learnt by heart",
    dead_from_the_start: r"16 examples cannot be learnt by heart.*a layer may cut the gradient .*dead units",
    loss_with_a_minus: "cross-entropy is never negative: .* take the minus away",
    evaluated_in_training_mode: r"called under no_grad in training mode, .*\(Dropout\): write `with model.evaluating",
    left_in_evaluation_mode: r"with the model in evaluation mode, .*: write model.train\(\)",
    a_second_backward: r"backward\(\) number 2 has reached \S+ without a step or zero_grad\(\) in between",
    losses_kept_as_tensors: r"memory grows; write total \+= loss.item\(\) instead of total \+= loss",
}
"""What goes on all the same, and is warned of."""


def warnings_of(mistake):
    """All that is said while it runs."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        mistake()
    return "\n\n".join(str(warning.message) for warning in found)


@pytest.mark.parametrize("mistake", WARNED, ids=lambda mistake: mistake.__name__)
def test_a_mistake_that_costs_a_run_is_named(mistake):
    assert re.search(WARNED[mistake], warnings_of(mistake))


@pytest.mark.parametrize(
    "between", [lambda h: np.tanh(h).detach(), lambda h: mg.Tensor(np.tanh(h.data))], ids=["detach", "data"]
)
def test_a_layer_that_no_gradient_reaches_is_named(between):
    assert "no gradient reaches first.weight, first.bias: " in warnings_of(lambda: trained(Net(between)))


@pytest.mark.filterwarnings("default")
def test_a_layer_that_forward_forgets_is_named():
    model = Net(np.tanh)
    model.third = nn.Linear(3, 3, rng=2)
    before_step_1 = r"no gradient reaches third\.weight, third\.bias: either forward does not use"
    at_step_1 = r"no gradient has arrived at third\.weight, third\.bias"
    with pytest.warns(UserWarning, match=at_step_1), pytest.warns(UserWarning, match=before_step_1):
        trained(model)


def nan_in_the_loss():
    trained(mlp(), loss=lambda y, t: -np.mean(np.log(y[np.arange(len(t)), t])), check=False)


def batch_norm_of_single_rows():
    trained(mlp(norm="batch"), batch_size=1, check=False)


def state_carried_over():
    memory = [0.0]

    def loss(y, t):
        memory[0] = memory[0] * 0.9 + nn.cross_entropy(y, t)
        return memory[0]

    trained(mlp(), loss=loss, check=False)


STOPPED = {
    nan_in_the_loss: (
        NonFiniteError,
        r"the loss is nan: step 1 was not taken; op log at .*test_planted.*use nn\.cross",
    ),
    batch_norm_of_single_rows: (ShapeError, r"BatchNorm1d needs more than 1 value per channel when training"),
    state_carried_over: (GraphError, r"the graph grows from step to step: .* write h = h\.detach\(\)"),
    lambda: trained(mlp(3, 8, 1), Examples(line().x, line().y.ravel()), nn.mse_loss): (
        ShapeError,
        r"prediction and target must have the same shape, .* write target\.reshape\(64, 1\)",
    ),
    lambda: trained(mlp(4, 8, 2)): (IndexError, "the target holds the class 2, but there are only the 2 from 0 on"),
    lambda: trained(mlp(5, 8, 3)): (ShapeError, "expects 5 features in the last axis, got an input of shape"),
    lambda: trained(mlp(), loss=lambda y, t: nn.cross_entropy(y, t, reduction="none")): (
        ShapeError,
        r"the loss must be one number, but has shape \(64,\): write reduction='mean'",
    ),
    lambda: trained(mlp(), loss=lambda y, t: mg.tensor(nn.cross_entropy(y, t).item())): (
        GraphError,
        r"no gradient can flow: .* is there a \.detach\(\), \.numpy\(\) or \.item\(\)",
    ),
}
"""What cannot go on: the error, and its message."""


@pytest.mark.parametrize("mistake", STOPPED, ids=map(str, range(len(STOPPED))))
def test_a_mistake_with_which_nothing_can_be_learnt_stops_the_run(mistake):
    error, message = STOPPED[mistake]
    with pytest.raises(error, match=rf"(?s){message}"):
        mistake()


@pytest.mark.filterwarnings("default")
def test_a_last_batch_of_one_row_is_named_before_it_comes():
    with (
        pytest.warns(UserWarning, match="BatchNorm would get a batch of 1 row, .* write drop_last=True"),
        pytest.raises(ShapeError),
    ):
        last_batch_of_one_row()


def test_the_same_runs_without_mistakes_are_not_accused():
    trained(mlp())
    trained(mlp(norm="batch", dropout=0.1))
    trained(mlp(3, 8, 1), line(), nn.mse_loss)
    trained(Net(np.tanh))
