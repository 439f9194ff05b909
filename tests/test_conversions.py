"""What Python asks of an array: numbers, truth, length, text, pickles."""

import copy
import pickle

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import GraphError


@pytest.mark.parametrize("convert", [float, int, bool], ids=lambda f: f.__name__)
def test_one_element_becomes_a_python_number(convert):
    assert convert(mg.tensor([[2.0]])) == convert(2.0)


def test_item_is_a_python_number():
    assert type(mg.tensor([2.0]).item()) is float


@pytest.mark.parametrize("convert", [float, int])
def test_two_elements_are_no_number(convert):
    with pytest.raises(TypeError, match=r"only a Tensor of one element.*shape \(2,\)"):
        convert(mg.tensor([1.0, 2.0]))


def test_the_truth_of_several_elements_is_ambiguous_and_the_ways_out_are_named():
    with pytest.raises(ValueError, match=r"shape \(3,\) is ambiguous: write t\.any\(\), t\.all\(\) or mg\.where"):
        bool(mg.tensor([1.0, 2.0, 3.0]) > 0)


def test_a_float_tensor_is_no_index():
    with pytest.raises(TypeError, match="float64"):
        range(mg.tensor(3.0))


def test_an_integer_tensor_is_an_index():
    assert [10, 20, 30][mg.tensor(1)] == 20


def test_length_is_the_first_axis():
    assert len(mg.tensor(np.ones((3, 2)))) == 3


@pytest.mark.parametrize("ask", [len, iter, list], ids=lambda f: f.__name__)
def test_a_tensor_without_axes_has_no_length_and_no_elements(ask):
    with pytest.raises(TypeError, match="0-d Tensor"):
        ask(mg.tensor(1.0))


def test_iterating_gives_rows_on_the_tape():
    x = mg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    first, second = x
    (first * second).sum().backward()
    np.testing.assert_array_equal(x.grad, [[3.0, 4.0], [1.0, 2.0]])


def test_membership_compares_elements():
    assert 2.0 in mg.tensor([1.0, 2.0])
    assert 5.0 not in mg.tensor([1.0, 2.0])


def test_tensors_are_told_apart_by_identity_in_sets_and_dicts():
    a, b = mg.tensor(1.0), mg.tensor(1.0)
    assert len({a, b}) == 2
    assert {a: "a", b: "b"}[b] == "b"


def test_the_text_of_a_leaf_builds_it_again():
    x = mg.tensor([1.0, 2.5], requires_grad=True)
    assert repr(x) == "tensor([1. , 2.5], requires_grad=True)"


def test_the_text_of_a_result_names_its_op():
    assert "op=exp" in repr(np.exp(mg.tensor([1.0], requires_grad=True)))


def test_the_text_names_a_dtype_that_is_not_the_default():
    assert repr(mg.tensor(np.float32([1]))) == "tensor([1.], dtype=float32)"


def test_a_format_specification_formats_the_single_element():
    assert f"{mg.tensor(1.23456):.2f}" == "1.23"


def test_a_leaf_survives_pickling_with_its_gradient():
    w = mg.tensor([1.0, 2.0], requires_grad=True, name="w")
    w.grad = np.array([3.0, 4.0])
    again = pickle.loads(pickle.dumps(w))
    np.testing.assert_array_equal(again.data, w.data)
    np.testing.assert_array_equal(again.grad, w.grad)
    assert again.requires_grad
    assert again.name == "w"


def test_a_result_is_not_pickled_with_its_graph():
    y = mg.tensor([1.0], requires_grad=True) * 2
    with pytest.raises(GraphError, match=r"t\.detach\(\)"):
        pickle.dumps(y)


def test_a_leaf_that_is_copied_twice_in_one_structure_stays_one():
    w = mg.tensor([1.0], requires_grad=True)
    first, second = copy.deepcopy([w, w])
    assert first is second
    assert first is not w


def test_an_empty_list_as_index_picks_nothing():
    assert mg.tensor([1.0, 2.0])[[]].shape == (0,)
