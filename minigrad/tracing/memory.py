"""Where a compiled step keeps parameters and gradients: side by side, each dtype in one piece of memory.

A step writes the new values into a second piece while the first is read; then the two change roles. So there are no
copies, and what was is as it was until the step after. A piece that somebody else still holds a part of, an array
``w.data`` or ``w.grad`` that was kept, is left alone: the memory is renewed.
"""

from itertools import accumulate
from operator import attrgetter, is_
from sys import getrefcount
from typing import Any

import numpy as np

from minigrad.engine import Tensor, replacement
from minigrad.optim.blocks import Block
from minigrad.source import Source, here


class Unusual(Exception):
    """What a replay meets and leaves to the step itself: a gradient that is not finite, a result of another shape."""


class Piece:
    """A piece of memory, as two arrays: one whose parts are given away, and one for the calls of programs alone.

    So the number of those who hold a part that was given away can be counted, and no program counts.
    """

    def __init__(self, home: "Home"):
        memory: Any = memoryview(np.empty(home.size, home.dtype))  # type: ignore[arg-type]
        self.flat, self._public = (np.frombuffer(memory, home.dtype) for _ in range(2))
        self.parts, self.public = home.split(self.flat), home.split(self._public)
        self._alone = getrefcount(self._public)

    def is_kept(self, given: bool = False) -> bool:
        """Whether somebody holds a part besides those it is ``given`` to: its parameters."""
        return max(map(getrefcount, self.public)) > _IN_A_LIST + given or getrefcount(self._public) > self._alone


class Home(Block):
    """Parameters of one dtype, their second piece of memory, and their gradients. To an optimizer it is a block."""

    def __init__(self, params: list[Tensor]):
        self.params, self.dtype, self.shapes = params, params[0].dtype, [p.shape for p in params]
        ends = list(accumulate(p.size for p in params))
        self.parts = [(end - p.size, end, p.shape) for p, end in zip(params, ends)]
        self.size, self.stamp, self.stale = ends[-1], 0, False
        self.remembered: Any = None  # the state of the optimizer, when its parts were last looked up
        self.renew()

    def renew(self) -> None:
        """Move into fresh memory."""
        self.stamp += 1
        self.now, self.pieces, self.gradients = 0, [Piece(self), Piece(self)], Piece(self)
        self.published = False  # whether the gradients are given to the parameters
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
        self.published = all(map(is_, map(_grad, self.params), self.gradients.public))
        if not self.published:
            for p in self.params:
                p.grad = None
        piece = self.pieces[self.now]
        if self.stale:
            raise Unusual("other programs move the same parameters")
        moved = not all(map(is_, map(_data, self.params), piece.public))
        if moved and not self.fits():
            self.stale = True
            raise Unusual("a parameter has another shape or dtype")
        if self.pieces[not self.now].is_kept() or self.gradients.is_kept(self.published) or (moved and piece.is_kept()):
            self.renew()
        elif moved:
            self.sync()

    def fits(self) -> bool:
        """Whether the parameters still have the shapes and the dtype that they had."""
        return all(p._data.shape == shape and p._data.dtype == self.dtype for p, shape in zip(self.params, self.shapes))

    def publish(self) -> None:
        """The gradients are here now."""
        if not self.published:
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

    def replace_data(self, new: np.ndarray, where: Source | None = None) -> None:
        assert new is self.scratch()
        self.now = int(not self.now)
        when = replacement(where or here())
        for p, public in zip(self.params, self.pieces[self.now].public):
            p._data, p.replaced = public, when

    def look_up(self, opt: Any) -> None:
        """What the optimizer remembers of the parameters may have been moved: look for it again."""
        self.remembered, self.states = opt.state, [opt.state[p] for p in self.params]
        self._states: list[Any] = []
        self.stale = self.stale or len({state.step for state in self.states}) > 1


_data, _grad = attrgetter("_data"), attrgetter("grad")
_IN_A_LIST = max(map(getrefcount, [np.empty(0)]))


def laid_out(shape: tuple, dtype: np.dtype, strides: tuple) -> np.ndarray:
    """An array whose elements lie in memory as those of another do.

    >>> laid_out((2, 3), np.dtype(float), (8, 16)).flags.f_contiguous
    True
    """
    ends = [(n - 1) * stride for n, stride in zip(shape, strides)] if 0 not in shape else []
    first = -sum(end for end in ends if end < 0)
    size = first + sum(end for end in ends if end > 0) + dtype.itemsize
    return np.ndarray(shape, dtype, np.empty(size, np.uint8), first, strides if ends else None)


def write(out: np.ndarray, value: Any) -> None:
    """Copy a result to its place. Raises Unusual where it has another shape or dtype than the recorded one."""
    if value.shape != out.shape or value.dtype != out.dtype:
        raise Unusual("a result has another shape or dtype")
    np.copyto(out, value)
