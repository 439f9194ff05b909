import math

import numpy as np
import pytest

from minigrad.viz.race.descent import Course, descend
from minigrad.viz.race.entrants import Entrant, entrants
from minigrad.viz.race.surfaces import surface
from minigrad.viz.race.sweep import RATES, SIDE_BY_SIDE, Sweep, side_by_side, sweep

RAVINE = surface("ravine", kappa=10.0)
COURSE = Course(RAVINE, RAVINE.start, steps=150)


def tried(arrived, rates=None):
    rates = np.array(rates or [0.1 * 2**i for i in range(len(arrived))])
    return Sweep(rates, np.array(arrived, dtype=float), np.arange(len(arrived), dtype=float)[::-1], 100)


@pytest.mark.parametrize("kind", SIDE_BY_SIDE, ids=lambda kind: kind.__name__)
def test_rates_side_by_side_give_what_each_gives_alone(kind):
    """The optimizers' own step() against the sweep, which asks for directions alone."""
    entrant, rates = Entrant(kind), np.array([0.003, 0.03, 0.1])
    course = Course(surface("rosenbrock"), (-1.2, 1.0), steps=30, noise=0.1)
    for (found, run), degrees in zip(side_by_side(course, entrant, rates, (0.0, 30.0)), (0.0, 30.0)):
        alone = descend(course, entrant, found.best, degrees)
        np.testing.assert_allclose(run.points, alone.points[: len(run.points)], rtol=1e-6, atol=1e-9)


def test_the_best_rate_of_gradient_descent_is_the_one_of_theory():
    ((found, run),) = sweep(COURSE, *entrants("sgd"), (0.0,))
    assert found.best == pytest.approx(2 / 11, rel=0.07)
    assert run.arrived == found.arrived.min()
    assert found.band == pytest.approx(
        math.log10(2), abs=0.05
    )  # half the rate, twice the steps; just above it diverges


def test_the_band_ends_where_it_takes_more_than_twice_the_steps_or_does_not_arrive():
    assert tried([300, 199, 120, 100, math.inf, 100]).band == pytest.approx(2 * math.log10(2))


def test_of_equal_rates_the_middle_one_is_taken():
    assert tried([90, 50, 50, 50, 50, 50, 80]).place == 3


def test_a_rate_that_is_good_alone_was_lucky():
    found = tried([math.inf, 5, math.inf, 80, 70, 75])
    assert found.place == 4


def test_without_any_that_arrives_the_one_that_ends_lowest_is_taken():
    found = tried([math.inf] * 4)
    assert (found.place, found.band) == (3, None)


def test_rates_are_evenly_spread_from_1e_5_to_32():
    assert (RATES[0], RATES[-1], len(RATES)) == (pytest.approx(1e-5), pytest.approx(10**1.5), 209)


def test_an_optimizer_that_looks_at_the_whole_vector_is_tried_rate_by_rate():
    ((found, run),) = sweep(Course(RAVINE, RAVINE.start, steps=15), *entrants("muon(weight_decay=0.0)"), (45.0,))
    assert len(found.rates) < 60
    assert run.lr == found.best
