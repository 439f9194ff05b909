import numpy as np

from minigrad.data import digits
from minigrad.data.digits import occurrence
from tests.conftest import require


def test_the_digits_are_the_scans_that_scikit_learn_bundles():
    datasets = require("sklearn.datasets", "pip install scikit-learn")
    bunch, data = datasets.load_digits(), digits()
    aside = occurrence(bunch.target) % 5 == 4
    np.testing.assert_array_equal(data.train.x, bunch.data[~aside] / 16)
    np.testing.assert_array_equal(data.validation.x, bunch.data[aside] / 16)
    np.testing.assert_array_equal(data.train.y, bunch.target[~aside])
    np.testing.assert_array_equal(data.validation.y, bunch.target[aside])


def test_there_are_1797_scans_with_pixels_from_0_to_1():
    data = digits()
    x = np.concatenate([data.train.x, data.validation.x])
    assert x.shape == (1797, 64)
    assert x.min() == 0.0
    assert x.max() == 1.0


def test_every_fifth_scan_of_each_digit_is_kept_aside():
    data = digits()
    learnt, aside = np.bincount(data.train.y), np.bincount(data.validation.y)
    np.testing.assert_array_equal(aside, (learnt + aside) // 5)


def test_no_scan_is_both_learnt_from_and_judged_by():
    data = digits()
    learnt = {row.tobytes() for row in data.train.x}
    assert not any(row.tobytes() in learnt for row in data.validation.x)
