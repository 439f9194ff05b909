import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path

import graphviz
import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.errors import DrawingError
from minigrad.viz.draw import MOST_BYTES
from tests.viz.conftest import component

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg):
    return ["".join(element.itertext()) for element in ET.fromstring(svg).iter(f"{SVG}text")]


def overlap(a, b):
    return abs(a.x - b.x) < (a.width + b.width) / 2 and abs(a.y - b.y) < (a.height + b.height) / 2


@pytest.fixture
def without_graphviz(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


def test_a_drawing_is_a_digraph_of_graphviz(neuron):
    assert isinstance(mg.draw(neuron), graphviz.Digraph)
    assert mg.draw(neuron).source == neuron.graph().source


def test_each_rung_of_the_ladder_draws_every_node_and_edge(engine, loss):
    drawing = mg.draw(loss)
    assert drawing.layout.engine == engine
    root = ET.fromstring(drawing.svg())
    shown = texts(drawing.svg())
    for node in drawing.graph.nodes:
        assert root.find(f".//{SVG}g[@id='{node.id}']") is not None
        assert any(node.label in text for text in shown)
    assert drawing.layout.routes.keys() == {edge.id for edge in drawing.graph.edges}
    assert drawing.layout.groups.keys() == {group.id for group in drawing.graph.groups}


def test_no_two_boxes_overlap_and_all_are_inside_the_picture(engine, loss):
    layout = mg.draw(loss).layout
    for a, b in combinations(layout.nodes.values(), 2):
        assert not overlap(a, b)
    for box in (*layout.nodes.values(), *layout.groups.values()):
        assert 0 <= box.x - box.width / 2 < box.x + box.width / 2 <= layout.width
        assert 0 <= box.y - box.height / 2 < box.y + box.height / 2 <= layout.height


def test_a_frame_holds_its_nodes_and_no_others(engine, loss):
    drawing = mg.draw(loss)
    parents = {group.id: group.parent for group in drawing.graph.groups}
    for node in drawing.graph.nodes:
        around, group = set(), node.group
        while group is not None:
            around.add(group)
            group = parents[group]
        box = drawing.layout.nodes[node.id]
        assert {id for id, frame in drawing.layout.groups.items() if overlap(box, frame)} == around


def test_repeated_edges_are_drawn_side_by_side(engine):
    a = mg.tensor(1.0, requires_grad=True)
    routes = list(mg.draw(a + a).layout.routes.values())
    assert len(routes) == 2
    assert routes[0] != routes[1]


def test_the_gradient_and_the_value_are_written_out(engine, neuron):
    assert {"w", "-3", "grad 1.002", "0.7064", "grad 1", "local derivative×2"} <= set(texts(mg.draw(neuron).svg()))


def test_a_hostile_name_is_text(engine, hostile):
    x = mg.tensor(1.0, requires_grad=True, name=hostile)
    drawing = mg.draw(x * 2)
    svg = drawing.svg()
    assert not {element.tag for element in ET.fromstring(svg).iter()} & {f"{SVG}script", f"{SVG}b", "script", "b"}
    assert any(text.startswith(hostile[:8].split("\n")[0]) for text in texts(svg))
    assert len(drawing.text.split("\n")) == 3
    assert len(drawing.text) < 300
    assert len(svg) < 5000
    assert len(drawing.source) < 2000


def test_graphviz_itself_reads_a_hostile_name_as_text(hostile):
    component("dot", shutil.which("dot") is not None, "apt-get install graphviz")
    x = mg.tensor(1.0, requires_grad=True, name=hostile)
    drawn = subprocess.run(["dot", "-Tsvg"], input=mg.draw(x * 2).source.encode(), capture_output=True, check=True)
    assert not drawn.stderr
    shown = [text.strip().replace("\xa0", " ") for text in texts(drawn.stdout)]
    assert any(text.startswith(hostile[:8].split("\n")[0]) for text in shown)


def test_a_hostile_name_of_a_module_is_text(engine, hostile):
    strange = type(hostile.replace("\0", ""), (nn.ReLU,), {})
    drawing = mg.draw((strange()(mg.tensor(1.0, requires_grad=True)) * 2), budget=99)
    assert len(drawing.graph.groups) == 1
    assert not {element.tag for element in ET.fromstring(drawing.svg()).iter()} & {f"{SVG}script", f"{SVG}b"}


def test_the_dot_text_is_the_same_from_run_to_run():
    script = (
        "import numpy as np, minigrad as mg; from minigrad import nn\n"
        "m = nn.MLP([4, 8, 2], dropout=0.5, rng=0)\n"
        "print(mg.draw(nn.cross_entropy(m(np.ones((3, 4))), np.array([0, 1, 1]))).source)"
    )
    run = lambda seed: (
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
    )
    assert run("1") == run("2") != b""


def test_a_model_of_two_thousand_nodes_is_drawn_folded_within_five_seconds(engine):
    model = nn.Sequential(*(nn.MLP([4, 4, 4], rng=0) for _ in range(290)))
    loss = model(np.ones((2, 4))).sum()
    start = time.perf_counter()
    drawing = mg.draw(loss)
    drawing.svg()
    assert time.perf_counter() - start < 5
    assert drawing.graph.total > 2000
    assert "module" in {node.kind for node in drawing.graph.nodes}


@pytest.mark.parametrize("name", ["g.svg", "g.dot", "g.gv", "g.html"])
def test_svg_and_dot_are_written_without_graphviz(without_graphviz, neuron, tmp_path, name):
    path = tmp_path / name
    assert mg.draw(neuron).render(path) == str(path)
    assert "tanh" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "start"), [("g.pdf", b"%PDF"), ("g.png", b"\x89PNG")])
def test_other_formats_are_drawn_by_graphviz(engine, neuron, tmp_path, name, start):
    path = tmp_path / name
    if engine == "built-in layout":
        with pytest.warns(UserWarning, match=r"needs Graphviz\. Wrote .*g\.svg instead \(built-in layout\)") as caught:
            assert mg.draw(neuron).render(path) == str(tmp_path / "g.svg")
        assert caught[0].filename == __file__
        assert "apt install graphviz" in str(caught[0].message)
        assert "pip install pygraphviz" in str(caught[0].message)
        assert "tanh" in (tmp_path / "g.svg").read_text(encoding="utf-8")
        with pytest.raises(DrawingError, match="needs Graphviz"):
            mg.draw(neuron).pipe(path.suffix[1:])
    else:
        mg.draw(neuron).render(path)
        assert path.read_bytes().startswith(start)


def test_the_methods_of_digraph_make_our_picture(without_graphviz, neuron, tmp_path):
    drawing = mg.draw(neuron)
    assert drawing.pipe("svg").decode() == drawing.svg()
    assert Path(drawing.render("named", directory=tmp_path, format="svg")).read_text(encoding="utf-8") == drawing.svg()


def test_a_dot_that_fails_makes_way_for_our_own_layout(monkeypatch, tmp_path, neuron):
    broken = tmp_path / "dot"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    drawing = mg.draw(neuron)
    assert drawing.layout.engine == "built-in layout"
    with pytest.raises(DrawingError, match="could not be drawn"):
        drawing.pipe("pdf")


def test_a_notebook_gets_text_and_a_picture_of_less_than_20_kb(engine, loss):
    x = mg.tensor(1.0, requires_grad=True)
    for _ in range(100):
        x = x * 1.01 + x
    for tensor in (loss, x):
        bundle = tensor.graph()._repr_mimebundle_()
        assert len(bundle["image/svg+xml"].encode()) <= MOST_BYTES
        assert len(bundle["text/plain"].encode()) <= MOST_BYTES
        ET.fromstring(bundle["image/svg+xml"])


def test_the_text_says_what_the_picture_says(neuron):
    text = mg.draw(neuron).text
    assert "w, x → ×  -6      grad 0.501" in text
    assert "test_draw.py" not in text  # the fixture's line, not this one
    assert "conftest.py" in text
