"""A function with a backward of its own, as other frameworks write it: one function that returns all gradients.

What such a backward returns is taken as it is, wrong shapes included, whereas the engine sums a formula's result over
the axes that the forward broadcast. So faults can be posed here that a formula cannot commit.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.engine import Op, constant, fit
from minigrad.modes import no_grad
from minigrad.rules import code_of


class BlackBox(Op):
    """An op whose gradients all come from one function ``backward(g, y, *arguments, **options)``.

    It returns one gradient an argument, None for those without; one array alone is the gradient of the first.
    """

    def __init__(self, forward: Callable, backward: Callable, **facts: Any):
        self.backward, code = backward, code_of(forward)
        count = code.co_argcount or 1
        super().__init__(forward, [self._formula(i) for i in range(count)], **facts)
        self.samples, self.error_samples, self.functions = list(facts.get("samples", ())), [], ()
        self.variadic = bool(code.co_flags & 0x04)

    def _formula(self, position: int) -> Callable:
        def formula(g, y, *arguments, **options):
            which, operands = (arguments[0], arguments[1:]) if self.variadic else (position, arguments)
            found = self.returned(g, y, operands, options)[which]
            return np.zeros_like(operands[which]) if found is None else found

        return formula

    def returned(self, g, y, arguments, options) -> list:
        """What the backward returns, one entry an argument."""
        found = self.backward(g, y, *arguments, **options)
        found = list(found) if isinstance(found, (tuple, list)) else [found]
        return found + [None] * (len(arguments) - len(found))


def black_box(forward: Callable, backward: Callable, **facts: Any) -> BlackBox:
    """A differentiable function made of a plain NumPy ``forward`` and one ``backward(g, y, *arguments)``.

    >>> double = black_box(lambda x: 2 * x, lambda g, y, x: 2 * g)
    >>> from minigrad import tensor
    >>> x = tensor([1.0, 2.0], requires_grad=True)
    >>> double(x).sum().backward()
    >>> x.grad
    array([2., 2.])
    """
    return BlackBox(forward, backward, **facts)


def pulled_back(op: Op, position: int, g, y, arguments, options):
    """What an op says of one operand's gradient: as a black box returns it; a formula's result as the walk fits it."""
    with no_grad(), np.errstate(all="ignore"):
        if isinstance(op, BlackBox):
            found = op.returned(g, y, list(arguments), options)[position]
            return None if found is None else np.asarray(found)
        formula = op.formula(position)
        if formula is None:
            return None
        which = (position,) if op.variadic else ()
        found = formula(g, y, *which, *arguments, **options)
        if op.singular and not np.isfinite(found).all():
            found = np.where(g == 0, 0.0, found)
        return fit(np.asarray(found), constant(arguments[position]))
