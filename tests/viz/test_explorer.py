"""The explorer's page, in a real browser: an error on the console or a request fails every test here."""

import json
import re

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.engine import Op
from minigrad.viz.explorer import Explorer
from minigrad.viz.graph import read
from tests.browser import accessibility_faults
from tests.table import OPS
from tests.viz.conftest import tracked


@pytest.fixture
def diamond():
    a = mg.tensor(1.0, requires_grad=True, name="a")
    b = a + a
    c = b + b
    return c


@pytest.fixture
def arrays():
    """A layer with broadcasting, a matrix that is transposed, and a Tensor used twice."""
    rng = np.random.default_rng(0)
    X = mg.tensor(rng.standard_normal((5, 3)), name="X")
    W = mg.tensor(rng.standard_normal((3, 4)), requires_grad=True, name="W")
    b = mg.tensor(rng.standard_normal(4), requires_grad=True, name="b")
    H = mg.tanh(X @ W + b)
    return (H * H).mean()


@pytest.fixture
def explore(visit, tmp_path):
    """Open the explorer of a Tensor in the browser."""

    def explore(tensor, **options):
        return visit(tensor.graph().html(tmp_path / "page.html"), **options)

    return explore


def shown(view):
    """For each node what its card says: the value and the gradient as numbers, None where it says ``?``."""
    return view.evaluate(
        """() => {
            const said = (node, kind) => JSON.parse(node.querySelector("text." + kind)?.dataset.value ?? "null");
            const nodes = [...document.querySelectorAll("#graph .node")];
            return Object.fromEntries(nodes.map(node => [node.id, ["value", "grad"].map(kind => said(node, kind))]));
        }"""
    )


def press(view, key, times=1):
    for _ in range(times):
        view.keyboard.press(key)


def choose(view, order):
    view.locator(f"input[value={order}]").check()
    view.evaluate("document.activeElement.blur()")


def test_stepping_from_the_keyboard_shows_the_numbers_that_minigrad_computed(explore, neuron):
    view = explore(neuron)
    graph = neuron.graph().graph
    values = {node.id: node.value.item() for node in graph.nodes}
    assert [value for value, _ in shown(view).values()] == [-3, 2, 6.88, None, None, None]
    for count, node in enumerate(graph.nodes[3:], 1):
        press(view, "ArrowRight")
        assert shown(view)[node.id][0] == values[node.id]
        assert sum(value is None for value, _ in shown(view).values()) == 3 - count
    for step in mg.backward_steps(neuron):
        press(view, "ArrowRight")
        for sent in step.sent:
            assert shown(view)[graph.homes[sent.operand]][1] == sent.total.item()
    assert shown(view) == {node.id: [node.value.item(), node.gradient.item()] for node in graph.nodes}
    press(view, "ArrowLeft")
    assert [gradient is None for _, gradient in shown(view).values()] == [True, True, False, False, False, False]
    press(view, "Home")
    assert all(gradient is None for _, gradient in shown(view).values())
    press(view, "End")
    assert shown(view)["n0"] == [-3, graph.node("n0").gradient.item()]


def test_of_arrays_every_number_up_to_six_by_six_is_minigrads(explore, arrays):
    view = explore(arrays)
    press(view, "End")
    for node in arrays.graph().graph.nodes:
        if node.value.ndim:
            value, gradient = shown(view)[node.id]
            np.testing.assert_array_equal(value["values"], np.atleast_2d(node.value))
            assert (gradient is None) == (node.gradient is None)
            if gradient:
                np.testing.assert_array_equal(gradient["values"], np.atleast_2d(node.gradient))


def test_the_naive_switch_shows_8_beside_the_right_4(explore, diamond):
    view = explore(diamond)
    press(view, "End")
    assert shown(view)["n0"][1] == 4
    choose(view, "naive")
    press(view, "End")
    assert shown(view)["n0"][1] == 8
    assert view.locator("#n0 text.grad").text_content() == "grad 8 ≠ 4"
    gradients = []
    press(view, "Home")
    for _ in range(5):
        press(view, "ArrowRight")
        gradients.append(shown(view)["n0"][1])
    assert gradients == [None, None, None, 4, 8]
    assert view.locator(".compared tbody tr").all_text_contents() == ["a84"]
    choose(view, "topological")
    assert view.locator("#n0 text.grad").text_content() == "grad 4"


def test_the_panel_tells_what_arrived_the_local_derivative_the_product_and_the_check(explore, neuron):
    view = explore(neuron)
    press(view, "ArrowRight", 6)
    panel = view.locator("#panel").inner_text()
    for fact in ("∂tanh/∂(w×x) = 0.501", "∂(w×x)/∂w = 2", "w.grad += 0.501 × 2 = 1.002", "✓ agrees"):
        assert fact in panel
    assert re.search(r"finite difference 1\.00194 ± \de-\d\d", panel)


def test_the_panel_of_an_array_shows_shapes_what_was_transposed_and_what_was_summed(explore, arrays):
    view = explore(arrays)
    press(view, "ArrowRight", 9)
    panel = view.locator("#panel").inner_text()
    assert "db (4,) = Σ over axis 0 of d(+) (5, 4)" in panel
    assert "the forward stretched b (4,) to (5, 4) along axis 0" in panel
    press(view, "ArrowRight")
    assert "dW (3, 4) = Xᵀ (3, 5) @ d(X@W) (5, 4)" in view.locator("#panel").inner_text()


def test_the_line_of_code_that_made_the_node_is_marked(explore, neuron):
    view = explore(neuron)
    press(view, "ArrowRight")
    assert view.locator("#code mark").text_content() == "w * x"
    press(view, "ArrowRight", 4)
    assert view.locator("#code mark").text_content() == "w * x + b"


def test_the_timeline_lists_every_addition_to_a_gradient_with_the_use_that_made_it(explore, diamond):
    view = explore(diamond)
    press(view, "End")
    rows = [row.locator("th, td").all_text_contents() for row in view.locator("#writes tr").all()]
    assert rows == [
        ["3", "c.grad", "= 1", "1", "the seed"],
        ["3", "b.grad", "+= 1", "1", "its use in c"],
        ["3", "b.grad", "+= 1", "2", "its use in c"],
        ["4", "a.grad", "+= 2", "2", "its use in b"],
        ["4", "a.grad", "+= 2", "4", "its use in b"],
    ]


def test_each_step_is_announced_to_who_cannot_see_it(explore, diamond):
    view = explore(diamond)
    press(view, "ArrowRight", 3)
    status = view.locator("[role=status]").text_content()
    assert status == "Step 3 of 4: backward, c. arrived 1; b.grad += 1 × 1 = 1; b.grad += 1 × 1 = 1, now 2"
    assert view.locator("[aria-current=step]").count() == 4  # its row, and the three writes


def test_buttons_slider_and_a_click_on_a_node_step_too(explore, neuron):
    view = explore(neuron)
    count = view.locator("#count")
    view.get_by_role("button", name="step").click()
    assert count.text_content() == "step 1 of 6"
    view.get_by_role("button", name="end").click()
    assert count.text_content() == "step 6 of 6"
    view.get_by_role("button", name="back").click()
    view.locator("#slider").focus()
    press(view, "ArrowLeft")
    assert count.text_content() == "step 4 of 6"
    view.locator("#n4").click()
    assert count.text_content() == "step 2 of 6"
    view.get_by_role("button", name="play").click()
    view.locator("#count", has_text="step 3 of 6").wait_for()
    view.get_by_role("button", name="pause").click()


def test_every_control_is_reached_by_tab_and_shows_its_focus(explore, neuron):
    view = explore(neuron)
    press(view, "ArrowRight")
    reached = []
    for _ in range(8):
        press(view, "Tab")
        id = "document.activeElement.id || document.activeElement.value"
        reached.append(view.evaluate(id))
        assert view.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert reached == ["first", "back", "next", "last", "play", "slider", "topological", "view"]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, marks=pytest.mark.slow),
        {"color_scheme": "dark"},
        pytest.param({"viewport": {"width": 400, "height": 800}}, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_axe_finds_no_serious_fault_and_nothing_is_wider_than_the_screen(explore, arrays, options):
    view = explore(arrays, **options)
    press(view, "ArrowRight", 7)
    assert accessibility_faults(view) == []
    assert view.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_axe_finds_no_serious_fault_at_the_start_and_in_the_naive_order(explore, diamond):
    view = explore(diamond)
    assert accessibility_faults(view) == []
    choose(view, "naive")
    press(view, "End")
    assert accessibility_faults(view) == []


def test_without_javascript_there_is_the_whole_picture_and_a_table_of_all_steps(explore, diamond):
    view = explore(diamond, java_script_enabled=False)
    assert view.locator("#n0 text.grad").text_content() == "grad 4"
    assert view.locator("noscript").is_visible()
    assert not view.locator("#first").is_visible()
    rows = view.locator("#steps-topological tbody tr").all_text_contents()
    assert rows[0] == "1forwardba + a = 2"
    assert rows[-1].endswith("a.grad += 2 × 1 = 2; a.grad += 2 × 1 = 2, now 4")


def test_in_print_there_are_no_controls_and_everything_fits(explore, arrays):
    view = explore(arrays)
    view.emulate_media(media="print")
    assert not view.locator("#first").is_visible()
    assert view.locator("#steps-topological").is_visible()


def test_a_small_mlp_on_a_batch_makes_a_page_of_less_than_150_kb(explore, tmp_path):
    rng = np.random.default_rng(0)
    model = nn.MLP([2, 16, 16, 2], rng=0)
    loss = nn.cross_entropy(model(rng.standard_normal((64, 2))), rng.integers(0, 2, 64))
    view = explore(loss)
    assert (tmp_path / "page.html").stat().st_size < 150_000
    press(view, "End")
    loss.backward()
    graph = loss.graph().graph
    for p in model.parameters():
        norm = shown(view)[graph.homes[p]][1]["norm"]
        np.testing.assert_allclose(norm, np.linalg.norm(p.grad), rtol=1e-12)
    assert page_data(tmp_path)["naive"] is None  # nothing is used twice: the steps are the same
    checks = [edge["check"]["right"] for edge in page_data(tmp_path)["edges"].values() if "check" in edge]
    assert len(checks) > 10
    assert set(checks) == {True}


def page_data(folder):
    """The JSON block of the page that was written."""
    text = (folder / "page.html").read_text(encoding="utf-8")
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text)[1])


def test_every_edge_of_every_op_agrees_with_finite_differences():
    rng, agreed = np.random.default_rng(0), 0
    for op in OPS.values():
        if not isinstance(op, Op) or not op.samples:  # tests declare some of their own
            continue
        args, options = op.samples[0].draw(rng)
        y = op(*(tracked(x) if op.formula(i) else x for i, x in enumerate(args)), **options)
        for edge in Explorer(read(y)).edges.values():
            assert edge.get("check", {}).get("right") in (True, None), f"{op.name}: {edge['check']['text']}"
            agreed += "check" in edge and edge["check"]["right"] is True
    assert agreed > 150


def test_an_array_without_elements_and_one_of_integers_are_shown(explore):
    x = mg.tensor(np.zeros((0, 3)), requires_grad=True, name="x")
    view = explore(x * 2 + mg.tensor(np.arange(3), name="i"))
    press(view, "ArrowRight", 2)
    press(view, "End")
    assert view.locator("#n0 text.grad").text_content() == "‖grad‖ 0"


def test_a_node_too_large_to_be_computed_again_and_again_says_what_does_it():
    x = mg.tensor(np.ones((600, 600)), requires_grad=True)
    (edge,) = Explorer(read(mg.tanh(x))).edges.values()
    assert edge["check"] == {"right": None, "text": "not checked: too large to be checked here, mg.audit(loss) does it"}


def test_a_large_graph_is_folded_and_says_what_to_do(explore):
    x = mg.tensor(1.0, requires_grad=True)
    for _ in range(1000):
        x = x * 1.001
    view = explore(x)
    assert (
        "1,001 nodes are folded into these: graph(depth=…, budget=…) opens modules" in view.locator("main").inner_text()
    )
    press(view, "End")


def test_a_value_that_is_not_finite_is_shown_as_it_is(explore):
    x = mg.tensor(0.0, requires_grad=True, name="x")
    with np.errstate(all="ignore"):
        y = mg.log(x) * 2
    view = explore(y)
    press(view, "End")
    assert shown(view)["n2"][0] == "-inf"
    assert shown(view)["n0"][1] == "inf"


def test_an_output_without_a_gradient_and_a_single_leaf_are_pages_too(explore):
    for tensor in (mg.tensor(2.0), mg.tensor([1.0, 2.0], requires_grad=True)):
        view = explore(tensor)
        press(view, "End")
        assert view.locator("#count").text_content() == "step 0 of 0"


def test_a_hostile_name_is_text_everywhere(explore, hostile):
    x = mg.tensor(1.0, requires_grad=True, name=hostile)
    y = x * x
    view = explore(y)
    press(view, "End")
    start = hostile[:8].split("\n")[0]
    assert start in view.locator("#n0 .title").text_content()
    assert start in view.locator("#panel").inner_text()
    assert start in view.locator("#writes").inner_text()
    assert start in view.locator("#steps-topological").inner_text()
    assert view.locator("main script, main b").count() == 1  # the legend's own
