import json

import numpy as np
import pytest

from minigrad.viz.facts import facts, strip


def test_up_to_six_by_six_numbers_are_kept_in_full():
    x = np.random.default_rng(0).standard_normal((6, 6))
    assert facts(x)["values"] == x.tolist()


def test_of_a_larger_array_the_first_numbers_are_kept_in_four_digits():
    x = np.random.default_rng(0).standard_normal((64, 16))
    np.testing.assert_allclose(facts(x)["values"], x[:6, :6], rtol=5e-4)
    assert facts(x)["mean"] == np.mean(x)
    assert facts(x)["norm"] == np.sqrt(np.sum(x**2))


@pytest.mark.parametrize(
    "x",
    [np.full((2, 2), np.nan), np.array([np.inf, 1.0]), np.zeros((0, 3)), np.array([True, False]), np.arange(5),
     np.full(3, 1e308), np.ones((2, 3, 4, 5)), np.array(3), np.array(True)],
    ids=str,
)  # fmt: skip
def test_whatever_is_in_an_array_it_is_json(x):
    json.dumps(facts(x), allow_nan=False)


def test_a_strip_shows_sign_and_size_of_the_means_of_columns():
    x = np.array([[0.0, 2.0, -1.0], [0.0, 2.0, -1.0]])
    assert strip(x) == [0, 9, -4]
    assert len(strip(np.ones(1000))) == 24
