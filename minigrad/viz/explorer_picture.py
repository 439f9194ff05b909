"""The picture in the explorer: every node and edge with its end state, in parts that the page's script can change.

Without the script it is a finished picture: all values, all gradients, the local derivative on every edge.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from html import escape

import numpy as np

from minigrad.viz.facts import strip
from minigrad.viz.graph import Edge, Group, Node
from minigrad.viz.graphviz_layout import arranged
from minigrad.viz.layout import Box, Layout, Point
from minigrad.viz.story import Story, symbol
from minigrad.viz.svg import SANS, arrow, corner, curve, middle
from minigrad.viz.text import number, printable

HEAD, LINE, STRIP, LABEL = 21.0, 15.0, 20.0, 16.0
WIDEST_BAR, WIDEST_STRIP = 14.0, 120.0


def picture(story: Story, facts: Mapping[str, dict], labels: Mapping[str, str]) -> tuple[str, Layout]:
    """The SVG, with the ``facts`` of every node and the ``labels`` of the edges; and the layout it has."""
    graph = story.graph
    lines = {node.id: lines_of(facts[node.id]) for node in graph.nodes}
    sizes = {node.id: _size(title_of(story, node), lines[node.id], facts[node.id]) for node in graph.nodes}
    widest = max((len(label) for label in labels.values()), default=0)
    layout = arranged(graph, sizes, max(48.0, 5.6 * widest + 32))
    places = _label_places(graph.edges, layout)
    width, height = round(layout.width), round(layout.height)
    parts = [
        f'<svg id="graph" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'style="max-width:{width}px;min-width:{min(width, max(300, round(0.8 * width)))}px" '
        f'aria-labelledby="graph-title" font-family="{SANS}" font-size="11">',
        f'<title id="graph-title">computation graph: {len(graph.nodes)} nodes, {len(graph.edges)} edges. '
        "The table of all steps says the same in words.</title>",
        *(_frame(group, layout.groups[group.id]) for group in graph.groups),
        *(_edge(edge, layout, labels.get(edge.id, ""), places[edge.id]) for edge in graph.edges),
        *(_card(story, node, layout.nodes[node.id], lines[node.id]) for node in graph.nodes),
        "</svg>",
    ]
    return "\n".join(parts), layout


def title_of(story: Story, node: Node) -> str:
    """The name, and how it was made unless the name says it."""
    name = story.names[node.id]
    made = node.label.replace("· ", "") if node.kind == "op" else node.label
    if node.kind in ("earlier", "constant") or (made == symbol(node) and not node.name):
        return name
    title = f"{name}  {made}".rstrip()
    return title if len(title) <= 30 else name


def lines_of(facts: Mapping) -> list[tuple[str, str]]:
    """The lines of a card, each with its class: value and gradient of a number, statistics of an array."""
    value, gradient = facts["value"], facts["gradient"]
    lines = []
    if isinstance(value, dict):
        lines.append(("shape", str(tuple(value["shape"]))))
        if "mean" in value:
            lines += [("value", mean_of(value)), ("value spread", spread_of(value)), ("strip", "")]
    elif value is not None:
        lines.append(("value", brief(value)))
    if isinstance(gradient, dict):
        lines.append(("grad", f"‖grad‖ {brief(gradient['norm'])}"))
    elif gradient is not None:
        lines.append(("grad", f"grad {brief(gradient)}"))
    if facts["members"] > 1:
        lines.append(("faint", f"{facts['members']} nodes folded"))
    return lines


def mean_of(value: Mapping) -> str:
    """What is told of an array first."""
    return f"mean {brief(value['mean'], 3)}"


def spread_of(value: Mapping) -> str:
    """The smallest and the largest element, in three digits."""
    return f"min {brief(value['min'], 3)} max {brief(value['max'], 3)}"


def brief(x, digits: int = 4) -> str:
    """A number of :func:`minigrad.viz.facts.facts` in a few digits."""
    return x if isinstance(x, str) else number(x) if digits == 4 else format(x, f".{digits}g")


def _size(title: str, lines: list[tuple[str, str]], facts: Mapping) -> tuple[float, float]:
    widest = max([len(title) * 7.6 + 16, *(len(text) * 6.1 + 20 for _, text in lines)])
    if isinstance(facts["value"], dict):
        widest = max(widest, WIDEST_STRIP + 16)
    height = HEAD + sum(STRIP if kind == "strip" else LINE for kind, _ in lines) + (7 if lines else 0)
    return max(76.0, round(widest)), height


def _frame(group: Group, box: Box) -> str:
    x, y = box.x - box.width / 2 + 10, box.y - box.height / 2 + 15
    title = f'<text x="{x:.1f}" y="{y:.1f}">{escape(printable(group.label))}</text>'
    return f'<g class="frame"><rect {corner(box)} rx="8"/>{title}</g>'


def _label_places(edges: Iterable[Edge], layout: Layout) -> dict[str, Point]:
    """Where the labels go: on the middle of their edges, those of repeated edges one above the other."""
    repeated: dict[tuple[str, str], list[Edge]] = defaultdict(list)
    for edge in edges:
        repeated[edge.tail, edge.head].append(edge)
    places = {}
    for group in repeated.values():
        middles = sorted(((middle(layout.routes[edge.id]), edge.id) for edge in group), key=lambda pair: pair[0].y)
        centre = sum(point.y for point, _ in middles) / len(middles)
        for i, (point, id) in enumerate(middles):
            places[id] = point._replace(y=centre + LABEL * (i - (len(middles) - 1) / 2))
    return places


def _edge(edge: Edge, layout: Layout, label: str, place: Point) -> str:
    route = layout.routes[edge.id]
    flows = "" if edge.gradient else " constant"
    parts = [f'<g class="edge{flows}" id="{edge.id}"><path class="line" d="{curve(route)}"/>']
    parts.append(f'<path class="ahead" d="{arrow(route)}"/>')
    if edge.gradient:
        parts.append(f'<path class="back" d="{arrow(route[::-1])}"/>')
    if label:
        x, y = place
        width = 5.6 * len(label) + 8
        parts.append(
            f'<rect class="label" x="{x - width / 2:.1f}" y="{y - 8:.1f}" width="{width:.1f}" height="15" rx="4"/>'
            f'<text class="local" x="{x:.1f}" y="{y + 3:.1f}">{escape(label)}</text>'
        )
    return "".join([*parts, "</g>"])


def _card(story: Story, node: Node, box: Box, lines: list[tuple[str, str]]) -> str:
    return "".join(_card_parts(title_of(story, node), node, box, lines))


def _card_parts(title: str, node: Node, box: Box, lines) -> Iterator[str]:
    x, y = box.x - box.width / 2, box.y - box.height / 2
    yield f'<g class="node {node.kind}" id="{node.id}"><rect class="box" {corner(box)} rx="6"/>'
    right, bottom = x + box.width, y + HEAD
    head = f"M{x:.1f},{bottom:.1f} V{y + 6:.1f} q0,-6 6,-6 H{right - 6:.1f} q6,0 6,6 V{bottom:.1f} Z"
    yield f'<path class="head" d="{head}"/>' if lines else ""
    yield f'<text class="title" x="{box.x:.1f}" y="{y + 15:.1f}">{escape(title)}</text>'
    top = y + HEAD + 3
    for kind, text in lines:
        if kind == "strip":
            yield from _strip(strip(np.asarray(node.value, dtype=float)), box.x, top)
            top += STRIP
        else:
            yield f'<text class="{kind}" x="{box.x:.1f}" y="{top + 11:.1f}">{escape(text)}</text>'
            top += LINE
    yield f'<rect class="ring" {corner(box)} rx="6"/></g>'


def _strip(levels: list[int], middle: float, top: float) -> Iterator[str]:
    """Bars upwards and downwards from a line, so that the sign needs no colour."""
    bar = min(WIDEST_BAR, WIDEST_STRIP / len(levels))
    left, zero = middle - bar * len(levels) / 2, top + STRIP / 2
    yield f'<g class="strip"><path class="zero" d="M{left:.1f},{zero:.1f} h{bar * len(levels):.1f}"/>'
    for sign, name in ((1, "up"), (-1, "down")):
        bars = "".join(
            f"M{left + bar * (i + 0.5):.1f},{zero:.1f}v{-level}" for i, level in enumerate(levels) if level * sign > 0
        )
        if bars:
            yield f'<path class="{name}" stroke-width="{bar - 1:.1f}" d="{bars}"/>'
    yield "</g>"
