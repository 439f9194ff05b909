"""minigrad lr-find: a rate to start from, with the curve that it was read from."""

import json

import pytest


def test_the_rate_that_is_suggested_learns(run):
    found = json.loads(run("lr-find", "digits", "--json").stdout)
    assert found["rates"][0] < found["suggestion"] < found["rates"][-1]
    assert found["suggestion"] <= found["minimum"]
    line = ["train", "digits", "--no-check", "--no-save", "--json"]
    scores = json.loads(run(*line, "--lr", f"{found['suggestion']:.1e}").stdout)["validation"]
    assert scores["accuracy"] > 0.95


def test_the_curve_is_drawn_and_the_suggestion_marked(run):
    lines = run("lr-find", "moons", "--steps", "60").stdout.splitlines()
    assert lines[0].startswith("data    moons")
    assert sum("◆" in line for line in lines) == 2, "in the curve, and in its legend"
    assert lines[-1].startswith("suggestion --lr ")


def test_the_same_seed_finds_the_same(run):
    first, again, other = (run("lr-find", "moons", "--steps", "40", "--json", "--seed", s).stdout for s in "001")
    assert first == again != other


def test_a_table_of_ones_own_is_tried_too(run, tmp_path):
    (tmp_path / "my.csv").write_text("x,y\n" + "".join(f"{i * 7 % 11},{'ab'[i % 2]}\n" for i in range(40)))
    assert run("lr-find", "my.csv", "--target", "y", "--steps", "20").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("--from 1 --to 0.1", "the rates must rise, and not go from 1 to 0.1"),
        ("--from 1 --to 1", "the rates must rise"),
        ("--steps 5", "--steps 5 are too few to see a curve"),
        ("--from nan", "Invalid value for '--from'"),
        ("--lr 0.1", "No such option '--lr'"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(run, arguments, reason):
    result = run("lr-find", "moons", *arguments.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert reason in result.stderr
    assert result.stderr.count("\n") == 1
