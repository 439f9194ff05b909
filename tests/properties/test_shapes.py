"""Broadcasting, reducing, reshaping: each gradient has its operand's shape and is what differences say."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from tests.properties.strategies import agrees_with_differences, broadcastable, numbers, seeds, shapes_with_empty

BINARY = [np.add, np.subtract, np.multiply, np.divide, np.power, np.arctan2, np.hypot, np.logaddexp, np.maximum]
REDUCTIONS = [np.sum, np.mean, np.prod, np.max, np.min, np.var, np.std, mg.logsumexp, np.median]


@given(broadcastable(), st.sampled_from(BINARY), seeds)
def test_gradients_of_what_was_stretched_are_summed(pair, function, seed):
    x1, x2 = (numbers(shape, seed + i, 0.3, 2.0) for i, shape in enumerate(pair))
    assert agrees_with_differences(function, x1, x2, seed=seed)


@given(broadcastable(3), seeds)
def test_a_choice_between_stretched_operands_sends_each_its_share(triple, seed):
    mask, x1, x2 = (numbers(shape, seed + i) for i, shape in enumerate(triple))
    assert agrees_with_differences(lambda a, b: np.where(mask > 0, a, b), x1, x2, seed=seed)


@st.composite
def reductions(draw):
    """A shape and axes of it, negative or not, in any order, or None."""
    shape = draw(shapes_with_empty.filter(lambda shape: 0 not in shape))
    axes = draw(st.lists(st.sampled_from(range(len(shape))), unique=True)) if shape else []
    axes = [axis - len(shape) * draw(st.booleans()) for axis in axes]
    return shape, draw(st.sampled_from([None, tuple(axes), *axes[:1]])), draw(st.booleans())


@given(reductions(), st.sampled_from(REDUCTIONS), seeds)
def test_a_reduction_over_any_axes_is_numpys_and_its_gradient_right(case, function, seed):
    shape, axis, keepdims = case
    if function is np.median and isinstance(axis, tuple):
        axis = None
    x = numbers(shape, seed, 0.3, 2.0)
    value = function(mg.tensor(x), axis=axis, keepdims=keepdims)
    if function is not mg.logsumexp:
        expected = np.asarray(function(x, axis=axis, keepdims=keepdims))
        np.testing.assert_allclose(value.data, expected, rtol=1e-14)
    reduced = np.size(x) // max(value.size, 1)
    if function in (np.var, np.std) and reduced == 1:
        return  # constant: a kink of std
    assert agrees_with_differences(lambda t: function(t, axis=axis, keepdims=keepdims), x, seed=seed)


@given(shapes_with_empty, st.data(), seeds)
def test_what_only_moves_elements_moves_the_gradient_back(shape, data, seed):
    x = numbers(shape, seed)
    axes = data.draw(st.permutations(range(len(shape))))
    flat = data.draw(st.booleans())
    size = int(np.prod(shape))

    def moved(t):
        t = np.transpose(t, axes) if axes else t
        return np.reshape(t, (size,)) if flat else np.flip(t)

    leaf = mg.tensor(x, requires_grad=True)
    numbered = np.arange(size, dtype=float).reshape(shape)
    moved(leaf).backward(np.asarray(moved(mg.tensor(numbered)).data))
    np.testing.assert_array_equal(leaf.grad, numbered)  # each element's number comes back to it
