"""backward(): the right sum over all paths, once, for every leaf or for none."""

import os
import signal

import numpy as np
import pytest

import minigrad as mg
from minigrad import engine
from minigrad.errors import DtypeError, GraphError, ShapeError, UnsupportedError
from tests.engine.tools import leaf


def test_both_ways_of_a_diamond_are_added_before_the_gradient_goes_on():
    a = leaf(1.0)
    b = a + a
    c = b + b
    c.backward()
    assert a.grad == 4


def test_paths_of_different_length_meet_in_the_right_order():
    x = leaf(2.0)
    y = x * x
    z = y * x + y + x  # x^3 + x^2 + x
    z.backward()
    assert x.grad == 3 * 4 + 2 * 2 + 1


def test_a_younger_leaf_in_an_older_graph_changes_nothing():
    x = leaf(3.0)
    y = x * x
    w = leaf(5.0)
    (y * w + x).backward()
    assert x.grad == 2 * 3 * 5 + 1
    assert w.grad == 9


@pytest.mark.parametrize(
    ("function", "slope"),
    [
        (lambda x: x * x, 6),
        (lambda x: x - x, 0),
        (lambda x: x / x, 0),
        (lambda x: x + x, 2),
    ],
    ids=["x * x", "x - x", "x / x", "x + x"],
)
def test_one_tensor_on_both_sides_gets_the_gradient_of_both(function, slope):
    x = leaf(3.0)
    function(x).backward()
    assert x.grad == slope


def test_a_vector_times_itself_has_the_gradient_two_v():
    v = leaf(1.0, -2.0, 3.0)
    (v @ v).backward()
    np.testing.assert_array_equal(v.grad, [2.0, -4.0, 6.0])


def test_an_output_that_is_walked_from_twice_sends_back_both_gradients():
    x = leaf(2.0)
    y = x * x
    assert engine.walk([y, y], [np.array(1.0), np.array(2.0)]) == {x: 3 * 4}


def test_of_two_outputs_the_one_made_of_the_other_comes_first():
    x, seen = leaf(2.0), []
    y = x * x
    z = y * 3
    y.register_hook(lambda g: seen.append(float(g)))
    one = np.array(1.0)
    assert engine.walk([y, z], [one, one]) == engine.walk([z, y], [one, one]) == {x: 4 * 4}
    assert seen == [4, 4]


def test_only_the_gradients_of_the_targets_are_kept():
    a, b = leaf(2.0), leaf(3.0)
    product = a * b
    assert engine.walk([product + a], [np.array(1.0)], targets=[product]) == {product: 1}
    assert engine.walk([product + a], [np.array(1.0)], targets=[a]) == {a: 4}


def test_a_single_element_may_have_axes_and_its_gradient_has_them_too():
    x = leaf([[3.0]])
    x.backward()
    assert x.grad.tolist() == [[1]]
    (g,) = mg.autograd.grad(x * x, x)
    assert g.tolist() == [[6]]


def test_a_second_backward_adds_exactly_once_more():
    x = leaf(0.5, 2.0)
    y = (np.exp(x) * x).sum()
    y.backward()
    once = x.grad.copy()
    y.backward()
    np.testing.assert_array_equal(x.grad, once + once)
    y.backward()
    np.testing.assert_array_equal(x.grad, once + once + once)


def test_the_second_backward_of_a_diamond_does_not_see_the_gradients_of_the_first():
    a = leaf(1.0)
    b = a + a
    b.retain_grad()
    c = b + b
    c.backward()
    c.backward()
    assert b.grad == 4
    assert a.grad == 8


def test_two_losses_of_one_leaf_add_up():
    x = leaf(2.0)
    (x * x).backward()
    (3 * x).backward()
    assert x.grad == 4 + 3


def test_two_losses_of_one_shared_graph_add_up():
    x = leaf(2.0)
    h = x * x
    (h * 3).backward()
    (h * h).backward()
    assert x.grad == 12 + 4 * 8


def test_after_grad_is_set_to_none_only_the_next_backward_counts():
    x = leaf(2.0)
    (x * x).backward()
    x.grad = None
    (3 * x).backward()
    assert x.grad == 3


def test_an_array_taken_from_grad_is_not_changed_by_the_next_backward():
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    y.backward()
    first = x.grad
    y.backward()
    np.testing.assert_array_equal(first, [2.0, 4.0])


def test_two_leaves_never_share_one_gradient_array():
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (a + b).backward(np.ones(2))
    a.grad[:] = 7
    np.testing.assert_array_equal(b.grad, [1.0, 1.0])


def test_the_gradient_of_a_leaf_is_not_the_array_that_was_passed_in():
    x, given = leaf(1.0, 2.0), np.array([3.0, 4.0])
    x.backward(given)
    x.grad += 1
    np.testing.assert_array_equal(given, [3.0, 4.0])


def test_a_gradient_can_be_written_to():
    x = leaf([[1.0, 2.0]])
    np.broadcast_to(x, (3, 2)).sum().backward()
    assert x.grad.flags.writeable
    assert x.grad.flags.owndata


@pytest.mark.parametrize("arriving", [np.float32(3), [3], np.array([3], np.float16)])
def test_an_arriving_gradient_of_another_dtype_becomes_that_of_the_output(arriving):
    x = leaf([1.0])
    y = x * 2
    y.retain_grad()
    y.backward(np.reshape(arriving, (1,)))
    assert (y.grad.dtype, y.grad.tolist()) == (np.float64, [3])


def test_an_operand_that_was_made_a_variable_after_an_op_without_its_formula_is_named(tables):
    @mg.op(x=lambda g, y, x, scale: g * scale)
    def scaled(x, scale):
        return x * scale

    x, scale = leaf(1.0), mg.tensor(2.0)
    y = scaled(x, scale)
    scale.requires_grad, x.requires_grad = True, False
    with pytest.raises(UnsupportedError, match="scaled has no derivative with respect to its 'scale'"):
        y.backward()
    assert (x.grad, scale.grad) == (None, None)


def test_a_leaf_that_the_output_does_not_depend_on_keeps_grad_none():
    x, unused = leaf(1.0), leaf(2.0)
    (x * 2).backward()
    assert unused.grad is None


def test_a_constant_operand_gets_no_gradient():
    x, constant = leaf(1.0), mg.tensor(2.0)
    (x * constant).backward()
    assert constant.grad is None


def test_backward_of_a_leaf_itself_is_one():
    x = leaf(3.0)
    x.backward()
    assert x.grad == 1


def test_backward_takes_the_gradient_arriving_at_the_output():
    x = leaf(1.0, 2.0)
    (x * x).backward(np.array([10.0, 100.0]))
    np.testing.assert_array_equal(x.grad, [20.0, 400.0])


@pytest.mark.parametrize("gradient", [[1.0, 2.0], [1, 2], mg.tensor([1.0, 2.0]), np.float32([1, 2])], ids=repr)
def test_the_arriving_gradient_may_be_a_list_an_array_or_a_tensor(gradient):
    x = leaf(3.0, 4.0)
    (2 * x).backward(gradient)
    np.testing.assert_array_equal(x.grad, [2.0, 4.0])
    assert x.grad.dtype == np.float64


def test_an_output_of_shape_1_1_needs_no_gradient():
    x = leaf([[2.0]])
    (x * x).backward()
    np.testing.assert_array_equal(x.grad, [[4.0]])


def test_backward_of_several_elements_without_a_gradient_says_what_to_write():
    x = leaf(1.0, 2.0)
    with pytest.raises(GraphError) as error:
        (x * x).backward()
    assert str(error.value) == (
        "backward() from a Tensor of shape (2,) needs the gradient arriving there: "
        "write t.sum().backward(), or t.backward(gradient) with a gradient of shape (2,)"
    )
    assert x.grad is None


@pytest.mark.parametrize("gradient", [np.array([1j, 2]), np.array(["a", "b"]), [None, 1.0]])
def test_a_gradient_that_is_no_real_number_is_refused(gradient):
    x = leaf(1.0, 2.0)
    with pytest.raises(DtypeError, match="do not fit into dtype float64"):
        (x * 2).backward(gradient)
    assert x.grad is None


def test_a_grad_that_was_set_to_a_tensor_or_another_dtype_becomes_a_plain_array_of_the_dtype_of_the_leaf():
    x = mg.tensor(np.ones(2, np.float32), requires_grad=True)
    for before in (mg.tensor([1.0, 1.0], requires_grad=True) * 1, np.ones(2), [1, 1]):
        x.grad = before
        (x * x).sum().backward()
        assert type(x.grad) is np.ndarray
        assert x.grad.dtype == np.float32
        assert x.grad.tolist() == [3, 3]


def test_a_forked_process_goes_backward_although_a_thread_here_holds_the_lock():
    with engine._adding:
        child = os.fork()
        if not child:
            signal.alarm(10)  # a deadlock is no hang
            (leaf(1.0) * 2).backward()
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


def test_a_gradient_of_the_wrong_shape_is_refused_with_both_shapes():
    x = leaf(1.0, 2.0)
    with pytest.raises(ShapeError, match=r"the gradient has shape \(3,\), but the Tensor has shape \(2,\)"):
        (x * x).backward(np.ones(3))
    assert x.grad is None


def test_a_gradient_that_would_broadcast_is_refused_too():
    x = leaf([[1.0, 2.0]])
    with pytest.raises(ShapeError, match=r"shape \(2,\).*shape \(1, 2\)"):
        (x * x).backward(np.ones(2))


def test_backward_where_nothing_requires_grad_says_so():
    with pytest.raises(GraphError, match=r"does not require grad.*requires_grad=True"):
        (mg.tensor(1.0) * 2).backward()


def failing_op(error):
    def formula(g, y, x):
        raise error

    @mg.op(x=formula)
    def fragile(x):
        return x * 1

    return fragile


def test_a_formula_that_raises_leaves_every_grad_as_it_was(tables):
    a, b, c = leaf(1.0), leaf(2.0), leaf(3.0)
    b.grad = before = np.array(7.0)
    y = a * 2 + failing_op(ZeroDivisionError("broken"))(b * c)  # a is reached before, b and c after
    with pytest.raises(ZeroDivisionError):
        y.backward()
    assert a.grad is None
    assert b.grad is before
    assert before == 7
    assert c.grad is None


def test_a_formula_that_raises_is_named_with_the_line_of_its_forward(tables):
    x = leaf(1.0, 2.0)
    y = failing_op(ZeroDivisionError("broken"))(x)
    with pytest.raises(ZeroDivisionError, match="broken") as error:
        y.sum().backward()
    (note,) = error.value.__notes__
    assert note.startswith("in the gradient of operand 0 of fragile, made at test_backward.py:")
    assert 'y = failing_op(ZeroDivisionError("broken"))(x)' in note


def test_backward_works_again_after_one_that_raised(tables):
    x = leaf(2.0)
    flaky = {"fail": True}

    def formula(g, y, x):
        if flaky["fail"]:
            raise ZeroDivisionError
        return 2 * g * x

    @mg.op(x=formula)
    def square_of(x):
        return x * x

    y = square_of(x) + x
    with pytest.raises(ZeroDivisionError):
        y.backward()
    flaky["fail"] = False
    y.backward()
    assert x.grad == 5


def test_a_formula_that_returns_the_wrong_shape_is_named_with_both_shapes(tables):
    @mg.op(x=lambda g, y, x: np.ones(4))
    def crooked(x):
        return x * 1

    with pytest.raises(ShapeError, match=r"the formula returns shape \(4,\) for an operand of shape \(2,\)") as error:
        crooked(leaf(1.0, 2.0)).sum().backward()
    assert "operand 0 of crooked" in error.value.__notes__[0]


def test_formulas_run_only_for_operands_that_require_grad(tables):
    called = []

    def formula_of(name):
        return lambda g, y, a, b: called.append(name) or g

    @mg.op(a=formula_of("a"), b=formula_of("b"))
    def chosen(a, b):
        return a + b

    chosen(leaf(1.0), mg.tensor(2.0)).backward()
    assert called == ["a"]


def test_a_leaf_used_a_hundred_thousand_times_adds_every_use():
    x, total = leaf(1.0), mg.tensor(0.0)
    for _ in range(100_000):
        total = total + x
    total.backward()
    assert x.grad == 100_000


def test_fifty_doublings_have_two_to_the_fifty_paths_and_take_no_time(tables):
    visits = []

    @mg.op(a=lambda g, y, a, b: visits.append(0) or g, b=lambda g, y, a, b: g)
    def plus(a, b):
        return a + b

    x = y = leaf(1.0)
    for _ in range(50):
        y = plus(y, y)
    y.backward()
    assert x.grad == 2.0**50
    assert len(visits) == 50


def test_backward_warns_of_nothing_and_leaves_the_error_state_as_it_was():
    x = leaf(0.0, 1.0)
    with np.errstate(all="raise"):
        y = np.sqrt(x).sum()
        y.backward()
        assert np.geterr()["divide"] == "raise"
    np.testing.assert_array_equal(x.grad, [np.inf, 0.5])


def test_what_a_where_masks_out_of_a_singular_op_adds_zero():
    x = leaf(-1.0, 0.0, 4.0)
    with np.errstate(invalid="ignore"):
        y = np.where(np.greater(x, 0), np.sqrt(x), x)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [1.0, 1.0, 0.25])


def test_where_a_gradient_does_arrive_a_singular_op_stays_infinite():
    x = leaf(0.0, 4.0)
    np.sqrt(x).backward(np.array([2.0, 0.0]))
    np.testing.assert_array_equal(x.grad, [np.inf, 0.0])


def test_leaves_that_were_sent_the_same_array_do_not_share_it():
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (a + b).sum().backward()
    assert not np.shares_memory(a.grad, b.grad)
    assert a.grad.flags.writeable
    assert b.grad.flags.writeable


def test_a_gradient_that_a_hook_kept_or_the_caller_passed_is_copied():
    w, kept, given = leaf(1.0, 2.0), [], np.ones(2)
    w.register_hook(kept.append)
    (w * 2.0).backward(given)
    assert not np.shares_memory(w.grad, kept[0])
    w.grad = None
    w.backward(given)
    assert not np.shares_memory(w.grad, given)


def test_ctrl_c_within_a_formula_leaves_every_grad_as_it_was(tables):
    def stopped(g, y, x):
        raise KeyboardInterrupt

    @mg.op(x=stopped)
    def slow(x):
        return x * 1

    a, b = leaf(1.0), leaf(2.0)
    b.grad = np.array(7.0)
    with pytest.raises(KeyboardInterrupt):
        (slow(a * b) + b).backward()
    assert a.grad is None
    assert b.grad == 7
