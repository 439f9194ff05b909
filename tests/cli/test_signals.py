"""Ctrl-C and SIGTERM on the command line: the step is finished, all is written, and the way on is said."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from minigrad.training import Run, load_checkpoint

ENDLESS = ["train", "moons", "--epochs", "100000", "--no-check", "--name", "x"]
SIGNALS = [(signal.SIGINT, "Ctrl-C", 130), (signal.SIGTERM, "SIGTERM", 143)]

DURING_A_SAVE = """
import os, signal, sys
from minigrad.cli import main
real, sent = os.replace, []
def replace(source, target):
    if str(target).endswith("last.safetensors") and not sent:
        sent.append(os.kill(os.getpid(), {number}))
    real(source, target)
os.replace = replace
signal.signal(signal.SIGINT, signal.default_int_handler)
main({line!r}.split(), prog_name="minigrad")
"""


@pytest.mark.parametrize(("number", "name", "code"), SIGNALS)
def test_a_signal_ends_training_with_one_line_and_everything_written(start, number, name, code):
    process = start(*ENDLESS)
    while not process.stdout.readline().startswith("     2"):
        pass
    process.send_signal(number)
    _, error = process.communicate()
    assert process.returncode == code
    assert re.fullmatch(
        rf"stopped by {name} after step \d+, in epoch \d+; wrote runs/x: go on with minigrad resume runs/x\n", error
    )
    steps = int(error.split()[5].rstrip(","))
    state = load_checkpoint("runs/x/last.safetensors")
    assert state["epoch"] * 25 + state["position"] == steps
    assert len(Run("runs/x").history) == state["epoch"]
    assert Run("runs/x").model()
    assert not list(Path("runs/x").rglob(".*"))


@pytest.mark.parametrize(("number", "name", "code"), SIGNALS)
def test_a_run_that_was_stopped_goes_on_to_the_bytes_of_one_that_was_not(start, run, number, name, code):
    line = ["train", "moons", "--epochs", "40", "--no-check", "--no-report", "--dropout", "0.1"]
    process = start(*line, "--name", "x")
    while not process.stdout.readline().startswith("     2"):
        pass
    process.send_signal(number)
    process.communicate()
    assert process.returncode == code
    assert run("resume", "runs/x").exit_code == 0
    assert run(*line, "--name", "whole").exit_code == 0
    for file in ("best.safetensors", "last.safetensors"):
        assert Path("runs/x", file).read_bytes() == Path("runs/whole", file).read_bytes()


@pytest.mark.parametrize(("number", "name", "code"), SIGNALS)
def test_a_signal_during_a_save_leaves_whole_files(number, name, code):
    line = "train moons --epochs 1000 --no-check --quiet --save-every 0 --name x"
    script = DURING_A_SAVE.format(number=int(number), line=line)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith(f"stopped by {name} after step 1, in epoch 1; wrote ")
    assert done.stderr.count("\n") == 1
    assert load_checkpoint("runs/x/last.safetensors")["position"] == 1
    assert not list(Path("runs/x").rglob(".*"))


@pytest.mark.parametrize(("number", "name", "code"), SIGNALS)
def test_json_of_a_stopped_run_is_no_half_object(start, number, name, code):
    process = start(*ENDLESS, "--json")
    while not os.path.exists("runs/x/metrics.jsonl") or not Run("runs/x").history:
        pass
    process.send_signal(number)
    out, error = process.communicate()
    assert (process.returncode, out) == (code, "")
    assert error.count("\n") == 1
    json.loads(Path("runs/x/config.json").read_text())


@pytest.mark.parametrize(("number", "name", "code"), SIGNALS)
def test_without_a_folder_nothing_is_left_to_go_on_from_and_that_is_said(start, number, name, code):
    process = start(*ENDLESS, "--no-save")
    while not process.stdout.readline().startswith("     1"):
        pass
    process.send_signal(number)
    _, error = process.communicate()
    assert process.returncode == code
    assert f"stopped by {name} after step" in error
    assert "nothing was written" in error
    assert error.count("\n") == 1


ANY_COMMAND = """
import os, signal, sys, time
import click
from types import SimpleNamespace
from minigrad import cli
@click.command()
def race():
    try:
        os.kill(os.getpid(), {number})
        time.sleep(60)
    finally:
        print("cleared away")
cli.import_module = lambda name: SimpleNamespace(race=race)
signal.signal(signal.SIGINT, signal.default_int_handler)
cli.main(["race"], prog_name="minigrad")
"""


@pytest.mark.parametrize(("number", "name", "code"), SIGNALS)
def test_every_command_clears_away_and_ends_without_a_traceback(number, name, code):
    script = ANY_COMMAND.format(number=int(number))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (code, "cleared away\n")
    assert done.stderr == {130: "stopped by Ctrl-C\n", 143: "stopped by SIGTERM\n"}[code]
