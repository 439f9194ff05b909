"""``with checked():`` every op is verified as it runs: for wrong values what ``detect_anomaly`` is for infinite ones.

>>> from minigrad import op, tensor
>>> @op(x=lambda g, y, x: g * x)
... def squared(x):
...     '''y = x**2, with a wrong formula.'''
...     return x * x
>>> w = tensor([1.0, 3.0], requires_grad=True)
>>> with checked():
...     squared(w)
Traceback (most recent call last):
    ...
minigrad.errors.GradientError: WRONG gradient: squared, operand 0 (x), at <doctest ...
  worst element ...
"""

from weakref import ref
from zlib import crc32

import numpy as np

from minigrad.engine import Tensor
from minigrad.errors import GradientError, GraphError
from minigrad.gradcheck.blame import wrong_formulas
from minigrad.gradcheck.local import operand_name, unwatched
from minigrad.gradcheck.saved import named
from minigrad.modes import watch


class Checker:
    """A watcher that verifies every node: when it is made, with a random gradient; in backward, with the one arriving.

    It also takes a fingerprint of every array that a node was made from, and looks at it again in backward.
    """

    def __init__(self, rng: int | np.random.Generator | None = 0):
        self.rng = np.random.default_rng(rng)
        self._seen: dict[int, tuple] = {}

    def forward(self, y: Tensor) -> None:
        """Verify a node with a random gradient. Raises GradientError."""
        key = y.age
        self._seen[key] = (ref(y, lambda _: self._seen.pop(key, None)), fingerprints(y))
        self._verify(y, None)

    def backward(self, y: Tensor, position: int, g, contribution) -> None:
        """Verify a node with the gradient that arrived. Raises GradientError, or GraphError if it was written to."""
        if position != _first(y):
            return
        if y.age in self._seen:
            self._compare(y, self._seen[y.age][1])
        self._verify(y, g.data if isinstance(g, Tensor) else g)

    def _verify(self, y: Tensor, g) -> None:
        with unwatched():
            found = wrong_formulas(y, g, self.rng)
        if found:
            raise GradientError(f"{found[0].headline}\n  {found[0]}")

    @staticmethod
    def _compare(y: Tensor, before: list) -> None:
        for i, (now, then) in enumerate(zip(fingerprints(y), before, strict=True)):
            if now != then:
                changed, place = (y.args[i], operand_name(y, i)) if i < len(y.args) else (y, "its result")
                raise GraphError(
                    f"SAVED MUTATED gradient: {y.op.name}, {place}, at {y.source}\n"
                    f"  the values of {named(changed)} were written into in place before backward() used them: "
                    "assign a new array, as in `w.data = w.data - step`"
                )


class checked(watch):
    """Inside, every op is verified as it runs, and once more when the gradient goes back through it.

    The first wrong formula raises :class:`~minigrad.errors.GradientError` from the very line that called the op, an
    array written into between forward and backward (``w.data[...] = x``) raises
    :class:`~minigrad.errors.GraphError` naming the op that had used it. Costs about 20 evaluations an op.
    """

    def __init__(self, *, rng: int | np.random.Generator | None = 0):
        super().__init__(Checker(rng))


def fingerprints(y: Tensor) -> list[int | None]:
    """A checksum of every array that a node was called with, and of its result; None for what is no array."""
    return [_fingerprint(x.data if isinstance(x, Tensor) else x) for x in (*y.args, y)]


def _fingerprint(x) -> int | None:
    return crc32(np.ascontiguousarray(x).tobytes()) if isinstance(x, np.ndarray) else None


def _first(y: Tensor) -> int:
    """The first position that a gradient goes to: a node is verified once, not for each of its operands."""
    return next(i for i, x in enumerate(y.args) if isinstance(x, Tensor) and x.requires_grad)
