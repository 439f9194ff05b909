"""The Trainer takes the steps that a loop by hand would take, measures them, and ends when it is told to."""

import gc
import math
import os
import signal
import subprocess
import sys
import threading
import tracemalloc

import numpy as np
import pytest

from minigrad import nn, optim
from minigrad.data import Batches, Dataset, Examples
from minigrad.errors import NonFiniteError
from minigrad.optim import schedules
from minigrad.training import Callback, Checkpoint, Record, Trainer, evaluate, fit, load_checkpoint
from minigrad.training.checkpoints import packed
from minigrad.training.health import norm_of
from tests.training.runs import EPOCHS, points, run


def start(rate=0.1, *, make=optim.SGD, layers=(), **options):
    model = nn.Sequential(nn.Linear(3, 5, rng=0), nn.Tanh(), *layers, nn.Linear(5, 2, rng=1))
    options = {"batch_size": 8, "check": False, "rng": 3} | options
    return Trainer(model, nn.cross_entropy, make(model, rate), **options)


def weights(trainer):
    return packed(trainer.model.state_dict())


def test_it_takes_the_same_steps_as_the_plain_loop():
    trainer, other = start(clip_norm=0.3), start()
    trainer.fit(points(), epochs=3)
    epochs = list(
        fit(other.model, other.optimizer, points(), loss=nn.cross_entropy, epochs=3, batch_size=8, clip_norm=0.3, rng=3)
    )
    assert weights(trainer) == weights(other)
    for record, epoch in zip(trainer.history, epochs, strict=True):
        assert (record.number, record.step, record.lr) == (epoch.number, epoch.step, epoch.lr)
        assert (record.train, record.validation) == (epoch.train, epoch.validation)


def test_nothing_happens_before_the_first_epoch_is_asked_for():
    trainer = start()
    before = weights(trainer)
    epochs = trainer.epochs(points(), epochs=2)
    assert weights(trainer) == before
    assert next(epochs).number == 1


@pytest.mark.parametrize("parts", [2, 3, 8, 20])
def test_accumulated_parts_give_the_gradient_of_the_whole_batch(parts):
    whole, inparts = start(penalty=optim.L2(0.01)), start(penalty=optim.L2(0.01), accumulate=parts)
    for trainer in (whole, inparts):
        trainer.fit(points(43), epochs=2)
    assert whole.history[-1].step == inparts.history[-1].step
    assert whole.history[-1].running_loss == pytest.approx(inparts.history[-1].running_loss, rel=1e-12)
    for p, q in zip(whole.model.parameters(), inparts.model.parameters(), strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-10, atol=1e-12)


def test_data_loss_and_penalty_are_told_apart():
    strength = 0.5
    in_loss = start(0.001, penalty=optim.L2(strength))
    in_optimizer = start(0.001, make=lambda m, lr: optim.SGD(m, lr, regularizer=optim.L2(strength)))
    as_steps = start(0.001, make=lambda m, lr: optim.SGD(m, lr, regularizer=optim.Proximal(optim.L2(strength))))
    for trainer in (in_loss, in_optimizer, as_steps):
        record = trainer.fit(points(), epochs=1)[-1]
        matrices = [p.data for p in trainer.model.parameters() if p.ndim > 1]
        assert record.penalty == pytest.approx(strength * sum(np.sum(w**2) for w in matrices))
        assert record.running_loss == pytest.approx(math.log(2), abs=0.15), "the penalty is part of it"
    for p, q in zip(in_loss.model.parameters(), in_optimizer.model.parameters(), strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-12)


def test_the_scores_are_by_the_measure():
    trainer = start(measure=lambda y, t: nn.cross_entropy(y, t) + 7)
    record = trainer.fit(points(), epochs=1)[-1]
    assert record.validation.loss == pytest.approx(
        evaluate(trainer.model, points().validation, nn.cross_entropy).loss + 7
    )


def test_examples_may_come_without_validation_or_with_their_own():
    data = points()
    assert start().fit(data.train, epochs=1)[-1].validation is None
    assert start().fit(tuple(data.train), epochs=1, validation=data.validation)[-1].validation.accuracy <= 1


def test_last_batches_that_are_too_short_can_be_dropped():
    assert start().fit(points(38), epochs=1)[-1].step == 4
    assert start(drop_last=True).fit(points(38), epochs=1)[-1].step == 3


def test_the_seed_decides_the_order_of_the_rows():
    one, same, other = start(rng=1), start(rng=1), start(rng=2)
    for trainer in (one, same, other):
        trainer.fit(points(), epochs=2)
    assert weights(one) == weights(same) != weights(other)


def test_gradient_norm_clipping_and_updates_of_the_last_step():
    trainer, seen = start(clip_norm=1e-3), {}

    class Look(Callback):
        def on_step(self, trainer, batch):
            seen["before"], seen["now"] = seen.get("now"), trainer.model.state_dict()

    trainer.callbacks = [Look()]
    record = trainer.fit(points(), epochs=1)[-1]
    assert record.clipped == record.step == 4
    assert record.gradient_norm > 1e-3
    norms = [update.gradient for update in record.updates.values()]
    assert math.hypot(*norms) == pytest.approx(record.gradient_norm)
    for name, update in record.updates.items():
        change, before = seen["now"][name] - seen["before"][name], seen["before"][name]
        assert update.ratio == pytest.approx(np.linalg.norm(change) / np.linalg.norm(before))
    moved = math.hypot(*(np.linalg.norm(seen["now"][name] - seen["before"][name]) for name in record.updates))
    assert moved == pytest.approx(0.1 * 1e-3, rel=1e-2)


def test_gradients_can_be_clipped_by_value():
    trainer = start(1.0, clip_value=1e-4)
    before = trainer.model.state_dict()
    trainer.fit(points(8 + 8), epochs=1)
    for name, p in trainer.model.state_dict().items():
        assert np.max(abs(p - before[name])) <= 1e-4 * (1 + 1e-12)


def test_units_that_are_dead_or_saturated_are_counted():
    model = nn.Sequential(nn.Linear(3, 4, rng=0), nn.ReLU(), nn.Linear(4, 3, rng=0), nn.Tanh(), nn.Linear(3, 2, rng=0))
    model[0].bias.data = np.array([-99.0, 0, 0, -99.0])
    model[2].bias.data = np.array([99.0, 0, 0])
    trainer = Trainer(model, nn.cross_entropy, optim.SGD(model, 1e-6), check=False)
    units = trainer.fit(points(), epochs=1)[-1].units
    assert (units["1"].units, units["1"].dead) == (4, 2)
    assert units["3"].saturated == pytest.approx(1 / 3)


def test_the_rate_is_that_of_the_last_step_and_a_plateau_is_fed_once():
    plateau = schedules.Plateau(0.1, patience=0, factor=0.5)
    model = nn.Linear(3, 2, rng=0)
    groups = [{"params": [model.weight], "lr": plateau}, {"params": [model.bias], "lr": plateau}]
    seen = []
    plateau.observe = seen.append
    trainer = Trainer(model, nn.cross_entropy, optim.SGD(groups, 0.1), check=False)
    records = trainer.fit(points(), epochs=2)
    assert seen == [record.validation.loss for record in records]
    cosine = start(schedules.Cosine(0.1, 100))
    assert cosine.fit(points(), epochs=2)[-1].lr == schedules.Cosine(0.1, 100)(7)


def test_rates_of_dropout_on_schedule_follow_the_step():
    layer, seen = nn.Dropout(lambda step: seen.append(step) or 0.1, rng=0), []
    start(layers=[layer]).fit(points(), epochs=2)
    assert seen == list(range(8))


def test_submodules_put_into_evaluation_stay_there():
    trainer = start(layers=[nn.BatchNorm1d(5)])
    trainer.model[2].eval()
    trainer.fit(points(), epochs=1)
    assert trainer.model.training
    assert not trainer.model[2].training
    assert trainer.model[2].num_batches_tracked.item() == 0


def test_evaluate_leaves_no_trace():
    trainer = start(layers=[nn.Dropout(0.5, rng=0), nn.BatchNorm1d(5)])
    before = packed(trainer.state_dict())
    first, second = trainer.evaluate(points().validation), trainer.evaluate(points().validation)
    assert first == second
    assert packed(trainer.state_dict()) == before
    assert trainer.model.training


def test_a_score_that_is_not_finite_stops_the_run_and_the_last_file_is_whole(tmp_path):
    data = points()
    spoilt = Examples(data.validation.x * np.inf, data.validation.y)
    trainer = start(callbacks=[Checkpoint(tmp_path / "file")])
    trainer.fit(data, epochs=1)
    with pytest.raises(NonFiniteError, match=r"after step 8 \(epoch 2\) the validation loss is nan"):
        trainer.fit(data.train, epochs=2, validation=spoilt)
    assert load_checkpoint(tmp_path / "file")["epoch"] == 1


def test_a_record_survives_json():
    record = run().fit(points(), epochs=1)[-1]
    assert Record.from_dict(record.to_dict()) == record


@pytest.mark.parametrize(
    "option", [{"batch_size": 0}, {"accumulate": 0}, {"clip_norm": -1}, {"clip_norm": math.nan}, {"clip_value": 0}]
)
def test_options_that_make_no_sense_are_refused(option):
    with pytest.raises(ValueError, match=next(iter(option))):
        start(**option)


@pytest.mark.parametrize(
    ("make", "instead"),
    [
        (lambda m: optim.LBFGS(m), r"LBFGS evaluates .*optimizer\.step\(lambda"),
        (lambda m: optim.SAM(optim.SGD(m, 0.1)), r"SAM evaluates .*optimizer\.step\(lambda"),
        (lambda m: optim.Accumulate(optim.SGD(m, 0.1), batches=3), r"accumulate=3"),
    ],
)
def test_optimizers_that_need_another_loop_are_refused_with_that_loop(make, instead):
    model = nn.Linear(3, 2, rng=0)
    with pytest.raises(TypeError, match=instead):
        Trainer(model, nn.cross_entropy, make(model))


def test_the_batches_are_those_of_data_batches():
    seen = []

    class Look(Callback):
        def on_step(self, trainer, batch):
            seen.append(batch.x)

    start(callbacks=[Look()], rng=5).fit(points(), epochs=1)
    for x, batch in zip(seen, Batches(points().train, 8, rng=5), strict=True):
        np.testing.assert_array_equal(x, batch.x)


def test_the_norm_neither_overflows_nor_vanishes():
    assert norm_of([np.array([3e200]), np.array([4e200])]) == pytest.approx(5e200)
    assert norm_of([np.array([3e-200]), np.array([4e-200])]) == pytest.approx(5e-200)
    assert norm_of([np.zeros(2)]) == 0
    assert norm_of([np.float32([3e30]), np.float32([4e30])]) == pytest.approx(5e30)


@pytest.fixture(autouse=True)
def _started_in_the_foreground():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it may be ignored
    yield
    signal.signal(signal.SIGINT, before)


def test_a_signal_that_is_ignored_stays_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    trainer = start(callbacks=[Signal(signal.SIGINT, 1)])
    trainer.fit(points(), epochs=1)
    assert trainer.optimizer.steps > 1


class Signal(Callback):
    def __init__(self, number, step):
        self.number, self.step = number, step

    def on_step(self, trainer, batch):
        if trainer.optimizer.steps == self.step:
            signal.raise_signal(self.number)


@pytest.mark.parametrize("step", [1, 3, 4, 6])
@pytest.mark.parametrize(
    ("number", "error", "name"), [(signal.SIGINT, KeyboardInterrupt, "Ctrl-C"), (signal.SIGTERM, SystemExit, "SIGTERM")]
)
def test_a_signal_lets_the_step_finish_writes_and_says_how_to_go_on(tmp_path, capsys, number, error, name, step):
    handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    path = tmp_path / "last"
    trainer = start(callbacks=[Signal(number, step), Checkpoint(path)])
    with pytest.raises(error) as stopped:
        trainer.fit(points(), epochs=EPOCHS)
    message = capsys.readouterr().err or str(stopped.value)
    assert f"stopped by {name} after step {step}, in epoch {1 if step <= 4 else 2}; wrote {path}" in message
    assert "go on with trainer.load(" in message
    if error is SystemExit:
        assert stopped.value.code == 143
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == handlers
    resumed, whole = start(callbacks=[Signal(number, 99), Checkpoint(path)]), start()
    resumed.load(path)
    for other in (resumed, whole):
        other.fit(points(), epochs=EPOCHS)
    assert weights(resumed) == weights(whole)


def test_without_a_checkpoint_the_message_says_so():
    with pytest.raises(KeyboardInterrupt, match=r"nothing was written: pass callbacks=\[Checkpoint\(path\)\]"):
        start(callbacks=[Signal(signal.SIGINT, 2)]).fit(points(), epochs=1)


def test_a_second_signal_acts_at_once():
    class Twice(Callback):
        def on_step(self, trainer, batch):
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            raise AssertionError("the second one was only noted")

    with pytest.raises(KeyboardInterrupt):
        start(callbacks=[Twice()]).fit(points(), epochs=1)


def test_a_signal_during_a_save_leaves_a_whole_file(tmp_path, monkeypatch):
    trainer, real, sent = start(callbacks=[Checkpoint(tmp_path / "file")]), os.replace, []

    def interrupted(*arguments):
        if not sent:
            sent.append(signal.raise_signal(signal.SIGINT))
        real(*arguments)

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(points(), epochs=2)
    assert load_checkpoint(tmp_path / "file")["epoch"] == 1
    assert os.listdir(tmp_path) == ["file"]


def test_the_exit_code_after_sigterm_is_143_without_a_traceback(tmp_path):
    script = f"""
import os, signal
from minigrad import nn, optim
from minigrad.data import load
from minigrad.training import Callback, Checkpoint, Trainer


class Signal(Callback):
    def on_step(self, trainer, batch):
        signal.raise_signal(signal.SIGTERM)

model = nn.Linear(2, 2, rng=0)
callbacks = [Signal(), Checkpoint({str(tmp_path / "last")!r})]
Trainer(model, nn.cross_entropy, optim.SGD(model, 0.1), check=False, callbacks=callbacks).fit(load("moons"), epochs=1)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 143
    assert done.stderr.startswith("stopped by SIGTERM after step 1, in epoch 1; wrote")
    assert len(done.stderr.splitlines()) == 1


def test_in_another_thread_training_works_without_signals():
    trainer = start()
    thread = threading.Thread(target=trainer.fit, args=(points(),), kwargs={"epochs": 1})
    thread.start()
    thread.join()
    assert len(trainer.history) == 1


def test_nothing_is_left_for_the_garbage_collector_and_memory_stays_the_same():
    trainer = start(layers=[nn.Dropout(0.5, rng=0)])
    trainer.fit(points(), epochs=3)
    trainer.history.clear()
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        sizes = []
        for epoch in range(4, 12):
            trainer.fit(points(), epochs=epoch)
            trainer.history.clear()
            assert gc.collect() == 0
            sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
        gc.enable()
    assert sizes[-1] - sizes[3] < 20_000, "one graph a step would be 100,000"


def test_a_dataset_is_not_needed_to_have_classes():
    x = np.linspace(-1, 1, 40)[:, None]
    data = Dataset("line", Examples(x, 2 * x), Examples(x, 2 * x))
    model = nn.Linear(1, 1, rng=0)
    record = Trainer(model, nn.mse_loss, optim.SGD(model, 0.3)).fit(data, epochs=30)[-1]
    assert record.validation.accuracy is None
    assert record.validation.loss < 1e-6
