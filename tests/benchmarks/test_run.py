"""The benchmark runs, and compares only what computes the same. How fast anything is, no test asserts."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks import growth
from tests.benchmarks.run import agreeing
from tests.conftest import require

HERE = Path(__file__).parent


def test_a_tiny_run_prints_a_line_for_every_contender():
    command = [sys.executable, HERE / "run.py", "--workloads", "T", "--optimizers", "adam", "--rounds", "1"]
    table = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for contender in (
        "NumPy by hand",
        "NumPy's calls alone",
        "minigrad",
        "minigrad compiled",
        "PyTorch eager",
        "PyTorch fused",
        "JAX jit",
    ):
        assert f"| T | adam | float32 | {contender} |" in table


def test_a_contender_that_computes_something_else_ends_the_run():
    with pytest.raises(SystemExit, match="the other one does not compute the same"):
        agreeing({"one": lambda: 1.0, "the other one": lambda: 1.01}, "float32")


@pytest.mark.parametrize("contender", ["minigrad", "minigrad compiled", pytest.param("torch", marks=pytest.mark.slow)])
def test_whoever_takes_the_steps_learns_the_digits_in_the_same_epochs(contender):
    if contender == "torch":
        require("torch", "pip install torch")
    command = [sys.executable, HERE / "digits.py", contender]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert found == {"epochs": 9, "accuracy": pytest.approx(0.9747, abs=1e-3)}


def test_growth_is_measured_and_put_between_its_marks(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{growth.BEGIN}\nold\n{growth.END}\nafter\n")
    rows = [growth.measured(growth.SWEEPS[0], size, patience=0) for size in (100, 1000)]
    assert rows[1].peak > 5 * rows[0].peak
    growth.put("\n".join(growth.lines({growth.SWEEPS[0]: rows})), page)
    assert "| nodes of a chain | 1,000 |" in page.read_text()
    assert "old" not in page.read_text()
    assert page.read_text().endswith(f"{growth.END}\nafter\n")
    assert growth.picture({growth.SWEEPS[0]: rows}).startswith("<svg")


def test_growth_in_proportion_has_exponent_1():
    assert growth.exponent([growth.Row(1, 3, 0.25, 0), growth.Row(2, 12, 1.0, 0)]) == 1.0
