"""Inside ``checked()`` every op is verified as it runs, and nothing can be written into unnoticed."""

import gc

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import GradientError, GraphError
from minigrad.gradcheck.checked import checked
from tests.gradcheck.models import FAULTS, model, parameters, plant


@mg.op(x=lambda g, y, x: g * (1 - x * x))
def wrong_tanh(x):
    """y = tanh x, with the formula of the argument instead of the result."""
    return np.tanh(x)


def leaf(*values, name="w"):
    return mg.tensor(np.array(values, dtype=float), requires_grad=True, name=name)


def test_a_right_model_runs_forward_and_backward_as_outside():
    p, q = parameters(0), parameters(0)
    model(p).backward()
    with checked():
        model(q).backward()
    assert all(np.array_equal(p[name].grad, q[name].grad) for name in p)


def test_a_wrong_formula_raises_from_the_very_line_that_calls_the_op():
    with pytest.raises(GradientError) as error, checked():
        wrong_tanh(leaf(0.5, -1.0))  # this line
    assert "# this line" in str(error.traceback[0].statement)
    lines = str(error.value).splitlines()
    assert lines[0].startswith("WRONG gradient: wrong_tanh, operand 0 (x), at test_checked.py:")
    assert "backward gives" in lines[1]


@pytest.mark.parametrize("name", ["exp: times the argument", "divide: sign", "cumsum: not reversed"])
def test_a_formula_that_breaks_after_the_forward_is_named_in_backward(name):
    p = parameters(0)
    with checked():
        loss = model(p)
        node = plant(loss, *FAULTS[name])
        with pytest.raises(GradientError, match=f"gradient: {node.op.name}, operand {FAULTS[name][2]}"):
            loss.backward()
    assert all(x.grad is None for x in p.values())


def test_a_formula_that_is_wrong_only_for_the_gradient_that_arrives_is_named_in_backward():
    @mg.op(x=lambda g, y, x: np.where(abs(g) > 50, 0.0, 2 * g))
    def clipped(x):
        """y = 2 x, with a gradient that is cut off."""
        return 2 * x

    w = leaf(1.0, 2.0)
    with checked(), pytest.raises(GradientError, match="clipped"):
        (clipped(w) * 1000.0).sum().backward()


def test_writing_into_an_array_between_forward_and_backward_is_named_with_the_op_and_the_leaf():
    w = leaf(0.5, -1.0)
    with checked():
        loss = np.tanh(w).sum()  # used here
        w.data[...] = 3.0
        with pytest.raises(GraphError) as error:
            loss.backward()
    first, second = str(error.value).splitlines()
    assert first.startswith("SAVED MUTATED gradient: tanh, operand 0 (x), at test_checked.py:")
    assert first.endswith("# used here")
    assert "the values of w were written into" in second
    assert w.grad is None


def test_writing_into_a_result_is_named():
    w = leaf(0.5, -1.0)
    with checked():
        h = np.exp(w)
        h.data[0] = 3.0
        with pytest.raises(GraphError, match="exp, its result"):
            h.sum().backward()


def test_writing_the_same_values_is_no_harm():
    w = leaf(0.5, -1.0)
    with checked():
        loss = np.tanh(w).sum()
        w.data[...] = w.data.copy()
        loss.backward()


def test_two_operands_of_one_op_are_both_verified():
    @mg.op(a=lambda g, y, a, b: g * b, b=lambda g, y, a, b: g * b)
    def product(a, b):
        """y = a b, with a wrong second formula."""
        return a * b

    with checked(), pytest.raises(GradientError, match=r"operand 1 \(b\)"):
        product(leaf(1.0, 2.0), leaf(3.0, 4.0))


def test_points_at_a_kink_raise_nothing():
    with checked():
        x = leaf(0.0, 0.0, 1.0)
        (mg.relu(x) + np.abs(x) + np.max(x) + np.sqrt(x)).sum().backward()


def test_second_derivatives_are_verified_too():
    def cubed(x):
        return (x * x * np.sin(x)).sum()

    x = leaf(0.5, -1.0)
    with checked():
        (slope,) = mg.autograd.grad(cubed(x), x, create_graph=True)
        (curvature,) = mg.autograd.grad(slope.sum(), x)
    v = x.data
    assert np.allclose(curvature.data, 2 * np.sin(v) + 4 * v * np.cos(v) - v * v * np.sin(v))


def test_a_wrong_second_derivative_is_named():
    @mg.op(x=lambda g, y, x: g * slope(x))
    def cubed(x):
        """y = x**3, of which the slope has a wrong formula."""
        return x * x * x

    @mg.op(x=lambda g, y, x: g * x)
    def slope(x):
        """y = 3 x**2, with a wrong formula."""
        return 3 * x * x

    x = leaf(0.5, -1.0)
    with checked():
        y = cubed(x).sum()
        with pytest.raises(GradientError, match="slope"):
            mg.autograd.grad(y, x, create_graph=True)


def test_graphs_of_the_block_die_as_outside():
    gc.disable()
    try:
        with checked() as block:
            model(parameters(0)).backward()
            assert not block.watcher._seen
    finally:
        gc.enable()


def test_afterwards_nothing_is_checked():
    with checked():
        pass
    wrong_tanh(leaf(0.5)).backward()
