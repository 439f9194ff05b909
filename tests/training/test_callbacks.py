"""Callbacks: stopping early, keeping the best weights, averaging, auditing gradients, saving."""

import math

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.nn.files import load
from minigrad.training import EMA, BestWeights, Callback, Checkpoint, EarlyStopping, GradientAudit, Trainer
from minigrad.training.checkpoints import packed
from tests.training.runs import points


def start(*callbacks, model=None, rate=0.1):
    model = model or nn.Linear(3, 2, rng=0)
    made = [c(model) if isinstance(c, type(lambda: 0)) else c for c in callbacks]
    return Trainer(model, nn.cross_entropy, optim.SGD(model, rate), batch_size=8, check=False, callbacks=made, rng=0)


class Keep(Callback):
    """The weights after each epoch."""

    def __init__(self):
        self.states = []

    def on_epoch(self, trainer, record):
        self.states.append(packed(trainer.model.state_dict()))


def scripted(*values):
    """A metric that takes these values, one an epoch."""
    return lambda record: values[record.number - 1]


@pytest.mark.parametrize("restore", [True, False])
@pytest.mark.parametrize(("epochs", "end"), [(3, 3), (9, 5)], ids=["by the last epoch", "by patience"])
def test_early_stopping_puts_the_best_weights_back_however_training_ends(epochs, end, restore):
    stopping, keep = EarlyStopping(2, scripted(3.0, 1.0, 2.0, math.nan, 2.0, 0.0), restore=restore), Keep()
    trainer = start(stopping, keep)
    assert len(trainer.fit(points(), epochs=epochs)) == end
    assert (stopping.best, stopping.epoch) == (1.0, 2)
    assert packed(trainer.model.state_dict()) == keep.states[1 if restore else -1]
    assert bool(trainer.ended) == (epochs == 9)


def test_nan_is_never_the_best():
    stopping = EarlyStopping(9, scripted(math.nan, math.nan, 5.0))
    start(stopping).fit(points(), epochs=3)
    assert stopping.epoch == 3


def test_the_largest_can_be_the_best_and_little_does_not_count():
    largest = EarlyStopping(9, scripted(1.0, 3.0, 2.0), mode="max")
    little = EarlyStopping(9, scripted(1.0, 0.95, 0.8), threshold=0.1)
    start(largest, little).fit(points(), epochs=3)
    assert (largest.epoch, little.epoch) == (2, 3)


def test_options_that_make_no_sense_are_refused():
    for make in (lambda: EarlyStopping(-1), lambda: GradientAudit(0), lambda: Checkpoint("x", every=0)):
        with pytest.raises(ValueError, match="must be a whole number"):
            make()
    with pytest.raises(ValueError, match="mode must be"):
        EarlyStopping(mode="best")


def test_the_weights_of_the_best_epoch_are_written(tmp_path):
    keep = Keep()
    start(BestWeights(tmp_path / "best.safetensors", scripted(3.0, 1.0, 2.0)), keep).fit(points(), epochs=3)
    model = nn.Linear(3, 2, rng=9)
    load(model, tmp_path / "best.safetensors")
    assert packed(model.state_dict()) == keep.states[1]


def test_the_best_epoch_by_itself_is_that_of_the_smallest_validation_loss(tmp_path):
    best = BestWeights(tmp_path / "best")
    trainer = start(best, rate=3.0)
    losses = [record.validation.loss for record in trainer.fit(points(), epochs=6)]
    assert best.epoch == 1 + int(np.argmin(losses))


def test_the_average_is_evaluated_saved_as_best_and_left_in_the_model(tmp_path):
    trainer = start(lambda model: EMA(model, 0.9), BestWeights(tmp_path / "best", scripted(1.0)), Keep())
    (record,) = trainer.fit(points(), epochs=1)
    (raw,) = trainer.callbacks[1].states if isinstance(trainer.callbacks[1], Keep) else trainer.callbacks[2].states
    reference = start()
    average = [p.numpy() for p in reference.model.parameters()]
    first = True

    class Follow(Callback):
        def on_step(self, trainer, batch):
            nonlocal average, first
            now = [p.numpy() for p in trainer.model.parameters()]
            average = now if first else [0.9 * a + 0.1 * p for a, p in zip(average, now)]
            first = False

    reference.callbacks = [Follow()]
    reference.fit(points(), epochs=1)
    assert raw == packed(reference.model.state_dict()), "training itself goes on from the weights, not their average"
    for p, expected in zip(trainer.model.parameters(), average, strict=True):
        np.testing.assert_allclose(p.data, expected, rtol=1e-12)
    model = nn.Linear(3, 2, rng=9)
    load(model, tmp_path / "best")
    assert packed(model.state_dict()) == packed(trainer.model.state_dict())
    assert record.validation == trainer.evaluate(points().validation)


def test_early_stopping_and_an_average_end_with_the_average_of_the_best_epoch_in_either_order():
    ends = []
    for order in (1, -1):
        callbacks = [lambda model: EMA(model, 0.5), EarlyStopping(5, scripted(1.0, 2.0))][::order]
        trainer = start(*callbacks)
        trainer.fit(points(), epochs=2)
        ends.append(packed(trainer.model.state_dict()))
    once = start(lambda model: EMA(model, 0.5))
    once.fit(points(), epochs=1)
    assert ends == [packed(once.model.state_dict())] * 2


def test_a_checkpoint_is_written_every_so_many_steps_and_after_each_epoch(tmp_path, monkeypatch):
    trainer, saved = start(Checkpoint(tmp_path / "file", every=3)), []
    monkeypatch.setattr(trainer, "save", lambda path: saved.append((trainer.optimizer.steps, trainer.epoch)))
    trainer.fit(points(), epochs=2)
    assert saved == [(3, 0), (4, 1), (6, 1), (8, 2)]


class Wrong(nn.Module):
    """From the third step on, its gradient is wrong."""

    def __init__(self):
        super().__init__()
        self.inner, self.broken = nn.Linear(3, 2, rng=0), False

    def forward(self, x):
        y = self.inner(x)
        return y * 2 - y.data if self.broken else y


def test_the_gradient_audit_names_the_step_at_which_the_gradient_went_wrong():
    class Break(Callback):
        turn = 0

        def on_step(self, trainer, batch):
            trainer.model.broken = trainer.optimizer.steps >= 3

    audit = GradientAudit(2, rows=4)
    with pytest.warns(UserWarning, match="after step 4: the gradient of the model is not to be trusted"):
        start(audit, Break(), model=Wrong()).fit(points(), epochs=1)
    assert {step: check.passed for step, check in audit.checks.items()} == {2: True, 4: False}


def test_the_gradient_audit_changes_nothing():
    def model():
        return nn.Sequential(nn.Linear(3, 4, rng=0), nn.BatchNorm1d(4), nn.Dropout(0.5, rng=1), nn.Linear(4, 2, rng=2))

    with_audit, without = start(GradientAudit(1), model=model()), start(model=model())
    for trainer in (with_audit, without):
        trainer.fit(points(), epochs=1)
    assert packed(with_audit.model.state_dict()) == packed(without.model.state_dict())


def test_a_callback_can_end_the_run():
    class Enough(Callback):
        def on_epoch(self, trainer, record):
            trainer.stop("enough")

    trainer = start(Enough())
    assert len(trainer.fit(points(), epochs=9)) == 1
    assert trainer.ended == "enough"


def test_events_come_in_order():
    events = []

    class Note(Callback):
        def on_start(self, trainer):
            events.append("start")

        def on_step(self, trainer, batch):
            events.append(trainer.optimizer.steps)

        def on_epoch(self, trainer, record):
            events.append(f"epoch {record.number}")

        def on_end(self, trainer):
            events.append("end")

    start(Note()).fit(points(), epochs=2)
    assert events == ["start", 1, 2, 3, 4, "epoch 1", 5, 6, 7, 8, "epoch 2", "end"]
    assert mg.optim.EMA is not EMA
