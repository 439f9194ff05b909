import time

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import UnsupportedError
from minigrad.viz.expression import assignments, computed

VALUES = {"x": 2.0, "w": [[1.0, -1.0], [0.5, 2.0]]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x", 2.0),
        ("-x + 3 * x - x / 4", 3.5),
        ("x ** 3", 8.0),
        ("+x", 2.0),
        ("tanh(x) * sigmoid(x)", np.tanh(2) / (1 + np.exp(-2))),
        ("sum(w @ w, axis=1)", [-2.5, 5.0]),
        ("sum(relu(w))", 3.5),
        ("x * (2 + 3)", 10.0),
    ],
)
def test_what_is_written_is_computed(text, expected):
    np.testing.assert_allclose(computed(text, VALUES).data, expected)


def test_its_gradient_is_taken_as_usual():
    y = computed("tanh(w*x + b)", {"w": -3, "x": 2, "b": 6.88})
    y.backward()
    w = next(t for t in y.args[0].args[0].args if t.name == "w")
    np.testing.assert_allclose(w.grad, 2 * (1 - np.tanh(0.88) ** 2))


def test_every_part_knows_where_it_is_written():
    y = computed("tanh(x * 3 + 1)", {"x": 2})
    places = [row.split("  ")[-1] for row in mg.draw(y).text.splitlines()[2:]]
    assert places == ["x * 3", "x * 3 + 1", "tanh(x * 3 + 1)"]


@pytest.mark.parametrize(
    "text",
    [
        "x.data",
        "x.__class__",
        "x[0]",
        "__import__('os')",
        "(lambda: x)()",
        "[x for x in [1]]",
        "x if x else x",
        "'text' * x",
        "x < 1",
        "x and x",
        "(y := x)",
        "tanh(*x)",
        "f'{x}'",
        "x // 2",
        "x % 2",
        "mg.tanh(x)",
        "True * x",
        "1j * x",
        "tanh(x)(x)",
        "sum(x, **x)",
        "eval(x)",
        "print(x)",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises((UnsupportedError, ValueError)):
        computed(text, VALUES)


@pytest.mark.parametrize("text", ["", "x +", "x; x", "x = 1", "\0", "(" * 500, "-" * 1900 + "x", "x" * 3000])
def test_what_cannot_be_read_is_an_error_of_value(text):
    with pytest.raises(ValueError):
        computed(text, VALUES)


def test_a_tower_of_powers_is_infinite_at_once():
    start = time.perf_counter()
    assert computed("x * 9 ** 9 ** 9 ** 9", VALUES).item() == np.inf
    assert time.perf_counter() - start < 1


def test_a_variable_without_a_value_is_named():
    with pytest.raises(ValueError, match="--set y=1"):
        computed("x * y", VALUES)


def test_an_expression_without_variables_is_refused():
    with pytest.raises(ValueError, match="no variable"):
        computed("1 + 1", {})


def test_lists_and_numbers_are_assigned():
    assert assignments("w=-3,x=2 , b=6.88") == {"w": -3, "x": 2, "b": 6.88}
    assert assignments("x=[1, 2],w=[[1,2],[3,4]],b=1e-3") == {"x": [1, 2], "w": [[1, 2], [3, 4]], "b": 1e-3}
    assert assignments("") == {}


@pytest.mark.parametrize("text", ["w", "w=", "=3", "w=x", "w=[1,[2]]", "w=__import__('os')", 'w="a"', "1=2", "w={}"])
def test_an_assignment_that_sets_no_number_is_an_error(text):
    with pytest.raises(ValueError):
        assignments(text)
