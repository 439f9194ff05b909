"""The page of a gradient check: in a browser, and what it says."""

import re

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.viz.gradcheck_page import branches, gradcheck_page
from tests.browser import accessibility_faults

X = np.random.default_rng(0).standard_normal((4, 3))


@mg.op(x=lambda g, y, x: 2 * g * np.cos(x))
def doubled(x):
    """y = sin x, with a wrong formula."""
    return np.sin(x)


@pytest.fixture
def html():
    """The page of a wrong gradient and of a right one."""
    reports = [mg.gradcheck(doubled, X), mg.gradcheck(nn.MLP([3, 4, 2], rng=0), X, order=2)]
    return gradcheck_page(reports, title="two <checks>", command="minigrad check a:b", code=["rng = 0"])


def test_it_opens_without_a_complaint_and_axe_finds_no_fault(html, visit, tmp_path):
    (tmp_path / "check.html").write_text(html)
    view = visit(tmp_path / "check.html")
    assert view.locator("svg.plot").count() == 6
    assert view.locator("text=WRONG gradient: doubled, operand 0 (x)").count() >= 1
    assert not accessibility_faults(view)


def test_it_names_verdict_diagnosis_branches_and_how_to_repeat_it(html):
    for words in ("diagnosis: FACTOR", "truncation, h²", "rounding, 1/h", "h used", "$ minigrad check a:b", "rng = 0"):
        assert words in html
    assert "<title>two &lt;checks&gt;</title>" in html


def test_the_scatter_holds_both_derivatives_of_every_element():
    report = mg.gradcheck(doubled, X)
    text = gradcheck_page([report])
    seen = report.findings[0].evidence
    for numeric, analytic in zip(seen.numeric, seen.analytic):
        assert f"<td>{numeric:.4g}</td><td>{analytic:.4g}</td>" in text


def test_a_large_operand_shows_its_worst_elements():
    @mg.op(x=lambda g, y, x: g * np.where(np.arange(1200) == 777, 2.0, 1.0))
    def one_wrong(x):
        return x + 0.0

    report = mg.gradcheck(one_wrong, np.linspace(1, 2, 1200))
    assert len(gradcheck_page([report])) < 100_000
    assert re.search(r"x\[777\]: error against step", gradcheck_page([report]))


def test_random_directions_and_failures_without_elements_have_a_page_too():
    for report in (
        mg.gradcheck(np.tanh, X, mode="probe"),
        mg.gradcheck(lambda x: x, np.arange(3)),
        mg.gradcheck(np.tanh, np.zeros((0, 3))),
        mg.gradcheck(np.sqrt, np.zeros(2)),
        mg.gradcheck(np.abs, np.zeros(2)),
        mg.gradcheck(lambda x: x * 0.0, X),
    ):
        assert report.verdict.name in gradcheck_page([report])


def test_a_curve_without_branches_has_none():
    assert branches(np.array([1e-3]), np.array([1e-9])) == []


def test_a_report_writes_its_own_page(tmp_path):
    mg.gradcheck(np.tanh, X).html(tmp_path / "tanh.html")
    assert "PASS: tanh" in (tmp_path / "tanh.html").read_text(encoding="utf-8")


def test_an_error_that_jumps_beyond_a_kink_is_no_branch_of_truncation():
    h = np.geomspace(1e-12, 1, 50)
    assert [name for name, _, _ in branches(h, np.where(h < 1e-3, 1e-9, 1.0) + 1e-16 / h)] == ["rounding, 1/h"]


def test_the_lines_that_repeat_a_fault_stand_as_code_after_the_verdict(html):
    verdict, _, rest = html.partition("</div><p>To see it again:</p><pre>")
    assert "WRONG: the backward pass and finite differences disagree." in verdict
    assert rest.startswith("import numpy as np")
