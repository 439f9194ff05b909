"""A sum of which one term is missing: the coupling of elements through a mean, a norm, a softmax."""

from collections.abc import Iterator, Sequence
from itertools import combinations, product

import numpy as np

from minigrad.gradcheck.diagnosis.case import Case
from minigrad.gradcheck.diagnosis.guess import EXACT, Guess, distance, ratio
from minigrad.gradcheck.diagnosis.names import FUNCTIONS
from minigrad.gradcheck.diagnosis.shapes import one, subsets

FAR = 0.3
"""What leaves more than this share of the gradient unexplained is not worth a word."""


def diagonal_only(case: Case) -> Iterator[Guess]:
    """Every element's effect on its own output, and none on the others."""
    if case.shaped and case.x.shape == case.y.shape and not case.diagonal:
        slopes = np.diag(case.jacobian).reshape(case.x.shape)
        text = "every output is taken to depend on its own element alone"
        advice = "add the coupling through the sum: for a softmax, y * (g - sum(g * y))"
        yield Guess("DIAGONAL_ONLY", text, advice, [g * slopes for g in case.arriving])


def missing_term(case: Case) -> Iterator[Guess]:
    """What is missing is, along some axes, a multiple of something simple."""
    if not case.shaped or case.diagonal:
        return
    missing = [n - a for n, a in zip(case.N, case.A, strict=True)]
    for names, columns in _bases(case):
        for axes in reversed(subsets(case.x.ndim)):
            size = int(np.prod([case.x.shape[i] for i in axes]))
            if size <= len(columns):
                continue
            fitted, coefficients = _fit(missing, columns, axes)
            predicted = [n - m for n, m in zip(case.N, fitted, strict=True)]
            if distance(case, case.A, predicted) > FAR:
                continue
            terms = [_term(case, name, c, axes) for name, c in zip(names, coefficients, strict=True)]
            kind = "constant" if names == ["1"] else f"a multiple of {' and '.join(names)}"
            said = " and ".join(terms)
            text = f"what is missing is {kind} along axis {one(axes)}: {said}"
            yield Guess("TERM_MISSING", text, f"add {said}", predicted)


def missing_in_blocks(case: Case) -> Iterator[Guess]:
    """The same along elements that belong together but fill no axis, such as the groups of a group normalization."""
    if not case.shaped or case.diagonal:
        return
    sizes = np.unique(case.blocks, return_counts=True)[1]
    missing = [n - a for n, a in zip(case.N, case.A, strict=True)]
    for names, columns in _bases(case):
        if len(sizes) < 2 or sizes.min() <= len(columns):
            continue
        design = np.concatenate([np.eye(case.x.size)[case.blocks] * c.reshape(-1, 1) for c in columns], axis=1)
        fitted = [(design @ np.linalg.lstsq(design, m.ravel(), rcond=None)[0]).reshape(m.shape) for m in missing]
        kind = " and ".join("a constant" if name == "1" else f"a multiple of {name}" for name in names)
        text = f"what is missing is {kind} in each group of {sizes.max()} elements that act on each other"
        predicted = [n - f for n, f in zip(case.N, fitted, strict=True)]
        yield Guess("TERM_MISSING", text, "add the term that goes through the mean, the sum or the norm", predicted)


def coupling(case: Case) -> Iterator[Guess]:
    """What is missing goes through one number: elements that act on each other are summed up to it, and share it."""
    B = case.claimed
    if not case.shaped or B is None or case.diagonal or case.y.size < 2:
        return
    J, predicted, most = case.jacobian, np.zeros_like(case.jacobian), 0
    for label in np.unique(case.blocks):
        columns = case.blocks == label
        rows = case.support[:, columns].any(axis=1)
        part = np.ix_(rows, columns)
        gap = J[part] - B[part]
        u, s, v = np.linalg.svd(gap, full_matrices=False)
        rank = int((s > 1e-6 * max(float(np.linalg.norm(J[part])), 1e-300)).sum())
        whole = int((np.linalg.svd(J[part], compute_uv=False) > 1e-6 * np.linalg.norm(J[part])).sum())
        if rank > 2 or 2 * rank > min(gap.shape) or rank >= whole:
            return
        predicted[part], most = (u[:, :rank] * s[:rank]) @ v[:rank], max(most, rank)
    if most:
        count = "one number" if most == 1 else "two numbers"
        text = f"what is missing goes through {count} for all elements that act on each other: a mean, a sum, a norm"
        fitted = [n - case.through(predicted, g) for n, g in zip(case.N, case.arriving, strict=True)]
        yield Guess("TERM_MISSING", text, "add the derivative of that mean, sum or norm", fitted)


def other_use(case: Case) -> Iterator[Guess]:
    """An operand that comes in twice, as in ``x.T @ x``: only one of two symmetric uses has its gradient."""
    if not case.shaped:
        return
    twins = []
    if case.y.ndim > 1 and case.y.shape[-1] == case.y.shape[-2]:
        twins.append(("g transposed", [case.analytic(g.mT) for g in case.arriving]))
    for i, x in case.others:
        if x.ndim > 1 and x.shape[-1] == x.shape[-2]:
            args = (*case.args[:i], x.mT, *case.args[i + 1 :])
            answers = [case.pull(g.copy(), case.y, args, case.kwargs) for g in case.arriving]
            twins.append((f"{case.names[i]} transposed", answers))
    for text, twin in twins:
        both = [a + b for a, b in zip(case.A, twin, strict=True)]
        c = ratio(case, case.N, both)
        if np.isfinite(c):
            said = f"{case.operand} is used twice, and the second use, the same with {text}, is missing"
            yield Guess("TERM_MISSING", said, f"add the same with {text}", case.N, [c * z for z in both])


def other_sum(case: Case) -> Iterator[Guess]:
    """The sum over one axis stands where the sum over another belongs: a bit constant along each of the two."""
    if not case.shaped or case.diagonal or case.x.shape != case.y.shape:
        return
    missing = [n - a for n, a in zip(case.N, case.A, strict=True)]
    one_, y = np.ones(case.x.shape), case.y
    for name, columns in (("1", [one_]), ("y", [y]), ("1 and y", [one_, y])):
        for i, k in combinations(range(case.x.ndim), 2):
            n, m = case.x.shape[i], case.x.shape[k]
            if 2 * len(columns) * (n + m) <= 1.5 * n * m + 4 * len(columns):
                fitted = [_fit_both(z, columns, (i, k)) for z in missing]
                text = f"the sums over axes {i} and {k} are confused in the terms with {name}"
                predicted = [z - f for z, f in zip(case.N, fitted, strict=True)]
                yield Guess("WRONG_AXIS", text, "sum over the axis that the forward sums over", predicted)


def _fit_both(m: np.ndarray, columns: Sequence[np.ndarray], axes) -> np.ndarray:
    """The least-squares fit of columns times a number per slice of each of two axes."""
    parts = []
    for axis, column in product(axes, columns):
        labels = np.indices(m.shape).reshape(m.ndim, -1)
        label = np.ravel_multi_index(np.delete(labels, axis, axis=0), np.delete(m.shape, axis))
        parts.append(np.eye(label.max() + 1)[label] * column.reshape(-1, 1))
    design = np.concatenate(parts, axis=1)
    return (design @ np.linalg.lstsq(design, m.ravel(), rcond=None)[0]).reshape(m.shape)


def _bases(case: Case) -> Iterator[tuple[list[str], list[np.ndarray]]]:
    one_, x, y = np.ones(case.x.shape), case.x, case.y
    yield ["1"], [one_]
    if y.shape == x.shape:
        yield ["y"], [y]
    yield [case.operand], [x]
    if y.shape == x.shape:
        yield ["1", "y"], [one_, y]
    yield ["1", case.operand], [one_, x]
    for i, other in case.others:
        if other.shape == x.shape:
            yield [case.names[i]], [other]
    for base, name in [(y, "y")] * (y.shape == x.shape) + [(x, case.operand)]:
        for text, f in FUNCTIONS.items():
            column = np.asarray(f(base), dtype=float)
            if np.isfinite(column).all() and text != "{}":
                yield [text.format(name)], [column]


def _fit(missing: Sequence[np.ndarray], columns: Sequence[np.ndarray], axes) -> tuple[list, list]:
    """Least squares along some axes: what was fitted, and for each column its coefficients, one array a gradient."""
    at = tuple(range(-len(axes), 0))
    basis = np.stack([np.moveaxis(c, axes, at).reshape(*_rest(c, axes), -1) for c in columns], axis=-1)
    inverse = np.linalg.pinv(basis)
    fitted, coefficients = [], []
    for m in missing:
        rows = np.moveaxis(m, axes, at)
        c = (inverse @ rows.reshape(*_rest(m, axes), -1, 1))[..., 0]
        fitted.append(np.moveaxis((basis @ c[..., None])[..., 0].reshape(rows.shape), at, axes))
        coefficients.append(c)
    return fitted, [[np.expand_dims(c[..., k], axes) for c in coefficients] for k in range(len(columns))]


def _rest(z: np.ndarray, axes) -> tuple[int, ...]:
    return tuple(n for i, n in enumerate(z.shape) if i not in axes)


def _term(case: Case, name: str, coefficients: Sequence[np.ndarray], axes) -> str:
    """The term as one writes it, if its coefficient is a sum that can be recognised."""
    bare = "" if name == "1" else f"*{name}"
    if case.y.shape != case.x.shape:
        return f"c{bare} with one c each"
    sums = {
        "g": case.arriving,
        "g*y": [g * case.y for g in case.arriving],
        f"g*{case.operand}": [g * case.x for g in case.arriving],
    }
    for text, parts in sums.items():
        for word, reduce in (("sum", np.sum), ("mean", np.mean)):
            found = [np.asarray(reduce(p, axis=axes, keepdims=True)) for p in parts]
            for sign, s in (("", 1.0), ("-", -1.0)):
                if _close(coefficients, [s * f for f in found]):
                    return f"{sign}{word}({text}, axis={one(axes)}){bare}"
        c = _per_row(coefficients, found)
        if c is not None:
            return f"{'-' if c < 0 else ''}mean({text}, axis={one(axes)}){bare}, times a number per slice"
    return f"c{bare} with one c for each slice"


def _close(a, b) -> bool:
    a, b = np.stack(a), np.stack(b)
    return bool(np.linalg.norm(a - b) <= 10 * EXACT * np.linalg.norm(b))


def _per_row(coefficients, found) -> float | None:
    """The sign of the ratio, if that is the same for all gradients that arrived, slice by slice."""
    r = np.stack(coefficients) / np.stack(found)
    steady = np.isfinite(r).all() and np.allclose(r, r[:1], rtol=1e-5)
    return float(r.ravel()[0]) if steady and r.size else None
