import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import GraphError
from minigrad.viz.steps import local_derivative


def test_a_step_tells_what_arrived_the_local_derivative_and_what_was_sent(neuron):
    steps = list(mg.backward_steps(neuron))
    assert [step.node.op.name for step in steps] == ["tanh", "add", "multiply"]
    slope = 1 - np.tanh(0.88) ** 2
    last = steps[-1]
    np.testing.assert_allclose(last.arrived, slope)
    assert [part.local.item() for part in last.sent] == [2, -3]
    np.testing.assert_allclose([part.amount for part in last.sent], [2 * slope, -3 * slope])


def test_the_totals_are_the_gradient_after_every_addition():
    a = mg.tensor(1.0, requires_grad=True)
    b = a + a
    steps = list(mg.backward_steps(b + b))
    assert [part.total.item() for step in steps for part in step.sent] == [1, 2, 2, 4]


def test_the_last_total_of_every_leaf_is_what_backward_leaves(loss, model):
    totals = {part.operand: part.total for step in mg.backward_steps(loss) for part in step.sent}
    assert all(p.grad is None for p in model.parameters())
    loss.backward()
    for p in model.parameters():
        np.testing.assert_array_equal(totals[p], p.grad)


def test_arriving_times_local_is_sent_where_the_local_derivative_is_an_array():
    x = mg.tensor([0.5, -1.0, 2.0], requires_grad=True)
    for step in mg.backward_steps((mg.exp(x) * x).sum()):
        for part in step.sent:
            np.testing.assert_allclose(step.arrived * part.local, part.amount)


def test_a_product_of_matrices_has_no_array_for_a_local_derivative():
    w = mg.tensor(np.ones((2, 3)), requires_grad=True)
    assert local_derivative(w @ np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]]), 0) is None


def test_an_output_of_several_elements_needs_the_gradient_that_arrives():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(GraphError, match="needs the gradient arriving there"):
        list(mg.backward_steps(x * 2))
    (step,) = mg.backward_steps(x * 2, np.array([1.0, 10.0]))
    assert step.sent[0].amount.tolist() == [2, 20]


def test_a_step_is_printed_with_names_and_numbers():
    a = mg.tensor(3.0, requires_grad=True, name="a")
    (step,) = mg.backward_steps(a * 2)
    assert str(step) == "step 1  multiply = multiply   arrived grad 1\n    a  local 2   sent 2   total 2"


def test_a_hostile_name_stays_on_its_line(hostile):
    a = mg.tensor(3.0, requires_grad=True, name=hostile)
    (step,) = mg.backward_steps(a * 2)
    assert len(str(step).split("\n")) == 2
    assert len(str(step)) < 200
