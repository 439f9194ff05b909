"""What an ONNX file answers in onnxruntime is what the model answers, for every layer and every kind of column."""

import json
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from minigrad import nn
from minigrad.cli import main
from minigrad.data.preprocessing import Category, Labels, Number, Preprocessing, Values
from minigrad.engine import Tensor
from minigrad.errors import MinigradError
from minigrad.modes import no_grad
from minigrad.nn.mlp import ACTIVATIONS, NORMS
from minigrad.onnx import ExportError, largest_difference, model_proto, save
from minigrad.onnx.check import answers, rows
from tests.conftest import require

FLOAT32 = 2e-6
"""A few roundings of float32, as a part of the largest answer."""

MIXED = Preprocessing(
    (
        Number("size", 100.0, 20.0, 90.0, True),
        Category("<b>color</b>", ("red", "", 'a "quoted" one'), True),
        Number("weight", -3.0, 0.01, -3.0),
        Category("plain", ("yes", "no")),
    ),
    Labels("kind", ("cat", "dog", "<script>")),
)


@pytest.fixture(scope="module")
def runtime():
    """onnxruntime; onnx too must be there."""
    require("onnx", "pip install onnx")
    return require("onnxruntime", "pip install onnxruntime")


def shaken(model):
    """The model with weights, and running statistics, that are nobody's defaults."""
    rng = np.random.default_rng(1)
    for name, buffer in model.named_buffers():
        if "running" in name:
            buffer.data = np.abs(rng.normal(1.0, 0.3, buffer.shape))
    for p in model.parameters():
        p.data = p.data + 0.2 * rng.normal(size=p.shape)
    return model.astype("float32").eval()


def apart(runtime, model, x) -> float:
    """The largest difference between the two, as a part of the largest answer."""
    session = runtime.InferenceSession(model_proto(model).SerializeToString())
    (said,) = session.run(None, {"x": x})
    with no_grad():
        expected = model(Tensor(x)).data
    assert said.dtype == np.float32
    return float(np.max(np.abs(said - expected)) / np.max(np.abs(expected)))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation(runtime, activation):
    model = shaken(nn.MLP([5, 12, 3], activation=activation, rng=0))
    x = np.random.default_rng(0).normal(0, 3, (300, 5)).astype("float32")
    assert apart(runtime, model, x) < FLOAT32


@pytest.mark.parametrize("norm", [None, *NORMS])
@pytest.mark.parametrize("residual", [False, True])
def test_every_norm_with_dropout_and_residual_layers_in_evaluation(runtime, norm, residual):
    depth = 0.3 if residual else 0.0
    model = nn.MLP([5, 8, 8, 8, 2], norm=norm, residual=residual, dropout=0.4, stochastic_depth=depth, rng=0)
    x = np.random.default_rng(0).normal(0, 3, (300, 5)).astype("float32")
    assert apart(runtime, shaken(model), x) < FLOAT32


@pytest.mark.parametrize(
    "layer",
    [
        *(nn.GELU("tanh"), nn.Softplus(3.0), nn.PReLU(4), nn.ELU(0.3), nn.CELU(2.0), nn.Hardtanh(-0.5, 2.0)),
        *(
            nn.LeakyReLU(0.3),
            nn.Softshrink(0.2),
            nn.Hardshrink(1.5),
            nn.LayerNorm(4, bias=False),
            nn.RMSNorm(4, eps=0.1),
        ),
        *(
            nn.LayerNorm(4, elementwise_affine=False),
            nn.BatchNorm1d(4, affine=False),
            nn.Linear(4, 4, bias=False, rng=0),
        ),
    ],
    ids=lambda layer: repr(layer).split("  ")[0],
)
def test_every_option_of_a_layer(runtime, layer):
    model = shaken(nn.Sequential(nn.Linear(4, 4, rng=0), layer))
    x = np.random.default_rng(0).normal(0, 2, (300, 4)).astype("float32")
    assert apart(runtime, model, x) < FLOAT32


def test_raw_columns_with_gaps_and_unknown_texts_go_in_and_labels_come_out(runtime):
    model = shaken(nn.MLP([len(MIXED.features), 6, 3], rng=0))
    proto = model_proto(model, MIXED)
    table, feeds = rows(MIXED, rng=0)
    logits, probabilities, label = runtime.InferenceSession(proto.SerializeToString()).run(None, feeds)
    expected = answers(model, MIXED, table)
    assert np.max(np.abs(logits - expected)) < FLOAT32 * np.max(np.abs(expected))
    assert probabilities == pytest.approx(MIXED.target.probabilities(expected), abs=1e-6)
    assert label.tolist() == MIXED.target.answers(expected)
    assert np.isnan(feeds["numbers"]).any()
    assert "never seen before" in feeds["texts"]
    assert largest_difference(proto, model, MIXED, rng=1) < FLOAT32


def test_values_come_out_in_their_own_units(runtime):
    target = Values(("price", "age"), (1e4, 40.0), (5e3, 10.0))
    steps = Preprocessing((Number("a", 1.0, 2.0, 1.0), Number("b", 0.0, 1.0, 0.0)), target)
    model = shaken(nn.MLP([2, 4, 2], rng=0))
    proto = model_proto(model, steps)
    assert [output.name for output in proto.graph.output] == ["values"]
    assert largest_difference(proto, model, steps, rng=0) < FLOAT32


def test_the_metadata_of_the_file_says_how_columns_are_prepared():
    require("onnx", "pip install onnx")
    proto = model_proto(nn.MLP([len(MIXED.features), 3], rng=0), MIXED, command="minigrad train my.csv")
    notes = {entry.key: entry.value for entry in proto.metadata_props}
    assert Preprocessing.from_dict(json.loads(notes["preprocessing"])) == MIXED
    assert notes["command"] == "minigrad train my.csv"
    assert proto.opset_import[0].version == 17


def test_a_layer_without_operators_is_named():
    require("onnx", "pip install onnx")

    class Mine(nn.Module):
        def forward(self, x):
            return x

    with pytest.raises(ExportError, match=r"layer 1\.0 is a Mine, which has no ONNX operators here.*Tanh"):
        model_proto(nn.Sequential(nn.Linear(2, 2, rng=0), nn.Residual(Mine())))
    with pytest.raises(ExportError, match="looks at the batch in evaluation too"):
        model_proto(nn.Sequential(nn.Linear(2, 2, rng=0), nn.BatchNorm1d(2, track_running_stats=False)))


def test_without_onnx_the_error_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MinigradError, match=r"pip install 'minigrad\[onnx\]'"):
        save(nn.MLP([2, 2], rng=0), tmp_path / "x.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_exported_from_the_command_line_and_compared(runtime, tmp_path):
    train = ["train", "digits", "--epochs", "1", "--name", "d", "--out", str(tmp_path), "--no-report", "--no-check"]
    assert CliRunner().invoke(main, train).exit_code == 0
    path = tmp_path / "d.onnx"
    done = CliRunner().invoke(main, ["export", str(tmp_path / "d"), "--onnx", str(path), "--json"])
    assert done.exit_code == 0, done.output
    about = json.loads(done.output)
    assert about["difference"] < FLOAT32
    assert len(about["numbers"]) == 64
    scans = runtime.InferenceSession(str(path))
    assert [output.name for output in scans.get_outputs()] == ["logits", "probabilities", "label"]
    done = CliRunner().invoke(main, ["export", str(tmp_path / "d"), "--onnx"])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "d" / "model.onnx").read_bytes() == path.read_bytes()
