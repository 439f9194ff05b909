"""Where the first NaN or infinity came from: the op, the line, and the reason. The graph is read, nothing is run again.

>>> import minigrad as mg
>>> w = mg.tensor([1.0, -1.0], requires_grad=True)
>>> loss = mg.log(w * 2).sum()
>>> print(origin_of_value(loss))  # doctest: +ELLIPSIS
op log at <doctest ...>:1  loss = mg.log(w * 2).sum(), input min -2, max 2
    log of a number that is not positive: ...
"""

from collections.abc import Iterator

import numpy as np

from minigrad.engine import Tensor, history, seed, walk
from minigrad.errors import NonFiniteError
from minigrad.modes import watch

LOG = (
    "log of a number that is not positive: use nn.cross_entropy on logits, which is stable, instead of "
    "log(softmax(x)), or write np.log(x + eps)"
)
DIVISION = "a division by 0: add a small eps to the denominator"
OVERFLOW = "exp overflows above 709 (above 88 in float32): subtract the maximum first, as softmax and logsumexp do"
ROOT = "the root of a negative number is NaN, and its slope at 0 is infinite: write np.sqrt(x + eps) with x >= 0"
REASONS = {
    **dict.fromkeys(("log", "log2", "log10", "log1p", "xlogy", "logit"), LOG),
    **dict.fromkeys(("divide", "reciprocal", "remainder", "fmod"), DIVISION),
    **dict.fromkeys(("exp", "exp2", "expm1", "sinh", "cosh"), OVERFLOW),
    **dict.fromkeys(("sqrt", "rsqrt"), ROOT),
    **dict.fromkeys(
        ("power", "float_power"),
        "a negative number to a fractional power, or 0 to a negative one: keep the base positive",
    ),
    **dict.fromkeys(
        ("arcsin", "arccos", "arctanh", "arccosh"), "an argument at the edge of the domain or outside: clip it first"
    ),
}
TOO_LARGE = "the values have grown beyond what {dtype} can hold: a smaller learning rate, or clip_norm=1.0"
OTHERWISE = "a smaller learning rate, or clip_norm=1.0, may help"


def stop(output: Tensor, step: int) -> NonFiniteError:
    """The error for a loss, or its gradient, that is not finite."""
    value = output.item()
    if np.isfinite(value):
        return NonFiniteError(f"the gradient is not finite: step {step} was not taken; {origin_of_gradient(output)}")
    return NonFiniteError(f"the loss is {value}: step {step} was not taken; {origin_of_value(output)}")


def origin_of_value(output: Tensor) -> str:
    """In words, the first op on the way to ``output`` whose result is not finite."""
    for y in reversed(history([output])):
        if _finite(y.data):
            continue
        if y.op is None:
            return f"the parameter {y.name or y.source} is not finite itself: go back to the last checkpoint"
        foreign = next((x for x in operands(y) if not _finite(x)), None)
        if foreign is not None:
            return f"what went into op {y.op.name} at {y.source} was not finite already, {_rows(foreign)}"
        return _told("op", y)
    return "no op on the tape made it"


def origin_of_gradient(output: Tensor) -> str:
    """In words, the first op, going backward from ``output``, that made a finite gradient infinite or NaN."""
    finder = _Finder()
    with watch(finder):
        walk([output], [seed(output)])
    return _told("backward of op", finder.found) if finder.found is not None else "a hook made it so"


class _Finder:
    """A watcher of the walk."""

    found: Tensor | None = None

    def forward(self, y: Tensor) -> None:
        """Only the way back matters."""

    def backward(self, y: Tensor, position: int, g, contribution) -> None:
        if self.found is None and _finite(g) and not _finite(contribution):
            self.found = y


def operands(y: Tensor) -> Iterator[np.ndarray]:
    """The floating arrays that an op was called with."""
    for x in y.args:
        array = x.data if isinstance(x, Tensor) else x
        if isinstance(array, (np.ndarray, float)) and np.asarray(array).dtype.kind == "f":
            yield np.asarray(array)


def _told(what: str, y: Tensor) -> str:
    """The op, its line, the range of what went in, and the next move."""
    name, arrays = y.op.name, [x for x in operands(y) if x.size]
    shown = arrays[1] if name == "divide" and len(arrays) > 1 else arrays[0] if arrays else np.zeros(1)
    part = "denominator" if name == "divide" else "input"
    reach = f"{part} min {shown.min():.3g}, max {shown.max():.3g}"
    largest = max((float(abs(x).max()) for x in arrays), default=0.0)
    too_large = largest > np.sqrt(np.finfo(y.dtype).max)
    reason = TOO_LARGE.format(dtype=y.dtype) if too_large else REASONS.get(name, OTHERWISE)
    return f"{what} {name} at {y.source}, {reach}\n    {reason}"


def _rows(x: np.ndarray) -> str:
    where = np.argwhere(~np.isfinite(x))
    place = tuple(map(int, where[0]))
    return f"{len(where)} of {x.size} elements, the first at index {place}: remove or replace such values in the data"


def _finite(x) -> bool:
    return bool(np.isfinite(getattr(x, "_data", x)).all())
