"""A resumed run equals the uninterrupted one, to the last bit of the last file."""

import os

import numpy as np
import pytest

from minigrad import nn, optim
from minigrad.data import Examples
from minigrad.errors import CheckpointError, DataError
from minigrad.training import Callback, Checkpoint, EarlyStopping, Trainer, load_checkpoint, save_checkpoint
from minigrad.training.checkpoints import _signature, packed, unpacked
from tests.training.runs import EPOCHS, STEPS, digest, network, points, run


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


class Halt(Exception):
    pass


class HaltAt(Callback):
    """Ends the program at a step, as a crash would: after the checkpoint of that step was written."""

    turn = 3

    def __init__(self, step):
        self.step = step

    def on_step(self, trainer, batch):
        if trainer.optimizer.steps == self.step:
            raise Halt


class Nothing(Callback):
    """Stands where HaltAt stood."""

    turn = 3


HaltAt.__name__ = Nothing.__name__  # the state of a run tells callbacks by their names


def uninterrupted(folder, kind, rng=1):
    trainer = run(folder / "whole", kind=kind, every=1, extra=[Nothing()], rng=rng)
    trainer.fit(points(), epochs=EPOCHS)
    return digest(folder / "whole"), packed(trainer.model.state_dict())


def resumed(path, kind, step, rng=None):
    """The same run, stopped after some step, and gone on with by a new trainer that was begun otherwise."""
    with pytest.raises(Halt):
        run(path, kind=kind, every=1, extra=[HaltAt(step)], rng=rng() if rng else 1).fit(points(), epochs=EPOCHS)
    trainer = run(path, kind=kind, every=1, extra=[Nothing()], rng=rng() if rng else 99)
    for p in trainer.model.parameters():
        p.data = p.data + 1
    trainer.load(path)
    trainer.fit(points(), epochs=EPOCHS)
    return digest(path), packed(trainer.model.state_dict())


@pytest.mark.parametrize(
    ("kind", "steps"), [("adam", range(1, EPOCHS * STEPS + 1)), ("sgd", (1, 4, 7)), ("lookahead", (2, 8, 11))]
)
def test_a_run_resumed_after_any_step_ends_in_the_same_bytes(tmp_path, kind, steps):
    whole = uninterrupted(tmp_path, kind)
    for step in steps:
        assert resumed(tmp_path / "part", kind, step) == whole, f"differs when resumed after step {step}"


def test_one_generator_for_the_order_and_for_the_layers_is_resumed_too(tmp_path):
    def shared():
        return np.random.default_rng(7)

    whole = uninterrupted(tmp_path, "sgd", shared())
    for step in (2, 4, 7):
        assert resumed(tmp_path / "part", "sgd", step, shared) == whole


def test_a_run_resumed_several_times_ends_in_the_same_bytes(tmp_path):
    whole, path = uninterrupted(tmp_path, "adam"), tmp_path / "part"
    for step in (3, 4, 6, 9):
        trainer = run(path, every=1, extra=[HaltAt(step)])
        if path.exists():
            trainer.load(path)
        with pytest.raises(Halt):
            trainer.fit(points(), epochs=EPOCHS)
    trainer = run(path, every=1, extra=[Nothing()])
    trainer.load(path)
    trainer.fit(points(), epochs=EPOCHS)
    assert (digest(path), packed(trainer.model.state_dict())) == whole


def test_saving_changes_nothing(tmp_path):
    with_files, without = run(tmp_path / "file", every=1), run()
    for trainer in (with_files, without):
        trainer.fit(points(), epochs=2)
    assert packed(with_files.model.state_dict()) == packed(without.model.state_dict())


def test_a_state_is_a_copy_that_later_steps_do_not_change():
    trainer = run()
    trainer.fit(points(), epochs=1)
    state = trainer.state_dict()
    before = packed(state)
    trainer.fit(points(), epochs=2)
    assert packed(state) == before


def test_more_epochs_go_on_where_the_last_one_ended():
    once, twice = run(), run()
    once.callbacks = twice.callbacks = []
    once.fit(points(), epochs=3)
    twice.fit(points(), epochs=1)
    assert [record.number for record in twice.fit(points(), epochs=3)] == [1, 2, 3]
    assert packed(once.state_dict()) == packed(twice.state_dict())


def test_another_trainer_refuses_the_file_and_is_left_as_it_was(tmp_path):
    run(tmp_path / "file").fit(points(), epochs=1)
    other = nn.MLP([3, 4, 2], rng=0)
    for trainer, reason in [
        (run(kind="sgd", extra=[Checkpoint(tmp_path / "x")]), "its settings are"),
        (run(extra=[EarlyStopping(3)]), "its callbacks are"),
        (Trainer(other, nn.cross_entropy, optim.SGD(other, 0.1), batch_size=8, clip_norm=0.5), "its callbacks are"),
    ]:
        before = packed(trainer.state_dict())
        with pytest.raises(CheckpointError, match=f"file does not fit this trainer.*{reason}"):
            trainer.load(tmp_path / "file")
        assert packed(trainer.state_dict()) == before


def test_a_callback_without_a_state_may_come_and_go(tmp_path):
    run(tmp_path / "file").fit(points(), epochs=1)
    trainer = run(extra=[Nothing()])
    trainer.load(tmp_path / "file")
    assert trainer.epoch == 1


def test_a_model_that_does_not_fit_is_told_all_differences_at_once(tmp_path):
    plain = nn.MLP([3, 4, 2], rng=0)
    Trainer(plain, nn.cross_entropy, optim.SGD(plain, 0.1), check=False).save(tmp_path / "file")
    other = nn.MLP([3, 5, 2], rng=1)
    trainer = Trainer(other, nn.cross_entropy, optim.SGD(other, 0.1), check=False)
    before = packed(trainer.state_dict())
    with pytest.raises(CheckpointError, match=r"0\.weight: \(5, 3\) needed[\s\S]*2\.weight: \(2, 5\) needed"):
        trainer.load(tmp_path / "file")
    assert packed(trainer.state_dict()) == before


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda state: state.pop("epoch"), "KeyError"),
        (lambda state: state.update(epoch=1.5), "epoch 1.5"),
        (lambda state: state.update(position=-1), "position -1"),
        (lambda state: state.update(kind="model"), "not the state of a trainer"),
        (lambda state: state.update(history=[]), "0 records of 1 epochs"),
        (lambda state: state["generators"].popitem(), "random generators"),
        (lambda state: state["generators"].update({"6.rng": {"bit_generator": "PCG64"}}), "is no MT19937"),
        (lambda state: state["optimizer"].update(state={"999": {}}), ""),
        (lambda state: state["optimizer"]["state"]["0"].update(step="many"), ""),
        (lambda state: state["callbacks"][0]["state"].update(averages=[]), "averages"),
        (lambda state: state["running"].update(rows=None, more=1), "TypeError"),
        (lambda state: state.update(model=3), "TypeError"),
    ],
)
def test_a_spoilt_state_is_refused_and_the_trainer_left_as_it_was(tmp_path, change, reason):
    trainer = run()
    trainer.fit(points(), epochs=1)
    trainer.save(tmp_path / "good")
    state = load_checkpoint(tmp_path / "good")
    change(state)
    save_checkpoint(tmp_path / "bad", state)
    other = run(rng=4)
    before = packed(other.state_dict())
    with pytest.raises(CheckpointError, match=f"bad does not fit this trainer.*{reason}"):
        other.load(tmp_path / "bad")
    assert packed(other.state_dict()) == before


def test_a_signed_file_with_any_header_loads_or_is_refused_and_then_changes_nothing():
    """What a checksum cannot tell: somebody has changed the state and signed it again."""
    trainer, rng = run(), np.random.default_rng(0)
    trainer.fit(points(), epochs=1)
    content, other = packed(trainer.state_dict()), run(rng=9)
    length = 8 + int.from_bytes(content[:8], "little")
    before, refused = packed(other.state_dict()), 0
    for _ in range(300):
        damaged = bytearray(content)
        damaged[rng.integers(8, length)] = rng.choice(list(b'0123456789-.eE"[]{},:ntf'))
        try:
            start, digest = _signature(bytes(damaged))
            damaged[start : start + 64] = digest.encode()
            other.load_state_dict(unpacked(bytes(damaged)))
        except CheckpointError:
            refused += 1
            assert packed(other.state_dict()) == before
        else:
            other.load_state_dict(unpacked(before))
    assert 100 < refused < 300


def test_an_epoch_is_not_ended_on_other_data(tmp_path):
    with pytest.raises(Halt):
        run(tmp_path / "file", every=1, extra=[HaltAt(2)]).fit(points(), epochs=1)
    trainer = run(tmp_path / "file", every=1, extra=[Nothing()])
    trainer.load(tmp_path / "file")
    with pytest.raises(DataError, match="begun on other data"):
        trainer.fit(points(seed=1), epochs=1)


def test_inputs_without_targets_are_refused():
    with pytest.raises(DataError, match="5 inputs and 4 targets"):
        run().fit(Examples(np.zeros((5, 3)), np.zeros(4, int)), epochs=1)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CheckpointError, match="absent cannot be read"):
        run().load(tmp_path / "absent")


def test_the_runs_here_have_what_a_resume_could_forget():
    assert len(list(network().named_generators())) == 2
    assert len(list(network().named_buffers())) == 3
