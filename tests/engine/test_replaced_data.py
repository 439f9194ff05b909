"""Data that changes: a graph that used the old data is stale, and nothing is changed in place on the tape."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import DtypeError, GraphError, ShapeError, UnsupportedError
from tests.engine.tools import leaf

# stale graphs


def test_replaced_data_makes_the_graph_stale_and_both_lines_are_named():
    w = leaf(2.0, name="w")
    y = w * w  # the line that used it
    w.data = np.array(3.0)  # the line that replaced it
    with pytest.raises(GraphError) as error:
        y.backward()
    first, used, replaced = str(error.value).splitlines()
    assert first == (
        "the data of w was replaced after multiply had used it, so this graph is stale: "
        "compute the output again before going backward"
    )
    assert used.startswith("  used at     test_replaced_data.py:")
    assert used.endswith("y = w * w  # the line that used it")
    assert replaced.startswith("  replaced at test_replaced_data.py:")
    assert replaced.endswith("w.data = np.array(3.0)  # the line that replaced it")
    assert w.grad is None


def test_a_tensor_without_a_name_goes_stale_too():
    w = leaf(2.0)
    y = w * w
    w.data = np.array(3.0)
    with pytest.raises(GraphError, match="the data of a Tensor was replaced after multiply"):
        y.backward()


def test_replaced_data_of_a_constant_operand_is_noticed():
    w, x = leaf(2.0), mg.tensor(3.0)
    y = w * x
    x.data = np.array(4.0)
    with pytest.raises(GraphError, match="stale"):
        y.backward()


def test_replaced_data_of_a_result_in_the_middle_is_noticed():
    x = leaf(2.0)
    h = np.exp(x)
    y = h * 1.0
    h.data = np.array(1.0)
    with pytest.raises(GraphError, match="stale"):
        y.backward()


def test_replaced_data_of_the_output_itself_is_noticed():
    x = leaf(2.0)
    y = np.exp(x)
    y.data = np.array(1.0)
    with pytest.raises(GraphError, match="the data of a Tensor was replaced after exp"):
        y.backward()


def test_a_stale_part_that_backward_does_not_visit_is_no_error():
    x, w = leaf(2.0), leaf(3.0)
    used, unused = x * 2, w * w
    w.data = np.array(1.0)
    used.backward()
    assert x.grad == 2
    with pytest.raises(GraphError, match="stale"):
        unused.backward()


def test_data_replaced_before_the_forward_is_no_error():
    w = leaf(2.0)
    w.data = np.array(3.0)
    (w * w).backward()
    assert w.grad == 6


def test_a_stale_graph_leaves_every_grad_as_it_was():
    a, w = leaf(1.0), leaf(2.0)
    y = w * w + a * 2
    w.data = np.array(3.0)
    with pytest.raises(GraphError):
        y.backward()
    assert a.grad is None


def test_data_keeps_its_shape():
    w = leaf(1.0, 2.0)
    with pytest.raises(ShapeError, match=r"data of shape \(2,\) cannot be replaced by data of shape \(3,\)"):
        w.data = np.ones(3)


def test_data_keeps_its_dtype():
    w = mg.tensor(np.ones(2, np.float32), requires_grad=True)
    w.data = np.array([1.0, 2.0])
    assert w.dtype == np.float32


def test_data_that_would_be_cut_to_fit_in_is_refused():
    counts, w = mg.tensor([1, 2]), leaf([1.0, 2.0])
    for t, data in ((counts, [1.5, 2.0]), (counts, np.ones(2)), (w, [1j, 2]), (w, ["1", "2"]), (w, [None, 2])):
        with pytest.raises(DtypeError, match=r"do not fit into dtype"):
            t.data = data
    with pytest.raises(DtypeError, match=r"values of dtype float64 do not fit into dtype int64"):
        counts += 0.5
    with pytest.raises(DtypeError, match=r"values of dtype float64 do not fit into dtype int64"):
        counts[0] = 1.5
    assert counts.tolist() == [1, 2]


def test_an_array_assigned_to_data_stays_the_callers_own():
    w, array = leaf(1.0), np.array(3.0)
    w.data = array
    y = w * w
    array[...] = 100.0
    y.backward()
    assert w.grad == 6


# in place


def test_a_leaf_that_requires_grad_cannot_be_changed_in_place_on_the_tape():
    x = leaf(1.0)
    with pytest.raises(GraphError, match=r"cannot be changed in place.*with no_grad\(\)"):
        x += 1
    assert x.item() == 1


def test_under_no_grad_a_leaf_is_changed_in_place_and_stays_the_same_object():
    x = same = leaf(1.0)
    with mg.no_grad():
        x += 1
    assert x is same
    assert x.item() == 2
    assert x.requires_grad


def test_an_update_in_place_makes_the_old_graph_stale():
    x = leaf(2.0)
    y = x * x
    with mg.no_grad():
        x -= 1
    with pytest.raises(GraphError, match="stale"):
        y.backward()


def test_on_the_tape_plus_equals_makes_a_new_tensor():
    x = leaf(2.0)
    y = before = np.exp(x)
    y += 1
    assert y is not before
    y.backward()
    assert x.grad == np.exp(2.0)


@pytest.mark.parametrize(
    ("change", "value"),
    [("+=", 8.0), ("-=", 4.0), ("*=", 12.0), ("/=", 3.0), ("**=", 36.0)],
)
def test_every_operator_in_place_changes_a_constant(change, value):
    names = {"t": mg.tensor(6.0)}
    exec(f"t {change} 2", names)
    assert names["t"].item() == value


def test_a_plus_equals_of_a_view_is_seen_by_value_and_gradient_or_by_neither():
    leaf_ = leaf(1.0, 2.0)
    x = leaf_ * 1
    v = x[0:1]
    v += 5
    y = (x * x).sum()
    y.backward()
    assert y.item() == 5  # x did not change: v is a new Tensor
    np.testing.assert_array_equal(leaf_.grad, [2.0, 4.0])


def test_elements_of_a_leaf_cannot_be_assigned_on_the_tape():
    x = leaf(1.0, 2.0)
    with pytest.raises(GraphError, match="elements cannot be assigned on the tape"):
        x[0] = 5.0


def test_elements_of_a_result_cannot_be_assigned_on_the_tape():
    y = leaf(1.0, 2.0) * 2
    with pytest.raises(GraphError, match="elements cannot be assigned on the tape"):
        y[0] = 5.0


def test_a_tracked_tensor_cannot_be_assigned_into_a_constant():
    t = mg.tensor([1.0, 2.0])
    with pytest.raises(GraphError, match="elements cannot be assigned on the tape"):
        t[0] = leaf(5.0)


def test_elements_can_be_assigned_under_no_grad():
    x = leaf(1.0, 2.0)
    with mg.no_grad():
        x[0] = 5.0
    np.testing.assert_array_equal(x.data, [5.0, 2.0])


def test_assigning_elements_makes_the_graph_stale():
    w, x = leaf(1.0, 2.0), mg.tensor([3.0, 4.0])
    y = (w * x).sum()
    x[0] = 5.0
    with pytest.raises(GraphError, match="stale"):
        y.backward()


def test_adding_a_tensor_into_a_plain_array_in_place_is_refused():
    array = np.ones(2)
    with pytest.raises(UnsupportedError, match=r"y = np.add\(...\) without out=.*y = y \+ t and not y \+= t"):
        array += leaf(1.0, 2.0)


@pytest.mark.parametrize(
    "view", [lambda x: x[0], lambda x: x.T, lambda x: x.reshape(4), lambda x: x[:, ::-1], lambda x: x[None]]
)
def test_an_assignment_that_numpy_would_send_on_to_the_viewed_array_is_refused_because_it_would_be_lost(view):
    x = mg.tensor([[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(GraphError, match=r"write x\[i, j\] = value, not x\[i\]\[j\] = value"):
        view(x)[0] = 9.0
    own = np.copy(view(x))
    own[0] = 9.0
    assert np.all(own[0].data == 9)
    assert x.tolist() == [[1, 2], [3, 4]]


def test_an_element_of_a_view_can_be_changed_by_an_operator_in_place():
    x = mg.tensor([[1.0, 2.0], [3.0, 4.0]])
    x[0] += 1
    assert x.tolist() == [[2, 3], [3, 4]]


def test_elements_of_what_was_computed_afresh_can_be_assigned():
    y = mg.tensor([[1.0, 2.0]]) @ mg.tensor([[1.0], [2.0]])
    y[0] = 1.0
    z = mg.tensor([1.0, 2.0])[[1, 0]]
    z[0] = 5.0
    assert (y.tolist(), z.tolist()) == ([[1]], [5, 1])
