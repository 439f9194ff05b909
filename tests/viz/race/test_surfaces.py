import numpy as np
import pytest

import minigrad as mg
from minigrad.viz.race.surfaces import SURFACES, surface, turned

ALL = [surface(name) for name in SURFACES]
each = pytest.mark.parametrize("landscape", ALL, ids=list(SURFACES))


@each
def test_the_gradient_of_a_surface_is_that_of_finite_differences(landscape):
    at = np.random.default_rng(0).uniform(-1.5, 1.5, (7, 2))
    assert mg.gradcheck(lambda w: landscape(w, 30.0), at)
    assert mg.gradcheck(lambda w: np.sum(landscape(w)), at, order=2)


@each
def test_its_minima_are_where_it_says_and_as_low(landscape):
    for minimum in landscape.minima:
        at = mg.tensor(minimum)
        assert float(landscape(at).data) == pytest.approx(landscape.least, abs=1e-12)
        np.testing.assert_allclose(mg.grad(landscape)(at).data, 0, atol=1e-11)
        assert np.linalg.eigvalsh(mg.hessian(landscape)(at).data).min() > 0


@each
def test_nothing_in_the_picture_is_below_the_minimum(landscape):
    grid = np.random.default_rng(0).uniform(-landscape.reach, landscape.reach, (5000, 2)) + landscape.center
    assert landscape(grid).min() >= landscape.least


@each
def test_a_turned_surface_is_the_same_at_turned_points(landscape):
    assert landscape(turned(landscape.start, 77.0), 77.0) == pytest.approx(landscape(np.array(landscape.start)))


@each
def test_its_residuals_are_those_whose_squares_it_adds_up(landscape):
    at = np.array([[0.3, -0.7], [1.1, 0.4]])
    if landscape.residuals is None:
        with pytest.raises(ValueError, match="no sum of squares"):
            landscape.residuals_at(at)
    else:
        np.testing.assert_allclose(np.sum(landscape.residuals_at(at, 20.0) ** 2, axis=0) / 2, landscape(at, 20.0))


def test_the_curvatures_of_the_ravine_are_those_of_its_hessian():
    ravine = surface("ravine", kappa=30.0)
    hessian = mg.hessian(lambda w: ravine(w, 30.0))(mg.tensor([0.2, 0.1])).data
    np.testing.assert_allclose(np.linalg.eigvalsh(hessian), ravine.curvatures)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("bowl", {}, "there is no surface 'bowl': it is one of ravine, saddle"),
        ("saddle", {"kappa": 3}, "saddle has no kappa"),
        ("ravine", {"kappa": 0.5}, "a finite number from 1, got 0.5"),
        ("ravine", {"kappa": float("nan")}, "a finite number from 1, got nan"),
    ],
)
def test_what_is_no_surface_is_refused(name, options, message):
    with pytest.raises(ValueError, match=message):
        surface(name, **options)
