"""One writer of SVG for every layout: the picture is the same wherever the positions came from.

Nothing in it runs or is fetched: shapes and text, with every name escaped. What a colour says, a word says too.
"""

from collections.abc import Iterator
from html import escape
from itertools import pairwise

from minigrad.viz.graph import Graph, Group, Node
from minigrad.viz.labels import place
from minigrad.viz.layout import Box, Layout, Point
from minigrad.viz.text import grad_line, number, printable, value_line

SANS = "'DejaVu Sans', 'Helvetica Neue', Arial, sans-serif"
MONO = "'DejaVu Sans Mono', Menlo, Consolas, monospace"
INK, FAINT, VALUE, GRADIENT = "#1f2328", "#59636e", "#116329", "#a40e26"
FILLS = {"leaf": "#fff3d6", "constant": "#eceff2", "op": "#e3eefb", "module": "#ece6fa", "earlier": "#ffffff"}
"""The tint of a node's title, by its kind."""
TITLE_HEIGHT, LINE_HEIGHT = 20.0, 15.0


def title_of(node: Node) -> str:
    """The name and how it was made: ``s  +``."""
    words = [printable(word) for word in (node.name, node.label) if word]
    return "  ".join(words) or ("data" if node.kind == "constant" else node.kind)


def lines_of(node: Node) -> list[tuple[str, str]]:
    """What is below the title: each line with its colour."""
    lines = []
    if node.value is not None:
        lines.append((value_line(node.value), VALUE))
    if node.gradient is not None:
        lines.append((grad_line(node.gradient), GRADIENT))
    if node.kind == "module":
        lines.append((f"{node.members} nodes" if node.members > 1 else "1 node", FAINT))
    return lines


def size_of(node: Node) -> tuple[float, float]:
    """The width and height that a node's text needs, in points."""
    lines = lines_of(node)
    widest = max([len(title_of(node)) * 7.4, *(len(text) * 6.1 for text, _ in lines)])
    return max(40.0, round(widest + 16)), TITLE_HEIGHT + LINE_HEIGHT * len(lines) + (5 if lines else 0)


def svg(graph: Graph, layout: Layout) -> str:
    """The whole picture as the text of an SVG file."""
    width, height = round(layout.width), round(layout.height)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" font-family="{SANS}" font-size="11" fill="{INK}">',
        f"<title>{escape(_summary(graph))}</title>",
        f'<rect width="{width}" height="{height}" rx="8" fill="#fff"/>',
        '<g fill="#7a5cc7" fill-opacity=".05" stroke="#b9a6e8">',
        *(f'<rect {corner(layout.groups[group.id])} rx="8"/>' for group in graph.groups),
        f'</g><g font-size="10" fill="{FAINT}">',
        *(_group_title(group, layout.groups[group.id]) for group in graph.groups),
        '</g><g fill="none" stroke="#6e7781" stroke-width="1.2">',
        *(_path(layout.routes[edge.id], edge.gradient) for edge in graph.edges),
        '</g><g fill="#6e7781">',
        *(_arrow(layout.routes[edge.id]) for edge in graph.edges),
        f'</g><g font-size="9" fill="{GRADIENT}" text-anchor="middle">',
        *(_factor(layout.routes[edge.id], edge.local) for edge in graph.edges if edge.local is not None),
        "</g>",
        *(_card(node, layout.nodes[node.id]) for node in graph.nodes),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _summary(graph: Graph) -> str:
    return f"computation graph: {len(graph.nodes)} nodes, {len(graph.edges)} edges"


def corner(box: Box) -> str:
    """The attributes of a rect that is this box."""
    x, y = box.x - box.width / 2, box.y - box.height / 2
    return f'x="{x:.1f}" y="{y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'


def _group_title(group: Group, box: Box) -> str:
    x, y = box.x - box.width / 2 + 10, box.y - box.height / 2 + 15
    return f'<text x="{x:.1f}" y="{y:.1f}">{escape(printable(group.label))}</text>'


def _path(route: list[Point], flows: bool) -> str:
    return f'<path d="{curve(route)}"{"" if flows else dashes()}/>'


def curve(route: list[Point]) -> str:
    """A route as the data of an SVG path."""
    (x, y), *rest = route
    points = " ".join(f"{p.x:.1f},{p.y:.1f}" for p in rest)
    return f"M{x:.1f},{y:.1f} C{points}"


def middle(route: list[Point]) -> Point:
    """The point halfway along the curve in the middle of a route."""
    start = 3 * (len(route) // 6)
    a, b, c, d = route[start : start + 4]
    return Point((a.x + 3 * b.x + 3 * c.x + d.x) / 8, (a.y + 3 * b.y + 3 * c.y + d.y) / 8)


def dashes() -> str:
    """How an edge is drawn along which no gradient flows."""
    return ' stroke-dasharray="3 3"'


def _factor(route: list[Point], local: float) -> str:
    """The local derivative, on the middle of its edge: what the gradient is multiplied by on its way back."""
    x, y = middle(route)
    text = f"×{number(local)}"
    width = 6.0 * len(text)
    return (
        f'<rect x="{x - width / 2:.1f}" y="{y - 6:.1f}" width="{width:.1f}" height="12" rx="3" fill="#fff"/>'
        f'<text x="{x:.1f}" y="{y + 3:.1f}"><title>local derivative</title>{text}</text>'
    )


def _arrow(route: list[Point]) -> str:
    return f'<path d="{arrow(route)}"/>'


def arrow(route: list[Point]) -> str:
    """The head of an arrow, pointing the way the curve ends, as the data of an SVG path."""
    tip = route[-1]
    back = next((a for a, b in pairwise(route[::-1]) if a != b and a != tip), route[0])
    dx, dy = tip.x - back.x, tip.y - back.y
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    dx, dy = dx / length, dy / length
    wings = [(tip.x - 6 * dx - s * 3 * dy, tip.y - 6 * dy + s * 3 * dx) for s in (1, -1)]
    return f"M{tip.x:.1f},{tip.y:.1f} " + " ".join(f"L{x:.1f},{y:.1f}" for x, y in wings) + "Z"


def _card(node: Node, box: Box) -> str:
    return "".join(_card_parts(node, box))


def _card_parts(node: Node, box: Box) -> Iterator[str]:
    x, y = box.x - box.width / 2, box.y - box.height / 2
    where = f" — {escape(place(node.source))}" if node.source and node.kind != "leaf" else ""
    lines = lines_of(node)
    dash = dashes() if node.kind in ("constant", "earlier") else ""
    yield f'<g id="{node.id}"><title>{escape(node.kind)}{where}</title>'
    yield f'<rect {corner(box)} rx="5" fill="{"#fff" if lines else FILLS[node.kind]}" stroke="#8c959f"{dash}/>'
    if lines:
        right, bottom = x + box.width - 0.5, y + TITLE_HEIGHT
        yield (
            f'<path d="M{x + 0.5:.1f},{bottom:.1f} V{y + 5:.1f} q0,-4.5 4.5,-4.5 H{right - 4.5:.1f} q4.5,0 4.5,4.5 '
            f'V{bottom:.1f} Z" fill="{FILLS[node.kind]}"/>'
        )
    title = escape(title_of(node))
    yield f'<text x="{box.x:.1f}" y="{y + 14:.1f}" text-anchor="middle" font-weight="bold">{title}</text>'
    for i, (text, colour) in enumerate(lines):
        yield (
            f'<text x="{box.x:.1f}" y="{y + TITLE_HEIGHT + 13 + LINE_HEIGHT * i:.1f}" text-anchor="middle" '
            f'font-family="{MONO}" font-size="10" fill="{colour}">{escape(text)}</text>'
        )
    yield "</g>"
