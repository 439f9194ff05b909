import numpy as np
import pytest

from minigrad.data import Dataset, Examples, split
from minigrad.errors import DataError


def rows(n):
    return np.arange(float(n))[:, None], np.arange(float(n))[:, None]


def test_a_split_keeps_every_row_exactly_once_and_with_its_target():
    data = split("rows", *rows(50), rng=3)
    x, y = np.concatenate([data.train.x, data.validation.x]), np.concatenate([data.train.y, data.validation.y])
    assert len(data.validation.x) == 10
    np.testing.assert_array_equal(x, y)
    np.testing.assert_array_equal(np.sort(x, axis=0), rows(50)[0])


def test_the_same_seed_gives_the_same_split_and_another_seed_another():
    first, again, other = (split("rows", *rows(50), rng=seed).validation.x for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("validation", [0, 1, -1, float("nan"), 0.001])
def test_a_split_that_leaves_a_part_empty_is_refused(validation):
    with pytest.raises(DataError, match="leaves one part empty: write a fraction between 0 and 1"):
        split("rows", *rows(10), validation=validation)


def test_one_row_cannot_be_split():
    with pytest.raises(DataError, match="of 1 rows leaves one part empty"):
        split("rows", *rows(1))


def test_targets_that_are_too_few_are_refused():
    part = Examples(np.zeros((3, 2)), np.zeros(2, dtype=int))
    with pytest.raises(DataError, match="short needs one target for each input and at least one, got 2 for 3"):
        Dataset("short", part, part, classes=2)


def test_standardized_features_have_mean_0_and_deviation_1_over_the_training_part_alone():
    data = split("rows", *rows(50), rng=0)
    scaled = data.standardized()
    np.testing.assert_allclose(scaled.train.x.mean(axis=0), 0, atol=1e-15)
    np.testing.assert_allclose(scaled.train.x.std(axis=0), 1)
    expected = (data.validation.x - data.train.x.mean()) / data.train.x.std()
    np.testing.assert_allclose(scaled.validation.x, expected)


def test_a_constant_feature_is_standardized_to_0_not_to_nan():
    data = split("flat", np.full((10, 1), 7.0), np.zeros((10, 1)), rng=0).standardized()
    assert not data.train.x.any()


def test_a_change_of_dtype_leaves_class_numbers_integers_and_converts_real_targets():
    classes = split("classes", rows(10)[0], np.arange(10), classes=10, rng=0).astype("float32")
    values = split("values", *rows(10), rng=0).astype("float32")
    assert classes.train.x.dtype == values.train.y.dtype == np.float32
    assert classes.validation.y.dtype.kind == "i"


def test_a_model_answers_with_one_number_for_each_class_or_value():
    assert split("classes", rows(10)[0], np.arange(10) % 3, classes=3, rng=0).outputs == 3
    assert split("values", rows(10)[0], np.zeros((10, 2)), rng=0).outputs == 2
