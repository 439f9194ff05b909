"""Where examples came from, in JSON's types, so that a later process can have the same ones again.

>>> data = examples_of({"kind": "bundled", "name": "moons", "seed": 0})
>>> data.name, len(data.train.x)
('moons', 800)
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.data.catalog import load
from minigrad.data.dataset import Dataset
from minigrad.data.own import from_csv, from_npz
from minigrad.errors import DataError


def bundled(name: str, seed: int) -> dict[str, Any]:
    """The source of a data set of :func:`load`; the seed decides the points of toy data."""
    return {"kind": "bundled", "name": name, "seed": seed}


def from_file(path: str | os.PathLike, options: dict[str, Any]) -> dict[str, Any]:
    """The source of a ``.npz`` file, or of a CSV file, read with the arguments of :func:`from_npz` or :func:`from_csv`.

    Raises :class:`~minigrad.errors.DataError` if the file cannot be read.
    """
    path = Path(path)
    kind = "npz" if path.suffix.lower() == ".npz" else "csv"
    return {"kind": kind, "path": str(path.absolute()), "sha256": _digest(path), "options": options}


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


def _from_file(source: dict[str, Any]) -> Dataset:
    path = Path(source["path"])
    if _digest(path) != source["sha256"]:
        raise DataError(f"{path} has changed since the run was begun: train again, under another name")
    read: Callable = from_npz if source["kind"] == "npz" else from_csv
    return read(path, **source["options"])


def _digest(path: Path) -> str:
    """The SHA-256 of a file. Raises DataError where there is none to read."""
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise DataError(f"{path} is no regular file: it must be one that can be read twice")
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError) as error:
        raise DataError(f"{str(path)!r:.200} cannot be read: {error}") from error


READERS = {"bundled": _bundled, "csv": _from_file, "npz": _from_file}
"""Kind of source -> its reader."""
