"""The chain rule in numbers: every path from a loss to one number it depends on, and what each contributes.

The derivative along a path is the product of the local derivatives on it; the gradient is the sum over the paths.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np

from minigrad.autograd import grad
from minigrad.engine import Tensor, history, seed
from minigrad.errors import GraphError
from minigrad.viz.labels import Names, place
from minigrad.viz.steps import pulled
from minigrad.viz.text import aligned_left, number, shape_of

MOST_PATHS = 20
STEP = 1e-3
"""Of the finite difference, relative to the number displaced; its error is of fourth order."""


@dataclass(frozen=True, eq=False)
class Link:
    """One factor of the chain rule: a node and the operand through which the path goes on."""

    node: Tensor
    position: int
    arrived: Any
    sent: Any

    @property
    def operand(self) -> Tensor:
        return self.node.args[self.position]

    @property
    def local(self) -> float | None:
        """The local derivative where both ends are single numbers."""
        if self.node.size != 1 or self.operand.size != 1:
            return None
        return pulled(self.node, np.ones_like(self.node.data))[self.position].item()


@dataclass(frozen=True, eq=False)
class Path:
    """One way from the loss back to the tensor."""

    links: tuple[Link, ...]
    contribution: float
    """The derivative along this path alone."""


@dataclass(frozen=True, eq=False)
class Explanation:
    """The derivative of a loss by one number: its paths, their sum, and two other ways to the same number."""

    loss: Tensor
    wrt: Tensor
    index: tuple[int, ...]
    paths: list[Path]
    count: int
    """How many paths there are; only the first of them are listed."""
    gradient: float
    """By the backward pass."""
    numeric: float
    """By finite differences: the forward pass computed again with the number displaced."""

    @property
    def total(self) -> float:
        """The sum of the contributions of all listed paths."""
        return float(sum(path.contribution for path in self.paths))

    def __str__(self):
        names = Names(self.loss)
        where = f"[{', '.join(map(str, self.index))}]" if self.index else ""
        p = f"{names.of(self.wrt)}{where}"
        lines = [f"d {names.of(self.loss)} / d {p} = {number(self.gradient)}   at {p} = {number(self._value)}", ""]
        for i, path in enumerate(self.paths, 1):
            lines += [f"path {i} of {self.count}", *_factors(path, names)]
            lines += [f"  contribution {_product(path)}{number(path.contribution)}", ""]
        lines += self._sums()
        return "\n".join(lines)

    __repr__ = __str__

    @property
    def _value(self):
        return self.wrt.data[self.index]

    def _sums(self) -> list[str]:
        rest = self.count - len(self.paths)
        rows = [("sum of the paths" if not rest else f"sum of {len(self.paths)} paths", self.total)]
        rows += [(f"the other {rest:,}", self.gradient - self.total)] if rest else []
        rows += [("backward pass", self.gradient), ("finite difference", self.numeric)]
        return [f"{name:18} {format(x, '.12g'):>20}" for name, x in rows]


def explain(loss: Tensor, *, wrt: Tensor, index=(), most: int = MOST_PATHS) -> Explanation:
    """The chain rule in numbers: d loss / d wrt[index] as a sum over paths of products of local derivatives.

    ``loss`` has one element. There can be exponentially many paths: at most ``most`` are followed, and the others
    counted. Raises :class:`~minigrad.errors.GraphError` if the loss does not depend on ``wrt``.

    >>> import minigrad as mg
    >>> w = mg.tensor(3.0, requires_grad=True, name="w")
    >>> m = w * w
    >>> print(explain(m, wrt=w))
    d m / d w = 6   at w = 3
    <BLANKLINE>
    path 1 of 2
      d m / d w = 3  multiply  <doctest minigrad.viz.explain.explain[2]>:1  w * w
      contribution 3
    <BLANKLINE>
    path 2 of 2
      d m / d w = 3  multiply  <doctest minigrad.viz.explain.explain[2]>:1  w * w
      contribution 3
    <BLANKLINE>
    sum of the paths                      6
    backward pass                         6
    finite difference                     6
    """
    index = index if isinstance(index, tuple) else (index,)
    if len(index) != wrt.ndim or np.ndim(wrt.data[index]):
        raise ValueError(f"wrt has shape {wrt.shape}: say which one of its numbers, as in index={(0,) * wrt.ndim}")
    start = seed(loss)
    counts = path_counts(loss, wrt)
    if not counts.get(loss):
        raise GraphError("the loss does not depend on wrt: mg.why_zero(wrt, loss) says why")
    paths = _paths(loss, wrt, start, counts, index, most)
    (whole,) = grad(loss, wrt)
    return Explanation(loss, wrt, index, paths, counts[loss], whole.data[index].item(), difference(loss, wrt, index))


def path_counts(loss: Tensor, wrt: Tensor) -> dict[Tensor, int]:
    """From how many paths each Tensor gets something of ``wrt``."""
    counts: dict[Tensor, int] = {}
    for t in reversed(history([loss])):
        counts[t] = 1 if t is wrt else sum(counts.get(x, 0) for x in t.args if isinstance(x, Tensor))
    return counts


def _paths(loss, wrt, start, counts: Mapping[Tensor, int], index, most: int) -> list[Path]:
    """The first paths, depth first; what two of them begin with is computed once."""
    found: list[Path] = []
    stack: list[tuple[Tensor, Any, tuple[Link, ...]]] = [(loss, start, ())]
    while stack and len(found) < most:
        t, g, links = stack.pop()
        if t is wrt:
            found.append(Path(links, g[index].item()))
            continue
        for i, sent in sorted(pulled(t, g).items(), reverse=True):
            if counts.get(t.args[i]):
                stack.append((t.args[i], sent, (*links, Link(t, i, g, sent))))
    return found


def replay(loss: Tensor, changed: Mapping[Tensor, Any]):
    """The loss computed again in float64, with some leaves or nodes changed."""
    values = dict(changed)
    for t in sorted(history([loss]), key=attrgetter("age")):
        if t not in values:
            args = [_wide(values.get(x, x.data)) if isinstance(x, Tensor) else _wide(x) for x in t.args]
            values[t] = t.op.forward(*args, **t.kwargs) if t.op else t.data
    return values[loss]


def _wide(x):
    return x.astype(float) if getattr(x, "ndim", 0) and x.dtype.kind == "f" else x


def difference(loss: Tensor, wrt: Tensor, index: tuple[int, ...]) -> float:
    """The derivative by central differences at two step sizes, extrapolated: Richardson (1911)."""
    x = np.asarray(wrt.data, dtype=float)
    h = STEP * max(1.0, abs(float(x[index])))

    def loss_at(value: float) -> float:
        displaced = x.copy()
        displaced[index] = value
        return float(np.asarray(replay(loss, {wrt: displaced})).item())

    def slope(h: float) -> float:
        return (loss_at(x[index] + h) - loss_at(x[index] - h)) / (2 * h)

    with np.errstate(all="ignore"):
        return (4 * slope(h / 2) - slope(h)) / 3


def _factors(path: Path, names: Names) -> list[str]:
    """A line for each link, from the loss to the tensor."""
    rows = []
    for link in path.links:
        y, x = names.of(link.node), names.of(link.operand)
        if link.local is None:
            step = f"{x} {shape_of(link.operand)} gets ‖grad‖ {number(np.sqrt(np.sum(np.square(link.sent))))}"
        else:
            step = f"d {y} / d {x} = {number(link.local)}"
        rows.append((f"  {step}", link.node.op.name, place(link.node.source)))
    return aligned_left(rows)


def _product(path: Path) -> str:
    """``0.5 × 1 × 2 = `` where all factors are numbers, and there is more than one."""
    factors = [link.local for link in path.links if link.local is not None]
    if len(factors) < max(2, len(path.links)):
        return ""
    return " × ".join(f"({number(x)})" if x < 0 else number(x) for x in factors) + " = "
