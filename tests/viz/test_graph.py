import gc
import subprocess
import sys
import weakref

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.viz.graph import read


def kinds(graph):
    return [node.kind for node in graph.nodes]


def test_every_tensor_is_a_node_with_its_value_and_its_gradient(neuron):
    nodes = {node.name or node.label: node for node in read(neuron).nodes}
    assert list(nodes) == ["w", "x", "b", "×", "+", "tanh"]
    assert nodes["×"].value == -6
    slope = 1 - np.tanh(0.88) ** 2
    gradients = [nodes[name].gradient.item() for name in nodes]
    np.testing.assert_allclose(gradients, [2 * slope, -3 * slope, slope, slope, slope, 1], rtol=1e-12)


def test_a_tensor_used_twice_has_two_edges():
    a = mg.tensor(1.0, requires_grad=True)
    edges = read(a + a).edges
    assert [(edge.tail, edge.head, edge.position) for edge in edges] == [("n0", "n1", 0), ("n0", "n1", 1)]


def test_an_edge_between_single_numbers_has_the_local_derivative(neuron, loss):
    locals_ = [edge.local for edge in read(neuron).edges]
    np.testing.assert_allclose(locals_, [2, -3, 1, 1, 1 - np.tanh(0.88) ** 2])
    assert {edge.local for edge in read(loss, 0).edges} == {None}


def test_reading_touches_no_grad(neuron):
    read(neuron)
    neuron.backward()
    leaves = [node for node in read(neuron).nodes if node.kind == "leaf"]
    assert len(leaves) == 3
    for node in leaves:
        np.testing.assert_array_equal(node.tensor.grad, node.gradient)  # once, by backward() alone


def test_a_node_is_called_by_the_variable_it_was_assigned_to():
    x = mg.tensor(2.0, requires_grad=True)
    product = x * x
    assert [node.name for node in read(product + 1).nodes] == ["x", "product", ""]


def test_a_part_of_the_line_is_not_called_by_its_variable():
    x = mg.tensor(2.0, requires_grad=True)
    y = mg.tanh(x * 3)
    assert [node.name for node in read(y).nodes] == ["x", "", "y"]


def test_its_own_name_goes_before_that_of_the_variable():
    x = mg.tensor(2.0, requires_grad=True, name="theirs")
    assert read(x * 1).nodes[0].name == "theirs"


def test_what_a_call_made_inside_is_not_called_by_the_variable_that_its_result_has(model):
    h = model(np.ones((3, 4)))
    assert [node.name for node in read(h.sum()).nodes].count("h") == 0


def test_every_node_knows_the_line_that_made_it():
    x = mg.tensor(2.0, requires_grad=True)
    y = x * 3
    assert read(y).nodes[-1].source.text == "y = x * 3"


def test_numbers_are_in_the_label_and_arrays_are_nodes():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    graph = read((x * np.array([3.0, 4.0]) + 1.5).sum())
    assert kinds(graph).count("constant") == 1
    assert "· + 1.5" in [node.label for node in graph.nodes]
    constant = next(node for node in graph.nodes if node.kind == "constant")
    edge = next(edge for edge in graph.edges if edge.tail == constant.id)
    assert not edge.gradient


def test_an_array_that_indexes_is_no_node():
    x = mg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    assert kinds(read(x[np.array([0, 2])].sum())) == ["leaf", "op", "op"]


def test_each_call_of_a_module_is_a_group_inside_that_of_its_caller(loss):
    graph = read(loss)
    labels = {group.id: group.label for group in graph.groups}
    assert sorted(labels.values()) == [
        "0  Linear(4, 8)",
        "1  ReLU()",
        "2  Dropout()",
        "3  Linear(8, 2)",
        "MLP([4, 8, 2], dropout=0.5)",
    ]
    outer = next(id for id, label in labels.items() if label.startswith("MLP"))
    assert all(group.parent == (None if group.id == outer else outer) for group in graph.groups)


def test_parameters_are_in_the_group_of_their_module_and_the_data_is_outside(loss):
    graph = read(loss)
    labels = {group.id: group.label for group in graph.groups}
    group_of = {node.name: labels.get(node.group) for node in graph.nodes if node.kind == "leaf"}
    assert group_of["0.weight"] == "0  Linear(4, 8)"
    data = next(node for node in graph.nodes if node.kind == "constant" and node.value.shape == (3, 4))
    assert data.group is None


def test_a_module_called_twice_has_two_groups_and_its_parameters_are_in_neither():
    layer = nn.Linear(2, 2, rng=0)
    graph = read(layer(layer(np.ones((1, 2)))).sum())
    assert [group.label for group in graph.groups] == ["Linear(2, 2)"] * 2
    assert [node.group for node in graph.nodes if node.kind == "leaf"] == [None, None]


@pytest.mark.parametrize(("depth", "modules"), [(0, 1), (1, 4), (2, 0)])
def test_modules_deeper_than_the_depth_are_one_node_each(loss, depth, modules):
    graph = read(loss, depth)
    assert kinds(graph).count("module") == modules
    assert sum(node.members for node in graph.nodes) == graph.total


def test_folding_keeps_every_edge_between_the_boxes_in_topological_order(loss):
    graph = read(loss, 1)
    place = {node.id: i for i, node in enumerate(graph.nodes)}
    assert all(place[edge.tail] < place[edge.head] for edge in graph.edges)
    heads = {edge.head for edge in graph.edges}
    assert [node.label for node in graph.nodes if node.id not in heads] == [""]  # the data alone


def test_a_budget_folds_as_far_as_it_must(loss):
    assert len(read(loss, budget=8).nodes) == len(read(loss, 1).nodes) == 6
    assert len(read(loss, budget=5).nodes) == len(read(loss, 0).nodes)


def test_what_is_still_too_much_is_cut_and_counted():
    x = mg.tensor(1.0, requires_grad=True)
    for _ in range(500):
        x = x * 1.01
    graph = read(x, budget=10)
    assert len(graph.nodes) == 11
    assert graph.nodes[0].label == "491 earlier nodes"
    assert graph.nodes[-1].tensor is x


def test_a_graph_of_any_length_is_read_without_recursion():
    x = mg.tensor(1.0, requires_grad=True)
    for _ in range(5000):
        x = x + 1
    assert len(read(x, budget=10_000).nodes) == 5001


def test_a_stale_graph_is_drawn_without_gradients():
    x = mg.tensor(1.0, requires_grad=True)
    y = x * x
    x.data = 3.0
    assert [node.gradient for node in read(y).nodes] == [None, None]


def test_a_tensor_off_the_tape_is_one_node():
    assert kinds(read(mg.tensor(1.0))) == ["constant"]


def test_what_is_no_tensor_is_refused():
    with pytest.raises(TypeError, match=r"write mg\.tensor\(x\)"):
        read(np.ones(2))


def test_a_module_that_returns_several_tensors_is_one_group():
    class Two(nn.Module):
        def forward(self, x):
            y = x * 2
            return y, y + 1

    y, z = Two()(mg.tensor(1.0, requires_grad=True))
    assert kinds(read(y + z, 0)).count("module") == 1


def test_a_module_that_returns_its_input_leaves_no_mark():
    x = mg.tensor(1.0, requires_grad=True)
    relu = nn.ReLU()
    y = relu(x)
    assert nn.Dropout(0.5).eval()(y) is y
    assert [group.label for group in read(y * 1).groups] == ["ReLU()"]


def test_the_mark_of_a_module_keeps_nothing_alive():
    class Keeps(nn.Module):
        def forward(self, x):
            self.last = x * 2
            return self.last

    gc.disable()
    try:
        module = Keeps()
        dead = weakref.ref(module(mg.tensor(1.0, requires_grad=True)))
        del module
        assert dead() is None
    finally:
        gc.enable()


def test_importing_minigrad_and_asking_for_nothing_loads_no_picture():
    script = "import sys, minigrad; print([m for m in sys.modules if m.startswith(('graphviz', 'minigrad.viz'))])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "[]\n"
