"""``opcheck`` finds, from ordinary samples, what only unusual calls bring to light."""

import numpy as np
import pytest

from minigrad.declare import OPS
from minigrad.gradcheck.contract import check_contract
from minigrad.gradcheck.diagnosis.black_box import black_box
from minigrad.gradcheck.grid import grid
from minigrad.gradcheck.opcheck import opcheck
from minigrad.gradcheck.verdict import Verdict
from minigrad.samples import Drawn, call, real

pytestmark = pytest.mark.usefixtures("every_report_as_before")

GOOD = ("add", "multiply", "sum", "max", "softmax", "getitem", "concatenate", "clip", "where", "standardize", "cumsum")


def double(x):
    return 2 * x


def of_double(backward):
    return opcheck(black_box(double, backward), real(2, 3), rng=0)


@pytest.mark.parametrize("name", [name for name in GOOD if name in OPS])
def test_a_right_op_passes(name):
    report = opcheck(OPS[name], rng=0)
    assert report, report
    assert any("contract and the numbers hold at" in note for note in report.notes)


def test_a_call_that_proves_nothing_does_not_end_the_check():
    late = black_box(
        lambda x: x - x.mean(-1, keepdims=True), lambda g, y, x: g if len(x) > 2 else g - g.mean(-1)[:, None]
    )
    assert opcheck(late, real(2, 1), real(5, 4), rng=0).verdict is Verdict.WRONG


def test_a_vacuous_sample_among_others_is_no_failure():
    right = black_box(lambda x: x - x.mean(-1, keepdims=True), lambda g, y, x: g - g.mean(-1, keepdims=True))
    assert opcheck(right, real(2, 1), real(5, 4), rng=0)


def test_an_op_without_samples_is_refused():
    with pytest.raises(ValueError, match=r"write opcheck\(op, mg.samples.real\(2, 3\)\)"):
        opcheck(black_box(double, lambda g, y, x: 2 * g))


def test_a_right_black_box_passes():
    assert of_double(lambda g, y, x: 2 * g)


def test_a_wrong_factor_is_diagnosed_and_reproduced():
    report = of_double(lambda g, y, x: g)
    assert report.verdict is Verdict.WRONG
    assert "diagnosis: FACTOR: it is 0.5 = 1/2" in str(report)
    assert "print(mg.opcheck(op, mg.samples.call(x)))" in str(report)


@pytest.mark.parametrize(
    ("backward", "said"),
    [
        (lambda g, y, x: 2 * g * abs(g), "not linear"),
        (lambda g, y, x: 2 * g + 1, "where a gradient of 0 arrives"),
        (lambda g, y, x: 2 * g + np.random.default_rng().standard_normal(), "answers differently"),
        (lambda g, y, x: np.multiply(g, 2, out=g), "writes into"),
        (lambda g, y, x: np.multiply(x, 0, out=x) + 2 * g, "writes into"),
        (lambda g, y, x: (2 * g).sum(axis=-1) if g.ndim else 2 * g, "has shape"),
        (lambda g, y, x: (2 * g).astype(np.float64), "float32 operand is float64"),
        (lambda g, y, x: np.copyto(y, 2 * g) or y, "writes into"),
    ],
)
def test_a_broken_clause_of_the_contract_is_named(backward, said, as_before):
    report = of_double(backward)
    as_before(report)
    assert not report
    assert said in str(report), report


def test_a_gradient_that_shares_the_memory_of_an_operand_is_found():
    rows = black_box(lambda x, w: x + 0 * w, lambda g, y, x, w: (g, w if not g.any() else 0 * g))
    zeros = black_box(lambda x, w: x + 0 * w, lambda g, y, x, w: (g, w))
    drawn = Drawn((np.ones(2), np.zeros(2)), {})
    assert not check_contract(rows, drawn, np.random.default_rng(0))
    found = check_contract(zeros, drawn, np.random.default_rng(0))
    assert any("shares memory" in finding.note for finding in found)


def test_a_forward_with_a_memory_is_found():
    seen = []
    counting = black_box(lambda x: x * (len(seen) + (seen.append(0) or 0)), lambda g, y, x: g * len(seen))
    assert opcheck(counting, real(2), rng=0).verdict in (Verdict.NONDETERMINISTIC, Verdict.WRONG)


def test_a_forward_that_writes_into_its_operand_is_found():
    greedy = black_box(lambda x: np.multiply(x, 2, out=x), lambda g, y, x: 2 * g)
    assert not opcheck(greedy, real(2, 3), rng=0)


TRIGGERS = {
    "broadcasting": (lambda a, b: a + b, lambda g, y, a, b: (g, g), [call(real(4, 5), real(4, 5))]),
    "a batch of more than one": (lambda x: x / len(x), lambda g, y, x: g, [call(real(1, 3))]),
    "no square": (lambda x: x.sum(0), lambda g, y, x: np.ones_like(x) * g[:, None], [call(real(3, 3))]),
    "repeated indices": (
        lambda x, i: x[i],
        lambda g, y, x, i: _put(x, i, g),
        [call(real(4, 2), np.array([0, 2, 1]))],
    ),
    "ties": (lambda x: x.max(-1), lambda g, y, x: g[..., None] * (x == x.max(-1, keepdims=True)), [call(real(3, 4))]),
    "another axis": (
        lambda x, axis=0: x.cumsum(axis),
        lambda g, y, x, axis=0: np.flip(np.flip(g, 0).cumsum(0), 0),
        [call(real(3, 4))],
    ),
    "a negative axis": (
        lambda x, axis=0: x.mean(axis),
        lambda g, y, x, axis=0: np.broadcast_to(np.expand_dims(g, abs(axis)) / x.shape[axis], x.shape),
        [call(real(3, 4), axis=1)],
    ),
    "an option": (
        lambda x, scale=1.0: scale * x,
        lambda g, y, x, scale=1.0: g,
        [call(real(3, 4))],
    ),
    "no axes": (lambda x: 2 * x, lambda g, y, x: 2 * g if g.ndim else 3 * g, [call(real(3, 4))]),
}


def _put(x, i, g):
    out = np.zeros_like(x)
    out[i] = g
    return out


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_the_grid_contains_what_brings_the_fault_to_light(trigger, as_before):
    forward, backward, samples = TRIGGERS[trigger]
    report = opcheck(black_box(forward, backward), *samples, rng=0)
    as_before(report)
    assert report.verdict in (Verdict.WRONG, Verdict.KINK_WRONG), report


def test_the_grid_leaves_out_what_the_forward_refuses():
    labels = [label for label, _ in grid(OPS["matmul"], [call(real(2, 3), real(3, 4))], rng=0)]
    assert "as given" in labels
    assert "no axes" not in labels


def test_the_report_has_six_lines_and_a_reproducer_of_at_most_six():
    head, _, tail = str(of_double(lambda g, y, x: g)).partition("  reproduce:\n")
    assert len(head.splitlines()) <= 6
    assert 1 <= len(tail.splitlines()) <= 6
