import numpy as np
import pytest

from minigrad import optim
from minigrad.viz.race.descent import Course, descend
from minigrad.viz.race.entrants import Entrant, entrants
from minigrad.viz.race.surfaces import surface, turned

RAVINE = surface("ravine", kappa=10.0)
COURSE = Course(RAVINE, RAVINE.start)
(SGD,) = entrants("sgd")


def test_gradient_descent_goes_where_the_closed_form_says():
    run = descend(COURSE, SGD, lr=0.15)
    steps = np.arange(run.steps + 1)[:, None]
    np.testing.assert_allclose(run.points, RAVINE.start * (1 - 0.15 * np.array([1.0, 10.0])) ** steps, atol=1e-12)
    assert run.heights[run.arrived] <= COURSE.goal < run.heights[run.arrived - 1]
    assert (run.outcome, run.steps, run.evaluations) == ("arrived", run.arrived + COURSE.hold - 1, run.arrived)


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov", "newton", "newton-cg", "gaussnewton"])
def test_turning_the_landscape_turns_the_path_of_what_does_not_look_at_axes(name):
    (entrant,) = entrants(name)
    lr = None if entrant.lr else 0.05
    straight, oblique = (descend(COURSE, entrant, lr, degrees) for degrees in (0.0, 33.0))
    assert straight.arrived == oblique.arrived
    np.testing.assert_allclose(oblique.points, [turned(point, 33.0) for point in straight.points], atol=1e-9)


@pytest.mark.parametrize(
    "name", ["muon", "lamb", "SAM(sgd)", "Lookahead(adam)", "rprop", "l-bfgs", "levenbergmarquardt"]
)
def test_the_others_get_nearer_too(name):
    (entrant,) = entrants(name)
    run = descend(Course(RAVINE, RAVINE.start, steps=60), entrant, None if entrant.lr else 0.05, 45.0)
    assert run.heights.min() < run.heights[0] / 10


def test_a_path_that_only_crosses_the_minimum_has_not_arrived():
    run = descend(Course(RAVINE, (1.0, 0.0), steps=40), Entrant(optim.SGD), lr=1.999)
    assert (run.outcome, run.arrived) == ("not arrived", None)


def test_a_rate_that_is_too_large_diverges_and_every_number_stays_finite():
    run = descend(COURSE, SGD, lr=0.3)
    assert (run.outcome, run.arrived) == ("diverged", None)
    assert np.isfinite(run.points).all()
    assert RAVINE.is_on(run.points).all()


def test_newton_settles_on_a_saddle():
    saddle = surface("saddle")
    run = descend(Course(saddle, saddle.start), *entrants("newton"))
    assert run.outcome == "settled"
    np.testing.assert_allclose(run.points[-1], 0, atol=1e-12)


def test_an_optimizer_that_raises_has_stopped_and_says_why():
    class Broken(optim.SGD):
        def direction(self, g, p, state, h, out):
            raise ValueError("out of order")

    run = descend(COURSE, Entrant(Broken), lr=0.1)
    assert (run.outcome, run.reason, run.steps) == ("stopped", "out of order", 0)


def test_noise_is_what_is_added_to_the_gradient_and_the_same_for_all():
    noisy = Course(RAVINE, RAVINE.start, steps=3, noise=0.5, seed=7)
    run = descend(noisy, SGD, lr=0.1)
    expected = [np.array(RAVINE.start)]
    for tilt in noisy.tilts:
        expected.append(expected[-1] - 0.1 * (np.array([1.0, 10.0]) * expected[-1] + tilt))
    np.testing.assert_allclose(run.points, expected)
    assert np.std(Course(RAVINE, RAVINE.start, noise=0.5).tilts) == pytest.approx(0.5, rel=0.05)


@pytest.mark.parametrize("start", [(0.0, 0.0), (50.0, 0.0), (float("nan"), 1.0)])
def test_a_race_cannot_start_at_the_minimum_or_elsewhere(start):
    with pytest.raises(ValueError, match="start"):
        Course(RAVINE, start)
