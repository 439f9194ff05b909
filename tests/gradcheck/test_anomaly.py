"""The first op that makes a NaN or an infinity is named, with the operand, the line and the reason."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import NonFiniteError
from minigrad.gradcheck.anomaly import detect_anomaly


def leaf(*values):
    return mg.tensor(np.array(values, dtype=float), requires_grad=True, name="x")


FORWARD = {
    "log of zero": (lambda x: np.log(x), (1, 0), "logarithm of a number that is not positive: np.log(0.0)"),
    "log of a negative": (lambda x: np.log10(x), (1, -2), "not positive: np.log10(-2.0)"),
    "log1p below -1": (lambda x: np.log1p(x), (1, -2), "where x is not above -1: np.log1p(-2.0)"),
    "division": (lambda x: 1 / x, (1, 0, 0), "division by zero: 2 of 3 denominators are 0"),
    "reciprocal": (lambda x: np.reciprocal(x), (1, 0), "division by zero: np.reciprocal(0.0)"),
    "zero by zero": (lambda x: x / x, (1, 0), "division by zero"),
    "exp": (lambda x: np.exp(x), (1, 1000), "overflow of an exponential: np.exp(1000.0)"),
    "sinh": (lambda x: np.sinh(x), (1, -1000), "overflow of an exponential: np.sinh(-1000.0)"),
    "sqrt": (lambda x: np.sqrt(x), (1, -4), "square root of a negative number: np.sqrt(-4.0)"),
    "root by power": (lambda x: x**0.5, (1, -4), "a negative base to a fractional power: (-4)**0.5"),
    "negative power": (lambda x: x**-1.5, (1, 0), "0 to a negative power: a division by zero"),
    "power": (lambda x: x**5.0, (1, 1e90), "overflow of a power: 1e+90**5"),
    "square": (lambda x: np.square(x), (1, 1e200), "overflow: the result exceeds the largest number"),
    "matmul": (lambda x: x @ x, (1, 1e200), "overflow: the result exceeds the largest number"),
    "arccos": (lambda x: np.arccos(x), (1, 2), "arccos outside [-1, 1]: np.arccos(2.0)"),
    "arctanh": (lambda x: np.arctanh(x), (0, 1), "arctanh outside (-1, 1): np.arctanh(1.0)"),
    "variance": (lambda x: np.var(x, ddof=2), (0, 1), "no more elements than degrees of freedom"),
}
BACKWARD = {
    "sqrt": (lambda x: np.sqrt(x), (1, 0), "the slope of sqrt at 0 is infinite: here at 0.0"),
    "cbrt": (lambda x: np.cbrt(x), (1, 0), "the slope of cbrt at 0 is infinite: here at 0.0"),
    "log": (lambda x: np.log(x), (1, 1e-310), "the slope 1/x of a logarithm overflows: here at 1e-310"),
    "arcsin": (lambda x: np.arcsin(x), (0, 1), "the slope of arcsin at -1 and 1 is infinite: here at 1.0"),
    "division": (lambda x: 1 / x, (1, 1e-200), "a denominator so small that the quotient overflows"),
    "power": (lambda x: x**0.5, (1, 0), "the slope of x**n at 0 is infinite for n below 1"),
    "product": (lambda x: x * 1e200 * 1e200, (1e-200, 0), "overflows"),
}


@pytest.mark.parametrize("name", FORWARD)
def test_in_the_forward_the_reason_is_given_in_words(name, as_before):
    function, values, reason = FORWARD[name]
    x = leaf(*values)
    with pytest.raises(NonFiniteError) as error, detect_anomaly():
        function(x)
    message = str(error.value)
    as_before(message)
    assert reason in message
    assert "at test_anomaly.py:" in message.splitlines()[0]
    assert f"from {x.data.min():.6g} to {x.data.max():.6g}" in message
    assert len(message.splitlines()) <= 6


@pytest.mark.parametrize("name", BACKWARD)
def test_in_the_backward_too_and_every_grad_stays_as_it_was(name, as_before):
    function, values, reason = BACKWARD[name]
    x = leaf(*values)
    x.grad = before = np.ones(len(values))
    with detect_anomaly():
        y = function(x).sum()
        with pytest.raises(NonFiniteError) as error:
            y.backward()
    message = str(error.value)
    as_before(message)
    assert message.startswith("the backward of ")
    assert reason in message
    assert x.grad is before
    assert len(message.splitlines()) <= 6


def test_the_first_line_says_what_where_and_which_source_line():
    x = leaf(1, 0, -2)
    with pytest.raises(NonFiniteError) as error, detect_anomaly():
        np.exp(np.log(x) * 2)  # here
    first = str(error.value).splitlines()[0]
    assert first.startswith("log made -inf in 2 of 3 elements, first at [1], at test_anomaly.py:")
    assert first.endswith("# here")


def test_the_error_comes_from_the_line_itself():
    with pytest.raises(NonFiniteError) as error, detect_anomaly():
        np.log(leaf(0))  # here
    assert "# here" in str(error.traceback[0].statement)


def test_what_came_in_already_broken_is_not_blamed_on_the_op():
    data = mg.tensor([1.0, np.nan])
    with pytest.raises(NonFiniteError) as error, detect_anomaly():
        leaf(1, 2) * data
    assert "multiply was given nan in 1 of 2 elements, first at [1]" in str(error.value)
    assert "was so when it came on the tape" in str(error.value)


def test_a_gradient_that_was_passed_in_broken_is_not_blamed_on_the_op():
    x = leaf(1, 2)
    with detect_anomaly():
        y = x * 2
        with pytest.raises(NonFiniteError, match=r"backward\(\) was called with is not finite"):
            y.backward(np.array([1.0, np.inf]))


def test_a_masked_singularity_is_no_anomaly():
    x = leaf(4, 0)
    with detect_anomaly():
        np.where(x.data > 0, np.sqrt(x), 0.0).sum().backward()
    assert x.grad.tolist() == [0.25, 0.0]


def test_finite_numbers_pass_and_nothing_is_watched_afterwards():
    x = leaf(1, 2)
    with detect_anomaly():
        np.log(x).sum().backward()
    with np.errstate(all="ignore"):
        assert np.exp(x * 1e6).data.tolist() == [np.inf, np.inf]


def test_numpys_own_warnings_are_silent_inside_alone():
    before = np.geterr()
    with pytest.raises(NonFiniteError), detect_anomaly():
        np.exp(leaf(1000))
    assert np.geterr() == before


def test_it_works_as_a_decorator_and_nested():
    block = detect_anomaly()

    @block
    def logarithm(x):
        with block:
            return np.log(x)

    with pytest.raises(NonFiniteError):
        logarithm(leaf(0))
    assert logarithm(leaf(1)).item() == 0.0
