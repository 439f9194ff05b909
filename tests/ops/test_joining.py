import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import ShapeError, UnsupportedError


def test_concatenate_carries_lists_and_arrays_along():
    t = mg.tensor([1.0, 2.0], requires_grad=True)
    y = np.concatenate([[5.0], t, np.zeros(2)])
    y.backward(np.arange(5.0))
    assert y.tolist() == [5, 1, 2, 0, 0]
    assert t.grad.tolist() == [1, 2]


def test_concatenate_says_which_of_the_arrays_does_not_fit():
    t = mg.tensor(np.ones((2, 3)))
    with pytest.raises(ShapeError, match=r"concatenate of shapes \(2, 3\) and \(2, 2\): .*array at index 1 has size 2"):
        np.concatenate([t, np.ones((2, 2))])


def test_split_that_cannot_be_equal_says_what_to_use():
    with pytest.raises(ShapeError, match=r"axis 0 of shape \(3,\) cannot be cut into 2 equal parts: use array_split"):
        np.split(mg.tensor(np.ones(3)), 2)


def test_split_into_no_parts_is_refused():
    with pytest.raises(ShapeError, match="1 part or more, not into 0"):
        np.split(mg.tensor(np.ones(3)), 0)


def test_vsplit_of_a_vector_is_refused():
    with pytest.raises(ShapeError, match="no rows to cut between: use split"):
        np.vsplit(mg.tensor(np.ones(4)), 2)


def test_split_takes_overlapping_and_late_indices_as_numpy_does():
    x = np.arange(6.0)
    for ours, numpys in zip(np.split(mg.tensor(x), [3, 1, 9]), np.split(x, [3, 1, 9]), strict=True):
        assert ours.tolist() == numpys.tolist()


def test_pad_with_a_mode_that_computes_is_refused():
    with pytest.raises(UnsupportedError, match="mode='mean' has no derivative rule: use constant, edge"):
        np.pad(mg.tensor([1.0, 2.0]), 1, mode="mean")


def test_crop_undoes_pad():
    x = np.random.default_rng(0).standard_normal((2, 3))
    assert np.array_equal(mg.crop(np.pad(x, ((1, 0), (2, 3))), ((1, 0), (2, 3))), x)


def test_the_gradient_of_tile_by_zero_is_zero():
    t = mg.tensor([1.0, 2.0], requires_grad=True)
    np.tile(t, 0).sum().backward()
    assert t.grad.tolist() == [0, 0]


@pytest.mark.parametrize("join", [mg.concatenate, mg.stack])
def test_there_must_be_something_to_join(join):
    with pytest.raises(ValueError, match="at least one"):
        join([])
