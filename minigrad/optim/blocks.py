"""Small parameters side by side in one array: an algorithm that treats all elements alike moves them in one call.

A NumPy call costs a microsecond before it does anything, and a small network is a hundred small arrays. To the step
of an optimizer a block is what a parameter is. Its parameters, and what is remembered of them, are views of it.
"""

from collections.abc import Sequence
from itertools import accumulate
from operator import is_
from types import SimpleNamespace

import numpy as np

from minigrad.engine import Tensor, next_age
from minigrad.source import here

SMALL = 1 << 14
"""Larger parameters go alone: of them, gathering the gradients would cost more than the calls that it saves."""


class Block:
    """Parameters of one dtype, in one array."""

    def __init__(self, params: Sequence[Tensor]):
        self.params = params
        ends = list(accumulate(p.size for p in params))
        self.parts = [(end - p.size, end, p.shape) for p, end in zip(params, ends)]
        self.dtype = params[0].dtype
        self._views: list[np.ndarray] = []
        self._states: list[SimpleNamespace] = []
        self._gradient = np.empty(ends[-1], self.dtype)

    def is_of(self, params: Sequence[Tensor]) -> bool:
        """Whether these are the parameters of this block."""
        return _identical(params, self.params) and params[0].dtype == self.dtype

    def gathered(self, gradients: Sequence[np.ndarray]) -> np.ndarray:
        """The gradients of the parameters as one, in the same array each time."""
        return np.concatenate([g.ravel() for g in gradients], out=self._gradient)

    @property
    def data(self) -> np.ndarray:
        """All values, in an array of which the parameters are views unless somebody gave them others."""
        if not _identical([p._data for p in self.params], self._views):
            self._data, self._views = np.concatenate([p._data.ravel() for p in self.params]), []
        return self._data

    def mark_replaced(self) -> None:
        """Hand the new values on to the parameters."""
        self._views, now = self.split(self._data), (next_age(), here())
        for p, view in zip(self.params, self._views):
            p._data, p.version, p.replaced = view, p.version + 1, now

    def split(self, array: np.ndarray) -> list[np.ndarray]:
        """A view of the part of each parameter, in its shape."""
        return [array[start:end].reshape(shape) for start, end, shape in self.parts]

    def joint(self, states: list[SimpleNamespace]) -> SimpleNamespace:
        """The states of the parameters as one, of which theirs are views from now on."""
        if not _identical(states, self._states):
            self._states, names = states, vars(states[0]).keys() - {"step"}
            self._state = SimpleNamespace()
            for name in names:
                whole = np.concatenate([getattr(state, name).ravel() for state in states])
                setattr(self._state, name, whole)
                for state, part in zip(states, self.split(whole)):
                    setattr(state, name, part)
        self._state.step = states[0].step
        return self._state


def _identical(a: Sequence, b: Sequence) -> bool:
    return len(a) == len(b) and all(map(is_, a, b))
