"""Positions from Graphviz: asked of the ``dot`` program, else of pygraphviz, which has Graphviz inside."""

import json
import shutil
import subprocess
import warnings
from collections.abc import Callable, Mapping

from minigrad.viz.graph import Graph
from minigrad.viz.layout import BETWEEN_LAYERS, Box, Layout, Point, layered
from minigrad.viz.text import printable

PATIENCE = 20
"""Seconds that ``dot`` may take."""

INSTALL = """\
  Debian/Ubuntu  sudo apt install graphviz      macOS  brew install graphviz
  anywhere       pip install pygraphviz         (has Graphviz inside, 5.5 MB)"""


def arranged(graph: Graph, sizes: Mapping[str, tuple[float, float]], gap: float = BETWEEN_LAYERS) -> Layout:
    """The positions of boxes of these sizes, by the best engine there is: Graphviz, or our own.

    ``gap`` is the room between layers, in points: what is written on an edge must fit there.
    """
    try:
        rendered = rendered_by_graphviz(_unlabelled(graph, sizes, gap), "json")
    except GraphvizFailed:
        rendered = None
    return layered(graph, sizes, gap) if rendered is None else _read(json.loads(rendered[0]), graph, sizes, rendered[1])


class GraphvizFailed(RuntimeError):
    """Graphviz is there, but could not do it."""


def rendered_by_graphviz(source: str, format: str) -> tuple[bytes, str] | None:
    """DOT text rendered, and by which engine; None where there is no Graphviz."""
    engine = shutil.which("dot")
    if engine:
        return _run(engine, source, format), "dot"
    try:
        import pygraphviz
    except ImportError:
        return None
    return _in_process(pygraphviz, source, format), "pygraphviz"


def _run(engine: str, source: str, format: str) -> bytes:
    try:
        done = subprocess.run([engine, f"-T{format}"], input=source.encode(), capture_output=True, timeout=PATIENCE)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GraphvizFailed(f"dot: {error}") from error
    if done.returncode:
        raise GraphvizFailed(f"dot: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def _in_process(pygraphviz, source: str, format: str) -> bytes:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about fonts
            return pygraphviz.AGraph(string=source).draw(format=format, prog="dot")
    except Exception as error:
        raise GraphvizFailed(f"pygraphviz: {error}") from error


def _unlabelled(graph: Graph, sizes: Mapping[str, tuple[float, float]], gap: float) -> str:
    """DOT text of empty boxes: what is written in them is our own affair."""
    boxes = {id: f"{id} [width={width / 72:.3f} height={height / 72:.3f}]" for id, (width, height) in sizes.items()}
    lines = [
        "digraph {",
        f"rankdir=LR; nodesep=0.2; ranksep={0.93 * gap / 72:.2f};",
        'node [shape=box fixedsize=true label=""]; edge [arrowhead=none];',
        'fontsize=10; fontname="DejaVu Sans"; margin=10; labeljust=l;',
        *nested(graph, boxes, lambda group: f'subgraph cluster_{group.id} {{ label="{"m" * _letters(group.label)}"'),
        *(f'{edge.tail} -> {edge.head} [id="{edge.id}"]' for edge in graph.edges),
        "}",
    ]
    return "\n".join(lines)


def _letters(label: str) -> int:
    return round(0.62 * len(printable(label)))  # the widest letter stands for one and a half


def nested(graph: Graph, boxes: Mapping[str, str], opening: Callable) -> list[str]:
    """The lines of the nodes, inside those of the groups they are in."""
    inside: dict[str | None, list[str]] = {group.id: [] for group in graph.groups} | {None: []}
    for node in graph.nodes:
        inside[node.group].append(boxes[node.id])
    for group in reversed(graph.groups):  # inner ones first
        inside[group.parent] += [opening(group), *inside[group.id], "}"]
    return inside[None]


def _read(answer: dict, graph: Graph, sizes: Mapping[str, tuple[float, float]], engine: str) -> Layout:
    """What Graphviz answered in its JSON, with y downwards."""
    _, _, width, height = map(float, answer["bb"].split(","))
    layout = Layout({}, width=width + 8, height=height + 8, engine=engine)

    def point(text: str) -> Point:
        x, y = map(float, text.split(","))
        return Point(x + 4, height - y + 4)

    for found in answer.get("objects", ()):
        if found["name"] in sizes:
            layout.nodes[found["name"]] = Box(*point(found["pos"]), *sizes[found["name"]])
        else:
            x0, y0, x1, y1 = map(float, found["bb"].split(","))
            centre = point(f"{(x0 + x1) / 2},{(y0 + y1) / 2}")
            layout.groups[found["name"].removeprefix("cluster_")] = Box(*centre, x1 - x0, y1 - y0)
    for edge in answer.get("edges", ()):
        layout.routes[edge["id"]] = [point(text) for text in edge["pos"].split()]
    return layout
