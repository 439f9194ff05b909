"""Where examples came from, in JSON's types, so that a later process can have the same ones again.

>>> data = examples_of({"kind": "bundled", "name": "moons", "seed": 0})
>>> data.name, len(data.train.x)
('moons', 800)
"""

from typing import Any

import numpy as np

from minigrad.data.catalog import load
from minigrad.data.dataset import Dataset
from minigrad.errors import DataError


def bundled(name: str, seed: int) -> dict[str, Any]:
    """The source of a data set of :func:`load`; the seed decides the points of toy data."""
    return {"kind": "bundled", "name": name, "seed": seed}


def examples_of(source: dict[str, Any]) -> Dataset:
    """The data set that a source describes.

    Raises :class:`~minigrad.errors.DataError` where it cannot be had, or is not what it was.
    """
    try:
        return READERS[source["kind"]](source)
    except (KeyError, TypeError) as error:
        raise DataError(f"{source!r:.80} describes no data: {type(error).__name__}: {error}") from error


def _bundled(source: dict[str, Any]) -> Dataset:
    seed = source["seed"]
    if type(seed) is not int or seed < 0:
        raise DataError(f"a seed is a whole number from 0, not {seed!r:.40}")
    (rng,) = np.random.default_rng(seed).spawn(1)
    return load(source["name"], rng=rng)


READERS = {"bundled": _bundled}
"""Kind of source -> its reader."""
