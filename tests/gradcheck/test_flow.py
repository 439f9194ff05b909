"""The rules of a walk, one by one: what was sent is written down by hand, and what is wrong with it is named."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine import Tensor, history
from minigrad.gradcheck.flow import Flow, broken_rules, fault, place_of, same

A = np.array([1.0, -2.0, 4.0])


def graph():
    """x, used by two nodes, and the sum of both."""
    x = Tensor([0.5, 1.0, 2.0], requires_grad=True, name="x")
    left, right = np.tanh(x), np.exp(x)
    return x, left, right, left + right


def walked(sent, arrived, seeds=None, nodes=None):
    """The faults of a walk that sent this, (node, position, g, contribution), and left that at the leaves."""
    flow = Flow()
    for node, position, g, contribution in sent:
        flow.backward(node, position, g, contribution)
    y = sent[0][0]
    return broken_rules(nodes or history([y]), {y: A} if seeds is None else seeds, flow, arrived)


def right(x, left, right_, y):
    return [(y, 0, A, A), (y, 1, A, A), (right_, 0, A, 3 * A), (left, 0, A, 5 * A)], {x: 8 * A}


def test_a_right_walk_has_no_faults():
    sent, arrived = right(*graph())
    assert walked(sent, arrived) == []


def test_a_node_that_sent_nothing_or_not_to_all():
    nodes = x, *_ = graph()
    sent, _ = right(*nodes)
    found = walked(sent[:3], {x: 3 * A})
    assert [(f.kind, f.op) for f in found] == [("MISSING", "tanh")]
    assert found[0].note == "the walk never went backward from here, so nothing upstream got its share"
    lacking, skipped = walked([sent[0], sent[3]], {x: 5 * A})
    assert (lacking.kind, lacking.op, lacking.operand) == ("MISSING", "add", "operand 1 (x2)")
    assert lacking.note == "nothing was sent to this operand"
    assert (skipped.kind, skipped.op) == ("MISSING", "exp")


def test_a_node_that_sent_twice():
    nodes = x, *_ = graph()
    sent, _ = right(*nodes)
    (found,) = walked([*sent, sent[3]], {x: 13 * A})
    assert (found.kind, found.op) == ("DOUBLE_COUNTED", "tanh")
    assert found.note == "its gradient was sent on 2 times, once for each use: it must be whole, and sent once"


def test_a_node_that_sent_too_early():
    x, left, right_, y = graph()
    late = [(y, 0, A, A), (left, 0, A, 5 * A), (y, 1, A, A), (right_, 0, A, 3 * A)]
    assert walked(late, {x: 8 * A}) == []  # what it had been sent was complete
    z = left * y
    early = [(z, 0, A, A), (left, 0, A, 5 * A), (z, 1, A, A), (y, 0, A, A), (y, 1, A, A), (right_, 0, A, 3 * A)]
    (found, *_) = walked(early, {x: 8 * A}, seeds={z: A})
    assert (found.kind, found.op) == ("EARLY", "tanh")
    assert found.note.startswith("its gradient was sent on before add, at test_flow.py:")
    assert found.note.endswith(", had added to it")


def at_leaf(value, *, count=2):
    """The fault of a leaf that was sent ``A``, ``2 A``, ... and has this value."""
    x = Tensor(np.ones(3), requires_grad=True, name="x")
    uses = [x * (i + 2.0) for i in range(count)]
    y = uses[0]
    for use in uses[1:]:
        y = y + use
    flow = Flow()
    for i, use in enumerate(uses):
        flow.backward(use, 0, A, (i + 1) * A)
    arrived = {} if value is None else {x: value}
    return broken_rules([x], {}, flow, arrived)


@pytest.mark.parametrize(
    ("value", "count", "kind", "said"),
    [
        (3 * A, 2, None, ""),
        (A, 1, None, ""),
        (None, 2, "MISSING", "what was sent here never arrived"),
        (2 * A, 2, "OVERWRITTEN", "of 2 contributions only what multiply, at test_flow.py"),
        (A, 2, "OVERWRITTEN", "of 2 contributions only what multiply, at test_flow.py"),
        (2 * A, 1, "DOUBLE_COUNTED", "its gradient is 2 times the sum of its 1 contributions"),
        (9 * A, 2, "DOUBLE_COUNTED", "its gradient is 3 times the sum of its 2 contributions"),
        (12 * A, 2, "DOUBLE_COUNTED", "its gradient is 4 times the sum of its 2 contributions"),
        (15 * A, 2, "NOT_THE_SUM", "its gradient is not the sum of its 2 contributions"),
        (6 * A + 0.5, 3, "NOT_THE_SUM", "its gradient is not the sum of its 3 contributions"),
    ],
)
def test_a_sum_that_is_none(value, count, kind, said):
    found = at_leaf(value, count=count)
    assert [f.kind for f in found] == ([kind] if kind else [])
    assert all(f.note.startswith(said) for f in found), found


def test_the_element_that_is_furthest_off_is_told():
    value = 3 * A
    value[1] += 0.25
    value[2] -= 0.5
    (found,) = at_leaf(value)
    assert (found.worst, found.wrong, found.analytic, found.numeric) == ((2,), 2, 11.5, 12.0)
    assert found.note.endswith("; at [2] 11.5 instead of 12")
    value[0] = np.nan
    assert at_leaf(value)[0].worst == (0,)
    assert at_leaf(np.ones((3, 1)))[0].worst is None


def test_what_was_written_into_after_it_was_sent():
    x = Tensor(np.ones(3), requires_grad=True)
    y, flow, array = x * 2.0, Flow(), A.copy()
    flow.backward(y, 0, A, array)
    array[0] = 9
    (found,) = broken_rules([x], {}, flow, {x: array})
    assert found.kind == "ALIASED"
    assert found.note.startswith("what multiply, at test_flow.py")
    assert "had sent was written into later" in found.note


def test_the_seed_counts_as_sent_and_a_hook_may_change_what_it_likes():
    x = Tensor(np.ones(3), requires_grad=True)
    assert broken_rules([x], {x: A}, Flow(), {x: A}) == []
    (found,) = broken_rules([x], {x: A}, Flow(), {x: 2 * A})
    assert (found.kind, found.op) == ("DOUBLE_COUNTED", "the leaf of shape (3,)")
    x.register_hook(lambda g: 2 * g)
    assert broken_rules([x], {x: A}, Flow(), {x: 2 * A}) == []


def test_of_the_seed_and_one_more_the_one_that_was_kept_is_named():
    x = Tensor(np.ones(3), requires_grad=True)
    flow = Flow()
    flow.backward(x * 2.0, 0, A, 3 * A)
    (found,) = broken_rules([x], {x: A}, flow, {x: 3 * A})
    assert found.kind == "OVERWRITTEN"
    assert "only what multiply" in found.note


def test_numbers_are_the_same_but_for_rounding():
    eps = np.finfo(float).eps
    assert same(A, A * (1 + 10 * eps))
    assert same(A + np.array([1000, 0, 0]) * eps, A)
    assert not same(A, A * (1 + 1e5 * eps))
    assert same(A.astype(np.float32), (A * (1 + 1e-6)).astype(np.float32))
    assert not same(A, A[:2])
    assert not same(A, A[None])
    special = np.array([np.nan, np.inf, -np.inf])
    assert same(special, special)
    assert not same(special, np.array([0.0, np.inf, -np.inf]))
    assert not same(np.array([0.0, np.inf, -np.inf]), special)
    assert not same(special, np.array([np.nan, -np.inf, -np.inf]))
    assert same(np.zeros(0), np.zeros(0))
    assert same(np.array([1e300, np.inf]), np.array([1e300, np.inf]))


def test_a_place_is_the_line_of_the_user_or_that_of_the_op():
    y = np.tanh(Tensor([1.0], requires_grad=True))  # here
    assert place_of(y).endswith("# here")
    assert fault("WRONG", y, "a note").headline.startswith("WRONG gradient: tanh, at test_flow.py")
    named = fault("DOUBLE_COUNTED", Tensor([1.0], name="w"), "", operand="operand 0 (x)")
    assert named.headline.startswith("DOUBLE COUNTED gradient: w, operand 0 (x), at test_flow.py")
    assert (named.shape, named.age) == ((1,), named.age)
    inside = mg.relu(Tensor([1.0], requires_grad=True))
    inside.code = place_of.__code__  # as if a command had called it
    assert place_of(inside).endswith(", where it is defined")
    assert place_of(inside).startswith("activations.py:")


def test_the_last_to_add_is_the_one_that_came_too_late():
    x = Tensor(np.ones(3), requires_grad=True)
    h = np.tanh(x)
    uses = [h * 2.0, np.exp(h), np.sin(h)]
    y = uses[0] + uses[1] + uses[2]
    sent = [(uses[2], 0, A, A), (uses[1], 0, A, A), (h, 0, 3 * A, A), (uses[0], 0, A, A)]
    flow = Flow()
    for each in sent:
        flow.backward(*each)
    (found,) = broken_rules([h], {}, flow, {})
    assert found.kind == "EARLY"
    assert "before multiply, at" in found.note
    assert y.op is not None
