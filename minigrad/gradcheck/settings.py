"""How a gradient is to be checked."""

import math
from dataclasses import dataclass

from minigrad.gradcheck.numeric import STEP


@dataclass(frozen=True)
class Settings:
    """How to check. Raises ValueError where a setting makes no sense."""

    mode: str = "auto"
    order: int = 1
    eps: float = STEP
    """The first, largest step, relative to the size of an element."""
    tolerance: float = 0.0
    """A relative error that is allowed on top of the measured one."""
    budget: int = 20_000
    """How many forward passes may be spent on looking at every element."""
    sample: int = 0
    """Where random directions are looked at: so many elements of each operand, chosen at random, are as well."""

    def __post_init__(self):
        if self.mode not in ("auto", "full", "probe"):
            raise ValueError(f"mode must be 'auto', 'full' or 'probe', not {self.mode!r}")
        if self.order not in (1, 2):
            raise ValueError(f"order must be 1 or 2, not {self.order!r}")
        if not 1e-10 <= self.eps <= 0.5:
            raise ValueError(
                f"eps, the first step relative to the size of an element, must be in [1e-10, 0.5], not {self.eps}"
            )
        if not 0 <= self.tolerance < math.inf:
            raise ValueError(
                f"tolerance, the relative error allowed on top, must be finite and not negative, not {self.tolerance}"
            )
        if self.sample < 0:
            raise ValueError(f"sample, a number of elements, must not be negative, but is {self.sample}")
        if self.budget < 1:
            raise ValueError(f"budget, the number of forward passes, must be at least 1, not {self.budget}")

    def probes(self, elements: int) -> bool:
        """Whether so many elements are to be checked along random directions, not one by one."""
        return self.mode == "probe" or (self.mode == "auto" and 13 * elements > self.budget)
