"""Why an op makes a number that is not finite: in words, and what to write instead."""

from collections.abc import Callable

import numpy as np

LOGARITHMS = {"log", "log2", "log10"}
EXPONENTIALS = {"exp", "exp2", "expm1", "sinh", "cosh"}
LARGEST = "the result exceeds the largest number of its dtype"

DOMAINS: dict[str, tuple[Callable, str, str]] = {
    **dict.fromkeys(
        LOGARITHMS,
        (
            lambda x: x <= 0,
            "logarithm of a number that is not positive",
            "write np.log(np.maximum(x, tiny)), or take a fused loss: mg.cross_entropy, mg.log_softmax, mg.logsumexp",
        ),
    ),
    "log1p": (lambda x: x <= -1, "log(1 + x) where x is not above -1", "clip x to more than -1 before"),
    "sqrt": (lambda x: x < 0, "square root of a negative number", "write np.sqrt(np.maximum(x, 0))"),
    "rsqrt": (lambda x: x <= 0, "1/sqrt(x) where x is not positive", "add a small eps to x before"),
    "reciprocal": (lambda x: x == 0, "division by zero", "add a small eps to the denominator"),
    "arcsin": (lambda x: abs(x) > 1, "arcsin outside [-1, 1]", "write np.clip(x, -1, 1) before"),
    "arccos": (lambda x: abs(x) > 1, "arccos outside [-1, 1]", "write np.clip(x, -1, 1) before"),
    "arctanh": (lambda x: abs(x) >= 1, "arctanh outside (-1, 1)", "clip x to less than 1 before"),
    "arccosh": (lambda x: x < 1, "arccosh below 1", "write np.maximum(x, 1) before"),
    "logit": (lambda x: (x <= 0) | (x >= 1), "logit outside (0, 1)", "clip x to (0, 1) before"),
    **dict.fromkeys(
        EXPONENTIALS,
        (
            lambda x: abs(x) > 0,
            "overflow of an exponential",
            "subtract the maximum before, or use mg.softmax, mg.logsumexp, mg.sigmoid, which do",
        ),
    ),
}
"""For an op of one argument: where it is not finite, why, and what to write instead."""

EDGES: dict[str, tuple[Callable, str, str]] = {
    "sqrt": (lambda x: x == 0, "the slope of sqrt at 0 is infinite", "write np.sqrt(x + eps)"),
    "rsqrt": (lambda x: x > 0, "the slope of 1/sqrt(x) overflows", "write 1 / np.sqrt(x + eps)"),
    "cbrt": (lambda x: x == 0, "the slope of cbrt at 0 is infinite", "keep x away from 0"),
    **dict.fromkeys(LOGARITHMS, (lambda x: x >= 0, "the slope 1/x of a logarithm overflows", "write np.log(x + eps)")),
    "log1p": (lambda x: x >= -1, "the slope 1/(1 + x) overflows", "keep x away from -1"),
    "reciprocal": (lambda x: x == x, "the slope -1/x**2 overflows", "add a small eps to the denominator"),
    "arcsin": (lambda x: abs(x) == 1, "the slope of arcsin at -1 and 1 is infinite", "keep x within (-1, 1)"),
    "arccos": (lambda x: abs(x) == 1, "the slope of arccos at -1 and 1 is infinite", "keep x within (-1, 1)"),
    "arccosh": (lambda x: x == 1, "the slope of arccosh at 1 is infinite", "keep x above 1"),
}
"""The same for the backward: where the local derivative is infinite although the value is not."""

DIVISIONS = {"divide", "fmod", "remainder"}
POWERS = {"power", "float_power"}


def forward_reason(name: str, arrays: list, kwargs: dict, y) -> tuple[str, str]:
    """Why an op makes a NaN or an infinity of finite operands, and the line to write instead."""
    bad = ~np.isfinite(y)
    if name in DOMAINS:
        wrong, reason, advice = DOMAINS[name]
        x = np.asarray(arrays[0])
        guilty = x[bad & wrong(x)] if x.shape == bad.shape else x[wrong(x)]
        if guilty.size:
            return f"{reason}: {_called(name)}({float(guilty.flat[0])})", advice
    if name in DIVISIONS and np.any(np.asarray(arrays[1]) == 0):
        zeros = int(np.sum(np.asarray(arrays[1]) == 0))
        return f"division by zero: {zeros} of {np.size(arrays[1])} denominators are 0", "add a small eps to them"
    if name in POWERS:
        return _power(np.asarray(arrays[0], dtype=float), np.asarray(arrays[1], dtype=float), bad)
    if any(np.size(x) == 0 for x in arrays if isinstance(x, np.ndarray)):
        return "there are no elements to take it of", "check the shape"
    if name in ("var", "std") and np.isnan(y).any():
        return "there are no more elements than degrees of freedom taken off", "use ddof=0, or more elements"
    if np.isnan(y).any():
        return "an infinity on the way was taken from, or multiplied by, something that makes no sense of it", ""
    return f"overflow: {LARGEST}, {np.finfo(y.dtype).max:.3g}", "scale the operands down"


def backward_reason(name: str, position: int, arrays: list, contribution) -> tuple[str, str]:
    """Why the backward of an op makes a NaN or an infinity of a finite gradient, and the line to write instead."""
    x, bad = np.asarray(arrays[position]), ~np.isfinite(contribution)
    if name in EDGES:
        where, reason, advice = EDGES[name]
        guilty = x[bad & where(x)] if x.shape == bad.shape else x[where(x)]
        if guilty.size:
            return f"{reason}: here at {float(guilty.flat[0])}", advice
    if name in DIVISIONS:
        return "a denominator so small that the quotient overflows", "add a small eps to the denominator"
    if name in POWERS:
        base = np.asarray(arrays[0], dtype=float)
        if position == 0 and np.any(base == 0):
            return "the slope of x**n at 0 is infinite for n below 1", "keep the base away from 0"
        if position == 1 and np.any(base < 0):
            return "the slope in the exponent is log(base), and a base is negative", "detach the exponent"
    if np.isnan(contribution).any():
        return "0 times an infinity in the local derivative", ""
    return f"the local derivative, or its product with the gradient that arrived, overflows: {LARGEST}", ""


def _power(base, exponent, bad) -> tuple[str, str]:
    base, exponent = np.broadcast_arrays(base, exponent)
    if bad.shape == base.shape:
        base, exponent = base[bad], exponent[bad]
    if np.any((base == 0) & (exponent < 0)):
        return "0 to a negative power: a division by zero", "keep the base away from 0"
    fractional = (base < 0) & (exponent != np.round(exponent))
    if fractional.any():
        b, n = base[fractional].flat[0], exponent[fractional].flat[0]
        return f"a negative base to a fractional power: ({b:g})**{n:g}", "write np.abs(x)**n, or np.maximum(x, 0)**n"
    return f"overflow of a power: {base.flat[0]:g}**{exponent.flat[0]:g}", "scale the base down"


def _called(name: str) -> str:
    return f"np.{name}" if hasattr(np, name) else name
