"""Whether the arrays of a graph are still those of its forward pass: who wrote, where, and what it spoils."""

import numpy as np

import minigrad as mg
from minigrad.engine import Op, Tensor, history
from minigrad.gradcheck import Verdict
from minigrad.gradcheck.saved import computed_again, named, replaced, rewritten


def leaves(*names):
    return [Tensor([0.5, -1.0], requires_grad=True, name=name) for name in names]


def test_nothing_has_changed():
    a, b = leaves("a", "b")
    nodes = history([(np.tanh(a) * b + a).sum()])
    assert replaced(nodes) == rewritten(nodes) == []


def test_replaced_data_is_told_at_its_first_use():
    a, b = leaves("a", "b")
    product = a * b  # used
    later = np.exp(b)
    b.data = np.zeros(2)  # replaced
    (found,) = replaced(history([(product + later).sum()]))
    assert (found.kind, found.op, found.operand) == ("STALE", "multiply", "operand 1 (x2)")
    assert "# used" in found.source
    assert found.note.startswith("the data of b was replaced at test_saved.py")
    assert "# replaced" in found.note
    assert found.note.endswith("after this op had used it: audit before the step that replaces it")


def test_data_replaced_before_its_use_is_none():
    a, b = leaves("a", "b")
    b.data = np.zeros(2)
    assert replaced(history([(a * b).sum()])) == []


def test_a_result_that_was_replaced_names_no_operand():
    (a,) = leaves("a")
    h = np.tanh(a)
    h.data = np.zeros(2)
    (found,) = replaced(history([h.sum()]))
    assert (found.op, found.operand) == ("tanh", "")
    assert "the data of the result of tanh, made at test_saved.py" in found.note


def test_an_operand_beside_plain_numbers_and_twice_the_same():
    a, b = leaves("a", "b")
    y = np.where(np.array([True, False]), 2.0, a)
    a.data = np.ones(2)
    assert replaced(history([y.sum()]))[0].operand.startswith("operand 2")
    z = b * b
    b.data = np.ones(2)
    assert replaced(history([z.sum()]))[0].operand == "operand 0 (x1)"


def test_what_wrote_into_a_leaf_is_found_at_its_oldest_use():
    a, b = leaves("a", "b")
    y = (np.tanh(a) * b + np.exp(a)).sum()
    a.data[0] = 3
    (found,) = rewritten(history([y]))
    assert (found.kind, found.op, found.operand) == ("SAVED_MUTATED", "tanh", "operand 0 (x)")
    assert found.note == "the values of a were written into in place after this op had used them"


def test_of_two_operands_that_may_have_been_written_into_both_are_named():
    a, b = leaves("a", "b")
    y = (a * b).sum()
    b.data[0] = 3
    (found,) = rewritten(history([y]))
    assert found.note.startswith("the values of a or of b were written into")
    constant = mg.tensor([1.0, 2.0], name="c")
    y = (constant * a).sum()
    constant.data[0] = 3
    (found,) = rewritten(history([y]))
    assert found.note.startswith("the values of a or of c were written into")  # what is trained, first
    assert found.operand == "operand 1 (x2)"


def test_an_operand_that_others_used_and_that_is_as_it_was_is_not_suspected():
    a, b = leaves("a", "b")
    y = (a * b + np.exp(a)).sum()
    b.data[0] = 3
    (found,) = rewritten(history([y]))
    assert (found.op, found.note[:22]) == ("multiply", "the values of b were w")


def test_a_result_that_was_written_into():
    (a,) = leaves("a")
    h = np.tanh(a)
    y = (h * h).sum()
    h.data[0] = 3
    (found,) = rewritten(history([y]))
    assert (found.kind, found.op, found.operand) == ("SAVED_MUTATED", "tanh", "")
    assert found.note == "its values were written into in place after it had been computed"


def test_a_forward_with_a_memory_or_with_chance():
    state = [0.0]
    keeps = Op(lambda x: x + state[0], [lambda g, y, x: g])
    y = keeps(Tensor([1.0], requires_grad=True)).sum()
    state[0] = 1.0
    (found,) = rewritten(history([y]))
    assert found.kind == "SAVED_MUTATED"
    rng = np.random.default_rng(0)
    draws = Op(lambda x: x + rng.random(x.shape), [lambda g, y, x: g])
    (found,) = rewritten(history([draws(Tensor([1.0], requires_grad=True)).sum()]))
    assert (found.kind, found.verdict) == ("NONDETERMINISTIC", Verdict.NONDETERMINISTIC)
    assert found.note.startswith("computed twice on the same operands, its forward gives two results")


def test_values_that_are_not_a_number_are_still_the_same():
    x = Tensor([-1.0, 4.0], requires_grad=True)
    with np.errstate(all="ignore"):
        y = np.sqrt(x)
    assert rewritten(history([y.sum()])) == []
    assert np.isnan(computed_again(y)[0])


def test_names():
    (a,) = leaves("a")
    assert named(np.ones(2)) == "an array"
    assert named(a) == "a"
    assert named(Tensor([1.0, 2.0])).startswith("the leaf of shape (2,), made at test_saved.py")
    assert named(np.exp(a)).startswith("the result of exp, made at test_saved.py")
