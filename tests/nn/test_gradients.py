"""Every layer passes the gradient check at orders 1 and 2, training and evaluating, with its masks frozen."""

import numpy as np
import pytest

from minigrad import nn
from minigrad.gradcheck import gradcheck
from tests.nn.catalog import DIFFERENTIABLE, NOT_A_FUNCTION_OF_FLOATS, public_layers
from tests.nn.tools import frozen, leaf

MODES = ["probe", pytest.param("full", marks=pytest.mark.slow)]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=repr)
def test_the_derivatives_of_a_layer_pass_the_gradient_check(case, training, mode):
    module, inputs = case.make().train(training), [leaf(*shape, rng=3) for shape in case.shapes]
    for p in module.parameters():
        p.data = p.data + 0.1 * np.random.default_rng(2).standard_normal(p.shape)
    assert gradcheck(frozen(module), *inputs, params=module.parameters(), order=2, mode=mode)


def test_the_gradient_of_an_embedding_adds_up_where_ids_repeat():
    table, ids = nn.Embedding(4, 2, rng=0), np.array([[0, 3], [3, 3]])
    table(ids).sum().backward()
    np.testing.assert_array_equal(table.weight.grad, [[1, 1], [0, 0], [0, 0], [3, 3]])
    assert gradcheck(lambda: np.square(table(ids)), params=[table.weight], order=2)


def test_no_layer_is_left_out():
    visited = {case.make.func.__name__ for case in DIFFERENTIABLE}
    assert public_layers() - visited - NOT_A_FUNCTION_OF_FLOATS == set()
