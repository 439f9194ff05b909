"""From a few samples of an op, the calls that bring faults to light: no fault hides from all of them.

Random square arrays hide half of all bugs. So every sample is also tried with batches of one, axes of length 1 and 0,
no axes at all, square and not square, broadcast on each side and on both, with ties, with repeated indices, and with
every option at other values. What the forward refuses is no call of this op, and is left out.

>>> from minigrad.declare import OPS
>>> from minigrad.samples import call, real
>>> [label for label, _ in grid(OPS["add"], [call(real(2, 3), real(2, 3))], rng=0)][:4]
['as given', 'axis 0 of length 1', 'axis 1 of length 1', 'axis 0 empty']
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np

from minigrad.declare import plain
from minigrad.samples import Array, Call, Drawn, call

MATRICES = ("definite", "invertible")
"""Arrays whose values belong together."""


def grid(op, samples: Sequence, *, rng: int | np.random.Generator | None = None) -> Iterator[tuple[str, Drawn]]:
    """All calls at which to check an op, drawn, with a few words on each; every one once."""
    rng, seen, kinds = np.random.default_rng(rng), set(), set()
    for sample in samples:
        sample = sample if isinstance(sample, Call) else call(sample)
        variants = [("as given", sample)] if _kind(sample) in kinds else _variants(op, sample)
        kinds.add(_kind(sample))
        for label, variant in variants:
            if repr(variant) not in seen:
                seen.add(repr(variant))
                drawn = accepted(op, variant, rng)
                if drawn is not None:
                    yield label, drawn
        for label, change in VALUES.items():
            drawn = _changed(accepted(op, sample, rng), sample, change)
            if drawn is not None and accepted(op, drawn, rng) is not None:
                yield label, drawn


def _kind(sample: Call) -> tuple:
    """What samples have in common that lead to the same variants."""
    return tuple(len(a.shape) for a in _arrays(sample)), len(sample.args), tuple(sorted(sample.kwargs))


def accepted(op, sample, rng) -> Drawn | None:
    """The call, drawn, if the forward takes it and answers with finite numbers somewhere; None if not."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            drawn = sample.draw(rng) if isinstance(sample, Call) else sample
            value = plain(op(*drawn.args, **drawn.kwargs))
        values = value if isinstance(value, (tuple, list)) else [value]
        return drawn if all(np.size(v) == 0 or np.isfinite(v).any() for v in values) else None
    except Exception:
        return None


def _variants(op, sample: Call) -> Iterator[tuple[str, Call]]:
    yield "as given", sample
    shapes = [a.shape for a in _arrays(sample)]
    for axis in range(max(map(len, shapes), default=0)):
        yield f"axis {axis} of length 1", _reshaped(sample, lambda s, i, axis=axis: _put(s, axis, 1))
    yield "axis 0 empty", _reshaped(sample, lambda s, i: _put(s, 0, 0))
    yield "square", _reshaped(sample, lambda s, i: (3,) * len(s))
    yield "not square", _reshaped(sample, lambda s, i: tuple(range(len(s) + 1, 1, -1)))
    if not any(name.startswith("axis") for name in {**_defaults(op), **sample.kwargs}):
        yield "no axes", _reshaped(sample, lambda s, i: ())
    yield "one more batch axis", _reshaped(sample, lambda s, i: (2, *s))
    if len(shapes) > 1:
        for k in range(len(shapes)):
            yield f"operand {k} with a batch axis", _reshaped(sample, lambda s, i, k=k: (2, *s) if i == k else s)
            yield f"operand {k} broadcast", _reshaped(sample, lambda s, i, k=k: s[1:] if i == k else s)
            yield f"operand {k} a column", _reshaped(sample, lambda s, i, k=k: (*s[:-1], 1) if i == k else s)
        yield "both sides broadcast", _reshaped(sample, lambda s, i: _put(s, i % max(1, len(s)), 1))
    yield from _options(op, sample)


def _arrays(sample: Call) -> list[Array]:
    found: list[Array] = []
    _mapped(sample, lambda a: found.append(a))
    return found


def _mapped(sample: Call, change: Callable[[Array], Any]) -> Call:
    def over(x):
        if isinstance(x, Array):
            return change(x)
        return [over(part) for part in x] if isinstance(x, list) else x

    return Call(tuple(map(over, sample.args)), {name: over(x) for name, x in sample.kwargs.items()})


def _reshaped(sample: Call, shape: Callable) -> Call:
    """The sample with other shapes; given values keep theirs."""
    number = count()

    def change(a: Array) -> Array:
        return a if a.name == "values" else replace(a, shape=tuple(shape(a.shape, next(number))))

    return _mapped(sample, change)


def _put(shape: tuple[int, ...], axis: int, n: int) -> tuple[int, ...]:
    return (*shape[:axis], n, *shape[axis + 1 :]) if axis < len(shape) else shape


def _options(op, sample: Call) -> Iterator[tuple[str, Call]]:
    """Every option at other values, also those that the sample leaves at their defaults."""
    most = max((len(a.shape) for a in _arrays(sample)), default=0)
    parameters = getattr(op, "parameters", ())
    given = {name: x for name, x in zip(parameters, sample.args, strict=False) if not _holds_arrays(x)}
    for name, value in {**_defaults(op), **given, **sample.kwargs}.items():
        for other in _others(name, value, most):
            if name in given:
                k = parameters.index(name)
                yield f"{name}={other!r}", Call((*sample.args[:k], other, *sample.args[k + 1 :]), sample.kwargs)
            else:
                yield f"{name}={other!r}", Call(sample.args, {**sample.kwargs, name: other})


def _holds_arrays(x) -> bool:
    return isinstance(x, (Array, np.ndarray)) or (isinstance(x, list) and any(map(_holds_arrays, x)))


def _defaults(op) -> dict[str, Any]:
    forward = getattr(op, "forward", None)
    if forward is None:
        return {}
    defaults = forward.__defaults__ or ()
    positional = op.parameters[len(op.parameters) - len(defaults) :]
    return {**dict(zip(positional, defaults, strict=True)), **(forward.__kwdefaults__ or {})}


def _others(name: str, value, ndim: int) -> list:
    if name == "axis":
        return [*range(ndim), *range(-ndim, 0), *([(0, ndim - 1), None] if ndim > 1 else [None])]
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1]
    if isinstance(value, float):
        return [value / 2, value * 1.5]
    return []


def _changed(drawn: Drawn | None, sample: Call, change: Callable) -> Drawn | None:
    """The drawn arguments with every array changed; None if that changes nothing."""
    if drawn is None or any(a.name in MATRICES for a in _arrays(sample)):
        return None
    changed = Drawn(tuple(_over(x, change) for x in drawn.args), {n: _over(x, change) for n, x in drawn.kwargs.items()})
    return changed if repr(changed) != repr(drawn) else None


def _over(x, change: Callable):
    if isinstance(x, np.ndarray):
        return change(x)
    return type(x)(_over(part, change) for part in x) if type(x) in (list, tuple) else x


def _tied(x: np.ndarray) -> np.ndarray:
    """Pairs of equal elements along the last axis."""
    if x.dtype.kind != "f" or not x.ndim or x.shape[-1] < 2:
        return x
    tied = x.copy()
    tied[..., 1] = tied[..., 0]
    return tied


def _repeated(x: np.ndarray) -> np.ndarray:
    """An index that picks something twice."""
    if x.dtype.kind not in "iu" or x.size < 2:
        return x
    repeated = x.copy()
    repeated.ravel()[-1] = repeated.ravel()[0]
    return repeated


VALUES = {"ties": _tied, "repeated indices": _repeated}
