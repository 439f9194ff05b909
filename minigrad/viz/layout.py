"""Where the boxes go: our own layered layout, for machines without Graphviz.

Sugiyama, Tagawa and Toda (1981), in three steps from left to right: every node gets a layer by the longest path, the
nodes of a layer are ordered by the mean place of their neighbours while that removes crossings, and each is put as near
to its neighbours as the others allow. An open module is laid out by itself first, and is then one large box outside.
Positions are in points, y downwards; a box is placed by its centre.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from minigrad.viz.graph import Edge, Graph

BETWEEN_LAYERS, BETWEEN_NODES, MARGIN, TITLE = 48.0, 16.0, 14.0, 18.0
SWEEPS = 8
"""How often the layers are ordered from left to right and back."""


class Point(NamedTuple):
    """A place in the picture."""

    x: float
    y: float


class Box(NamedTuple):
    """A box by its centre and its size."""

    x: float
    y: float
    width: float
    height: float


@dataclass
class Layout:
    """Where everything is."""

    nodes: dict[str, Box]
    groups: dict[str, Box] = field(default_factory=dict)
    routes: dict[str, list[Point]] = field(default_factory=dict)
    """For each edge a chain of cubic Bézier curves: a start, then three points for each curve."""
    width: float = 0.0
    height: float = 0.0
    engine: str = "built-in layout"


@dataclass
class _Part:
    """The nodes and groups directly in one group, and what is in them."""

    children: list[str] = field(default_factory=list)
    links: dict[tuple[str, str], None] = field(default_factory=dict)
    entering: dict[tuple[str, str], None] = field(default_factory=dict)
    """From a node outside to a child."""
    leaving: dict[tuple[str, str], None] = field(default_factory=dict)
    """From a child to a node outside."""


def layered(graph: Graph, sizes: Mapping[str, tuple[float, float]], gap: float = BETWEEN_LAYERS) -> Layout:
    """Place boxes of these sizes, `(width, height)` by node id, with a ``gap`` between layers."""
    parents: dict[str, str | None] = {group.id: group.parent for group in graph.groups}
    parents.update({node.id: node.group for node in graph.nodes})
    parts = _parts(graph, parents)
    size = dict(sizes)
    inner: dict[str | None, dict[str, Box]] = {}
    bends: dict[str | None, dict[tuple[str, str], list[Point]]] = {}
    extents: dict[str | None, tuple[float, float]] = {}
    for group in [*(g.id for g in reversed(graph.groups)), None]:
        inner[group], bends[group] = _placed(parts[group], size, gap)
        width, height = extents[group] = _extent(inner[group], bends[group])
        if group is not None:
            title = next(len(g.label) * 6.2 + 2 * MARGIN for g in graph.groups if g.id == group)
            size[group] = (max(width, title) + 2 * MARGIN, height + 2 * MARGIN + TITLE)
    layout = Layout({}, width=width + 2 * MARGIN, height=height + 2 * MARGIN)
    corners: dict[str | None, Point] = {None: Point(MARGIN, MARGIN)}
    for group in [None, *(g.id for g in graph.groups)]:
        for child, box in inner[group].items():
            placed = box._replace(x=box.x + corners[group].x, y=box.y + corners[group].y)
            if child in sizes:
                layout.nodes[child] = placed
            else:
                layout.groups[child] = placed
                spare = placed.width - 2 * MARGIN - extents[child][0]
                corners[child] = Point(
                    placed.x - placed.width / 2 + MARGIN + spare / 2, placed.y - placed.height / 2 + MARGIN + TITLE
                )
    for edge in graph.edges:
        through = [
            Point(p.x + corners[group].x, p.y + corners[group].y)
            for _, group, link in _legs(edge, parents)
            for p in bends[group][link]
        ]
        layout.routes[edge.id] = _curve(layout.nodes[edge.tail], through, layout.nodes[edge.head])
    _spread_repeated(graph.edges, layout)
    return layout


def _parts(graph: Graph, parents: Mapping[str, str | None]) -> dict[str | None, _Part]:
    parts: dict[str | None, _Part] = defaultdict(_Part)
    for child, parent in parents.items():
        parts[parent].children.append(child)
    for edge in graph.edges:
        for kind, group, link in _legs(edge, parents):
            getattr(parts[group], kind)[link] = None
    return parts


def _legs(edge: Edge, parents: Mapping[str, str | None]) -> list[tuple[str, str | None, tuple[str, str]]]:
    """The way of an edge: out of the groups around its tail, across the one that holds both ends, in to its head."""
    tails, heads = _upwards(edge.tail, parents), _upwards(edge.head, parents)
    while len(tails) > 1 and len(heads) > 1 and tails[-2] == heads[-2]:
        tails.pop()
        heads.pop()
    out = [("leaving", group, (child, edge.head)) for child, group in pairwise(tails[:-1])]
    into = [("entering", group, (edge.tail, child)) for child, group in pairwise(heads[:-1])]
    return [*out, ("links", tails[-1], (tails[-2], heads[-2])), *reversed(into)]  # type: ignore[list-item]


def _upwards(child: str, parents: Mapping[str, str | None]) -> list[str | None]:
    path: list[str | None] = [child]
    while path[-1] is not None:
        path.append(parents[path[-1]])
    return path


def _extent(boxes: Mapping[str, Box], bends: Mapping) -> tuple[float, float]:
    corners = [Point(b.x + b.width / 2, b.y + b.height / 2) for b in boxes.values()]
    corners += [p for points in bends.values() for p in points]
    return max(p.x for p in corners), max(p.y for p in corners)


def _placed(part: _Part, size, gap: float) -> tuple[dict[str, Box], dict]:
    """The boxes of one group from its corner on, and for each link the points it goes through."""
    layer = _layers(part.children, list(part.links))
    last = max(layer.values())
    chains = {link: _chain(link, layer) for link in part.links}
    chains.update({link: [*_points(link, 0, layer[link[1]]), link[1]] for link in part.entering})
    chains.update({link: [link[0], *_points(link, layer[link[0]] + 1, last + 1)] for link in part.leaving})
    segments = [pair for chain in chains.values() for pair in pairwise(chain)]
    layers: list[list] = [[] for _ in range(last + 1)]
    first = [box for link in part.entering for box in chains[link][:-1]]  # the data goes above the parameters
    for box in dict.fromkeys([*first, *part.children, *(box for chain in chains.values() for box in chain)]):
        layers[layer[box] if isinstance(box, str) else box[1]].append(box)
    layers = _ordered(layers, segments)
    heights = {box: size[box][1] if isinstance(box, str) else 8.0 for column in layers for box in column}
    y = _heights(layers, segments, heights)
    boxes, bends, x = {}, {}, 0.0
    for column in layers:
        width = max((size[box][0] for box in column if isinstance(box, str)), default=0.0)
        for box in column:
            if isinstance(box, str):
                boxes[box] = Box(x + width / 2, y[box], *size[box])
            else:
                bends[box] = [Point(x, y[box]), Point(x + width, y[box])]
        x += width + gap
    return boxes, {link: [p for box in chain if box in bends for p in bends[box]] for link, chain in chains.items()}


def _layers(children: Sequence[str], links: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The layer of each box: the longest path to it; what nothing leads to stands right before its first use.

    >>> _layers("abcd", [("a", "b"), ("b", "c"), ("d", "c")])
    {'a': 0, 'b': 1, 'c': 2, 'd': 1}
    """
    after: dict[str, list[str]] = defaultdict(list)
    waiting = dict.fromkeys(children, 0)
    for tail, head in links:
        after[tail].append(head)
        waiting[head] += 1
    sources = [child for child in children if not waiting[child]]
    layer, ready = dict.fromkeys(children, 0), list(sources)
    while ready:
        tail = ready.pop()
        for head in after[tail]:
            layer[head] = max(layer[head], layer[tail] + 1)
            waiting[head] -= 1
            if not waiting[head]:
                ready.append(head)
    for child in sources:
        layer[child] = min((layer[head] for head in after[child]), default=1) - 1
    return layer


def _chain(link: tuple[str, str], layer: Mapping[str, int]) -> list:
    """A link as steps from layer to layer: where it passes a layer, a point has its place there, `(link, layer)`."""
    tail, head = link
    return [tail, *_points(link, layer[tail] + 1, layer[head]), head]


def _points(link: tuple[str, str], first: int, end: int) -> list:
    return [(link, i) for i in range(first, end)]


def _neighbours(segments) -> tuple[dict, dict]:
    before, after = defaultdict(list), defaultdict(list)
    for tail, head in segments:
        before[head].append(tail)
        after[tail].append(head)
    return before, after


def _ordered(layers: list[list], segments) -> list[list]:
    """The same layers, each in the order with the fewest crossings met while sweeping to and fro."""
    before, after = _neighbours(segments)
    best, fewest = layers, _crossings(layers, before)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        layers = [list(part) for part in layers]
        near, towards = (before, layers) if sweep % 2 == 0 else (after, layers[::-1])
        for fixed, part in pairwise(towards):
            place = {box: i for i, box in enumerate(fixed)}
            own = {box: i for i, box in enumerate(part)}
            mean = {b: sum(place[n] for n in near[b]) / len(near[b]) if near[b] else own[b] for b in part}
            part.sort(key=mean.__getitem__)
        crossings = _crossings(layers, before)
        if crossings < fewest:
            best, fewest = layers, crossings
    return best


def _crossings(layers: list[list], before) -> int:
    """How many links cross, counted as inversions: Barth, Jünger and Mutzel (2002)."""
    count = 0
    for left, right in pairwise(layers):
        place = {box: i for i, box in enumerate(left)}
        seen: list[int] = []
        for box in right:
            ends = sorted(place[tail] for tail in before[box])
            count += sum(len(seen) - bisect_left(seen, end + 1) for end in ends)
            for end in ends:
                insort(seen, end)
    return count


def _heights(layers: list[list], segments, heights) -> dict:
    """The y of each box: near the mean of its neighbours, without moving past the boxes above and below."""
    before, after = _neighbours(segments)
    y: dict = {}
    for part in layers:
        y.update(zip(part, _apart([0.0] * len(part), [heights[box] for box in part])))
    for sweep in range(SWEEPS):
        near, towards = (before, layers) if sweep % 2 == 0 else (after, layers[::-1])
        for part in towards:
            wish = [sum(y[n] for n in near[b]) / len(near[b]) if near[b] else y[b] for b in part]
            y.update(zip(part, _apart(wish, [heights[box] for box in part])))
    top = min(y[box] - heights[box] / 2 for box in y)
    return {box: value - top for box, value in y.items()}


def _apart(wishes: Sequence[float], heights: Sequence[float]) -> list[float]:
    """The places nearest to these wishes, in least squares, that keep the order and the distances.

    Isotonic regression by pooling adjacent violators, once the distances are subtracted.

    >>> _apart([0.0, 0.0], [10.0, 10.0])
    [-13.0, 13.0]
    """
    offsets = [0.0]
    for upper, lower in pairwise(heights):
        offsets.append(offsets[-1] + (upper + lower) / 2 + BETWEEN_NODES)
    pools: list[tuple[float, int]] = []  # mean, count
    for wish, offset in zip(wishes, offsets):
        mean, count = wish - offset, 1
        while pools and pools[-1][0] > mean:
            other, n = pools.pop()
            mean, count = (mean * count + other * n) / (count + n), count + n
        pools.append((mean, count))
    means = [mean for mean, count in pools for _ in range(count)]
    return [mean + offset for mean, offset in zip(means, offsets)]


def _curve(tail: Box, through: Sequence[Point], head: Box) -> list[Point]:
    start, end = Point(tail.x + tail.width / 2, tail.y), Point(head.x - head.width / 2, head.y)
    route = [start]
    for a, b in pairwise([start, *through, end]):
        middle = (a.x + b.x) / 2
        route += [Point(middle, a.y), Point(middle, b.y), b]
    return route


def _spread_repeated(edges: Sequence[Edge], layout: Layout) -> None:
    """Edges between the same two nodes beside each other; and the ends at one node in the order they come from."""
    for side, (end, other) in (("tail", (0, -1)), ("head", (-1, 0))):
        at: dict[str, list[Edge]] = defaultdict(list)
        for edge in edges:
            at[getattr(edge, side)].append(edge)
        for id, ends in at.items():
            ends.sort(key=lambda e: (layout.routes[e.id][other].y, e.position))
            room = layout.nodes[id].height * 0.6
            for i, edge in enumerate(ends):
                dy = room * ((i + 0.5) / len(ends) - 0.5)
                _shift(layout.routes[edge.id], end, dy)


def _shift(route: list[Point], end: int, dy: float) -> None:
    for i in (0, 1) if end == 0 else (-1, -2):
        route[i] = route[i]._replace(y=route[i].y + dy)
