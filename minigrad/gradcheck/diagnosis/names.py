"""Names for numbers, axes, functions and places, so that a diagnosis speaks of what the reader wrote."""

import math
from collections.abc import Callable, Iterator
from itertools import product

import numpy as np

from minigrad.gradcheck.diagnosis.case import Case

CONSTANTS = {
    "2": 2.0,
    "3": 3.0,
    "4": 4.0,
    "ln 2": math.log(2),
    "ln 10": math.log(10),
    "pi": math.pi,
    "2 pi": 2 * math.pi,
    "e": math.e,
    "sqrt(2)": math.sqrt(2),
    "sqrt(pi)": math.sqrt(math.pi),
    "sqrt(2 pi)": math.sqrt(2 * math.pi),
    "sqrt(pi/2)": math.sqrt(math.pi / 2),
    "2/sqrt(pi)": 2 / math.sqrt(math.pi),
    "180/pi": 180 / math.pi,
    "2/3": 2 / 3,
    "3/2": 1.5,
    "10": 10.0,
    "100": 100.0,
}
FUNCTIONS: dict[str, Callable] = {
    "{}": lambda b: b,
    "{}**2": lambda b: b * b,
    "{}**3": lambda b: b**3,
    "(1 - {})": lambda b: 1 - b,
    "(1 + {})": lambda b: 1 + b,
    "(1 - {}**2)": lambda b: 1 - b * b,
    "(1 + {}**2)": lambda b: 1 + b * b,
    "{0}*(1 - {0})": lambda b: b * (1 - b),
    "sqrt({})": lambda b: np.sqrt(abs(b)),
    "abs({})": abs,
    "sign({})": np.sign,
    "exp({})": np.exp,
    "(1 + exp({}))": lambda b: 1 + np.exp(b),
    "(1 - exp({}))": lambda b: 1 - np.exp(b),
    "exp(-{})": lambda b: np.exp(-b),
    "exp(-{}**2)": lambda b: np.exp(-b * b),
    "exp(-{}**2 / 2)": lambda b: np.exp(-b * b / 2),
    "log({})": lambda b: np.log(abs(b)),
    "sin({})": np.sin,
    "cos({})": np.cos,
    "tan({})": np.tan,
    "sinh({})": np.sinh,
    "cosh({})": np.cosh,
    "tanh({})": np.tanh,
    "cos({})**2": lambda b: np.cos(b) ** 2,
    "cosh({})**2": lambda b: np.cosh(b) ** 2,
    "(1 - tanh({})**2)": lambda b: 1 - np.tanh(b) ** 2,
    "sigmoid({})": lambda b: 1 / (1 + np.exp(-b)),
    "sigmoid(-{})": lambda b: 1 / (1 + np.exp(b)),
    "sigmoid'({})": lambda b: np.exp(-b) / (1 + np.exp(-b)) ** 2,
    "sqrt(1 - {}**2)": lambda b: np.sqrt(abs(1 - b * b)),
    "sqrt(1 + {}**2)": lambda b: np.sqrt(1 + b * b),
}


def called(case: Case, c: float) -> str:
    """A number, and what it may be in this call: an option, an axis length, a well-known constant.

    >>> call = Case("double", lambda x: 2 * x, lambda g, y, args, kwargs: g, [np.ones(5)])
    >>> called(call, 0.2)
    '0.2 = 1/5 (5 is axis 0 of operand 0)'
    """
    said = f"{abs(c):.6g}"
    for name, note, value in _numbers(case):
        if math.isclose(abs(c), value, rel_tol=1e-7):
            return (
                f"{c:.6g}" + (f" = {'-' if c < 0 else ''}{name}" if name != said else "") + (f" {note}" if note else "")
            )
    return f"{c:.6g}"


def _numbers(case: Case) -> Iterator[tuple[str, str, float]]:
    """Expressions for numbers, with a note that explains them, and their values."""
    yield "1", "", 1.0
    for name, value in _scalars(case):
        for text, derived in (
            (name, value),
            (f"(1 - {name})", 1 - value),
            (f"(1 + {name})", 1 + value),
            (f"({name} - 1)", value - 1),
            (f"{name}**2", value**2),
        ):
            if derived > 0:
                yield from _powers(text, "", derived)
    lengths = [(n, note) for n, note in _lengths(case) if n > 1]
    for n, note in lengths:
        yield from ((str(n), f"({note})", n), (f"1/{n}", f"({note})", 1 / n))
    for text, value in CONSTANTS.items():
        yield from _powers(text, "", value)
    for n, note in lengths:
        yield from _powers(str(n), f"({note})", n)
        for text, odd in ((f"{n}/{n - 1}", n / (n - 1)), (f"{n - 1}/{n}", (n - 1) / n)):
            yield text, f"(n = {note})", odd
            yield f"sqrt({text})", f"(n = {note})", math.sqrt(odd)


def _powers(text: str, note: str, value: float) -> Iterator[tuple[str, str, float]]:
    """A number, its inverse, and the roots of both."""
    bare = text if text.isalnum() or text.startswith(("(", "sqrt")) else f"({text})"
    yield text, note, value
    yield f"1/{bare}", note, 1 / value
    yield f"sqrt({text})", note, math.sqrt(value)
    yield f"1/sqrt({text})", note, 1 / math.sqrt(value)


def _scalars(case: Case) -> Iterator[tuple[str, float]]:
    named = [*zip(case.names, case.args, strict=True), *case.kwargs.items()]
    for name, value in named:
        if (
            np.ndim(value) == 0
            and isinstance(value, (int, float, np.number, np.ndarray))
            and not isinstance(value, bool)
        ):
            yield name, float(value)


def _lengths(case: Case) -> Iterator[tuple[int, str]]:
    arrays = [(case.names[i], case.args[i]) for i in (case.position, *(i for i, _ in case.others))]
    arrays += [("the result", case.y), *(("the indices", x) for x in case.integers)]
    for name, x in arrays:
        for axis, n in enumerate(x.shape):
            yield n, f"{n} is axis {axis} of {name}"
        if x.ndim > 1:
            yield x.size, f"{x.size} is the size of {name}"
        for axes in _pairs(x.ndim):
            n = math.prod(x.shape[i] for i in axes)
            yield n, f"{n} is the size of axes {axes} of {name}"


def _pairs(ndim: int) -> list[tuple[int, ...]]:
    return [(i, j) for i in range(ndim) for j in range(i + 1, ndim)] if ndim > 2 else []


def library(case: Case, shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Arrays of this shape that a formula might multiply by: functions of operands and result, simplest first."""
    found: dict[str, np.ndarray] = {}
    for text, f in FUNCTIONS.items():
        for base, name in _bases(case, shape):
            value = np.asarray(f(base), dtype=float)
            if np.isfinite(value).all() and value.any():
                found.setdefault(text.format(name), np.broadcast_to(value, shape))
    return found


def _bases(case: Case, shape) -> Iterator[tuple[np.ndarray, str]]:
    yield from ((x, name) for x, name in _arrays(case) if _fits(x, shape))
    others = [(case.names[i], x) for i, x in case.others if _fits(x, shape)]
    if _fits(case.x, shape):
        for name, x in others:
            yield case.x * x, f"({case.operand}*{name})"
            yield case.x - x, f"({case.operand} - {name})"
            yield case.x + x, f"({case.operand} + {name})"
            if np.all(x != 0):
                yield case.x / x, f"({case.operand}/{name})"
    for axis in range(len(shape)):
        if case.y.shape == shape[:axis] + shape[axis + 1 :] and case.y.ndim:
            yield np.expand_dims(case.y, axis), "y"
            if case.x.shape == shape:
                yield case.x - np.expand_dims(case.y, axis), f"({case.operand} - y)"


def _arrays(case: Case) -> list[tuple[np.ndarray, str]]:
    return [(case.y, "y"), (case.x, case.operand), *((x, case.names[i]) for i, x in case.others)]


def _fits(x: np.ndarray, shape) -> bool:
    try:
        return np.broadcast_shapes(x.shape, shape) == shape and x.size > 1
    except ValueError:
        return False


def places(case: Case, mask: np.ndarray) -> str:
    """Where a mask of the operand's shape is true, in words if there are any."""
    for text, where in _masks(case):
        if np.array_equal(where & case.calm, mask & case.calm):
            return text
    indices = [list(map(int, i)) for i in np.argwhere(mask)[:3]]
    more = int(mask.sum()) - len(indices)
    return f"at {', '.join(map(str, indices))}" + (f" and {more} more" if more else "")


def _masks(case: Case) -> Iterator[tuple[str, np.ndarray]]:
    shape, x = case.x.shape, case.x
    for labels in case.integers:
        yield from _picked(case, labels)
    yield from ((f"where {case.operand} {text}", where) for text, where in _halves(x))
    for base, name in _arrays(case):
        if base is not x and _fits(base, shape):
            yield from ((f"where {name} {text}", np.broadcast_to(w, shape)) for text, w in _halves(base))
            if base is not case.y:
                yield f"where {case.operand} < {name}", np.broadcast_to(x < base, shape)
                yield f"where {case.operand} > {name}", np.broadcast_to(x > base, shape)
    for value in case.args:
        if isinstance(value, np.ndarray) and value.dtype.kind == "b" and _fits(value, shape):
            yield "where the mask is true", np.broadcast_to(value, shape)
            yield "where the mask is false", np.broadcast_to(~value, shape)
    for axis, n in enumerate(shape):
        index = np.expand_dims(np.arange(n), tuple(i for i in range(len(shape)) if i != axis))
        for k, text in ((0, "first"), (n - 1, "last")):
            yield f"in the {text} slice of axis {axis}", np.broadcast_to(index == k, shape)
            yield f"everywhere but in the {text} slice of axis {axis}", np.broadcast_to(index != k, shape)
    if len(shape) > 1:
        rows, columns = np.indices(shape)[-2:]
        yield "on the diagonal", rows == columns
        yield "off the diagonal", rows != columns
        yield "above the diagonal", rows < columns
        yield "below the diagonal", rows > columns


def _halves(b: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    for bound, sign in product((0, 1, -1), "<>"):
        yield f"{sign} {bound}", b < bound if sign == "<" else b > bound
    yield "> 1 in magnitude", abs(b) > 1
    yield "< 1 in magnitude", abs(b) < 1


def _picked(case: Case, labels: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """The elements that an array of indices picks: one of every row, or whole rows."""
    x = case.x
    if x.ndim == 2 and labels.shape == x.shape[:1] and (abs(labels) < x.shape[1]).all():
        yield "exactly at the labels", np.eye(x.shape[1], dtype=bool)[labels]
    for axis, n in enumerate(x.shape):
        if labels.size and (abs(labels) < n).all():
            values, counts = np.unique(labels % n, return_counts=True)
            for text, chosen in (("picked", values), ("picked more than once", values[counts > 1])):
                rows = np.isin(np.arange(n), chosen)
                shape = [n if i == axis else 1 for i in range(x.ndim)]
                yield f"in the slices of axis {axis} that are {text}", np.broadcast_to(rows.reshape(shape), x.shape)
