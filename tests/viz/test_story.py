import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.viz.graph import read
from minigrad.viz.story import MOST_VISITS, Story


def totals(steps):
    return {send.target: send.total for step in steps for send in step.sends}


def test_the_steps_backward_end_in_the_gradients_that_backward_leaves(loss, model):
    story = Story(read(loss))
    loss.backward()
    final = totals(story.backward)
    for p in model.parameters():
        np.testing.assert_array_equal(final[story.graph.homes[p]], p.grad)


def test_forward_goes_through_every_computed_node_and_backward_through_them_in_reverse(neuron):
    story = Story(read(neuron))
    assert [step.node for step in story.backward] == [step.node for step in reversed(story.forward)]


def test_a_folded_module_sends_what_leaves_it():
    x = mg.tensor(np.ones((2, 4)), requires_grad=True)
    loss = nn.MLP([4, 3, 2], rng=0)(x).sum()
    story = Story(read(loss, depth=0))
    (send,) = story.backward[-1].sends
    loss.backward()
    assert send.target == story.graph.homes[x]
    np.testing.assert_array_equal(send.total, x.grad)
    assert story.naive == []


def test_what_was_left_out_of_the_picture_has_no_step():
    x = mg.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(30):
        y = y * 1.1
    story = Story(read(y, budget=10))
    assert len(story.forward) == len(story.backward) == 10


def test_no_gradient_means_no_steps_backward():
    story = Story(read(mg.tensor(2.0)))
    assert (story.forward, story.backward, story.naive) == ([], [], [])
    w = mg.tensor(2.0, requires_grad=True)
    y = w * w
    w.data = 3.0  # the graph is stale now
    assert Story(read(y)).backward == []


def test_too_many_visits_are_counted_and_not_made():
    a = mg.tensor(1.0, requires_grad=True)
    for _ in range(20):
        a = a + a
    story = Story(read(a))
    assert story.visits == 2**20 - 1 > MOST_VISITS
    assert story.naive == []


def test_every_node_has_a_name_of_its_own(loss):
    story = Story(read(loss))
    assert len(set(story.names.values())) == len(story.graph.nodes)


def test_a_sign_between_two_names_is_a_name(neuron):
    assert "w×x" in Story(read(neuron)).names.values()


@pytest.mark.parametrize("gradient", [np.array([1.0, 2.0, 3.0])])
def test_an_output_of_several_elements_is_told_as_its_sum(gradient):
    x = mg.tensor(gradient, requires_grad=True)
    story = Story(read(x * x))
    np.testing.assert_array_equal(story.backward[0].sends[-1].total, 2 * gradient)
