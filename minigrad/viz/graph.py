"""The tape, read into a picture's parts: nodes, the edges between them, and a group for each call of a module.

>>> import minigrad as mg
>>> a = mg.tensor(1.0, requires_grad=True, name="a")
>>> b = a + a
>>> graph = read(b * 3)
>>> for node in graph.nodes:
...     print(node.id, node.kind, node.name or "-", node.label or "-", node.value, node.gradient)
n0 leaf a - 1.0 6.0
n1 op b + 2.0 3.0
n2 op - · × 3 6.0 1.0
>>> [(edge.tail, edge.head) for edge in graph.edges]
[('n0', 'n1'), ('n0', 'n1'), ('n1', 'n2')]

Reading changes nothing: the gradients shown are those of the output by each node, computed for the picture, and no
``.grad`` is touched. Modules nested more than ``depth`` deep are folded into one node each; if there are still more
nodes than the ``budget``, modules are folded further, and of what is left the newest are shown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any

import numpy as np

from minigrad.arrays import SCALARS
from minigrad.engine import Tensor, history, seed, walk
from minigrad.errors import GraphError
from minigrad.nn.module import Buffer, Parameter
from minigrad.source import Source
from minigrad.viz.calls import Frame, frames_of
from minigrad.viz.labels import call_label, everything, variables
from minigrad.viz.steps import pulled

BUDGET = 120
"""How many nodes a picture has room for."""


@dataclass(eq=False)
class Node:
    """One box: a Tensor, a plain array among the operands, a folded module, or all that was left out."""

    id: str
    """``n0``, ``n1``, ...: from the oldest to the newest, so the same from run to run."""
    kind: str
    """``leaf`` (requires grad), ``constant``, ``op``, ``module`` (folded) or ``earlier`` (left out)."""
    name: str = ""
    """The Tensor's name, or the variable that the user's line assigned it to; empty if it has none."""
    label: str = ""
    """How it was made: ``+``, ``· × 3``, ``tanh``; of a module the call that builds it."""
    tensor: Tensor | None = None
    """The Tensor itself; of a module, what it returned."""
    value: Any = None
    """The plain array; None for what was left out."""
    gradient: Any = None
    """The derivative of the output by this node, None where none flows or it could not be computed."""
    group: str | None = None
    """The id of the innermost open group it is in."""
    members: int = 1
    """How many nodes of the tape it stands for."""

    @property
    def source(self) -> Source | None:
        """The user's line that made it."""
        return None if self.tensor is None else self.tensor.source


@dataclass(frozen=True)
class Edge:
    """An operand and what was made from it; ``a + a`` has two, with positions 0 and 1."""

    id: str
    tail: str
    head: str
    position: int
    """Which operand of the head the tail is."""
    gradient: bool = True
    """Whether a gradient flows back along it."""
    local: float | None = None
    """The local derivative, by which the gradient is multiplied on its way back, where both ends are single numbers."""


@dataclass(frozen=True)
class Group:
    """An open module: a frame around the nodes that one call of it made."""

    id: str
    label: str
    parent: str | None


@dataclass
class Graph:
    """What there is to draw: nodes in topological order, edges, and open groups, outer ones first."""

    nodes: list[Node]
    edges: list[Edge]
    groups: list[Group] = field(default_factory=list)
    output: Tensor | None = None
    total: int = 0
    """The number of nodes before anything was folded."""
    homes: dict[Tensor, str] = field(default_factory=dict)
    """The id of the node that each Tensor of the tape is drawn in."""

    def node(self, id: str) -> Node:
        """The node of this id."""
        return next(node for node in self.nodes if node.id == id)


def read(output: Tensor, depth: int | None = None, *, budget: int = BUDGET, gradients: bool = True) -> Graph:
    """The graph that ``output`` was computed by.

    ``depth`` is how many levels of modules are open: 0 draws a whole model as one box, 1 opens it and draws its
    layers as boxes; None opens as many as the budget allows.
    """
    if not isinstance(output, Tensor):
        raise TypeError(f"a graph is drawn of a Tensor, not of a {type(output).__name__}: write mg.tensor(x)")
    if budget < 1:
        raise ValueError(f"a picture needs room for at least one node, not budget={budget}")
    tape = _Tape(output, gradient_of(output) if gradients else {})
    deepest = max((len(path) for path in tape.paths), default=0)
    for level in range(deepest if depth is None else depth, 0 if depth is None else depth - 1, -1):
        if tape.count(level) <= budget:
            return tape.folded(level, budget)
    return tape.folded(depth or 0, budget)


def gradient_of(output: Tensor) -> dict[Tensor, Any]:
    """The gradient of the output by every Tensor on its tape; empty if there is none, or it can no longer be had.

    Of an output of several elements, it is the gradient of their sum.
    """
    if not output.requires_grad:
        return {}
    nodes = set(history([output]))
    try:
        return walk([output], [seed(output, np.ones_like(output.data))], targets=nodes)
    except GraphError:  # the data was replaced: there is a picture, but no gradient
        return {}


class _Tape:
    """All nodes and edges before folding, and for each node the frames of the modules around it."""

    def __init__(self, output: Tensor, gradients: dict[Tensor, Any]):
        self.output, self.gradients = output, gradients
        self.nodes: list[Node] = []
        self.edges: list[tuple[int, int, int]] = []  # tail, head, position
        self.locals: dict[Tensor, dict[int, Any]] = {}
        self.numbers: dict[int, int] = {}  # id(object) -> its number among the nodes
        made = sorted(everything(output), key=attrgetter("age"))
        frames = frames_of(made)
        self.paths: list[tuple[Frame, ...]] = []
        names = variables(made)
        for t in made:
            inside = any(isinstance(x, Tensor) and x.op is not None for x in t.args)
            for x in filter(is_array, t.args):
                self._add(x, Node("", "constant", value=x), frames[t] if inside else ())
            self._add(t, self._node(t, names.get(t, "")), frames[t])
        for t in made:
            for i, x in enumerate(t.args):
                if isinstance(x, Tensor) or is_array(x):
                    self.edges.append((self.numbers[id(x)], self.numbers[id(t)], i))
        self._settle_leaves()

    def _node(self, t: Tensor, name: str) -> Node:
        kind = "op" if t.op is not None else "leaf" if t.requires_grad else "constant"
        label = call_label(t) if t.op is not None else ""
        return Node("", kind, t.name or name, label, t, t.data, self.gradients.get(t))

    def _add(self, x, node: Node, path: tuple[Frame, ...]) -> None:
        if id(x) not in self.numbers:
            self.numbers[id(x)] = len(self.nodes)
            self.nodes.append(node)
            self.paths.append(path)

    def _settle_leaves(self) -> None:
        """A module's own parameters are drawn in its frame, if all their uses are; what it was given is outside."""
        uses: dict[int, list[tuple[Frame, ...]]] = {}
        for tail, head, _ in self.edges:
            uses.setdefault(tail, []).append(self.paths[head])
        for i, node in enumerate(self.nodes):
            if node.tensor is not None and node.tensor.op is None:
                owned = isinstance(node.tensor, (Parameter, Buffer))
                self.paths[i] = _common(uses[i]) if owned and i in uses else self.paths[i]

    def count(self, level: int) -> int:
        """How many nodes are left when frames deeper than this level are closed."""
        return len({self._box(i, level) for i in range(len(self.nodes))})

    def _box(self, i: int, level: int):
        return self.paths[i][level] if len(self.paths[i]) > level else i

    def folded(self, level: int, budget: int) -> Graph:
        """The picture with the frames deeper than this level closed."""
        boxes: dict[Any, list[int]] = {}
        for i in range(len(self.nodes)):
            boxes.setdefault(self._box(i, level), []).append(i)
        order = sorted(boxes, key=lambda box: max(boxes[box]))
        shown, hidden = order[max(0, len(order) - budget) :], order[: max(0, len(order) - budget)]
        groups: dict[Frame, Group] = {}
        nodes, ids = [], {}
        if hidden:
            count = sum(len(boxes[box]) for box in hidden)
            nodes.append(Node("earlier", "earlier", label=f"{count:,} earlier nodes", members=count))
            ids.update({i: "earlier" for box in hidden for i in boxes[box]})
        for box in shown:
            members = boxes[box]
            node = self._closed(box, members) if isinstance(box, Frame) else replace(self.nodes[box])
            node.id, node.group = f"n{len(nodes)}", self._open(self.paths[members[-1]][:level], groups)
            nodes.append(node)
            ids.update(dict.fromkeys(members, node.id))
        homes = {node.tensor: ids[i] for i, node in enumerate(self.nodes) if node.tensor is not None}
        return Graph(nodes, self._edges(ids, nodes), list(groups.values()), self.output, len(self.nodes), homes)

    def _closed(self, frame: Frame, members: Sequence[int]) -> Node:
        """The node of a closed frame: the newest of its members is what it returned."""
        last = self.nodes[members[-1]]
        return replace(last, kind="module", name=frame.name, label=frame.label, members=len(members))

    def _open(self, path: tuple[Frame, ...], groups: dict[Frame, Group]) -> str | None:
        parent = None
        for frame in path:
            if frame not in groups:
                label = f"{frame.name}  {frame.label}" if frame.name else frame.label
                groups[frame] = Group(f"g{len(groups)}", label, parent)
            parent = groups[frame].id
        return parent

    def _edges(self, ids: dict[int, str], nodes: Iterable[Node]) -> list[Edge]:
        """The edges between boxes: every use of a Tensor, but one edge only where a folded box is at an end."""
        folded = {node.id for node in nodes if node.kind in ("module", "earlier")}
        edges: dict[Any, Edge] = {}
        for tail, head, position in self.edges:
            ends = ids[tail], ids[head]
            if ends[0] == ends[1]:
                continue
            key = ends if folded.intersection(ends) else (*ends, position)
            x, y = self.nodes[tail].tensor, self.nodes[head].tensor
            flows = x is not None and x.requires_grad
            local = None if folded.intersection(ends) or not flows else self._local(y, position)
            edges.setdefault(key, Edge(f"e{len(edges)}", *ends, position, flows, local))
        return list(edges.values())

    def _local(self, y: Tensor | None, position: int) -> float | None:
        if y is None or y not in self.gradients or y.size != 1 or y.args[position].size != 1:
            return None
        if y not in self.locals:
            self.locals[y] = pulled(y, np.ones_like(y.data))
        return self.locals[y][position].item()


def is_array(x) -> bool:
    """Whether an operand is a plain array of numbers worth a node of its own; indices and shapes are not."""
    return not isinstance(x, (Tensor, *SCALARS)) and hasattr(x, "dtype") and x.dtype.kind in "fc" and x.ndim > 0


def _common(paths: Sequence[tuple[Frame, ...]]) -> tuple[Frame, ...]:
    """What all paths begin with."""
    first = min(paths, key=len)
    for i, frame in enumerate(first):
        if any(path[i] is not frame for path in paths):
            return first[:i]
    return first
