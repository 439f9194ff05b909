"""What is checked: a function on the tape, seen as a plain function from one vector of float64 to another.

All operands together are one vector ``x``, all outputs another. So the numeric side knows nothing of Tensors, and
the gradient of a function is again such a function: checking it is checking the second order.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from minigrad.engine import Tensor, constant, walk
from minigrad.gradcheck.decisions import Decisions
from minigrad.gradcheck.frozen import Frozen
from minigrad.gradcheck.numeric import EPS, Outcome
from minigrad.modes import enable_grad, stopped, watch


@dataclass
class Operand:
    """One array that is varied: its value in float64, its name, and the Tensor it lives in if it is a parameter."""

    name: str
    value: np.ndarray
    tensor: Tensor | None = None

    def placed(self, piece: np.ndarray) -> Tensor:
        """A leaf with these values; the parameter itself if it is one."""
        piece = piece.reshape(self.value.shape)
        if self.tensor is None:
            leaf = constant(piece)
            leaf.requires_grad = True
            return leaf
        self.tensor._data = piece
        return self.tensor


@contextmanager
def kept_as_they_are(operands: list[Operand]) -> Iterator[None]:
    """Whatever happens inside, the parameters are afterwards what they were, bit for bit."""
    tensors = [operand.tensor for operand in operands if operand.tensor is not None]
    kept = [(t, t.data, t.replaced, t.grad) for t in tensors]
    try:
        yield
    finally:
        for t, data, replaced, grad in kept:
            t._data, t.replaced, t.grad = data, replaced, grad


class BackwardFailed(Exception):
    """The backward pass of what is checked raised an error, which is the cause of this one."""


class Problem:
    """A function of some operands: ``evaluate`` is its value, ``gradient`` what the tape says of its derivative."""

    def __init__(self, call: Callable[[list[Tensor]], Sequence[Tensor]], operands: list[Operand]):
        self.call, self.operands = call, operands
        self.x = flat([operand.value for operand in operands])
        self.shapes: list[tuple[int, ...]] = []
        self.eps = EPS  # of the coarsest precision that was met
        self.frozen = Frozen()
        self._centre: Outcome | None = None

    def outputs(self, leaves: list[Tensor], *, record: bool) -> list:
        """The outputs at these leaves: Tensors, which with ``record`` can be differentiated."""
        return list(self.call(leaves))

    def trace(self, x: np.ndarray, *, record: bool) -> tuple[list[Tensor], list, Decisions]:
        """Run the function at ``x``: the leaves, the outputs, and the decisions on the way."""
        log, kept = Decisions(), stopped.set(self.frozen.value)
        self.frozen.begin()
        try:
            with enable_grad(), watch(self.frozen), watch(log), np.errstate(all="ignore"):
                pieces = self.split(x.copy())
                leaves = [operand.placed(piece) for operand, piece in zip(self.operands, pieces, strict=True)]
                return leaves, self.outputs(leaves, record=record), log
        finally:
            stopped.reset(kept)

    def evaluate(self, x: np.ndarray) -> Outcome:
        """The outputs at ``x``; not a number where a matrix could not be factorised there."""
        try:
            _, outputs, log = self.trace(x, record=False)
        except np.linalg.LinAlgError:
            return self.nowhere()
        values = [y.data if isinstance(y, Tensor) else y for y in outputs]
        if not self.shapes:
            self.shapes = [value.shape for value in values]
        self.eps = max(self.eps, log.eps)
        return Outcome(flat(values), log.taken) if [v.shape for v in values] == self.shapes else self.nowhere()

    def at(self, x: np.ndarray) -> Outcome:
        """The same, at the point itself computed once."""
        if x is not self.x:
            return self.evaluate(x)
        if self._centre is None:
            self._centre = self.evaluate(x)
        return self._centre

    def nowhere(self) -> Outcome:
        """The outcome at a point where the function has no value."""
        return Outcome(np.full(sum(map(math.prod, self.shapes)), np.nan), None)

    def gradient(self, x: np.ndarray, v: np.ndarray) -> np.ndarray:
        """What the tape carries back to the operands when ``v`` arrives at the outputs; 0 where nothing arrives."""
        leaves, outputs, _ = self.trace(x, record=True)
        return flat(pull_back(outputs, cut(v.copy(), self.shapes), leaves))

    def split(self, x: np.ndarray) -> list[np.ndarray]:
        """The piece of ``x`` that belongs to each operand."""
        return cut(x, self.operand_shapes)

    @cached_property
    def operand_shapes(self) -> list[tuple[int, ...]]:
        return [operand.value.shape for operand in self.operands]

    def slices(self) -> Iterator[tuple[Operand, slice]]:
        """Every operand with its place in ``x``."""
        start = 0
        for operand in self.operands:
            yield operand, slice(start, start + operand.value.size)
            start += operand.value.size

    def elsewhere(self) -> np.ndarray:
        """Another point nearby."""
        return np.concatenate([elsewhere(operand.value).ravel() for operand in self.operands] or [np.zeros(0)])

    def scales(self) -> np.ndarray:
        """The natural size of a displacement of every element: its own, at least a tenth of its array's rms."""
        return np.concatenate([scale_of(operand.value) for operand in self.operands] or [np.zeros(0)])


class GradientProblem(Problem):
    """The gradient of a problem as a function of its operands and of the gradient that arrives: the second order."""

    def __init__(self, problem: Problem, v: np.ndarray):
        arriving = [Operand(f"arriving {i}", g) for i, g in enumerate(cut(v, problem.shapes))]
        self.inner = problem
        super().__init__(problem.call, [*problem.operands, *arriving])

    def outputs(self, leaves, *, record):
        count = len(self.inner.operands)
        outputs = self.inner.outputs(leaves[:count], record=True)
        arriving = leaves[count:] if record else [g.data for g in leaves[count:]]
        return pull_back(outputs, arriving, leaves[:count], create_graph=record)


def pull_back(outputs: list, gradients: Sequence, leaves: list[Tensor], create_graph: bool = False) -> list:
    """The gradients that the tape carries from the outputs to the leaves; 0 where none arrives."""
    pairs = [(y, g) for y, g in zip(outputs, gradients, strict=True) if requires_grad(y)]
    try:
        arrived = walk([y for y, _ in pairs], [g for _, g in pairs], set(leaves), create_graph)
    except Exception as error:
        raise BackwardFailed(f"the backward pass raises {type(error).__name__}: {error}") from error
    return [arrived.get(leaf, np.zeros_like(leaf.data)) for leaf in leaves]


def flat(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """All the arrays in one vector: a copy, whatever they were views of."""
    if len(arrays) == 1:
        return np.array(arrays[0], dtype=float, order="C").ravel()
    return np.concatenate([array.ravel() for array in arrays] or [np.zeros(0)]).astype(float, copy=False)


def cut(x: np.ndarray, shapes: Sequence[tuple[int, ...]]) -> list[np.ndarray]:
    """The vector in pieces of these shapes."""
    pieces, start = [], 0
    for shape in shapes:
        end = start + math.prod(shape)
        pieces.append(x[start:end].reshape(shape))
        start = end
    return pieces


def requires_grad(y) -> bool:
    return isinstance(y, Tensor) and y.requires_grad


def rms(x: np.ndarray) -> float:
    """The root mean square of the finite elements that are not 0, without overflow; 0 if there are none."""
    size = abs(x[np.isfinite(x) & (x != 0)])
    largest = size.max(initial=0.0)
    with np.errstate(all="ignore"):
        return float(largest * np.sqrt(np.mean((size / largest) ** 2))) if size.size else 0.0


def norm(x: np.ndarray) -> float:
    """The root of the sum of the squares, without overflow.

    >>> f"{norm(np.array([3e200, 4e200])):.0e}"
    '5e+200'
    """
    return rms(x) * math.sqrt(np.count_nonzero(x))


def scale_of(x: np.ndarray) -> np.ndarray:
    """``max(|x_i|, 0.1 rms)`` for every element, 1 if all are 0; what is not finite counts as 0."""
    size = np.where(np.isfinite(x), abs(x), 0.0).ravel()
    return np.maximum(size, 0.1 * rms(x) or 1.0)


def elsewhere(x: np.ndarray) -> np.ndarray:
    """The array with every element moved by up to a hundredth, always the same way."""
    return x + 0.01 * (scale_of(x) * np.random.default_rng(0).uniform(-1, 1, x.size)).reshape(x.shape)
