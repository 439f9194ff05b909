"""Module: what it finds in itself, its state, its modes, and what it says when misused."""

import copy
import multiprocessing
import pickle

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.errors import CheckpointError, DtypeError


class Net(nn.Module):
    """Parameters, buffers and modules, each also in a list, a dict and a tuple, in mixed order."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 2, rng=0)
        self.scale = nn.Parameter([1.0, 2.0])
        self.stages = [nn.Linear(2, 2, bias=False, rng=1), {"deep": nn.BatchNorm1d(2)}]
        self.heads = {"left": nn.Linear(2, 1, rng=2), "right": nn.Linear(2, 1, rng=3)}
        self.extra = (nn.Parameter(0.5),)
        self.seen = nn.Buffer([0.0])

    def forward(self, x):
        h = self.stages[1]["deep"](self.stages[0](self.first(x) * self.scale))
        return self.heads["left"](h) + self.heads["right"](h) * self.extra[0]


NAMES = [
    *("first.weight", "first.bias", "scale", "stages.0.weight", "stages.1.deep.weight", "stages.1.deep.bias"),
    *("heads.left.weight", "heads.left.bias", "heads.right.weight", "heads.right.bias", "extra.0"),
]
BUFFERS = [
    *("stages.1.deep.running_mean", "stages.1.deep.running_var", "stages.1.deep.num_batches_tracked"),
    "seen",
]


class Tied(nn.Module):
    """One Parameter in two layers."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(2, 2, bias=False, rng=0), nn.Linear(2, 2, bias=False, rng=1)
        self.b.weight = self.a.weight

    def forward(self, x):
        return self.b(self.a(x))


def state(module):
    return {name: value.tobytes() for name, value in module.state_dict().items()}


def test_parameters_are_found_in_lists_dicts_and_tuples_in_the_order_of_definition():
    assert [name for name, _ in Net().named_parameters()] == NAMES


def test_buffers_are_found_and_not_trained():
    net = Net()
    assert [name for name, _ in net.named_buffers()] == BUFFERS
    assert not any(b.requires_grad for b in net.buffers())


def test_what_is_appended_to_a_list_later_belongs_to_the_module():
    net = Net()
    net.stages.append(nn.Linear(1, 1, bias=False, rng=0))
    assert "stages.2.weight" in dict(net.named_parameters())


def test_a_plain_tensor_is_neither_trained_nor_saved():
    net = Net()
    net.last_input = mg.tensor([1.0], requires_grad=True)
    assert len(net.parameters()) == len(NAMES)
    assert "last_input" not in net.state_dict()


def test_modules_are_listed_with_their_paths_this_one_first():
    paths = [path for path, _ in Net().named_modules()]
    assert paths == ["", "first", "stages.0", "stages.1.deep", "heads.left", "heads.right"]
    assert [path for path, _ in Net().named_children()] == paths[1:]


def test_all_parameters_get_a_gradient():
    net = Net()
    net(np.random.default_rng(0).standard_normal((5, 2))).sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_a_parameter_is_named_by_its_path_from_the_outermost_module():
    net = Net()
    net.first.parameters()
    assert net.first.weight.name == "first.weight"
    whole = nn.Sequential(net)
    assert whole[0].first.weight.name == "0.first.weight"
    assert nn.Sequential(nn.Identity(), *whole).parameters()[0].name == "1.first.weight"


def test_a_module_that_holds_itself_is_entered_once():
    net = Net()
    net.first.parent = net
    assert [name for name, _ in net.named_parameters()] == NAMES
    assert len(net.modules()) == 6


# tying


def test_a_tied_parameter_is_listed_once_and_its_gradient_is_the_sum_of_both_uses():
    tied, apart = Tied(), Tied()
    apart.b.weight = nn.Parameter(apart.a.weight.data)
    for net in tied, apart:
        net(np.eye(2)).sum().backward()
    assert [name for name, _ in tied.named_parameters()] == ["a.weight"]
    np.testing.assert_allclose(tied.a.weight.grad, apart.a.weight.grad + apart.b.weight.grad, rtol=1e-15)


def test_a_tied_parameter_is_saved_under_both_names_and_loads_back():
    net, other = Tied(), Tied()
    other.a.weight.data = np.ones((2, 2))
    assert list(net.state_dict()) == ["a.weight", "b.weight"]
    net.load_state_dict(other.state_dict())
    assert net.b.weight.data.tolist() == [[1, 1], [1, 1]]


def test_a_state_with_two_values_for_a_tied_parameter_is_refused():
    with pytest.raises(CheckpointError, match=r"tied +b\.weight: the same as a\.weight needed, other values given"):
        Tied().load_state_dict({"a.weight": np.ones((2, 2)), "b.weight": np.zeros((2, 2))})


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"])
def test_a_copy_keeps_ties_order_values_and_the_sharing_of_generators(copied):
    rng = np.random.default_rng(0)
    net = nn.Sequential(Net(), Tied(), nn.Dropout(rng=rng), nn.Dropout(rng=rng))
    other = copied(net)
    assert state(other) == state(net)
    assert [name for name, _ in other.named_parameters()] == [name for name, _ in net.named_parameters()]
    assert other[1].a.weight is other[1].b.weight
    assert other[2].rng is other[3].rng is not rng
    assert type(other[0].scale) is nn.Parameter
    assert type(other[0].seen) is nn.Buffer


def _report(connection):
    module = connection.recv()
    connection.send((module, module[0].a.weight is module[0].b.weight))


def test_a_module_sent_to_a_spawned_process_arrives_equal_with_its_ties():
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    worker = context.Process(target=_report, args=(there,))
    worker.start()
    net = nn.Sequential(Tied(), nn.BatchNorm1d(2))
    here.send(net)
    returned, still_tied = here.recv()
    worker.join()
    assert still_tied
    assert state(returned) == state(net)


# state


def test_a_state_dict_is_a_copy():
    net = Net()
    before, held = state(net), net.state_dict()
    for value in held.values():
        value[...] = 7
    assert state(net) == before


def test_loading_gives_the_same_bits_and_keeps_the_parameters():
    net, other = Net(), Net()
    other(np.random.default_rng(0).standard_normal((5, 2)))
    parameters = net.parameters()
    net.load_state_dict(other.state_dict())
    assert state(net) == state(other)
    assert all(a is b for a, b in zip(parameters, net.parameters()))


def test_a_loaded_array_can_be_written_to_afterwards():
    net, given = nn.Linear(1, 1, rng=0), {"weight": np.ones((1, 1)), "bias": np.ones(1)}
    net.load_state_dict(given)
    given["weight"][...] = 5
    assert net.weight.item() == 1


def test_a_failed_load_lists_everything_and_changes_nothing():
    net = Net()
    before, wrong = state(net), net.state_dict()
    del wrong["scale"], wrong["seen"]
    wrong["first.weight"] = np.ones((3, 2))
    wrong["first.bias"] = np.array(["a", "b"])
    wrong["heads.middle.weight"] = np.ones((1, 2))
    with pytest.raises(CheckpointError) as caught:
        net.load_state_dict(wrong)
    assert str(caught.value).splitlines() == [
        "this state does not fit Net, which is left as it was:",
        "  missing     scale (2,)",
        "  missing     seen (1,)",
        "  unexpected  heads.middle.weight (1, 2)",
        "  shape       first.weight: (2, 2) needed, (3, 2) given",
        "  dtype       first.bias: float64 needed, <U1 given",
    ]
    assert state(net) == before


def test_without_strict_missing_and_unexpected_names_are_returned():
    net = nn.Linear(1, 1, rng=0)
    difference = net.load_state_dict({"weight": [[2.0]], "other": [1.0]}, strict=False)
    assert difference == (["bias"], ["other"])
    assert net.weight.item() == 2
    with pytest.raises(CheckpointError, match="shape"):
        net.load_state_dict({"weight": [2.0]}, strict=False)


def test_what_is_no_dict_of_arrays_is_refused():
    with pytest.raises(TypeError, match="takes a dict of arrays by name, not a str"):
        Net().load_state_dict("weights.safetensors")


def test_a_float32_state_loads_into_a_float64_model_in_its_dtype():
    net = nn.Linear(2, 2, rng=0)
    net.load_state_dict({name: value.astype(np.float32) for name, value in net.state_dict().items()})
    assert net.weight.dtype == np.float64


def test_a_load_makes_graphs_of_the_old_values_stale():
    net = nn.Linear(1, 1, rng=0)
    y = net(np.ones((1, 1))).sum()
    net.load_state_dict(net.state_dict())
    with pytest.raises(RuntimeError, match="the data of weight was replaced"):
        y.backward()


# modes


def test_train_and_eval_reach_every_depth():
    net = nn.Sequential(nn.Sequential(nn.Dropout(rng=0)), Net())
    assert not any(m.training for m in net.eval().modules())
    assert all(m.training for m in net.train().modules())


def test_evaluating_restores_the_mode_of_each_submodule_also_after_an_error():
    net = Net()
    net.heads["left"].eval()
    before = [m.training for m in net.modules()]
    with net.evaluating() as same:
        assert same is net
        assert not any(m.training for m in net.modules())
    assert [m.training for m in net.modules()] == before
    with pytest.raises(ZeroDivisionError), net.evaluating():
        raise ZeroDivisionError
    assert [m.training for m in net.modules()] == before


def test_two_evaluations_of_one_input_are_the_same_to_the_last_bit():
    net = nn.MLP([4, 8, 8, 3], norm="batch", dropout=0.5, residual=True, stochastic_depth=0.5, rng=0).eval()
    x = np.random.default_rng(1).standard_normal((6, 4))
    assert net(x).data.tobytes() == net(x).data.tobytes()


def test_frozen_parameters_require_no_grad_and_can_be_thawed():
    net = Net()
    net.heads["left"].freeze()
    net(np.eye(2)).sum().backward()
    assert net.heads["left"].weight.grad is None
    assert net.heads["right"].weight.grad is not None
    net.freeze(False)
    assert all(p.requires_grad for p in net.parameters())


def test_astype_converts_floats_alone_and_keeps_the_parameters():
    net = Net()
    parameters = net.parameters()
    assert net.astype("float32") is net
    assert {p.dtype for p in net.parameters()} == {np.dtype("float32")}
    assert net.stages[1]["deep"].running_mean.dtype == np.float32
    assert net.stages[1]["deep"].num_batches_tracked.dtype == np.int64
    assert all(a is b for a, b in zip(parameters, net.parameters()))


def test_a_float32_model_computes_in_float32_forward_and_backward():
    net = nn.MLP([4, 8, 8, 3], norm="batch", dropout=0.5, residual=True, stochastic_depth=0.5, rng=0).astype("float32")
    y = net(np.ones((5, 4), np.float32))
    y.sum().backward()
    assert y.dtype == np.float32
    assert {p.grad.dtype for p in net.parameters()} == {np.dtype("float32")}
    assert {b.dtype for b in net.buffers()} == {np.dtype("float32"), np.dtype("int64")}


def test_astype_forgets_gradients_and_makes_graphs_of_the_old_values_stale():
    net = nn.Linear(1, 1, rng=0)
    y = net(np.ones((1, 1))).sum()
    y.backward()
    net.astype("float32")
    assert net.weight.grad is None
    with pytest.raises(RuntimeError, match="the data of weight was replaced"):
        y.backward()


def test_astype_refuses_integers():
    with pytest.raises(DtypeError, match="floating dtype, not int64"):
        Net().astype("int64")


# hooks


def test_a_forward_hook_sees_the_call_may_replace_the_output_and_can_be_removed():
    layer, calls = nn.Identity(), []
    remove = layer.register_forward_hook(lambda m, args, y: calls.append((m, args, y)))
    replace = layer.register_forward_hook(lambda m, args, y: y + 1)
    assert layer(1.0) == 2
    replace()
    remove()
    remove()
    assert layer(1.0) == 1
    assert calls == [(layer, (1.0,), 1.0)]


def test_a_hook_belongs_to_no_module_tree():
    layer = nn.Identity()
    layer.register_forward_hook(nn.Linear(1, 1, rng=0))
    assert layer.parameters() == []


# misuse


def test_an_attribute_before_super_init_is_a_clear_error():
    class Early(nn.Module):
        def __init__(self):
            self.weight = nn.Parameter([1.0])
            super().__init__()

    with pytest.raises(AttributeError, match=r"Early.weight .* make super\(\).__init__\(\) the first line"):
        Early()


def test_a_module_whose_init_never_reached_super_says_so_when_it_is_called():
    class Empty(nn.Module):
        def __init__(self):
            pass

        def forward(self, x):
            return x

    with pytest.raises(AttributeError, match=r"Empty is called .* make super\(\).__init__\(\) the first line"):
        Empty()(1.0)


@pytest.mark.parametrize("kind", [set, frozenset])
def test_a_set_of_modules_or_parameters_is_refused_because_it_would_not_be_trained(kind):
    module = nn.Module()
    for held in (nn.Linear(1, 1), nn.Parameter([1.0])):
        with pytest.raises(TypeError, match=r"Module\.layers is a set.*write a list"):
            module.layers = kind([held])
    module.names = kind(["a"])


def test_a_parameter_cannot_silently_stop_being_one():
    net = Net()
    with pytest.raises(TypeError, match=r"Net.scale is a Parameter .* write self.scale.data = value"):
        net.scale = net.scale * 2
    with pytest.raises(TypeError, match=r"Net.seen is a Buffer"):
        net.seen = np.zeros(1)
    net.scale = nn.Parameter([3.0, 3.0])
    net.seen = None
    assert "seen" not in dict(net.named_buffers())


def test_of_two_children_of_one_name_the_last_wins():
    net = nn.Module()
    net.layer = nn.Linear(1, 1, rng=0)
    net.layer = nn.Linear(2, 1, rng=0)
    assert [p.shape for p in net.parameters()] == [(1, 2), (1,)]


@pytest.mark.parametrize("name", ["a.b", 3])
def test_names_that_would_make_paths_ambiguous_are_refused(name):
    net = nn.Module()
    with pytest.raises(TypeError, match=f"must be a string without '.', not {name!r}"):
        net.layers = {name: nn.Linear(1, 1, rng=0)}


def test_a_module_without_forward_says_what_to_write():
    with pytest.raises(NotImplementedError, match=r"Module has no forward\(\): write `def forward"):
        nn.Module()(1.0)


def test_an_error_in_forward_tells_which_modules_it_happened_in():
    net = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Linear(2, 3, rng=0))
    with pytest.raises(ValueError, match="Linear expects 2 features") as caught:
        net(np.ones((1, 2)))
    assert caught.value.__notes__ == ["in Linear(2, 3)", "in Sequential()"]


def test_an_integer_parameter_is_refused():
    with pytest.raises(TypeError, match="only floating Tensors can require a gradient"):
        nn.Parameter([1, 2])


def test_a_model_dies_with_its_last_name():
    import gc
    import weakref

    gc.disable()
    try:
        net = Net()
        net(np.eye(2)).sum().backward()
        watched = weakref.ref(net), weakref.ref(net.scale)
        del net
        assert [w() for w in watched] == [None, None]
    finally:
        gc.enable()


def test_train_takes_true_or_false_alone():
    model = nn.Linear(1, 1)
    with pytest.raises(TypeError, match=r"not 'eval': write model.eval\(\)"):
        model.train("eval")
    assert model.training
