"""Broadcasting is undone by a sum: over all its axes, a sum and not a mean, and not one slice of it."""

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations

import numpy as np

from minigrad.gradcheck.diagnosis.case import Case
from minigrad.gradcheck.diagnosis.guess import Guess, ratio


def unsummed(case: Case) -> Iterator[Guess]:
    """The right gradient, but for a sum that brings it to the operand's shape."""
    if case.shaped or any(a is None for a in case.A):
        return
    shape = case.A[0].shape
    for axes in subsets(len(shape)):
        summed = [_reshaped(a.sum(axis=axes), case) for a in case.A]
        got = f"the gradient has shape {shape}, but {case.operand} has {case.x.shape}"
        if summed[0] is not None:
            advice = f"write g.sum(axis={one(axes)}).reshape({case.operand}.shape)"
            yield Guess("UNBROADCAST_MISSING", f"{got}: not summed over axis {one(axes)}", advice, case.N, summed)


def misshapen(case: Case) -> Iterator[Guess]:
    """The right numbers in another shape, transposed, or not expanded."""
    if case.shaped or any(a is None for a in case.A):
        return
    shape = case.A[0].shape
    got = f"the gradient has shape {shape}, but {case.operand} has {case.x.shape}"
    for order in permutations(range(len(shape))):
        if tuple(shape[i] for i in order) == case.x.shape:
            turned = [a.transpose(order) for a in case.A]
            yield Guess("TRANSPOSED", f"{got}: it is transposed", f"return .transpose{order} of it", case.N, turned)
    if case.A[0].size == case.x.size:
        shaped = [a.reshape(case.x.shape) for a in case.A]
        yield Guess("SHAPE", got, f"return .reshape({case.operand}.shape) of it", case.N, shaped)
    for axes in [(), *subsets(case.x.ndim)]:
        try:
            expanded = [np.broadcast_to(np.expand_dims(a, axes), case.x.shape) for a in case.A]
        except ValueError:
            continue
        advice = f"write np.broadcast_to(np.expand_dims(g, {one(axes)}), {case.operand}.shape)"
        c = ratio(case, case.N, expanded)
        yield Guess("SHAPE", f"{got}: it is not expanded", advice, case.N, [c * e for e in expanded])
    yield Guess("SHAPE", got, f"the gradient must have the shape of {case.operand}", proved=True)


def mean_for_sum(case: Case) -> Iterator[Guess]:
    """Broadcast axes averaged instead of summed."""
    lengths = stretched(case)
    if not case.shaped or not lengths:
        return
    for axes in subsets(len(lengths)):
        chosen = [list(lengths)[i] for i in axes]
        n = int(np.prod([lengths[i] for i in chosen]))
        if n > 1:
            advice = f"write .sum(axis={one(chosen)}), not .mean"
            text = f"the {n} copies along axis {one(chosen)} are averaged, not added up"
            yield Guess("MEAN_FOR_SUM", text, advice, [x / n for x in case.N])


def one_slice(case: Case) -> Iterator[Guess]:
    """Only the first or the last slice of what arrives has been let through."""
    if not case.shaped or case.diagonal:
        return
    for axis, n in enumerate(case.y.shape):
        for k, (code, word) in {0: ("FIRST_SLICE", "first"), n - 1: ("LAST_SLICE", "last")}.items():
            if n > 1:
                predicted = [case.numeric(_only(g, axis, k)) for g in case.arriving]
                text = f"only the {word} slice along axis {axis} of the result counts"
                yield Guess(code, text, f"sum over axis {axis}, all {n} slices", predicted)


def one_copy(case: Case) -> Iterator[Guess]:
    """Of an element that was copied several times, one copy alone counts."""
    used = case.support
    if not case.shaped or (used.sum(axis=1) > 1).any() or not (used.sum(axis=0) > 1).any():
        return
    for code, word, k in (("FIRST_SLICE", "first", 0), ("LAST_SLICE", "last", -1)):
        predicted = one_use(case, used, k)
        text = f"of the copies of an element the {word} alone counts"
        yield Guess(code, text, "add up what arrives at all copies", predicted)


def one_use(case: Case, used: np.ndarray, k: int) -> list[np.ndarray]:
    """The gradient if of all outputs that use an element the first (0) or the last (-1) alone counted."""
    kept = np.zeros(len(used), bool)
    kept[[np.flatnonzero(column)[k] for column in used.T if column.any()]] = True
    return [case.numeric(np.where(kept.reshape(g.shape), g, 0)) for g in case.arriving]


def weighted_outputs(case: Case) -> Iterator[Guess]:
    """What arrives at the outputs counts, but not once each."""
    if not case.shaped or case.diagonal or case.claimed is None:
        return
    B, J = case.claimed, case.jacobian
    size = (J * J).sum(axis=1)
    weights = np.where(size > 0, (B * J).sum(axis=1) / np.where(size > 0, size, 1.0), 1.0).reshape(case.y.shape)
    predicted = [case.numeric(weights * g) for g in case.arriving]
    off = abs(weights - 1) > 1e-6
    if np.all(abs(weights[off]) < 1e-6):
        text = f"what arrives at {int(off.sum())} of {weights.size} outputs is lost: at {_first(off)}"
        yield Guess("SUBSET", text, "every output counts once", predicted)
    shown = ", ".join(f"{w:.4g}" for w in weights[off][:4])
    text = f"what arrives at some outputs counts {shown} times: at {_first(off)}"
    alike = [float(np.ptp(weights, axis=i).max()) < 1e-6 for i in range(weights.ndim) if weights.shape[i] > 1]
    if any(alike):
        yield Guess("FACTOR_PER_AXIS", text, "every output counts once", predicted)
    advice = "look at the last step that treats each output by itself: its local derivative has a wrong factor"
    yield Guess("CHAIN_FACTOR", text, advice, predicted)


def _first(mask: np.ndarray) -> str:
    return ", ".join(str(list(map(int, i))) for i in np.argwhere(mask)[:4])


def _only(g: np.ndarray, axis: int, k: int) -> np.ndarray:
    kept = np.zeros_like(g)
    index = (slice(None),) * axis + (k,)
    kept[index] = g[index]
    return kept


def stretched(case: Case) -> dict[int, int]:
    """The axes of the result along which the operand was repeated, with their lengths."""
    x, y = case.x.shape, case.y.shape
    lead = len(y) - len(x)
    if lead < 0 or not _repeats(case):
        return {}
    return {i: n for i, n in enumerate(y) if n > 1 and (i < lead or x[i - lead] == 1)}


def _repeats(case: Case) -> bool:
    try:
        return np.broadcast_shapes(case.x.shape, case.y.shape) == case.y.shape
    except ValueError:
        return False


def _reshaped(z: np.ndarray, case: Case):
    squeezed = tuple(n for n in case.x.shape if n != 1)
    return z.reshape(case.x.shape) if tuple(n for n in z.shape if n != 1) == squeezed else None


def spreads(case: Case) -> Iterator[list[np.ndarray]]:
    """What arrives in a shape that broadcasts with both: as it is, or expanded along the axes that were reduced."""
    x, y = case.x.shape, case.y.shape
    yield case.arriving
    for axes in subsets(len(x)):
        if tuple(n for i, n in enumerate(x) if i not in axes) == y:
            yield [np.expand_dims(g, axes) for g in case.arriving]


def subsets(count: int) -> list[tuple[int, ...]]:
    """All sets of axes but the empty one, small ones first."""
    return [axes for size in range(1, count + 1) for axes in combinations(range(count), size)]


def one(axes: Sequence[int]):
    """An axis as one writes it: a number if there is one alone."""
    return axes[0] if len(axes) == 1 else tuple(axes)
