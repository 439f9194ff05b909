"""A model as a point in the space of its weights, and the directions in which one can go from there."""

import numpy as np

from minigrad.engine import Tensor
from minigrad.nn import Module
from minigrad.nn.module import Parameter


class Weights:
    """All floating numbers of a model, parameters and running statistics, as one vector in float64, and back."""

    def __init__(self, model: Module):
        found = {id(t): (name, t) for name, t in reversed(list(model.named_state())) if t.dtype.kind == "f"}
        self.parts: list[tuple[str, Tensor]] = list(reversed(found.values()))  # a tied one by its first name
        self.ends = np.cumsum([t.size for _, t in self.parts])

    def vector(self) -> np.ndarray:
        """Where the model is, `(n,)`."""
        return np.concatenate([t.data.ravel().astype(float) for _, t in self.parts])

    def place(self, x: np.ndarray) -> None:
        """Move the model there. A variance that would be negative is 0."""
        for (name, t), part in zip(self.parts, np.split(x, self.ends[:-1]), strict=True):
            part = np.maximum(part, 0.0) if name.endswith("running_var") else part
            t.data = part.reshape(t.shape).astype(t.dtype)

    def random_direction(self, rng: np.random.Generator) -> np.ndarray:
        """A filter-normalized direction: see :func:`filter_normalized`. Running statistics stay as they are."""
        return np.concatenate(
            [
                filter_normalized(rng.standard_normal(t.shape), t.data).ravel()
                if isinstance(t, Parameter)
                else np.zeros(t.size)
                for _, t in self.parts
            ]
        )


def filter_normalized(d: np.ndarray, w: np.ndarray) -> np.ndarray:
    """``d_i * ‖w_i‖ / ‖d_i‖`` for the filter ``i`` of each output, a row of the weights; 0 for biases and scales.

    A step of 1 then changes every filter by its own length, so that pictures of models whose weights are of different
    size can be compared (Li, Xu, Taylor, Studer, Goldstein 2018, section 4).

    >>> filter_normalized(np.array([[3.0, 4.0], [0.0, 2.0]]), np.array([[0.0, 10.0], [0.5, 0.0]]))
    array([[6. , 8. ],
           [0. , 0.5]])
    """
    if w.ndim < 2:
        return np.zeros(w.shape)
    return d * (_lengths(w) / np.maximum(_lengths(d), 1e-300))


def _lengths(x: np.ndarray) -> np.ndarray:
    """The norm of each row of an array of any dimension, kept as axes of length 1."""
    return np.sqrt(np.sum(np.square(x, dtype=float), axis=tuple(range(1, x.ndim)), keepdims=True))
