"""The commonest ops as calls that write into arrays which are there already.

Everywhere else a program calls the op's own forward and formulas, and copies what they return. Here the same NumPy
calls as theirs are written with ``out=``, in the same order, so the bits are the same. Products are methods: ``np.dot``
first looks, in Python, for other kinds of arrays. A kernel answers with a list of calls, or None where it does not
apply.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from minigrad.declare import OPS
from minigrad.ops.activations import _ends
from minigrad.ops.algebra import _ones
from minigrad.ops.fused import _starts
from minigrad.tracing.memory import Unusual

Calls = list[Callable[[], Any]]

CLIP = getattr(getattr(vars(np).get("_core"), "umath", None), "clip", np.clip)
"""The ufunc behind ``x.clip``, which takes a third of its time."""


def _fit_for_dot(*arrays) -> bool:
    return all(type(a) is np.ndarray and a.ndim == 2 and a.dtype == arrays[0].dtype for a in arrays)


# forward: (saved, out, *operands, **options); what is put into ``saved`` the formulas get


def linear(saved, out, x, weight, bias=None):
    if not _fit_for_dot(out, x, weight) or not out.flags.c_contiguous:
        return None
    calls: Calls = [partial(x.dot, weight.T, out)]
    return calls if bias is None else [*calls, partial(np.add, out, bias, out)]


def relu(saved, out, x):
    return [partial(CLIP, x, *_ends(x.dtype), out)] if out.ndim and x.dtype.kind == "f" else None


def mean_squared_error(saved, out, x, target):
    if not (out.dtype == x.dtype == target.dtype and out.dtype.char in "fd" and x.ndim):
        return None
    error = np.subtract(x, target)
    saved.append(error)

    def mean():
        out[()] = np.vdot(error, error) / error.size

    return [partial(np.subtract, x, target, error), mean]


def softmax_cross_entropy(saved, out, logits, target, *, mean=False):
    if not (mean and logits.ndim == 2 and logits.dtype.char in "fd" and target.dtype == np.int64):
        return None
    (n, classes), numbers = logits.shape, target.view(np.uint64)  # a negative number is a very large one then
    shifted, p, starts, ones = (
        np.empty_like(logits),
        np.empty_like(logits),
        _starts(n, classes),
        _ones(classes, out.dtype),
    )
    chosen, largest = np.empty(n, np.int64), np.empty(n, np.intp)
    top, others, losses, total = (np.empty(n, out.dtype) for _ in range(4))
    zero, one = np.zeros((), out.dtype), np.ones((), out.dtype)
    saved.append(p)

    def exist():
        if not np.maximum.reduce(numbers) < classes:
            raise Unusual("a class that does not exist")

    def average():
        out[()] = np.add.reduce(losses) / n

    return [
        exist,
        partial(np.add, starts, target, chosen),
        partial(logits.argmax, 1, largest),
        partial(np.add, starts, largest, largest),
        partial(logits.take, largest, None, top),
        partial(np.subtract, logits, top[:, None], shifted),
        partial(np.exp, shifted, p),
        partial(p.put, largest, zero),
        partial(p.dot, ones, others),
        partial(np.log1p, others, losses),
        partial(shifted.take, chosen, None, top),
        partial(np.subtract, losses, top, losses),
        average,
        partial(p.put, largest, one),
        partial(np.add, others, one, total),
        partial(np.divide, p, total[:, None], p),
        partial(np.negative, losses, total),
        partial(np.expm1, total, total),
        partial(p.put, chosen, total),
    ]


def _elementwise(ufunc):
    def kernel(saved, out, *operands):
        return [partial(ufunc, *operands, out)]

    return kernel


FORWARD: dict[str, Callable] = {
    "linear": linear,
    "relu": relu,
    "mean_squared_error": mean_squared_error,
    "softmax_cross_entropy": softmax_cross_entropy,
    **{name: _elementwise(getattr(np, name)) for name in ("add", "subtract", "multiply", "negative", "tanh", "square")},
}
"""Op -> the calls that compute it."""


# backward: (saved, out, g, y, *operands, **options)


def linear_x(saved, out, g, y, x, weight, bias=None):
    return [partial(g.dot, weight, out)] if _fit_for_dot(out, g, weight) and out.flags.c_contiguous else None


def linear_weight(saved, out, g, y, x, weight, bias=None):
    return [partial(g.T.dot, x, out)] if _fit_for_dot(out, g, x) and out.flags.c_contiguous else None


def linear_bias(saved, out, g, y, x, weight, bias=None):
    return [partial(_ones(len(g), g.dtype).dot, g, out)] if g.ndim == 2 and g.dtype.char in "fd" else None


def relu_x(saved, out, g, y, x):
    """Where an infinity is masked this gives NaN: it then reaches the parameters, and the step is taken eagerly."""
    if not (out.ndim and out.dtype == g.dtype == y.dtype):
        return None
    mask, factors, zero = np.empty_like(y, dtype=bool), np.empty_like(y), _ends(y.dtype)[0]
    return [
        partial(np.greater, y, zero, mask),
        partial(np.copyto, factors, mask),  # at once: a product with a mask converts it in small portions
        partial(np.multiply, g, factors, out),
    ]


def mean_squared_error_x(saved, out, g, y, x, target):
    if not saved:
        return None
    share = 2 / saved[0].size
    return _scaled(saved[0], g, partial(np.multiply, g, share), out)


def softmax_cross_entropy_logits(saved, out, g, y, logits, target, *, mean=False):
    return _scaled(saved[0], g, partial(np.divide, g, target.size), out) if mean and saved else None


def _scaled(slope, g, factor_of, out) -> Calls:
    """The slope times a factor, which need be computed only once if the gradient arriving stays the same."""
    factor = np.asarray(factor_of())
    scaling = [partial(factor_of, factor)] if g.flags.writeable else []
    return [*scaling, partial(np.multiply, slope, factor, out)]


def tanh_x(saved, out, g, y, x):
    if not (out.ndim and out.dtype == g.dtype == y.dtype):
        return None
    one = np.ones((), y.dtype)
    return [partial(np.multiply, y, y, out), partial(np.subtract, one, out, out), partial(np.multiply, g, out, out)]


BACKWARD: dict[tuple[str, int], Callable] = {
    ("linear", 0): linear_x,
    ("linear", 1): linear_weight,
    ("linear", 2): linear_bias,
    ("relu", 0): relu_x,
    ("tanh", 0): tanh_x,
    ("mean_squared_error", 0): mean_squared_error_x,
    ("softmax_cross_entropy", 0): softmax_cross_entropy_logits,
}
"""Op and position of the operand -> the calls that compute its gradient."""

TRUSTING = {"relu"}
"""Ops whose backward leaves it to the last check of the gradients to notice what is not finite."""


def forward_kernel(op: Any) -> Callable | None:
    """The kernel of an op, if it is the op of that name and not another one that is called the same."""
    known: Any = OPS.get(op.name)
    return FORWARD.get(op.name) if known is op else None


def backward_kernel(op: Any, position: int, checked: bool) -> Callable | None:
    """Likewise of its gradient; ``checked`` says whether the gradients will be looked at before they are used."""
    known: Any = OPS.get(op.name)
    if known is not op or (op.name in TRUSTING and not checked):
        return None
    return BACKWARD.get((op.name, position))
