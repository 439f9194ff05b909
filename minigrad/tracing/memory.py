"""Where a compiled step keeps parameters and gradients: side by side, each dtype in one piece of memory.

A step writes the new values into a second piece while the first is read; then the two change roles. So there are no
copies, and what was is as it was until the step after. A piece that somebody else still holds a part of, an array
``w.data`` or ``w.grad`` that was kept, is left alone: the memory is renewed.
"""

from itertools import accumulate
from sys import getrefcount
from typing import Any

import numpy as np

from minigrad.engine import Tensor, next_age
from minigrad.optim.blocks import Block, identical
from minigrad.source import here


class Piece:
    """A piece of memory, as two arrays: one whose parts are given away, and one for the calls of programs alone.

    So the number of those who hold a part that was given away can be counted, and no program counts.
    """

    def __init__(self, home: "Home"):
        memory: Any = memoryview(np.empty(home.size, home.dtype))  # type: ignore[arg-type]
        self.flat, self._public = (np.frombuffer(memory, home.dtype) for _ in range(2))
        self.parts, self.public = home.split(self.flat), home.split(self._public)
        self._alone = getrefcount(self._public)

    def is_kept(self) -> bool:
        """Whether somebody holds a part that is not given away now."""
        return max(map(getrefcount, self.public)) > _IN_A_LIST or getrefcount(self._public) > self._alone


class Home(Block):
    """Parameters of one dtype, their second piece of memory, and their gradients. To an optimizer it is a block."""

    def __init__(self, params: list[Tensor]):
        self.params, self.dtype, self.shapes = params, params[0].dtype, [p.shape for p in params]
        ends = list(accumulate(p.size for p in params))
        self.parts = [(end - p.size, end, p.shape) for p, end in zip(params, ends)]
        self.size, self.stamp, self.stale = ends[-1], 0, False
        self.forget_states()
        self.renew()

    def renew(self) -> None:
        """Move into fresh memory."""
        self.stamp += 1
        self.now, self.pieces, self.gradients = 0, [Piece(self), Piece(self)], Piece(self)
        self.sync()

    def sync(self) -> None:
        """Bring in values that were put elsewhere, by ``w.data = ...``, or by an optimizer on its own."""
        piece = self.pieces[self.now]
        for p, part, public in zip(self.params, piece.parts, piece.public):
            if p._data is not public:
                part[...] = p._data
                p._data = public

    def ready(self) -> None:
        """Before a replay: nobody else holds what it will write to, and the present values are here."""
        for p in self.params:
            p.grad = None
        piece = self.pieces[self.now]
        if self.pieces[not self.now].is_kept() or self.gradients.is_kept():
            self.renew()
        elif not identical([p._data for p in self.params], piece.public):
            self.renew() if piece.is_kept() else self.sync()

    def fits(self) -> bool:
        """Whether the parameters still have the shapes and the dtype that they had."""
        return all(p._data.shape == shape and p._data.dtype == self.dtype for p, shape in zip(self.params, self.shapes))

    def publish(self) -> None:
        """The gradients are here now."""
        for p, g in zip(self.params, self.gradients.public):
            p.grad = g

    def sync_gradients(self) -> None:
        """Bring in gradients that were replaced, as by clipping."""
        for p, part, public in zip(self.params, self.gradients.parts, self.gradients.public):
            if p.grad is not public:
                part[...] = p.grad
                p.grad = public

    # what a block is to an optimizer

    @property
    def data(self) -> np.ndarray:
        return self.pieces[self.now].flat

    def scratch(self) -> np.ndarray:
        return self.pieces[not self.now].flat

    def replace_data(self, new: np.ndarray) -> None:
        assert new is self.scratch()
        self.now = int(not self.now)
        when = next_age(), here()
        for p, public in zip(self.params, self.pieces[self.now].public):
            p._data, p.replaced = public, when
            p.version += 1

    def forget_states(self) -> None:
        """What is remembered of the parameters may have been moved: look for it again."""
        self._states: list[Any] = []


_IN_A_LIST = max(map(getrefcount, [np.empty(0)]))
