"""Hooks see the whole gradient of a Tensor, once, and may replace it."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import grad
from minigrad.errors import GraphError, ShapeError
from tests.engine.tools import leaf


def test_a_hook_sees_the_sum_over_all_uses_once():
    x, seen = leaf(2.0), []
    h = x * x
    h.register_hook(lambda g: seen.append(float(g)))
    (h * 3 + h * h).backward()
    assert seen == [3 + 8]


def test_a_hook_on_a_leaf_is_called_too():
    x, seen = leaf(2.0), []
    x.register_hook(lambda g: seen.append(float(g)))
    (x * x).backward()
    assert seen == [4]


def test_what_a_hook_returns_replaces_the_gradient():
    x = leaf(2.0)
    h = x * x
    h.register_hook(lambda g: 10 * g)
    h.backward()
    assert x.grad == 40


def test_a_retained_gradient_is_the_one_after_the_hooks():
    x = leaf(2.0)
    h = x * x
    h.retain_grad()
    h.register_hook(lambda g: 10 * g)
    h.backward()
    assert h.grad == 10


def test_hooks_run_in_the_order_in_which_they_were_registered():
    x = leaf(2.0)
    x.register_hook(lambda g: g + 1)
    x.register_hook(lambda g: g * 10)
    x.backward()
    assert x.grad == 20


def test_a_hook_can_be_taken_away():
    x = leaf(2.0)
    remove = x.register_hook(lambda g: g * 10)
    remove()
    x.backward()
    assert x.grad == 1


def test_a_hook_can_be_taken_away_twice():
    x = leaf(2.0)
    remove = x.register_hook(lambda g: g * 10)
    remove()
    remove()
    x.backward()
    assert x.grad == 1


def test_a_hook_may_take_itself_away():
    x = leaf(2.0)

    def once(g):
        remove()
        return g * 10

    remove = x.register_hook(once)
    x.backward()
    x.backward()
    assert x.grad == 11


@pytest.mark.parametrize("replacement", [mg.tensor(5.0), 5.0, 5], ids=["tensor", "float", "int"])
def test_whatever_a_hook_returns_the_gradient_is_a_plain_array(replacement):
    x = leaf(2.0)
    x.register_hook(lambda g: replacement)
    (x * x).backward()
    assert type(x.grad) is np.ndarray
    assert x.grad == 5


@pytest.mark.parametrize("replacement", [5, 5.0, np.float32(5), mg.tensor(5.0)])
def test_whatever_a_hook_returns_the_gradient_has_the_dtype_of_its_tensor(replacement):
    x = mg.tensor(np.float32(2), requires_grad=True)
    y = x * x
    y.retain_grad()
    y.register_hook(lambda g: replacement)
    y.backward()
    assert (type(y.grad), y.grad.dtype, y.grad) == (np.ndarray, np.float32, 5)


def test_a_hook_that_replaces_by_the_wrong_shape_is_refused():
    x = leaf(1.0, 2.0)
    x.register_hook(lambda g: np.ones(3))
    with pytest.raises(ShapeError, match=r"\(3,\).*\(2,\)"):
        (x * x).sum().backward()


def test_a_hook_that_raises_leaves_every_grad_as_it_was():
    a, b = leaf(1.0), leaf(2.0)

    def refuse(g):
        raise RuntimeError("no")

    a.register_hook(refuse)
    with pytest.raises(RuntimeError, match="no"):
        (a * b).backward()
    assert a.grad is None
    assert b.grad is None


def test_a_hook_on_a_constant_is_refused():
    with pytest.raises(GraphError, match="does not require grad"):
        mg.tensor(1.0).register_hook(print)


def test_with_create_graph_a_hook_gets_a_tensor_and_stays_differentiable():
    x, kinds = leaf(2.0), []

    def double(g):
        kinds.append(type(g))
        return 2 * g

    h = x * x
    h.register_hook(double)
    (g,) = grad(h * h, x, create_graph=True)  # 2 * 2h * 2x = 8 x^3
    assert kinds == [mg.Tensor]
    assert g.item() == 64
    h.hooks = None
    assert grad(g, x)[0].item() == 24 * 4


def test_without_create_graph_a_hook_gets_a_plain_array():
    x, kinds = leaf(2.0), []
    x.register_hook(lambda g: kinds.append(isinstance(g, mg.Tensor)))
    (x * x).backward()
    assert kinds == [False]


def test_what_is_no_function_is_refused_when_it_is_registered():
    with pytest.raises(TypeError, match="a hook is a function of the gradient, not a int"):
        leaf(1.0).register_hook(3)


def test_a_hook_cannot_write_into_the_gradient_that_others_hold():
    x, other = leaf(1.0, 2.0), leaf(1.0, 2.0)
    arriving = np.ones(2)
    x.register_hook(lambda g: g.fill(0.0))
    with pytest.raises(ValueError, match="read-only"):
        (x + other).backward(arriving)
    assert arriving.tolist() == [1, 1]
    assert x.grad is None
    assert other.grad is None


def test_the_gradient_of_a_leaf_with_a_hook_is_the_callers_own():
    x = leaf(1.0, 2.0)
    x.register_hook(lambda g: None)
    (x * x).sum().backward()
    x.grad[0] = 7.0
    assert x.grad.tolist() == [7, 4]
