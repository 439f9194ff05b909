"""Runs on the command line, killed with SIGKILL at random moments: resume ends in the bytes of a run left alone."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from minigrad.training import Run, load_checkpoint

RUN = ["--epochs", "6", "--hidden", "8", "--dropout", "0.2", "--norm", "batch", "--batch-size", "100", "--no-check"]
RUN += ["--optimizer", "adamw", "--patience", "50", "--ema", "0.9", "--save-every", "0.05", "--no-report"]
FILES = ("best.safetensors", "last.safetensors", "snapshots/00003.safetensors")

SERVER = """
import os, sys, time
from minigrad.cli import main
import minigrad.cli.train, minigrad.cli.resume
for line in sys.stdin:
    lifetime, *words = line.split()
    child = os.fork()
    if not child:
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1):
            os.dup2(null, number)
        main(words, prog_name="minigrad")
    if lifetime != "any":
        time.sleep(float(lifetime))
        os.kill(child, 9)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Runs one command line after the other, each in a process of its own; forked, since imports take most of the time."""


class Commands:
    """Command lines in processes that can be killed."""

    def __init__(self):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.server = subprocess.Popen([sys.executable, "-c", SERVER], **pipes)

    def run(self, line, lifetime="any"):
        """The exit code of a command, killed after so many seconds."""
        self.server.stdin.write(f"{lifetime} {line}\n")
        self.server.stdin.flush()
        return int(self.server.stdout.readline())

    def close(self):
        self.server.stdin.close()
        self.server.wait()
        self.server.stdout.close()


@pytest.fixture
def commands():
    found = Commands()
    yield found
    found.close()


def content(folder):
    return [(folder / name).read_bytes() for name in FILES]


def readable(folder):
    """Everything in the folder of a killed run can be read, as far as it is there."""
    if (folder / "config.json").exists():
        assert [row["epoch"] for row in Run(folder).history] == list(range(1, len(Run(folder).history) + 1))
    if (folder / "last.safetensors").exists():
        state = load_checkpoint(folder / "last.safetensors")
        Run(folder).model("last")
        if state["epoch"]:  # before the first one is over, none is the best
            Run(folder).model()


def killed_runs(commands, kills, seed):
    """Begin runs, kill them again and again, and resume them to their end; how many were killed."""
    train = " ".join(["train", "moons", *RUN])
    chance = random.Random(seed)
    start = time.perf_counter()
    assert commands.run(f"{train} --name whole") == 0
    lifetime, expected = (time.perf_counter() - start) * 1.1, content(Path("runs/whole"))
    killed = attempts = 0
    while killed < kills:
        attempts += 1
        folder = Path(f"runs/part{attempts}")
        code = commands.run(f"{train} --name {folder.name}", chance.uniform(0, lifetime))
        while code:
            assert code == -9
            killed += 1
            readable(folder)
            begun = (folder / "config.json").exists()
            line = f"resume {folder} --save-every 0.05" if begun else f"{train} --name {folder.name}"
            code = commands.run(line, chance.uniform(0, lifetime) if killed < kills else "any")
        assert content(folder) == expected
        history, whole = (Run(path).history for path in (folder, Path("runs/whole")))
        assert [row | {"seconds": 0} for row in history] == [row | {"seconds": 0} for row in whole]
        assert not [name for name in os.listdir(folder) if name.startswith(".")]
    return killed


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked here, which this system cannot")
def test_killed_runs_resume_to_the_same_bytes(commands):
    assert killed_runs(commands, kills=4, seed=0) >= 4


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked here, which this system cannot")
def test_200_killed_runs_resume_to_the_same_bytes(commands):
    print(killed_runs(commands, kills=int(os.environ.get("KILLS", "200")), seed=1), "runs killed")


def test_json_is_the_same_whether_a_run_was_stopped_or_not(run, commands):
    line = " ".join(["train", "moons", *RUN, "--name", "x", "--json"])
    whole = json.loads(run(*line.split()).stdout)
    assert json.loads(run("resume", "runs/x", "--json").stdout) == whole
