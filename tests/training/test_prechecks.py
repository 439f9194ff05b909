"""Each mistake that can be known before step 1, planted and named with the next move; and right models, not accused."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.data import Dataset, Examples, load
from minigrad.errors import DataError, GraphError, ShapeError
from minigrad.training import Trainer, precheck
from minigrad.training.checkpoints import packed
from minigrad.training.prechecks import clone


def examples(n=64, classes=3, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 4))
    return Examples(x, np.argmax(x[:, :classes], axis=1))


def numbers(n=64):
    x, _ = examples(n)
    return Examples(x, x[:, :1] * 2 - x[:, 1:2])


def net(*, ends=(), out=3, norm=None):
    return nn.Sequential(*nn.MLP([4, 16, out], norm=norm, rng=0), *ends)


def failed(model, loss=nn.cross_entropy, data=None, *, optimizer=None, **options):
    """The messages of the checks that did not pass, by name."""
    data = examples() if data is None else data
    found = precheck(model, loss, optimizer or optim.Adam(model, 0.01), data, **options)
    return {check.name: check.message for check in found if not check.passed}


@pytest.mark.parametrize("norm", [None, "batch", "layer"])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_a_right_classifier_is_not_accused(norm, activation):
    assert failed(nn.MLP([4, 16, 3], activation=activation, norm=norm, dropout=0.3, rng=0)) == {}


@pytest.mark.parametrize("name", ["digits", "moons", "circles", "blobs", "spirals", "xor"])
def test_the_bundled_data_is_not_accused(name):
    data = load(name, rng=0)
    assert failed(nn.MLP([data.features, 32, data.outputs], rng=0), data=data.train) == {}


@pytest.mark.parametrize("name", ["curves", "line"])
@pytest.mark.parametrize("loss", [nn.mse_loss, nn.l1_loss])
def test_a_right_regression_is_not_accused(name, loss):
    data = load(name, rng=0)
    assert failed(nn.MLP([1, 32, data.outputs], activation="tanh", rng=0), loss, data.train) == {}


def test_a_right_binary_classifier_is_not_accused():
    x, y = examples(classes=2)
    assert failed(net(out=1), nn.binary_cross_entropy_with_logits, Examples(x, y[:, None].astype(float))) == {}


def test_nothing_is_changed():
    model = nn.MLP([4, 8, 3], dropout=0.5, norm="batch", rng=0)
    optimizer = optim.Adam(model, 0.01)
    calls = []
    model.register_forward_hook(lambda *_: calls.append(1))
    model[1].eval()

    def state():
        generators = [g.bit_generator.state for _, g in model.named_generators()]
        modes = [m.training for m in model.modules()]
        return packed({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "g": generators}), modes

    before = state()
    precheck(model, nn.cross_entropy, optimizer, examples())
    assert state() == before
    assert not calls
    assert all(p.grad is None for p in model.parameters())


def test_a_clone_has_the_same_ties():
    model = nn.Sequential(layer := nn.Linear(2, 2, rng=0), layer)
    copied = clone(model)
    assert copied[0] is copied[1] is not layer


def test_loss_far_above_chance():
    model = net()
    model[-1].weight.data = model[-1].weight.data * 100
    message = failed(model)["chance"]
    assert "wrong and sure of it" in message
    assert "smaller weights in the last layer" in message


def test_loss_far_below_chance():
    model, data = net(), examples()
    Trainer(model, nn.cross_entropy, optim.Adam(model, 0.05), check=False).fit(data, epochs=60)
    assert "trained already" in failed(model, data=data)["chance"]


def test_the_message_of_a_good_check_has_loss_and_chance():
    model = net()
    checks = precheck(model, nn.cross_entropy, optim.SGD(model, 0.1), examples())
    found = {check.name: str(check) for check in checks}
    assert found["chance"].startswith("✓ loss 1.")
    assert found["chance"].endswith("chance is 1.1")


class Cut(nn.Module):
    """Its output no longer hangs on the first layer."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(4, 2, rng=0), nn.Linear(2, 3, rng=0)

    def forward(self, x):
        return self.last(mg.tensor(np.round(self.first(x).numpy())))


def test_16_examples_that_cannot_be_learnt_by_heart():
    x, y = examples()
    assert "cannot be learnt by heart" in failed(net(), data=Examples(x * 0 + 1.0, y))["overfit"]
    assert ".detach()" in failed(Cut(), data=Examples(np.tanh(x) / 9, y))["overfit"]


def test_a_formula_that_is_wrong_is_found_in_the_whole_model():
    @mg.op(x=lambda g, y, x: g * x)
    def half_square(x):
        return x * x

    class Layer(nn.Module):
        def forward(self, x):
            return half_square(x)

    model = nn.Sequential(nn.Linear(4, 8, rng=0), Layer(), nn.Linear(8, 3, rng=1))
    message = failed(model)["gradients"]
    assert "not to be trusted" in message
    assert "check the layers one by one" in message
    assert "backward gives" in message


def test_parameters_missing_from_the_optimizer_are_named():
    model = net()
    message = failed(model, optimizer=optim.SGD(model[0].parameters(), 0.1))["optimizer"]
    assert "does not move 2.weight, 2.bias" in message
    assert "model.parameters()" in message


def test_an_optimizer_of_another_model_is_named():
    model, twin = net(), net()
    assert "0.weight" in failed(model, optimizer=optim.SGD(twin, 0.1))["optimizer"]
    both = optim.SGD([*model.parameters(), *twin.parameters()], 0.1)
    assert "4 Tensors that are no parameters of this model" in failed(model, optimizer=both)["optimizer"]


def test_frozen_parameters_need_not_be_in_the_optimizer():
    model = net()
    model[0].freeze()
    assert failed(model, optimizer=optim.Adam(model[2].parameters(), 0.01)) == {}


@pytest.mark.parametrize("end", [nn.Softmax, nn.LogSoftmax])
def test_softmax_twice(end):
    message = failed(net(ends=[end()]))["softmax twice"]
    assert "take the last one out of the model" in message


def test_a_softmax_written_by_hand_counts_too():
    class ByHand(nn.Module):
        def forward(self, x):
            e = np.exp(x)
            return e / np.sum(e, axis=1, keepdims=True)

    assert "rows that sum to 1" in failed(net(ends=[ByHand()]))["softmax twice"]


def test_sigmoid_twice():
    x, y = examples(classes=2)
    data = Examples(x, y[:, None].astype(float))
    assert (
        "sigmoid" in failed(net(ends=[nn.Sigmoid()], out=1), nn.binary_cross_entropy_with_logits, data)["sigmoid twice"]
    )


def test_one_softmax_is_not_accused():
    def likelihood(p, y):
        return nn.nll_loss(p, y)

    assert failed(net(ends=[nn.LogSoftmax()]), likelihood) == {}


def test_a_custom_loss_that_would_compare_every_row_with_every_other():
    def squares(output, target):
        return np.mean((output - target) ** 2)

    x, y = numbers()
    with pytest.raises(ShapeError, match=r"gives \(64, 1\) for targets of shape \(64,\).*reshape\(-1, 1\)"):
        failed(net(out=1), squares, Examples(x, y[:, 0]))


def test_a_loss_of_outputs_that_are_more_than_the_targets_is_not_accused():
    def likelihood(output, target):
        return nn.gaussian_nll_loss(output[:, :1], target, np.exp(output[:, 1:]))

    assert failed(net(out=2), likelihood, numbers()) == {}


def test_more_classes_than_outputs():
    x, y = examples()
    y = np.append(np.zeros(63, int) + y[:63] % 2, 2)
    order = np.argsort(y)
    with pytest.raises((ShapeError, IndexError), match="class"):
        failed(net(out=2), data=Examples(x[order], y[order]))


def test_a_loss_of_many_numbers():
    with pytest.raises(ShapeError, match=r"shape \(64,\): write reduction='mean'"):
        failed(net(), lambda a, b: nn.cross_entropy(a, b, reduction="none"))


def test_a_model_that_mixes_up_the_rows():
    class Turned(nn.Module):
        def forward(self, x):
            return np.transpose(x)

    with pytest.raises(ShapeError, match=r"gives \(3, 64\) for 64 rows"):
        failed(net(ends=[Turned()]), lambda a, b: np.mean(a))


def test_a_loss_off_the_tape():
    with pytest.raises(GraphError, match=r"\.detach\(\), \.numpy\(\) or \.item\(\)"):
        failed(net(), lambda a, b: nn.cross_entropy(a.detach(), b))


def test_a_model_without_parameters():
    model = nn.Sequential(nn.ReLU())
    with pytest.raises(GraphError, match="no parameter that requires grad"):
        failed(model, optimizer=optim.SGD(net(), 0.1))


def test_unscaled_features_and_targets():
    x, y = numbers()
    x, y = x * [1, 1, 1, 500] + [0, 0, 0, 2000], y * 1e4
    found = failed(net(out=1), nn.mse_loss, Examples(x, y))
    assert "feature 3 has mean" in found["unscaled features"]
    assert "standardized()" in found["unscaled features"]
    assert "target 0 has mean" in found["unscaled targets"]


def test_unscaled_features_before_a_normalization_are_not_accused():
    x, y = examples()
    model = nn.Sequential(nn.BatchNorm1d(4), *net())
    assert failed(model, data=Examples(x * 500 + 2000, y)) == {}


@pytest.mark.parametrize("part", ["input", "target"])
def test_nan_in_the_data(part):
    x, y = numbers()
    (x if part == "input" else y)[5, 0] = np.nan
    with pytest.raises(DataError, match=f"1 of .* {part} values are not finite, the first in row 5, column 0: fill"):
        failed(net(out=1), nn.mse_loss, Examples(x, y))


@pytest.mark.parametrize(
    ("rows", "options", "remedy"),
    [
        (33, {}, "drop_last=True"),
        (64, {"batch_size": 1}, "batch_size=32"),
        (64, {"batch_size": 4, "accumulate": 4}, "accumulate=2"),
    ],
)
def test_batch_normalization_of_one_row(rows, options, remedy):
    message = failed(net(norm="batch"), data=examples(rows), **options)["batch of 1"]
    assert "a batch of 1 row, which has no variance" in message
    assert remedy in message


def test_batch_normalization_of_more_rows_is_not_accused():
    assert failed(net(norm="batch"), data=examples(33), drop_last=True) == {}
    assert failed(net(norm="layer"), data=examples(33)) == {}


def test_parameters_missing_from_the_optimizer_are_told_once_and_training_goes_on():
    model = net()
    trainer = Trainer(model, nn.cross_entropy, optim.Adam(model[2].parameters(), 0.01))
    with pytest.warns(UserWarning, match="does not move 0.weight, 0.bias") as told:
        trainer.fit(examples(), epochs=2)
    assert len(told) == 1


def test_fit_warns_of_what_was_found_and_check_false_is_silent():
    model = net(ends=[nn.Softmax()])
    x, y = examples()
    data = Dataset("points", Examples(x, y), Examples(x, y), classes=3)
    trainer = Trainer(model, nn.mse_loss, optim.SGD(model, 0.1), check=False)
    trainer.loss = trainer.measure = nn.nll_loss
    trainer.fit(data, epochs=1)
    assert trainer.checks == []
    model = net()
    model[-1].weight.data = model[-1].weight.data * 100
    trainer = Trainer(model, nn.cross_entropy, optim.SGD(model, 0.01))
    with pytest.warns(UserWarning, match="before step 1: the loss is .* wrong and sure of it"):
        trainer.fit(data, epochs=1)
    assert {check.name for check in trainer.checks} >= {"chance", "overfit", "gradients", "optimizer"}


def test_class_numbers_before_an_embedding_are_not_called_unscaled():
    words = np.random.default_rng(0).integers(0, 50, (64, 3))
    model = nn.Sequential(nn.Embedding(50, 4, rng=0), nn.Flatten(), nn.Linear(12, 2, rng=1))
    found = precheck(model, nn.cross_entropy, optim.Adam(model, 0.01), Examples(words, words[:, 0] % 2))
    assert not [check for check in found if not check.passed]


def test_a_loss_of_probabilities_is_not_judged_by_logits_of_zero():
    model = nn.Sequential(nn.Linear(2, 8, rng=0), nn.Tanh(), nn.Linear(8, 2, rng=1), nn.Softmax())
    found = precheck(
        model,
        lambda y, t: -np.mean(np.log(y)[np.arange(len(t)), t]),
        optim.Adam(model, 0.01),
        load("moons", rng=0).train,
    )
    assert not [check for check in found if check.name == "chance"]
