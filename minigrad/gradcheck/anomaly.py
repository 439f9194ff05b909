"""``with detect_anomaly():`` the first op that makes a NaN or an infinity, forward or backward, is named, with why.

>>> from minigrad import tensor
>>> x = tensor([1.0, 0.0], requires_grad=True, name="x")
>>> with detect_anomaly():
...     y = np.log(x)
Traceback (most recent call last):
    ...
minigrad.errors.NonFiniteError: log made -inf in 1 of 2 elements, first at [1], at <doctest ...
  because: logarithm of a number that is not positive: np.log(0.0)
  operand 0 (x), x of shape (2,): from 0 to 1, 0.0 at [1]
  write ...
"""

import numpy as np

from minigrad.engine import Tensor
from minigrad.errors import NonFiniteError
from minigrad.gradcheck.local import operand_name
from minigrad.gradcheck.reasons import backward_reason, forward_reason
from minigrad.gradcheck.saved import named
from minigrad.modes import watch


class Sentinel:
    """A watcher that stops at the first number that is not finite."""

    def forward(self, y: Tensor) -> None:
        """Look at what an op has made. Raises NonFiniteError."""
        if np.isfinite(y.data).all():
            return
        bad = ~np.isfinite(y.data)
        arrays = [plain(x) for x in y.args]
        came = next((i for i, x in enumerate(arrays) if not _finite(x)), None)
        lines = [f"{y.op.name} made {_described(y.data, bad)}, at {y.source}"]
        if came is not None:
            lines = [f"{y.op.name} was given {_described(arrays[came], ~np.isfinite(arrays[came]))}, at {y.source}"]
            lines.append(f"  because: {operand_name(y, came)}, {named(y.args[came])} was so when it came on the tape")
        else:
            reason, advice = forward_reason(y.op.name, arrays, y.kwargs, y.data)
            lines += [f"  because: {reason}", *_operands(y, arrays, bad), f"  {advice}" if advice else ""]
        raise NonFiniteError("\n".join(filter(None, lines)))

    def backward(self, y: Tensor, position: int, g, contribution) -> None:
        """Look at what an op has sent back. Raises NonFiniteError."""
        g, contribution = plain(g), plain(contribution)
        if np.isfinite(contribution).all():
            return
        bad = ~np.isfinite(contribution)
        arrays = [plain(x) for x in y.args]
        what = f"the backward of {y.op.name} made {_described(contribution, bad)}"
        lines = [f"{what} in the gradient of {operand_name(y, position)}, at {y.source}"]
        if not _finite(g):
            lines.append("  because: the gradient that backward() was called with is not finite")
        else:
            reason, advice = backward_reason(y.op.name, position, arrays, contribution)
            lines += [f"  because: {reason}", *_operands(y, arrays, bad), _arrived(g)]
            lines.append(f"  {advice}" if advice else "")
        raise NonFiniteError("\n".join(filter(None, lines)))


class detect_anomaly(watch):
    """Inside, the first op that makes a NaN or an infinity raises :class:`~minigrad.errors.NonFiniteError`.

    The message names the op, the source line that called it, the reason, and the range of its operands. In backward
    every ``.grad`` stays as it was. NumPy's own warnings are silent inside: this says more.
    """

    def __init__(self):
        super().__init__(Sentinel())
        self._states: list[np.errstate] = []

    def __enter__(self):
        self._states.append(np.errstate(all="ignore"))
        self._states[-1].__enter__()
        return super().__enter__()

    def __exit__(self, *exception):
        super().__exit__(*exception)
        self._states.pop().__exit__(*exception)


def plain(x):
    """A Tensor's array; anything else as it is."""
    return x.data if isinstance(x, Tensor) else x


def _finite(x) -> bool:
    return not isinstance(x, (float, np.ndarray, np.generic)) or bool(np.isfinite(x).all())


def _described(x, bad) -> str:
    """``-inf in 1 of 6 elements, first at [1, 2]``."""
    bad, x = np.asarray(bad), np.asarray(x)
    first = tuple(int(i) for i in np.argwhere(bad)[0])
    return f"{x[first]} in {bad.sum()} of {x.size} elements" + (f", first at {list(first)}" if first else "")


def _operands(y: Tensor, arrays: list, bad: np.ndarray) -> list[str]:
    """For every floating operand its range, and its value where the trouble is."""
    lines = []
    for i, x in enumerate(arrays):
        if not isinstance(x, (float, np.ndarray)) or not np.size(x) or np.asarray(x).dtype.kind != "f":
            continue
        x = np.asarray(x)
        name = f", {y.args[i].name}" if isinstance(y.args[i], Tensor) and y.args[i].name else ""
        line = f"  {operand_name(y, i)}{name} of shape {x.shape}: from {x.min():.6g} to {x.max():.6g}"
        if x.shape == bad.shape and x.ndim:
            first = tuple(int(k) for k in np.argwhere(bad)[0])
            line += f", {x[first]} at {list(first)}"
        lines.append(line)
    return lines[:2]


def _arrived(g) -> str:
    g = np.asarray(g)
    return f"  the gradient that arrived: from {g.min():.6g} to {g.max():.6g}" if g.size else ""
