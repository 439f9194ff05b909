"""Samplers of the ops whose further arguments depend on a shape: axes, indices, ranks, labels."""

import math

import numpy as np

from tests.fuzz.drawing import Drawing
from tests.fuzz.programs import Ref
from tests.fuzz.samplers import mask, samples

# Along axes


def reduced_size(x: np.ndarray, axis) -> int:
    """How many elements become one."""
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return math.prod(x.shape[i] for i in axes)


@samples(*("sum", "mean", "prod", "max", "min", "ptp", "median", "var", "std", "logsumexp", "vector_norm", "p_norm"))
def reduction(d, op):
    x = d.pick()
    axis = d.axes(d[x].ndim)
    more = {"var": {"ddof": d.number(0, 2)}, "std": {"ddof": d.number(0, 2)}}.get(op, {})
    size = reduced_size(d[x], axis) - more.get("ddof", 0)
    if size <= 0 and op not in {"sum", "prod"}:
        return None
    return d.call(op, x, axis=axis, keepdims=d.chance(0.4), **more)


@samples("standardize", "rms_normalize")
def normalization(d, op):
    x = d.pick(lambda x: x.ndim > 0 and x.size > 0, (3, 4))
    return d.call(op, x, d.axis(d[x].ndim), eps=0.1)


@samples("softmax", "log_softmax")
def along_axis(d, op):
    x = d.pick(lambda x: x.ndim > 0 and x.size > 0, (2, 3))
    return d.call(op, x, d.axis(d[x].ndim))


@samples("cumsum", "cumprod", "sort")
def along_axis_or_raveled(d, op):
    x = d.pick(lambda x: x.ndim > 0, (2, 3))
    return d.call(op, x, None if d.chance(0.2) else d.axis(d[x].ndim))


@samples("diff")
def diff(d, op):
    x = d.pick(lambda x: x.ndim > 0, (2, 3))
    return d.call(op, x, d.number(0, 3), d.axis(d[x].ndim))


# Shapes


def factors(d: Drawing, size: int) -> tuple[int, ...]:
    """A shape with this many elements."""
    shape = []
    while size > 1 and len(shape) < 3:
        n = d.choice([n for n in range(2, size + 1) if size % n == 0])
        shape.append(n)
        size //= n
    if size != 1 or d.chance(0.3):
        shape.insert(d.number(0, len(shape) + 1), size)
    return tuple(shape)


@samples("reshape")
def reshape(d, op):
    x = d.pick()
    shape = list(factors(d, d[x].size))
    if shape and d[x].size and d.chance(0.4):
        shape[d.number(0, len(shape))] = -1
    return d.call(op, x, tuple(shape))


@samples("transpose")
def transpose(d, op):
    x = d.pick()
    return d.call(op, x, None if d.chance(0.2) else tuple(map(int, d.rng.permutation(d[x].ndim))))


@samples("swapaxes")
def swapaxes(d, op):
    x = d.pick(lambda x: x.ndim > 1, (2, 3))
    return d.call(op, x, d.axis(d[x].ndim), d.axis(d[x].ndim))


@samples("moveaxis")
def moveaxis(d, op):
    x = d.pick(lambda x: x.ndim > 1, (2, 3))
    ndim, n = d[x].ndim, d.number(1, d[x].ndim + 1)
    source, target = (tuple(map(int, d.rng.permutation(ndim)[:n])) for _ in range(2))
    return d.call(op, x, source, target) if d.chance(0.5) else d.call(op, x, source[0], target[0])


@samples("expand_dims")
def expand_dims(d, op):
    x = d.pick(lambda x: x.ndim < 4)
    return d.call(op, x, d.axis(d[x].ndim + 1))


@samples("squeeze")
def squeeze(d, op):
    x = d.pick(lambda x: 1 in x.shape, (1, 3))
    return d.call(op, x, None if d.chance(0.3) else d.choice([i for i, n in enumerate(d.shape(x)) if n == 1]))


@samples("broadcast_to")
def broadcast_to(d, op):
    x = d.pick(lambda x: x.ndim < 4 and x.size <= 40)
    shape = tuple(d.number(1, 4) if n == 1 else n for n in d.shape(x))
    return d.call(op, x, (*((d.number(1, 4),) if d.chance(0.5) else ()), *shape))


@samples("flip")
def flip(d, op):
    x = d.pick()
    return d.call(op, x, d.axes(d[x].ndim))


@samples("roll")
def roll(d, op):
    x = d.pick(lambda x: x.ndim > 0, (2, 3))
    axis = d.axes(d[x].ndim)
    shift = tuple(d.number(-5, 6) for _ in axis) if isinstance(axis, tuple) else d.number(-5, 6)
    return d.call(op, x, shift, axis)


@samples("rot90")
def rot90(d, op):
    x = d.pick(lambda x: x.ndim > 1, (2, 3))
    return d.call(op, x, d.number(-2, 4), tuple(map(int, d.rng.permutation(d[x].ndim)[:2])))


@samples("triu", "tril")
def triangle(d, op):
    return d.call(op, d.pick(lambda x: x.ndim > 1, (3, 3)), d.number(-1, 2))


@samples("pad")
def pad(d, op):
    x = d.pick(lambda x: x.ndim > 0 and 0 < x.size <= 40, (2, 3))
    width = tuple((d.number(0, 3), d.number(0, 3)) for _ in d.shape(x))
    mode = d.choice(["constant", "constant", "edge", "reflect", "symmetric", "wrap"])
    return d.call(op, x, width, mode, **({"constant_values": 0.5} if mode == "constant" and d.chance(0.3) else {}))


@samples("tile")
def tile(d, op):
    x = d.pick(lambda x: x.size <= 30)
    return d.call(op, x, tuple(d.number(1, 3) for _ in range(d.number(1, 4))))


@samples("repeat")
def repeat(d, op):
    x = d.pick(lambda x: x.ndim > 0, (2, 3))
    axis = None if d.chance(0.2) else d.axis(d[x].ndim)
    length = d[x].size if axis is None else d.shape(x)[axis]
    return d.call(op, x, d.choice([2, [d.number(0, 3) for _ in range(length)]]), axis)


@samples("diagonal")
def diagonal(d, op):
    x = d.pick(lambda x: x.ndim > 1, (3, 3))
    axes = map(int, d.rng.permutation(d[x].ndim)[:2])
    return d.call(op, x, d.number(-1, 2), *axes)


# Indices


def index_part(d: Drawing, n: int):
    """A slice of an axis of length n, or one of its elements."""
    if n and d.chance(0.25):
        return d.number(-n, n)
    start, stop = (None if d.chance(0.4) else d.number(-n - 1, n + 2) for _ in range(2))
    return slice(start, stop, d.choice([None, None, 2, -1, -2]))


def basic_index(d: Drawing, shape):
    parts = []
    for n in shape:
        parts += [None] if d.chance(0.12) else []
        parts.append(index_part(d, n))
    kept = d.number(0, len(parts) + 1) if d.chance(0.4) else len(parts)
    return tuple(parts[:kept]) + ((...,) if d.chance(0.2) else ())


def fancy_index(d: Drawing, shape):
    """One or two integer arrays, repeats and negative numbers among them, the other axes sliced."""
    fancy = set(map(int, d.rng.permutation(len(shape))[: d.choice([1, 1, 2])]))
    common = d.choice([(), (3,), (4,), (2, 3)])
    return tuple(
        d.rng.integers(-n, n, tuple(1 if d.chance(0.2) else m for m in common)) if i in fancy else index_part(d, n)
        for i, n in enumerate(shape[: max(fancy) + 1])
    )


@samples("getitem")
def getitem(d, op):
    x = d.pick()
    shape = d.shape(x)
    kinds = ["basic", "fancy", "fancy", "mask"] if shape and d[x].size else ["basic"]
    match d.choice(kinds):
        case "basic":
            index = basic_index(d, shape)
        case "fancy":
            index = fancy_index(d, shape)
        case _:
            index = mask(d, shape[: d.number(1, len(shape) + 1)])
    return d.call(op, x, index[0] if isinstance(index, tuple) and len(index) == 1 else index)


@samples("take")
def take(d, op):
    x = d.pick(lambda x: x.ndim > 0 and x.size > 0, (2, 3))
    axis = None if d.chance(0.2) else d.axis(d[x].ndim)
    n = d[x].size if axis is None else d.shape(x)[axis]
    return d.call(op, x, d.rng.integers(-n, n, d.choice([(), (4,), (2, 2)])), axis)


@samples("take_along_axis")
def take_along_axis(d, op):
    x = d.pick(lambda x: x.ndim > 0 and x.size > 0, (2, 3))
    axis, shape = d.axis(d[x].ndim), list(d.shape(x))
    n, shape[axis] = shape[axis], d.number(1, 5)
    return d.call(op, x, d.rng.integers(-n, n, shape), axis)


# Several arrays


@samples("concatenate")
def concatenate(d, op):
    first = d.pick(lambda x: x.ndim > 0, (2, 3))
    shape = d.shape(first)
    axis = d.axis(len(shape))

    def rest(x):
        return x.ndim, tuple(n for i, n in enumerate(x.shape) if i != axis % len(shape))

    fitting = d.matching(lambda x: rest(x) == rest(d[first]))
    operands = [first, *(d.choice(fitting) for _ in range(d.number(0, 3)))]
    return d.call(op, operands, axis=None if d.chance(0.1) else axis)


@samples("stack")
def stack(d, op):
    first = d.pick(lambda x: x.ndim < 4)
    fitting = d.matching(lambda x: x.shape == d.shape(first))
    return d.call(op, [first, *(d.choice(fitting) for _ in range(d.number(0, 3)))], axis=d.axis(d[first].ndim + 1))


# Products


@samples("matmul")
def matmul(d, op):
    x = d.pick(lambda x: 0 < x.ndim < 4, (2, 3))
    n, lead = d.shape(x)[-1], d.shape(x)[:-2]

    def fits(y):
        try:
            return y.ndim > 0 and y.shape[-2:][0] == n and np.broadcast_shapes(lead, y.shape[:-2]) is not None
        except ValueError:
            return False

    found = d.matching(fits)
    if found and d.chance(0.6):
        return d.call(op, x, d.choice(found))
    return d.call(op, x, d.leaf(d.choice([(n,), (n, 2), (n, 3), (n, n), (2, *(1 for _ in lead), n, 2)[-4:]])))


@samples("dot", "inner")
def dot(d, op):
    x = d.pick(lambda x: x.ndim < 4)
    if not d[x].ndim or d.chance(0.1):
        return d.call(op, x, d.leaf(()))
    n = d.shape(x)[-1]
    inner = [(n,), (2, n), (3, 2, n)]
    return d.call(op, x, d.leaf(d.choice(inner if op == "inner" else [(n,), (n, 2), (2, n, 3)])))


@samples("tensordot")
def tensordot(d, op):
    x = d.pick(lambda x: 0 < x.ndim < 4, (2, 3))
    ndim = d[x].ndim
    n = d.number(0, min(ndim, 2) + 1)
    if d.chance(0.4):
        return d.call(op, x, d.leaf((*d.shape(x)[ndim - n :], 2)), axes=n)
    axes = tuple(map(int, d.rng.permutation(ndim)[:n]))
    return d.call(op, x, d.leaf((2, *(d.shape(x)[i] for i in axes))), axes=(axes, tuple(range(1, n + 1))))


@samples("einsum")
def einsum(d, op):
    """One to three operands with random labels: contracted, kept, and taken along a diagonal."""
    sizes: dict[str, int] = {}
    operands, terms = [], []
    for _ in range(d.choice([1, 2, 2, 2, 3])):
        x = d.pick(lambda x: x.ndim < 4)
        term = ""
        for n in d.shape(x):
            known = [label for label, size in sizes.items() if size == n and (label not in term or d.chance(0.15))]
            label = d.choice(known) if known and d.chance(0.7) else "abcdefghijkl"[len(sizes)]
            sizes[label] = n
            term += label
        operands.append(x)
        terms.append(term)
    kept = [label for label in d.rng.permutation(list(sizes)) if d.chance(0.5)] if sizes else []
    if math.prod(sizes.values()) > 2000:
        return None
    return d.call(op, f"{','.join(terms)}->{''.join(kept)}", *operands)


@samples("vecdot")
def vecdot(d, op):
    x = d.pick(lambda x: x.ndim > 0, (2, 3))
    return d.call(op, x, partner_of_equal_last_axis(d, x))


def partner_of_equal_last_axis(d: Drawing, x: Ref) -> Ref:
    found = d.matching(
        lambda y: y.ndim > 0 and y.shape[-1] == d.shape(x)[-1] and y.shape in (d.shape(x), d.shape(x)[-1:])
    )
    return d.choice(found)


# Losses


@samples("softmax_cross_entropy")
def cross_entropy(d, op):
    x = d.pick(lambda x: x.ndim > 0 and x.shape[-1] > 0, (4, 3))
    target = d.rng.integers(0, d.shape(x)[-1], d.shape(x)[:-1])
    return d.call(op, x, target, mean=True) if target.size and d.chance(0.5) else d.call(op, x, target)
