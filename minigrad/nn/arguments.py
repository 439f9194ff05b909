"""Arguments of layers, checked when the layer is made: a nonsense size would only be noticed much later."""

import math

import numpy as np


def size(name: str, value: int) -> int:
    """A whole number of at least 1, or ValueError.

    >>> size("in_features", 0)
    Traceback (most recent call last):
    ValueError: in_features must be a whole number of at least 1, not 0
    """
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}")
    return int(value)


def share(name: str, value: float) -> float:
    """A number from 0 to 1, or ValueError."""
    return _within(name, value, 1.0, "a number from 0 to 1")


def small(name: str, value: float) -> float:
    """A finite number of at least 0, or ValueError."""
    return _within(name, value, math.nextafter(math.inf, 0), "a finite number of at least 0")


def _within(name: str, value: float, most: float, wanted: str) -> float:
    if not isinstance(value, (int, float, np.number)) or isinstance(value, bool) or not 0 <= value <= most:
        raise ValueError(f"{name} must be {wanted}, not {value!r}")
    return value
