"""How a call of each op is drawn.

Where nothing else is said, an op is called as in one of its samples, on values of the program that are brought into
the sample's domain. Some ops have a sampler of their own: see also shaped.py.
"""

import math
from collections.abc import Callable

import numpy as np

from minigrad.samples import Array
from tests.fuzz.drawing import Drawing
from tests.fuzz.programs import Ref
from tests.table import OPS

Sampler = Callable[[Drawing, str], Ref | None]
SAMPLERS: dict[str, Sampler] = {}

ELEMENTWISE = ("elementwise", "special", "activations", "trigonometric", "binary", "selection")
"""The families in which every array operand broadcasts against the others, so that any values will do."""


def draw_call(d: Drawing, op: str) -> Ref | None:
    """Add one call of this op, with all that it needs; None if this did not work out."""
    if op in SAMPLERS and not d.chance(0.15):
        return SAMPLERS[op](d, op)
    return broadcast(d, op) if broadcasts(op) and not d.chance(0.1) else from_sample(d, op)


def broadcasts(op: str) -> bool:
    """Whether the array operands of an op are free to have any shapes that broadcast."""
    function = getattr(OPS[op], "forward", None) or OPS[op].function
    fixed = any(isinstance(x, np.ndarray) for sample in OPS[op].samples for x in sample.args)
    return function.__module__.rsplit(".", 1)[-1] in ELEMENTWISE and not fixed


def samples(*ops: str) -> Callable[[Sampler], Sampler]:
    def declare(sampler: Sampler) -> Sampler:
        SAMPLERS.update(dict.fromkeys(ops, sampler))
        return sampler

    return declare


# For any op


class Failed(Exception):
    """A value could not be brought into the domain of a sample."""


def from_sample(d: Drawing, op: str) -> Ref | None:
    """As in one of its samples."""

    def value(x):
        if isinstance(x, list):
            return [value(part) for part in x]
        ref = d.for_sample(x) if isinstance(x, Array) else x
        if ref is None and isinstance(x, Array):
            raise Failed
        return ref

    sample = d.choice(OPS[op].samples)
    try:
        return d.call(op, *map(value, sample.args), **{name: value(x) for name, x in sample.kwargs.items()})
    except Failed:
        return None


def broadcast(d: Drawing, op: str) -> Ref | None:
    """As in one of its samples, on any values that broadcast against each other."""
    shape: tuple[int, ...] | None = None

    def value(x):
        nonlocal shape
        if not isinstance(x, Array):
            return x
        if shape is not None and x.name in {"real", "nonzero", "positive"} and d.chance(0.08):
            return d.choice([2, 0.5, 1.0, 3])  # a Python number
        ref = d.brought_into(x, partner(d, shape))
        if ref is None:
            raise Failed
        shape = d.shape(ref) if shape is None else np.broadcast_shapes(shape, d.shape(ref))
        return ref

    def general(sample):
        return all(x.name != "values" for x in (*sample.args, *sample.kwargs.values()) if isinstance(x, Array))

    sample = d.choice([sample for sample in OPS[op].samples if general(sample)])
    try:
        return d.call(op, *map(value, sample.args), **{name: value(x) for name, x in sample.kwargs.items()})
    except Failed:
        return None


def partner(d: Drawing, shape: tuple[int, ...] | None) -> Ref:
    """A value that broadcasts against a shape, preferably not an equal one; any value for None."""
    if shape is None:
        return d.pick()

    def fits(x):
        try:
            return math.prod(np.broadcast_shapes(x.shape, shape)) <= d.settings.size
        except ValueError:
            return False

    found = d.matching(fits)
    unequal = [ref for ref in found if d.shape(ref) != shape]
    if found and d.chance(0.8):
        return d.choice(unequal if unequal and d.chance(0.6) else found)
    stretched = tuple(1 if d.chance(0.4) else n for n in shape)
    return d.leaf(stretched[d.number(0, len(stretched) + 1) :] if d.chance(0.4) else stretched)


def mask(d: Drawing, shape: tuple[int, ...]) -> np.ndarray:
    return d.rng.random(shape) < 0.6


@samples("where")
def where(d, op):
    first = d.pick()
    second = partner(d, d.shape(first))
    shape = np.broadcast_shapes(d.shape(first), d.shape(second))
    condition = mask(d, tuple(1 if d.chance(0.2) else n for n in shape))
    return d.call(op, condition, *d.choice([(first, second), (second, first), (first, 0.5), (1, second)]))


@samples("clip")
def clip(d, op):
    low = d.choice([None, -1.0, -0.5, 0.0])
    return d.call(op, d.pick(), low, d.choice([None, 0.25, 1.0, 2.0] if low is not None else [0.5, 1.0]))
