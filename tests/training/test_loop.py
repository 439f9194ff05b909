import gc
import weakref

import numpy as np
import pytest

from minigrad import nn, optim
from minigrad.data import Dataset, Examples, split
from minigrad.errors import NonFiniteError
from minigrad.optim.schedules import Cosine, Plateau
from minigrad.training import evaluate, fit, train_step


def points(n=20):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, 3))
    return Dataset("points", Examples(x[4:], x[4:, :1] * 2 + 1), Examples(x[:4], x[:4, :1] * 2 + 1))


def start(lr=0.1, **options):
    model = nn.Linear(3, 1, rng=0)
    return model, optim.SGD(model.parameters(), lr, **options)


def test_full_batches_are_gradient_descent_on_the_mean_squared_error():
    (model, optimizer), data = start(), points()
    x, y, w, b = data.train.x, data.train.y, model.weight.numpy(), model.bias.numpy()
    for _ in fit(model, optimizer, data, loss=nn.mse_loss, epochs=5, batch_size=100):
        g = 2 * (x @ w.T + b - y) / len(x)
        w, b = w - 0.1 * g.T @ x, b - 0.1 * g.sum(axis=0)
        np.testing.assert_allclose(model.weight.data, w, rtol=1e-13)
        np.testing.assert_allclose(model.bias.data, b, rtol=1e-13)


def test_nothing_happens_before_the_first_epoch_is_asked_for():
    model, optimizer = start()
    before = model.weight.numpy()
    epochs = fit(model, optimizer, points(), loss=nn.mse_loss, epochs=2)
    np.testing.assert_array_equal(model.weight.data, before)
    next(epochs)
    assert not np.array_equal(model.weight.data, before)


def test_epochs_are_numbered_and_steps_are_counted_through():
    model, optimizer = start()
    epochs = list(fit(model, optimizer, points(), loss=nn.mse_loss, epochs=3, batch_size=5))
    assert [(epoch.number, epoch.step) for epoch in epochs] == [(1, 4), (2, 8), (3, 12)]


def test_the_scores_are_those_of_the_model_after_the_epoch():
    (model, optimizer), data = start(), points()
    (epoch,) = fit(model, optimizer, data, loss=nn.mse_loss, epochs=1)
    for scores, (x, y) in ((epoch.train, data.train), (epoch.validation, data.validation)):
        outputs = x @ model.weight.data.T + model.bias.data
        np.testing.assert_allclose(scores.loss, np.mean((outputs - y) ** 2))
        assert scores.accuracy is None


def test_the_scores_are_by_the_measure_and_the_steps_by_the_loss():
    (model, optimizer), data = start(), points()
    before = model.weight.numpy()
    (epoch,) = fit(model, optimizer, data, loss=lambda y, t: 0 * nn.mse_loss(y, t), measure=nn.l1_loss, epochs=1)
    np.testing.assert_array_equal(model.weight.data, before)
    assert epoch.validation.loss == evaluate(model, data.validation, nn.l1_loss).loss > 0


def test_the_learning_rate_told_is_that_of_the_last_step():
    model, optimizer = start(Cosine(0.1, 8))
    epochs = list(fit(model, optimizer, points(), loss=nn.mse_loss, epochs=2, batch_size=4))
    assert [epoch.lr for epoch in epochs] == [Cosine(0.1, 8)(3), Cosine(0.1, 8)(7)]


def test_the_seed_decides_the_order_and_so_every_bit_of_the_result():
    def weights(seed):
        model, optimizer = start()
        list(fit(model, optimizer, points(), loss=nn.mse_loss, epochs=2, batch_size=3, rng=seed))
        return model.weight.data.tobytes()

    assert weights(0) == weights(0) != weights(1)


def test_accuracy_is_the_share_of_rows_whose_highest_score_is_that_of_their_class():
    rows = Examples(np.eye(3)[[0, 1, 2, 0]], np.array([0, 1, 2, 1]))
    scores = evaluate(nn.Identity(), rows, nn.cross_entropy)
    assert scores.accuracy == 0.75


def test_evaluation_drops_nothing_and_leaves_the_mode_as_it_was():
    model = nn.Sequential(nn.Dropout(0.5, rng=0)).train()
    rows = Examples(np.ones((8, 1)), np.zeros((8, 1)))
    assert evaluate(model, rows, nn.mse_loss).loss == 1.0
    assert model.training
    assert model[0].training


def test_training_is_in_training_mode():
    model = nn.Sequential(nn.Linear(3, 1, rng=0), nn.Dropout(0.5, rng=0)).eval()
    seen = []
    model[1].register_forward_hook(lambda module, args, y: seen.append(module.training))
    list(fit(model, optim.SGD(model, 0.1), points(), loss=nn.mse_loss, epochs=2, batch_size=16))
    assert seen == [True, False, False] * 2


def test_gradients_are_scaled_down_to_the_norm():
    (model, optimizer), data = start(lr=1.0), points()
    before = np.append(model.weight.data, model.bias.data)
    train_step(model, optimizer, data.train, nn.mse_loss, clip_norm=1e-3)
    moved = np.append(model.weight.data, model.bias.data) - before
    np.testing.assert_allclose(np.linalg.norm(moved), 1e-3, rtol=1e-2)


def test_a_plateau_is_fed_the_validation_loss_of_every_epoch(monkeypatch):
    fed = []
    monkeypatch.setattr(Plateau, "observe", lambda self, metric: fed.append(metric))
    model, optimizer = start(Plateau(0.1))
    epochs = list(fit(model, optimizer, points(), loss=nn.mse_loss, epochs=4))
    assert fed == [epoch.validation.loss for epoch in epochs]


def test_a_loss_that_turns_nan_stops_at_its_step_and_leaves_the_parameters_as_they_were():
    model, optimizer = start()
    weights = []

    def loss(y, target):
        weights.append(model.weight.numpy())
        return nn.mse_loss(y, target) * (np.nan if len(weights) == 3 else 1.0)

    with pytest.raises(NonFiniteError, match=r"gradient of (weight|parameter 0) is not finite.*step 2 was not"):
        list(fit(model, optimizer, points(), loss=loss, epochs=1, batch_size=4))
    assert len(weights) == 3
    np.testing.assert_array_equal(model.weight.data, weights[-1])


def test_a_score_that_is_infinite_stops_training_and_says_when():
    (model, optimizer), data = start(), points()
    far = Examples(data.validation.x * 1e200, data.validation.y)
    broken = Dataset("far", data.train, far)
    with pytest.raises(NonFiniteError, match=r"after step 1 \(epoch 1\) .* and the validation loss inf"):
        list(fit(model, optimizer, broken, loss=nn.mse_loss, epochs=1))


def test_the_graph_of_a_step_is_gone_before_the_next():
    model, optimizer = start()
    graphs = []

    def loss(y, target):
        assert not any(graph() for graph in graphs)
        value = nn.mse_loss(y, target)
        graphs.append(weakref.ref(value))
        return value

    gc.disable()
    try:
        list(fit(model, optimizer, points(), loss=loss, measure=nn.mse_loss, epochs=2, batch_size=4))
    finally:
        gc.enable()
    assert len(graphs) == 8


def test_a_model_that_overflows_is_told_by_the_error_alone_and_not_by_warnings():
    data = split("far", np.full((10, 1), 1e300), np.zeros((10, 1)), rng=0)
    model = nn.Linear(1, 1, rng=0)
    with pytest.raises(NonFiniteError):
        list(fit(model, optim.SGD(model, 0.1), data, loss=nn.mse_loss, epochs=1))
