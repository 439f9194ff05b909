import numpy as np
import pytest

from minigrad.data import load
from minigrad.data.catalog import NAMES
from minigrad.errors import DataError


@pytest.mark.parametrize("name", NAMES)
def test_every_data_set_is_ready_to_train_on(name):
    data = load(name, rng=0)
    assert data.name == name
    assert data.note
    assert data.train.x.dtype == np.float64
    assert data.train.x.shape == (len(data.train.y), data.features)
    assert data.validation.x.shape == (len(data.validation.y), data.features)


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_decides_the_points_and_their_split(name):
    first, again = load(name, rng=5), load(name, rng=5)
    np.testing.assert_array_equal(first.train.x, again.train.x)
    np.testing.assert_array_equal(first.validation.y, again.validation.y)


def test_an_unknown_name_is_an_error_that_lists_the_known_ones():
    with pytest.raises(DataError, match=f"there is no data set 'digit': the known ones are {', '.join(NAMES)}"):
        load("digit")
