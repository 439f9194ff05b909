import json
import os
import sys
from pathlib import Path

import pytest

import minigrad

NEURON = ("graph", "tanh(w*x + b)", "--set", "w=-3,x=2,b=6.88")


def test_an_expression_is_shown_with_values_and_gradients(run):
    result = run(*NEURON)
    assert result.exit_code == 0, result.output
    assert "w         -3      grad 1.002" in result.stdout
    assert "+ → tanh  0.7064  grad 1" in result.stdout


def test_explain_writes_out_the_chain_rule_for_every_variable(run):
    text = run(*NEURON, "--explain").stdout
    for name, product in (("w", "0.501 × 1 × 2 = 1.002"), ("x", "0.501 × 1 × (-3) = -1.503"), ("b", "0.501 × 1")):
        assert f"d tanh / d {name}" in text
        assert product in text
    assert text.count("finite difference") == 3


def test_the_picture_is_written_last_and_named_with_its_layout(run, tmp_path):
    files = [tmp_path / "g.svg", tmp_path / "g.dot"]
    result = run(*NEURON, "-o", str(files[0]), "-o", str(files[1]))
    assert result.exit_code == 0, result.output
    last = result.stdout.strip().splitlines()[-1]
    assert last.startswith("wrote ")
    assert "layout: " in last
    assert all("tanh" in file.read_text(encoding="utf-8") for file in files)


def test_html_writes_the_explorer_of_an_expression(run, tmp_path):
    result = run(*NEURON, "--html", str(tmp_path / "f.html"))
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1].startswith(f"wrote {tmp_path}/f.html")
    page = (tmp_path / "f.html").read_text(encoding="utf-8")
    assert "<title>tanh(w*x + b)</title>" in page
    assert "w.grad += 0.501 × 2 = 1.002" in page


def test_a_format_that_needs_graphviz_is_one_line_that_says_how_to_get_it(run, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    result = run(*NEURON, "-o", str(tmp_path / "g.pdf"))
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert "pip install pygraphviz" in result.stderr


def test_json_is_one_object_and_nothing_else(run):
    summary = json.loads(run(*NEURON, "--json").stdout)
    values = {node["name"] or node["made"]: node["value"] for node in summary["nodes"]}
    assert values["×"] == -6
    assert {"from": "n0", "to": "n3", "operand": 0} in summary["edges"]


def test_what_is_not_finite_is_text_in_json(run):
    summary = json.loads(run("graph", "x / 0", "--set", "x=1", "--json").stdout)
    assert summary["nodes"][-1]["value"] == "inf"


def test_values_may_be_arrays_and_be_set_in_several_options(run):
    result = run("graph", "sum(x @ w)", "--set", "x=[[1,2]],w=[[1],[3]]", "--set", "y=1")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1].startswith("@ → sum   7")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("x.data", "--set", "x=1"), "may not be written here"),
        (("__import__('os').system('true')",), "may not be written here"),
        (("x * y", "--set", "x=1"), "--set y=1"),
        (("x +", "--set", "x=1"), "no expression that can be read"),
        (("x", "--set", "x=one"), "must be a number"),
        (("frobnicate(x)", "--set", "x=1"), "no op 'frobnicate'"),
        (("no_such_module:f",), "there is no module 'no_such_module'"),
        (("json:no_such_function",), "json has no 'no_such_function'"),
        (("json:dumps",), "must take no arguments"),
        (("no_such_file.py:f",), "there is no file no_such_file.py"),
        (("math:e",), "must return a Tensor"),
        (("x * 2", "--set", "x=[1,2]", "--explain"), "write sum(...)"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage_in_one_line(run, arguments, said):
    result = run("graph", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_file_that_cannot_be_written_is_one_line(run, tmp_path):
    for option in ("-o", "--html"):
        result = run(*NEURON, option, str(tmp_path / "no" / "such" / "g.svg"))
        assert result.exit_code == 1
        assert "g.svg cannot be written: No such file or directory" in result.stderr


@pytest.mark.parametrize("what", ["mine:f", "mine.py:f"])
def test_a_function_of_the_users_is_called_and_drawn(start, tmp_path, what):
    (tmp_path / "mine.py").write_text(
        "import minigrad as mg\ndef f():\n    x = mg.tensor(3.0, requires_grad=True)\n    return x * x\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(minigrad.__file__).parent.parent)}
    out, error = start("graph", what, cwd=tmp_path, env=environment).communicate()
    assert error == ""
    assert "x, x → ×  9  grad 1  mine.py:4  x * x" in out
