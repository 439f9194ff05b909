"""The chain rule with a wrong factor: which factor is there, and which one belongs there?"""

from collections.abc import Iterator

import numpy as np

from minigrad.gradcheck.diagnosis.case import Case
from minigrad.gradcheck.diagnosis.guess import Guess, agree, ratio
from minigrad.gradcheck.diagnosis.names import called, library
from minigrad.gradcheck.diagnosis.shapes import spreads


def chain_factor(case: Case) -> Iterator[Guess]:
    """The local derivative is not the one it should be: both are looked up among simple functions."""
    if not case.shaped:
        return
    for spread in spreads(case):
        needed = _named(case, case.N, spread)
        if needed is None:
            continue
        present = _named(case, case.A, spread)
        if present is not None:
            text = f"the local derivative is {present[0]}; {needed[0]} fits"
            yield Guess("CHAIN_FACTOR", text, f"write g * {needed[0]}", present[1])


def local_term(case: Case) -> Iterator[Guess]:
    """The local derivative is a sum, and one term of it is missing, or too much."""
    if not case.shaped or case.x.shape != case.y.shape:
        return
    missing = [n - a for n, a in zip(case.N, case.A, strict=True)]
    for products in (False, True) if case.diagonal else (False,):
        term = _named(case, missing, case.arriving, products=products)
        if term:
            predicted = [n - m for n, m in zip(case.N, term[1], strict=True)]
            yield Guess("TERM_MISSING", f"the term g * {term[0]} is missing", f"add g * {term[0]}", predicted)


def product_term(case: Case) -> Iterator[Guess]:
    """The same, where the term is a product or a quotient of two functions."""
    if not case.shaped:
        return
    missing = [n - a for n, a in zip(case.N, case.A, strict=True)]
    for spread in spreads(case):
        slopes = _elementwise(missing, spread)
        if slopes is not None and slopes.size > 3 and slopes.any():
            text, predicted = _recognised(case, slopes)
            if text:
                term = [n - predicted * g for n, g in zip(case.N, spread, strict=True)]
                yield Guess("TERM_MISSING", f"the term g * {text} is missing", f"add g * {text}", term)


def _recognised(case: Case, slopes: np.ndarray) -> tuple[str, np.ndarray]:
    """A product or quotient of two simple functions that is proportional to these numbers, if there is one."""
    simple = {"1": np.ones(case.x.shape), **library(case, case.x.shape)}
    names = list(simple)
    values = np.stack([np.ravel(f) for f in simple.values()])
    for name, f in simple.items():
        for sign, candidates in ((f"{name}*", f.ravel() * values), (f"{name}/", f.ravel() / values)):
            ratios = slopes.ravel() / candidates
            spread = np.ptp(ratios, axis=1) / abs(ratios).max(axis=1)
            found = np.flatnonzero(spread < 1e-6)
            if found.size:
                k = int(found[0])
                c = float(np.median(ratios[k]))
                said = f"{sign}{names[k]}" if abs(c - 1) < 1e-6 else f"{called(case, c)} * {sign}{names[k]}"
                return said, (c * candidates[k]).reshape(case.x.shape)
    return "", slopes


def local_derivative(case: Case) -> Iterator[Guess]:
    """Element by element a number times what arrives, as it should be, but another number: nobody knows which."""
    if not case.shaped:
        return
    for spread in spreads(case):
        present, needed = (_elementwise(got, spread) for got in (case.A, case.N))
        if present is not None and needed is not None:
            gap = np.where(case.calm, abs(present - needed), 0)
            at = np.unravel_index(np.argmax(gap), gap.shape)
            where = f"at {case.operand} = {case.x[at]:.4g}"
            text = f"the local derivative is {present[at]:.6g} {where}, but {needed[at]:.6g} fits"
            advice = f"take the derivative of {case.name} by {case.operand} again"
            yield Guess("CHAIN_FACTOR", text, advice, [present * g for g in spread])


def _elementwise(got, spread) -> np.ndarray | None:
    """The number by which each element of what arrives was multiplied; None if it depends on what arrives."""
    if _broadcast(np.shape(got[0]), spread[0].shape) != np.shape(got[0]):
        return None
    factors = np.stack([a / g for a, g in zip(got, spread, strict=True)])
    steady = np.isfinite(factors).all() and np.allclose(factors, factors[:1], rtol=1e-6, atol=1e-9)
    return factors[0] if steady else None


def factor_after(case: Case) -> Iterator[Guess]:
    """A factor of the operand's shape is missing, or too much."""
    if not case.shaped:
        return
    for text, f in library(case, case.x.shape).items():
        yield from _both(case, text, f, case.A, lambda f: [f * n for n in case.N], lambda f: [a * f for a in case.A])


def factor_before(case: Case) -> Iterator[Guess]:
    """A factor of the result's shape is missing from what arrives, or too much there."""
    if not case.shaped or case.diagonal:
        return
    for text, f in library(case, case.y.shape).items():
        shaped = f.reshape(case.y.shape)
        yield from _both(
            case,
            text,
            shaped,
            case.A,
            lambda f: [case.numeric(g * f) for g in case.arriving],
            lambda f: [np.asarray(case.analytic(g * f)) for g in case.arriving],
        )


def _both(case: Case, text, f, got, with_extra, repaired) -> Iterator[Guess]:
    extra = with_extra(f)
    c = ratio(case, got, extra)
    if np.isfinite(c) and c:
        said = text if abs(c - 1) < 1e-6 else f"{called(case, c)} * {text}"
        yield Guess("CHAIN_FACTOR", f"the factor {said} is too much", f"divide by {said}", [c * e for e in extra])
    fixed = repaired(f)
    c = ratio(case, case.N, fixed)
    if np.isfinite(c) and c:
        said = text if abs(c - 1) < 1e-6 else f"{called(case, c)} * {text}"
        yield Guess(
            "CHAIN_FACTOR", f"the factor {said} is missing", f"multiply by {said}", case.N, [c * a for a in fixed]
        )


def _named(case: Case, got, spread, *, products: bool = False) -> tuple[str, list[np.ndarray]] | None:
    """A function ``f`` such that ``got`` is ``c f g``, summed to the operand's shape, with its name."""
    shape = _broadcast(spread[0].shape, case.x.shape)
    if shape is None:
        return None
    found = {"1": np.ones(shape), **library(case, shape)}
    if products:
        simple = {text: f for text, f in found.items() if text.isidentifier()}
        found = {f"{a}*{b}": f * h for a, f in simple.items() for b, h in found.items() if a != b}
    for text, f in found.items():
        for name, factor in ((text, f), (f"1/{text}", None)):
            factor = 1 / f if factor is None else factor
            terms = [_summed(factor * g, case.x.shape) for g in spread]
            if not all(np.isfinite(p).all() for p in terms):
                continue
            c = ratio(case, got, terms)
            if np.isfinite(c) and c and agree(case, got, [c * p for p in terms]):
                said = name if abs(c - 1) < 1e-6 else f"-{name}" if abs(c + 1) < 1e-6 else f"{called(case, c)} * {name}"
                return said, [c * p for p in terms]
    return None


def _broadcast(*shapes) -> tuple[int, ...] | None:
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        return None


def _summed(z: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    lead = z.ndim - len(shape)
    axes = tuple(i for i, n in enumerate(z.shape) if i < lead or (shape[i - lead] == 1 != n))
    return z.sum(axis=axes, keepdims=True).reshape(shape)
