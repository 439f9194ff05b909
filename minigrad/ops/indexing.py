"""Elements picked out of an array, and put back: what is picked twice receives two gradients."""

import numpy as np

from minigrad.declare import op
from minigrad.methods import ArrayMethods
from minigrad.samples import call, real

_BASIC = (int, np.integer, slice, type(None), type(Ellipsis))


@op(
    ArrayMethods.__getitem__,
    x=lambda g, y, x, index: scatter(g, index, x.shape),
    samples=[
        call(real(4, 3), 1),
        call(real(4, 3), (slice(None, None, -2), None, Ellipsis, -1)),
        call(real(4, 3), np.array([0, 0, 2])),
        call(real(4, 3), (slice(1, 3), np.array([[2, 0], [-1, 2]]))),
        call(real(2, 2), np.array([[True, False], [True, True]])),
        call(real(0, 3), slice(None)),
        call(real(), ()),
    ],
    complex_ok=True,
)
def getitem(x, index):
    """y = x[index],  dL/dx = g put back at ``index``. Every index of NumPy: basic, fancy, boolean and mixed."""
    return x[index]


@op(
    values=lambda g, y, values, index, shape: g[index],
    samples=[
        call(real(3), 1, (4, 3)),
        call(real(2, 3), slice(None, None, -2), (4, 3)),
        call(real(3, 2), np.array([0, 0, 2]), (4, 2)),
        call(real(3), np.array([[True, False], [True, True]]), (2, 2)),
    ],
    complex_ok=True,
)
def scatter(values, index, shape):
    """Zeros of this ``shape``, with the ``values`` added at ``index``: the adjoint of ``x[index]``."""
    y = np.zeros(shape, values.dtype, like=values)
    parts = index if isinstance(index, tuple) else (index,)
    if all(isinstance(part, _BASIC) for part in parts):
        y[index] = values
    else:
        np.add.at(y, index, values)
    return y
