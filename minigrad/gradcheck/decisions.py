"""The discrete decisions a function takes on its way: where they change, its derivative does too.

>>> from minigrad import tensor
>>> from minigrad.modes import watch
>>> log = Decisions()
>>> with watch(log):
...     y = tensor([1.0, 2.0], requires_grad=True)[np.array([0, 0])]
>>> log.taken[0][0], len(log.taken)
('getitem', 1)
"""

import numpy as np

from minigrad.engine import Tensor


class Decisions:
    """A watcher of a forward pass: which ops ran, on which masks and indices, with which branches.

    It also notes the coarsest floating dtype it met: nothing downstream of it can be more accurate.
    """

    def __init__(self):
        self.taken: list[tuple] = []
        self.eps = float(np.finfo(float).eps)

    def forward(self, y: Tensor) -> None:
        """Write down one recorded node."""
        op = y.op
        arrays = [x.data if isinstance(x, Tensor) else x for x in y.args]
        branches = () if op.branches is None else np.add(op.branches(*arrays, **y.kwargs), 0.0).tobytes()  # no -0.0
        self.taken.append((op.name, branches, *filter(None, map(discrete, arrays))))
        if y.dtype.itemsize < 8:
            self.eps = max(self.eps, float(np.finfo(y.dtype).eps))

    def backward(self, y: Tensor, position: int, g, contribution) -> None:
        """Formulas take no decisions of their own."""


def discrete(x):
    """What is discrete in an argument, as something that can be compared: None for floating numbers."""
    if isinstance(x, (np.ndarray, np.generic)):
        return (x.shape, x.tobytes()) if x.dtype.kind in "biu" else None
    if isinstance(x, (tuple, list)):
        return tuple(filter(None, map(discrete, x)))
    return (x,) if isinstance(x, (bool, int)) else None
