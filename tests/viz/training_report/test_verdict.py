"""A verdict names what is wrong with a run, with the number that says so, and accuses no healthy one."""

import copy
import dataclasses

import numpy as np
import pytest
from click.testing import CliRunner

from minigrad.cli import main
from minigrad.errors import MinigradError
from minigrad.training.runs import Run
from minigrad.viz.training_report import facts_of, headline, report, verdict
from minigrad.viz.training_report.curves import gradient_norm, learning_rate
from minigrad.viz.training_report.mistakes import inputs, values
from minigrad.viz.training_report.spread import difference, neighbours, setting_of


@pytest.fixture(scope="module")
def facts(runs):
    return facts_of(Run(runs / "moons"))


def changed(facts, change):
    """The same facts with another history."""
    rows = copy.deepcopy(facts.history)
    change(rows)
    return dataclasses.replace(facts, history=rows)


def rising(rows):
    rows[-1]["running_loss"] = 5.0


def overfitted(rows):
    rows[0]["validation"] = {"loss": 0.05, "accuracy": 0.99}
    rows[-1]["validation"], rows[-1]["train"]["loss"] = {"loss": 0.4, "accuracy": 0.97}, 0.01


def dead(rows):
    rows[-1]["units"]["1"]["dead"] = 60


def saturated(rows):
    rows[-1]["units"]["1"]["saturated"] = 0.9


def ratio(size):
    def change(rows):
        for row in rows:
            for update in row["updates"].values():
                update["ratio"] = size

    return change


def clipped(rows):
    for row in rows:
        row["clipped"] = 25


def chance(rows):
    for row in rows:
        row["validation"]["accuracy"] = 0.4


@pytest.mark.parametrize(
    ("change", "kind", "level", "number"),
    [
        (rising, "diverging", "bad", "is 5 in the last one"),
        (overfitted, "overfitting gap", "warn", "lowest, 0.05, after epoch 1 and is 0.4 at the end, 0.39 above"),
        (dead, "dead units", "warn", "60 of 64 units of layer 1"),
        (saturated, "saturated units", "warn", "90 % of the outputs of layer 1"),
        (ratio(0.5), "learning rate out of band", "warn", "by 0.5 of their size"),
        (ratio(1e-7), "learning rate out of band", "warn", "by 1e-07 of their size"),
        (clipped, "clipping", "warn", "100 of 100 steps"),
        (chance, "no better than chance", "bad", "accuracy 40.0 %"),
    ],
)
def test_what_is_wrong_is_named_with_its_number_and_a_move(facts, change, kind, level, number):
    found = [finding for finding in verdict(changed(facts, change)) if finding.kind == kind]
    assert [finding.level for finding in found] == [level]
    assert number in found[0].message
    assert found[0].move
    assert not any(finding.kind == "healthy" for finding in verdict(changed(facts, change)))
    assert f"{found[0].kind}: {found[0].message}" in report(changed(facts, change)).replace("</b> ", ": ")


def test_a_loss_that_rises_while_as_many_answers_are_right_is_only_noted(facts):
    def change(rows):
        overfitted(rows)
        rows[-1]["validation"]["accuracy"] = 0.99

    found = {finding.kind: finding.level for finding in verdict(changed(facts, change))}
    assert found["overfitting gap"] == "note"
    assert found["healthy"] == "good"


def test_a_healthy_run_is_called_healthy_with_its_scores(facts):
    assert headline(facts).startswith("✓ healthy: validation accuracy ")


@pytest.mark.parametrize("name", ["digits", "blobs", "curves"])
def test_no_ordinary_short_run_is_accused_of_diverging(runs, name):
    assert not any(finding.level == "bad" for finding in verdict(facts_of(Run(runs / name))))


def test_the_learning_rate_is_drawn_for_every_step_if_the_schedule_is_the_one_that_was_used(facts):
    assert len(learning_rate(facts).rows) == 4
    rates = {row["step"] - 1: row["lr"] for row in facts.history}
    known = dataclasses.replace(facts, schedule=lambda step: rates.get(step, 0.5))
    assert len(learning_rate(known).rows) == 100
    assert len(learning_rate(dataclasses.replace(facts, schedule=lambda step: 0.5)).rows) == 4


def test_the_highest_gradient_norm_of_an_epoch_is_measured(facts):
    rows = facts.history
    assert all(row["gradient_peak"] >= row["gradient_norm"] for row in rows)
    assert any(row["gradient_peak"] > row["gradient_norm"] for row in rows)
    assert gradient_norm(facts).head == ("epoch", "highest of the epoch", "at its last step")


def test_rows_are_shown_in_the_units_they_came_in(facts):
    names, cells = inputs(facts, facts.data.validation.x[:50])
    again = facts.data.preprocessing.scaled(np.array(cells, dtype=float))
    assert names == ["x1", "x2"]
    assert again == pytest.approx(facts.data.validation.x[:50], abs=2e-3)


def test_values_are_shown_in_the_units_they_came_in(runs):
    facts = facts_of(Run(runs / "curves"))
    truth, said = values(facts)
    assert truth.shape == said.shape == facts.outputs.shape


def test_a_run_without_its_data_is_reported_without_what_needs_it(runs, monkeypatch):
    monkeypatch.setattr(Run, "data", lambda self: (_ for _ in ()).throw(MinigradError("my.csv is gone")))
    page = report(facts_of(Run(runs / "moons")))
    assert "Not shown: my.csv is gone" in page
    assert "Update / weight" in page
    assert "Confusion" not in page


def test_a_run_without_an_epoch_has_no_report(runs, tmp_path):
    (tmp_path / "config.json").write_text((runs / "moons" / "config.json").read_text())
    done = CliRunner().invoke(main, ["report", str(tmp_path)])
    assert done.exit_code == 1
    assert "has no finished epoch yet" in done.output


def test_no_report_is_written_if_none_is_wanted_and_report_makes_the_same_one_again(runs, tmp_path):
    arguments = [
        "train",
        "moons",
        "--epochs",
        "1",
        "--hidden",
        "4",
        "--name",
        "a",
        "--out",
        str(tmp_path),
        "--no-check",
    ]
    assert CliRunner().invoke(main, [*arguments, "--no-report"]).exit_code == 0
    assert not (tmp_path / "a" / "report.html").exists()
    before = (runs / "digits" / "report.html").read_text()
    done = CliRunner().invoke(main, ["report", str(runs / "digits")])
    assert done.exit_code == 0
    assert done.output.splitlines()[-1] == f"wrote   {runs / 'digits' / 'report.html'}"
    assert (runs / "digits" / "report.html").read_text() == before


def test_seeds_of_a_setting_are_found_beside_it_and_decide_what_counts(tmp_path):
    for hidden in ("2", "16"):
        for seed in ("0", "1", "2"):
            name = f"h{hidden}s{seed}"
            arguments = ["--hidden", hidden, "--seed", seed, "--name", name, "--out", str(tmp_path), "--no-report"]
            assert (
                CliRunner().invoke(main, ["train", "spirals", "--epochs", "2", "--no-check", *arguments]).exit_code == 0
            )
    run = Run(tmp_path / "h2s0")
    setting = setting_of(run, "small", neighbours(run))
    assert len(setting.histories) == 3
    path = tmp_path / "compare.html"
    done = CliRunner().invoke(main, ["report", str(run.folder), str(tmp_path / "h16s0"), "-o", str(path)])
    assert done.exit_code == 0
    assert "small: 3" not in path.read_text()
    assert "h2s0: 3, h16s0: 3" in path.read_text()


def test_a_difference_counts_if_seeds_alone_would_seldom_make_it():
    rng = np.random.default_rng(0)
    false = sum(str(difference(*rng.normal(size=(2, 4)).tolist())) == "yes" for _ in range(2000)) / 2000
    assert 0.02 < false < 0.06
    assert str(difference([1.0, 1.1, 0.9], [2.0])) == "yes"
    assert str(difference([1.0], [2.0])).startswith("unknown")
