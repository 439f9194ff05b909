"""The same numbers in every memory layout: how they are laid out, and which formulas are found to care."""

import numpy as np
import pytest

from minigrad.engine import Op
from minigrad.gradcheck import Verdict
from minigrad.gradcheck.arguments import tensors_in
from minigrad.gradcheck.layouts import backwards, check_layouts, stretched, strided, transposed
from minigrad.gradcheck.problem import Operand, Problem

X = np.arange(6.0).reshape(2, 3) + 1


@pytest.mark.parametrize("x", [X, X[0], X[:, :1], np.array(2.0), np.zeros((0, 3))], ids=lambda x: str(x.shape))
def test_a_layout_changes_no_number(x):
    for layout in (transposed, strided, backwards):
        assert layout(x).shape == x.shape
        assert np.array_equal(layout(x), x)


def test_the_layouts_are_what_they_are_called():
    assert transposed(X).strides == (8, 16)
    assert strided(X).strides == (48, 16)
    assert backwards(X).strides == (-24, -8)
    assert stretched(X).strides == (0, 0)
    assert np.array_equal(stretched(X), np.ones((2, 3)))
    assert strided(np.array(2.0)).base is not None
    assert stretched(np.zeros((0, 3))).shape == (0, 3)


def checked(slope, forward=lambda x: x * x, x=X):
    problem = Problem(lambda leaves: tensors_in(Op(forward, [slope])(*leaves)), [Operand("x", x)])
    y = problem.evaluate(problem.x).outputs
    return check_layouts(problem, np.linspace(0.5, 2, len(y)))


def test_a_right_formula_does_not_care():
    assert checked(lambda g, y, x: 2 * x * g) == []
    assert checked(lambda g, y, x: g * np.ones_like(x), forward=lambda x: x.sum()) == []


@pytest.mark.parametrize(
    ("slope", "layouts"),
    {
        "reads numbers in memory order": (lambda g, y, x: 2 * x * g + (x - x.ravel("K").reshape(2, 3)), "transposed"),
        "looks at strides": (lambda g, y, x: 2 * x * g * (1 + (x.strides[1] == 16)), "transposed strided"),
        "looks at the sign of strides": (lambda g, y, x: 2 * x * g * (1 + (g.strides[0] < 0)), "backwards"),
        "looks at what arrives": (lambda g, y, x: 2 * x * g * (1 + (g.strides == (0, 0))), "stretched"),
    }.values(),
)
def test_a_formula_that_cares_is_found_in_the_layouts_that_it_cares_for(slope, layouts):
    found = checked(slope)
    assert [f.note for f in found] == [f"it changes when the arrays are {each} in memory" for each in layouts.split()]
    assert {(f.verdict, f.operand) for f in found} == {(Verdict.WRONG, "x")}


def test_a_forward_that_cares_changes_the_value():
    found = checked(lambda g, y, x: g * 0 + 1, forward=lambda x: x + (x.strides[0] < 0))
    assert [(f.operand, f.note) for f in found] == [("the value", "it changes when the arrays are backwards in memory")]


def test_a_difference_of_rounding_is_none():
    assert checked(lambda g, y, x: 2 * x * g * (1 + 1e-12 * (x.strides[0] < 0))) == []
    assert len(checked(lambda g, y, x: 2 * x * g * (1 + 1e-9 * (x.strides[0] < 0)))) == 1


def test_what_is_not_a_number_everywhere_is_no_difference():
    assert checked(lambda g, y, x: np.where(x > 3, np.nan, 2 * x * g)) == []


def test_a_formula_that_writes_into_what_arrives_is_refused():
    def slope(g, y, x):
        g *= 2 * x
        return g

    (found,) = checked(slope)
    assert found.operand == "x"
    assert found.note.startswith("with read-only arrays the backward pass raises ")
    assert "read-only" in found.note.removeprefix("with read-only")


def test_a_difference_is_measured_by_the_largest_of_its_array():
    tiny = lambda error: lambda g, y, x: 1e-12 * (2 * x * g * (1 + error * (x.strides[0] < 0)))
    assert len(checked(tiny(1e-6), forward=lambda x: 1e-12 * x * x)) == 1
    assert checked(tiny(1e-12), forward=lambda x: 1e-12 * x * x) == []
