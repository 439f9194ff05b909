"""``minigrad check``: exit codes, plain lines, JSON, and what it says of a wrong op."""

import json
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from minigrad.cli.check import check
from minigrad.declare import OPS
from minigrad.engine import Op
from minigrad.samples import call, real


@pytest.fixture
def run():
    return lambda *args: CliRunner().invoke(check, args)


@pytest.fixture
def wrong(monkeypatch):
    """An op in the table whose gradient is off by a factor of two."""
    op = Op(lambda x: np.sin(x), [lambda g, y, x: 2 * g * np.cos(x)])
    op.name, op.samples = "wrong", [call(real(2, 3))]
    monkeypatch.setitem(OPS, "wrong", op)


def test_a_right_op_exits_with_0_and_one_line(run):
    result = run("--op", "tanh")
    assert result.exit_code == 0
    assert result.output.splitlines()[0].split()[:3] == ["tanh", str(len(OPS["tanh"].samples)), "samples"]
    assert result.output.splitlines()[0].endswith("PASS")
    assert "1 of 1 ops right, 0 wrong or not checked" in result.output


def test_several_ops_can_be_named(run):
    assert run("--op", "exp", "--op", "add").output.splitlines()[1].startswith("add ")


def test_a_wrong_op_exits_with_1_and_shows_element_and_both_values(run, wrong):
    result = run("--op", "wrong", "--op", "exp")
    assert result.exit_code == 1
    assert "WRONG gradient: wrong(real(2, 3)), x" in result.output
    assert "backward gives" in result.output
    assert "1 of 2 ops right, 1 wrong or not checked" in result.output


def test_an_op_without_samples_exits_with_1(run, wrong):
    OPS["wrong"].samples = []
    result = run("--op", "wrong")
    assert result.exit_code == 1
    assert "NOT CHECKED" in result.output
    assert "no samples" in result.output


def test_an_unknown_op_exits_with_2_and_suggests_its_neighbours(run):
    result = run("--op", "tahn")
    assert result.exit_code == 2
    assert "tanh" in result.output


def test_a_negative_seed_exits_with_2(run):
    assert run("--seed", "-1").exit_code == 2


def test_json_is_one_object_and_nothing_else(run, wrong):
    result = run("--op", "wrong", "--op", "exp", "--json", "--seed", "3")
    assert result.exit_code == 1
    data = json.loads(result.output)
    assert data["ok"] is False
    assert data["seed"] == 3
    assert [row["op"] for row in data["ops"]] == ["wrong", "exp"]
    assert [row["verdict"] for row in data["ops"]] == ["WRONG", "PASS"]
    assert "backward gives" in data["ops"][0]["message"]


def test_plain_output_has_no_control_characters(run):
    assert "\x1b" not in run("--op", "exp").output


def test_another_seed_draws_other_samples(run):
    first, second, again = (json.loads(run("--op", "tanh", "--json", "--seed", s).output) for s in "010")
    assert first["ops"][0]["error"] != second["ops"][0]["error"]
    assert first["ops"][0]["error"] == again["ops"][0]["error"]


def test_a_terminal_gets_a_table(run, monkeypatch):
    monkeypatch.setattr("minigrad.cli.check.is_terminal", lambda: True)
    result = run("--op", "exp")
    assert result.exit_code == 0
    assert "worst error" in result.output
    assert "resolution" in result.output


class TestTheExam:
    def test_it_is_run_where_the_tests_are_at_hand(self, run, monkeypatch):
        exam = types.SimpleNamespace(main=lambda argv: print(argv) or 1)
        monkeypatch.setitem(sys.modules, "tests.exam.__main__", exam)
        result = run("--exam", "--seed", "3", "--json")
        assert result.exit_code == 1
        assert "['--seed', '3', '--json']" in result.output

    def test_from_any_folder_it_is_that_of_the_checkout_which_is_installed(self, run, monkeypatch, tmp_path):
        exam = types.SimpleNamespace(main=lambda argv: print(sys.path[0]) or 0)
        monkeypatch.setitem(sys.modules, "tests.exam.__main__", exam)
        monkeypatch.setattr(sys, "path", list(sys.path))
        monkeypatch.chdir(tmp_path)
        assert str(Path(__file__).parents[2]) in run("--exam").output.splitlines()

    def test_elsewhere_one_line_says_where_it_is(self, run, monkeypatch, tmp_path):
        monkeypatch.setitem(sys.modules, "tests.exam.__main__", None)
        monkeypatch.setattr("minigrad.cli.check.EXAM", "tests/exam/absent.py")
        monkeypatch.chdir(tmp_path)
        result = run("--exam")
        assert f"there is no tests/exam/absent.py in {tmp_path}" in result.output
        assert result.exit_code == 2
        assert "a checkout" in result.output
