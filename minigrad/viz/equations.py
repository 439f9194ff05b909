"""What a node sends to an operand, as an equation of shapes: ``dW (10, 16) = dDᵀ (10, 64) @ X (64, 16)``.

It says which matrix is transposed, and which axes are summed because the forward stretched the operand along them.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minigrad.engine import Tensor
from minigrad.modes import no_grad
from minigrad.viz.text import number, printable, shape_of

RULES: dict[str, tuple[str, ...]] = {
    "positive": ("{g}",),
    "negative": ("−{g}",),
    "copy": ("{g}",),
    "add": ("{g}", "{g}"),
    "subtract": ("{g}", "−{g}"),
    "multiply": ("{g} × {x2}", "{g} × {x1}"),
    "divide": ("{g} ÷ {x2}", "−{g} × {y} ÷ {x2}"),
    "matmul": ("{g} @ {x2ᵀ}", "{x1ᵀ} @ {g}"),
    "linear": ("{g} @ {weight}", "{gᵀ} @ {x}", "Σ rows of {g}"),
    "softmax_cross_entropy": ("{g} × (softmax {logits} − one-hot target)",),
    "sigmoid_cross_entropy": ("{g} × (sigmoid {logits} − target)", "−{g} × {logits}"),
    "sum": ("{g} repeated {back}",),
    "mean": ("{g} ÷ {n}, repeated {back}",),
    "reshape": ("{g} reshaped",),
    "ravel": ("{g} reshaped",),
    "expand_dims": ("{g} reshaped",),
    "squeeze": ("{g} reshaped",),
    "transpose": ("{g}, axes back in order",),
    "swapaxes": ("{g}, axes back in order",),
    "moveaxis": ("{g}, axes back in order",),
    "broadcast_to": ("{g}",),
    "getitem": ("zeros, plus {g} at the index",),
    "concatenate": ("its part of {g}",),
    "stack": ("its part of {g}",),
    "where": ("", "{g} where the condition holds", "{g} where it does not"),
    "max": ("{g} at the largest elements",),
    "min": ("{g} at the smallest elements",),
    "maximum": ("{g} where it is the larger", "{g} where it is the larger"),
    "minimum": ("{g} where it is the smaller", "{g} where it is the smaller"),
}
"""For each operand of an op what it is sent: ``g`` arrives at the result ``y``, the others are the op's arguments."""

DERIVATIVE = re.compile(r"dy/dx = (.+?)(?:[:.]\s|[:.]?$|,)")
LONGEST_LABEL = 20
"""Of what stands on an edge."""
IDENTIFIER = re.compile(r"[^\W\d]\w*")
WORD = re.compile(r"\{(\w+?)(ᵀ?)\}")


class Equation(NamedTuple):
    """One product of the backward pass, of arrays."""

    label: str
    """What stands on the edge: ``g @ x2ᵀ``."""
    text: str
    """The whole equation with names and shapes."""
    note: str
    """Why an axis was summed, if one was."""


def equation(y: Tensor, position: int, name: Callable[[Any], str]) -> Equation:
    """The equation of what ``y`` sends to the operand at this position; ``name`` says what a Tensor is called.

    >>> import minigrad as mg
    >>> x, w = mg.tensor(np.ones((64, 16))), mg.tensor(np.ones((16, 10)), requires_grad=True, name="W")
    >>> b = mg.tensor(np.ones(10), requires_grad=True, name="b")
    >>> called = lambda t: getattr(t, "name", None) or ("X" if t is x else "D")
    >>> print(equation(x @ w, 1, called).text)
    dW (16, 10) = Xᵀ (16, 64) @ dD (64, 10)
    >>> print(equation((x @ w) + b, 1, called).text)
    db (10,) = Σ over axis 0 of dD (64, 10)
    """
    x, sent = y.args[position], _shape_sent(y, position)
    rule = _rule(y, position)
    axes = stretched(sent, x.shape)
    summed = f"Σ over {_axes(axes)} of " if axes else ""
    label = (summed + WORD.sub(lambda m: _short(y, m[1]) + m[2], rule)).removeprefix("g ")
    label = label if len(label) <= LONGEST_LABEL else label.split(",")[0]
    if len(label) > LONGEST_LABEL:
        label = f"{summed}× dy/d{_argument(y, position)}"
    text = summed + WORD.sub(lambda m: _long(y, m[1], m[2], name), rule)
    stretch = f"the forward stretched {name(x)} {shape_of(x)} to {sent} along {_axes(axes)}"
    return Equation(
        label,
        f"{differential(name(x))} {shape_of(x)} = {text}",
        f"{stretch}: its copies' gradients add up" if axes else "",
    )


def stretched(sent: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The axes of what is sent along which the operand had been broadcast.

    >>> stretched((64, 10), (10,)), stretched((64, 10), (64, 1)), stretched((3,), (3,))
    ((0,), (1,), ())
    """
    lead = len(sent) - len(shape)
    return tuple(i for i, n in enumerate(sent) if n != 1 and (i < lead or shape[i - lead] == 1))


def _shape_sent(y: Tensor, position: int) -> tuple[int, ...]:
    """The shape of what the formula returns, before the walk makes it fit."""
    which = (position,) if y.op.variadic else ()
    arrays = [x.data if isinstance(x, Tensor) else x for x in y.args]
    with no_grad(), np.errstate(all="ignore"):
        return y.op.formula(position)(np.ones_like(y.data), y.data, *which, *arrays, **y.kwargs).shape


def _rule(y: Tensor, position: int) -> str:
    """The right side, with the arrays in braces."""
    rules = RULES.get(y.op.name, ())
    if y.op.variadic and rules:
        return rules[-1]
    if y.op.name in ("matmul", "linear") and (vectors := _of_vectors(y, position)):
        return vectors
    if position < len(rules):
        return rules[position].replace("{g}", "{g} ÷ {n}") if _is_mean_of_losses(y) else rules[position]
    told = DERIVATIVE.search((y.op.__doc__ or "").split("\n")[0])
    same = isinstance(y.args[position], Tensor) and y.args[position].shape == y.shape
    if told and same and len(told[1]) <= 30:
        return f"{{g}} × ({typeset(told[1])})"
    return "{g} × dy/d" + _argument(y, position)


def typeset(formula: str) -> str:
    """A formula of a docstring with the signs of print.

    >>> typeset("1 - y**2")
    '1 − y²'
    """
    return formula.strip().replace(" - ", " − ").replace("**2", "²").replace("**3", "³")


def _is_mean_of_losses(y: Tensor) -> bool:
    """Whether a loss has taken the mean over its examples by itself."""
    return y.op.name.endswith("_cross_entropy") and y.ndim < y.args[1].ndim


def _of_vectors(y: Tensor, position: int) -> str:
    """The rule of a product where the one for matrices does not fit the shapes."""
    if y.op.name == "linear":
        return "Σ over rows of {g} ⊗ {x}" if position == 1 and y.ndim != 2 else ""
    if position == 1 and y.args[1].ndim == 2 < y.ndim:  # one matrix for a whole stack
        return "Σ over rows of {x1} ⊗ {g}"
    if 1 not in (y.args[0].ndim, y.args[1].ndim):
        return ""
    if not y.ndim:
        return "{g} × {x2}" if position == 0 else "{g} × {x1}"
    outer = position == (1 if y.args[0].ndim == 1 else 0)
    return ("{g} ⊗ {x2}", "{x1} ⊗ {g}")[position] if outer else ""


def _argument(y: Tensor, position: int) -> str:
    names = y.op.parameters
    return names[position] if position < len(names) else f"x{position}"


def _operand(y: Tensor, word: str):
    return y.args[y.op.parameters.index(word)]


def _short(y: Tensor, word: str) -> str:
    many = y.args[1 if _is_mean_of_losses(y) else 0]
    special = {"n": lambda: f"{many.size // max(1, y.size):,}", "back": lambda: _back(y)}
    return special[word]() if word in special else word


def _long(y: Tensor, word: str, mark: str, name: Callable[[Any], str]) -> str:
    """An array by its name and its shape, turned if it is transposed."""
    if word in ("n", "back"):
        return _short(y, word)
    x = y if word in ("g", "y") else _operand(y, word)
    if not hasattr(x, "shape"):
        return number(x) if isinstance(x, (int, float)) else printable(str(x), 20)
    shape = x.shape
    if mark:
        shape = (*shape[:-2], *shape[-2:][::-1])
    return f"{differential(name(x)) if word == 'g' else name(x)}{mark} {shape}"


def differential(name: str) -> str:
    """The gradient by what has this name.

    >>> differential("W"), differential("linear₁"), differential("0.weight")
    ('dW', 'dlinear₁', 'd(0.weight)')
    """
    return "d" + bracketed(name)


def bracketed(name: str) -> str:
    """A name that can be part of a formula."""
    return name if IDENTIFIER.fullmatch(name) else f"({name})"


def _back(y: Tensor) -> str:
    axis = y.args[1] if len(y.args) > 1 else None
    if axis is None:
        return "everywhere"
    return f"along {_axes(tuple(axis) if isinstance(axis, (tuple, list)) else (axis,))}"


def _axes(axes: tuple[int, ...]) -> str:
    return f"ax{'is' if len(axes) == 1 else 'es'} {', '.join(map(str, axes))}"
