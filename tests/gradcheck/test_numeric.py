"""The numeric derivative against closed forms: how right it is, and whether it knows how right."""

import numpy as np
import pytest

from minigrad.gradcheck.noise import noise_level
from minigrad.gradcheck.numeric import EPS, Differences, Outcome, romberg
from minigrad.gradcheck.problem import scale_of

SCALES = [1e-6, 1e-3, 1.0, 1e3, 1e6]


def slopes(f, x, v=None, **options):
    """The derivatives of an elementwise function, and its Differences."""
    x = np.asarray(x, dtype=float)
    d = Differences(lambda z: Outcome(f(z)), x, scale_of(x), **options)
    return d.estimate(np.ones(len(x)) if v is None else v), d


CLOSED_FORMS = {
    "exp": (np.exp, np.exp),
    "tanh": (np.tanh, lambda x: 1 / np.cosh(np.clip(x, -300, 300)) ** 2),
    "cube": (lambda x: x**3, lambda x: 3 * x**2),
    "reciprocal": (lambda x: 1 / x, lambda x: -1 / x**2),
    "log": (lambda x: np.log(abs(x)), lambda x: 1 / x),
    "arctan": (np.arctan, lambda x: 1 / (1 + x**2)),
}


@pytest.mark.parametrize("name", CLOSED_FORMS)
@pytest.mark.parametrize("output_scale", SCALES)
@pytest.mark.parametrize("input_scale", SCALES)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_true_derivative_lies_within_the_claimed_tolerance_at_every_scale(name, input_scale, output_scale):
    f, slope = CLOSED_FORMS[name]
    x = np.random.default_rng(1).standard_normal(12) * input_scale
    x = np.clip(x, -600, 600) if name == "exp" else x
    estimate, _ = slopes(lambda z: output_scale * f(z), x)
    true = output_scale * slope(x)
    assert np.all(abs(estimate.value - true) <= estimate.tol + 8 * EPS * abs(true))


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_the_tolerance_is_far_below_one_in_a_million_at_ordinary_values(name):
    f, slope = CLOSED_FORMS[name]
    x = np.random.default_rng(2).uniform(0.5, 2, 50)
    estimate, _ = slopes(f, x)
    assert np.all(estimate.tol < 1e-9 * abs(slope(x)))


def test_ordinary_elements_take_about_a_dozen_evaluations_each():
    _, d = slopes(np.exp, np.linspace(0.5, 2, 50))
    assert d.evaluations <= 15 * 50


@pytest.mark.parametrize("x", [1e-5, -1e-7, 1e-9])
def test_a_pole_inside_the_first_window_is_noticed(x):
    estimate, _ = slopes(lambda z: 1 / z, [x, 1.0])
    assert abs(estimate.value[0] + 1 / x**2) <= estimate.tol[0] <= 1e-5 / x**2


@pytest.mark.parametrize("frequency", [1e2, 1e4, 1e5])
def test_a_wave_shorter_than_the_first_window_is_noticed(frequency):
    x = np.linspace(0.7, 1.9, 7)
    estimate, d = slopes(lambda z: np.sin(frequency * z), x)
    true = frequency * np.cos(frequency * x)
    right = [
        abs(estimate.value[i] - true[i]) <= estimate.tol[i] or d.acquits(np.ones(7), i, true[i], estimate, i)
        for i in range(7)
    ]
    assert all(right)
    assert np.all(estimate.tol < 1e-4 * frequency)


def test_a_large_constant_on_top_costs_resolution_but_not_truth():
    x = np.array([1.0, 2.0, 3.0])
    estimate, _ = slopes(lambda z: 1e6 + z**2, x)
    assert np.all(abs(estimate.value - 2 * x) <= estimate.tol)
    assert np.all(estimate.tol < 1e-4)


def test_outputs_far_larger_than_the_one_that_moves_do_not_drown_it():
    x = np.array([1e-6, 1e6])
    estimate, _ = slopes(lambda z: z**3, x)
    assert estimate.tol[1] < 1e-8 * 3e12


def test_contracting_last_keeps_a_mean_over_a_million_elements_sharp():
    x = np.random.default_rng(0).standard_normal(1_000_000)
    d = Differences(lambda z: Outcome(np.array([np.mean(z)])), x, scale_of(x))
    estimate = d.estimate(np.ones(1), [3])
    assert abs(estimate.value[0] - 1e-6) <= estimate.tol[0] < 1e-9


def test_a_function_rounded_to_float32_within_gets_a_tolerance_that_says_so():
    x = np.array([0.7, 1.3])
    estimate, d = slopes(lambda z: np.sin(z.astype(np.float32)).astype(float), x)
    assert np.all(d.noise > 1e-9)
    assert np.all(abs(estimate.value - np.cos(x)) <= estimate.tol)


@pytest.mark.parametrize("spread", [1e-9, 1e-12])
def test_noise_is_measured_within_a_factor(spread):
    rng = np.random.default_rng(0)
    noisy = lambda x: Outcome(np.exp(x) + spread * rng.standard_normal(x.shape))
    x = np.full(200, 0.5)
    level = np.median(noise_level(noisy, x, x, noisy(x)))
    assert spread / 2 < level < 2 * spread


def test_noise_in_step_with_an_even_spacing_is_still_seen():
    """256 ulp of x are 4.004 ulp of x - tanh x here, so an even spacing would see a straight line."""
    x = np.array([0.12573022])
    level = noise_level(lambda z: Outcome(z - np.tanh(z)), x, x, Outcome(x - np.tanh(x)))
    assert level[0] > 1e-18


def offset(z):
    """Rounded to the units in the last place of 1e4, which are coarser than those of its argument."""
    return (z + 1e4) - 1e4


def test_noise_is_that_of_the_step_where_next_to_the_point_nothing_moves():
    x = np.array([0.3, 1.7])
    assert np.all(noise_level(lambda z: Outcome(offset(z)), x, x, Outcome(offset(x))) > 1e-13)


@pytest.mark.parametrize("f", [lambda z: np.sin(1e5 * z), lambda z: abs(z - 0.3), lambda z: 1 / (z - 0.30001)])
def test_what_is_not_smooth_is_no_noise(f):
    x = np.array([0.3])
    assert noise_level(lambda z: Outcome(f(z)), x, x, Outcome(f(x)))[0] < 1e-9 * abs(f(x)[0] + 1)


def test_noise_beyond_a_kink_is_not_looked_at():
    kinked = lambda z: Outcome(abs(z - 1e-5), (z[0] > 1e-5,))
    x = np.array([2e-5])
    assert noise_level(kinked, x, np.ones(1), kinked(x))[0] < 1e-15


def test_noise_near_1e260_does_not_overflow():
    estimate, _ = slopes(np.exp, [600.0])
    assert abs(estimate.value[0] - np.exp(600)) <= estimate.tol[0] < 1e-6 * np.exp(600)


def test_equal_outputs_are_not_a_noise_of_zero():
    """tanh does not change by one bit near 18, but its slope is not exactly 0."""
    estimate, _ = slopes(np.tanh, [18.0])
    assert estimate.tol[0] >= 9e-16


def test_an_output_that_cannot_move_adds_no_noise():
    estimate, _ = slopes(lambda z: z * np.array([1.0, 1e12]), [1.0, 1.0])
    assert estimate.tol[0] < 1e-9


def test_extrapolation_loses_its_bound_where_the_second_derivative_jumps():
    h = np.array([1.0, 0.5, 0.25])
    value, truncation = romberg(np.array([1 + 0.1 * h]), np.zeros(1))  # error like h, not like h**2
    assert value[0] == pytest.approx(1.025)
    assert truncation[0] >= 0.025


def test_the_derivative_at_a_jump_of_the_second_derivative_is_right_within_its_tolerance():
    huber = lambda z: np.where(abs(z) <= 1, z**2 / 2, abs(z) - 0.5)
    estimate, _ = slopes(huber, [1.0])
    assert abs(estimate.value[0] - 1) <= estimate.tol[0] < 1e-6


def test_windows_stay_within_one_branch():
    calls = []

    def relu(z):
        calls.append(z[0])
        return Outcome(np.maximum(z, 0), (z[0] > 0,))

    x = np.array([5e-7, 1.0])
    estimate = Differences(relu, x, scale_of(x)).estimate(np.ones(2))
    assert estimate.calm[0]
    assert abs(estimate.value[0] - 1) <= estimate.tol[0] < 1e-6


def test_no_window_is_calm_at_a_kink():
    d = Differences(lambda z: Outcome(abs(z), (z[0] > 0,)), np.zeros(1), np.ones(1))
    estimate = d.estimate(np.ones(1))
    assert not estimate.calm[0]
    assert np.isinf(estimate.tol[0])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_steps_retreat_from_the_edge_of_the_domain():
    estimate, _ = slopes(np.sqrt, [1e-9, 1.0])
    assert abs(estimate.value[0] - 0.5 / np.sqrt(1e-9)) <= estimate.tol[0]


def test_a_small_error_is_not_acquitted_by_the_noise_of_the_finest_windows():
    estimate, d = slopes(np.exp, [1.0])
    assert not d.acquits(np.ones(1), 0, np.exp(1) * (1 + 1e-5), estimate, 0)


def test_a_right_claim_is_acquitted_where_the_first_windows_were_fooled():
    """Two windows around a kink at a distance of 1e-6 agree on a wrong slope of a function without known branches."""
    estimate, d = slopes(abs, [1e-6, 1.0])
    claim = 1.0
    assert abs(claim - estimate.value[0]) <= estimate.tol[0] or d.acquits(np.ones(2), 0, claim, estimate, 0)


def test_slopes_along_directions_are_those_of_the_coordinates_combined():
    x = np.array([0.3, -1.2, 2.0])
    directions = np.random.default_rng(0).standard_normal((4, 3))
    d = Differences(lambda z: Outcome(np.exp(z)), x, np.ones(4), directions=directions)
    estimate = d.estimate(np.array([1.0, -2.0, 0.5]))
    true = directions @ (np.exp(x) * [1.0, -2.0, 0.5])
    assert np.all(abs(estimate.value - true) <= estimate.tol + 1e-13)


def test_outputs_that_are_not_finite_are_left_out():
    f = lambda z: Outcome(np.array([np.inf, z[0] ** 2]))
    estimate = Differences(f, np.array([3.0]), np.array([3.0])).estimate(np.array([1.0, 1.0]))
    assert estimate.value[0] == pytest.approx(6)


def test_no_elements_give_no_estimates():
    estimate = Differences(lambda z: Outcome(z), np.zeros(0), np.zeros(0)).estimate(np.zeros(0))
    assert len(estimate.value) == 0


def test_an_array_of_zeros_has_a_scale():
    estimate, _ = slopes(np.exp, np.zeros(3))
    assert np.all(abs(estimate.value - 1) <= estimate.tol)
    assert np.all(estimate.tol < 1e-9)


def test_one_sharp_window_is_enough_where_it_agrees_with_the_claim():
    x = np.linspace(0.5, 2, 50)
    d = Differences(lambda z: Outcome(np.exp(z)), x, scale_of(x))
    claims = np.exp(x)
    claims[7] *= 1.001
    estimate = d.estimate(np.ones(50), claims=claims)
    assert d.evaluations <= 9 * 50
    assert np.all(abs(estimate.value - np.exp(x)) <= estimate.tol)
    assert abs(claims[7] - estimate.value[7]) > estimate.tol[7]


def test_a_window_that_crosses_a_kink_is_left_at_once():
    d = Differences(lambda z: Outcome(abs(z), (z[0] > 0,)), np.array([1e-6, 1.0]), np.ones(2))
    d.estimate(np.ones(2), [0])
    assert d.evaluations <= 60


def test_what_a_line_reaches_is_looked_for_at_thirty_times_its_size():
    d = Differences(lambda x: Outcome(np.array([x[0], max(x[0] - 2000.0, 0.0)])), np.full(1, 1.0), np.full(1, 100.0))
    assert d._reached(0).tolist() == [True, True]
    d = Differences(lambda x: Outcome(np.array([x[0], max(x[0] - 4000.0, 0.0)])), np.full(1, 1.0), np.full(1, 100.0))
    assert d._reached(0).tolist() == [True, False]
