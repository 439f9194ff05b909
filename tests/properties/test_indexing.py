"""Any index: the gradient arrives where the elements were taken, as often as they were."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from tests.properties.strategies import numbers, seeds

slices = st.builds(slice, *[st.none() | st.integers(-4, 4)] * 2, st.none() | st.sampled_from([-2, -1, 1, 2]))


@st.composite
def indexed(draw):
    """A shape and an index into it."""
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
    count = draw(st.integers(1, 3))  # arrays of one index must have one length

    def part(side):
        inside = st.integers(-side, side - 1)
        return draw(
            inside
            | slices
            | st.lists(inside, min_size=count, max_size=count)
            | st.lists(inside, min_size=count, max_size=count).map(np.array)
        )

    parts = [part(side) for side in shape[: draw(st.integers(0, len(shape)))]]
    if draw(st.booleans()):
        parts.insert(draw(st.integers(0, len(parts))), None)
    if draw(st.booleans()) and len([p for p in parts if p is not None]) < len(shape):
        parts.append(Ellipsis)
    kinds = {
        "tuple": tuple(parts),
        "mask": np.random.default_rng(draw(seeds)).random(shape[: draw(st.integers(1, len(shape)))]) < 0.5,
    }
    return shape, kinds[draw(st.sampled_from(sorted(kinds)))]


@given(indexed(), seeds)
def test_elements_are_numpys_and_each_use_of_one_adds_its_gradient(case, seed):
    shape, index = case
    x = numbers(shape, seed)
    leaf = mg.tensor(x, requires_grad=True)
    y = leaf[index]
    np.testing.assert_array_equal(y.data, x[index])
    weights = np.random.default_rng(seed).normal(size=y.shape)
    y.backward(weights)
    expected = np.zeros(shape)
    np.add.at(expected, index, weights)
    np.testing.assert_allclose(leaf.grad, expected, rtol=1e-14, atol=1e-14)


@given(indexed(), seeds)
def test_an_assignment_without_the_tape_is_numpys_and_makes_old_graphs_stale(case, seed):
    shape, index = case
    x = numbers(shape, seed)
    t, expected = mg.tensor(x), x.copy()
    t[index] = 7.0
    expected[index] = 7.0
    np.testing.assert_array_equal(t.data, expected)


@given(st.integers(1, 4), st.integers(1, 4), st.data(), seeds)
def test_take_along_axis_with_repeats_adds_up(rows, columns, data, seed):
    x = numbers((rows, columns), seed)
    axis = data.draw(st.sampled_from([0, 1, -1]))
    chosen = np.random.default_rng(seed).integers(0, x.shape[axis], (rows, columns) if axis else (3, columns))
    leaf = mg.tensor(x, requires_grad=True)
    y = np.take_along_axis(leaf, chosen, axis)
    y.sum().backward()
    expected = np.zeros_like(x)
    for place in np.ndindex(chosen.shape):
        source = list(place)
        source[axis] = chosen[place]
        expected[tuple(source)] += 1
    np.testing.assert_array_equal(leaf.grad, expected)
