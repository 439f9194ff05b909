"""The right numbers in the wrong places: transposed, permuted, flipped, shifted, along another axis."""

from collections.abc import Callable, Iterator
from itertools import combinations, permutations
from typing import NamedTuple

import numpy as np

from minigrad.gradcheck.diagnosis.case import MOST_ROWS, Case
from minigrad.gradcheck.diagnosis.guess import Guess, alike
from minigrad.gradcheck.diagnosis.shapes import one, spreads, stretched, subsets

MOST_AXES = 4
MOST_ROLLS = 16


class Moved(NamedTuple):
    """A rearrangement: its code, what it did, how to undo it, and the function."""

    code: str
    text: str
    undo: str
    f: Callable[[np.ndarray], np.ndarray]


def moves(shape: tuple[int, ...]) -> list[Moved]:
    """Rearrangements that an array of this shape could have suffered."""
    return [*turns(shape), *flips(shape), *rolls(shape), *orders(shape)]


def turns(shape) -> list[Moved]:
    """Its axes in another order."""
    found, count = [], min(len(shape), MOST_AXES)
    for order in permutations(range(len(shape)) if count == len(shape) else range(0)):
        if order != tuple(range(len(shape))) and tuple(shape[i] for i in order) == tuple(shape):
            swapped = sum(i != k for i, k in enumerate(order)) == 2
            undo = f".transpose{tuple(int(i) for i in np.argsort(order))}" if len(shape) > 2 else ".T"
            text = "transposed" if swapped else f"with its axes in the order {order}"
            found.append(Moved("TRANSPOSED" if swapped else "PERMUTED", text, undo, _turn(order)))
    return found


def _turn(order):
    return lambda z: z.transpose(order)


def flips(shape) -> list[Moved]:
    """Backwards along some axes."""
    if len(shape) > MOST_AXES:
        return []
    found = []
    for axes in subsets(len(shape)):
        if all(shape[i] > 1 for i in axes):
            undo = f"np.flip(..., axis={one(axes)})"
            found.append(Moved("FLIPPED", f"flipped along axis {one(axes)}", undo, _flip(axes)))
    return found


def _flip(axes):
    return lambda z: np.flip(z, axes)


def rolls(shape) -> list[Moved]:
    """Shifted along one axis; what falls out comes in again, or zeros do."""
    found = []
    for axis, n in enumerate(shape):
        steps = [k for k in range(1, n) if k <= MOST_ROLLS or k >= n - MOST_ROLLS]
        for k in sorted(steps, key=lambda k: min(k, n - k)):
            by = k if k <= n // 2 else k - n
            undo = f"np.roll(..., {-by}, axis={axis})"
            found.append(Moved("SHIFTED", f"shifted by {by} along axis {axis}", undo, _roll(by, axis)))
            text = f"shifted by {by} along axis {axis}, with zeros behind"
            found.append(Moved("SHIFTED", text, f"shift it by {-by}", _shift(by, axis)))
    every = tuple(range(len(shape)))
    for by in (1, -1, 2, -2) if len(shape) > 1 else ():
        undo = f"np.roll(..., {-by}, axis={every})"
        found.append(Moved("SHIFTED", f"shifted by {by} along every axis", undo, _roll(by, every)))
    return found


def _roll(by, axis):
    return lambda z: np.roll(z, by if isinstance(axis, int) else (by,) * len(axis), axis)


def _shift(by, axis):
    def shifted(z):
        moved = np.roll(z, by, axis)
        moved[(slice(None),) * axis + (slice(0, by) if by > 0 else slice(by, None),)] = 0
        return moved

    return shifted


def orders(shape) -> list[Moved]:
    """Read in C order, written in Fortran order, or the other way round."""
    if len(shape) < 2:
        return []
    undo = "the same order= in reshape forward and backward"
    return [
        Moved("PERMUTED", "in Fortran order", undo, lambda z: z.ravel().reshape(shape, order="F")),
        Moved("PERMUTED", "in Fortran order", undo, lambda z: z.ravel(order="F").reshape(shape)),
    ]


def rearranged(case: Case) -> Iterator[Guess]:
    """The gradient itself has been rearranged, or what arrives was, or both."""
    if not case.shaped:
        return
    reduced = case.y.ndim < case.x.ndim
    for move in moves(case.x.shape):
        predicted = [move.f(n) for n in case.N]
        if reduced and move.code in ("TRANSPOSED", "PERMUTED") and _repeated(case):
            text = "what arrives was spread along the wrong axis"
            yield Guess("WRONG_AXIS", text, "expand g along the axis that was reduced", predicted)
        yield Guess(move.code, f"it is {move.text}", f"return {move.undo}", predicted)
        yield Guess(
            move.code, f"it is {move.text}, with the wrong sign", f"return -{move.undo}", [-p for p in predicted]
        )
    for move in moves(case.y.shape):
        predicted = [case.numeric(move.f(g)) for g in case.arriving]
        if stretched(case) and move.code in ("TRANSPOSED", "PERMUTED"):
            text, advice = "it is summed along the wrong axis", f"sum over axis {one(list(stretched(case)))}"
            yield Guess("WRONG_AXIS", text, advice, predicted)
        advice = f"apply {move.undo} to g first"
        yield Guess(move.code, f"what arrives is used {move.text}", advice, predicted)


def rearranged_twice(case: Case) -> Iterator[Guess]:
    """Both what arrives and the gradient have been rearranged."""
    if not case.shaped:
        return
    for outer in [*turns(case.x.shape), *flips(case.x.shape)]:
        for move in [*turns(case.y.shape), *flips(case.y.shape)]:
            if move.code == outer.code:
                predicted = [outer.f(case.numeric(move.f(g))) for g in case.arriving]
                text = f"it is right with g and the result {move.text}"
                advice = f"apply {move.undo} to g before, and {outer.undo} to the result after"
                yield Guess(move.code, text, advice, predicted)


def _repeated(case: Case) -> bool:
    """Whether the gradient is the same all along an axis."""
    return any(np.allclose(np.diff(case.N, axis=i + 1), 0) for i, n in enumerate(case.x.shape) if n > 1)


def permuted(case: Case) -> Iterator[Guess]:
    """The same numbers at other places, whatever the rule."""
    if not case.shaped or case.x.size < 2:
        return
    A, N = (np.stack(z).reshape(len(case.A), -1).T for z in (case.A, case.N))
    order = [np.lexsort(np.round(z / abs(N).max(initial=1e-300), 7).T) for z in (A, N)]
    predicted = np.empty_like(N)
    predicted[order[0]] = N[order[1]]
    if len(np.unique(np.round(N / abs(N).max(initial=1e-300), 7), axis=0)) > 1:
        wrong = np.flatnonzero((abs(A - N) > 1e-6 * abs(N).max(initial=0.0)).any(axis=1))
        source = np.empty(len(N), dtype=int)
        source[order[0]] = order[1]
        first = [(int(i), int(source[i])) for i in wrong[:3]]
        text = "the right numbers stand at other places: " + ", ".join(
            f"element {i} holds that of {k}" for i, k in first
        )
        advice = "put the gradient back by the inverse of the permutation (np.argsort of it)"
        yield Guess("PERMUTED", text, advice, [p.reshape(case.x.shape) for p in predicted.T])


def permuted_outputs(case: Case) -> Iterator[Guess]:
    """What arrives is used in another order, whatever the rule."""
    B, J = case.claimed, case.jacobian
    if not case.shaped or B is None or len(J) < 2:
        return
    size = abs(J).max(initial=1e-300)
    rows = [np.round(z / size, 6) + 0.0 for z in (B, J)]
    order = [np.lexsort(z.T) for z in rows]
    if alike(B[order[0]], J[order[1]], size) and len(np.unique(rows[1], axis=0)) > 1:
        source = np.empty(len(J), dtype=int)
        source[order[1]] = order[0]
        moved = [(k, int(i)) for k, i in enumerate(source) if k != i][:3]
        if not moved:
            return
        text = "what arrives is used in another order: " + ", ".join(f"g[{i}] where g[{k}] belongs" for k, i in moved)
        yield Guess("PERMUTED", text, "reshape and index g as the forward made the result", proved=True)


def other_axis(case: Case) -> Iterator[Guess]:
    """The right gradient of the same call along another axis."""
    if not case.shaped:
        return
    for name, value, change in options(case):
        if name in ("axis", "axes", "dim") and isinstance(value, (int, np.integer)):
            for axis in range(case.x.ndim):
                found = case.slopes(case.position, *change(axis)) if axis != value % max(1, case.x.ndim) else None
                if found is not None:
                    predicted = [case.through(found[0], g) for g in case.arriving]
                    text = f"it is the gradient along axis {axis}, but the call says axis={value}"
                    yield Guess("WRONG_AXIS", text, f"use {name}={value} in the formula too", predicted)


def other_way(case: Case) -> Iterator[Guess]:
    """The right gradient of the same function with two axes exchanged: sums, maxima, norms along the wrong one."""
    if not case.shaped or case.diagonal:
        return
    for i, k in combinations(range(case.x.ndim), 2):
        turned = case.x.swapaxes(i, k)
        args = (*case.args[: case.position], turned, *case.args[case.position + 1 :])
        J = case.slopes(case.position, args, free=True)
        if J is None:
            continue
        text, advice = f"it is right with axes {i} and {k} exchanged", "go along the axis that the forward goes along"
        if case.y.shape == case.x.shape and J[0].shape == case.jacobian.shape:
            back = [(J[0].T @ g.swapaxes(i, k).ravel()).reshape(turned.shape).swapaxes(i, k) for g in case.arriving]
            yield Guess("WRONG_AXIS", text, advice, back)
        elif (np.count_nonzero(J[0], axis=0) <= 1).all() and (case.support.sum(axis=0) <= 1).all():
            slopes = J[0].sum(axis=0).reshape(turned.shape).swapaxes(i, k)
            for spread in spreads(case):
                if spread[0].ndim == case.x.ndim:
                    yield Guess("WRONG_AXIS", text, advice, [slopes * g for g in spread])


def other_sum_of_copies(case: Case) -> Iterator[Guess]:
    """The operand was copied along some axes of the result, and its copies are added up along others."""
    along, shape = stretched(case), case.y.shape
    if not along or case.y.size > MOST_ROWS:
        return
    copies = np.broadcast_to(case.x, shape)
    found = case.slopes(case.position, (*case.args[: case.position], copies, *case.args[case.position + 1 :]))
    if found is None or np.count_nonzero(found[0] - np.diag(np.diag(found[0]))):
        return
    slopes = np.diag(found[0]).reshape(shape)
    for axes in combinations(range(len(shape)), len(along)):
        if set(axes) != set(along) and np.prod([shape[i] for i in axes]) * case.x.size == case.y.size:
            predicted = [(slopes * g).sum(axis=axes).reshape(case.x.shape) for g in case.arriving]
            text = f"what arrives at the copies is added up along axis {one(axes)}"
            yield Guess("WRONG_AXIS", text, f"sum over axis {one(list(along))}", predicted)


def other_coupling(case: Case) -> Iterator[Guess]:
    """Elements act on each other along one axis; in the backward, along another."""
    B, J = case.claimed, case.jacobian
    if not case.shaped or B is None or case.x.shape != case.y.shape:
        return
    here, there = (_coupled(z, case.x.shape) for z in (J, B))
    if here and there and here != there:
        text = (
            f"elements are summed up along axis {one(sorted(there))}, but act on each other along {one(sorted(here))}"
        )
        yield Guess("WRONG_AXIS", text, f"sum over axis {one(sorted(here))}", proved=True)


def _coupled(J: np.ndarray, shape: tuple[int, ...]) -> set[int]:
    """The axes along which elements act on other outputs than their own."""
    outputs, elements = np.nonzero(abs(J) > 1e-6 * abs(J).max(initial=0.0))
    pairs = zip(np.unravel_index(outputs, shape), np.unravel_index(elements, shape), strict=True)
    return {axis for axis, (i, k) in enumerate(pairs) if (i != k).any()}


def misdirected(case: Case) -> Iterator[Guess]:
    """Every output is a copy of one element, but what arrives there is sent to another element."""
    B, J = case.claimed, case.jacobian
    if not case.shaped or B is None or not ((case.support.sum(axis=1) == 1).all() and len(J) > 1):
        return
    size = abs(J).max()
    if not (np.count_nonzero(abs(B) > 1e-6 * size, axis=1) == 1).all():
        return
    sent, meant = (abs(z).argmax(axis=1) for z in (B, J))
    if alike(B[np.arange(len(J)), sent], J[np.arange(len(J)), meant], size):
        at = int(np.flatnonzero(sent != meant)[0])
        places = [list(map(int, np.unravel_index(k, case.x.shape))) for k in (sent[at], meant[at])]
        where = list(map(int, np.unravel_index(at, case.y.shape)))
        text = f"what arrives at {where} is sent to {places[0]} of {case.operand}, but comes from {places[1]}"
        for axis in range(case.x.ndim):
            if any(np.array_equal(sent, to) for to in _picked_along(case, axis)):
                yield Guess(
                    "WRONG_AXIS",
                    f"{text}: the indices are used along axis {axis}",
                    "use the axis of the forward",
                    proved=True,
                )
        yield Guess("PERMUTED", text, "scatter g with the very indices of the forward", proved=True)


def misplaced(case: Case) -> Iterator[Guess]:
    """Every output sends on the right numbers, but to other elements: as windows taken at a wrong distance."""
    B, J = case.claimed, case.jacobian
    if not case.shaped or B is None or B.shape[1] < 2:
        return
    size = abs(J).max()
    if alike(np.sort(B, axis=1), np.sort(J, axis=1), size):
        at = int(np.argmax(abs(B - J).max(axis=1)))
        sent, meant = (np.flatnonzero(abs(z[at]) > 1e-6 * size)[:4] for z in (B, J))
        to, come = ([list(map(int, np.unravel_index(k, case.x.shape))) for k in ks] for ks in (sent, meant))
        where = list(map(int, np.unravel_index(at, case.y.shape)))
        text = f"what arrives at {where} is sent to {to} of {case.operand}, but comes from {come}"
        yield Guess("PERMUTED", text, "scatter g with the very offsets and strides of the forward", proved=True)


def _picked_along(case: Case, axis: int) -> Iterator[np.ndarray]:
    """The elements that arrays of indices pick along an axis, one for each output."""
    for index in case.integers:
        if index.shape == case.y.shape and index.ndim == case.x.ndim and (index < case.x.shape[axis]).all():
            at = list(np.indices(index.shape))
            at[axis] = index % case.x.shape[axis]
            if all((i < n).all() for i, n in zip(at, case.x.shape, strict=True)):
                yield np.ravel_multi_index(at, case.x.shape).ravel()


def other_option(case: Case) -> Iterator[Guess]:
    """The right gradient of the same call with another option: its default, or the opposite."""
    if not case.shaped:
        return
    for name, value, change in options(case):
        for other in _alternatives(value):
            found = case.slopes(case.position, *change(other))
            if found is not None:
                predicted = [case.through(found[0], g) for g in case.arriving]
                text = f"it is the gradient for {name}={other}, but the call says {name}={value}"
                yield Guess("OPTION", text, f"use {name} in the formula too", predicted)


def _alternatives(value) -> list:
    if isinstance(value, (bool, np.bool_)):
        return [not value]
    if isinstance(value, (int, np.integer)):
        return [value - 1, value + 1, 0, 1, -value]
    if isinstance(value, float):
        return [0.0, 1.0, -value, 1 - value, 2.0]
    return []


def options(case: Case) -> Iterator[tuple[str, object, Callable]]:
    """Every argument that is no array, with a function that gives the changed call."""
    for i, value in enumerate(case.args):
        if not isinstance(value, np.ndarray):
            yield case.names[i], value, lambda new, i=i: ((*case.args[:i], new, *case.args[i + 1 :]), case.kwargs)
    for name, value in case.kwargs.items():
        yield name, value, lambda new, name=name: (case.args, {**case.kwargs, name: new})
