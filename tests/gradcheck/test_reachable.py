"""What a function may draw from or change: found wherever it hides, named, and put back."""

import functools
import random
from collections import namedtuple
from types import SimpleNamespace

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine import Tensor
from minigrad.gradcheck.state import MOST_OBJECTS, Piece, State, _listed, _same, reachable

COUNTS = np.zeros(3)
"""A global that a function may write into."""
GENERATOR = np.random.default_rng(1)


def names(*roots) -> dict[str, object]:
    """What is found, by name, without what has none."""
    return {name: x for name, x in reachable(*roots) if name}


def test_closures_defaults_and_keywords_are_looked_through():
    held, given, named = np.zeros(1), np.zeros(2), np.zeros(3)

    def f(x, a=given, *, b=named):
        return x + held + a + b

    found = [x for _, x in reachable(f)]
    assert all(any(x is y for y in found) for x in (held, given, named))
    assert names(f)["held"] is held


def test_a_variable_that_is_not_yet_bound_is_passed_over():
    def f(x):
        return x + later

    assert [x for _, x in reachable(f)] == [f]
    later = 1
    assert later == 1


def test_globals_that_are_named_are_found_also_by_functions_within():
    def f(x):
        return [COUNTS for _ in x]

    def g(x):
        def inner():
            return GENERATOR

        return inner

    assert names(f)["COUNTS"] is COUNTS
    assert names(g)["GENERATOR"] is GENERATOR
    assert "GENERATOR" not in names(f)
    assert "np" not in names(lambda x: np.tanh(x))
    assert "Tensor" not in names(lambda x: Tensor(x))


def test_what_is_in_containers_and_objects_is_called_by_the_way_to_it():
    x = np.zeros(2)
    model = SimpleNamespace(parts=[{"deep": x}], pair=(x, 1))
    assert names(model)["parts.0.deep"] is x
    assert "pair.0" not in names(model)  # each object once
    assert names({"a": {1: x}})["a.1"] is x
    point = namedtuple("point", "u")(x)
    assert names(SimpleNamespace(p=point))["p.0"] is x
    assert [y for _, y in reachable({7})] == [{7}, 7]


def test_methods_partials_and_callables_lead_to_their_objects():
    class Scale:
        def __init__(self):
            self.factor = np.ones(2)

        def __call__(self, x):
            return x * self.factor * COUNTS

        def method(self, x):
            return x * self.factor

    scale = Scale()
    assert names(scale)["factor"] is scale.factor
    assert names(scale)["COUNTS"] is COUNTS
    assert names(scale.method)["factor"] is scale.factor
    first, option = np.zeros(1), np.zeros(2)
    found = names(functools.partial(scale.method, first, out=option))
    assert found["out"] is option
    assert found["factor"] is scale.factor
    assert any(x is first for _, x in reachable(functools.partial(scale.method, first)))


def test_libraries_and_types_are_not_looked_into():
    assert [x for _, x in reachable(np.tanh, int, "text", 3.0, mg)] == [np.tanh, int, "text", 3.0, mg]
    assert not names(mg.softmax)


def test_an_object_that_holds_itself_ends():
    ring = []
    ring.append(ring)
    assert [x for _, x in reachable(ring)] == [ring]
    assert len(list(reachable(list(map(str, range(2 * MOST_OBJECTS)))))) == MOST_OBJECTS


SOURCES = {
    "a generator": np.random.default_rng(3),
    "a RandomState": np.random.RandomState(3),
    "a random.Random": random.Random(3),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_a_source_of_chance_is_put_back(kind):
    source = SOURCES[kind]
    draw = lambda: source.random()
    state = State([source])
    first = state.repeatable(lambda: (draw(), draw()))
    assert first() == first() == first()
    assert state.draws
    assert not state.collects
    assert state.notes(None) == ["masks and noise frozen: every run draws the same from 0"]
    with state.at_large():
        assert first() != first()
    assert first() == first()


def test_without_a_name_it_is_called_by_its_kind():
    pieces = {piece.name for kind in SOURCES.values() for piece in State(kind).pieces}
    assert pieces == {"np.random", "random", *SOURCES}
    assert {"an array", "a Tensor"} <= {p.name for x in (np.zeros(1), Tensor(1.0)) for p in State(x).pieces}


def test_the_shared_generators_are_put_back():
    state = State()
    run = state.repeatable(lambda: (np.random.rand(), random.random()))  # noqa: NPY002
    assert run() == run()
    (note,) = state.notes(None)
    assert note == "masks and noise frozen: every run draws the same from np.random, random"
    with state:
        inside = run()
    assert (np.random.rand(), random.random()) == inside  # noqa: NPY002


def test_arrays_and_tensors_are_put_back_and_count_as_never_replaced():
    buffer, t = np.zeros(2), Tensor([1.0, np.nan])
    kept, replaced = t.data, t.replaced

    def run(replaces):
        buffer[0] += 1
        if replaces:
            t.data = t.data * 2
        else:
            t.data[0] += 1
        return buffer[0]

    for replaces in (True, False):
        state = State({"buffer": buffer, "t": t})
        again = state.repeatable(lambda replaces=replaces: run(replaces))
        assert again() == again() == 1
        assert state.notes(None) == ["put back before every run: buffer, t"]
        state.restore()
        assert buffer[0] == 0
        assert t.data is kept
        assert (t.replaced, t.data[0]) == (replaced, 1.0)


def test_what_cannot_change_is_no_piece():
    frozen = np.zeros(2)
    frozen.flags.writeable = False
    for x in (frozen, np.array([None]), Tensor(1.0, requires_grad=True), Tensor(1.0, requires_grad=True) * 2, "text"):
        assert len(State([x]).pieces) == 2


def test_modules_in_training_are_remembered_and_put_into_evaluation():
    model = mg.nn.Sequential(mg.nn.Linear(2, 2), mg.nn.BatchNorm1d(2))
    state = State(model)
    assert state.modules
    assert not state.collects
    with state.evaluating():
        assert not model.training
    assert model.training
    model.eval()
    assert State(model).modules == []


def test_alike_is_what_holds_the_same_however_deep():
    a = {"k": (1, np.array([1.0, np.nan])), "s": "x"}
    assert _same(a, {"k": (1, np.array([1.0, np.nan])), "s": "x"})
    for other in ({"k": (1, np.array([1.0, 2.0])), "s": "x"}, {"k": (1,), "s": "x"}, {"k": 1, "s": "x"}, {"s": "x"}):
        assert not _same(a, other)
    assert _same((1, 2), (1, 2))
    assert not _same((1, 2), (1, 2, 3))
    assert _same(np.array(["a"]), np.array(["a"]))
    assert not _same(np.zeros(2), 0)
    assert _same(nan := float("nan"), nan)


def test_a_piece_knows_when_it_has_changed():
    x = np.zeros(2)
    piece = Piece("x", x.copy, lambda kept: np.copyto(x, kept), chance=False)
    assert not piece.changed()
    x[1] = 5
    assert piece.changed()


def test_of_many_names_three_are_told():
    assert _listed(["a", "b", "c"]) == "a, b, c"
    assert _listed(list("abcde")) == "a, b, c and 2 more"


def test_what_a_block_changes_by_itself_is_put_back_too():
    x = np.zeros(2)
    with State([x]):
        x[0] = 1
    assert x[0] == 0


def test_an_object_without_attributes_is_passed_over():
    assert len(list(reachable([object()]))) == 2


def test_a_locked_array_that_holds_what_it_held_is_not_written():
    t = Tensor([1.0, np.nan])
    state = State([t])
    t.data.flags.writeable = False
    state.changed = [piece for piece in state.pieces if piece.name == "0"]
    state.restore()
    assert not t.data.flags.writeable
