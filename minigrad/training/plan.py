"""What is about to be trained, and what a check found of it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minigrad.data import Examples
from minigrad.nn import Module


class Check(NamedTuple):
    """What one check found, in words; where it did not pass, with the next move."""

    name: str
    passed: bool
    message: str

    def __str__(self):
        return f"{'✓' if self.passed else '✗'} {self.message}"


class Plan(NamedTuple):
    """What is about to be trained."""

    model: Module
    loss: Callable
    optimizer: Any
    examples: Examples
    batch_size: int
    parts: int
    drop_last: bool

    def first(self, rows: int) -> Examples:
        """The first examples of each class in turn, so that all classes are among them; else the first ones."""
        x, y = self.examples
        if y.dtype.kind in "iu" and y.ndim == 1:
            turn = np.empty(len(y), dtype=int)
            for label in np.unique(y):
                turn[y == label] = np.arange(np.count_nonzero(y == label))
            order = np.argsort(turn, kind="stable")[:rows]
            return Examples(x[order], y[order])
        return Examples(x[:rows], y[:rows])
