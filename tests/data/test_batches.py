import numpy as np
import pytest

from minigrad.data import Batches, Examples
from minigrad.errors import DataError

ROWS = Examples(np.arange(10.0)[:, None], np.arange(10))


def test_a_pass_visits_every_row_once_with_its_target():
    visited = [(float(x), y) for xs, ys in Batches(ROWS, 3, rng=0) for (x,), y in zip(xs, ys, strict=True)]
    assert sorted(visited) == [(float(i), i) for i in range(10)]


def test_the_seed_decides_the_order_of_every_pass():
    def order(seed):
        batches = Batches(ROWS, 4, rng=seed)
        return [y.tolist() for _ in range(3) for _, y in batches]

    assert order(0) == order(0) != order(1)


def test_two_passes_differ():
    batches = Batches(ROWS, 10, rng=0)
    assert next(iter(batches)).y.tolist() != next(iter(batches)).y.tolist()


def test_without_shuffling_the_rows_come_in_order():
    assert [y.tolist() for _, y in Batches(ROWS, 4, shuffle=False)] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_drop_last_leaves_out_the_short_batch():
    batches = Batches(ROWS, 4, rng=0, drop_last=True)
    assert [len(y) for _, y in batches] == [4, 4]
    assert len(batches) == 2


@pytest.mark.parametrize("size", [1, 3, 5, 10, 11])
def test_the_length_is_the_number_of_batches(size):
    batches = Batches(ROWS, size)
    assert len(batches) == len(list(batches))


@pytest.mark.parametrize("size", [0, -1])
def test_a_size_below_1_is_refused(size):
    with pytest.raises(DataError, match=f"a batch of {size} rows teaches nothing: write a size of 1 or more"):
        Batches(ROWS, size)


def test_too_few_rows_for_one_whole_batch_is_an_error_rather_than_training_on_nothing():
    with pytest.raises(DataError, match=r"10 rows do not fill one batch of 11, and drop_last=True"):
        Batches(ROWS, 11, drop_last=True)


def test_a_batch_is_a_copy_so_that_changing_it_leaves_the_data_alone():
    next(iter(Batches(ROWS, 10, shuffle=False))).x[:] = -1
    assert ROWS.x.min() == 0
