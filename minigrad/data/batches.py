"""Mini-batches: the rows of a data set, a few at a time, in an order that the seed decides."""

from collections.abc import Iterator
from operator import index

import numpy as np

from minigrad.data.dataset import Examples
from minigrad.errors import DataError


class Batches:
    """Mini-batches of ``examples``: every pass visits every row once, in a new random order.

    ``drop_last`` leaves out a last batch with fewer than ``size`` rows; ``shuffle=False`` keeps the rows in order.
    The order of the n-th pass depends on ``rng`` alone. Raises :class:`~minigrad.errors.DataError` when a batch
    would be empty.

    >>> rows = Examples(np.arange(5.0)[:, None], np.arange(5))
    >>> batches = Batches(rows, 2, rng=0)
    >>> [y.tolist() for x, y in batches], [y.tolist() for x, y in batches]
    ([[2, 4], [3, 0], [1]], [[4, 1], [2, 0], [3]])
    """

    def __init__(self, examples: Examples, size: int, *, rng=None, shuffle: bool = True, drop_last: bool = False):
        self.examples, self.size = examples, index(size)
        self.shuffle, self.drop_last, self.rng = shuffle, drop_last, np.random.default_rng(rng)
        if self.size < 1:
            raise DataError(f"a batch of {size} rows teaches nothing: write a size of 1 or more, such as 32")
        if not len(self):
            raise DataError(
                f"{len(examples.x)} rows do not fill one batch of {size}, and drop_last=True drops the rest: "
                "choose a smaller size, or drop_last=False"
            )

    def __len__(self) -> int:
        """The number of batches in one pass: optimizer steps per epoch."""
        whole, rest = divmod(len(self.examples.x), self.size)
        return whole + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[Examples]:
        rows = len(self.examples.x)
        order = self.rng.permutation(rows) if self.shuffle else np.arange(rows)
        for start in range(0, len(self) * self.size, self.size):
            chosen = order[start : start + self.size]
            yield Examples(self.examples.x[chosen], self.examples.y[chosen])
