"""The options of an optimizer: numbers, or schedules of the step, checked when given and evaluated at every step."""

import inspect
import math
from collections.abc import Callable
from dataclasses import MISSING, fields
from numbers import Integral, Real
from types import FunctionType, SimpleNamespace
from typing import Any

import numpy as np


def _at_least_0(x) -> bool:
    return 0 <= x < math.inf


def _below_1(x) -> bool:
    return 0 <= x < 1


def _above_0(x) -> bool:
    return 0 < x < math.inf


def _is_count(x) -> bool:
    return x >= 1 and x == int(x)


_RANGES: dict[str, tuple[Callable[[float], bool], str]] = {
    **dict.fromkeys(("lr", "eps", "weight_decay", "lambd", "t0", "initial"), (_at_least_0, "a finite number >= 0")),
    **dict.fromkeys(("lr_decay", "momentum_decay", "damping"), (_at_least_0, "a finite number >= 0")),
    **dict.fromkeys(("tolerance", "tolerance_grad", "tolerance_change"), (_at_least_0, "a finite number >= 0")),
    **dict.fromkeys(("momentum", "alpha", "rho", "decay"), (_below_1, "in [0, 1)")),
    **dict.fromkeys(("iterations", "max_iter", "history_size"), (_is_count, "a whole number >= 1")),
    **dict.fromkeys(("etas", "step_sizes"), (_above_0, "two numbers > 0")),
    "betas": (_below_1, "each in [0, 1)"),
    "dampening": (lambda x: 0 <= x <= 1, "in [0, 1]"),
}


def check(name: str, value: Any, like: Any = None) -> Any:
    """The option as it is, if its number (or each of its numbers) lies in its range; a schedule is checked as it runs.

    Where ``like`` is several numbers, as many are needed.

    >>> check("lr", -1)
    Traceback (most recent call last):
        ...
    ValueError: lr must be a finite number >= 0, got -1
    """
    within, wanted = _RANGES.get(name, (None, ""))
    if isinstance(value, (tuple, list)) and like is not None and not isinstance(like, tuple):
        raise ValueError(f"{name} must be {wanted or 'one value'}, got {value!r}")
    if isinstance(like, tuple) and (not isinstance(value, (tuple, list)) or len(value) != len(like)):
        raise ValueError(f"{name} must be {len(like)} numbers, as {like}, got {value!r}")
    for number in value if isinstance(value, (tuple, list)) else (value,):
        if within is None or callable(number):
            continue
        try:
            valid = not isinstance(number, (str, bytes, bool)) and within(float(number))
        except (TypeError, ValueError):
            valid = False
        if not valid:
            raise ValueError(f"{name} must be {wanted}, got {value!r}")
    return tuple(value) if isinstance(value, list) else value


def check_positive(name: str, value: Any, *, or_zero: bool = False) -> None:
    """Raise ValueError, naming the option, unless the value is a finite number above 0, or 0 where that is allowed."""
    valid = isinstance(value, Real) and not isinstance(value, bool) and 0 <= float(value) < math.inf
    if not valid or not (value or or_zero):
        raise ValueError(f"{name} must be a finite number {'>=' if or_zero else '>'} 0, got {value!r}")


def check_count(name: str, value: Any, *, least: int = 1) -> None:
    """Raise ValueError, naming the option, unless the value is a whole number, at least ``least``."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} must be a whole number >= {least}, got {value!r}")


def varies(value: Any) -> bool:
    """Whether the option is a schedule, or has one among its parts."""
    return callable(value) or (isinstance(value, tuple) and any(map(callable, value)))


def at(value: Any, step: int) -> Any:
    """The option at this step: a schedule is asked, a number is itself.

    >>> at((lambda step: 0.5**step, 0.99), 2)
    (0.25, 0.99)
    """
    if callable(value):
        now = value(step)
        if not isinstance(now, (Real, np.ndarray)):
            raise TypeError(f"a schedule must answer with a number, but {text(value)} gave {now!r} at step {step}")
        return float(now)
    if varies(value):
        return tuple(at(part, step) for part in value)
    return value


def all_at(options: dict[str, Any], step: int) -> SimpleNamespace:
    """All options at this step, as attributes."""
    return SimpleNamespace(**{name: _checked_at(name, value, step) for name, value in options.items()})


def _checked_at(name: str, value: Any, step: int) -> Any:
    now = at(value, step)
    return now if now is value else check(name, now)


class Described:
    """A dataclass whose ``repr`` is the shortest call that builds it: what must be given, and what is not as usual."""

    def __repr__(self):
        given, named = [], []
        for field in fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if field.default is MISSING and not field.kw_only and "named" not in field.metadata and field.init:
                given.append(text(value))
            elif field.init and value != field.default:
                named.append(f"{field.name}={text(value)}")
        return f"{type(self).__name__}({', '.join(given + named)})"


def text(value: Any) -> str:
    """The value as it is written in a program; of a function, its name."""
    return value.__qualname__ if isinstance(value, FunctionType) else repr(value)


def signature_of(cls: Any) -> inspect.Signature:
    """What ``help()`` shows: the options of the algorithm by name, with their defaults."""
    first, lr, *rest = list(inspect.signature(cls.__init__).parameters.values())[1:]
    common = [parameter for parameter in rest if parameter.kind is parameter.KEYWORD_ONLY]
    own = [lr.replace(name=name, default=value, kind=lr.KEYWORD_ONLY) for name, value in cls.defaults.items()]
    own = [lr.replace(default=option.default) if option.name == "lr" else option for option in own]
    return inspect.Signature([first, *own, *common])
