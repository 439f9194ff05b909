"""Small parameters side by side in one array: an algorithm that treats all elements alike moves them in one call.

A NumPy call costs a microsecond before it does anything, and a small network is a hundred small arrays. To the step
of an optimizer a block is what a parameter is. Its parameters, and what is remembered of them, are views of it.
Large parameters go alone, in pieces that stay in the processor's cache.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from operator import attrgetter, is_
from sys import getrefcount
from types import SimpleNamespace

import numpy as np

from minigrad.arrays import is_unshared
from minigrad.engine import Tensor, replacement
from minigrad.source import here

_grad, _values, _shape = attrgetter("grad"), attrgetter("_data"), attrgetter("shape")
_ARRAYS = {np.ndarray}

SMALL = 1 << 14
"""Larger parameters go alone: of them, gathering the gradients would cost more than the calls that it saves."""

PIECE = 1 << 16
"""How many elements are moved at once: with all that is remembered of them they fit a cache of the second level."""


class Block:
    """Parameters of one dtype that have taken the same number of steps, in one array."""

    def __init__(self, params: Sequence[Tensor]):
        self.params, self.dtype = params, params[0].dtype
        self.shapes = [p.shape for p in params]
        ends = list(accumulate(p.size for p in params))
        self.parts = [(end - p.size, end, p.shape) for p, end in zip(params, ends)]
        self._gradient = np.empty(ends[-1], self.dtype)
        self._data = self._gradient
        self._views: list[np.ndarray] = []
        self._spare: tuple[np.ndarray, list[np.ndarray]] | None = None
        self._states: list[SimpleNamespace] = []

    def gathered(self) -> np.ndarray | None:
        """The gradients of the parameters as one, in the same array each time; None where they do not fit in."""
        gradients = [*map(_grad, self.params)]
        if {*map(type, gradients)} != _ARRAYS or [*map(_shape, gradients)] != self.shapes:
            return None
        if self.params[0]._data.dtype != self.dtype:
            return None
        try:
            return np.concatenate(gradients, None, self._gradient, casting="no")
        except TypeError:  # one has another dtype
            return None

    @property
    def data(self) -> np.ndarray:
        """All values, in an array of which the parameters are views unless somebody gave them others."""
        if not identical([*map(_values, self.params)], self._views):
            self._data, self._views = np.concatenate([p._data for p in self.params], axis=None), []
        return self._data

    def scratch(self) -> np.ndarray:
        """An array to write the new values to."""
        if self._spare is None:
            array = np.empty_like(self._data)
            self._spare = array, self.split(array)
        return self._spare[0]

    def replace_data(self, new: np.ndarray) -> None:
        """Hand these values on to the parameters. The old array serves next time, unless somebody has kept a part."""
        old, old_views = self._data, self._views
        assert self._spare is not None
        assert new is self._spare[0]
        self._data, self._views = self._spare
        now = replacement(here())
        for p, view in zip(self.params, self._views):
            p._data, p.replaced = view, now
        self._spare = (old, old_views) if old_views and _nobody_else_holds(old, old_views) else None

    def split(self, array: np.ndarray) -> list[np.ndarray]:
        """A view of the part of each parameter, in its shape."""
        return [array[start:end].reshape(shape) for start, end, shape in self.parts]

    def joint(self, states: list[SimpleNamespace]) -> SimpleNamespace:
        """The states of the parameters as one, of which theirs are views from now on."""
        if not identical(states, self._states):
            self._states, names = states, vars(states[0]).keys() - {"step"}
            self._state = SimpleNamespace()
            for name in names:
                whole = np.concatenate([getattr(state, name) for state in states], axis=None)
                setattr(self._state, name, whole)
                for state, part in zip(states, self.split(whole)):
                    setattr(state, name, part)
        self._state.step = states[0].step
        return self._state


def pieces(state: SimpleNamespace, *arrays: np.ndarray) -> Iterator[tuple]:
    """The state and the arrays cut alike into pieces, as views."""
    flat = [array.reshape(-1) for array in arrays]
    remembered = {name: value.reshape(-1) for name, value in vars(state).items() if name != "step"}
    for start in range(0, flat[0].size, PIECE):
        part = slice(start, start + PIECE)
        yield (
            SimpleNamespace(step=state.step, **{name: value[part] for name, value in remembered.items()}),
            *(array[part] for array in flat),
        )


def identical(a: Sequence, b: Sequence) -> bool:
    """Whether both hold the same objects."""
    return len(a) == len(b) and all(map(is_, a, b))


def _nobody_else_holds(array: np.ndarray, views: list[np.ndarray]) -> bool:
    """Whether one local variable of the caller and its views alone hold this array, and one list alone the views."""
    return max(map(getrefcount, views)) == _IN_A_LIST and is_unshared(array, len(views) + 1)


_IN_A_LIST = max(map(getrefcount, [np.empty(0)]))
