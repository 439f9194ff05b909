"""Every layer has the right first and second derivatives, with its masks frozen."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from tests.nn.catalog import DIFFERENTIABLE, NOT_A_FUNCTION_OF_FLOATS, public_layers
from tests.nn.tools import assert_derivatives, frozen, leaf


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=repr)
def test_the_derivatives_of_a_layer_are_those_measured(case, training):
    module, inputs = case.make().train(training), [leaf(*shape, rng=3) for shape in case.shapes]
    for p in module.parameters():
        p.data = p.data + 0.1 * np.random.default_rng(2).standard_normal(p.shape)
    compute = frozen(module)
    if compute(*inputs).requires_grad:
        assert_derivatives(lambda: compute(*inputs), [*inputs, *module.parameters()])


def test_the_gradient_of_an_embedding_adds_up_where_ids_repeat():
    table = nn.Embedding(4, 2, rng=0)
    table(np.array([[0, 3], [3, 3]])).sum().backward()
    np.testing.assert_array_equal(table.weight.grad, [[1, 1], [0, 0], [0, 0], [3, 3]])
    assert_derivatives(lambda: table(mg.tensor([[0, 3], [3, 3]], dtype=int)), [table.weight])


def test_no_layer_is_left_out():
    visited = {case.make.func.__name__ for case in DIFFERENTIABLE}
    assert public_layers() - visited - NOT_A_FUNCTION_OF_FLOATS == set()


def test_the_check_notices_a_wrong_derivative():
    x = leaf(3)
    wrong = mg.op(x=lambda g, y, x: g * 2.01 * x, samples=[mg.samples.real(2)])(_squared)
    with pytest.raises(AssertionError):
        assert_derivatives(lambda: wrong(x), [x])
    mg.declare.OPS.pop("_squared")


def _squared(x):
    return x * x
