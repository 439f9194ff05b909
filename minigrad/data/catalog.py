"""Data sets by name: what ``minigrad train NAME`` can be trained on."""

import numpy as np

from minigrad.data import toy
from minigrad.data.dataset import Dataset, split
from minigrad.data.digits import digits
from minigrad.errors import DataError

TOYS = {draw.__name__: draw for draw in (toy.moons, toy.circles, toy.blobs, toy.spirals, toy.xor, toy.curves, toy.line)}
NAMES = ("digits", *TOYS)
"""Every name that :func:`load` knows."""


def load(name: str, *, rng=None) -> Dataset:
    """The data set of this name, split and scaled, ready to train on. Toy points are drawn, and split, from ``rng``.

    Raises :class:`~minigrad.errors.DataError` for an unknown name, and lists the known ones.

    >>> load("moons", rng=0).train.x.shape
    (800, 2)
    """
    if name == "digits":
        return digits()
    if name not in TOYS:
        raise DataError(f"there is no data set {name!r}: the known ones are {', '.join(NAMES)}")
    rng = np.random.default_rng(rng)
    x, y = TOYS[name](rng=rng)
    classes = int(y.max()) + 1 if y.dtype.kind == "i" else 0
    return split(name, x, y, classes=classes, rng=rng).standardized()
