"""Options are checked when given, evaluated at every step, and described as they are written."""

import inspect
from dataclasses import KW_ONLY, dataclass

import numpy as np
import pytest

import minigrad as mg
from minigrad.optim import Adagrad, Adam
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
        ("step_sizes", (0, 1.0), "two numbers > 0"),
        ("step_sizes", (1.0, float("inf")), "two numbers > 0"),
        ("momentum", 1, r"in \[0, 1\)"),
        ("dampening", -0.1, r"in \[0, 1\]"),
        ("iterations", 0, "a whole number >= 1"),
        ("damping", float("inf"), "a finite number >= 0"),
        ("lr", None, "a finite number >= 0"),
        ("lr", "0.1", "a finite number >= 0"),
        ("lr", True, "a finite number >= 0"),
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


def test_the_signature_that_help_shows_has_the_options_with_their_defaults():
    expected = (
        "(params, lr=0.01, *, lr_decay=0.0, initial=0.0, eps=1e-10, eps_in_sqrt=False, "
        "maximize=False, regularizer=None, constraint=None, skip_nonfinite=False)"
    )
    shown = inspect.signature(Adagrad)
    plain = shown.replace(parameters=[p.replace(annotation=p.empty) for p in shown.parameters.values()])
    assert str(plain).replace(" -> None", "") == expected
    assert inspect.signature(Adam).parameters["lr"].default == 1e-3


@pytest.mark.parametrize("wrong", [(0.9,), (0.9, 0.99, 0.999), 0.9, None])
def test_options_of_several_numbers_need_as_many(wrong):
    with pytest.raises(ValueError, match=r"betas must be 2 numbers, as \(0.9, 0.999\), got"):
        Adam([mg.tensor(1.0, requires_grad=True)], 0.1, betas=wrong)
