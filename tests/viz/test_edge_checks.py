import numpy as np
import pytest

import minigrad as mg
from minigrad.engine import Op
from minigrad.gradcheck.local import LocalCheck
from minigrad.viz.edge_checks import check_edge


def test_a_right_formula_agrees_within_its_tolerance():
    x = mg.tensor(np.linspace(-1, 1, 6).reshape(2, 3), requires_grad=True)
    check = check_edge(mg.sin(x), 0, np.full((2, 3), 2.0))
    assert check.right is True
    assert check.where == "at [0, 2]"  # where the derivative is largest
    assert abs(check.numeric - 2 * np.cos(-0.2)) <= check.tol < 1e-9 or check.numeric == pytest.approx(
        2 * np.cos(0.2), abs=1e-9
    )


def test_a_wrong_formula_differs():
    nearly_cubed = Op(lambda x: x * x * x, [lambda g, y, x: g * 2.9 * x**2])
    for x in (np.array(1.3), np.linspace(0.5, 2, 100)):
        x = mg.tensor(x, requires_grad=True)
        check = check_edge(nearly_cubed(x), 0, np.ones(x.shape))
        assert check.right is False
        assert abs(check.analytic - check.numeric) > 0.01 * abs(check.numeric)


def test_one_wrong_element_among_right_ones_is_the_one_that_is_shown():
    def slope(g, y, x):
        return g * np.where(x == 1.5, 1.01, 1.0) * np.cos(x)

    op = Op(lambda x: np.sin(x), [slope])
    check = check_edge(op(mg.tensor([0.5, 1.0, 1.5, 0.1], requires_grad=True)), 0, np.ones(4))
    assert check.right is False
    assert check.where == "at [2]"


def test_what_the_whole_checker_does_not_accuse_is_left_open(monkeypatch):
    monkeypatch.setattr(LocalCheck, "fault", lambda self, gradients: None)
    op = Op(lambda x: np.sin(x), [lambda g, y, x: g * 1.01 * np.cos(x)])
    check = check_edge(op(mg.tensor(0.5, requires_grad=True)), 0, np.ones(()))
    assert check.right is None
    assert check.reason == "too close to tell"


def test_a_formula_that_is_no_derivative_on_purpose_is_not_checked():
    op = Op(lambda x: np.round(x), [lambda g, y, x: g], surrogate=True)
    check = check_edge(op(mg.tensor(0.7, requires_grad=True)), 0, np.ones(()))
    assert check.right is None
    assert "on purpose" in check.reason


def test_a_large_operand_is_checked_along_a_random_direction():
    x = mg.tensor(np.linspace(-1, 1, 100), requires_grad=True)
    check = check_edge(mg.tanh(x), 0, np.ones(100))
    assert check.right is True
    assert check.where == "along a random direction"


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (lambda: mg.relu(mg.tensor(0.0, requires_grad=True)), "a kink"),
        (lambda: mg.log(mg.tensor(0.0, requires_grad=True)), "not finite"),
        (lambda: mg.exp(mg.tensor(np.zeros(0), requires_grad=True)), "nothing in it"),
    ],
)
def test_where_there_is_nothing_to_compare_it_says_why(made, reason):
    with np.errstate(all="ignore"):
        y = made()
    check = check_edge(y, 0, np.ones(y.shape))
    assert check.right is None
    assert reason in check.reason


def test_elements_at_a_kink_are_left_out_and_counted():
    x = mg.tensor([-1.0, 0.0, 2.0], requires_grad=True)
    check = check_edge(mg.relu(x), 0, np.ones(3))
    assert check.right is True
    assert check.reason == "1 of 3 elements at a kink are left out"


def test_an_array_of_float32_is_checked_in_float64():
    x = mg.tensor(np.linspace(-1, 1, 5, dtype=np.float32), requires_grad=True)
    check = check_edge(mg.tanh(x), 0, np.ones(5, np.float32))
    assert check.right is True
    assert check.tol < 1e-9
