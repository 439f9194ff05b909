"""Every clause of the contract between an op and the engine: what breaks it is named, and what keeps it is not."""

import numpy as np
import pytest

from minigrad.declare import OPS
from minigrad.engine import Op
from minigrad.gradcheck import Verdict
from minigrad.gradcheck.contract import check_contract, flattened, name_of
from minigrad.gradcheck.diagnosis.black_box import black_box
from minigrad.gradcheck.sweep import problem_of
from minigrad.samples import Drawn

A, B = np.array([[0.5, -2.0], [1.5, 3.0]]), np.array([[2.0, 0.25], [-1.0, 4.0]])


def found(op, *args, **kwargs) -> list[tuple[str, str]]:
    """What is broken: of which operand, and the words."""
    findings = check_contract(op, Drawn(args, kwargs), np.random.default_rng(0))
    assert {f.verdict for f in findings} <= {Verdict.WRONG, Verdict.NONDETERMINISTIC}
    return [(f.operand, f.note) for f in findings]


def product(*slopes) -> Op:
    return Op(lambda x, z: x * z, slopes)


RIGHT = (lambda g, y, x, z: g * z, lambda g, y, x, z: g * x)


def test_a_right_op_breaks_nothing():
    assert found(product(*RIGHT), A, B) == []
    assert found(product(*RIGHT), A, B[:1]) == []
    assert found(OPS["concatenate"], [A, B], 0) == []
    assert found(OPS["stack"], [A, B], axis=-1) == []
    assert found(OPS["matmul"], A, B) == []
    half = np.array([np.nan, 1], np.float32)
    assert found(black_box(lambda x: x * half, lambda g, y, x: g * half), A[0]) == []


def test_the_arguments_of_a_list_are_its_parts():
    stack = OPS["stack"]
    operands, options = flattened(stack, Drawn(([A, B], 1), {}))
    assert (operands[0] is A, operands[1] is B, options) == (True, True, {"axis": 1})
    assert flattened(stack, Drawn(([A, B],), {"axis": 2}))[1]["axis"] == 2
    operands, options = flattened(OPS["sum"], Drawn((A,), {"axis": 0}))
    assert operands[0] is A
    assert (name_of(stack, 1), name_of(OPS["multiply"], 1), name_of(len, 1)) == ("operand 1", "x2", "operand 1")


def test_a_forward_with_two_answers_and_one_that_writes():
    calls = iter(range(100))
    drawn = found(Op(lambda x: x + 0 * x + next(calls), [lambda g, y, x: g]), A)
    assert ("", "the forward answers differently when asked twice") in drawn
    writing = Op(lambda x: np.multiply(x, 2, out=x), [lambda g, y, x: 2 * g])
    assert ("", "the forward changes its operands in place") in found(writing, A.copy())


def test_a_formula_that_raises_at_once_or_later():
    def late(g, y, x):
        if not g.any():
            raise KeyError("nothing")
        return g

    assert found(Op(lambda x: +x, [lambda g, y, x: 1 / 0 * g]), A) == [
        ("x", "its formula raises ZeroDivisionError: division by zero")
    ]
    assert found(Op(lambda x: x * 1, [late]), A) == [("x", "its formula raises KeyError: 'nothing'")]


@pytest.mark.parametrize(
    ("slope", "said"),
    {
        "writes into what arrives": (lambda g, y, x: np.multiply(g, 2, out=g), "the backward writes into what was"),
        "writes into its result": (lambda g, y, x: 2 * g + np.multiply(y, 0, out=y), "the backward writes into what"),
        "a shape": (lambda g, y, x: np.sum(2 * g), "the gradient has shape (), but x has (2, 2)"),
        "integers": (lambda g, y, x: np.full(x.shape, 2), "the gradient is int64, but x is float64"),
        "a constant": (lambda g, y, x: 2 * g + 1e-6, "where a gradient of 0 arrives it returns something else than 0"),
        "a square": (lambda g, y, x: 2 * g * abs(g), "the backward is not linear in the gradient that arrives"),
        "a sign": (lambda g, y, x: 2 * abs(g), "the backward is not linear in the gradient that arrives"),
        "a norm": (lambda g, y, x: g * (g > 0) * 2, "the backward is not linear in the gradient that arrives"),
        "chance": (lambda g, y, x: g * np.random.default_rng().random(), "the backward answers differently when asked"),
        "its operand": (lambda g, y, x: x if g.any() else g, "the gradient shares memory with an operand or the resul"),
        "its result": (lambda g, y, x: y if g.any() else g, "the gradient shares memory with an operand or the resul"),
    }.values(),
)
def test_a_clause_that_one_formula_breaks(slope, said):
    notes = [note for operand, note in found(black_box(lambda x: 2 * x, slope), A.copy())]
    assert any(note.startswith(said) for note in notes), notes


def test_a_difference_of_rounding_breaks_nothing():
    assert found(black_box(lambda x: 2 * x, lambda g, y, x: 2 * g + 1e-12 * g**2), A) == []
    assert found(black_box(lambda x: 2 * x, lambda g, y, x: 2 * g + 1e-7 * g**2), A) != []


def test_two_operands_that_are_one_tensor():
    once = product(lambda g, y, x, z: g * z * (1 if x is z else 2), lambda g, y, x, z: g * x)
    assert found(once, A, B) == [("x", "one Tensor as operands 0 and 1 does not get the sum of both gradients")]
    second = product(lambda g, y, x, z: g * z, lambda g, y, x, z: g * x * (1 if x is z else 1.001))
    assert len(found(second, A, B)) == 1
    assert found(second, A, B[0]) == []  # of two shapes they cannot be one


def test_operands_that_are_python_numbers_or_integers():
    number = product(lambda g, y, x, z: g * z * (2 if np.ndim(z) == 0 else 1), RIGHT[1])
    assert found(number, A, B) == []  # a number is an array of no axes either way
    floating = product(lambda g, y, x, z: g * z * (1 if isinstance(z, (np.floating, np.ndarray)) else 2), RIGHT[1])
    assert found(floating, A, B) == [("x", "its gradient changes when operand 1 is a Python number")]
    integer = product(RIGHT[0], lambda g, y, x, z: g * x * (1 if np.asarray(x).dtype.kind == "f" else 2))
    assert found(integer, A, B) == [("z", "its gradient changes when operand 0 is an integer array")]


def test_operands_without_a_formula_are_left_alone():
    op = Op(lambda x, z: x * z, [RIGHT[0], None])
    assert found(op, A, B) == []
    assert found(OPS["getitem"], A, np.array([0, 1])) == []


def test_float32_stays_float32():
    wide = black_box(lambda x: 2 * x, lambda g, y, x: (2 * g).astype(float))
    assert found(wide, A) == [("x", "the gradient of a float32 operand is float64: keep its dtype")]
    narrow = black_box(lambda x, z: x * z, lambda g, y, x, z: (g * z, (g * x).astype(np.float64)))
    assert found(narrow, A, B) == [("z", "the gradient of a float32 operand is float64: keep its dtype")]


def test_arguments_of_an_op_of_any_number_that_come_one_by_one_stay_so():
    op = black_box(lambda *xs: xs[0] * xs[1], lambda g, y, *xs: (g * xs[1], g * xs[0]))
    operands, options = flattened(op, Drawn((A, B), {}))
    assert (operands[0] is A, operands[1] is B, options) == (True, True, {})


def test_an_op_that_refuses_numbers_of_another_kind_breaks_nothing():
    def choosy(x, z):
        if not np.asarray(z).dtype.kind == np.asarray(x).dtype.kind == "f" or np.ndim(z) == 0:
            raise TypeError("floating arrays only")
        return x * z

    def takes_python_numbers(x, z):
        if type(z) is np.float64:
            raise TypeError("arrays and Python numbers only")
        return x * z

    assert found(Op(choosy, list(RIGHT)), A, B) == []
    assert found(Op(takes_python_numbers, list(RIGHT)), A, B) == []


def test_a_gradient_that_is_no_number_is_the_same_as_another_one():
    with np.errstate(all="ignore"):
        assert found(OPS["power"], A, B) == []


def test_only_operands_with_a_formula_are_operands():
    op = Op(lambda x, z: x * z, [RIGHT[0], None])
    assert [operand.name for operand in problem_of(op, Drawn((A, B), {})).operands] == ["x"]


def test_where_a_gradient_is_infinite_the_rest_is_looked_at_all_the_same():
    x = np.array([0.0, 4.0])
    squared = Op(lambda x: np.sqrt(x), [lambda g, y, x: np.where(y > 0, g * g, g) / (2 * y)])
    assert found(squared, x) == [("x", "the backward is not linear in the gradient that arrives")]
    right = Op(lambda x: np.sqrt(x), [lambda g, y, x: g / (2 * y)])
    assert found(right, x) == []


def test_a_floating_operand_without_a_formula_is_not_asked_for_its_gradient():
    op = Op(lambda x, t: x * t, [lambda g, y, x, t: g * t, None])
    assert found(op, A, B) == []


def test_a_forward_that_warns_is_no_reason_to_warn(recwarn):
    assert found(Op(lambda x: 1 / x, [lambda g, y, x: -g * y * y]), np.array([0.0, 2.0])) == []
    assert not recwarn.list
