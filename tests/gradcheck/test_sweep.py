"""What the sweep over the op table finds out beyond a plain gradient check."""

import numpy as np
import pytest

from minigrad.declare import OPS
from minigrad.engine import Op
from minigrad.gradcheck import Verdict, check_op, sweep
from minigrad.samples import call, nonzero, real


def declared(forward, formula, *samples, **facts) -> Op:
    """An op of one operand that is in no table."""
    op = Op(forward, [formula], **facts)
    op.samples = [sample if not hasattr(sample, "drawn") else call(sample) for sample in samples]
    return op


def scaled_in_place(g, y, x):
    return np.multiply(g, 2, out=g) if isinstance(g, np.ndarray) else 2 * g


def operand_overwritten(g, y, x):
    if isinstance(x, np.ndarray):
        x *= 2
    return 2 * g


def order_of_memory(g, y, x):
    return 2 * g if getattr(g, "data", g).strides[-1] == 8 else g


def test_a_right_op_passes():
    assert check_op(declared(lambda x: 2 * x, lambda g, y, x: 2 * g, real(2, 3), real()))


def test_a_formula_that_writes_into_the_arriving_gradient_is_found():
    report = check_op(declared(lambda x: 2 * x, scaled_in_place, real(2, 3)))
    assert not report
    assert "read-only" in str(report)


def test_a_formula_that_writes_into_its_operand_is_found():
    assert not check_op(declared(lambda x: 2 * x, operand_overwritten, real(2, 3)))


def test_a_formula_that_depends_on_the_memory_layout_is_found():
    report = check_op(declared(lambda x: 2 * x, order_of_memory, real(2, 3)))
    assert not report
    assert "in memory" in str(report)


def test_a_formula_that_is_right_only_in_float64_is_found():
    def only_float64(g, y, x):
        return g * (np.cos(x) if x.dtype == float else 1 - x**2 / 2)

    report = check_op(declared(lambda x: np.sin(x), only_float64, nonzero(2, 3)))
    assert not report
    assert "float32" in str(report)


@pytest.mark.parametrize(
    "formula",
    {
        "the operand is off the tape": lambda g, y, x: g * np.cos(getattr(x, "data", x)),
        "the result is off the tape": lambda g, y, x: (
            g * np.sqrt(1 - np.square(getattr(y, "data", y))) * np.sign(np.cos(x))
        ),
        "the gradient that arrives is off the tape": lambda g, y, x: getattr(g, "data", g) * np.cos(x),
    }.values(),
)
def test_a_formula_that_is_right_but_not_differentiable_again_is_found_at_order_2(formula):
    report = check_op(declared(lambda x: np.sin(x), formula, real(2, 3)))
    assert not report
    assert {finding.order for finding in report.findings if not finding.verdict} == {2}


def test_an_op_that_cannot_be_run_is_not_checked():
    (row,) = sweep([declared(lambda x: x + np.ones(7), lambda g, y, x: g, real(2, 3))])
    assert not row
    assert row.verdict == "NOT CHECKED"
    assert "broadcast" in row.crash


def test_an_op_without_samples_cannot_be_checked():
    with pytest.raises(ValueError, match="has no samples"):
        check_op(declared(lambda x: x, lambda g, y, x: g))


def test_a_sample_that_proves_nothing_is_no_failure_beside_one_that_does():
    product = Op(lambda x, c: x * c, [lambda g, y, x, c: g * c, None])
    product.samples = [call(real(3), 0.0), call(real(3), 2.0)]
    assert check_op(product)
    product.samples = [call(real(3), 0.0)]
    assert check_op(product).verdict is Verdict.VACUOUS


def test_a_generator_that_is_given_is_the_one_that_is_drawn_from():
    rng = np.random.default_rng(3)
    check_op(OPS["sin"], rng=rng)
    assert rng.random() != np.random.default_rng(3).random()
