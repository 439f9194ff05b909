"""Numbers that left the tape and came back: how they are looked for, step by step."""

import linecache

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine import Tensor, history
from minigrad.gradcheck import gradcheck
from minigrad.gradcheck.untracked import (
    Constant,
    Run,
    at,
    copied_values,
    differs,
    displaced,
    expression,
    frozen,
    left_the_tape,
    moved,
    run,
)
from minigrad.modes import stopped, watch
from minigrad.source import Source


def leaf(*values, name="w"):
    return Tensor(np.array(values), requires_grad=True, name=name)


def test_a_displacement_is_of_one_to_two_millionths_of_every_element():
    x = np.array([[1000.0, -1.0], [0.0, 1e-9]])
    change = displaced(x) - x
    scale = np.maximum(abs(x), 0.1 * np.sqrt((1000**2 + 1 + 1e-18) / 3))
    assert np.all((0.99e-6 * scale < change) & (change < 2.01e-6 * scale))
    assert np.array_equal(displaced(x), displaced(x))
    assert displaced(x.astype(np.float32)).dtype == np.float32
    whole = np.array([1, 2])
    assert displaced(whole) is whole


def test_leaves_are_moved_and_come_back_even_after_an_error():
    a, b = leaf(1.0, 2.0), leaf(3.0)
    before = a.data, b.data
    with pytest.raises(KeyError), moved([a, b]):  # noqa: PT012
        assert np.all(a.data != [1.0, 2.0])
        assert b.data != 3.0
        raise KeyError
    assert (a.data is before[0], b.data is before[1]) == (True, True)


def test_a_run_writes_down_its_nodes_and_displaces_those_in_the_cut():
    w = leaf(1.0, 2.0)
    nodes, outputs = run(lambda: np.exp(np.tanh(w) * 2).sum())
    assert [y.op.name for y in nodes] == ["tanh", "multiply", "exp", "sum"]
    assert [y.op.name for y in outputs] == ["sum"]
    for cut in range(4):
        log = Run(slice(cut, cut + 1))
        with watch(log):
            np.exp(np.tanh(w) * 2).sum()
        alike = [np.array_equal(a.data, b.data) for a, b in zip(nodes, log.nodes, strict=True)]
        assert alike == [True] * cut + [False] * (4 - cut)


def test_what_counts_as_a_constant():
    w = leaf(1.0, 2.0)
    assert frozen(w)
    assert frozen(np.exp(w))
    assert frozen(w.detach())
    assert frozen(3)
    assert frozen("a")
    assert not frozen(1.5)
    assert not frozen(np.float32(1.5))
    assert not frozen(np.ones(2))
    assert not frozen(Tensor([1.0]))
    assert not frozen(mg.tensor([1.0]))


def test_a_line_that_was_edited_since_may_be_cut_within_a_letter(tmp_path):
    path = tmp_path / "edited.py"
    path.write_text("x = f(1)\n")
    code = compile(path.read_text(), str(path), "exec")
    call = next(2 * i for i, places in enumerate(code.co_positions()) if places[2] == 4)
    path.write_text("x =\u00e9\u00e9\u00e9\n")
    linecache.checkcache(str(path))
    assert expression(Source(code, call)).endswith("\u00e9\u00e9\n")


def test_the_expression_is_the_line_from_where_the_call_begins():
    t = 0 * 1 + (mg.tensor([1.0]))
    assert expression(t.source).startswith("0 * 1 + (mg.tensor([1.0]))")
    made = [mg.tensor([2.0])]
    assert expression(made[0].source) == "mg.tensor([2.0])]\n"
    code = compile("x = 1", "<nowhere>", "exec")
    assert expression(Source(code, 0)) == ""
    assert expression(Source(code, 10_000)) == ""
    assert expression(Source(code.replace(co_linetable=b""), 2)) == ""


def test_operands_of_two_runs_are_compared():
    w = leaf(1.0, np.nan)
    one, _ = run(lambda: (w * np.array([1.0, np.nan])) * 2.0)
    two, _ = run(lambda: (w * np.array([1.0, np.nan])) * 3.0)
    other, _ = run(lambda: (w * np.array([[1.0, 2.0], [3.0, 4.0]])) * 2)
    first, second = Constant(0, 1), Constant(1, 1)
    assert at(one, second) == 2.0
    assert not differs(one, two, first)
    assert differs(one, two, second)
    assert not differs(one, other, first)  # of another shape
    assert not differs(one, other, second)  # the same number, as an integer
    assert not differs(one, one[:1], second)
    assert not differs(one, two, Constant(0, 7))
    assert not differs([*one, one[0]], one, Constant(2, 1))
    picked, _ = run(lambda: w[np.array([0])])
    again, _ = run(lambda: w[np.array([1])])
    assert not differs(picked, again, Constant(0, 1))  # of whole numbers


def test_a_copy_of_values_is_noted_where_it_can_be_no_accident():
    w = leaf(0.3, 0.7)
    (note,) = copied_values(history([(w * w.data).sum()]))
    assert note.startswith("operand 1 (x2) of multiply at test_untracked.py")
    assert note.endswith(" has the values of w but no gradient flows there: .detach() says so")
    assert copied_values(history([(w * np.array([0.3, 0.8])).sum()])) == []
    assert copied_values(history([(w * w.detach()).sum()])) == []
    halves = leaf(0.5, -1.25)
    assert copied_values(history([(halves * halves.data).sum()])) == []


def test_the_place_and_the_origin_are_named():
    w, v = leaf(0.3, 0.7), leaf(0.2, 0.9, name="v")

    def of_a_leaf():
        return (w * np.exp(v.data)).sum()  # back

    def of_a_result():
        h = np.tanh(w)  # out
        g = np.sin(h)
        return (g * h.data).sum()

    (found,) = left_the_tape(of_a_leaf, [w, v])
    assert (found.kind, found.op, found.operand) == ("LEFT_THE_TAPE", "multiply", "operand 1 (x2)")
    assert "# back" in found.source
    assert found.note.startswith("the values of v left the tape (.data, .numpy(), .item()) and come back here")
    (found,) = left_the_tape(of_a_result, [w])
    assert "the values of the result of tanh" in found.note
    assert "# out" in found.note
    assert left_the_tape(lambda: (w * v).sum(), [w, v]) == []


def test_what_changes_from_run_to_run_or_is_off_the_way_to_the_output_is_not_accused():
    w, rng = leaf(0.3, 0.7), np.random.default_rng(0)
    assert left_the_tape(lambda: (w * rng.random(2)).sum(), [w]) == []

    def aside():
        w * w.data
        return w.sum()

    assert left_the_tape(aside, [w]) == []
    assert left_the_tape(lambda: (w * 2.0).sum() if w.data[0] > 0.3 else (w + w.data).sum(), [w]) == []


def test_the_leaves_are_named_together_where_none_moves_it_alone():
    w, v = leaf(0.3), leaf(0.7, name="v")
    start = w.data.copy(), v.data.copy()

    def both():
        moved_both = np.any(w.data != start[0]) and np.any(v.data != start[1])
        return (w * v * np.array([1.0 + moved_both])).sum()

    (found,) = left_the_tape(both, [w, v])
    assert found.note.startswith("the values of the leaves left the tape")


def test_looking_causes_no_warning():
    w = leaf(0.3, 0.7)
    assert left_the_tape(lambda: np.log(w - 0.5).sum(), [w]) == []


def test_of_several_places_the_first_is_told_and_the_rest_counted():
    def fn(x):
        h = np.tanh(x) * x.data  # first
        return h + np.exp(x) * np.max(x.data)  # second

    report = gradcheck(fn, np.array([0.3, 0.7]))
    assert "# first" in report.where
    assert "(and 1 more such place" in report.notes[0]


def test_after_a_place_was_looked_for_detached_values_are_copies_again():
    before = stopped.get()
    assert not gradcheck(lambda x: x * x.data, np.array([0.3, 0.7]))
    assert stopped.get() is before
    w = leaf(0.3, 0.7)
    assert w.detach().data.tolist() == [0.3, 0.7]
