"""minigrad doctor: what is there, what is not, and what would make it faster."""

import json
import platform
import shutil

import numpy as np
import pytest

from minigrad.cli import doctor, machine


def test_it_says_what_there_is(run):
    result = run("doctor")
    assert result.exit_code == 0
    starts = [line.split()[0] for line in result.stdout.splitlines()]
    assert {"minigrad", "processor", "products", "pictures", "faster"} <= set(starts)
    assert f"Python {platform.python_version()} · NumPy {np.__version__}" in result.stdout


def test_the_same_is_one_json_object(run):
    facts = json.loads(run("doctor", "--json").stdout)
    assert facts["numpy"] == np.__version__
    assert facts["blas"]["name"] in doctor.lines(facts)[2]
    assert facts["processor"]["usable"] == machine.processors()


def test_a_package_that_is_missing_comes_with_how_to_get_it(monkeypatch):
    monkeypatch.setattr(doctor, "version_of", lambda package: None if package == "onnx" else "1.0")
    lines = doctor.lines(doctor.examined())
    assert "missing    onnx (pip install 'minigrad[onnx]')" in lines
    assert any(line.startswith("extras ") and "matplotlib 1.0" in line for line in lines)


@pytest.mark.parametrize(
    ("dot", "pygraphviz", "wanted"), [(None, True, "pygraphviz"), (None, False, "own layout (pip install pygraphviz")]
)
def test_graphs_are_drawn_by_the_best_there_is(monkeypatch, dot, pygraphviz, wanted):
    monkeypatch.setattr(shutil, "which", lambda name: dot)
    monkeypatch.setattr(doctor, "find_spec", lambda name: pygraphviz or None)
    monkeypatch.setattr(doctor.metadata, "version", lambda name: "2.0")
    assert doctor.pictures().startswith(wanted)


def test_the_first_advice_is_the_line_that_is_shown(monkeypatch):
    monkeypatch.setattr(machine, "processor", lambda: ("X", machine.AVX512 | machine.AVX2))
    blas = {"name": "OpenBLAS", "version": "0.3", "kernels": "Haswell", "threads": 2}
    monkeypatch.setattr(machine, "library", lambda: blas)
    monkeypatch.setattr(machine, "gigaflops", lambda **variables: 200.0 if variables else 100.0)
    facts = doctor.examined()
    assert [line.split(":")[0] for line in facts["advice"]] == [
        "set OPENBLAS_CORETYPE=SkylakeX before Python starts",
        "set OPENBLAS_NUM_THREADS=1",
    ]
    assert doctor.lines(facts)[-1] == f"faster     {facts['advice'][0]}"
