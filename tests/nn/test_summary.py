"""What a model looks like: its repr, and the table of its shapes."""

import numpy as np
import pytest

from minigrad import nn
from tests.nn.test_module import Net, Tied


def test_the_repr_is_a_tree_with_shapes_and_counts():
    assert repr(Net()).splitlines() == [
        "Net()  scale (2,), extra.0 ()  23 parameters",
        "├─ first          Linear(2, 2)              weight (2, 2), bias (2,)  6",
        "├─ stages.0       Linear(2, 2, bias=False)  weight (2, 2)             4",
        "├─ stages.1.deep  BatchNorm1d(2)            weight (2,), bias (2,)    4",
        "├─ heads.left     Linear(2, 1)              weight (1, 2), bias (1,)  3",
        "└─ heads.right    Linear(2, 1)              weight (1, 2), bias (1,)  3",
    ]


def test_nested_modules_hang_under_theirs():
    model = nn.Sequential(nn.Residual(nn.Tanh(), nn.Sequential(nn.ReLU())), nn.Identity())
    assert repr(model).splitlines() == [
        "Sequential()  0 parameters",
        "├─ 0        Residual()",
        "│  ├─ 0     Tanh()",
        "│  └─ 1     Sequential()",
        "│     └─ 0  ReLU()",
        "└─ 1        Identity()",
    ]


def test_a_layer_alone_is_one_line_that_says_how_to_build_it():
    assert repr(nn.Linear(3, 2, bias=False, rng=0)) == "Linear(3, 2, bias=False)  weight (2, 3)  6 parameters"
    assert repr(nn.Dropout(0.2, rng=0)) == "Dropout(0.2)  0 parameters"
    assert repr(nn.StochasticDepth(0.2, mode="batch")) == "StochasticDepth(0.2, 'batch')  0 parameters"


def test_arguments_that_are_not_plain_values_are_left_out():
    class Stack(nn.Module):
        def __init__(self, layers, width, names=()):
            super().__init__()
            self.layers, self.width, self.names = layers, width, names

    assert repr(Stack([nn.ReLU()], 3, ["a"])).startswith(
        "Stack(width=3, names=['a'])  0 parameters\n└─ layers.0  ReLU()"
    )


def test_frozen_parameters_and_evaluation_are_shown():
    text = repr(nn.Linear(1, 1, bias=False, rng=0).freeze().eval())
    assert text == "Linear(1, 1, bias=False)  weight (1, 1) frozen  1 parameter  evaluating"


def test_the_summary_has_the_output_shape_of_every_module():
    model = nn.MLP([8, 4, 4, 2], norm="batch", residual=True, rng=0)
    assert str(nn.summary(model, np.zeros((5, 8)))).splitlines() == [
        "module                                          output  parameters",
        "MLP([8, 4, 4, 2], norm='batch', residual=True)  (5, 2)",
        "├─ 0  Linear(8, 4)                              (5, 4)          36",
        "├─ 1  BatchNorm1d(4)                            (5, 4)           8",
        "├─ 2  ReLU()                                    (5, 4)",
        "├─ 3  Residual()                                (5, 4)",
        "│  ├─ 0  Linear(4, 4)                           (5, 4)          20",
        "│  ├─ 1  BatchNorm1d(4)                         (5, 4)           8",
        "│  └─ 2  ReLU()                                 (5, 4)",
        "└─ 4  Linear(4, 2)                              (5, 2)          10",
        "82 parameters, 82 of them trainable",
    ]


def test_the_summary_leaves_the_model_as_it_was():
    model = nn.Sequential(nn.BatchNorm1d(2), nn.Dropout(rng=0))
    before = model.state_dict()
    nn.summary(model, np.ones((3, 2)))
    assert model.training
    assert all(not m._hooks for m in model.modules())
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def test_the_hooks_are_gone_also_when_the_model_fails():
    model = nn.Sequential(nn.Linear(2, 2, rng=0))
    with pytest.raises(ValueError, match="Linear expects 2"):
        nn.summary(model, np.ones((3, 5)))
    assert all(not m._hooks for m in model.modules())


def test_the_summary_tells_tied_and_frozen_parameters_and_modules_not_called():
    net = Tied()
    net.unused = nn.Linear(2, 2, rng=0).freeze()
    found = nn.summary(net, np.eye(2))
    assert (found.parameters, found.trainable) == (10, 4)
    assert found.tied == ["a.weight = b.weight"]
    assert str(found).endswith("10 parameters, 4 of them trainable\ntied: a.weight = b.weight")
    assert "not called" in str(found)


def test_a_module_that_returns_several_tensors_shows_all_their_shapes():
    class Split(nn.Module):
        def forward(self, x):
            return x[:, :1], [x[:, 1:]]

    assert nn.summary(Split(), np.ones((3, 4))).rows[0][1] == "(3, 1), (3, 3)"
