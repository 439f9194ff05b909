"""autograd.grad: gradients as results, and gradients of gradients."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import grad
from minigrad.errors import GraphError, ShapeError
from tests.engine.tools import leaf


def test_it_returns_one_tensor_for_each_input_and_touches_no_grad():
    a, b = leaf(2.0), leaf(3.0)
    of_a, of_b = grad(a * a * b, [a, b])
    assert (of_a.item(), of_b.item()) == (12.0, 4.0)
    assert a.grad is None
    assert b.grad is None


def test_one_input_may_stand_alone():
    x = leaf(3.0)
    (g,) = grad(x * x, x)
    assert g.item() == 6


def test_an_input_given_twice_is_answered_twice():
    x = leaf(3.0)
    first, second = grad(x * x, [x, x])
    assert first.item() == second.item() == 6


def test_without_create_graph_the_result_requires_no_grad():
    x = leaf(3.0)
    (g,) = grad(x * x, x)
    assert not g.requires_grad


def test_the_gradient_of_a_value_in_the_middle_stops_there():
    x = leaf(2.0)
    h = x * x
    (g,) = grad(h * h, h)
    assert g.item() == 8
    assert x.grad is None


def test_an_input_upstream_of_another_gets_the_whole_gradient():
    x = leaf(2.0)
    h = x * x
    of_h, of_x = grad(h * h + x, [h, x])
    assert of_h.item() == 8
    assert of_x.item() == 8 * 4 + 1


def test_the_output_may_be_its_own_input():
    x = leaf(2.0)
    y = x * x
    assert grad(y, y)[0].item() == 1


def test_only_the_formulas_on_the_way_to_the_inputs_run(tables):
    called = []

    @mg.op(x=lambda g, y, x: called.append("side") or g)
    def side(x):
        return x * 1

    a, b = leaf(1.0), leaf(2.0)
    grad(a * 2 + side(side(b) * 2), a)
    assert called == []


def test_fifty_doublings_are_no_more_than_fifty_steps():
    x = leaf(1.0)
    y = x
    for _ in range(50):
        y = y + y
    assert grad(y, x)[0].item() == 2**50


def test_of_one_op_only_the_formulas_of_the_operands_on_the_way_run(tables):
    called = []

    @mg.op(a=lambda g, y, a, b: called.append("a") or g, b=lambda g, y, a, b: called.append("b") or g)
    def both(a, b):
        return a + b

    a, b = leaf(1.0), leaf(2.0)
    grad(both(a, b), b)
    assert called == ["b"]


def test_an_unused_input_is_an_error_that_names_its_position():
    a, b = leaf(1.0), leaf(2.0)
    with pytest.raises(GraphError, match=r"does not depend on input 1.*allow_unused=True"):
        grad(a * 2, [a, b])


def test_an_unused_input_is_none_when_that_is_allowed():
    a, b = leaf(1.0), leaf(2.0)
    of_a, of_b = grad(a * 2, [a, b], allow_unused=True)
    assert of_a.item() == 2
    assert of_b is None


def test_grad_outputs_weighs_the_elements_of_the_output():
    x = leaf(1.0, 2.0)
    (g,) = grad(x * x, x, np.array([10.0, 100.0]))
    np.testing.assert_array_equal(g.data, [20.0, 400.0])


def test_grad_outputs_of_the_wrong_shape_is_refused():
    x = leaf(1.0, 2.0)
    with pytest.raises(ShapeError, match=r"\(3,\).*\(2,\)"):
        grad(x * x, x, np.ones(3))


def test_derivatives_of_every_order_come_from_the_same_formulas():
    x = leaf(2.0)
    y, orders = x * x * x * x, []
    for _ in range(4):
        (y,) = grad(y, x, create_graph=True)
        orders.append(y.item())
    assert orders == [32.0, 48.0, 48.0, 24.0]


def test_a_gradient_that_no_longer_depends_on_anything_requires_no_grad():
    x = leaf(2.0)
    (slope,) = grad(3 * x, x, create_graph=True)
    assert slope.item() == 3
    with pytest.raises(GraphError, match="does not require grad"):
        grad(slope, x)


def test_a_gradient_penalty_reaches_the_weights():
    w, x = leaf(3.0), leaf(2.0)
    y = w * x * x
    (slope,) = grad(y, x, create_graph=True)  # 2 w x
    (slope * slope).backward()  # d/dw (2 w x)^2 = 8 w x^2
    assert w.grad == 8 * 3 * 4


def test_create_graph_differentiates_with_respect_to_grad_outputs_too():
    x, v = leaf(1.0, 2.0), leaf(1.0, 1.0)
    (g,) = grad(x * x, x, v, create_graph=True)  # 2 x v
    (of_v,) = grad(g.sum(), v)
    np.testing.assert_array_equal(of_v.data, [2.0, 4.0])


def test_create_graph_records_inside_no_grad_too():
    x = leaf(2.0)
    y = x * x * x
    with mg.no_grad():
        (g,) = grad(y, x, create_graph=True)
    assert g.requires_grad
    assert grad(g, x)[0].item() == 12


def test_a_plain_grad_records_nothing_even_while_the_tape_runs():
    x = leaf(2.0)
    (g,) = grad(np.exp(x), x)
    assert g.op is None


def test_both_walks_give_the_same_bits():
    rng = np.random.default_rng(0)
    x = leaf(rng.standard_normal((3, 4)))
    y = (np.exp(np.sin(x)) * x / (1 + x * x)).sum()
    fast, recorded = grad(y, x)[0], grad(y, x, create_graph=True)[0]
    np.testing.assert_array_equal(fast.data, recorded.data)


def test_a_result_is_not_the_array_the_tape_works_with():
    x = leaf(1.0, 2.0)
    y = x + 1
    given = np.array([3.0, 4.0])
    (g,) = grad(y, x, given)
    g.data[:] = 0
    np.testing.assert_array_equal(given, [3.0, 4.0])


def test_what_is_no_tensor_is_named():
    x = leaf(2.0)
    with pytest.raises(TypeError, match=r"takes Tensors, but the output is a float: 4\.0"):
        grad(4.0, x)
    with pytest.raises(TypeError, match=r"takes Tensors, but input 1 is a ndarray: array"):
        grad(x * x, [x, np.ones(2)])
