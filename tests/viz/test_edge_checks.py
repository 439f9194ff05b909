import numpy as np
import pytest

import minigrad as mg
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
    @mg.op(x=lambda g, y, x: g * 2.9 * x**2, samples=[mg.samples.real(2)])
    def nearly_cubed(x):
        """y = x**3."""
        return x * x * x

    for x in (np.array(1.3), np.linspace(0.5, 2, 100)):
        x = mg.tensor(x, requires_grad=True)
        check = check_edge(nearly_cubed(x), 0, np.ones(x.shape))
        assert check.right is False
        assert abs(check.analytic - check.numeric) > 0.01 * abs(check.numeric)
    del mg.declare.OPS["nearly_cubed"]


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
