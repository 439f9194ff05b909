"""What the properties are tried on: shapes that broadcast, arrays in every layout, and a derivative to compare with."""

import numpy as np
from hypothesis import strategies as st

import minigrad as mg

sides = st.integers(0, 3)
shapes = st.lists(st.integers(1, 3), max_size=3).map(tuple)
shapes_with_empty = st.lists(sides, max_size=3).map(tuple)
seeds = st.integers(0, 2**32 - 1)


def numbers(shape, seed, low=-2.0, high=2.0):
    """Numbers of this shape, away from 0 and from each other."""
    rng = np.random.default_rng(seed)
    values = rng.uniform(0.3, high, shape) if low > 0 else rng.uniform(low, high, shape)
    return np.asarray(values)


@st.composite
def broadcastable(draw, count: int = 2):
    """Shapes that broadcast: from the right, axes of a common shape are left out or made 1."""
    full = draw(shapes_with_empty)

    def part():
        kept = full[draw(st.integers(0, len(full))) :]
        return tuple(side if draw(st.booleans()) else 1 for side in kept)

    return [part() for _ in range(count)]


LAYOUTS = {
    "contiguous": lambda a: a.copy(),
    "Fortran": np.asfortranarray,
    "transposed": lambda a: np.ascontiguousarray(a.T).T,
    "negative strides": lambda a: np.flip(np.flip(a).copy()),
    "every other": lambda a: np.repeat(a[..., None], 2, axis=-1)[..., 0],
    "offset": lambda a: np.pad(a, [(1, 1)] * a.ndim)[tuple([slice(1, -1)] * a.ndim)],
    "foreign bytes": lambda a: a.astype(a.dtype.newbyteorder()),
    "zero strides": lambda a: np.broadcast_to(a[..., :1] if a.ndim else a, a.shape),
}
"""Ways to keep an array in memory. All hold its values, but for the last, which repeats some of them."""


def laid_out(array, layout: str, read_only: bool):
    """The array in this layout."""
    array = LAYOUTS[layout](array) if array.ndim else array  # a single number lies in one way
    if read_only:
        array = array.view()
        array.flags.writeable = False
    return array


def along(f, arrays, directions, step=1e-6):
    """The derivative of a function of arrays along these directions, by central differences."""

    def moved(by):
        return np.asarray(f(*[mg.tensor(a + by * d) for a, d in zip(arrays, directions)]).data)

    return (moved(step) - moved(-step)) / (2 * step)


def agrees_with_differences(f, *arrays, seed=0, tolerance=1e-6):
    """Whether f's gradients are of their operands' shapes, and as differences along a random direction have it."""
    rng = np.random.default_rng(seed)
    leaves = [mg.tensor(a, requires_grad=True) for a in arrays]
    y = f(*leaves)
    weights = rng.normal(size=y.shape)
    y.backward(weights)
    gradients = [np.zeros(x.shape) if x.grad is None else x.grad for x in leaves]
    assert [g.shape for g in gradients] == [np.shape(a) for a in arrays]
    directions = [rng.normal(size=np.shape(a)) for a in arrays]
    expected = np.sum(weights * along(f, arrays, directions))
    got = sum(np.sum(g * d) for g, d in zip(gradients, directions))
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance * (1 + np.sqrt(y.size)))
    return True
