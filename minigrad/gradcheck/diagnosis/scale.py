"""The right gradient, times something that should not be there: a sign, a number, a number per row."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from minigrad.gradcheck.diagnosis.case import Case
from minigrad.gradcheck.diagnosis.guess import Guess, ratio
from minigrad.gradcheck.diagnosis.names import called


def sign(case: Case) -> Iterator[Guess]:
    """Minus the gradient."""
    if case.shaped:
        yield Guess("SIGN", "the sign is wrong", "write a minus before it, or take one away", [-n for n in case.N])


def factor(case: Case) -> Iterator[Guess]:
    """A number times the gradient."""
    if not case.shaped:
        return
    c = ratio(case, case.A, case.N)
    if np.isfinite(c) and c != 0:
        text = f"it is {called(case, c)} times the right gradient"
        yield Guess("FACTOR", text, f"multiply by {called(case, 1 / c)}", [c * n for n in case.N])


def stored(case: Case) -> Iterator[Guess]:
    """The gradient of an earlier backward pass is still in it."""
    if case.shaped and case.previous is not None and np.any(case.previous):
        predicted = [n + case.previous for n in case.N]
        yield Guess(
            "STALE_GRAD", "an earlier gradient was added to it", "call zero_grad() before backward()", predicted
        )


def factor_per_axis(case: Case) -> Iterator[Guess]:
    """A number per row times the gradient."""
    if not case.shaped:
        return
    A, N = np.stack(case.A), np.stack(case.N)
    for count in range(1, case.x.ndim):
        for axes in combinations(range(case.x.ndim), count):
            along = tuple(i + 1 for i in range(case.x.ndim) if i not in axes)
            if np.prod([case.x.shape[i - 1] for i in along]) < 2:
                continue
            over = (0, *along)
            weight = np.sum(N * N, axis=over, keepdims=True)
            r = np.sum(A * N, axis=over, keepdims=True) / np.where(weight > 0, weight, 1.0)
            if _one_number_somewhere(r):
                continue
            shown = ", ".join(f"{c:.4g}" for c in r.ravel()[:3])
            where = f"axis {axes[0]}" if count == 1 else f"axes {axes}"
            text = f"it is {shown}{', ...' if r.size > 3 else ''} times the right gradient along {where}"
            advice = f"divide by these numbers, one for each index of {where}: a count or a norm per slice"
            yield Guess("FACTOR_PER_AXIS", text, advice, list(r * N))


def _one_number_somewhere(factors: np.ndarray) -> bool:
    """Whether it is right in most slices, and one number times that in the others: then ask what is special there."""
    odd = factors[abs(factors - 1) > 1e-6]
    return bool(odd.size and 2 * odd.size < factors.size and np.ptp(odd) <= 1e-6 * abs(odd).max())
