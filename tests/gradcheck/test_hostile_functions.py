"""Functions, inputs and formulas that a checker must refuse, survive or see through, whatever they do."""

import numpy as np
import pytest
from numpy.lib.stride_tricks import as_strided

import minigrad as mg
from minigrad.engine import Op
from minigrad.gradcheck import Verdict, gradcheck, opcheck
from minigrad.samples import call

pytestmark = pytest.mark.usefixtures("every_report_as_before")

X = np.random.default_rng(5).standard_normal((3, 4))
BAD_SETUP, NOWHERE, WRONG = Verdict.BAD_SETUP, Verdict.NOT_DIFFERENTIABLE, Verdict.WRONG

LAYOUTS = {
    "stride 0": np.broadcast_to(X[:1], (3, 4)),
    "stride 0 along the last axis": np.broadcast_to(X[:, :1], (3, 4)),
    "negative strides": X[::-1, ::-1],
    "every other element": np.repeat(X, 2, axis=1)[:, ::2],
    "overlapping windows": as_strided(np.linspace(-1, 1, 6), (3, 4), (8, 8)),
    "Fortran order": np.asfortranarray(X),
    "a field of records": np.array([(0, v) for v in X.ravel()], dtype=[("n", "i4"), ("v", "f8")])["v"],
    "the other byte order": X.astype(">f8"),
    "read-only": np.frombuffer(X.tobytes()).reshape(3, 4),
}


def tanh_with(formula) -> Op:
    return Op(lambda x: np.tanh(x), [formula])


class TestLayouts:
    @pytest.mark.parametrize("layout", LAYOUTS)
    def test_a_right_gradient_passes(self, layout):
        assert gradcheck(np.tanh, LAYOUTS[layout]).verdict is Verdict.PASS

    @pytest.mark.parametrize("layout", LAYOUTS)
    def test_a_wrong_one_does_not_and_every_element_is_wrong(self, layout):
        report = gradcheck(tanh_with(lambda g, y, x: g * (1 - y * y) * 1.001), LAYOUTS[layout])
        assert report.verdict is WRONG
        assert report.findings[0].wrong == 12

    def test_a_gradient_that_is_right_in_c_order_alone_is_found_by_opcheck(self):
        def formula(g, y, x):
            return np.frombuffer((g * np.cos(x)).tobytes("A")).reshape(x.shape)

        op = Op(lambda x: np.sin(x), [formula])
        assert gradcheck(op, X)
        assert not opcheck(op, call(X))


class TestValuesThatAreNoNumbers:
    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_an_input_that_is_not_finite_is_bad_setup_that_names_the_element(self, value):
        x = X.copy()
        x[1, 2] = value
        report = gradcheck(np.tanh, x)
        assert report.verdict is BAD_SETUP
        assert f"x is {value} at [1, 2]" in str(report)

    def test_a_parameter_that_is_not_finite_is_bad_setup_too(self):
        w = mg.tensor([1.0, np.inf], requires_grad=True, name="w")
        assert "w is inf at [1]" in str(gradcheck(lambda: np.tanh(w), params=[w]))

    def test_nan_on_both_sides_is_no_pass(self):
        assert gradcheck(np.sqrt, -abs(X)).verdict is NOWHERE

    def test_nan_on_both_sides_in_some_elements_is_no_pass_and_these_are_named(self):
        x = abs(X)
        x[2, 1] = -1.0
        report = gradcheck(np.log, x)
        assert report.verdict is NOWHERE
        assert report.findings[0].worst == (2, 1)
        assert "not finite" in str(report)

    def test_an_infinite_output_that_never_changes_is_no_obstacle(self):
        assert gradcheck(lambda x: mg.where(X > 0, x * x, -np.inf), X).verdict is Verdict.PASS

    def test_logits_masked_by_minus_infinity_pass(self):
        mask = np.where(np.eye(3, 4) > 0, -np.inf, 0.0)
        assert gradcheck(lambda x: mg.softmax(x + mask), X).verdict is Verdict.PASS

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_a_gradient_that_is_no_number_where_the_derivative_is_one_is_wrong(self, value):
        bad = np.where(np.arange(12).reshape(3, 4) == 5, value, 1.0)
        report = gradcheck(tanh_with(lambda g, y, x: g * (1 - y * y) * bad), X)
        assert report.verdict is WRONG
        assert report.findings[0].worst == (1, 1)
        assert "NOT_FINITE" in str(report)
        assert "within rounding noise" not in str(report)


class TestFormulas:
    @pytest.mark.parametrize("answer", [lambda g: None, lambda g: g[:, 0], lambda g: g.T, lambda g: "text"])
    def test_one_that_returns_no_gradient_of_the_right_shape_is_wrong_and_named(self, answer):
        report = gradcheck(tanh_with(lambda g, y, x: answer(g)), X)
        assert report.verdict is WRONG
        assert "<lambda>, operand 0 (x), at test_hostile_functions.py" in str(report)

    def test_one_that_raises_is_wrong_and_named_with_its_error(self):
        def formula(g, y, x):
            raise ZeroDivisionError("no luck")

        report = gradcheck(lambda x: np.exp(tanh_with(formula)(x)), X)
        assert report.verdict is WRONG
        assert "no luck" in str(report)
        assert "test_hostile_functions.py" in str(report).splitlines()[0]

    def test_one_that_draws_at_random_is_found(self):
        rng = np.random.default_rng(3)
        report = gradcheck(tanh_with(lambda g, y, x: g * (1 - y * y) * rng.uniform(0.9, 1.1)), X)
        assert report.verdict is WRONG
        assert "NONDETERMINISTIC" in str(report)

    def test_one_that_works_under_no_grad_too_is_checked_under_no_grad(self):
        with mg.no_grad():
            assert gradcheck(np.tanh, X)
            assert not gradcheck(tanh_with(lambda g, y, x: g), X)

    def test_one_that_keeps_the_values_of_the_first_call_of_a_shape_is_found(self):
        kept: dict = {}
        op = Op(lambda x: x**2, [lambda g, y, x: 2 * g * kept.setdefault(x.shape, x.copy())])
        report = gradcheck(lambda x: np.exp(op(np.tanh(x))), X)
        assert report.verdict is WRONG
        assert "SAVED_MUTATED: it is right for the values of an earlier call" in str(report)


class TestDamage:
    def test_a_formula_that_writes_into_the_gradient_that_arrives_is_named_although_its_answer_is_right(self):
        op = tanh_with(lambda g, y, x: np.multiply(g, 1 - y * y, out=g))
        report = gradcheck(lambda x: np.exp(op(x)), X)
        assert report.verdict is WRONG
        assert "<lambda>, operand 0 (x), at test_hostile_functions.py" in str(report).splitlines()[0]
        assert "writes into the gradient that arrives" in str(report)

    def test_a_formula_that_writes_into_its_operand_is_named(self):
        op = Op(lambda x: x**2, [lambda g, y, x: g * np.multiply(x, 2, out=x)])
        kept = X.copy()
        report = gradcheck(lambda x: op(np.tanh(x)), X)
        assert report.verdict is WRONG
        assert "writes into operand 0 (x)" in str(report)
        assert np.array_equal(X, kept)

    def test_a_parameter_that_a_formula_writes_into_comes_back_as_it_was(self):
        op = Op(lambda x: x**2, [lambda g, y, x: g * np.multiply(x, 2, out=x)])
        w = mg.tensor(X, requires_grad=True, name="w")
        assert not gradcheck(lambda: op(w), params=[w])
        assert np.array_equal(w.data, X)

    def test_a_formula_that_writes_into_an_array_of_its_own_is_none(self):
        def formula(g, y, x):
            out = g * y
            out *= 2 * x / np.where(y == 0, 1, y)
            return out

        assert gradcheck(Op(lambda x: x**2, [formula]), X)


class TestChance:
    def test_dropout_drawn_anew_in_each_call_is_nondeterministic_before_any_numbers(self):
        report = gradcheck(lambda x: x * (np.random.default_rng().random(x.shape) > 0.5) / 0.5, X)
        assert report.verdict is Verdict.NONDETERMINISTIC
        assert "not deterministic" in str(report)
        assert "backward gives" not in str(report)

    def test_a_layer_of_dropout_is_frozen_and_the_report_says_so(self):
        report = gradcheck(mg.nn.Dropout(0.5, rng=0), X)
        assert report
        assert "masks and noise frozen" in str(report)

    def test_dropout_with_a_wrong_scale_is_found_through_the_frozen_mask(self):
        layer = mg.nn.Dropout(0.5, rng=0)
        op = Op(lambda x: 1 * x, [lambda g, y, x: 0.5 * g])
        assert gradcheck(lambda x: op(layer(x)), X).verdict is WRONG


class TestOutputs:
    @pytest.mark.parametrize("answer", [None, 3.0, (), X, "text"])
    def test_a_function_that_returns_no_tensor_is_bad_setup(self, answer):
        assert gradcheck(lambda x: answer, X).verdict is BAD_SETUP

    def test_a_function_under_no_grad_is_bad_setup_that_says_why(self):
        report = gradcheck(mg.no_grad()(lambda x: np.tanh(x)), X)
        assert report.verdict is BAD_SETUP
        assert "does not depend on x on the tape" in str(report)

    def test_an_integer_output_beside_a_floating_one_is_left_out(self):
        assert gradcheck(lambda x: (np.argmax(x), np.tanh(x)), X).verdict is Verdict.PASS

    def test_an_output_without_elements_is_nothing_to_check(self):
        assert "nothing to check" in str(gradcheck(lambda x: x[:0], X))


class TestPrecision:
    @pytest.mark.parametrize("dtype", [np.float32, np.float16])
    def test_a_narrow_input_is_checked_in_float64_and_the_report_says_so(self, dtype):
        report = gradcheck(np.tanh, X.astype(dtype))
        assert report.verdict is Verdict.PASS
        assert report.resolution < 1e-9
        assert "checked in float64" in str(report)

    def test_an_error_of_a_thousandth_is_found_in_a_float32_function(self):
        assert gradcheck(tanh_with(lambda g, y, x: g * (1 - y * y) * 1.001), X.astype(np.float32)).verdict is WRONG


@pytest.mark.parametrize("n", [1000, 20_000])
def test_one_flipped_sign_among_many_is_found(n):
    sign = np.where(np.arange(n) == n // 3, -1.0, 1.0)
    op = Op(lambda x: np.sin(x), [lambda g, y, x: g * np.cos(x) * sign])
    report = gradcheck(op, np.random.default_rng(0).standard_normal(n), mode="probe")
    assert report.verdict is WRONG
    assert f"at the op: worst element [{n // 3}]" in str(report)


def test_a_gradient_of_0_of_a_tiny_function_is_found():
    assert gradcheck(Op(lambda x: 1e-6 * x**2, [lambda g, y, x: 0 * g]), X).verdict is WRONG
