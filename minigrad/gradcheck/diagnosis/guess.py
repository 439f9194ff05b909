"""A guess at what went wrong, with what the backward would return if it were true, and how far off that is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minigrad.gradcheck.diagnosis.case import Case

EXACT = 1e-6
"""A guess this close, relative to the gradient, is an explanation."""


@dataclass
class Guess:
    """A code, what it means here, the line to write, and the arrays that must agree if it is right.

    ``predicted`` is compared with ``got``, one array for each gradient that arrived: what the backward returned, if
    left out. ``proved`` guesses were tested otherwise.
    """

    code: str
    text: str
    advice: str = ""
    predicted: Sequence[np.ndarray] | None = None
    got: Sequence[np.ndarray] | None = None
    proved: bool = False


def residual(case: Case, guess: Guess) -> float:
    """The norm of what the guess leaves unexplained, relative to the norm of what it should explain."""
    if guess.proved:
        return 0.0
    got = case.A if guess.got is None else guess.got
    if guess.predicted is None or any(g is None for g in got):
        return np.inf
    if any(np.shape(g) != np.shape(p) for g, p in zip(got, guess.predicted, strict=True)):
        return np.inf
    return distance(case, got, guess.predicted)


def distance(case: Case, got: Sequence, predicted: Sequence) -> float:
    """``|got - predicted| / |got|`` over all the gradients that arrived, away from kinks."""
    a, p = _calm(case, got), _calm(case, predicted)
    if a.shape != p.shape:
        return np.inf
    gap, size = np.linalg.norm(a - p), max(np.linalg.norm(a), np.linalg.norm(p))
    if not np.isfinite(gap):
        return np.inf
    return float(gap / size) if size > 0 else 0.0


def agree(case: Case, got: Sequence, predicted: Sequence) -> bool:
    """Whether two gradients are the same, for every gradient that arrived."""
    return distance(case, got, predicted) <= EXACT


def alike(a: np.ndarray, b: np.ndarray, size: float) -> bool:
    """Whether nowhere two arrays differ by more than a millionth of this size."""
    return bool((abs(a - b) <= EXACT * size).all())


def ratio(case: Case, got: Sequence | np.ndarray, predicted: Sequence | np.ndarray) -> float:
    """The number by which ``predicted`` must be multiplied to come closest to ``got``."""
    a, p = _calm(case, got).ravel(), _calm(case, predicted).ravel()
    return float(a @ p / (p @ p)) if a.shape == p.shape and p.any() else np.nan


def _calm(case: Case, arrays: Sequence | np.ndarray) -> np.ndarray:
    stacked = np.stack([np.asarray(a, dtype=float) for a in arrays])
    return stacked[:, case.calm] if stacked.shape[1:] == case.x.shape else stacked
