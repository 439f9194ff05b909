"""The explorer: one self-contained page that steps forward and backward through the user's own expression."""

import linecache
import math
import os
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from minigrad.engine import Tensor
from minigrad.source import Source
from minigrad.viz.edge_checks import Check, check_edge
from minigrad.viz.equations import equation, typeset
from minigrad.viz.explorer_picture import picture
from minigrad.viz.facts import facts, json_number
from minigrad.viz.graph import Edge, Graph, Node
from minigrad.viz.labels import INFIX
from minigrad.viz.layout import Layout
from minigrad.viz.steps import local_derivative
from minigrad.viz.story import Send, Step, Story, symbol
from minigrad.viz.text import number, printable

MOST_LINES = 60
"""So many lines of the user's program are listed."""


class Explorer:
    """All that the page of a graph shows: plain data, a picture, and the steps in words."""

    def __init__(self, graph: Graph):
        self.graph, self.story = graph, Story(graph)
        self.arrived = {y: arrived for y, (arrived, _) in self.story.log.items()}
        self.code = Listing([node.source for node in graph.nodes if node.source and node.kind in ("op", "module")])
        self.nodes = {node.id: self._node(node) for node in graph.nodes}
        self.edges = {edge.id: self._edge(edge) for edge in graph.edges}

    @property
    def title(self) -> str:
        """What is differentiated, in a few words."""
        output = self.graph.output
        made = "" if output is None or output.op is None else output.source.text
        return printable(made or self.story.name(output), 80)

    def data(self) -> dict[str, Any]:
        """What the script of the page is given."""
        story = self.story
        return {
            "nodes": {id: {**node, "gradient": node["gradient"] is not None} for id, node in self.nodes.items()},
            "edges": self.edges,
            "output": self.graph.nodes[-1].id,
            "forward": [self._step(step) for step in story.forward],
            "topological": [self._step(step) for step in story.backward],
            "naive": [self._step(step) for step in story.naive] if story.shared else None,
        }

    def picture(self) -> tuple[str, Layout]:
        """The SVG in its end state, and the layout it has."""
        return picture(self.story, self.nodes, {id: edge["label"] for id, edge in self.edges.items() if edge["label"]})

    def _node(self, node: Node) -> dict[str, Any]:
        op = node.tensor.op if node.tensor is not None and node.kind == "op" else None
        known: dict[str, Any] = {
            "name": self.story.names[node.id],
            "kind": node.kind,
            "members": node.members,
            "value": None if node.value is None else facts(node.value),
            "gradient": None if node.gradient is None else facts(node.gradient),
        }
        if op is not None and node.tensor is not None:
            known["made"] = self._call(node.tensor, symbol(node))
            known["rule"] = typeset((op.__doc__ or op.name).split("\n")[0])
        elif node.kind == "module":
            known["made"] = printable(node.label)
        if known.get("made") and node.source in self.code.where:
            known["code"] = self.code.where[node.source]
        return known

    def _call(self, t: Tensor, sign: str) -> str:
        """How a Tensor is computed, in names: ``w × x``, ``tanh(s)``."""
        words = [self._word(x) for x in t.args if x is not None and x is not False]
        if len(words) == 2 and sign in INFIX.values():
            return f"{words[0]} {sign} {words[1]}"
        words += [f"{k}={self._word(v)}" for k, v in t.kwargs.items() if v is not None and v is not False]
        return f"{t.op.name}({', '.join(words)})"

    def _word(self, x: Any) -> str:
        if isinstance(x, Tensor) or id(x) in self.story.arrays:
            return self.story.name(x)
        if getattr(x, "ndim", 0):
            return f"array{tuple(x.shape)}"
        return number(x) if isinstance(x, (int, float)) or hasattr(x, "item") else printable(str(x), 20)

    def _edge(self, edge: Edge) -> dict[str, Any]:
        known: dict[str, Any] = {"tail": edge.tail, "head": edge.head, "label": ""}
        head, tail = self.graph.node(edge.head), self.graph.node(edge.tail)
        y = head.tensor
        if y is None or y not in self.arrived or not edge.gradient or head.kind != "op" or tail.kind == "earlier":
            return known
        g = self.arrived[y]
        if edge.local is not None:
            known |= {"label": f"× {number(edge.local)}", "local": json_number(edge.local)}
        else:
            told = equation(y, edge.position, self.story.name)
            known |= {"label": told.label, "equation": told.text}
            if told.note:
                known["note"] = told.note
            if (local := local_derivative(y, edge.position)) is not None and y.size > 1:
                known |= _local(local)
        known["check"] = check_words(check_edge(y, edge.position, g))
        return known

    def _step(self, step: Step) -> dict[str, Any]:
        told: dict[str, Any] = {"node": step.node, "phase": step.phase}
        if step.phase != "forward" and self.graph.node(step.node).tensor is self.graph.output:
            told["seed"] = facts(step.arrived)
        if step.sends:
            told["sends"] = [self._send(send) for send in step.sends]
        return told

    @staticmethod
    def _send(send: Send) -> list:
        """The edge, what is added, and what that makes, unless it is the first."""
        first = send.total is send.amount
        return [send.edge.id, facts(send.amount), *([] if first else [facts(send.total)])]


def _local(local) -> dict[str, Any]:
    """Local derivatives element by element, or the one number that they all are."""
    first = local.flat[0].item() if local.size else 0.0
    return {"everywhere": json_number(first)} if (local == first).all() else {"local": facts(local)}


def check_words(check: Check) -> dict[str, Any]:
    """A check as data: a verdict, and a line that says it."""
    if math.isnan(check.numeric):
        return {"right": None, "text": f"not checked: {check.reason}"}
    mark = {True: "✓ agrees", False: "✗ DIFFERS", None: "? cannot tell"}[check.right]
    where = f" {check.where}" if check.where else ""
    reason = f" ({check.reason})" if check.reason else ""
    both = f"formula {check.analytic:.6g}, finite difference {check.numeric:.6g} ± {check.tol:.0e}"
    text = f"{mark}{where}: {both}{reason}"
    return {"right": check.right, "text": text, "numeric": json_number(check.numeric), "tol": json_number(check.tol)}


class Listing:
    """The lines of the user's program that made a graph."""

    def __init__(self, sources: Sequence[Source]):
        places = dict.fromkeys((s.filename, s.line) for s in sources)
        files = list(dict.fromkeys(filename for filename, _ in places))
        self.lines = sorted(places, key=lambda place: (files.index(place[0]), place[1]))[:MOST_LINES]
        numbers = {place: i for i, place in enumerate(self.lines)}
        self.where = {s: [numbers[s.filename, s.line], *_piece(s)] for s in sources if (s.filename, s.line) in numbers}

    def rows(self) -> Iterator[tuple[str, str]]:
        """Where each line is, and the line."""
        for filename, line in self.lines:
            yield f"{os.path.basename(filename)}:{line}", linecache.getline(filename, line).strip("\n")


def _piece(source: Source) -> tuple[int, int]:
    """The first and the last letter of the line that the instruction computes."""
    first, last, start, end = next(islice(source.code.co_positions(), source.offset // 2, None), (None,) * 4)
    line = linecache.getline(source.filename, source.line).encode()
    if first is None or first != last or start is None:
        return 0, len(line.decode(errors="replace").rstrip("\n"))
    return len(line[:start].decode(errors="replace")), len(line[:end].decode(errors="replace"))
