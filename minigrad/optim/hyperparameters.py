"""The options of an optimizer: numbers, or schedules of the step, checked when given and evaluated at every step."""

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any


def _at_least_0(x) -> bool:
    return 0 <= x < math.inf


def _below_1(x) -> bool:
    return 0 <= x < 1


def _above_0(x) -> bool:
    return 0 < x < math.inf


_RANGES: dict[str, tuple[Callable[[float], bool], str]] = {
    "lr": (_at_least_0, "a finite number >= 0"),
    "eps": (_at_least_0, "a finite number >= 0"),
    "weight_decay": (_at_least_0, "a finite number >= 0"),
    "momentum": (_below_1, "in [0, 1)"),
    "dampening": (lambda x: 0 <= x <= 1, "in [0, 1]"),
    "betas": (_below_1, "each in [0, 1)"),
    "alpha": (_below_1, "in [0, 1)"),
    "rho": (_below_1, "in [0, 1)"),
    "momentum_decay": (_at_least_0, "a finite number >= 0"),
    "lr_decay": (_at_least_0, "a finite number >= 0"),
    "initial": (_at_least_0, "a finite number >= 0"),
    "lambd": (_at_least_0, "a finite number >= 0"),
    "power": (_at_least_0, "a finite number >= 0"),
    "t0": (_at_least_0, "a finite number >= 0"),
    "etas": (_above_0, "two numbers > 0"),
    "step_sizes": (_above_0, "two numbers > 0"),
    "damping": (_at_least_0, "a finite number >= 0"),
}


def check(name: str, value: Any) -> Any:
    """The option as it is, if its number (or each of its numbers) lies in its range; a schedule is checked as it runs.

    >>> check("lr", -1)
    Traceback (most recent call last):
        ...
    ValueError: lr must be a finite number >= 0, got -1
    """
    within, wanted = _RANGES.get(name, (None, ""))
    for number in value if isinstance(value, (tuple, list)) else (value,):
        if within is None or callable(number):
            continue
        try:
            valid = within(float(number))
        except (TypeError, ValueError):
            valid = False
        if not valid:
            raise ValueError(f"{name} must be {wanted}, got {value!r}")
    return tuple(value) if isinstance(value, list) else value


def check_positive(name: str, value: Any) -> float:
    """A finite number above 0, or a ValueError that names the option."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not _above_0(value):
        raise ValueError(f"{name} must be a finite number > 0, got {value!r}")
    return value


def check_count(name: str, value: Any, least: int = 1) -> int:
    """A whole number, at least ``least``, or a ValueError that names the option."""
    whole = hasattr(value, "__index__") and not isinstance(value, bool)
    if not whole or value < least:
        raise ValueError(f"{name} must be a whole number >= {least}, got {value!r}")
    return int(value)


def at(value: Any, step: int) -> Any:
    """The option at this step: a schedule is asked, a number is itself.

    >>> at((lambda step: 0.5**step, 0.99), 2)
    (0.25, 0.99)
    """
    if callable(value):
        return float(value(step))
    if isinstance(value, tuple):
        return tuple(at(part, step) for part in value)
    return value


def all_at(options: dict[str, Any], step: int) -> SimpleNamespace:
    """All options at this step, as attributes."""
    return SimpleNamespace(**{name: _checked_at(name, value, step) for name, value in options.items()})


def _checked_at(name: str, value: Any, step: int) -> Any:
    now = at(value, step)
    return now if now is value else check(name, now)
