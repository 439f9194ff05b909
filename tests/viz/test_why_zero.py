import gc

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn


@pytest.fixture
def w():
    return mg.tensor([0.5, -1.0], requires_grad=True, name="w")


def test_a_frozen_parameter(w):
    w.requires_grad = False
    assert mg.why_zero(w).causes == ["frozen"]


def test_a_parameter_that_is_not_in_the_graph(w):
    v = mg.tensor(1.0, requires_grad=True)
    assert mg.why_zero(w, v * 2).causes == ["not in the graph"]


@pytest.mark.parametrize(
    "leave",
    [lambda x: x.detach(), lambda x: x.numpy(), lambda x: x.data, lambda x: x.tolist()],
    ids=["detach", "numpy", "data", "tolist"],
)
def test_a_parameter_whose_values_left_the_tape(w, leave):
    v = mg.tensor([1.0, 2.0], requires_grad=True)
    left = leave(w * 3)
    why = mg.why_zero(w, (v * mg.tensor(left)).sum())
    assert why.causes == ["not in the graph"]  # the line that did it is not one of the graph's
    h = (w * 3).detach()
    assert mg.why_zero(w, (v * h).sum()).causes == ["detached"]


def test_values_computed_without_recording_are_pointed_at():
    layer = nn.Linear(2, 2, rng=0)
    with mg.no_grad():
        h = layer(np.ones((1, 2)))
    v = mg.tensor([1.0, 2.0], requires_grad=True)
    why = mg.why_zero(layer.weight, (v * h).sum())
    assert why.causes == ["not in the graph"]
    assert "was that under no_grad()?" in str(why)
    assert "h = layer(np.ones((1, 2)))" in str(why)


def test_the_line_that_left_the_tape_is_named(w):
    v = mg.tensor([1.0, 2.0], requires_grad=True)
    why = mg.why_zero(w, (v * w.data).sum())
    assert why.causes == ["detached"]
    assert "w.data" in why.reasons[0].node.source.text
    assert ".data" in str(why)


def test_a_dead_relu(w):
    assert mg.why_zero(w, mg.relu(w - 10).sum()).causes == ["dead ReLU"]


@pytest.mark.parametrize("squash", [mg.tanh, mg.sigmoid])
def test_a_saturated_unit(w, squash):
    assert mg.why_zero(w, squash(w + 1000).sum()).causes == ["saturated"]
    assert mg.why_zero(w, squash(w + 30).sum()).causes == ["saturated"]


@pytest.mark.parametrize("clip", [lambda x: x.clip(-1, 1), mg.hardtanh, mg.relu6])
def test_a_clipped_value(w, clip):
    assert mg.why_zero(w, clip(w + 100).sum()).causes == ["clipped"]


def test_a_masked_value(w):
    assert mg.why_zero(w, np.where([False, False], w, 1.0).sum()).causes == ["masked"]
    assert mg.why_zero(w, (w * np.zeros(2)).sum()).causes == ["masked"]
    assert mg.why_zero(w, np.maximum(w, 10).sum()).causes == ["masked"]


def test_dropout_of_everything_is_a_mask():
    layer, drop = nn.Linear(2, 3, rng=0), nn.Dropout(1.0, rng=0)
    assert mg.why_zero(layer.weight, drop(layer(np.ones((1, 2)))).sum()).causes == ["masked"]


def test_paths_that_cancel(w):
    assert mg.why_zero(w, (w - w).sum()).causes == ["cancelled"]


def test_a_gradient_that_is_partly_zero_says_where():
    w = mg.tensor([1.0, -1.0, 2.0, -2.0], requires_grad=True, name="w")
    why = mg.why_zero(w, mg.relu(w).sum())
    assert why.causes == ["partly zero", "dead ReLU"]
    assert "2 of 4 elements" in str(why)


def test_a_gradient_that_is_not_zero_is_called_that(w):
    assert mg.why_zero(w, (w * w).sum()).causes == ["not zero"]


def test_only_the_node_that_stops_the_gradient_is_named(w):
    h = mg.tanh(w) * 2
    dead = mg.relu(h - 100)
    why = mg.why_zero(w, (dead * 3).sum())
    assert [reason.node for reason in why.reasons] == [dead]
    assert "dead = mg.relu(h - 100)" in str(why)


def test_without_a_loss_the_newest_that_depends_on_it_is_taken(w):
    gc.collect()
    loss = mg.relu(w - 10).sum()
    other = mg.tensor(1.0, requires_grad=True) * 2
    assert mg.why_zero(w).causes == ["dead ReLU"]
    assert loss.requires_grad
    assert other.requires_grad


def test_no_grad_is_touched(w):
    mg.why_zero(w, mg.relu(w).sum())
    assert w.grad is None


def test_a_hostile_name_stays_on_its_line(hostile):
    w = mg.tensor([-1.0], requires_grad=True, name=hostile)
    assert len(str(mg.why_zero(w, mg.relu(w).sum())).split("\n")) == 3
