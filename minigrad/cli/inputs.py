"""Random inputs, as they are named on the command line: ``--input 4,5``."""

import math
import re
from dataclasses import dataclass

import click
import numpy as np


@dataclass(frozen=True)
class Input:
    """A random input: standard normal, or evenly spread over whole or floating numbers from ``low`` to ``high``."""

    shape: tuple[int, ...]
    low: float | None = None
    high: float | None = None
    whole: bool = False

    @property
    def code(self) -> str:
        """The call of a generator ``rng`` that draws it."""
        if self.low is None:
            return f"rng.standard_normal({self.shape})"
        if self.whole:
            return f"rng.integers({self.low}, {self.high}, {self.shape}, endpoint=True)"
        return f"rng.uniform({self.low}, {self.high}, {self.shape})"

    def __str__(self):
        size = ",".join(map(str, self.shape)) or "()"
        return size if self.low is None else f"{size}:{self.low}..{self.high}"

    def made_positive(self) -> "Input":
        """Drawn from 0.5 to 2, unless a range was asked for."""
        return Input(self.shape, 0.5, 2.0) if self.low is None else self

    def draw(self, rng: np.random.Generator, dtype: str) -> np.ndarray:
        """The input, in this dtype unless it is of whole numbers."""
        if self.low is None or self.high is None:
            return np.asarray(rng.standard_normal(self.shape), dtype)
        if self.whole:
            return np.asarray(rng.integers(int(self.low), int(self.high), self.shape, endpoint=True))
        return np.asarray(rng.uniform(self.low, self.high, self.shape), dtype)


class Shape(click.ParamType):
    """``4,5``, or ``4,5:0.5..2`` for floating, ``4:0..9`` for whole numbers in a range; ``()`` for a single number."""

    name = "shape"

    def convert(self, value, param, ctx):
        if isinstance(value, Input):
            return value
        size, _, span = value.partition(":")
        size = size.strip().removeprefix("(").removesuffix(")").rstrip(",")
        limits = re.fullmatch(r"(-?[\d.]+?)\.\.(-?[\d.]+)", span)
        if not re.fullmatch(r"(\d+(,\s*\d+)*)?", size) or (span and not limits):
            self.fail(f"{value!r} is no shape: write 4,5, or () for one number, or 4,5:0.5..2 for a range", param, ctx)
        shape = tuple(int(part) for part in size.split(",") if part)
        if math.prod(shape) > 10**8:
            self.fail(f"{value!r} has {math.prod(shape):,} elements: a smaller shape tells as much", param, ctx)
        if not limits:
            return Input(shape)
        try:
            whole = "." not in limits[1] + limits[2]
            low, high = (int(x) if whole else float(x) for x in limits.groups())
        except ValueError:
            self.fail(f"{span!r} is no range: write 0..9, or 0.5..2.0", param, ctx)
        if low > high:
            self.fail(f"{span!r} is empty: write the lower end first", param, ctx)
        return Input(shape, low, high, whole)
