"""The right gradient in some places, and something else in others: which places?"""

from collections.abc import Iterator

import numpy as np

from minigrad.gradcheck.diagnosis.case import ZERO, Case
from minigrad.gradcheck.diagnosis.guess import Guess, distance, ratio
from minigrad.gradcheck.diagnosis.names import called, places
from minigrad.gradcheck.diagnosis.shapes import one_use, stretched


def masked(case: Case) -> Iterator[Guess]:
    """A mask that is missing, too much, or inverted; the rest may have a factor."""
    if not case.shaped:
        return
    A, N, zero = np.stack(case.A), np.stack(case.N), case.zero
    silent = abs(A).max(axis=0) <= ZERO * abs(A).max(initial=0.0)
    both = case.calm & ~zero & ~silent
    if zero.any() and (both.any() or zero.all()) and not silent[zero & case.calm].all():
        c = ratio(case, A[:, both], N[:, both]) if both.any() else 1.0
        extra = "" if abs(c - 1) < 1e-6 else f"; elsewhere it is {called(case, c)} times the right gradient"
        text = f"it is not 0 {places(case, zero & ~silent)}{extra}"
        advice = "multiply by the mask of the forward: np.where(mask, g, 0)"
        yield Guess("MASK_MISSING", text, advice, list(np.where(zero, A, c * N)))
    if zero.any() and not both.any() and not silent.all() and not _same_numbers(A, N):
        text = f"it is 0 where it should not be, and not 0 {places(case, ~silent)}, where it should be"
        yield Guess("MASK_INVERTED", text, "invert the mask: np.where(mask, 0, g)", proved=True)
    lost = silent & ~zero
    if lost.any() and both.any():
        c = ratio(case, A[:, both], N[:, both])
        extra = "" if abs(c - 1) < 1e-6 else f"; elsewhere it is {called(case, c)} times the right gradient"
        text = f"it is 0 {places(case, lost)}, where it should not be{extra}"
        advice = "take the mask away, or make it that of the forward"
        yield Guess("MASK_EXTRA", text, advice, list(np.where(lost, 0, c * N)))


def _same_numbers(A: np.ndarray, N: np.ndarray) -> bool:
    """Whether the same numbers stand in both, in whatever order: then they were moved, not masked."""
    size = abs(N).max(initial=0.0)
    return all(np.allclose(np.sort(a.ravel()), np.sort(n.ravel()), rtol=0, atol=1e-7 * size) for a, n in zip(A, N))


def upstream_mask(case: Case) -> Iterator[Guess]:
    """The mask is missing inside the function: masking what arrives first makes all right."""
    if not case.shaped or case.diagonal:
        return
    for text, mask in _decisions(case):
        if mask.any() and not mask.all():
            fixed = [np.asarray(case.analytic(np.where(mask, g, 0))) for g in case.arriving]
            advice = f"use np.where({text}, g, 0) in the place of g"
            yield Guess("MASK_MISSING", f"the mask {text} is missing", advice, case.N, fixed)
            inverted = [case.numeric(np.where(mask, 0, g)) for g in case.arriving]
            yield Guess("MASK_EXTRA", f"what arrives is masked where {text}", "take that mask away", inverted)


def _decisions(case: Case) -> list[tuple[str, np.ndarray]]:
    y = case.y
    found = [("y > 0", y > 0), ("y < 0", y < 0), ("y != 0", y != 0), ("y < 1", y < 1)]
    masks = [x for x in case.args if isinstance(x, np.ndarray) and x.dtype.kind == "b" and x.shape == y.shape]
    return found + [("mask", mask) for mask in masks] + [("~mask", ~mask) for mask in masks]


def half_signs(case: Case) -> Iterator[Guess]:
    """The sign is wrong in some places."""
    if case.shaped and case.bad.any() and _partly(case):
        where = places(case, case.bad)
        advice = f"multiply by -1 {where}: a sign(...) is missing"
        predicted = [np.where(case.bad, -n, n) for n in case.N]
        yield Guess("SIGN_SUBSET", f"the sign is wrong {where}", advice, predicted)


def exchanged(case: Case) -> Iterator[Guess]:
    """Two branches, each with the local derivative of the other."""
    if not case.shaped or not case.diagonal or not case.calm.any():
        return
    slopes = case.numeric(np.ones_like(case.y))
    low, high = slopes[case.calm].min(), slopes[case.calm].max()
    if low < high and np.all(np.isclose(slopes, low) | np.isclose(slopes, high) | ~case.calm):
        text = f"the local derivative is {low:.6g} where it should be {high:.6g}, and the other way round"
        yield Guess(
            "MASK_INVERTED", text, "exchange the two branches", [(low + high - slopes) * g for g in case.arriving]
        )


def _partly(case: Case) -> bool:
    """Whether some elements that are not 0 are right."""
    return bool((case.calm & ~case.bad & ~case.zero).any())


def part_factor(case: Case) -> Iterator[Guess]:
    """The right gradient times a number in some places."""
    if not case.shaped or case.bad.sum() < 2 or not _partly(case):
        return
    A, N, where = np.stack(case.A), np.stack(case.N), places(case, case.bad)
    c = ratio(case, A[:, case.bad], N[:, case.bad])
    if np.isfinite(c) and abs(c) > 1e-9:
        text = f"it is {called(case, c)} times the right gradient {where}, and right elsewhere"
        yield Guess("SUBSET", text, f"look at what the formula does {where}", list(np.where(case.bad, c * N, N)))


def ties(case: Case) -> Iterator[Guess]:
    """Right wherever there is a derivative; wrong at a kink, where elements tie."""
    if case.shaped and not case.calm.all() and not case.bad.any() and distance(case, case.A, case.N) < 1e-9:
        text = f"it is right but for the elements at a kink, {places(case, ~case.calm)}"
        advice = "share g among tied elements (divide by their number), or give it to one of them"
        yield Guess("KINK_WRONG", text, advice, proved=True)


def overwritten(case: Case) -> Iterator[Guess]:
    """Of an element that was picked several times, one pick alone counts."""
    indexed = [i for i in case.integers if len(np.unique(i)) < i.size]
    if not case.shaped or not indexed or stretched(case):
        return
    used = case.support
    if (used.sum(axis=1) > 1).any():
        return
    repeated = (used.sum(axis=0) > 1).reshape(case.x.shape)
    for word, k in (("last", -1), ("first", 0)):
        predicted = one_use(case, used, k)
        text = f"of what was picked more than once the {word} pick alone counts, {_rows(repeated)}"
        yield Guess("SCATTER_OVERWRITE", text, "write np.add.at(out, index, g), not out[index] = g", predicted)


def _rows(repeated: np.ndarray) -> str:
    if repeated.ndim > 1 and np.all(
        repeated == repeated.reshape(len(repeated), -1)[:, :1].reshape(-1, *[1] * (repeated.ndim - 1))
    ):
        return f"rows {np.flatnonzero(repeated.reshape(len(repeated), -1)[:, 0]).tolist()}"
    return f"elements {[list(map(int, i)) for i in np.argwhere(repeated)[:4]]}"


def subset(case: Case) -> Iterator[Guess]:
    """Some elements are wrong, the others are right."""
    if case.shaped and case.bad.any() and _partly(case):
        where = places(case, case.bad)
        share = f"{int(case.bad.sum())} of {case.x.size} elements"
        yield Guess(
            "SUBSET",
            f"it is wrong {where} ({share}), and right elsewhere",
            f"look at what the formula does {where}",
            proved=True,
        )
