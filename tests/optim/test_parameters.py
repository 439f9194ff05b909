"""Parameters with names, and arrays that are checked and replaced."""

import numpy as np
import pytest

from minigrad.optim.parameters import is_finite, is_moderate, named_tensors, non_finite, replace_data
from tests.optim.tools import leaf


def test_a_name_in_a_pair_comes_before_the_tensors_own():
    w = leaf(1.0, name="w")
    assert named_tensors([("layer.weight", w)])[0][0] == "layer.weight"
    assert named_tensors([w])[0][0] == "w"
    assert named_tensors(w)[0][0] == "w"


@pytest.mark.parametrize("params", [{"w": 1}, [("w", 1.0)], "w", 3])
def test_what_holds_no_tensors_is_a_type_error(params):
    with pytest.raises(TypeError):
        named_tensors(params)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_finite_and_moderate_arrays(dtype):
    huge = np.full(3, np.finfo(dtype).max / 2, dtype=dtype)
    cases = {
        "ordinary": (np.ones((2, 3), dtype), True, True),
        "empty": (np.zeros((0, 3), dtype), True, True),
        "single": (np.array(2.0, dtype), True, True),
        "huge": (huge, True, False),
        "opposite infinities": (np.array([np.inf, -np.inf], dtype), False, False),
        "nan": (np.array([1.0, np.nan], dtype), False, False),
    }
    for name, (x, finite, moderate) in cases.items():
        with np.errstate(all="ignore"):
            assert (is_finite(x), is_moderate(x)) == (finite, moderate), name


def test_the_error_says_how_many_are_not_finite_and_where_the_first_is():
    error = non_finite("w", np.array([[1.0, np.nan], [np.inf, 2.0]]), "nothing was done")
    assert str(error) == "w is not finite: 2 of 4 elements, the first at index (0, 1) is nan; nothing was done"
    assert "1 of 1 elements, the first is inf" in str(non_finite("w", np.array(np.inf), ""))


def test_an_array_that_nobody_holds_comes_back_to_be_written_to_and_no_other():
    w = leaf(np.zeros(3))
    assert replace_data(w, np.ones(3)) is not None
    kept = w.data
    assert replace_data(w, np.ones(3)) is None
    view = w.data[1:]
    assert replace_data(w, np.ones(3)) is None
    assert view.tolist() == [1, 1]
    rows = np.ones((4, 3))
    replace_data(w, rows[1])
    assert replace_data(w, np.zeros(3)) is None
    assert kept.tolist() == [1, 1, 1]
