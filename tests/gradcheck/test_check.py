"""gradcheck as it is called: what it accepts, what it refuses, what it leaves behind, and what it says."""

import json
import math

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine import Op
from minigrad.gradcheck import Report, Verdict, gradcheck
from minigrad.gradcheck.probes import probability_of_miss
from tests.exam.network import Network

pytestmark = pytest.mark.usefixtures("every_report_as_before")

X = np.random.default_rng(5).standard_normal((3, 4))
BAD_SETUP = Verdict.BAD_SETUP


def faulty(factor) -> Op:
    """tanh, with its gradient multiplied by this."""
    return Op(lambda x: np.tanh(x), [lambda g, y, x: g * (1 - y * y) * factor])


def parameter(*shape, dtype=float, seed=0):
    values = np.random.default_rng(seed).standard_normal(shape).astype(dtype)
    return mg.tensor(values, requires_grad=True, name="w")


class TestInputs:
    def test_lists_tuples_and_dicts_of_arrays_are_varied(self):
        report = gradcheck(lambda d, pair: np.tanh(d["a"]) * pair[0] + pair[1], {"a": X}, (X + 1, [X][0]))
        assert report
        assert [finding.operand for finding in report.findings] == ["d['a']", "pair[0]", "pair[1]"]

    def test_what_is_not_floating_is_passed_on_as_it_is(self):
        seen = []

        def f(x, index, n, name, nothing):
            seen.append((type(index), type(n), name, nothing))
            return x[index] * n

        assert gradcheck(f, X, np.array([0, 0, 2]), 3, "name", None)
        assert set(seen) == {(np.ndarray, int, "name", None)}

    def test_tensors_are_taken_for_their_values(self):
        x = mg.tensor(X, requires_grad=True)
        assert gradcheck(np.tanh, x)
        assert gradcheck(np.tanh, mg.tensor(X))

    def test_several_outputs_are_all_checked(self):
        broken = faulty(1.1)
        assert gradcheck(lambda x: (np.exp(x), {"b": np.tanh(x)}), X)
        assert not gradcheck(lambda x: (np.exp(x), {"b": broken(x)}), X)

    def test_a_matrix_that_cannot_be_factorised_nearby_is_no_crash(self):
        barely = np.array([[1.0, 0.999999], [0.999999, 1.0]])
        assert gradcheck(lambda a: np.linalg.cholesky((a + a.T) / 2), barely).verdict is not Verdict.WRONG

    def test_no_inputs_at_all_is_an_error(self):
        with pytest.raises(ValueError, match="nothing to vary"):
            gradcheck(lambda: mg.tensor(1.0))

    @pytest.mark.parametrize("x", [np.arange(3), np.array([True, False]), 3, True])
    def test_an_integer_input_alone_is_bad_setup_that_names_it(self, x):
        report = gradcheck(lambda x: x, x)
        assert report.verdict is BAD_SETUP
        assert "input 0" in str(report)
        assert ".astype(float)" in str(report)

    def test_an_integer_output_is_bad_setup(self):
        assert gradcheck(np.argmax, X).verdict is BAD_SETUP

    def test_a_plain_array_as_output_is_bad_setup(self):
        assert gradcheck(lambda x: x.numpy(), X).verdict is BAD_SETUP

    def test_a_detached_output_is_bad_setup(self):
        report = gradcheck(lambda x: x.detach() * 2, X)
        assert report.verdict is BAD_SETUP
        assert "detach" in str(report)

    def test_an_input_computed_from_another_is_bad_setup_that_names_both(self):
        x = mg.tensor(X, requires_grad=True)
        report = gradcheck(lambda a, b: a * b, x, 3 * x)
        assert report.verdict is BAD_SETUP
        assert "b was computed from a" in str(report)

    def test_a_function_that_writes_into_its_input_is_bad_setup(self):
        def overwrite(x):
            x.data[...] = 2 * x.data
            return np.exp(x)

        report = gradcheck(overwrite, X)
        assert report.verdict is BAD_SETUP
        assert "in place" in str(report)

    def test_no_elements_are_nothing_to_check(self):
        report = gradcheck(np.exp, np.zeros((0, 3)))
        assert report
        assert "nothing to check" in str(report)

    def test_one_unused_input_is_right_and_noted(self):
        report = gradcheck(lambda x, unused: np.exp(x), X, X)
        assert report.verdict is Verdict.PASS
        assert "does not vary with unused" in str(report)

    def test_a_constant_function_proves_nothing(self):
        assert gradcheck(lambda x: x - x, X).verdict is Verdict.VACUOUS


class TestSettings:
    @pytest.mark.parametrize("eps", [0, -1e-3, math.nan, math.inf, 1e-20])
    def test_a_step_that_makes_no_sense_is_refused(self, eps):
        with pytest.raises(ValueError, match="eps"):
            gradcheck(np.tanh, X, eps=eps)

    @pytest.mark.parametrize("tolerance", [-1e-9, math.nan, math.inf])
    def test_a_tolerance_that_makes_no_sense_is_refused(self, tolerance):
        with pytest.raises(ValueError, match="tolerance"):
            gradcheck(np.tanh, X, tolerance=tolerance)

    @pytest.mark.parametrize(("name", "value"), [("mode", "fast"), ("order", 3), ("order", 0), ("budget", 0)])
    def test_other_settings_are_checked_too(self, name, value):
        with pytest.raises(ValueError, match=name):
            gradcheck(np.tanh, X, **{name: value})

    def test_the_same_seed_gives_the_same_report(self):
        reports = [gradcheck(faulty(1.01), X, rng=7) for _ in range(2)]
        assert str(reports[0]) == str(reports[1])

    def test_a_tolerance_allows_a_relative_error_on_top(self):
        assert not gradcheck(faulty(1.001), X)
        assert gradcheck(faulty(1.001), X, tolerance=0.01)

    @pytest.mark.parametrize("eps", [1e-4, 1e-2, 0.1])
    def test_right_and_wrong_do_not_depend_on_the_first_step(self, eps):
        assert gradcheck(np.tanh, X, eps=eps)
        assert not gradcheck(faulty(1.001), X, eps=eps)


class TestWhatIsLeftBehind:
    def test_parameters_come_back_as_they_were(self):
        w = parameter(4, 2)
        w.grad = grad = np.ones((4, 2))
        data, values, replaced = w.data, w.data.copy(), w.replaced
        assert gradcheck(lambda x: np.tanh(x @ w), X, params=[w], order=2)
        assert w.data is data
        assert np.array_equal(w.data, values)
        assert w.replaced is replaced
        assert w.grad is grad
        assert np.array_equal(grad, np.ones((4, 2)))

    def test_parameters_come_back_even_if_the_function_raises(self):
        w, calls = parameter(4), []

        def fails_later():
            calls.append(0)
            if len(calls) > 10:
                raise RuntimeError("eleventh call")
            return np.exp(w)

        data, values = w.data, w.data.copy()
        with pytest.raises(RuntimeError, match="eleventh"):
            gradcheck(fails_later, params=[w])
        assert w.data is data
        assert np.array_equal(data, values)

    def test_a_graph_built_before_the_check_can_still_go_backward(self):
        w = parameter(4)
        loss = np.sum(w * w)
        assert gradcheck(lambda: np.exp(w), params=[w])
        loss.backward()
        assert np.array_equal(w.grad, 2 * w.data)

    def test_inputs_are_not_touched(self):
        x = mg.tensor(X, requires_grad=True)
        x.grad = grad = np.full(X.shape, 7.0)
        kept = X.copy()
        assert gradcheck(lambda a, b: a * b, x, X)
        assert x.grad is grad
        assert np.array_equal(X, kept)
        assert np.array_equal(x.data, kept)

    def test_the_global_generator_of_numpy_is_not_touched(self):
        before = str(np.random.get_state())  # noqa: NPY002
        gradcheck(np.tanh, X)
        assert str(np.random.get_state()) == before  # noqa: NPY002


class TestParameters:
    def test_a_wrong_gradient_of_a_parameter_is_found_under_its_name(self):
        w, broken = parameter(4, 2), faulty(1.01)
        report = gradcheck(lambda: broken(mg.tensor(X) @ w), params=[w])
        assert report.verdict is Verdict.WRONG
        assert "w of <lambda>: worst element" in str(report).splitlines()[1]

    def test_a_parameter_given_twice_is_checked_once(self):
        w = parameter(4)
        assert len(gradcheck(lambda: np.exp(w), params=[w, w]).findings) == 1

    def test_a_computed_tensor_is_no_parameter(self):
        report = gradcheck(lambda: mg.tensor(1.0), params=[parameter(4) * 2])
        assert report.verdict is BAD_SETUP
        assert "was computed" in str(report)

    def test_a_tensor_that_requires_no_grad_is_no_parameter(self):
        report = gradcheck(lambda: mg.tensor(1.0), params=[mg.tensor(X)])
        assert report.verdict is BAD_SETUP
        assert "requires_grad = True" in str(report)


class TestDeterminism:
    def test_a_function_with_fresh_noise_is_called_nondeterministic_before_any_numbers(self):
        report = gradcheck(lambda x: np.exp(x) * np.random.default_rng().random(4), X)
        assert report.verdict is Verdict.NONDETERMINISTIC
        assert "first op that answers differently is multiply" in str(report)
        assert "test_check.py" in str(report)


class TestSecondOrder:
    def test_a_gradient_that_cannot_be_differentiated_again_is_found(self):
        op = Op(lambda x: np.sin(x), [lambda g, y, x: g * np.cos(getattr(x, "data", x))])
        assert gradcheck(op, X)
        report = gradcheck(op, X, order=2)
        assert report.verdict is Verdict.WRONG
        assert "second-order" in str(report).splitlines()[0]

    def test_a_formula_without_a_rule_for_its_own_derivative_says_so(self):
        op = Op(lambda x: np.sin(x), [lambda g, y, x: g * np.vectorize(math.cos)(x)])
        report = gradcheck(op, X, order=2)
        assert report.verdict is Verdict.WRONG
        assert "the backward pass raises" in str(report)

    def test_the_gradient_that_arrives_is_an_operand_of_the_second_order(self):
        report = gradcheck(np.tanh, X, order=2)
        assert [finding.operand for finding in report.findings if finding.order == 2] == ["x", "arriving 0"]


class TestProbes:
    def test_large_inputs_are_probed_and_small_ones_checked_element_by_element(self):
        assert gradcheck(np.tanh, X).findings[0].direction is False
        assert gradcheck(np.tanh, np.random.default_rng(0).standard_normal(5000)).findings[0].direction is True

    def test_a_single_wrong_element_of_many_is_found_by_every_probe(self):
        x = np.random.default_rng(0).standard_normal(5000)
        factor = np.ones(5000)
        factor[1234] = 1.001
        for seed in range(10):
            assert gradcheck(faulty(factor), x, rng=seed).verdict is Verdict.WRONG

    def test_a_flipped_sign_is_found(self):
        x = np.random.default_rng(0).standard_normal(1000)
        factor = np.where(np.arange(1000) == 77, -1, 1)
        assert not gradcheck(faulty(factor), x, mode="probe")

    def test_the_operand_that_is_wrong_is_named(self):
        broken = faulty(1.01)
        report = gradcheck(lambda a, b: np.exp(a) + broken(b), X, X + 1, mode="probe")
        assert [str(finding.verdict) for finding in report.findings] == ["PASS", "WRONG"]
        assert ", b" in str(report).splitlines()[0]

    def test_the_report_states_the_probability_of_a_miss(self):
        report = gradcheck(np.tanh, X, mode="probe")
        assert report
        assert "1e-06" in str(report)
        assert 0 < report.resolution < 1e-6

    def test_few_evaluations_do(self):
        assert gradcheck(np.tanh, np.random.default_rng(0).standard_normal(5000)).evaluations <= 60

    @pytest.mark.parametrize(("ratio", "expected"), [(0.1, 5.0e-4), (0.01, 5.1e-7)])
    def test_the_probability_of_a_miss_is_that_of_gaussian_directions(self, ratio, expected):
        assert probability_of_miss(ratio, 1.0) == pytest.approx(expected, rel=0.02)

    def test_the_probability_of_a_miss_agrees_with_a_simulation(self):
        draws = np.random.default_rng(0).standard_normal((200_000, 3))
        missed = np.mean(np.all(abs(draws) < 0.2, axis=1))
        assert probability_of_miss(0.2, 1.0) == pytest.approx(missed, rel=0.1)


class TestReport:
    def test_it_is_true_for_a_right_gradient_and_shows_itself(self):
        report = gradcheck(np.tanh, X)
        assert isinstance(report, Report)
        assert bool(report) is True
        assert repr(report) == str(report)
        assert str(report).startswith("PASS: tanh, 12 elements at order 1")

    def test_a_wrong_gradient_is_named_with_element_both_values_and_tolerance(self):
        factor = np.ones((3, 4))
        factor[1, 2] = 2
        report = gradcheck(faulty(factor), X, name="layer")
        first, second, *_ = str(report).splitlines()
        assert first.startswith("WRONG gradient: <lambda>, operand 0 (x), at test_check.py:")
        assert second.startswith("  x of layer: worst element")
        assert "[1, 2]" in second
        assert "±" in second
        assert "(1 of 12 elements)" in second
        finding = report.findings[0]
        assert finding.analytic == pytest.approx(2 * finding.numeric)
        assert finding.worst == (1, 2)
        assert finding.wrong == 1

    def test_it_has_at_most_six_lines_whatever_is_wrong(self):
        broken = faulty(3.0)
        report = gradcheck(lambda *xs: [broken(x) for x in xs], *[X] * 9)
        assert len(str(report).partition("\n  reproduce:")[0].splitlines()) <= 6
        assert "5 more" in str(report) or "4 more" in str(report)

    def test_it_never_prints_whole_arrays(self):
        assert len(str(gradcheck(faulty(2.0), np.random.default_rng(0).standard_normal((30, 30))))) < 1200

    @pytest.mark.parametrize("factor", [1.0, 2.0, np.nan])
    def test_it_can_be_written_as_json(self, factor):
        report = gradcheck(faulty(factor), X)
        data = json.loads(json.dumps(report.to_dict(), allow_nan=False))
        assert data["ok"] is bool(report)
        assert data["verdict"] == report.verdict.name
        assert len(data["findings"]) == 1

    def test_the_resolution_is_the_error_that_would_have_been_noticed(self):
        resolution = gradcheck(np.tanh, X).resolution
        assert 0 < resolution < 1e-9
        assert gradcheck(faulty(1 + 3 * resolution), X).verdict is Verdict.WRONG

    def test_the_error_of_a_right_gradient_is_below_the_resolution_even_where_the_slope_is_lost_in_noise(self):
        report = gradcheck(np.tanh, np.array([18.0, 0.3]))
        assert report.error <= report.resolution < 1e-9

    @pytest.mark.parametrize("verdict", Verdict)
    def test_only_two_verdicts_are_good(self, verdict):
        assert bool(verdict) is (verdict in (Verdict.PASS, Verdict.KINK_OK))


class TestOneElementAmongVeryMany:
    """Errors that are below the noise of the whole: each op is looked at by itself."""

    def test_the_least_gradient_but_a_few_of_100_000_is_found_to_be_wrong_by_a_thousandth(self):
        net = Network(2, mg.relu)
        sizes = abs(net.gradient())
        index = np.argsort(np.where(sizes > 0, sizes, np.inf))[10]
        report = gradcheck(net.falsified(int(index)), *net.parameters, mode="probe", budget=1)
        assert report.verdict is Verdict.WRONG
        assert "network.py" in report.where

    def test_two_formulas_that_make_up_for_each_other_are_right_as_a_whole(self):
        twice, half = (Op(lambda x: 1 * x, [lambda g, y, x, f=f: f * g]) for f in (2.0, 0.5))
        x = np.random.default_rng(0).standard_normal(1000)
        assert gradcheck(lambda x: np.tanh(half(twice(x))).sum(), x, mode="probe")

    def test_a_formula_that_is_wrong_where_no_gradient_arrives_is_no_fault_of_the_whole(self):
        factor = np.ones(1000)
        factor[7] = 3.0
        op, weights = Op(lambda x: 1 * x, [lambda g, y, x: g * factor]), np.where(factor > 1, 0.0, 1.0)
        x = np.random.default_rng(0).standard_normal(1000)
        assert gradcheck(lambda x: (np.sin(op(x)) * weights).sum(), x, mode="probe")
        assert not gradcheck(lambda x: np.sin(op(x)).sum(), x, mode="probe")

    def test_an_error_that_is_allowed_is_not_looked_for(self):
        net = Network(2, mg.relu)
        assert gradcheck(net.falsified(91208), *net.parameters, mode="probe", budget=1, tolerance=1e-3)
