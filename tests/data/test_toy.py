import numpy as np
import pytest

from minigrad.data import blobs, circles, curves, line, moons, spirals, xor
from minigrad.errors import DataError

CLASSIFIED = [moons, circles, blobs, spirals, xor]
FITTED = [curves, line]


def radius(x):
    return np.hypot(x[:, 0], x[:, 1])


@pytest.mark.parametrize("draw", CLASSIFIED + FITTED)
def test_the_seed_decides_every_point(draw):
    (x, y), (again, labels), (other, _) = draw(40, rng=0), draw(40, rng=0), draw(40, rng=1)
    np.testing.assert_array_equal(x, again)
    np.testing.assert_array_equal(y, labels)
    assert not np.array_equal(x, other)


@pytest.mark.parametrize("draw", CLASSIFIED)
def test_classes_are_balanced_integers_from_0_in_random_order(draw):
    x, y = draw(60, rng=0)
    assert x.shape == (60, 2)
    assert y.dtype.kind == "i"
    assert len(set(np.bincount(y))) == 1
    assert not np.array_equal(y, draw(60, rng=1)[1])


@pytest.mark.parametrize("draw", CLASSIFIED + FITTED)
def test_too_few_points_are_refused(draw):
    with pytest.raises(DataError, match="points are too few: write n="):
        draw(0)


@pytest.mark.parametrize("draw", CLASSIFIED)
def test_noise_is_the_standard_deviation_of_what_is_added(draw):
    clean, _ = draw(4000, noise=0, rng=0)
    noisy, _ = draw(4000, noise=0.3, rng=0)
    np.testing.assert_allclose((noisy - clean).std(), 0.3, rtol=0.05)


def test_clean_moons_lie_on_two_half_circles():
    x, y = moons(100, noise=0, rng=0)
    np.testing.assert_allclose(radius(x[y == 0]), 1)
    np.testing.assert_allclose(radius(x[y == 1] - [1, 0.5]), 1)
    assert x[y == 0, 1].min() >= 0
    assert x[y == 1, 1].max() <= 0.5


def test_clean_circles_have_their_radii():
    x, y = circles(100, noise=0, factor=0.25, rng=0)
    np.testing.assert_allclose(radius(x), np.where(y == 0, 1, 0.25))


def test_clean_blobs_sit_on_their_centres():
    x, y = blobs(40, classes=4, noise=0, rng=0)
    np.testing.assert_allclose(x, np.array([[2, 0], [0, 2], [-2, 0], [0, -2]])[y], atol=1e-12)


def test_clean_spiral_arms_differ_by_a_rotation():
    x, y = spirals(100, classes=2, turns=1, noise=0, rng=0)
    unwound = np.arctan2(x[:, 1], x[:, 0]) - 2 * np.pi * radius(x) - np.pi * y
    np.testing.assert_allclose(np.cos(unwound), 1)


def test_the_class_of_a_clean_xor_point_is_whether_its_signs_differ():
    x, y = xor(100, noise=0, rng=0)
    np.testing.assert_array_equal(y, x[:, 0] * x[:, 1] < 0)


def test_clean_curves_and_lines_are_their_formulas():
    x, y = curves(20, noise=0, rng=0)
    np.testing.assert_allclose(y, np.concatenate([np.sin(np.pi * x), x * x], axis=1))
    x, y = line(20, slope=3, intercept=5, noise=0, rng=0)
    np.testing.assert_allclose(y, 3 * x + 5)
