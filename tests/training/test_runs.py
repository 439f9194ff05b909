import json
import os
from pathlib import Path

import numpy as np
import pytest

from minigrad import nn, optim
from minigrad.data.sources import bundled
from minigrad.errors import CheckpointError, DataError
from minigrad.training import Recorder, Run, Trainer
from minigrad.training.recorder import kept, line
from minigrad.training.runs import METRICS, SECTIONS, examples_of, hash_of

SOURCE = bundled("moons", 0)
MODEL = {"sizes": [2, 4, 2], "activation": "tanh"}
EPOCHS = 3


def config(data, **changes):
    about = {"source": SOURCE, "sha256": hash_of(data), "preprocessing": data.preprocessing.to_dict()}
    plain = {"name": "here", "command": "minigrad train moons", "options": {"epochs": EPOCHS}, "data": about}
    return plain | {"model": {"kind": "mlp", **MODEL, "dtype": "float32"}, "versions": {}, "checks": []} | changes


def trained(folder, every=10.0, epochs=EPOCHS, **changes):
    data = examples_of(SOURCE).astype("float32")
    model = nn.MLP(**MODEL, rng=0).astype("float32")
    recorder = Recorder(Run.create(folder, config(data, **changes)), epochs=EPOCHS, every=every)
    optimizer = optim.Adam(model, 0.05)
    trainer = Trainer(model, nn.cross_entropy, optimizer, batch_size=200, check=False, callbacks=[recorder], rng=0)
    trainer.fit(data, epochs=epochs)
    return trainer, data


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that was left alone, with its trainer and data."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    return folder, *trained(folder)


def test_every_epoch_is_a_line_with_all_the_keys_of_the_schema(whole):
    folder, trainer, _ = whole
    rows = [json.loads(text) for text in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [list(row) for row in rows] == [list(METRICS)] * EPOCHS
    assert rows == Run(folder).history
    for row, record in zip(rows, trainer.history, strict=True):
        assert row["epoch"] == record.number
        assert row["validation"] == record.validation._asdict()
        assert row["updates"] == {name: update._asdict() for name, update in record.updates.items()}
        assert 0 < row["seconds"] < 60


def test_the_page_on_training_lists_the_schema():
    page = (Path(__file__).parents[2] / "docs/training.md").read_text()
    assert all(f"| `{key}` | {meaning} |" in page for key, meaning in METRICS.items())
    assert all(f"`{key}`" in page for key in SECTIONS)


def test_best_and_last_weights_and_snapshots_are_those_of_their_epochs(whole):
    folder, trainer, data = whole
    run, scores = Run(folder), [record.validation for record in trainer.history]
    losses = [score.loss for score in scores]
    assert run.snapshots == sorted(kept(EPOCHS)) == [0, 1, 2, 3]
    assert run.finished

    def loss(weights):
        model = run.model(weights)
        assert not model.training
        return nn.cross_entropy(model(data.validation.x), data.validation.y).item()

    assert [loss(epoch) for epoch in (1, 2, 3)] == pytest.approx(losses)
    assert loss("best") == pytest.approx(min(scores, key=lambda score: (-score.accuracy, score.loss)).loss)
    assert loss("last") == pytest.approx(losses[-1])
    np.testing.assert_array_equal(
        run.model(0).state_dict()["0.weight"], nn.MLP(**MODEL, rng=0).astype("float32")[0].weight.data
    )


def test_the_data_is_read_again_and_must_be_the_same(whole, tmp_path):
    folder, _, data = whole
    np.testing.assert_array_equal(Run(folder).data().train.x, data.train.x)
    about = config(data)
    about["data"]["source"] = bundled("moons", 1)
    with pytest.raises(DataError, match="is not what it was"):
        Run.create(tmp_path / "other", about).data()


def test_raw_columns_become_the_inputs_of_the_model(whole):
    steps = Run(whole[0]).preprocessing
    raw = np.array([[0.5, 0.25], [0.0, 1.0]])
    mean, std = ([getattr(column, name) for column in steps.inputs] for name in ("mean", "std"))
    np.testing.assert_allclose(steps.scaled(raw), (raw - mean) / std)


def test_a_line_that_was_cut_off_is_left_out_and_written_again_on_resuming(tmp_path):
    trainer, data = trained(tmp_path / "run", epochs=2)
    trainer.save(tmp_path / "run" / "last.safetensors")
    with open(tmp_path / "run" / "metrics.jsonl", "a") as file:
        file.write('{"epoch":3,"st')
    (tmp_path / "run" / f".last.safetensors.{'a' * 32}").touch()
    assert len(Run(tmp_path / "run").history) == 2
    trainer.fit(data, epochs=EPOCHS)
    assert [row["epoch"] for row in Run(tmp_path / "run").history] == [1, 2, 3]
    assert not [name for name in os.listdir(tmp_path / "run") if name.startswith(".")]


def test_what_is_not_finite_is_null():
    record = dict.fromkeys(METRICS, 1.0) | {
        "number": 1,
        "gradient_norm": float("nan"),
        "updates": {"w": {"ratio": np.inf}},
    }
    row = json.loads(line(record, None, ""))
    assert (row["gradient_norm"], row["updates"], row["seconds"]) == (None, {"w": {"ratio": None}}, None)


MALFORMED = {
    b"": "is no JSON",
    b"[]": "holds a list",
    b"{": "is no JSON",
    b'{"format": 1}': "key name: needed is a str, got None",
    b'{"format": 2}': "made by a newer version",
    b'{"format": true}': "key format: True is no version",
    b'{"format": NaN}': "NaN is not JSON",
    b"\xff": "is no JSON",
    b"[" * 100_000: "is no JSON",
}


@pytest.mark.parametrize("content", MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_config_is_refused_with_its_path_and_key(tmp_path, content):
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(CheckpointError, match=MALFORMED[content]) as error:
        Run(tmp_path)
    assert str(tmp_path / "config.json") in str(error.value)


WRONG = {
    "not a model": {"model": {"kind": "cnn", "dtype": "float32", "sizes": [2, 2]}},
    "no dtype": {"model": {"kind": "mlp", "sizes": [2, 2]}},
    "too large": {"model": {"kind": "mlp", "dtype": "float32", "sizes": [2, 10**9, 10**9, 2]}},
    "no sizes": {"model": {"kind": "mlp", "dtype": "float32"}},
    "an option too many": {"model": {"kind": "mlp", "dtype": "float32", **MODEL, "wings": 2}},
    "no preprocessing": {"data": {}},
    "preprocessing is text": {"data": {"preprocessing": "none"}},
}


@pytest.mark.parametrize("name", WRONG)
def test_a_config_that_makes_no_sense_is_refused_when_it_is_used(whole, tmp_path, name):
    _, _, data = whole
    run = Run.create(tmp_path / "run", config(data) | WRONG[name])
    (tmp_path / "run" / "best.safetensors").write_bytes((whole[0] / "best.safetensors").read_bytes())
    with pytest.raises(CheckpointError, match=r"config\.json|dtype"):
        assert run.model() is run.preprocessing


def test_lines_of_metrics_that_make_no_sense_are_told_by_their_number(whole, tmp_path):
    _, _, data = whole
    run = Run.create(tmp_path / "run", config(data))
    for content, reason in {
        b"{}\n": "line 1 has no",
        b"x\n": "line 1 is no JSON",
        b"3\n": "line 1 has no epoch",
    }.items():
        (tmp_path / "run" / "metrics.jsonl").write_bytes(content)
        with pytest.raises(CheckpointError, match=reason):
            run.history  # noqa: B018
