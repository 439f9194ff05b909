"""Is the backward linear in the gradient that arrives? It must be; if it is not, nothing else matters."""

from collections.abc import Iterator

import numpy as np

from minigrad.gradcheck.arguments import is_floating
from minigrad.gradcheck.diagnosis.case import Case
from minigrad.gradcheck.diagnosis.guess import Guess, agree, distance, ratio
from minigrad.gradcheck.diagnosis.names import places

SAME = 1e-9
MULTIPLY = "multiply by g, the gradient that arrives"


def unsteady(case: Case) -> Iterator[Guess]:
    """The same question has two answers."""
    again = [case.analytic(g) for g in case.arriving]
    same = case.shaped and all(np.array_equal(a, b, equal_nan=True) for a, b in zip(case.A, again, strict=True))
    if case.shaped and not same:
        yield Guess(
            "NONDETERMINISTIC",
            "asked twice, the backward gives two answers",
            "compute random masks in the forward, pass them as an argument, and change nothing in the backward",
            proved=True,
        )


def missing(case: Case) -> Iterator[Guess]:
    """No gradient at all, or nothing but zeros."""
    if all(a is None for a in case.A):
        advice = f"return a gradient for {case.operand}; is it used through .data, .detach() or a NumPy copy?"
        yield Guess("NONE", f"no gradient reaches {case.operand}, but the result depends on it", advice, proved=True)
    elif case.shaped and not np.any(case.A):
        advice = f"is {case.operand} detached, or one branch of the formula forgotten?"
        yield Guess("ZERO", "the gradient is 0 everywhere, but the result varies", advice, proved=True)


def infinite(case: Case) -> Iterator[Guess]:
    """NaN or infinity, although the right gradient is finite."""
    if case.shaped and not np.isfinite(np.stack(case.A)[:, case.calm]).all():
        lost = ~np.isfinite(np.stack(case.A)).all(axis=0)
        text = f"the gradient is not finite {places(case, lost)}, but the derivative is"
        advice = "look for a division by 0, a logarithm of 0, or 0 * inf; mask with np.where before, not after"
        yield Guess("NOT_FINITE", text, advice, proved=True)


def rounded(case: Case) -> Iterator[Guess]:
    """Low precision or an integer on the way: of the result, of the gradient that arrives, or of an operand."""
    if not case.shaped:
        return
    gap = distance(case, case.A, case.N)
    for bits, text in ((24, "float32"), (11, "float16"), (8, "bfloat16")):
        if gap < 8 * 2.0**-bits and _through(case, lambda z, bits=bits: short(z, bits)):
            advice = f"keep the dtype of {case.operand}: an .astype or a buffer of {text} loses digits"
            yield Guess("PRECISION", f"the backward computes in {text}: it is off by {gap:.1g}", advice, proved=True)
    for f, text in ((np.trunc, "cut off to integers"), (np.rint, "rounded to integers"), (np.floor, "rounded down")):
        close = agree(case, case.A, [f(n) for n in case.N]) and any(np.any(a) for a in case.A)
        arriving = agree(case, case.A, [case.numeric(f(g)) for g in case.arriving]) and np.any(case.A)
        if close or arriving:
            what = "the gradient is" if close else "the gradient that arrives is"
            yield Guess("TRUNCATED", f"{what} {text}", "no integer dtype and no // in a backward", proved=True)


def _through(case: Case, shorten) -> bool:
    """Whether every digit of the answers comes through a shortened number."""
    if all(np.array_equal(shorten(a), a) for a in case.A):
        return not all(np.array_equal(shorten(n), n) for n in case.N)
    if case.claimed is not None and np.array_equal(shorten(case.claimed), case.claimed):
        return True  # g alone keeps all its digits: the local derivative was shortened
    parts = ("g", "y", "args")
    return any(_same(case, shorten, part) and not _same(case, lambda z: 1.1 * z, part) for part in parts)


def _same(case: Case, change, where: str) -> bool:
    """Whether the answers stay as they are, bit for bit, when something handed to the backward is changed."""
    args = tuple(change(x) if is_floating(x) else x for x in case.args) if where == "args" else case.args
    y = change(case.y) if where == "y" else case.y
    given = [change(g) if where == "g" else g.copy() for g in case.arriving]
    return all(np.array_equal(case.pull(g, y, args, case.kwargs), a) for g, a in zip(given, case.A, strict=True))


def short(z, bits: int) -> np.ndarray:
    """``z`` rounded to a significand of so many bits.

    >>> short(np.array([1 / 3]), 11) == np.float16(1 / 3)
    array([ True])
    """
    mantissa, exponent = np.frexp(z)
    return np.ldexp(np.rint(mantissa * 2.0**bits), exponent - bits)


def clipped(case: Case) -> Iterator[Guess]:
    """The right gradient up to a bound, and the bound beyond it: of every element, or of the norm."""
    if not case.shaped or _linear(case):
        return
    A = np.stack(case.A)
    low, high = A.min(), A.max()
    at_bound = (abs(A - low) <= SAME * abs(low)) | (abs(A - high) <= SAME * abs(high))
    if at_bound.sum() > 1 and low < 0 < high and agree(case, case.A, [np.clip(n, low, high) for n in case.N]):
        bounds = f"[{low:.4g}, {high:.4g}]"
        yield Guess(
            "CLIPPED", f"the gradient is clipped to {bounds}", "clip in the optimizer, not in a backward", proved=True
        )
    if case.diagonal:
        slopes = np.diag(case.jacobian).reshape(case.x.shape)
        let_in = [np.where(slopes != 0, a / slopes, 0.0) for a in case.A]
        bound = max(abs(g).max() for g in let_in)
        if bound > 0 and agree(
            case, let_in, [np.where(slopes != 0, np.clip(g, -bound, bound), 0.0) for g in case.arriving]
        ):
            text = f"the gradient that arrives is clipped to {bound:.4g}"
            yield Guess("CLIPPED", text, "clip in the optimizer, not in a backward", proved=True)
    factors = [ratio(case, [a], [n]) for a, n in zip(case.A, case.N, strict=True)]
    norms = [np.linalg.norm(a) for a in case.A]
    if agree(case, case.A, [c * n for c, n in zip(factors, case.N, strict=True)]) and np.ptp(factors) > 1e-6:
        bound = max(norms)
        expected = [n * min(1.0, bound / np.linalg.norm(n)) for n in case.N]
        if agree(case, case.A, expected):
            text = f"the gradient is rescaled to a norm of at most {bound:.4g}"
            yield Guess("CLIPPED", text, "clip in the optimizer, not in a backward", proved=True)


def ignored(case: Case) -> Iterator[Guess]:
    """What arrives makes no difference."""
    if case.shaped and np.any(case.A) and all(np.allclose(a, case.A[0], rtol=1e-12, atol=0) for a in case.A):
        right = agree(case, case.A, [case.numeric(np.ones_like(g)) for g in case.arriving])
        text = "the answer is the same whatever gradient arrives"
        text += "; it is right for a gradient of ones alone" if right else ""
        yield Guess("UPSTREAM_IGNORED", text, MULTIPLY, proved=True)


def nonlinear(case: Case) -> Iterator[Guess]:
    """A(2g) is not 2 A(g), or A(g + h) is not A(g) + A(h)."""
    if case.shaped and not _linear(case):
        text, advice = _nonlinearity(case)
        yield Guess(
            "NONLINEAR_IN_G", f"the backward is not linear in the gradient that arrives: {text}", advice, proved=True
        )


def _linear(case: Case) -> bool:
    g, h = case.arriving[-2:]
    a, b = case.A[-2:]
    size = max(abs(np.asarray(a)).max(initial=0.0), abs(np.asarray(b)).max(initial=0.0), 1e-300)
    tests = (case.analytic(2 * g) - 2 * a, case.analytic(g + h) - a - b, case.analytic(0 * g))
    return all(abs(gap).max(initial=0.0) <= SAME * size for gap in tests)


def _nonlinearity(case: Case) -> tuple[str, str]:
    rest = case.analytic(np.zeros_like(case.y))
    if np.any(rest) and np.isfinite(rest).all():
        return _affine(case, rest)
    g, a = case.arriving[-1], np.asarray(case.A[-1])
    mask = "take the mask from the operands, not from g"
    for text, seen in (("g > 0", lambda g: g > 0), ("g < 0", lambda g: g < 0)):
        unmasked = [np.where(seen(g), g, 0) for g in case.arriving]
        if agree(case, case.A, [case.numeric(u) for u in unmasked]) or _diagonal_mask(case, unmasked):
            return f"it is masked by {text}", mask
    doubled, flipped = case.analytic(2 * g), case.analytic(-g)
    if np.allclose(doubled, a):
        return "only the sign of g counts", MULTIPLY
    if np.allclose(flipped, a):
        return "the sign of g is lost (abs(g) or g**2)", MULTIPLY
    if np.allclose(doubled, 4 * a):
        return "g comes in twice (g**2)", "multiply by g once"
    if np.allclose(doubled, 2 * a):
        return "A(2 g) = 2 A(g), but A(g + h) is not A(g) + A(h), so a mask or a sign is taken from g", mask
    return "A(2 g) is not 2 A(g)", MULTIPLY


def _diagonal_mask(case: Case, masked) -> bool:
    return case.y.shape == case.x.shape and agree(case, case.A, masked)


def _affine(case: Case, rest: np.ndarray) -> tuple[str, str]:
    """A part that does not depend on g: which multiple of it would be right?"""
    for axes in [(), *((i,) for i in range(case.y.ndim)), tuple(range(case.y.ndim))]:
        sums = [np.sum(g, axis=axes, keepdims=True) if axes else g for g in case.arriving]
        try:
            fixed = [a - rest + rest * s for a, s in zip(case.A, sums, strict=True)]
        except ValueError:
            continue
        if np.shape(fixed[0]) == case.x.shape and agree(case, case.N, fixed):
            factor = f"sum(g, axis={axes[0] if len(axes) == 1 else axes})" if axes else "g"
            return f"one of its terms lacks the factor {factor}", f"multiply the term without g by {factor}"
    if agree(case, case.N, [a - rest for a in case.A]):
        return "something is added that does not depend on g", "leave out the term without g"
    return "for a gradient of 0 it gives something else than 0", MULTIPLY
