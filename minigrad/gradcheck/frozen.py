"""What a right gradient does not see stays as it is while a function is varied: detached values and surrogates.

``x * x.detach()`` has the gradient ``x.detach()``; if both factors moved, finite differences would show twice that,
and every target network would be accused. A declared surrogate, as a straight-through estimator, is taken at its
word: in place of the function, its linear part is varied, which is what its formula says of it.
"""

import numpy as np

from minigrad.engine import Tensor

MOST_OUTPUTS = 256
"""Up to so many outputs a surrogate may mix its elements; one of more is kept as it is if it does."""


class Frozen:
    """A watcher that remembers, of the first run, what left the tape and what surrogates answered, and repeats it."""

    def __init__(self):
        self.values: list[np.ndarray] = []
        self.surrogates: list[tuple] = []
        self.complete, self._values, self._surrogates = False, 0, 0

    def begin(self) -> None:
        """Another run starts."""
        self.complete = self.complete or self._values + self._surrogates > 0
        self._values = self._surrogates = 0

    def value(self, array: np.ndarray) -> np.ndarray:
        """What leaves the tape here: now in the first run, then always what it was in the first."""
        turn, self._values = self._values, self._values + 1
        if not self.complete:
            self.values.append(array.copy())
        elif turn < len(self.values) and self.values[turn].shape == array.shape:
            return self.values[turn].copy()
        return array

    def forward(self, y: Tensor) -> None:
        """Put the linear part of a surrogate in its place."""
        if not y.op.surrogate:
            return
        turn, self._surrogates = self._surrogates, self._surrogates + 1
        if not self.complete:
            self.surrogates.append((y.op.name, y.data.copy(), _linear_parts(y)))
        elif turn < len(self.surrogates) and self.surrogates[turn][1].shape == y.shape:
            _, value, parts = self.surrogates[turn]
            y._data = value + sum(part(y.args[i].data) for i, part in parts)

    def backward(self, y: Tensor, position: int, g, contribution) -> None:
        """The forward pass is all that matters."""

    def notes(self) -> list[str]:
        """What was frozen, in words."""
        names = ", ".join(dict.fromkeys(name for name, *_ in self.surrogates))
        notes = [f"declared surrogate, its formula taken at its word: {names}"] if names else []
        if self.values:
            notes.append(f"detached values stayed what they were: {len(self.values)}")
        return notes


def _linear_parts(y: Tensor) -> list[tuple]:
    """For every operand that the surrogate sends a gradient to, what the result changes by when it changes."""
    arrays, parts = [x.data if isinstance(x, Tensor) else x for x in y.args], []
    for i, x in enumerate(y.args):
        if isinstance(x, Tensor) and x.requires_grad and y.op.formula(i) is not None:
            parts.append((i, _linear_part(y, i, arrays)))
    return parts


def _linear_part(y: Tensor, i: int, arrays: list):
    which = (i,) if y.op.variadic else ()
    start, shape = arrays[i].copy(), arrays[i].shape

    def pull_back(g):
        return np.broadcast_to(y.op.formula(i)(g, y.data, *which, *arrays, **y.kwargs), shape)

    if shape == y.shape:
        mask = np.random.default_rng(0).uniform(1, 2, shape)
        slope = pull_back(np.ones(shape)).copy()
        if np.allclose(pull_back(mask), mask * slope, rtol=1e-9, atol=0):
            return lambda x: slope * (x - start)
    if y.size > MOST_OUTPUTS:
        return lambda x: 0.0
    rows = [pull_back(np.reshape(unit, y.shape)).ravel() for unit in np.eye(y.size)]
    jacobian = np.array(rows).reshape(y.size, start.size)
    return lambda x: (jacobian @ (x - start).ravel()).reshape(y.shape)
