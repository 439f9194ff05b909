"""Parameters as optimizers, regularizers and clipping take them: Tensors with a name each, to be used in messages."""

import math
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np

from minigrad.arrays import as_array, is_unshared
from minigrad.engine import Tensor
from minigrad.errors import DtypeError, NonFiniteError, ShapeError


def named_tensors(params: Any, first: int = 0) -> list[tuple[str, Tensor]]:
    """``(name, Tensor)`` pairs of a model, of one Tensor, of Tensors, or of pairs.

    A Tensor that comes without a name goes by its own ``.name``, or by its place in the list, counted from
    ``first``.

    >>> named_tensors([Tensor(1.0, name="w"), Tensor(2.0), ("bias", Tensor(3.0))])
    [('w', tensor(1., name='w')), ('parameter 1', tensor(2.)), ('bias', tensor(3.))]
    """
    if isinstance(params, Tensor):
        return [(params.name or "the parameter", params)]
    if hasattr(params, "named_parameters"):
        params = params.named_parameters()
    if isinstance(params, (set, frozenset)):
        raise TypeError("parameters in a set have no order, so no run could be repeated: write a list of them")
    if isinstance(params, str) or not isinstance(params, Iterable):
        raise TypeError(f"parameters are Tensors in a list, but this is a {type(params).__name__}: {params!r:.60}")
    pairs = [item if isinstance(item, tuple) and len(item) == 2 else (None, item) for item in params]
    for i, (_, p) in enumerate(pairs):
        if not isinstance(p, Tensor):
            raise TypeError(f"parameter {i} is no Tensor but a {type(p).__name__}: {p!r:.60}")
    return [(name or p.name or f"parameter {i}", p) for i, (name, p) in enumerate(pairs, first)]


def groups_of(params: Any) -> list[dict[str, Any]]:
    """What an optimizer is given, as groups: each a dict with "params", and options of its own."""
    if isinstance(params, Tensor):
        raise TypeError("an optimizer takes parameters in a list: write [w] for a single Tensor w")
    if not isinstance(params, (str, set, frozenset)) and not hasattr(params, "named_parameters"):
        params = list(params)
        if params and all(isinstance(group, dict) for group in params):
            return params
    return [{"params": params}]


def gradient_of(name: str, p: Tensor) -> np.ndarray:
    """The gradient of ``p`` as a plain array, checked to have its shape."""
    g = p.grad.data if isinstance(p.grad, Tensor) else as_array(p.grad)
    if g.dtype.kind not in "fc":
        raise DtypeError(f"the gradient of {name} has dtype {g.dtype}, a floating one is needed: write g.astype(float)")
    if g.shape != p.shape:
        raise ShapeError(f"the gradient of {name} has shape {g.shape}, but {name} has shape {p.shape}")
    return g


def with_more(names: dict[Tensor, str], pairs: list[tuple[str, Tensor]]) -> dict[Tensor, str]:
    """The parameters of an optimizer and these, by name. Raises where one cannot be moved, or is there already."""
    if not pairs:
        raise ValueError("there is no parameter to optimize: the list is empty (or a generator that was used up)")
    known = dict(names)
    for name, p in pairs:
        if not p.is_leaf:
            raise ValueError(f"{name} was computed, so no step can move it: pass the leaf it was computed from")
        if p.dtype.kind != "f":
            raise DtypeError(f"{name} holds {p.dtype}, which no step can move: write .astype(float) where it is made")
        if p in known:
            raise ValueError(f"{name} is given twice: each parameter belongs to one group, once")
        known[p] = name
    return known


@cache
def _square_root_of_largest(dtype: str) -> float:
    return math.sqrt(np.finfo(dtype).max)


def is_moderate(x: np.ndarray) -> bool:
    """Whether ``x`` is finite, and so far from overflow that its squares, sums and averages are finite too."""
    flat = x.ravel()
    return bool(np.dot(flat, flat) < _square_root_of_largest(x.dtype.char))


def is_finite(x: np.ndarray) -> bool:
    """Whether no element is NaN or infinite: any such element would show in the sum."""
    return math.isfinite(x.sum()) or bool(np.isfinite(x).all())


def non_finite(what: str, x: np.ndarray, consequence: str) -> NonFiniteError:
    """The error for an array with NaN or infinite elements: what it is, how many, and where the first one is."""
    where = np.argwhere(~np.isfinite(x))
    first = tuple(map(int, where[0]))
    at = f" at index {first}" if first else ""
    return NonFiniteError(
        f"{what} is not finite: {len(where)} of {x.size} elements, the first{at} is {x[first]}; {consequence}"
    )


def replace_data(p: Tensor, new: np.ndarray) -> np.ndarray | None:
    """Give ``p`` this array, not a copy, and hand its old one back if nobody else holds it, to be written to next time.

    Values are replaced and never written to, so a view or an array that somebody kept stays as it was.
    """
    old, p._data = p.data, new.astype(p.dtype, copy=False)
    p.mark_replaced()
    return old if is_unshared(old) else None
