"""From numbers to places on paper: linear and logarithmic scales, and the round numbers that label them."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

DECADES = 1.2
"""A logarithmic scale that spans fewer decades is labelled as a linear one."""

HUGE = 1e300
"""What is larger has no place, nor on a logarithmic scale what is smaller than one over it."""


@dataclass(frozen=True)
class Scale:
    """The values from ``low`` to ``high``, evenly spread, or evenly by their logarithms.

    >>> scale = Scale(0.001, 10.0, log=True)
    >>> scale.place(0.1), scale.ticks(4)
    (0.5, [0.001, 0.01, 0.1, 1.0, 10.0])
    """

    low: float
    high: float
    log: bool = False

    @classmethod
    def over(cls, values: Iterable[float], *, log: bool = False, zero: bool = False, tight: bool = False) -> "Scale":
        """A scale on which all finite ``values`` find room (of a logarithmic one, all positive values).

        It begins and ends at round numbers, unless ``tight``; with ``zero`` it includes 0.

        >>> Scale.over([3.2, 9.7]), Scale.over([0.02, 3], log=True), Scale.over([])
        (Scale(low=2.0, high=10.0, log=False), Scale(low=0.02, high=5.0, log=True), Scale(low=0.0, high=1.0, log=False))
        """
        kept = [v for v in values if abs(v) < HUGE and (v > 1 / HUGE or not log)]
        if zero and not log:
            kept.append(0.0)
        if not kept:
            return cls(0.1 if log else 0.0, 1.0, log)
        low, high = min(kept), max(kept)
        if high - low < 1 / HUGE:
            low, high = (low / 2, high * 2) if log else (low - _half(low), high + _half(high))
            if zero:
                low, high = (0.0, high) if low >= 0 else (low, max(high, 0.0))
        if tight:
            return cls(low, high, log)
        if log:
            return cls(_round_down(low), _round_up(high), log)
        step = nice_step((high - low) / 5)
        low, high = step * math.floor(low / step + 1e-9), step * math.ceil(high / step - 1e-9)
        return cls(float(f"{low:.12g}"), float(f"{high:.12g}"))

    def place(self, value: float) -> float:
        """Where a value stands: 0 at ``low``, 1 at ``high``; NaN where it has no place."""
        if not math.isfinite(value) or (self.log and value <= 0):
            return math.nan
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self, most: int = 6) -> list[float]:
        """Round numbers on the scale, about ``most`` of them."""
        if self.log and math.log10(self.high / self.low) >= DECADES:
            return _decades(self.low, self.high, most)
        step = nice_step((self.high - self.low) / most)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [float(f"{i * step:.12g}") for i in range(first, last + 1)]


def nice_step(width: float) -> float:
    """The least of 1, 2, 5, 10, ... times a power of ten that is not below ``width``.

    >>> nice_step(0.3), nice_step(7), nice_step(2)
    (0.5, 10.0, 2.0)
    """
    power = 10.0 ** math.floor(math.log10(width))
    return next(float(f"{m * power:.12g}") for m in (1, 2, 5, 10) if m * power >= width * (1 - 1e-9))


def tick_label(value: float) -> str:
    """A round number in few letters.

    >>> [tick_label(v) for v in (0.25, 1e-5, 2000.0, 1e7, -3.0)]
    ['0.25', '1e-5', '2,000', '1e7', '−3']
    """
    size = abs(value)
    if size and not 1e-3 <= size < 1e6:
        mantissa, exponent = f"{value:.4g}" if "e" in f"{value:.4g}" else f"{value:.3e}", ""
        mantissa, _, exponent = mantissa.partition("e")
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        text = f"{mantissa}e{int(exponent)}"
    else:
        text = f"{value:,.6f}".rstrip("0").rstrip(".")
    return text.replace("-", "−", 1) if value < 0 else text


def _decades(low: float, high: float, most: int) -> list[float]:
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    every = max(1, math.ceil((last - first + 1) / (most + 1)))
    marks = (1, 2, 5) if 3 * (last - first) < most else (1,)
    found = [float(f"{m}e{e}") for e in range(first - 1, last + 1) if e % every == 0 for m in marks]
    return [v for v in found if low * (1 - 1e-9) <= v <= high * (1 + 1e-9)]


def _round_down(x: float) -> float:
    power = math.floor(math.log10(x))
    return max(float(f"{m}e{power}") for m in (1, 2, 5) if float(f"{m}e{power}") <= x * (1 + 1e-9))


def _round_up(x: float) -> float:
    power = math.floor(math.log10(x))
    return next(v for m in (1, 2, 5, 10) if (v := float(f"{m}e{power}")) >= x * (1 - 1e-9))


def _half(x: float) -> float:
    return abs(x) / 2 if abs(x) > 1 / HUGE else 0.5
