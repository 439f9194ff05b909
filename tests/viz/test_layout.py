import time
from itertools import combinations

import numpy as np
import pytest

import minigrad as mg
from minigrad.viz.graph import Edge, Graph, Group, Node, read
from minigrad.viz.layout import BETWEEN_NODES, _apart, _crossings, layered


def graph_of(links, groups=(), inside=()):
    """A graph of these links, such as ``("a", "b")``, with nodes in groups as ``inside`` says."""
    inside = dict(inside)
    names = dict.fromkeys(name for link in links for name in link)
    edges = [Edge(f"e{i}", tail, head, i) for i, (tail, head) in enumerate(links)]
    return Graph([Node(name, "op", group=inside.get(name)) for name in names], edges, list(groups))


def placed(graph):
    return layered(graph, {node.id: (60.0, 40.0) for node in graph.nodes})


def test_every_edge_goes_from_left_to_right():
    layout = placed(graph_of([("a", "b"), ("b", "c"), ("a", "c"), ("d", "c")]))
    for tail, head in ("ab", "bc", "ac", "dc"):
        assert layout.nodes[tail].x + 30 < layout.nodes[head].x - 30


def test_two_links_that_need_not_cross_do_not():
    layout = placed(graph_of([("a", "y"), ("b", "x"), ("x", "z"), ("y", "z")]))
    assert (layout.nodes["a"].y < layout.nodes["b"].y) == (layout.nodes["y"].y < layout.nodes["x"].y)


def test_a_long_edge_goes_around_the_boxes_between():
    layout = placed(graph_of([("a", "b"), ("b", "c"), ("a", "c")]))
    between = layout.nodes["b"]
    passing = [p for p in layout.routes["e2"] if abs(p.x - between.x) <= between.width / 2]
    assert passing
    assert all(abs(p.y - between.y) > between.height / 2 for p in passing)


def test_a_group_is_a_frame_around_its_own_nodes():
    groups = [Group("g0", "outer", None), Group("g1", "inner", "g0")]
    graph = graph_of([("a", "b"), ("b", "c"), ("c", "d")], groups, {"b": "g1", "c": "g0"})
    layout = placed(graph)
    inner, outer = layout.groups["g1"], layout.groups["g0"]
    assert abs(layout.nodes["b"].x - inner.x) < inner.width / 2
    assert inner.width < outer.width
    for other in ("a", "d"):
        assert abs(layout.nodes[other].x - outer.x) > outer.width / 2


@pytest.mark.parametrize("seed", range(10))
def test_boxes_of_random_graphs_never_overlap(seed):
    rng = np.random.default_rng(seed)
    links = [(f"n{i}", f"n{j}") for i, j in combinations(range(15), 2) if rng.random() < 0.2]
    layout = placed(graph_of(links))
    for a, b in combinations(layout.nodes.values(), 2):
        assert abs(a.x - b.x) >= 60 or abs(a.y - b.y) >= 40


def test_boxes_are_apart_in_their_order_and_as_near_to_the_wish_as_can_be():
    wishes, heights = np.array([5.0, 0.0, 3.0, 90.0]), [10.0] * 4
    y = _apart(wishes, heights)
    assert np.all(np.diff(y) >= 10 + BETWEEN_NODES - 1e-9)
    assert y[3] == 90
    best = np.sum((y - wishes) ** 2)
    for shift in (-0.1, 0.1):
        moved = np.array(y)
        moved[:3] += shift
        assert np.sum((moved - wishes) ** 2) > best


def test_crossings_are_counted():
    assert _crossings([["a", "b"], ["x", "y"]], {"x": ["b"], "y": ["a"]}) == 1
    assert _crossings([["a", "b"], ["x", "y"]], {"x": ["a"], "y": ["b"]}) == 0
    assert _crossings([["a", "b"], ["x", "y"]], {"x": ["a", "b"], "y": ["a", "b"]}) == 1


def test_a_thousand_layers_are_placed_without_recursion_and_soon():
    x = mg.tensor(1.0, requires_grad=True)
    for _ in range(1500):
        x = x * 1.5
    start = time.perf_counter()
    placed(read(x, budget=2000))
    assert time.perf_counter() - start < 5


def test_the_same_graph_is_placed_the_same_way():
    links = [("a", "c"), ("b", "c"), ("c", "d"), ("b", "d")]
    assert placed(graph_of(links)) == placed(graph_of(links))


def test_an_edge_into_a_group_goes_around_the_boxes_in_it():
    graph = graph_of([("x", "y"), ("a", "b"), ("b", "y")], [Group("g0", "frame", None)], dict.fromkeys("aby", "g0"))
    layout = placed(graph)
    for name in "ab":
        box = layout.nodes[name]
        passing = [p for p in layout.routes["e0"] if abs(p.x - box.x) <= box.width / 2]
        assert passing
        assert all(abs(p.y - box.y) > box.height / 2 for p in passing)


def test_an_edge_out_of_a_group_goes_around_the_boxes_in_it():
    graph = graph_of([("a", "z"), ("a", "b"), ("b", "c")], [Group("g0", "frame", None)], dict.fromkeys("abc", "g0"))
    layout = placed(graph)
    for name in "bc":
        box = layout.nodes[name]
        passing = [p for p in layout.routes["e0"] if abs(p.x - box.x) <= box.width / 2]
        assert passing
        assert all(abs(p.y - box.y) > box.height / 2 for p in passing)
