"""Options are checked when given, evaluated at every step, and described as they are written."""

from dataclasses import KW_ONLY, dataclass

import numpy as np
import pytest

import minigrad as mg
from minigrad.optim import Adam
from minigrad.optim.hyperparameters import Described, all_at, check, check_count, check_positive


def test_an_option_without_a_range_is_taken_as_it_is():
    assert check("nesterov", True) is True
    assert check("line_search_fn", None) is None


def test_a_list_becomes_a_tuple_and_numpys_numbers_are_numbers():
    assert check("betas", [0.9, 0.99]) == (0.9, 0.99)
    assert check("lr", np.float32(0.5)) == 0.5
    check_count("steps", np.int64(3))
    check_positive("rate", np.float32(0.5))


@pytest.mark.parametrize(
    ("name", "value", "range_of"),
    [
        ("dampening", 1.5, r"in \[0, 1\]"),
        ("max_iter", 0, "a whole number >= 1"),
        ("max_iter", 1.5, "a whole number >= 1"),
        ("etas", (0.5, -1.0), "two numbers > 0"),
        ("damping", float("inf"), "a finite number >= 0"),
        ("lr", None, "a finite number >= 0"),
    ],
)
def test_a_number_outside_its_range_is_an_error_that_names_both(name, value, range_of):
    with pytest.raises(ValueError, match=f"{name} must be {range_of}, got"):
        check(name, value)


def test_all_options_at_a_step_are_numbers():
    h = all_at({"lr": lambda step: 0.1 * step, "betas": (0.9, lambda step: 0.5), "nesterov": False}, 2)
    assert (h.lr, h.betas, h.nesterov) == (0.2, (0.9, 0.5), False)


def test_the_repr_leaves_out_what_is_as_usual_and_names_what_could_be_left_out():
    @dataclass(repr=False)
    class Shape(Described):
        width: float
        height: float = 1.0
        _: KW_ONLY
        colour: str = "red"

    assert repr(Shape(2.0)) == "Shape(2.0)"
    assert repr(Shape(2.0, 3.0, colour="blue")) == "Shape(2.0, height=3.0, colour='blue')"


@pytest.mark.parametrize("wrong", [(0.9,), (0.9, 0.99, 0.999), 0.9, None])
def test_options_of_several_numbers_need_as_many(wrong):
    with pytest.raises(ValueError, match=r"betas must be 2 numbers, as \(0.9, 0.999\), got"):
        Adam([mg.tensor(1.0, requires_grad=True)], 0.1, betas=wrong)
