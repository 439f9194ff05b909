"""Heights of the loss over a plane and along a line, through points in the space of weights."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from minigrad import nn
from minigrad.autograd import grad
from minigrad.data import Dataset, Examples
from minigrad.engine import Tensor
from minigrad.nn import Module
from minigrad.training.loop import evaluate
from minigrad.viz.landscape.weights import Weights

PARTS = ("train", "validation")


class Terrain:
    """The loss of a model on its data as a function of its weights: the data loss, in evaluation mode.

    It is computed as it was after each epoch of the training, so where the model has been it is that very number.
    """

    def __init__(self, model: Module, data: Dataset, tell: Callable[[str], None] = lambda what: None):
        self.model, self.data, self.tell = model, data, tell
        self.weights = Weights(model)
        self.measure = nn.cross_entropy if data.classes else nn.mse_loss
        self.parts = [part for part in PARTS if len(self.examples(part).x)]

    def examples(self, part: str) -> Examples:
        return getattr(self.data, part)

    def height(self, x: np.ndarray, part: str) -> float:
        """The loss at these weights; infinite or NaN where it overflows."""
        self.weights.place(x)
        return evaluate(self.model, self.examples(part), self.measure).loss

    def line(self, name: str, origin: np.ndarray, d: np.ndarray, at: np.ndarray) -> "Line":
        """The loss at ``origin + a d`` for every ``a`` of ``at``, on all parts of the data."""
        self.tell(name)
        losses = {part: np.array([self.height(origin + a * d, part) for a in at.tolist()]) for part in self.parts}
        return Line(name, at, losses)

    def plane(
        self, name: str, origin: np.ndarray, axes: Sequence[np.ndarray], at: Sequence[np.ndarray], part: str
    ) -> "Plane":
        """The loss at ``origin + x d1 + y d2`` over a grid."""
        (d1, d2), (xs, ys) = axes, at
        rows = []
        for i, y in enumerate(ys.tolist(), 1):
            self.tell(f"{name}, row {i} of {len(ys)}")
            rows.append([self.height(origin + x * d1 + y * d2, part) for x in xs.tolist()])
        return Plane(name, part, xs, ys, np.array(rows))

    def slope_and_curvature(self, x: np.ndarray, d: np.ndarray, part: str) -> tuple[float, float]:
        """``g·d`` and ``d·H d`` of the loss at these weights, by reverse mode twice, in the model's dtype.

        Weights alone: running statistics are constants to the tape.
        """
        self.weights.place(x)
        examples, pieces = self.examples(part), np.split(d, self.weights.ends[:-1])
        chosen = [
            (t, piece.reshape(t.shape).astype(t.dtype))
            for (_, t), piece in zip(self.weights.parts, pieces)
            if t.requires_grad
        ]
        params, ways = [t for t, _ in chosen], [way for _, way in chosen]
        with self.model.evaluating(), np.errstate(all="ignore"):
            loss = self.measure(self.model(Tensor(examples.x)), examples.y)
            slope = along(grad(loss, params, create_graph=True, allow_unused=True), ways)
            bends = grad(slope, params, allow_unused=True) if slope.requires_grad else ()
        return slope.item(), along(bends, ways).item() if any(g is not None for g in bends) else 0.0


def along(gradients: Sequence[Tensor | None], ways: Sequence[np.ndarray]) -> Tensor:
    """The sum of ``g · way`` over all parameters; a gradient that is None is 0."""
    total = Tensor(0.0)
    for g, way in zip(gradients, ways):
        if g is not None:
            total = total + np.sum(g * way)
    return total


@dataclass(frozen=True)
class Line:
    """The loss along a line."""

    name: str
    at: np.ndarray
    losses: dict[str, np.ndarray]
    """Part of the data -> losses, one for each of ``at``."""


@dataclass(frozen=True)
class Plane:
    """The loss over a plane."""

    name: str
    part: str
    """Which examples: ``train`` or ``validation``."""
    x: np.ndarray
    y: np.ndarray
    grid: np.ndarray
    """`(len(y), len(x))`, rows from the lowest y up; what is not finite is where the loss overflows."""
