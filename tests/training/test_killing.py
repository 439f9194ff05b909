"""Runs killed with SIGKILL at random moments, again and again, end in the same bytes as a run that was left alone."""

import multiprocessing
import os
import random
import subprocess
import sys
import time
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest

from minigrad.nn.files import remove_leftovers
from minigrad.training import load_checkpoint, save_checkpoint
from minigrad.training.checkpoints import packed
from tests.training.runs import EPOCHS, digest, points, run

ROOT = Path(__file__).parents[2]


def work(path):
    """Start, or go on from the file if there is one, to the last epoch."""
    trainer = run(path, every=1)
    if path.exists():
        trainer.load(path)
    trainer.fit(points(), epochs=EPOCHS)
    path.with_suffix(".model").write_bytes(packed(trainer.model.state_dict()))


def kill_until_done(path, chance, lifetime):
    """Start and kill the work until a process lives to its end; how many were killed. After each, the file is whole."""
    context, killed = multiprocessing.get_context("fork"), 0
    while True:
        process = context.Process(target=work, args=(path,))
        process.start()
        time.sleep(chance.uniform(0, lifetime))
        process.kill()
        process.join()
        if path.exists():
            load_checkpoint(path)
        if process.exitcode == 0:
            return killed
        assert process.exitcode == -9, "it ended by itself, with an error"
        killed += 1


def killed_runs(tmp_path, kills, seed):
    chance = random.Random(seed)
    start = time.perf_counter()
    work(tmp_path / "whole")
    lifetime = (time.perf_counter() - start) * 1.2
    expected = digest(tmp_path / "whole"), (tmp_path / "whole.model").read_bytes()
    total = attempts = 0
    while total < kills:
        attempts += 1
        path = tmp_path / f"part{attempts}"
        total += kill_until_done(path, chance, lifetime)
        assert (digest(path), path.with_suffix(".model").read_bytes()) == expected
    return total


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked here, which this system cannot")
def test_killed_runs_resume_to_the_same_bytes(tmp_path):
    assert killed_runs(tmp_path, kills=10, seed=0) >= 10


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked here, which this system cannot")
def test_200_killed_runs_resume_to_the_same_bytes(tmp_path):
    total = killed_runs(tmp_path, kills=int(os.environ.get("KILLS", "200")), seed=1)
    print(f"{total} runs killed")


def write_without_end(path, states):
    for state in cycle(states):
        save_checkpoint(path, state)


def saves_killed(tmp_path, kills):
    """Kill a process that writes two states in turn: the file always is one of them."""
    states = [{"number": i, "weights": np.full(20_000, float(i))} for i in (1, 2)]
    path, whole, chance = tmp_path / "file", [packed(state) for state in states], random.Random(0)
    save_checkpoint(path, states[0])
    for _ in range(kills):
        process = multiprocessing.get_context("fork").Process(target=write_without_end, args=(path, states))
        process.start()
        time.sleep(chance.uniform(0, 0.02))
        process.kill()
        process.join()
        assert process.exitcode == -9
        assert path.read_bytes() in whole
    remove_leftovers(tmp_path)
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked here, which this system cannot")
def test_a_file_is_whole_whenever_the_process_that_writes_it_is_killed(tmp_path):
    saves_killed(tmp_path, 20)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked here, which this system cannot")
def test_a_file_is_whole_after_each_of_1000_kills(tmp_path):
    saves_killed(tmp_path, 1000)


@pytest.mark.slow
def test_a_new_process_with_another_hash_seed_resumes_to_the_same_bytes(tmp_path):
    """Runs ended by SIGTERM at random steps, each gone on with by a new interpreter."""
    work(tmp_path / "whole")
    chance = random.Random(0)
    for attempt in range(10):
        path = tmp_path / f"part{attempt}"
        for step in (*sorted(chance.sample(range(1, EPOCHS * 4), 2)), 0):
            script = (
                "import os, signal, sys\n"
                f"sys.path.insert(0, {str(ROOT)!r})\n"
                "from pathlib import Path\n"
                "from minigrad.training import Trainer\n"
                "from tests.training.test_killing import work\n"
                "take = Trainer._step\n"
                "def step(trainer, *arguments, **options):\n"
                "    take(trainer, *arguments, **options)\n"
                f"    if trainer.optimizer.steps == {step}: signal.raise_signal(signal.SIGTERM)\n"
                "Trainer._step = step\n"
                f"work(Path({str(path)!r}))\n"
            )
            environment = {**os.environ, "PYTHONHASHSEED": str(chance.randrange(1000))}
            done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=False)
            assert done.returncode == (143 if step else 0), done.stderr
        assert digest(path) == digest(tmp_path / "whole")
