import math

import pytest

from minigrad.viz.race.surfaces import ravine, surface
from minigrad.viz.race.theory import best_entrants, measured_rate, rates, spectral_radius


@pytest.mark.parametrize("kappa", [4.0, 100.0])
def test_measured_rates_are_those_of_theory_within_5_percent(kappa):
    """Gradient descent (k - 1)/(k + 1), heavy ball (sqrt k - 1)/(sqrt k + 1), Nesterov 1 - 2/sqrt(3k + 1)."""
    landscape = ravine(kappa)
    descent, heavy, nesterov = rates(landscape, landscape.start)
    assert descent.predicted == (kappa - 1) / (kappa + 1)
    assert heavy.predicted == (math.sqrt(kappa) - 1) / (math.sqrt(kappa) + 1)
    assert nesterov.predicted == 1 - 2 / math.sqrt(3 * kappa + 1)
    assert max(rate.error for rate in (descent, heavy, nesterov)) < 0.05
    assert descent.error < 1e-9


def test_the_rates_of_theory_are_spectral_radii():
    landscape = ravine(50.0)
    for rate, entrant in zip(rates(landscape, landscape.start), best_entrants(landscape)):
        assert spectral_radius(landscape.curvatures, **entrant.options) == pytest.approx(rate.predicted, rel=1e-6)


def test_no_other_parameters_are_better():
    for entrant in best_entrants(ravine(50.0)):
        best = spectral_radius((1.0, 50.0), **entrant.options)
        for option in entrant.options.keys() & {"lr", "momentum"}:
            for factor in (0.95, 1.05):
                changed = entrant.options | {option: factor * entrant.options[option]}
                assert spectral_radius((1.0, 50.0), **changed) > best


def test_the_measured_rate_of_other_parameters_is_their_spectral_radius():
    landscape = ravine(20.0)
    (entrant, *_) = best_entrants(landscape)
    slow = type(entrant)(entrant.kind, {"lr": 0.03, "momentum": 0.5})
    assert measured_rate(landscape, slow, landscape.start, 0.95) == pytest.approx(
        spectral_radius((1.0, 20.0), 0.03, 0.5), rel=0.01
    )


def test_other_surfaces_have_no_theory():
    assert rates(surface("beale"), (1.0, 1.0)) == []
