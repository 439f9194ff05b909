"""The checker passes its exam, and the exam fails a checker that is broken."""

import json

import numpy as np
import pytest

from tests.exam import __main__, found, programs, spared
from tests.exam.compare import Subject, Torch, examined, markdown, subjects
from tests.exam.network import network
from tests.exam.sabotage import SABOTAGES, sabotaged
from tests.exam.score import at_most, counted, share
from tests.fuzz.draw import draw
from tests.fuzz.drawing import Settings
from tests.gradcheck.faults import CATALOGUE
from tests.gradcheck.models import FAULTS as NODES
from tests.table import OPS

EVERYDAY = CATALOGUE[::6]
NEVER_CAUGHT = [fault for fault in CATALOGUE if fault.name in ("D06", "D14", "D18", "D26")]


def assert_passed(scores):
    assert all(score.passed for score in scores), __main__.table(scores)


def test_faults_are_caught_and_named():
    assert_passed(found.faults(EVERYDAY, seeds=[3]))


def test_the_broken_node_of_a_model_is_named_and_no_other():
    assert_passed(found.nodes(list(NODES)[::6], seeds=[3]))


def test_no_trap_is_accused():
    assert_passed(spared.traps())


def test_random_elements_at_all_scales_are_right_or_wrong_as_they_should_be():
    assert_passed(spared.elements(150, np.random.default_rng(3)))


def test_a_large_network_is_certified_and_one_wrong_parameter_is_found():
    assert_passed(network(2, np.random.default_rng(3)))


@pytest.mark.slow
def test_every_fault_is_caught_and_named():
    assert_passed(found.faults(seeds=[1]))


@pytest.mark.slow
def test_every_node_is_named():
    assert_passed(found.nodes(seeds=[1, 2]))


@pytest.mark.slow
def test_ten_thousand_random_elements():
    assert_passed(spared.elements(10_000, np.random.default_rng(0)))


@pytest.mark.slow
def test_a_wrong_parameter_is_found_in_a_thousand_of_a_thousand_trials():
    assert_passed(network(1000, np.random.default_rng(1)))


@pytest.mark.parametrize("how", SABOTAGES)
def test_a_sabotaged_checker_fails_the_exam(how):
    rng = np.random.default_rng(0)
    with sabotaged(how):
        scores = [*found.faults(NEVER_CAUGHT), *spared.elements(12, rng)]
    assert not all(score.passed for score in scores), __main__.table(scores)
    assert_passed(found.faults(NEVER_CAUGHT[:1]))


def test_a_score_that_is_one_short_fails():
    assert share("all", 3, [], 1.0).passed
    assert not share("all", 3, ["one"], 1.0).passed
    assert not share("none asked", 0, [], 1.0).passed
    assert counted("most", 9998, 10_000, 0.9998).passed
    assert not counted("most", 9997, 10_000, 0.9998).passed
    assert not at_most("cost", 41, 40).passed


@pytest.fixture
def three_scores(monkeypatch):
    scores = [share("faults", 3, ["D99"], 1.0), at_most("cost", 3, 40)]
    monkeypatch.setattr(__main__, "exam", lambda **_: scores)


def test_the_table_names_what_failed_and_the_exit_code_tells(three_scores, capsys):
    assert __main__.main([]) == 1
    out = capsys.readouterr().out
    assert "FAILED" in out.splitlines()[0]
    assert "faults: D99" in out


def test_json_is_one_object(three_scores, capsys):
    __main__.main(["--json", "--seed", "5"])
    facts = json.loads(capsys.readouterr().out)
    assert (facts["ok"], facts["seed"], len(facts["scores"])) == (False, 5, 2)


def test_the_comparison_counts_what_each_checker_misses_and_accuses(torch):
    def tanh(factor, name, right):
        backward = lambda g, x: factor * g * (1 - np.tanh(x) ** 2)
        return Subject(name, np.tanh, backward, np.array([0.5, -1.0]), right)

    both = [tanh(2.0, "twice", False), tanh(1.0005, "a little", False)]
    row = examined(Torch(fast=False), both)
    assert (row.missed, row.alarms) == (["a little"], [])
    assert "| 1 | 1 | 0 |" in markdown([row], both)


def test_the_subjects_of_the_comparison_are_faults_and_traps():
    rights = [subject.right for subject in subjects()]
    assert rights.count(False) >= 100
    assert rights.count(True) >= 30


@pytest.mark.parametrize("mode", ["full", "probe"])
@pytest.mark.parametrize("kinks", [False, True], ids=["ordinary", "kinks"])
def test_random_right_programs_are_not_accused(mode, kinks):
    for number in range(40):
        program = draw(20, number, Settings(7, kinks))
        report = programs.checked(program, mode=mode)
        assert report.verdict not in programs.ACCUSED, f"{program}\n{report}"


def test_a_wrong_formula_is_accused_in_random_programs(monkeypatch, capsys):
    right = OPS["multiply"].formulas
    monkeypatch.setattr(OPS["multiply"], "formulas", (lambda g, y, x1, x2: 1.1 * right[0](g, y, x1, x2), *right[1:]))
    assert programs.main(["--n", "30", "--scale", "0.5"]) == 1
    printed = capsys.readouterr().out
    assert "WRONG gradient" in printed
    assert printed.splitlines()[-1].startswith("30 programs, seed 0: ")
