"""Sums over shared axes, in the notation of Einstein: an axis is a letter, and what the result lacks is summed."""

from collections.abc import Callable, Sequence
from string import ascii_letters

import numpy as np

from minigrad.arrays import as_array
from minigrad.declare import composed, op
from minigrad.errors import ShapeError, UnsupportedError
from minigrad.ops.algebra import matmul
from minigrad.samples import call, real


def _contract_gradient(g, y, i, subscripts, *operands, optimize=False):
    """The same sum with the gradient in the place of operand ``i``, and that operand's letters in the result's."""
    inputs, result = subscripts.split("->")
    letters, parts = inputs.split(","), list(operands)
    own, letters[i - 1], parts[i - 1] = letters[i - 1], result, g
    return contract(f"{','.join(letters)}->{own}", *parts, optimize=optimize)


@op(
    operands=_contract_gradient,
    variadic=True,
    samples=[
        call("ij,jk->ik", real(2, 3), real(3, 4)),
        call("ij->ji", real(2, 3)),
        call("ij,ij->", real(3, 3), real(3, 3)),
        call("ij,jk,kl->il", real(2, 3), real(3, 2), real(2, 4), optimize=True),
        call(",i->i", real(), real(3)),
    ],
    complex_ok=True,
)
def contract(subscripts, *operands, optimize=False):
    """``np.einsum`` at its plainest: the sum of products, with the letters of the result spelt out.

    In each operand every letter occurs once, and also in another operand or the result; a letter has one size. Then
    the gradient of an operand is the same sum again, with ``g`` in its place. :func:`einsum` brings others to this.
    """
    return np.einsum(subscripts, *operands, optimize=optimize)


@composed(
    np.einsum,
    samples=[
        call("ij,jk->ik", real(2, 3), real(3, 4)),
        call("ij,jk", real(2, 3), real(3, 4)),
        call("ba", real(2, 3)),
        call("ii->i", real(3, 3)),
        call("ii", real(3, 3)),
        call("iii->i", real(2, 2, 2)),
        call("ij->i", real(2, 3)),
        call("ij->", real(2, 3)),
        call("ij,k->k", real(2, 3), real(4)),
        call("i,i->", real(3), real(3)),
        call("i,j->ij", real(2), real(3)),
        call("...ij,...jk->...ik", real(2, 1, 2, 3), real(4, 3, 2)),
        call("i...,i...->i...", real(3, 4), real(3, 2, 4)),
        call("...ii->...", real(2, 3, 3)),
        call("ij,ij->i", real(2, 3), real(2, 1)),
        call("bij, bjk, kl -> bil", real(2, 2, 3), real(2, 3, 3), real(3, 2), optimize=True),
        call("ij,ji,i->", real(3, 3), real(3, 3), real(3)),
    ],
    error_samples=[
        (call("ij,jk->ik", real(2, 3), real(4, 2)), ShapeError, "'j' has 3 elements in one place and 4 in another"),
        (call("ijk->i", real(2, 3)), ShapeError, "'ijk' labels 3 axes, but the shape is (2, 3)"),
        (call("ij,jk->ik", real(2, 3)), ShapeError, "2 operands are labelled, 1 given"),
    ],
)
def einsum(subscripts, *operands, optimize=False):
    """Einstein's summation, as ``np.einsum``: repeated letters in one operand take its diagonal, ``...`` broadcasts.

    Without ``->`` the result has, in alphabetical order, the letters that occur once. ``optimize=True`` chooses a good
    order for three operands or more, and matrix products where it can.

    >>> einsum("ij,jk->ik", np.eye(2), np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[1., 2.],
           [3., 4.]])
    """
    if not isinstance(subscripts, str):
        raise UnsupportedError("einsum of Tensors takes its labels as a string: np.einsum('ij,jk->ik', a, b)")
    xs = [as_array(x) for x in operands]
    labels, result = _written_out(subscripts, xs)
    sizes = _sizes(labels, xs)
    pairs = [_each_once(*_unstretched(x, own, sizes)) for x, own in zip(xs, labels)]
    letters = "".join(own for _, own in pairs) + result
    pairs = [_summed(x, own, lambda letter: letters.count(letter) == 1) for x, own in pairs]
    return contract(f"{','.join(own for _, own in pairs)}->{result}", *(x for x, _ in pairs), optimize=optimize)


def _written_out(subscripts: str, xs: Sequence) -> tuple[list[str], str]:
    """The letters of each operand and of the result; each axis under an ellipsis gets a letter of its own."""
    inputs, arrow, result = subscripts.replace(" ", "").partition("->")
    labels = inputs.split(",")
    if len(labels) != len(xs):
        raise ShapeError(f"einsum of {subscripts!r}: {len(labels)} operands are labelled, {len(xs)} given")
    if not arrow:
        result = "".join(sorted(letter for letter in set(inputs) - set(",.") if inputs.count(letter) == 1))
        result = "..." * ("..." in inputs) + result
    unused = "".join(letter for letter in ascii_letters if letter not in inputs)
    hidden = [x.ndim - len(own.replace("...", "")) if "..." in own else 0 for x, own in zip(xs, labels)]
    last = max(hidden)
    labels = [own.replace("...", unused[last - count : last]) for own, count in zip(labels, hidden)]
    for x, own in zip(xs, labels):
        if len(own) != x.ndim:
            raise ShapeError(f"einsum of {subscripts!r}: {own!r} labels {len(own)} axes, but the shape is {x.shape}")
    return labels, result.replace("...", unused[:last])


def _sizes(labels: Sequence[str], xs: Sequence) -> dict[str, int]:
    """How many elements the axis of each letter has, where it is not stretched from one."""
    sizes: dict[str, int] = {}
    for own, x in zip(labels, xs):
        for letter, size in zip(own, x.shape):
            if sizes.get(letter, 1) == 1:
                sizes[letter] = size
            elif size not in (1, sizes[letter]):
                raise ShapeError(f"einsum: {letter!r} has {sizes[letter]} elements in one place and {size} in another")
    return sizes


def _unstretched(x, own: str, sizes: dict[str, int]):
    """An axis that would be stretched is dropped: a letter that is missing is stretched as well."""
    axes = tuple([i for i, letter in enumerate(own) if x.shape[i] == 1 != sizes[letter]])
    return (np.squeeze(x, axes), _without(own, axes)) if axes else (x, own)


def _each_once(x, own: str):
    """A letter that occurs twice takes the diagonal of its two axes, which goes last."""
    for letter in own:
        while own.count(letter) > 1:
            axes = own.index(letter), own.rindex(letter)
            x, own = np.diagonal(x, 0, *axes), _without(own, axes) + letter
    return x, own


def _summed(x, own: str, lonely: Callable[[str], bool]):
    """A letter that occurs nowhere else is summed over at once."""
    axes = tuple([i for i, letter in enumerate(own) if lonely(letter)])
    return (np.sum(x, axes), _without(own, axes)) if axes else (x, own)


def _without(own: str, axes: tuple[int, ...]) -> str:
    return "".join(letter for i, letter in enumerate(own) if i not in axes)


@composed(
    np.tensordot,
    np.linalg.tensordot,
    samples=[
        call(real(2, 3, 4), real(3, 4, 2)),
        call(real(2, 3), real(3, 2), axes=1),
        call(real(2), real(3), axes=0),
        call(real(2, 3, 4), real(4, 5, 2), axes=([0, 2], [2, 0])),
        call(real(2, 3), real(3, 3), axes=(1, -1)),
        call(real(3, 3), real(3, 3), axes=2),
    ],
    error_samples=[
        (call(real(2, 3), real(2, 4), axes=1), ShapeError, "tensordot of shapes (2, 3) and (2, 4)"),
        (call(real(2, 3), real(2, 3), axes=([0], [0, 1])), ShapeError, "tensordot of shapes (2, 3) and (2, 3)"),
    ],
)
def tensordot(a, b, axes=2):
    """The sum over pairs of axes: for a number, the last of ``a`` with the first of ``b``; or two lists of axes."""
    a, b = as_array(a), as_array(b)
    pair = (range(-axes, 0), range(axes)) if isinstance(axes, int) else map(np.atleast_1d, axes)
    of_a, of_b = ([int(axis) for axis in side] for side in pair)
    if [a.shape[axis] for axis in of_a] != [b.shape[axis] for axis in of_b]:
        raise ShapeError(
            f"tensordot of shapes {a.shape} and {b.shape}: the axes {of_a} of the first "
            f"and {of_b} of the second must have the same lengths"
        )
    left, right = list(ascii_letters[: a.ndim]), list(ascii_letters[a.ndim : a.ndim + b.ndim])
    for i, j in zip(of_a, of_b):
        right[j] = left[i]
    result = "".join(letter for letter in left + right if (letter in left) != (letter in right))
    return contract(f"{''.join(left)},{''.join(right)}->{result}", a, b, optimize=True)


@composed(
    np.inner,
    samples=[
        call(real(3), real(3)),
        call(real(2, 3), real(4, 3)),
        call(real(2, 1, 3), real(3)),
        call(real(), real(2)),
    ],
    error_samples=[(call(real(2, 3), real(2)), ShapeError, "tensordot of shapes (2, 3) and (2,)")],
)
def inner(a, b):
    """The sum over the last axes of both; with a number, the product."""
    a, b = as_array(a), as_array(b)
    return np.multiply(a, b) if a.ndim == 0 or b.ndim == 0 else tensordot(a, b, axes=(-1, -1))


@composed(
    np.dot,
    samples=[
        call(real(3), real(3)),
        call(real(2, 3), real(3)),
        call(real(3), real(3, 2)),
        call(real(2, 3), real(3, 4)),
        call(real(2, 2, 3), real(2, 3, 2)),
        call(real(2), real(4, 2, 3)),
        call(real(2, 2, 3), real(3)),
        call(real(), real(2, 3)),
        call(real(2), real()),
    ],
    error_samples=[(call(real(2, 3), real(2)), ShapeError, "matmul of shapes (2, 3) and (2,)")],
)
def dot(a, b):
    """The sum over the last axis of ``a`` and the last but one of ``b``; with a number, the product."""
    a, b = as_array(a), as_array(b)
    if a.ndim == 0 or b.ndim == 0:
        return np.multiply(a, b)
    return matmul(a, b) if b.ndim <= 2 else tensordot(a, b, axes=(-1, -2))
