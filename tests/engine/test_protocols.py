"""What NumPy asks a Tensor: functions with a rule, functions without, and conversions that would leave the tape."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import ShapeError, UnsupportedError
from tests.engine.tools import leaf


def test_a_numpy_function_is_the_op():
    x = leaf(0.5)
    assert np.tanh(x).op is mg.declare.OPS["tanh"]


def test_an_operator_is_the_numpy_function():
    a, b = leaf(1.0), leaf(2.0)
    assert (a + b).op is np.add(a, b).op is mg.add(a, b).op


@pytest.mark.parametrize("left", [np.ones(2), np.float64(3), np.float32(3), 3, 3.0, True], ids=repr)
def test_a_plain_left_operand_is_recorded_too(left):
    x = leaf(1.0, 2.0)
    y = left * x
    assert isinstance(y, mg.Tensor)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, np.ones(2) * left)


def test_an_unknown_numpy_function_names_two_ways_out():
    with pytest.raises(UnsupportedError) as error:
        np.fft.fft(leaf(1.0, 2.0))
    assert str(error.value) == (
        "np.fft.fft has no derivative rule here: write np.fft.fft(t.numpy(), ...) where no gradient is needed, "
        "or declare a rule with @mg.op(np.fft.fft, ...)"
    )


def test_an_unknown_ufunc_names_two_ways_out():
    with pytest.raises(
        UnsupportedError, match=r"np\.spacing has no derivative rule here.*@mg\.op\(np\.spacing, \.\.\.\)"
    ):
        np.spacing(leaf(1.0))


def test_an_unknown_ufunc_of_no_module_is_named_too():
    with pytest.raises(UnsupportedError, match="has no derivative rule here"):
        np.frompyfunc(abs, 1, 1)(leaf(1.0))


def test_an_unknown_function_is_refused_for_constants_too():
    with pytest.raises(UnsupportedError, match=r"np\.fft\.fft"):
        np.fft.fft(mg.tensor([1.0, 2.0]))


@pytest.mark.parametrize("method", ["reduce", "accumulate"])
def test_a_method_of_a_ufunc_is_refused_by_name(method):
    with pytest.raises(UnsupportedError, match=rf"np\.add\.{method}"):
        getattr(np.add, method)(leaf(1.0, 2.0))


def test_adding_at_an_index_is_refused():
    with pytest.raises(UnsupportedError, match=r"np\.add\.at"):
        np.add.at(np.zeros(2), [0, 0], leaf(1.0, 2.0))


@pytest.mark.parametrize("option", [{"out": (np.empty(2),)}, {"where": np.array([True, False])}, {"dtype": "float32"}])
def test_an_option_of_a_ufunc_that_no_rule_knows_is_refused_by_name(option):
    with pytest.raises(UnsupportedError, match=next(iter(option))):
        np.exp(leaf(1.0, 2.0), **option)


def test_an_option_of_a_ufunc_that_its_rule_knows_reaches_it():
    a, b = leaf([[1.0, 2.0], [3.0, 4.0]]), leaf([[1.0], [10.0]])
    assert np.vecdot(a, b, axis=0).tolist() == [31, 42]


def test_an_option_of_a_function_that_no_rule_knows_is_refused_by_name():
    with pytest.raises(UnsupportedError, match=r"sum\(\) of a Tensor takes no initial=; it takes x, axis, keepdims"):
        np.sum(leaf(1.0, 2.0), initial=3.0)


def test_an_argument_that_is_missing_is_named():
    with pytest.raises(TypeError, match="misses the argument 'x2'"):
        mg.add(x1=leaf(1.0))


@pytest.mark.parametrize("convert", [np.asarray, np.array, lambda t: np.array([t, t]), np.ascontiguousarray])
def test_a_tracked_tensor_never_becomes_an_array_in_silence(convert):
    with pytest.raises(UnsupportedError):
        convert(leaf(1.0, 2.0))


def test_the_refusal_names_the_line_to_write():
    with pytest.raises(UnsupportedError) as error:
        np.asarray(leaf(1.0))
    assert str(error.value) == (
        "this would silently take the Tensor off the tape, and its gradient with it: "
        "write t.numpy() for a plain copy, or np.f(t) with a function that has a rule"
    )


def test_a_tracked_tensor_is_not_assigned_into_an_array_in_silence():
    array = np.zeros(2)
    with pytest.raises((UnsupportedError, ValueError)):  # NumPy wraps what __array__ raises
        array[:] = leaf(1.0, 2.0)


def test_a_list_of_tracked_tensors_is_not_copied_into_a_new_tensor_in_silence():
    with pytest.raises(UnsupportedError):
        mg.tensor([leaf(1.0), leaf(2.0)])


def test_a_constant_becomes_an_array_of_its_own():
    t = mg.tensor([1.0, 2.0])
    np.asarray(t)[:] = 9
    np.testing.assert_array_equal(t.data, [1.0, 2.0])


def test_comparisons_see_through_tensors():
    x = leaf(1.0, 3.0)
    np.testing.assert_array_equal((x > 2).data, [False, True])
    np.testing.assert_array_equal(np.argmax(x), 1)


# shapes that do not fit


def test_a_shape_mismatch_names_both_shapes_the_op_and_the_line():
    a, b = leaf(np.ones((2, 3))), leaf(np.ones(4))
    with pytest.raises(ShapeError) as error:
        a + b
    first, line = str(error.value).splitlines()
    assert first.startswith("add of shapes (2, 3) and (4,): ")
    assert line.startswith("  at test_protocols.py:")
    assert line.endswith("a + b")


def test_a_shape_mismatch_of_a_matrix_product_names_both_shapes():
    with pytest.raises(ShapeError, match=r"matmul of shapes \(2, 3\) and \(2, 3\): "):
        leaf(np.ones((2, 3))) @ leaf(np.ones((2, 3)))


def test_a_shape_mismatch_with_a_plain_array_names_both_shapes_too():
    with pytest.raises(ShapeError, match=r"multiply of shapes \(2,\) and \(3,\): "):
        np.ones(2) * leaf(np.ones(3))


def test_a_shape_mismatch_is_a_value_error_to_those_who_expect_one():
    with pytest.raises(ValueError, match="shapes"):
        leaf(np.ones(2)) + leaf(np.ones(3))


def test_a_reshape_to_a_wrong_size_names_the_shape_and_the_line():
    with pytest.raises(ShapeError, match=r"(?s)reshape of shape \(2, 3\): .*size 6.*\(4,\).*at test_protocols\.py:"):
        leaf(np.ones((2, 3))).reshape(4)


def test_two_unknown_axes_in_a_reshape_are_refused():
    with pytest.raises(ShapeError, match="one unknown dimension"):
        leaf(np.ones((2, 3))).reshape(-1, -1)


def test_an_axis_out_of_range_names_the_op_and_the_line():
    with pytest.raises(IndexError, match="axis 2 is out of bounds") as error:
        leaf(np.ones((2, 3))).sum(axis=2)
    assert error.value.__notes__[0].startswith("in sum of shape (2, 3)\n  at test_protocols.py:")


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (5, "index 5 is out of bounds for axis 0 with size 2"),
        ((0, 0, 0), "too many indices"),
        ([0, 7], "index 7 is out"),
    ],
)
def test_an_index_out_of_range_is_an_index_error(index, message):
    with pytest.raises(IndexError, match=message):
        leaf(np.ones((2, 3)))[index]


def test_concatenating_shapes_that_do_not_fit_names_them():
    with pytest.raises(ShapeError, match=r"concatenate of shapes \(2, 3\) and \(2, 4\): "):
        np.concatenate([leaf(np.ones((2, 3))), leaf(np.ones((2, 4)))])


# where no derivative exists


def test_a_tracked_tensor_where_no_derivative_exists_is_refused_by_name(tables):
    @mg.op(x=lambda g, y, x, scale: g * scale)
    def scaled(x, scale):
        return x * scale

    with pytest.raises(UnsupportedError) as error:
        scaled(leaf(1.0), leaf(2.0))
    first, line = str(error.value).splitlines()
    assert first == (
        "scaled has no derivative with respect to its 'scale', which requires grad here: "
        "pass scale.detach() if none is wanted"
    )
    assert line.startswith("  at test_protocols.py:")
    assert line.endswith("scaled(leaf(1.0), leaf(2.0))")


def test_a_constant_tensor_may_stand_where_no_derivative_exists(tables):
    @mg.op(x=lambda g, y, x, scale: g * scale)
    def scaled(x, scale):
        return x * scale

    x = leaf(1.0)
    scaled(x, mg.tensor(2.0)).backward()
    assert x.grad == 2


def test_a_tracked_tensor_may_stand_where_no_derivative_exists_when_nothing_is_recorded(tables):
    @mg.op(x=lambda g, y, x, scale: g * scale)
    def scaled(x, scale):
        return x * scale

    with mg.no_grad():
        assert scaled(leaf(1.0), leaf(2.0)).item() == 2
