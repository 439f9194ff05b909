"""What a verdict rests on, element by element: both derivatives, and how the numeric one depends on its step."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from minigrad.gradcheck.problem import kept_as_they_are
from minigrad.gradcheck.verdict import Verdict

if TYPE_CHECKING:
    from minigrad.gradcheck.compare import Comparison

STEPS = np.geomspace(0.3, 1e-13, 51)
"""The steps of a curve, relative to the size of the element."""


class StepCurve(NamedTuple):
    """How far plain central differences with step ``h`` are from the numeric derivative, for one element.

    Large steps suffer from truncation, which falls with ``h**2``, small ones from rounding, which grows as ``1/h``.
    """

    element: tuple[int, ...]
    h: np.ndarray
    error: np.ndarray
    """Relative to the derivative."""
    used: float
    """The largest step of the window that the numeric derivative was extrapolated from."""
    claimed: float
    """The relative error that it claims."""
    backward: float
    """How far the backward pass is from it, relative."""


@dataclass
class Evidence:
    """All elements of one operand. ``numeric`` is NaN, and ``tol`` infinite, where no step decided."""

    comparison: "Comparison"
    part: np.ndarray
    shape: tuple[int, ...]
    error: np.ndarray
    """The difference of the two derivatives, relative to the element, or to a tenth of the rms."""

    @property
    def analytic(self) -> np.ndarray:
        return self.comparison.analytic[self.part]

    @property
    def numeric(self) -> np.ndarray:
        return self.comparison.estimate.value[self.part]

    @property
    def tol(self) -> np.ndarray:
        return self.comparison.estimate.tol[self.part]

    @property
    def at_kink(self) -> np.ndarray:
        """At which elements the function has a kink, where the gradient is held against one-sided slopes."""
        kinks = [code for code, verdict in enumerate(Verdict) if verdict in (Verdict.KINK_OK, Verdict.KINK_WRONG)]
        return np.isin(self.comparison.codes[self.part], kinks)

    @property
    def checked(self) -> int:
        """How many elements had anything to be compared with."""
        return int(np.count_nonzero(np.isfinite(self.tol) | self.at_kink))

    @property
    def kinks(self) -> int:
        """At how many elements the function has a kink."""
        return int(np.count_nonzero(self.at_kink))

    @cached_property
    def median(self) -> float:
        """The median error."""
        settled = self.error[np.isfinite(self.tol)]
        return float(np.median(settled)) if settled.size else np.nan

    @property
    def worst(self) -> tuple[int, ...]:
        """The index of the element with the largest error that has a numeric derivative."""
        gap = np.where(np.isfinite(self.tol), np.nan_to_num(self.error, nan=np.inf), -1.0)
        return tuple(int(i) for i in np.unravel_index(int(np.argmax(gap)), self.shape))

    def curve(self) -> StepCurve | None:
        """The error against the step, for the worst element; None where it has no derivative to compare with.

        Calls the function again, at about a hundred points; parameters are put back.
        """
        row = int(np.ravel_multi_index(self.worst, self.shape)) if self.shape else 0
        line, right = self.part[row], float(self.numeric[row])
        if not np.isfinite(right) or right == 0:
            return None
        d, v, found = self.comparison.differences, self.comparison.v, []
        with kept_as_they_are(self.comparison.problem.operands), np.errstate(all="ignore"):
            for h in STEPS * d.scales[line]:
                (up, above), (down, below) = d.look(line, h), d.look(line, -h)
                change = above.outputs - below.outputs
                found.append((change * v).sum() / (up - down) if up > down else np.nan)
        error = abs(np.array(found) - right) / abs(right)
        used, size = float(self.comparison.estimate.step[line]), abs(right)
        backward = abs(float(self.analytic[row]) - right) / size
        return StepCurve(self.worst, STEPS * d.scales[line], error, used, float(self.tol[row]) / size, backward)
