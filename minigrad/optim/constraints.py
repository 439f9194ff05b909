"""Constraints on weights: an optimizer's ``constraint=`` puts the new values back to where they may be."""

from dataclasses import KW_ONLY, dataclass

import numpy as np

from minigrad.optim.hyperparameters import check_positive
from minigrad.optim.regularizers import OnWeights


@dataclass(frozen=True, repr=False)
class MaxNorm(OnWeights):
    """No row of a weight is longer than ``limit``: a longer one is scaled down to it.

    A row of a weight of shape `(out, in)` has the weights into one unit; ``axis=0`` takes columns. Srivastava et al.,
    2014, section 5.1.

    >>> MaxNorm(1.0).projection(np.array([[3.0, 4.0], [0.3, 0.4]]))
    array([[0.6, 0.8],
           [0.3, 0.4]])
    """

    limit: float
    _: KW_ONLY
    axis: int = 1

    def __post_init__(self):
        check_positive("limit", self.limit)

    def projection(self, w: np.ndarray) -> np.ndarray:
        """The nearest values that fulfil the constraint."""
        norms = np.linalg.norm(w, axis=self.axis, keepdims=True)
        return np.where(norms > self.limit, w * (self.limit / np.maximum(norms, self.limit)), w)

    def after_step(self, new, name, p, step=None):
        return self.projection(new) if self.covers(name, p) else new


@dataclass(frozen=True, repr=False)
class UnitNorm(OnWeights):
    """w_i / |w_i|: every row of a weight has length 1; a row of zeros stays as it is."""

    _: KW_ONLY
    axis: int = 1

    def projection(self, w: np.ndarray) -> np.ndarray:
        """The nearest values that fulfil the constraint."""
        norms = np.linalg.norm(w, axis=self.axis, keepdims=True)
        return w / np.where(norms == 0, 1, norms)

    def after_step(self, new, name, p, step=None):
        return self.projection(new) if self.covers(name, p) else new
