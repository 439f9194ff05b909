"""A wrong array in the formula: another operand, an operand not transposed, a value that has changed since."""

from collections.abc import Iterator

import numpy as np

from minigrad.gradcheck.arguments import is_floating
from minigrad.gradcheck.diagnosis.axes import flips, turns
from minigrad.gradcheck.diagnosis.case import EARLIER, Case
from minigrad.gradcheck.diagnosis.guess import Guess, agree, alike

CACHE = "use the operands that are handed to it; a cache must not be keyed by the shape"


def swapped(case: Case) -> Iterator[Guess]:
    """The gradient of another operand."""
    if not case.shaped:
        return
    for i, x in case.others:
        found = case.slopes(i) if x.shape == case.x.shape else None
        if found is not None:
            predicted = [case.through(found[0], g) for g in case.arriving]
            text = f"it is the gradient of {case.names[i]}, not of {case.operand}"
            advice = f"swap the gradients of {case.operand} and {case.names[i]}"
            yield Guess("OPERANDS_SWAPPED", text, advice, predicted)


def mistaken(case: Case) -> Iterator[Guess]:
    """The formula uses one operand where it should use another."""
    if not case.shaped:
        return
    arrays = [(i, x) for i, x in enumerate(case.args) if is_floating(x)]
    for i, x in arrays:
        for k, other in arrays:
            if i != k and x.shape == other.shape:
                text = f"{case.names[k]} is used where {case.names[i]} belongs"
                yield from _with(case, {i: other}, "OPERANDS_SWAPPED", text, f"use {case.names[i]}")


def mutated(case: Case) -> Iterator[Guess]:
    """The right gradient at another point: an operand has changed, or the result is taken for the operand."""
    if not case.shaped:
        return
    for name, point in {**case.points, EARLIER: case.elsewhere()}.items():
        changed = {i: np.asarray(x, dtype=float) for i, x in enumerate(point) if is_floating(x)}
        advice = CACHE if name == EARLIER else "do not write into an array between forward and backward: x = x + dx"
        yield from _with(
            case, changed, "SAVED_MUTATED", f"it is right for {name}, not for what the forward saw", advice
        )
    for i, x in enumerate(case.args):
        if is_floating(x) and x.shape == case.y.shape and x.size:
            text = f"it is the gradient with y in the place of {case.names[i]}"
            yield from _with(case, {i: case.y}, "SAVED_MUTATED", text, f"use {case.names[i]}, as the forward saw it")


def _with(case: Case, changed: dict[int, np.ndarray], code: str, text: str, advice: str) -> Iterator[Guess]:
    args = tuple(changed.get(i, x) for i, x in enumerate(case.args))
    found = case.slopes(case.position, args)
    if found is not None:
        yield Guess(code, text, advice, [case.through(found[0], g) for g in case.arriving])


def repaired(case: Case) -> Iterator[Guess]:
    """The formula becomes right when it is handed something else: that is what belongs where it takes this."""
    if not case.shaped or not is_floating(case.x):
        return
    arrays = [(i, x) for i, x in enumerate(case.args) if is_floating(x)]
    for i, x in arrays:
        for k, other in arrays:
            if i != k and x.shape == other.shape:
                used, needed = case.names[i], case.names[k]
                yield _handed(case, {i: other}, "OPERANDS_SWAPPED", f"{used} is used where {needed} belongs", needed)
    for i, x in arrays:
        for move in [*turns(x.shape), *flips(x.shape)]:
            code = "FLIPPED" if move.code == "FLIPPED" else "MISSING_TRANSPOSE"
            what = f"{case.names[i]} {move.text}"
            yield _handed(case, {i: move.f(x)}, code, f"{case.names[i]} is used where {what} belongs", what)


def _handed(case: Case, changed: dict[int, np.ndarray], code: str, text: str, needed: str) -> Guess:
    args = tuple(changed.get(i, x) for i, x in enumerate(case.args))
    got = [case.pull(g.copy(), case.y.copy(), args, case.kwargs) for g in case.arriving]
    return Guess(code, text, f"use {needed} there", case.N, got)


def missing_product(case: Case) -> Iterator[Guess]:
    """A product of matrices is missing: the operand comes in twice, as in ``a @ a``."""
    if not case.shaped or case.x.ndim < 2 or case.y.ndim < 2:
        return
    missing = [n - a for n, a in zip(case.N, case.A, strict=True)]
    arrays = [(case.names[i], x) for i, x in enumerate(case.args) if is_floating(x) and x.ndim > 1]
    for name, other in [*arrays, ("y", case.y)]:
        for text, f in PRODUCTS.items():
            found = _products(case, other, f)
            if found is not None and agree(case, missing, found):
                said = text.format(name)
                predicted = [n - p for n, p in zip(case.N, found, strict=True)]
                yield Guess("TERM_MISSING", f"the term {said} is missing", f"add {said}", predicted)


def products(case: Case) -> Iterator[Guess]:
    """Another product of the same matrices: a transpose is missing, or the order is wrong."""
    if not case.shaped or case.x.ndim < 2 or case.y.ndim < 2:
        return
    for i, other in case.others:
        if other.ndim < 2:
            continue
        named = [(text, _products(case, other, f)) for text, f in PRODUCTS.items()]
        right = next((text for text, p in named if p is not None and agree(case, case.N, p)), None)
        for text, predicted in named:
            if right and predicted is not None:
                used, needed = (t.format(case.names[i]) for t in (text, right))
                yield Guess("MISSING_TRANSPOSE", f"it is {used}; {needed} fits", f"write {needed}", predicted)


PRODUCTS = {
    "g @ {}": lambda g, b: g @ b,
    "g @ {}.T": lambda g, b: g @ b.mT,
    "{} @ g": lambda g, b: b @ g,
    "{}.T @ g": lambda g, b: b.mT @ g,
    "g.T @ {}": lambda g, b: g.mT @ b,
    "g.T @ {}.T": lambda g, b: g.mT @ b.mT,
    "{} @ g.T": lambda g, b: b @ g.mT,
    "{}.T @ g.T": lambda g, b: b.mT @ g.mT,
}


def _products(case: Case, other: np.ndarray, f):
    try:
        found = [f(g, other) for g in case.arriving]
    except ValueError:
        return None
    while found[0].ndim > case.x.ndim:
        found = [z.sum(axis=0) for z in found]
    return found if found[0].shape == case.x.shape else None


def transposed_operand(case: Case) -> Iterator[Guess]:
    """The right gradient with some operand transposed or flipped: a kernel, a matrix."""
    if not case.shaped:
        return
    for i, x in enumerate(case.args):
        if is_floating(x) and x.ndim:
            for move in [*turns(x.shape), *flips(x.shape)]:
                code = "FLIPPED" if move.code == "FLIPPED" else "MISSING_TRANSPOSE"
                text = f"{case.names[i]} is used {move.text}"
                yield from _with(case, {i: move.f(x)}, code, text, f"use {move.undo} of {case.names[i]} in the formula")


def forward_map(case: Case) -> Iterator[Guess]:
    """The linear map of the forward stands where its transpose belongs."""
    if case.shaped and case.x.size == case.y.size and case.x.size > 1:
        predicted = [(case.jacobian @ g.ravel()).reshape(case.x.shape) for g in case.arriving]
        text = "g is sent through the map of the forward, not through its transpose"
        advice = "transpose the matrix (reverse the scan, the shift) of the forward"
        yield Guess("MISSING_TRANSPOSE", text, advice, predicted)


def wrong_direction(case: Case) -> Iterator[Guess]:
    """What the forward carries from one element to later ones is carried on, not back."""
    B, S = case.claimed, case.support
    if not case.shaped or B is None or case.x.shape != case.y.shape or np.array_equal(S, S.T):
        return
    size = abs(case.jacobian).max()
    own = alike(np.diag(B), np.diag(case.jacobian), size)
    if own and np.array_equal(abs(B) > 1e-6 * size, S.T):
        scan = not np.triu(S, 1).any() or not np.tril(S, -1).any()
        text = "what arrives is carried the same way as in the forward, not back"
        advice = "go through the elements in the reverse order: np.flip before and after"
        yield Guess("FLIPPED" if scan else "MISSING_TRANSPOSE", text, advice, proved=True)
