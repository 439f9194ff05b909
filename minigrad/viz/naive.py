"""The backward pass as everybody writes it first: recursion from each use. Wrong as soon as a result is used twice.

    def naive(y):
        for x in operands(y):
            x.grad += y.grad * local derivative
        for x in operands(y):
            naive(x)

A Tensor that is used twice is visited twice, and the second visit sends on what the first has sent already. In
``b = a + a; c = b + b`` the gradient of ``a`` becomes 8, not 4. Sending on only what is new would be right, but follow
every path from the output, of which there can be exponentially many. See :func:`minigrad.engine.history` for the cure.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from minigrad.engine import Tensor, history
from minigrad.viz.steps import pulled


@dataclass(frozen=True, eq=False)
class Visit:
    """One call of ``naive``: what it found in ``y.grad``, and what it added to which operand."""

    node: Tensor
    found: Any
    sent: list[tuple[int, Any]]


def count_visits(output: Tensor) -> int:
    """How many calls the recursion makes: as many as there are paths from the output to computed Tensors.

    >>> import minigrad as mg
    >>> a = mg.tensor(1.0, requires_grad=True)
    >>> for _ in range(50):
    ...     a = a + a
    >>> count_visits(a)
    1125899906842623
    """
    paths = {output: 1}
    for y in history([output]):
        for x in y.args:
            if isinstance(x, Tensor) and x.requires_grad:
                paths[x] = paths.get(x, 0) + paths[y]
    return sum(count for y, count in paths.items() if y.op is not None)


def naive_visits(output: Tensor) -> list[Visit]:
    """Every call in the order in which it is made; without recursion, and only for graphs with few paths.

    >>> import minigrad as mg
    >>> a = mg.tensor(1.0, requires_grad=True)
    >>> b = a + a
    >>> c = b + b
    >>> totals = {}
    >>> for visit in naive_visits(c):
    ...     for position, amount in visit.sent:
    ...         x = visit.node.args[position]
    ...         totals[x] = totals.get(x, 0) + amount
    >>> float(totals[b]), float(totals[a])
    (2.0, 8.0)
    """
    grads: dict[Tensor, Any] = {output: np.ones_like(output.data)}
    visits, stack = [], [output] if output.op is not None else []
    while stack:
        y = stack.pop()
        sent = sorted(pulled(y, grads[y]).items())
        for position, amount in sent:
            x = y.args[position]
            grads[x] = grads[x] + amount if x in grads else amount
        visits.append(Visit(y, grads[y], sent))
        stack += [y.args[position] for position, _ in reversed(sent) if y.args[position].op is not None]
    return visits
