"""The smallest call that still fails."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeGuard

import numpy as np

from minigrad.gradcheck.arguments import is_floating
from minigrad.gradcheck.diagnosis.case import Case

TRIALS = 60
SHORT = 4
"""An axis that needs no cutting."""


def shrink(case: Case, fails: Callable[[Case], bool] = lambda case: case.wrong) -> Case:
    """The same call with shorter axes and simpler numbers, for as long as it ``fails``.

    Of a large one only bold cuts are tried: every trial that is large itself would take its time.
    """

    def fails_too(smaller: Case | None) -> TypeGuard[Case]:
        return smaller is not None and not smaller.large and _tried(fails, smaller)

    if case.large and fails_too(smaller := reduced(case)):
        case = smaller
    trials, progress = TRIALS, True
    while progress:
        progress = False
        for args in islice(_smaller(case.args), trials):
            trials -= 1
            smaller = _remade(case, args)
            if fails_too(smaller):
                case, progress = smaller, True
                break
    for decimals in (0, 1, 2):
        args = tuple(np.round(x, decimals) if is_floating(x) else x for x in case.args)
        if not all(np.any(x) for x in args if is_floating(x)):
            continue
        simpler = _remade(case, args)
        if fails_too(simpler):
            return simpler
    return case


def reduced(case: Case) -> Case | None:
    """The same call with long axes cut to short ones, different lengths to different ones, if it fails there too.

    What is left is the beginning of every axis or, if that is right, what is around the element known to be wrong.
    """
    if case.op is None:
        return None
    lengths = sorted({n for x in case.args if isinstance(x, np.ndarray) for n in x.shape if n > SHORT})
    around = dict(zip(case.x.shape, case.worst or ()))
    for starts in ({}, around) if any(around.values()) else ({},):
        args = case.args
        for k, n in enumerate(lengths, start=SHORT):
            args = tuple(_cut(x, n, k, min(starts.get(n, 0), n - k)) for x in args)
        smaller = _remade(case, args)
        if smaller is not None and _tried(lambda case: case.wrong, smaller):
            return smaller
    return None


def _tried(fails, case: Case) -> bool:
    try:
        return bool(fails(case))
    except Exception:
        return False


def _remade(case: Case, args) -> Case | None:
    try:
        return case.remade(args)
    except Exception:
        return None


def _smaller(args: tuple) -> Iterator[tuple]:
    """The arguments with one length cut wherever it occurs, then with one axis of one array cut."""
    arrays = [(i, x) for i, x in enumerate(args) if isinstance(x, np.ndarray)]
    for n in sorted({n for _, x in arrays for n in x.shape if n > 1}, reverse=True):
        for k in {1, 2, n - 1} - {n}:
            yield tuple(_cut(x, n, k) for x in args)
    for i, x in arrays:
        for axis, n in enumerate(x.shape):
            if n > 1:
                yield (*args[:i], x[(slice(None),) * axis + (slice(0, n - 1),)].copy(), *args[i + 1 :])


def _cut(x, n: int, k: int, start: int = 0):
    """Of all axes of length ``n``, ``k`` from ``start`` on; indices that would then reach too far are drawn in."""
    if not isinstance(x, np.ndarray):
        return x
    x = x[tuple(slice(start, start + k) if length == n else slice(None) for length in x.shape)].copy()
    if x.dtype.kind not in "iu" or not x.size or x.max() != n - 1:
        return x
    return np.minimum(np.maximum(x - start, 0) if start else x, k - 1)
