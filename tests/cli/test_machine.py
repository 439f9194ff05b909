"""What is said of a machine: its instructions, the kernels that fit them, and what would make it faster."""

import sys

import numpy as np
import pytest

from minigrad.cli import machine
from tests.conftest import require

SKYLAKE = "model name\t: Some Processor\nflags\t\t: fma avx2 avx512f avx512cd avx512bw avx512dq avx512vl\n"


def test_the_processor_is_read_from_what_linux_says(tmp_path):
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\n{SKYLAKE}\nprocessor\t: 1\n{SKYLAKE}")
    name, instructions = machine.processor(tmp_path / "cpuinfo")
    assert name == "Some Processor"
    assert instructions == {"fma", "avx2"} | machine.AVX512


def test_where_linux_says_nothing_nothing_is_claimed(tmp_path):
    assert machine.processor(tmp_path / "none") == (None, set())
    assert machine.older_kernels(set(), "Haswell") is None


@pytest.mark.parametrize(
    ("instructions", "running", "better"),
    [
        (machine.AVX512 | machine.AVX2, "Haswell", "SkylakeX"),
        (machine.AVX512 | machine.AVX2, "Zen", "SkylakeX"),
        (machine.AVX512 | machine.AVX2, "Cooperlake", None),
        (machine.AVX512 - {"avx512vl"} | machine.AVX2, "Haswell", None),
        (machine.AVX2, "Prescott", "Haswell"),
        (machine.AVX2, "Zen", None),
        (machine.AVX512 | machine.AVX2, None, None),
    ],
)
def test_kernels_are_older_if_the_processor_has_wider_instructions(instructions, running, better):
    assert machine.older_kernels(instructions, running) == better


def test_better_kernels_are_advised_only_where_they_were_faster():
    (line,) = machine.advice("SkylakeX", (100.0, 210.0), 1)
    assert line.startswith("set OPENBLAS_CORETYPE=SkylakeX before Python starts")
    assert "2.1 times" in line
    assert machine.advice("SkylakeX", (100.0, 101.0), 1) == []
    assert machine.advice("SkylakeX", (100.0, None), 1) == []


def test_the_kernels_are_those_that_threadpoolctl_finds():
    threadpoolctl = require("threadpoolctl", "pip install threadpoolctl")
    np.ones((2, 2)) @ np.ones((2, 2))
    found = [pool for pool in threadpoolctl.threadpool_info() if pool["internal_api"] == "openblas"]
    assert machine.library()["kernels"] in [pool["architecture"] for pool in found]


def test_a_product_is_measured_in_a_process_of_its_own():
    assert machine.gigaflops() > 0.1


def test_what_cannot_run_is_not_measured(monkeypatch):
    monkeypatch.setattr(sys, "executable", "false")
    assert machine.gigaflops() is None
