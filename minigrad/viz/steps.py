"""The backward pass one step at a time: what arrived at a node, its local derivatives, and what it sent on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigrad import engine
from minigrad.engine import Tensor, seed, walk
from minigrad.modes import no_grad, watch
from minigrad.viz.labels import Names
from minigrad.viz.text import grad_line, number


@dataclass(frozen=True, eq=False)
class Sent:
    """What a node sent to one operand."""

    position: int
    operand: Tensor
    local: Any
    """The local derivative where one number or array tells it: of an elementwise op, or of a sum. Otherwise None."""
    amount: Any
    """The gradient arriving at the node times the local derivative."""
    total: Any
    """The gradient of the operand after this ``+=``."""


@dataclass(frozen=True, eq=False)
class Step:
    """One node's part in the backward pass."""

    number: int
    node: Tensor
    arrived: Any
    """The whole gradient of the output by this node: every later use has sent its share."""
    sent: tuple[Sent, ...]
    names: Names

    def __str__(self):
        name = self.names.of
        lines = [f"step {self.number}  {name(self.node)} = {self.node.op.name}   arrived {grad_line(self.arrived)}"]
        for part in self.sent:
            local = "" if part.local is None else f"local {_short(part.local)}   "
            lines.append(f"    {name(part.operand)}  {local}sent {_short(part.amount)}   total {_short(part.total)}")
        return "\n".join(lines)

    __repr__ = __str__


def backward_steps(loss: Tensor, gradient=None) -> Iterator[Step]:
    """Every step of ``loss.backward(gradient)``, in the order of the walk. No ``.grad`` is touched.

    >>> import minigrad as mg
    >>> a = mg.tensor(3.0, requires_grad=True, name="a")
    >>> b = a * a
    >>> for step in backward_steps(b + a):
    ...     print(step)
    step 1  add = add   arrived grad 1
        b  local 1   sent 1   total 1
        a  local 1   sent 1   total 1
    step 2  b = multiply   arrived grad 1
        a  local 3   sent 3   total 4
        a  local 3   sent 3   total 7
    """
    log = Log()
    with watch(log):
        walk([loss], [seed(loss, gradient)])
    names = Names(loss)
    totals: dict[Tensor, Any] = {}
    for count, (y, (g, parts)) in enumerate(log.nodes.items(), 1):
        sent = []
        for position, amount in parts:
            x = y.args[position]
            totals[x] = totals[x] + amount if x in totals else amount
            sent.append(Sent(position, x, local_derivative(y, position), amount, totals[x]))
        yield Step(count, y, g, tuple(sent), names)


class Log:
    """A watcher that writes down what every node was sent, and sent on."""

    def __init__(self):
        self.nodes: dict[Tensor, tuple[Any, list[tuple[int, Any]]]] = {}

    def forward(self, y: Tensor) -> None:
        """Formulas that make Tensors are no part of the tape that is watched."""

    def backward(self, y: Tensor, position: int, g, contribution) -> None:
        """Write it down."""
        self.nodes.setdefault(y, (g, []))[1].append((position, contribution))


def pulled(y: Tensor, g) -> dict[int, Any]:
    """What ``y`` would send to each operand, by position, if ``g`` arrived."""
    wanted = {x for x in y.args if isinstance(x, Tensor) and x.requires_grad}
    with no_grad(), np.errstate(all="ignore"):
        return {i: contribution for i, _, contribution in engine._pull_back(y, g, wanted, False)}


def local_derivative(y: Tensor, position: int):
    """The derivative of ``y`` by its operand, as an array like the operand; None where it is a matrix, not an array.

    Of a ``y`` of one number it is the gradient itself. Otherwise it is an array if each element of the operand has a
    share in one element of ``y`` alone, its own: that is tried out, with a gradient of random numbers.
    """
    local = pulled(y, np.ones_like(y.data))[position]
    if y.size == 1:
        return local
    if y.shape != local.shape:
        return None
    random = np.random.default_rng(0).uniform(1, 2, y.shape).astype(y.dtype)
    other = pulled(y, random)[position]
    return local if np.allclose(other, random * local, rtol=1e-5, equal_nan=True) else None


def _short(x) -> str:
    return number(x) if x.size == 1 else grad_line(x).replace("grad", str(x.shape))
