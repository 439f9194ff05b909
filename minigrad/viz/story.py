"""Forward and backward through a graph, told step by step as plain data: what the explorer's page shows.

>>> import minigrad as mg
>>> from minigrad.viz.graph import read
>>> a = mg.tensor(1.0, requires_grad=True, name="a")
>>> b = a + a
>>> c = b + b
>>> story = Story(read(c))
>>> for step in story.forward + story.backward + story.naive:
...     print(step.phase, step.node, *(f"{send.target} += {send.amount} -> {send.total}" for send in step.sends))
forward n1
forward n2
backward n2 n1 += 1.0 -> 1.0 n1 += 1.0 -> 2.0
backward n1 n0 += 2.0 -> 2.0 n0 += 2.0 -> 4.0
naive n2 n1 += 1.0 -> 1.0 n1 += 1.0 -> 2.0
naive n1 n0 += 2.0 -> 2.0 n0 += 2.0 -> 4.0
naive n1 n0 += 2.0 -> 6.0 n0 += 2.0 -> 8.0
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from minigrad.engine import Tensor, seed, walk
from minigrad.errors import GraphError
from minigrad.modes import watch
from minigrad.viz.graph import Edge, Graph, Node
from minigrad.viz.labels import INFIX, PREFIX
from minigrad.viz.naive import count_visits, naive_visits
from minigrad.viz.steps import Log
from minigrad.viz.text import printable

LONGEST_NAME, LONGEST_CALL = 24, 7
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")

MOST_VISITS = 200
"""So many calls of the naive recursion are shown."""


@dataclass(frozen=True, eq=False)
class Send:
    """One ``+=`` into a gradient."""

    edge: Edge
    target: str
    amount: Any
    total: Any
    """The gradient of the target after it."""


@dataclass(frozen=True, eq=False)
class Step:
    """One node at work: it is computed (forward), or sends its gradient on (backward, naive)."""

    phase: str
    node: str
    arrived: Any = None
    sends: list[Send] = field(default_factory=list)


class Story:
    """All steps of a graph, in the order of the walk, and in that of the naive recursion."""

    def __init__(self, graph: Graph):
        self.graph, self.output = graph, graph.output
        self.names = display_names(graph.nodes)
        self.arrays = {id(node.value): node.id for node in graph.nodes if node.tensor is None}
        self.edges = {(e.tail, e.head, e.position): e for e in graph.edges}
        self.any_edge = {(e.tail, e.head): e for e in reversed(graph.edges)}
        self.forward = [Step("forward", node.id) for node in graph.nodes if node.kind in ("op", "module")]

    def name(self, x: Any) -> str:
        """What a Tensor of the graph, or an operand, is called on the page."""
        home = self.graph.homes.get(x) if isinstance(x, Tensor) else self.arrays.get(id(x))
        return "data" if home is None else self.names.get(home, "data")

    @cached_property
    def log(self) -> dict[Tensor, tuple[Any, list[tuple[int, Any]]]]:
        """What arrived at every computed Tensor, and what it sent on, in the order of the walk."""
        log = Log()
        if self.output is not None and self.output.requires_grad:
            try:
                with watch(log):
                    walk([self.output], [seed(self.output, np.ones_like(self.output.data))])
            except GraphError:  # the data was replaced: there is a picture, but no gradient
                return {}
        return log.nodes

    @cached_property
    def backward(self) -> list[Step]:
        """A step for every box that sends something on: what goes on inside a folded one is not told."""
        visits: dict[str, list] = defaultdict(list)
        for y, (arrived, parts) in self.log.items():
            visits[self.graph.homes[y]].append((y, arrived, parts))
        order = [node for node in reversed(self.graph.nodes) if node.id in visits and node.kind != "earlier"]
        totals: dict[Tensor, Any] = {}
        steps = []
        for node in order:
            sends = [send for y, _, parts in visits[node.id] for send in self._sends(y, parts, totals)]
            steps.append(Step("backward", node.id, visits[node.id][0][1], sends))
        return steps

    @cached_property
    def visits(self) -> int:
        """How many calls the naive recursion would make."""
        return count_visits(self.output) if self.output is not None and self.log else 0

    @property
    def shared(self) -> bool:
        """Whether something computed is used more than once: if nothing is, the naive recursion is right."""
        return self.visits > len(self.log)

    @property
    def folded(self) -> bool:
        """Whether some boxes stand for several nodes."""
        return any(node.kind in ("module", "earlier") for node in self.graph.nodes)

    @cached_property
    def naive(self) -> list[Step]:
        """The steps of the naive recursion; none where boxes are folded, or there are too many."""
        if self.folded or not 0 < self.visits <= MOST_VISITS or self.output is None:
            return []
        totals: dict[Tensor, Any] = {}
        return [
            Step("naive", self.graph.homes[v.node], v.found, list(self._sends(v.node, v.sent, totals)))
            for v in naive_visits(self.output)
        ]

    def _sends(self, y: Tensor, parts: Iterable[tuple[int, Any]], totals: dict[Tensor, Any]) -> Iterable[Send]:
        head = self.graph.homes[y]
        for position, amount in parts:
            x = y.args[position]
            totals[x] = totals[x] + amount if x in totals else amount
            tail = self.graph.homes[x]
            edge = self.edges.get((tail, head, position)) or self.any_edge.get((tail, head))
            if edge is not None:
                yield Send(edge, tail, amount, totals[x])


def display_names(nodes: Sequence[Node]) -> dict[str, str]:
    """A name for every node that no other has: its own, or what made it with a number.

    >>> display_names([Node("n0", "op", label="+"), Node("n1", "op", label="+"), Node("n2", "leaf", name="w")])
    {'n0': '+₁', 'n1': '+₂', 'n2': 'w'}
    """
    own = {node.tensor: node.name for node in nodes if node.tensor is not None and node.name}
    plain = {node.id: printable(node.name or _call(node, own) or symbol(node), LONGEST_NAME) for node in nodes}
    times, seen = Counter(plain.values()), Counter[str]()
    for id, name in plain.items():
        if times[name] > 1:
            seen[name] += 1
            plain[id] = name + str(seen[name]).translate(SUBSCRIPTS)
    return plain


def _call(node: Node, own: Mapping[Tensor, str]) -> str:
    """``w×x``: two names and a sign, where that is short enough to be a name; else nothing."""
    args = node.tensor.args if node.kind == "op" and node.tensor is not None else ()
    named = all(isinstance(x, Tensor) and x in own for x in args)
    if len(args) != 2 or symbol(node) not in INFIX.values() or not named:
        return ""
    call = symbol(node).join(own[x] for x in args)
    return call if len(call) <= LONGEST_CALL else ""


def symbol(node: Node) -> str:
    """What made a node, in a sign or a word."""
    if node.kind == "op" and node.tensor is not None:
        op = node.tensor.op.name
        return INFIX.get(op) or PREFIX.get(op) or op
    return node.label or ("data" if node.kind == "constant" else node.kind)
