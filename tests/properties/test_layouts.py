"""How an array lies in memory changes nothing, and nobody writes to it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from tests.properties.strategies import LAYOUTS, laid_out, numbers, seeds, shapes

USES = {
    "as a leaf": lambda a, w: mg.tensor(a, requires_grad=True),
    "beside one": lambda a, w: w * a,
    "as a divisor": lambda a, w: w / (a * a + 1),
    "as data": lambda a, w: _with_data(a),
}
FUNCTIONS = [
    lambda t: np.tanh(t).sum(),
    lambda t: (t.reshape(-1) * np.arange(t.size)).sum(),
    lambda t: (t.T @ np.ones(t.shape[0]) if t.ndim == 2 else t).sum(),
    lambda t: mg.logsumexp(t) + np.max(t),
    lambda t: (mg.softmax(np.atleast_1d(t), axis=0) ** 2).sum(),
]


def _with_data(a):
    t = mg.tensor(np.zeros(a.shape), requires_grad=True)
    t.data = a
    return t


@given(shapes, st.sampled_from(sorted(LAYOUTS)), st.booleans(), st.sampled_from(sorted(USES)), st.data(), seeds)
def test_value_and_gradient_are_those_of_a_contiguous_copy(shape, layout, read_only, use, data, seed):
    function = data.draw(st.sampled_from(FUNCTIONS))
    array = laid_out(numbers(shape, seed), layout, read_only)
    before = array.copy()
    results = []
    for given_array in (array, np.array(array, dtype=float, order="C")):
        w = mg.tensor(numbers(shape, seed + 1), requires_grad=True)
        t = USES[use](given_array, w)
        t.retain_grad()
        y = function(t)
        y.backward()
        results.append((y.item(), t.grad, w.grad))
        assert t.grad.flags.writeable
        assert t.grad.dtype == np.float64
    for one, other in zip(*results):
        np.testing.assert_allclose(
            np.zeros(shape) if one is None else one, np.zeros(shape) if other is None else other, rtol=1e-13, atol=1e-14
        )
    np.testing.assert_array_equal(array, before)


@given(shapes, st.sampled_from(sorted(LAYOUTS)), st.sampled_from(FUNCTIONS), seeds)
def test_a_gradient_that_is_passed_in_may_lie_in_memory_as_it_likes(shape, layout, function, seed):
    leaf = mg.tensor(numbers(shape, seed), requires_grad=True)
    arriving = laid_out(numbers(shape, seed + 1), layout, read_only=True)
    (leaf * 2).backward(arriving)
    np.testing.assert_array_equal(leaf.grad, 2 * arriving)
    leaf.grad[...] = 0  # it is the caller's own
