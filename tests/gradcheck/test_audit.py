"""An audit names what is wrong with a backward pass: the node, the operand, the element, the line."""

import re

import numpy as np
import pytest

import minigrad as mg
from minigrad import engine
from minigrad.engine import history
from minigrad.gradcheck.audit import audit
from minigrad.gradcheck.verdict import Verdict
from tests.gradcheck.models import FAULTS, model, parameters, plant

pytestmark = pytest.mark.usefixtures("every_report_as_before")


def small(name="w"):
    """A leaf used twice, and a loss."""
    w = mg.tensor([[0.5, -1.0], [2.0, 0.3]], requires_grad=True, name=name)
    h = np.tanh(w)
    return w, h, (h * h + w).sum()


@pytest.mark.parametrize("seed", range(3))
def test_a_right_model_passes_for_at_most_25_forward_passes(seed):
    loss = model(parameters(seed))
    loss.backward()
    report = audit(loss)
    assert report, report
    assert (report.nodes, report.leaves) == (26, 5)
    assert report.cost <= 25


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
@pytest.mark.parametrize("name", FAULTS)
def test_of_26_ops_the_one_with_a_broken_formula_is_named_and_no_other(name, seed, as_before):
    p = parameters(seed)
    loss = model(p)
    op, which, position, formula = FAULTS[name]
    node = plant(loss, op, which, position, formula)
    loss.backward()
    report = audit(loss, rng=seed)
    as_before(report)
    assert {found.age for found in report.faults} == {node.age}
    assert {found.kind for found in report.faults} == {"WRONG"}
    assert any(found.operand.startswith(f"operand {position}") for found in report.faults)
    assert str(node.source) in str(report).splitlines()[0]
    assert len(str(report).partition("\n  reproduce:")[0].splitlines()) <= 6


def test_the_report_says_what_where_and_how_far_off():
    loss = model(parameters(0))
    plant(loss, *FAULTS["tanh: of the argument"])
    loss.backward()
    lines = str(audit(loss)).partition("\n  reproduce:")[0].splitlines()
    assert re.fullmatch(r"WRONG gradient: tanh, operand 0 \(x\), at models.py:\d+  h = .*  \(node 4 of 26\)", lines[0])
    assert re.match(r"  worst element \[\d, \d\]: backward gives .*, finite differences give .* ± ", lines[1])
    assert lines[2].startswith("  diagnosis: CHAIN_FACTOR: the local derivative is (1 - x**2); (1 - y**2) fits")
    heirs = lines[-1].removeprefix("  everything upstream inherits this error: ").split(", ")
    assert set(heirs) == {"emb", "w", "b"}


def test_one_wrong_element_of_a_large_operand_is_found_by_halving():
    x = mg.tensor(np.random.default_rng(0).standard_normal((120, 100)), requires_grad=True)
    loss = np.square(x).sum()
    wrong = np.zeros(x.shape)
    wrong[77, 7] = 1e-3
    node = plant(loss, "square", 0, 0, lambda g, y, x: 2 * g * x * (1 + wrong))
    loss.backward()
    (found,) = audit(loss).faults
    assert (found.age, found.worst) == (node.age, (77, 7))


def test_a_leaf_is_checked_at_ties_and_kinks_and_right_subgradients_are_not_accused():
    x = mg.tensor([[1.0, 1.0, 2.0, 2.0, 2.0, 0.0], [0.0] * 6, [-1.0] * 6], requires_grad=True)
    loss = (np.max(x, axis=1) + mg.relu(mg.relu(x)).sum(axis=1) + np.abs(x).sum(axis=1)).sum()
    loss = loss + np.maximum(x, 0.0).sum() + np.sort(x, axis=0).sum() + np.clip(x, 0, 1).sum()
    loss.backward()
    assert audit(loss)


def test_a_tie_that_sends_the_whole_gradient_to_every_winner_is_named():
    x = mg.tensor([[1.0, 1.0, 2.0, 2.0, 2.0, 0.0], [3.0] * 6], requires_grad=True)
    loss = (np.max(x, axis=1, keepdims=True) * 2).sum()
    plant(loss, "max", 0, 0, lambda g, y, x, *_, **__: g * (x == y))
    loss.backward()
    (found,) = audit(loss).faults
    assert (found.op, found.verdict) == ("max", Verdict.KINK_WRONG)
    assert "tied elements" in str(audit(loss)).splitlines()[1]


def test_a_formula_that_is_not_a_number_where_the_derivative_is_one_is_named():
    loss = np.square(mg.tensor([1.0, 0.0, 2.0], requires_grad=True)).sum()
    plant(loss, "square", 0, 0, lambda g, y, x: 2 * g * x * x / x)
    (found,) = audit(loss).faults
    assert (found.op, found.worst) == ("square", (1,))


@pytest.mark.skipif(np.finfo(np.longdouble).eps > 1e-18, reason="needs a float longer than float64")
def test_an_op_in_which_digits_cancel_is_not_accused_and_a_wrong_one_is():
    def audited(size):
        x = mg.tensor(np.random.default_rng(0).standard_normal(6) * size, requires_grad=True)
        loss = mg.tanhshrink(x).sum()
        return loss, audit(loss)

    assert all(audited(size)[1] for size in (1e-3, 1e-4, 1e-5, 1e-6))
    loss, _ = audited(1e-3)
    plant(loss, "tanhshrink", 0, 0, lambda g, y, x: g * np.tanh(x))
    assert not audit(loss)


def test_an_infinite_slope_is_not_accused():
    assert audit((np.sqrt(mg.tensor([1.0, 0.0], requires_grad=True)) * 2).sum())


def test_a_float32_model_is_judged_in_float64():
    p = {name: mg.tensor(x.data, dtype="float32", requires_grad=True) for name, x in parameters(0).items()}
    loss = model(p)
    loss.backward()
    assert audit(loss)


def test_detached_tensors_and_straight_through_estimators_are_not_accused():
    x = mg.tensor([0.3, 1.7, -2.2], requires_grad=True)

    @mg.op(x=lambda g, y, x: g, surrogate=True)
    def rounded(x):
        """y = round(x), dy/dx = 1 by declaration."""
        return np.round(x)

    def loss():
        with mg.no_grad():
            target = np.tanh(x) * 2
        straight = x + (np.round(x) - x).detach()
        return (x * x.detach() + rounded(x) * straight + (x - target) ** 2).sum()

    out = loss()
    out.backward()
    assert audit(out, fn=loss)


def test_a_straight_through_estimator_that_is_not_declared_is_named():
    @mg.op(x=lambda g, y, x: g)
    def rounded(x):
        """y = round(x)."""
        return np.round(x)

    loss = rounded(mg.tensor([0.3, 1.7, -2.2], requires_grad=True)).sum()
    loss.backward()
    assert audit(loss).faults[0].op == "rounded"


def test_a_graph_that_backward_has_not_been_called_on_is_audited_and_the_report_says_so():
    report = audit(small()[2])
    assert report
    assert "backward() has not been called" in str(report)


def test_an_audit_changes_nothing():
    w, _, loss = small()
    loss.backward()
    grad, data, replaced = w.grad.copy(), w.data.copy(), w.replaced
    audit(loss, fn=lambda: np.tanh(w).sum())
    assert np.array_equal([w.grad, w.data], [grad, data])
    assert w.replaced is replaced


def test_the_report_is_json_too():
    loss = model(parameters(0))
    node = plant(loss, *FAULTS["exp: times the argument"])
    loss.backward()
    found = audit(loss).to_dict()
    assert found["faults"] == [{"kind": "WRONG", "op": "exp", "source": str(node.source)}]
    assert not found["ok"]


def test_a_right_gradient_that_arrives_multiplied_through_a_hook_is_not_accused():
    _, h, _ = small()
    h.register_hook(lambda g: g * 3)
    loss = (h * h).sum()
    loss.backward()
    assert audit(loss)


class TestGrads:
    """What stands in ``.grad`` is compared with what the backward pass adds."""

    def fault(self, loss):
        report = audit(loss)
        assert len(report.faults) == 1, report
        return report.faults[0]

    def test_a_gradient_that_was_lost(self):
        w, _, loss = small()
        loss.backward()
        kept, w.grad = mg.tensor([1.0], requires_grad=True), None
        both = loss + kept.sum()
        both.backward()
        w.grad = None
        assert (self.fault(both).kind, self.fault(both).op) == ("MISSING", "w")

    def test_a_gradient_of_two_backwards(self):
        _, _, loss = small()
        loss.backward()
        loss.backward()
        assert self.fault(loss).kind == "DOUBLE_COUNTED"

    def test_a_gradient_from_before(self):
        w, _, loss = small()
        w.grad = np.arange(4.0).reshape(2, 2)
        loss.backward()
        assert self.fault(loss).kind == "STALE_GRAD"

    def test_a_gradient_of_the_last_use_alone(self):
        w, h, _ = small()
        loss = (h * h + w + 3 * w).sum()
        loss.backward()
        g = w.grad
        for use, kind in ((g - 1 - 3 * np.ones((2, 2)), "OVERWRITTEN"), (3 * np.ones((2, 2)), "STALE_GRAD")):
            w.grad = use
            found = self.fault(loss)
            assert found.kind == kind
            assert found.op == "w"
        w.grad = g - 4
        assert self.fault(loss).note == "its .grad is only the last of 3 contributions"
        w.grad = g + 0.25
        assert self.fault(loss).note.startswith("its .grad is off by up to 0.25 from what this backward pass adds")
        w.grad = 9 * g
        assert "is 9 times" in self.fault(loss).note

    def test_a_gradient_of_the_wrong_dtype(self):
        w, _, loss = small()
        loss.backward()
        w.grad = w.grad.astype("float32")
        assert self.fault(loss).kind == "MISSHAPEN"

    def test_two_gradients_in_the_same_memory(self):
        a, b = mg.tensor([1.0, 2.0], requires_grad=True), mg.tensor([3.0, 4.0], requires_grad=True)
        loss = (a + b).sum()
        loss.backward()
        b.grad = a.grad[:]
        assert self.fault(loss).kind == "ALIASED"

    def test_a_gradient_in_the_memory_of_its_data(self):
        a = mg.tensor([1.0, 1.0], requires_grad=True)
        loss = a.sum()
        a.grad = a.data
        assert self.fault(loss).kind == "ALIASED"


class TestSavedValues:
    """Arrays that changed after the forward are found, whoever changed them."""

    def test_an_assignment_is_named_with_its_line_and_that_of_the_op(self):
        w, _, loss = small()
        loss.backward()
        w.data = w.data * 2  # here
        report = audit(loss)
        assert report.faults[0].kind == "STALE"
        assert "# here" in str(report)
        assert "h = np.tanh(w)" in str(report)

    def test_a_leaf_written_into_in_place(self):
        w, _, loss = small()
        loss.backward()
        w.data[0, 0] = 7.0
        (found, *_) = audit(loss).faults
        assert (found.kind, found.op, found.operand) == ("SAVED_MUTATED", "tanh", "operand 0 (x)")
        assert "values of w were written into" in found.note

    def test_a_result_written_into_in_place(self):
        _, h, loss = small()
        loss.backward()
        h.data[0, 0] = 7.0
        (found, *_) = audit(loss).faults
        assert (found.kind, found.op, found.operand) == ("SAVED_MUTATED", "tanh", "")
        assert "its values were written into" in found.note

    def test_a_forward_that_draws_at_random(self):
        rng = np.random.default_rng(0)

        @mg.op(x=lambda g, y, x: g)
        def noisy(x):
            """y = x + noise."""
            return x + rng.standard_normal(x.shape)

        report = audit(noisy(mg.tensor([1.0], requires_grad=True)).sum())
        assert (report.verdict, report.faults[0].op) == (Verdict.NONDETERMINISTIC, "noisy")

    def test_a_formula_that_keeps_a_state(self):
        calls = iter(range(1, 1000))

        @mg.op(x=lambda g, y, x: g * 2 + 0 * next(calls) + (next(calls) < 3))
        def twice(x):
            """y = 2 x."""
            return 2 * x

        assert "UNREPEATABLE" in {
            found.kind for found in audit(twice(mg.tensor([1.0], requires_grad=True)).sum()).faults
        }


class TestTheTape:
    """Paths that left the tape are found by computing the function again."""

    @pytest.mark.parametrize(
        ("leave", "origin"),
        [(lambda h: h.data, "tanh"), (lambda h: h.numpy() ** 2, "tanh"), (lambda h: h.sum().item(), "sum")],
        ids=["data", "numpy", "item"],
    )
    def test_the_way_out_and_the_way_back_are_named(self, leave, origin):
        w = mg.tensor([0.5, -1.0, 2.0], requires_grad=True, name="w")

        def loss():
            h = np.tanh(w * 2)  # out
            inside = np.exp(h) - h
            return (inside * leave(h)).sum()  # back

        out = loss()
        out.backward()
        (found,) = audit(out, fn=loss).faults
        assert (found.kind, found.op, found.operand) == ("LEFT_THE_TAPE", "multiply", "operand 1 (x2)")
        assert "# back" in found.source
        assert f"the result of {origin}" in found.note

    def test_a_number_that_came_back_as_a_tensor(self):
        w = mg.tensor([0.5, -1.0, 2.0], requires_grad=True, name="w")

        def loss():
            h = np.tanh(w * 2)  # out
            return (h * mg.tensor(np.exp(h.data)) - h.detach() * mg.tensor([1.0, 2.0, 3.0])).sum()

        out = loss()
        out.backward()
        (found,) = audit(out, fn=loss).faults
        assert found.kind == "LEFT_THE_TAPE"
        assert "result of tanh" in found.note
        assert "# out" in found.note

    def test_without_the_function_a_copy_is_noted_but_not_accused(self):
        w = mg.tensor([0.5, -1.0, 0.3], requires_grad=True, name="w")
        h = np.tanh(w)
        report = audit((h * h.data + h * h.detach() + h * 0.5).sum())  # back
        assert report
        (note,) = report.notes[1:]
        assert "operand 1 (x2) of multiply at test_audit.py" in note
        assert "the result of tanh" in note

    def test_a_leaf_that_is_not_on_the_tape_at_all(self):
        w, v = (mg.tensor([0.5, -1.0], requires_grad=True, name=name) for name in "wv")

        def loss():
            return (w * np.exp(v.data)).sum()

        out = loss()
        out.backward()
        assert audit(out, fn=loss)
        assert "the values of v left the tape" in str(audit(out, fn=loss, params=[v]))

    def test_what_is_drawn_anew_each_time_is_no_path(self):
        w, rng = mg.tensor([0.5, -1.0], requires_grad=True), np.random.default_rng(0)

        def loss():
            return (w * rng.standard_normal(2)).sum()

        out = loss()
        out.backward()
        assert audit(out, fn=loss)


def overwriting(pending, x, contribution):
    pending[x] = contribution


def doubling(pending, x, contribution):
    pending[x] = pending[x] + 2 * contribution if x in pending else contribution


def in_place(pending, x, contribution):
    if x in pending:
        pending[x] += contribution
    else:
        pending[x] = contribution


def adding(pending, x, contribution):
    pending[x] = pending[x] + contribution if x in pending else contribution


def as_made(outputs):
    return history(outputs)


def too_early(outputs):
    """Breadth first from the output: the right order only if all ways are equally long."""
    found, queue = {}, list(outputs)
    while queue:
        y = queue.pop(0)
        if y not in found:
            found[y] = None
            queue += [x for x in y.args if isinstance(x, mg.Tensor) and x.requires_grad]
    return found


def walk_like(accumulate=adding, order=as_made, skip=None):
    """A copy of the walk with another way to add up, another order, or a node left out."""

    def walk(outputs, gradients, targets=None, create_graph=False):
        pending, arrived = dict(zip(outputs, gradients, strict=True)), {}
        for y in order(outputs):
            if y not in pending:
                continue
            g = pending.pop(y)
            if y.op is None:
                arrived[y] = g
                continue
            if skip and y.op.name == skip:
                continue
            tracked = {x for x in y.args if isinstance(x, mg.Tensor) and x.requires_grad}
            for i, x, contribution in engine._pull_back(y, g, tracked, False):
                accumulate(pending, x, contribution)
                for watcher in engine.mode.get().watchers:
                    watcher.backward(y, i, g, contribution)
        return arrived

    return walk


def recursive(outputs, gradients, targets=None, create_graph=False):
    """Recursion from each use down to the leaves: what a node has got so far is sent on again with every use."""
    pending, arrived = {}, {}

    def visit(y, g):
        adding(pending, y, g)
        if y.op is None:
            arrived[y] = pending[y]
            return
        tracked = {x for x in y.args if isinstance(x, mg.Tensor) and x.requires_grad}
        for i, x, contribution in engine._pull_back(y, pending[y], tracked, False):
            for watcher in engine.mode.get().watchers:
                watcher.backward(y, i, pending[y], contribution)
            visit(x, contribution)

    visit(outputs[0], gradients[0])
    return arrived


class TestTheWalk:
    """A broken walk is named by the rule that it breaks, at the node where it breaks it first."""

    @pytest.mark.parametrize(
        ("walk", "kind"),
        [
            (walk_like(overwriting), "OVERWRITTEN"),
            (walk_like(doubling), "NOT_THE_SUM"),
            (walk_like(order=too_early), "EARLY"),
            (walk_like(skip="tanh"), "MISSING"),
            (recursive, "DOUBLE_COUNTED"),
        ],
        ids=lambda x: x if isinstance(x, str) else "",
    )
    def test_the_rule_and_the_node_are_named(self, walk, kind, monkeypatch):
        _, h, _ = small()
        loss = (h * np.exp(np.sin(h))).sum()  # h is used here, and three ops later
        monkeypatch.setattr(engine, "walk", walk)
        loss.backward()
        report = audit(loss)
        first = report.faults[0]
        assert (first.kind, first.op) == (kind, "tanh")
        assert str(h.source) in str(report).splitlines()[0]
        assert "WRONG" not in {found.kind for found in report.faults}
        assert len(str(report).partition("\n  reproduce:")[0].splitlines()) <= 6

    def test_buffers_that_are_shared_and_written_into(self, monkeypatch):
        a, b = mg.tensor([0.5, 1.0], requires_grad=True, name="a"), mg.tensor([2.0, 3.0], requires_grad=True, name="b")
        p, q = a * 2, b * 2
        square = p * p
        loss = (np.tanh(p + q) + square).sum()
        monkeypatch.setattr(engine, "walk", walk_like(in_place))
        loss.backward()
        first = audit(loss).faults[0]
        assert first.kind == "ALIASED"
        assert "had sent was written into later" in first.note

    def test_a_walk_that_does_not_look_whether_its_data_is_stale(self, monkeypatch):
        pull_back = engine._pull_back

        def blind(y, *rest):
            age, y.age = y.age, engine.next_age()
            try:
                return pull_back(y, *rest)
            finally:
                y.age = age

        w, _, loss = small()
        w.data = w.data * 3
        monkeypatch.setattr(engine, "_pull_back", blind)
        loss.backward()
        (found, *_) = audit(loss).faults
        assert (found.kind, found.op) == ("STALE", "tanh")

    def test_in_the_model_of_26_ops_an_overwriting_walk_is_not_blamed_on_a_formula(self, monkeypatch):
        loss = model(parameters(1))
        monkeypatch.setattr(engine, "walk", walk_like(overwriting))
        loss.backward()
        assert {found.kind for found in audit(loss).faults} == {"OVERWRITTEN"}


def test_of_two_broken_formulas_the_newest_is_diagnosed_and_reproduced():
    doubled = engine.Op(lambda x: np.tanh(x), [lambda g, y, x: 2 * g * (1 - y * y)])
    halved = engine.Op(lambda x: np.exp(x), [lambda g, y, x: 0.5 * g * y])
    w = mg.tensor([0.5, -1.0], requires_grad=True, name="w")
    report = audit(doubled(halved(w)).sum())
    newest, other = report.faults
    assert newest.diagnosis.startswith("FACTOR: it is 2 ")
    assert other.diagnosis == ""
    assert f"test_audit.py:{doubled.forward.__code__.co_firstlineno}:" in report.reproduce
