"""``minigrad check pkg.mod:name``: functions, models, losses and ops of the user's; what cannot be checked, and why."""

import json
import subprocess
import sys
from textwrap import dedent

import pytest

from minigrad.cli import check as command

SOURCE = '''
import numpy as np
import minigrad as mg
from minigrad import nn
from minigrad.optim import L2

def product(x, w):
    return np.tanh(x @ w)

@mg.op(x=lambda g, y, x: 2 * g * np.cos(x))
def wrong(x):
    """y = sin x, with a wrong formula."""
    return np.sin(x)

@mg.op(x=lambda g, y, x: 3 * g * x**2, samples=[mg.samples.real(2, 3)])
def cube(x):
    """y = x**3."""
    return x**3

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(3, 4, rng=0), nn.Linear(4, 2, rng=1)

    def forward(self, x):
        return self.b(np.tanh(self.a(x)))

class Needs(nn.Module):
    def __init__(self, width):
        super().__init__()

model, embedding = Model(), nn.Sequential(nn.Embedding(7, 3, rng=0), nn.Linear(3, 2, rng=0))
X, Y = np.random.default_rng(0).standard_normal((6, 3)), np.array([0, 1, 0, 1, 0, 1])

def make(hidden=4):
    return nn.MLP([3, hidden, 2], rng=0)

def loss():
    return nn.cross_entropy(model(X), Y)

def terms():
    return {"data": loss(), "penalty": L2(0.01)(model)}

def fresh():
    return mg.tensor(1.0, requires_grad=True) * 2

def constant():
    return mg.tensor(1.0) * 2

def nothing():
    return None

def raising(x):
    raise KeyError("boo")

def root(x):
    return np.sqrt(x)

def chatty(x):
    print("hello")
    return x * x

def shapeless():
    return nn.ReLU()

number = 3
'''


@pytest.fixture
def check(run, tmp_path, monkeypatch):
    """``minigrad check`` in a folder of its own with a file mine.py."""
    (tmp_path / "mine.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield lambda *words: run("check", *words)
    sys.modules.pop("mine", None)


@pytest.fixture
def data(check):
    """What ``--json`` says."""
    return lambda *words: json.loads(check(*words, "--json").output)


def table(output: str) -> dict[str, list[str]]:
    """Operand -> the cells of its row."""
    lines = output.split("\n\n")[1].splitlines()[1:]
    return {line.split()[0]: line.split()[1:] for line in lines}


class TestWhatCanBeChecked:
    def test_a_function_at_random_inputs_which_are_printed_as_code(self, check):
        result = check("mine:product", "--input", "4,5", "--input", "5,3", "--seed", "7")
        assert result.exit_code == 0
        assert "rng = np.random.default_rng(7)" in result.output
        assert "x = rng.standard_normal((4, 5))" in result.output
        assert table(result.output)["x"][:2] == ["4×5", "20/20"]
        assert table(result.output)["w"][-1] == "PASS"
        assert "PASS: mine:product, 35 elements" in result.output

    def test_a_wrong_gradient_exits_with_1_and_shows_element_and_both_values(self, check):
        result = check("mine:wrong", "--input", "4,5")
        assert result.exit_code == 1
        assert "WRONG gradient: wrong, operand 0 (x), at mine.py" in result.output
        assert "backward gives" in result.output
        assert "diagnosis: FACTOR" in result.output

    def test_a_model_class_at_the_shape_of_its_first_layer(self, check):
        result = check("mine:Model")
        assert result.exit_code == 0
        assert list(table(result.output)) == ["x", "a.weight", "a.bias", "b.weight", "b.bias"]
        assert "(5, 3)" in result.output

    def test_an_instance_a_factory_and_a_file_likewise(self, check):
        for target in ("mine:model", "mine:make", "mine.py:Model"):
            assert check(target).exit_code == 0

    def test_a_factory_with_defaults_at_another_batch(self, check):
        assert "(9, 3)" in check("mine:make", "--input", "9,3").output

    def test_ids_for_an_embedding(self, check):
        result = check("mine:embedding")
        assert result.exit_code == 0
        assert "x = rng.integers(0, 6, (5,), endpoint=True)" in result.output

    def test_a_penalty_of_a_model_is_checked_by_itself(self, data):
        checks = data("mine:Model", "--l2", "0.01")["checks"]
        assert [each["subject"] for each in checks] == ["mine:Model", "L2(0.01)"]
        assert [f["operand"] for f in checks[1]["findings"]] == ["a.weight", "b.weight"]

    def test_a_loss_without_arguments_by_the_parameters_that_it_uses(self, check):
        assert list(table(check("mine:loss").output)) == ["a.weight", "a.bias", "b.weight", "b.bias"]

    def test_the_terms_of_a_loss_each_by_itself(self, data):
        assert [each["subject"] for each in data("mine:terms")["checks"]] == [
            "mine:terms['data']",
            "mine:terms['penalty']",
        ]

    def test_an_op_of_mine_at_its_own_samples(self, check):
        assert "PASS: cube" in check("mine:cube").output

    def test_a_numpy_function(self, check):
        assert check("numpy:arctan", "--input", "()").exit_code == 0

    def test_positive_inputs(self, check):
        assert check("mine:root", "--input", "6", "--positive").exit_code == 0
        assert "rng.uniform(0.5, 2.0, (6,))" in check("mine:root", "--input", "6", "--positive").output

    def test_a_range_of_ones_own(self, data):
        (drawn,) = data("mine:root", "--input", "6:1.5..3")["inputs"]
        assert drawn == {"name": "x", "shape": [6], "drawn": "rng.uniform(1.5, 3.0, (6,))"}

    def test_float32_says_how_many_digits_are_lost(self, check):
        assert "in float32 it is off by at most" in check("mine:Model", "--dtype", "float32").output

    def test_order_2_and_random_directions(self, data):
        orders = {
            f["order"] for f in data("mine:product", *2 * ("--input", "2,2"), "--order", "2")["checks"][0]["findings"]
        }
        assert orders == {1, 2}
        finding, *sampled = data("mine:Model", "--mode", "probe")["checks"][0]["findings"]
        assert finding["checked"] is None
        assert [f["operand"] for f in sampled] == ["x", "a.weight", "a.bias", "b.weight", "b.bias"]


class TestWhatCannot:
    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["nowhere:fn"], "there is no module 'nowhere'"),
            (["nowhere.py:fn"], "there is no file nowhere.py"),
            (["mine:prodct"], "did you mean product"),
            (["mine:"], "write pkg.mod:name"),
            (["mine:number"], "not callable"),
            (["mine:Needs"], "needs width to be made"),
            (["mine:product"], "takes x, w: give a shape for each, as in --input 4,5 --input 4,5"),
            (["mine:product", "--input", "4,5"], "takes 2 inputs, x, w, and 1 are given"),
            (["mine:product", "--input", "4,5", "--input", "4,5"], "(4, 5)"),
            (["mine:product", "--input", "4,x"], "'4,x' is no shape"),
            (["mine:product", "--input", "-4"], "is no shape"),
            (["mine:root", "--input", "4:2..1"], "is empty"),
            (["mine:root", "--input", "99999,99999"], "a smaller shape"),
            (["mine:raising", "--input", "3"], "KeyError: 'boo', at mine.py"),
            (["mine:fresh"], "makes new Tensors at each call"),
            (["mine:constant"], "depends on nothing that requires grad"),
            (["mine:nothing"], "returns a NoneType"),
            (["mine:loss", "--input", "3"], "takes no arguments"),
            (["mine:shapeless"], "nothing tells what shape"),
            (["mine:Model", "tanh"], "one MODULE:NAME at a time"),
            (["--input", "3"], "--input needs something of yours"),
            (["--html", "a.html"], "--html needs something of yours"),
            (["mine:Model", "--order", "3"], "--order"),
            (["mine:Model", "--mode", "half"], "--mode"),
        ],
    )
    def test_one_line_says_why_and_the_exit_code_is_2(self, check, words, said):
        result = check(*words)
        assert result.exit_code == 2
        assert said in result.output
        assert len(result.output.splitlines()) == 1

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("x = = 1", "cannot be imported: SyntaxError"),
            ("1 / 0", "cannot be imported: ZeroDivisionError"),
            ("import no_such_thing", "imports 'no_such_thing', which is not installed"),
            ("raise SystemExit(0)", "cannot be imported: SystemExit"),
        ],
    )
    def test_a_module_that_cannot_be_imported(self, check, tmp_path, text, said):
        (tmp_path / "broken_module.py").write_text(text)
        result = check("broken_module:fn")
        assert result.exit_code == 2
        assert said in result.output
        assert len(result.output.splitlines()) == 1


class TestOutput:
    def test_json_is_one_object_whatever_the_users_code_prints(self, check, tmp_path):
        result = subprocess.run(
            [sys.executable, "-m", "minigrad", "check", "mine:chatty", "--input", "3", "--json"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert json.loads(result.stdout)["ok"] is True
        assert "hello" in result.stderr

    def test_the_command_in_json_does_the_same_again(self, data):
        first = data("mine:root", "--input", "6", "--positive", "--seed", "3")
        words = first["command"].split()[2:]
        again = data(*words)
        assert again["checks"][0]["findings"] == first["checks"][0]["findings"]

    def test_a_terminal_gets_a_table(self, check, monkeypatch):
        monkeypatch.setattr(command, "is_terminal", lambda: True)
        result = check("mine:Model")
        assert result.exit_code == 0
        assert "worst error" in result.output

    def test_a_pipe_gets_no_control_characters(self, check):
        assert "\x1b" not in check("mine:Model").output

    def test_a_page_is_written_and_named(self, check, tmp_path):
        result = check("mine:Model", "--html", "check.html")
        assert result.output.splitlines()[-1] == "wrote check.html"
        assert "minigrad check mine:Model --seed 0" in (tmp_path / "check.html").read_text()

    def test_a_page_that_cannot_be_written_is_one_line_and_exit_code_1(self, check):
        result = check("mine:Model", "--html", "nowhere/check.html")
        assert result.exit_code == 1
        assert "nowhere/check.html cannot be written" in result.output

    def test_of_many_parameters_the_good_ones_are_counted(self, check, tmp_path):
        (tmp_path / "deep_module.py").write_text(
            dedent("""
                from minigrad import nn

                def deep():
                    return nn.Sequential(*(nn.Linear(2, 2, rng=i) for i in range(30)))
            """)
        )
        assert "and 21 more that are right" in check("deep_module:deep").output
