"""The derivative of every op in the table, at every one of its samples: this is the test of all formulas."""

import numpy as np
import pytest

from minigrad.gradcheck import Checked, Report, Verdict, check_call, check_op, sweep
from minigrad.gradcheck.sweep import problem_of
from tests.table import OPS

CALLS = {f"{name}-{i}": (op, sample) for name, op in OPS.items() for i, sample in enumerate(op.samples)}


@pytest.mark.parametrize("name", OPS)
def test_an_op_has_samples(name):
    assert OPS[name].samples, f"{name} is not checked: declare it with @op(..., samples=[...])"


@pytest.mark.parametrize("name", CALLS)
def test_the_gradient_is_right_at_two_orders_two_precisions_and_in_every_layout(name, as_before):
    report = check_call(*CALLS[name])
    as_before(report, brief=True)
    assert report or report.verdict is Verdict.VACUOUS


def test_the_table_is_large():
    assert len(OPS) >= 120


def test_a_sweep_visits_every_op_once():
    rows = list(sweep([OPS["tanh"], OPS["add"]]))
    assert [row.name for row in rows] == ["tanh", "add"]
    assert [row.samples for row in rows] == [len(OPS["tanh"].samples), len(OPS["add"].samples)]
    assert all(rows)


def test_an_op_without_samples_is_not_checked_and_not_right():
    row = Checked("new", 0, Report("new"))
    assert not row
    assert row.verdict == "NOT CHECKED"


def test_checking_an_op_gathers_all_its_samples_in_one_report():
    report = check_op(OPS["tanh"])
    assert report
    assert report.subject == "tanh"
    assert {finding.order for finding in report.findings} == {1, 2}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 11))
def test_every_op_is_right_at_other_draws_too(seed):
    wrong = [row.message for row in sweep(rng=seed) if not row]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", OPS)
def test_at_ten_draws_plain_central_differences_agree_too(name):
    op, rng = OPS[name], np.random.default_rng(17)
    for draw in range(10):
        problem = problem_of(op, op.samples[draw % len(op.samples)].draw(rng))
        v, u = (rng.standard_normal(n) for n in (len(problem.at(problem.x).outputs), len(problem.x)))
        v, u = np.where(np.isfinite(problem.at(problem.x).outputs), v, 0.0), 1e-5 * problem.scales() * u
        ahead, behind = problem.evaluate(problem.x + u), problem.evaluate(problem.x - u)
        change, terms = (ahead.outputs - behind.outputs) * v / 2, problem.gradient(problem.x, v) * u
        if ahead.decisions == behind.decisions and np.isfinite(change[v != 0]).all() and np.isfinite(terms).all():
            size = abs(change).sum() + abs(terms).sum()
            assert abs(np.nansum(change) - terms.sum()) <= 1e-6 * size + 1e-8 * 1e-5, (name, draw)
