"""minigrad resume: to the bits of a run that was never stopped, whatever was edited or shown in between."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from minigrad.cli import main
from minigrad.training import Trainer

LINE = ["train", "moons", "--epochs", "4", "--hidden", "8", "--dropout", "0.2", "--no-check", "--no-report"]


class Stopped(Exception):
    pass


@pytest.fixture
def stopped(monkeypatch):
    """Begin a run that crashes in its third epoch, right after its state was written."""

    def stopped(*options):
        take = Trainer._step

        def step(trainer, *arguments, **more):
            if trainer.optimizer.steps == 60:
                raise Stopped
            take(trainer, *arguments, **more)

        with monkeypatch.context() as patch:
            patch.setattr(Trainer, "_step", step)
            done = CliRunner().invoke(main, [*LINE, "--name", "x", "--save-every", "0", *options])
            assert "Stopped" in done.output
        return Path("runs/x")

    return stopped


def files(folder):
    return [(Path(folder) / name).read_bytes() for name in ("best.safetensors", "last.safetensors")]


@pytest.mark.parametrize("before", [[], ["--quiet"], ["--json"]])
@pytest.mark.parametrize("after", [[], ["--quiet"], ["--json"]])
def test_what_is_shown_does_not_matter_to_the_bits(run, stopped, before, after):
    assert run("resume", str(stopped(*before)), *after).exit_code == 0
    assert run(*LINE, "--name", "whole", "--quiet").exit_code == 0
    assert files("runs/x") == files("runs/whole")


def test_it_says_after_which_step_it_goes_on(run, stopped):
    assert "going on after step 60 of 100" in run("resume", str(stopped())).stdout


def test_a_finished_run_is_only_told_again(run):
    first = run(*LINE, "--name", "x", "--quiet")
    before = files("runs/x")
    again = run("resume", "runs/x", "--quiet")
    assert (again.exit_code, again.stdout) == (0, first.stdout)
    assert files("runs/x") == before


def edited(folder, change):
    path = Path(folder) / "config.json"
    config = json.loads(path.read_text())
    change(config)
    path.write_text(json.dumps(config))


def test_an_option_that_the_file_does_not_have_is_as_usual(run, stopped):
    folder = stopped()
    edited(folder, lambda config: config["options"].pop("lr"))
    assert run("resume", str(folder)).exit_code == 0


CHANGES = {
    "epochs": (lambda c: c["options"].update(epochs="4"), "key options.epochs"),
    "a rate that is none": (lambda c: c["options"].update(lr="abc"), "key options: Invalid value for '--lr'"),
    "an unknown option": (lambda c: c["options"].update(colour=1), "key options: No such option '--colour'"),
    "other hidden layers": (lambda c: c["options"].update(hidden=[9]), "other hidden layers than the options"),
    "a giant": (
        lambda c: (c["options"].update(hidden=[10**9]), c["model"].update(sizes=[2, 10**9, 2])),
        "a model of 4,000,000,000 weights is declared, but last.safetensors has",
    ),
    "batches": (lambda c: c["options"].update(batch_size=7), "its settings are"),
    "no sizes": (lambda c: c["model"].pop("sizes"), "key model"),
    "other data": (lambda c: c["options"].update(dataset="circles"), "is not what it was"),
    "another seed": (lambda c: c["options"].update(seed=1), "is not what it was"),
    "checks": (lambda c: c.update(checks=["x"]), "key checks"),
    "a newer format": (lambda c: c.update(format=2), "made by a newer version"),
}


@pytest.mark.parametrize(("change", "reason"), CHANGES.values(), ids=CHANGES)
def test_a_config_that_was_edited_is_refused_and_the_run_is_left_alone(run, stopped, change, reason):
    folder = stopped()
    before = files(folder)
    edited(folder, change)
    result = run("resume", str(folder), "--quiet")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert reason in result.stderr
    assert files(folder) == before


def test_a_table_that_has_changed_or_gone_is_refused(run, tmp_path):
    path = tmp_path / "my.csv"
    path.write_text("x,y\n" + "".join(f"{i * 7 % 11},{'ab'[i % 2]}\n" for i in range(40)))
    line = ["train", "my.csv", "--target", "y", "--epochs", "2", "--no-check", "--no-report", "--quiet"]
    assert run(*line, "--name", "x").exit_code == 0
    path.write_text(path.read_text() + "1,a\n")
    assert "is not what it was" in run("resume", "runs/x").stderr
    path.unlink()
    gone = run("resume", "runs/x")
    assert gone.exit_code == 1
    assert "cannot be read" in gone.stderr
