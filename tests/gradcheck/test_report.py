"""The words of a report, its table and its JSON: of findings made by hand."""

import json
import math
import time

import numpy as np
import pytest

import minigrad as mg
from minigrad.gradcheck import Report, Verdict, check_call, check_op, gradcheck
from minigrad.gradcheck.report import Finding, finite, merged

GOOD = Finding(Verdict.PASS, "x", shape=(2, 3), resolution=2e-9, error=1e-12)
SECOND = Finding(Verdict.KINK_OK, "x", order=2, shape=(2, 3), resolution=3e-8)
ALONG = Finding(Verdict.PASS, "w", shape=(9,), direction=True, resolution=1e-5, note="three directions")
WRONG = Finding(
    Verdict.WRONG, "x", 1, (2, 3), wrong=4, worst=(1, 2), analytic=1.5, numeric=1.0, tol=2.34e-10, error=0.5
)


def test_a_good_report_says_how_many_elements_at_which_orders_and_how_sharply():
    assert str(Report("f", [GOOD])) == (
        "PASS: f, 6 elements at order 1: a relative error of 2e-09 would have been noticed in any of them"
    )
    assert str(Report("f", [GOOD, SECOND], ["a note", "a note", "another"])) == (
        "KINK_OK: f, 6 elements at order 1 and 2: a relative error of 3e-08 would have been noticed in any of them\n"
        "  a note\n"
        "  another"
    )
    assert str(Report("f")) == "PASS: f, 0 elements at order 1"


def test_elements_that_were_sampled_beside_directions_count_for_nothing_but_their_error():
    sampled = Finding(Verdict.PASS, "w", shape=(9,), sampled=True, resolution=1e-3, error=0.25)
    report = Report("f", [ALONG, sampled])
    assert report.resolution == 1e-5
    assert report.error == 0.25
    assert str(report).splitlines() == [
        "PASS: f, 9 elements at order 1: a relative error of 1e-05 would have been noticed in any of them",
        "  three directions",
    ]
    assert Report("f", [ALONG, GOOD]).resolution == 2e-9
    assert Report("f", [sampled]).resolution == 0.0


def test_a_bad_report_names_the_worst_element_and_the_others():
    others = [Finding(Verdict.WRONG, f"p{i}", 1, (2,)) for i in range(6)]
    assert str(Report("f", [GOOD, WRONG])) == (
        "WRONG gradient: f, x\n"
        "  worst element [1, 2]: backward gives 1.5, finite differences give 1 ± 2e-10   (4 of 6 elements)"
    )
    assert str(Report("f", [WRONG, *others[:1]], ["because"], where="a.py:3")).splitlines() == [
        "WRONG gradient: f, x, at a.py:3",
        "  worst element [1, 2]: backward gives 1.5, finite differences give 1 ± 2e-10   (4 of 6 elements)",
        "  also: p0 (WRONG, order 1)",
        "  because",
    ]
    told = "  also: p0 (WRONG, order 1), p1 (WRONG, order 1), p2 (WRONG, order 1), p3 (WRONG, order 1)"
    assert str(Report("f", [WRONG, *others[:4]])).splitlines()[2] == told
    assert str(Report("f", [WRONG, *others])).splitlines()[2] == told + " and 2 more"


def test_the_op_that_is_to_blame_comes_first_and_the_operand_that_shows_it_after():
    blamed = Report("f", [WRONG], blamed="tanh, operand 0 (x)", where="a.py:3")
    assert str(blamed).splitlines()[:2] == [
        "WRONG gradient: tanh, operand 0 (x), at a.py:3",
        "  x of f: worst element [1, 2]: backward gives 1.5, finite differences give 1 ± 2e-10   (4 of 6 elements)",
    ]
    itself = Report("tanh", [WRONG], blamed="tanh, operand 0 (x)")
    assert str(itself).splitlines()[1].startswith("  worst element")


def test_six_lines_are_the_most_and_five_beside_a_reproducer():
    notes = [str(i) for i in range(9)]
    assert len(str(Report("f", [WRONG], notes)).splitlines()) == 6
    assert len(str(Report("f", [GOOD], notes)).splitlines()) == 6
    reproduced = str(Report("f", [WRONG], notes, reproduce="    x = 1\n    f(x)")).splitlines()
    assert reproduced[4:] == ["  2", "  reproduce:", "    x = 1", "    f(x)"]


def test_a_note_is_a_line_of_its_own_or_all_there_is():
    assert str(Report("f", [Finding(Verdict.BAD_SETUP, "", note="there is nothing")])).splitlines() == [
        "BAD_SETUP: f",
        "  there is nothing",
    ]
    assert str(Finding(Verdict.VACUOUS, "x")) == Verdict.VACUOUS.value
    noted = Finding(Verdict.KINK_WRONG, "x", 2, (3,), 1, (0,), 1.0, 2.0, 0.5, note="at a kink")
    assert str(Report("f", [noted])).splitlines() == [
        "KINK_WRONG second-order gradient: f, x",
        "  worst element [0]: backward gives 1, finite differences give 2 ± 0.5   (1 of 3 elements)",
        "  at a kink",
    ]


def test_a_direction_and_a_scalar_have_no_elements_to_count():
    along = Finding(Verdict.WRONG, "x", 1, (5,), 3, None, 1.0, 2.0, 0.125, direction=True)
    assert str(along) == "random direction: backward gives 1, finite differences give 2 ± 0.1"
    assert str(Finding(Verdict.WRONG, "x", 1, (), 1, (), 1.0, 2.0, 0.125)) == (
        "worst element []: backward gives 1, finite differences give 2 ± 0.1   (1 of 1 elements)"
    )
    assert str(Finding(Verdict.INCONCLUSIVE, "x", 1, (5,), 0, (2,), 1.0, 2.0, 0.125)).endswith("2 ± 0.1")


def test_the_table_has_a_row_for_each_operand_and_order():
    report = gradcheck(lambda x, b: abs(x) + b, np.array([[0.0, 2.0, 3.0]]), np.array(0.5), order=2)
    head, *rows = report.table()
    assert head == ("operand", "shape", "checked", "worst error", "median", "kinks", "verdict")
    assert [(row[0], row[1], row[2], row[5], row[6]) for row in rows] == [
        ("x, order 1", "1×3", "3/3", "1", "KINK_OK"),
        ("b, order 1", "scalar", "1/1", "0", "PASS"),
        ("x, order 2", "1×3", "2/3", "0", "PASS"),
        ("b, order 2", "scalar", "1/1", "0", "PASS"),
        ("arriving 0, order 2", "1×3", "3/3", "0", "PASS"),
    ]
    assert Report("f", [ALONG]).table()[1] == ("w", "9", "along directions", "0.0e+00", "", "", "PASS")
    assert Report("f", [GOOD]).table()[1] == ("x", "2×3", "6/6", "1.0e-12", "", "", "PASS")
    assert Report("f", [Finding(Verdict.BAD_SETUP, "")]).table()[1] == ("", "", "", "", "", "", "BAD_SETUP")
    everywhere = Finding(Verdict.PASS, "", shape=(4,), direction=True)
    assert Report("f", [everywhere]).table()[1] == ("", "4", "along directions", "0.0e+00", "", "", "PASS")


def test_json_holds_everything_and_null_for_what_is_not_finite():
    unknown = Finding(Verdict.INCONCLUSIVE, "x", shape=(2,), error=math.inf)
    report = Report("f", [WRONG, unknown], ["n"], "a.py:3", evaluations=7, seconds=0.12345678)
    said = json.loads(json.dumps(report.to_dict()))
    assert said == {
        "subject": "f",
        "verdict": "WRONG",
        "ok": False,
        "error": None,
        "resolution": 0.0,
        "evaluations": 7,
        "seconds": 0.123457,
        "findings": [
            {
                **{"verdict": "WRONG", "operand": "x", "order": 1, "shape": [2, 3], "wrong": 4, "worst": [1, 2]},
                **{"analytic": 1.5, "numeric": 1.0, "tol": 2.34e-10, "error": 0.5, "resolution": 0.0, "note": ""},
                **{"checked": 6, "elements": 6, "median": None, "kinks": None},
            },
            {
                **{"verdict": "INCONCLUSIVE", "operand": "x", "order": 1, "shape": [2], "wrong": 0, "worst": None},
                **{"analytic": None, "numeric": None, "tol": None, "error": None, "resolution": 0.0, "note": ""},
                **{"checked": 2, "elements": 2, "median": None, "kinks": None},
            },
        ],
        "notes": ["n"],
        "where": "a.py:3",
    }
    assert ALONG.figures["checked"] is None
    assert (finite(np.float32(0.5)), finite(math.nan)) == (0.5, None)


def test_reports_together_speak_of_the_gravest():
    good = Report("a", [GOOD], ["n"], evaluations=2, seconds=0.5)
    bad = Report("b", [WRONG], ["n", "m"], "a.py:3", reproduce="r", evaluations=3, seconds=0.25)
    both = merged("f", [good, bad, good])
    assert (both.subject, both.findings, both.notes) == ("b", [GOOD, WRONG, GOOD], ["n", "m"])
    assert (both.where, both.reproduce, both.evaluations, both.seconds) == ("a.py:3", "r", 7, 1.25)
    fine = merged("f", [good, good])
    assert (fine.subject, fine.where, fine.reproduce) == ("f", "", "")
    assert merged("f", []).subject == "f"


def test_evidence_counts_what_was_checked_and_finds_the_worst_element():
    report = gradcheck(lambda x: np.exp(x) * abs(x), np.array([[0.0, 1.0], [2.0, -1.0]]))
    evidence = report.findings[0].evidence
    assert (evidence.checked, evidence.kinks) == (4, 1)
    assert evidence.at_kink.tolist() == [True, False, False, False]
    assert 0 <= evidence.median < 1e-9


def test_the_curve_of_an_element_falls_and_rises_with_the_step():
    x = np.array([[0.5, 1.0], [2.0, -1.0]])
    evidence = gradcheck(np.exp, x).findings[0].evidence
    curve = evidence.curve()
    assert curve.element == evidence.worst
    assert curve.h.shape == curve.error.shape == (51,)
    assert curve.h[0] == pytest.approx(0.3 * abs(x[curve.element]))
    assert np.nanmin(curve.error) < 1e-7 < curve.error[0]
    assert curve.claimed < 1e-9
    assert curve.backward < 1e-9
    assert curve.used < curve.h[0]


def test_every_check_says_how_long_it_took():
    w = mg.tensor([0.5, -1.0], requires_grad=True)
    slow = mg.op(x=lambda g, y, x: g, samples=[mg.samples.real(2)])(lambda x: (time.sleep(1e-4), x * 1)[1])
    loss = slow(w).sum()
    loss.backward()
    for check in (
        lambda: gradcheck(slow, np.ones(2)),
        lambda: mg.opcheck(slow, rng=0),
        lambda: mg.audit(loss),
        lambda: check_call(slow, slow.samples[0]),
        lambda: check_op(slow),
    ):
        start = time.perf_counter()
        report = check()
        taken = time.perf_counter() - start
        assert 0.3 * taken < report.seconds <= taken, check


def test_the_curve_takes_no_part_in_outputs_that_do_not_move():
    op = mg.op(x=lambda g, y, x: g[0] * np.exp(x))(lambda x: np.stack([np.exp(x), np.full_like(x, 7.0)]))
    curve = gradcheck(op, np.array([0.5, 1.0])).findings[0].evidence.curve()
    assert np.nanmin(curve.error) < 1e-8
    assert curve.error[3] < 0.01
