"""``mg.draw(tensor)``: the graph as a picture, on every machine.

The positions come from Graphviz's ``dot``, else from pygraphviz, else from our own layout; the SVG is written by
ourselves. So only formats other than SVG and DOT need Graphviz.
"""

import warnings
from functools import cached_property
from pathlib import Path

import graphviz

from minigrad.engine import Tensor
from minigrad.errors import DrawingError
from minigrad.viz.explorer_page import explorer_page
from minigrad.viz.graph import BUDGET, Graph, read
from minigrad.viz.graphviz_layout import INSTALL, GraphvizFailed, arranged, nested, rendered_by_graphviz
from minigrad.viz.labels import place
from minigrad.viz.layout import Layout
from minigrad.viz.svg import FILLS, lines_of, size_of, svg, title_of
from minigrad.viz.text import aligned_left, printable

MOST_BYTES = 20_000
"""A notebook keeps every picture that it shows: a larger one is folded further."""
MOST_LINES = 60


def draw(tensor: Tensor, depth: int | None = None, *, budget: int = BUDGET) -> "Drawing":
    """The graph that ``tensor`` was computed by: values, gradients of ``tensor`` by each node, names, modules.

    Modules nested more than ``depth`` deep are folded into one box each; None opens as many as the ``budget`` of nodes
    allows. In a notebook it shows itself. Nothing is changed: no ``.grad`` is touched, though hooks are called.

    >>> import minigrad as mg
    >>> a = mg.tensor(1.0, requires_grad=True, name="a")
    >>> print(draw(a + a).text)
    2 nodes, 2 edges
    a         1  grad 2
    a, a → +  2  grad 1  <doctest minigrad.viz.draw.draw[2]>:1  a + a
    """
    return Drawing(read(tensor, depth, budget=budget))


class Drawing(graphviz.Digraph):
    """A picture of a graph: a ``graphviz.Digraph`` that can also be drawn without Graphviz."""

    def __init__(self, graph: Graph):
        super().__init__("minigrad", graph_attr=GRAPH_STYLE, node_attr=NODE_STYLE, edge_attr=EDGE_STYLE)
        self.graph = graph
        boxes = {node.id: self._node_line(node) for node in graph.nodes}
        self.body += [f"\t{line}\n" for line in nested(graph, boxes, self._opening)]
        for edge in graph.edges:
            self.edge(edge.tail, edge.head, **{} if edge.gradient else {"style": "dashed"})

    @staticmethod
    def _node_line(node) -> str:
        text = r"\n".join(graphviz.escape(line) for line in [title_of(node), *(line for line, _ in lines_of(node))])
        style = "rounded,filled,dashed" if node.kind in ("constant", "earlier") else "rounded,filled"
        label = graphviz.quoting.quote(graphviz.nohtml(text))
        return f'{node.id} [label={label} style="{style}" fillcolor="{FILLS[node.kind]}"]'

    @staticmethod
    def _opening(group) -> str:
        label = graphviz.quoting.quote(graphviz.escape(printable(group.label)))
        return f"subgraph cluster_{group.id} {{ label={label}"

    @cached_property
    def layout(self) -> Layout:
        """Where everything is, and which engine said so."""
        return arranged(self.graph, {node.id: size_of(node) for node in self.graph.nodes})

    def svg(self) -> str:
        """The picture as the text of an SVG file."""
        return svg(self.graph, self.layout)

    @property
    def text(self) -> str:
        """The same facts in plain text, a line for each node."""
        return _as_text(self.graph)

    def render(self, filename=None, directory=None, view=False, cleanup=False, format=None, **options) -> str:  # type: ignore[override]
        """Write the picture to a file, in the format that its name ends with, and return the file's name.

        ``.svg``, ``.html`` (the explorer), ``.dot`` and ``.gv`` are written everywhere; every other format needs
        Graphviz. Where there is none, an SVG is written beside it, and a warning says so and how to get Graphviz.
        A Graphviz that is there but fails raises :class:`~minigrad.errors.DrawingError`.
        """
        path = Path(directory or ".", filename or f"{self.name}.{format or 'svg'}")
        format = format or path.suffix[1:].lower() or "svg"
        path = path if path.suffix else path.with_suffix(f".{format}")
        if format == "html":
            return self.html(path)
        if format == "svg":
            path.write_text(self.svg(), encoding="utf-8")
        elif format in ("dot", "gv"):
            path.write_text(self.source, encoding="utf-8")
        else:
            path, format = self._render_by_graphviz(path, format)
        if view:
            self._view(path, format=format, quiet=True)
        return str(path)

    def _render_by_graphviz(self, path: Path, format: str) -> tuple[Path, str]:
        """What was written, and its format: an SVG where there is no Graphviz."""
        rendered = self._by_graphviz(path, format)
        if rendered is not None:
            path.write_bytes(rendered)
            return path, format
        instead = path.with_suffix(".svg")
        instead.write_text(self.svg(), encoding="utf-8")
        message = f"{path} needs Graphviz. Wrote {instead} instead ({self.layout.engine}).\n{INSTALL}"
        warnings.warn(message, stacklevel=3)
        return instead, "svg"

    def pipe(self, format=None, **options) -> bytes:  # type: ignore[override]
        """The picture as bytes: SVG and DOT everywhere; where other formats cannot be had, it raises DrawingError."""
        format = format or "svg"
        if format in ("svg", "dot", "gv"):
            return (self.svg() if format == "svg" else self.source).encode()
        rendered = self._by_graphviz(Path(f"{self.name}.{format}"), format)
        if rendered is None:
            raise DrawingError(f"{format} needs Graphviz: write .pipe('svg'), or install it.\n{INSTALL}")
        return rendered

    def html(self, path=None) -> str:
        """The explorer: a page that steps forward and backward through this graph, with every number on the way.

        With a ``path`` it is written there, and the file's name returned; without one, the text of the page is.
        It is one file that needs nothing else: it opens from disk, prints, and asks nobody for anything.
        """
        text = explorer_page(self.graph)
        if path is None:
            return text
        Path(path).write_text(text, encoding="utf-8")
        return str(path)

    def _by_graphviz(self, path: Path, format: str) -> bytes | None:
        """The picture, None where there is no Graphviz."""
        try:
            rendered = rendered_by_graphviz(self.source, format)
        except GraphvizFailed as error:
            raise DrawingError(f"{path} could not be drawn: {error}") from error
        return None if rendered is None else rendered[0]

    def _repr_mimebundle_(self, include=None, exclude=None, **options) -> dict[str, str]:
        return {"text/plain": self.text, "image/svg+xml": self._small().svg()}

    def _small(self) -> "Drawing":
        """This drawing, folded until a notebook can keep it."""
        drawing, budget = self, len(self.graph.nodes)
        while len(drawing.svg().encode()) > MOST_BYTES and budget > 1 and self.graph.output is not None:
            budget //= 2
            drawing = Drawing(read(self.graph.output, budget=budget))
        return drawing


GRAPH_STYLE = {"rankdir": "LR", "fontname": "DejaVu Sans", "fontsize": "10", "labeljust": "l", "color": "#b9a6e8"}
NODE_STYLE = {"shape": "box", "fontname": "DejaVu Sans", "fontsize": "10", "color": "#8c959f", "margin": "0.12,0.06"}
EDGE_STYLE = {"color": "#6e7781", "arrowsize": "0.6"}


def _as_text(graph: Graph) -> str:
    """One line a node: what it was made of, its value, its gradient, and the line of code."""
    called = {node.id: printable(node.name or node.label or node.id, 20) for node in graph.nodes}
    operands: dict[str, list[str]] = {node.id: [] for node in graph.nodes}
    for edge in graph.edges:
        operands[edge.head].append(called[edge.tail])
    rows = []
    for node in graph.nodes:
        made = f"{printable(', '.join(operands[node.id]))} → {title_of(node)}" if operands[node.id] else title_of(node)
        texts = [text for text, _ in lines_of(node)]
        where = place(node.source) if node.source and node.kind == "op" else ""
        rows.append((made, *[*texts, "", ""][:2], where))
    head = [f"{len(graph.nodes)} nodes, {len(graph.edges)} edges"]
    if len(rows) > MOST_LINES:
        head.append(f"the last {MOST_LINES} nodes:")
    return "\n".join(head + aligned_left(rows[-MOST_LINES:]))
