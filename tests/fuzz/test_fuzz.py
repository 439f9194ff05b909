"""A thousand random programs with every test run; ``python -m tests.fuzz`` runs more, and prints what fails."""

import contextlib
import io
import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from tests.conftest import require
from tests.fuzz.__main__ import autograd_ops, main, report
from tests.fuzz.draw import draw
from tests.fuzz.drawing import Settings
from tests.fuzz.engines import Autograd, Minigrad, Torch
from tests.fuzz.judge import Verdict, compare
from tests.fuzz.programs import Leaf, Node, Program, Ref
from tests.table import OPS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def pytorch(torch):
    return Torch(torch)


@pytest.fixture(scope="module")
def hips():
    require("autograd.numpy", "pip install autograd==1.9.1")
    return Autograd(require("autograd", "pip install autograd==1.9.1"))


def compared(numbers: range, settings: Settings, other, order: int) -> tuple[Counter, Counter]:
    """How the programs fared, and how many of those that agree each op is in. Stops at a failure, and shows it."""
    kinds: Counter = Counter()
    ops: Counter = Counter()
    for number in numbers:
        program = draw(0, number, settings)
        verdict = compare(program, Minigrad(split=number % 2 == 1), other, order)
        if verdict.failed:
            pytest.fail(report(program, number, verdict, other, order, 1e-10))
        kinds[verdict.kind] += 1
        ops.update(set(program.ops()) if verdict.kind == "agree" else ())
    return kinds, ops


def test_six_hundred_programs_agree_with_pytorch_and_no_op_is_left_out(pytorch):
    kinds, ops = compared(range(600), Settings(), pytorch, order=1)
    assert kinds["agree"] >= 0.99 * 600
    assert [op for op in OPS if not ops[op]] == []


def test_four_hundred_programs_agree_with_pytorch_in_their_second_derivatives_too(pytorch):
    kinds, ops = compared(range(600, 1000), Settings(), pytorch, order=2)
    assert kinds["agree"] >= 0.99 * 400
    assert [op for op in OPS if not ops[op]] == []


def test_two_hundred_programs_full_of_ties_and_kinks_agree_with_pytorch(pytorch):
    kinds, _ = compared(range(200), Settings(kinks=True), pytorch, order=1)
    assert kinds["agree"] >= 0.97 * 200


def test_a_hundred_programs_with_empty_arrays_agree_with_pytorch(pytorch):
    kinds, _ = compared(range(100), Settings(empty=True), pytorch, order=1)
    assert kinds["agree"] >= 0.99 * 100


@pytest.mark.parametrize(("numbers", "order"), [(range(200), 1), (range(200, 300), 2)])
def test_programs_of_the_ops_that_autograd_has_agree_with_it(hips, numbers, order):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # autograd's own
        kinds, _ = compared(numbers, Settings(ops=autograd_ops()), hips, order)
    assert kinds["agree"] >= 0.6 * len(numbers)


@pytest.mark.parametrize("op", ["tril", "triu"])
def test_the_triangle_of_a_vector_agrees_with_autograd(hips, op):
    """NumPy takes the vector for every row of a matrix, and autograd does not add the rows up again."""
    steps = (Leaf(np.array([0.5, -1.0, 2.0]), np.ones(3)), Node(op, (Ref(0), 1), route=f"mg.{op}"))
    program = Program(steps, ((1, np.arange(9.0).reshape(3, 3)),))
    assert compare(program, Minigrad(), hips).kind == "agree"


FAULTS = {
    "sign": ("sin", lambda right: lambda g, y, x: -right(g, y, x)),
    "factor": ("square", lambda right: lambda g, y, x: right(g, y, x) / 2),
    "one element": ("tanh", lambda right: lambda g, y, x: np.where(x == np.max(x), 0, right(g, y, x))),
    "missing term": ("softmax", lambda right: lambda g, y, x, axis=-1: g * y),
    "other axis": ("cumsum", lambda right: lambda g, y, x, axis=None: right(g, y, x, None)),
    "assigned, not added": (
        "getitem",
        lambda right: (
            lambda g, y, x, index: np.where(right(np.ones_like(g), y, x, index) > 1, 0, right(g, y, x, index))
        ),
    ),
    "a millionth": ("exp", lambda right: lambda g, y, x: right(g, y, x) * (1 + 1e-6)),
    "second order only": ("log", lambda right: lambda g, y, x: g / (x.detach() if isinstance(x, mg.Tensor) else x)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(monkeypatch, pytorch, fault):
    op, broken = FAULTS[fault]
    right = OPS[op].formulas
    monkeypatch.setattr(OPS[op], "formulas", (broken(right[0]), *right[1:]))
    settings, order = Settings(ops=(op, "multiply", "reshape")), 2 if "order" in fault else 1
    verdicts = (compare(draw(0, number, settings), Minigrad(), pytorch, order) for number in range(30))
    assert any(verdict.kind == "mismatch" for verdict in verdicts)


def test_a_failure_is_printed_as_a_short_script_that_shows_it(monkeypatch, pytorch):
    monkeypatch.setattr(OPS["sin"], "formulas", (lambda g, y, x: g,))
    settings = Settings(ops=("sin", "multiply", "reshape", "sum"))
    for number in range(30):
        program = draw(0, number, settings)
        if (verdict := compare(program, Minigrad(), pytorch)).failed:
            break
    script = report(program, number, verdict, pytorch, 1, 1e-10)
    title, *lines = script.splitlines()
    assert "order 1, against torch: mismatch: the gradient of v0" in title
    assert len(lines) == 8  # two imports, a blank line, the leaf, the sine, the loss, backward, what is expected
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec("\n".join(lines), {})
    assert printed.getvalue().strip() not in ("", lines[-1].split("expected ")[1])


@pytest.mark.parametrize("number", range(25))
def test_a_program_is_text_that_computes_what_it_computes(number):
    program = draw(1, number, Settings())
    names = {"np": np, "mg": mg}
    exec(str(program), names)
    values = program.values(lambda leaf, i: leaf.value, lambda node, args, kwargs: OPS[node.op](*args, **kwargs))
    loss = sum(np.sum(values[i] * weights) for i, weights in program.outputs)
    np.testing.assert_allclose(float(names["loss"]), loss, rtol=1e-12, atol=1e-12)


def test_a_program_is_the_same_whenever_it_is_drawn():
    assert str(draw(3, 5, Settings())) == str(draw(3, 5, Settings()))
    assert str(draw(3, 5, Settings())) != str(draw(4, 5, Settings()))


def test_rounding_alone_is_called_ill_conditioned_and_not_a_mismatch(pytorch):
    """x - 1e8 near 1e8 has half its digits; whoever adds in another order gets other ones."""

    class Rounded:
        name = "rounded"

        def run(self, program, order):
            results = pytorch.run(program, order)
            results.outputs = [output + 3e-8 for output in results.outputs]
            return results

    steps = (Leaf(np.array([1e8 + 0.5]), np.ones(1)), Node("subtract", (Ref(0), 1e8), route="mg.subtract"))
    steep = Program(steps, ((1, np.ones(1)),))
    assert compare(steep, Rounded(), pytorch).kind == "ill-conditioned"
    assert compare(draw(0, 0, Settings(ops=("sin",))), Rounded(), pytorch).kind == "mismatch"


def test_a_crash_of_the_engine_is_a_failure(monkeypatch, pytorch):
    monkeypatch.setattr(OPS["sin"], "formulas", (lambda g, y, x: 1 / 0,))
    verdict = compare(draw(0, 0, Settings(ops=("sin",))), Minigrad(), pytorch)
    assert isinstance(verdict, Verdict)
    assert verdict.kind == "crash"
    assert "minigrad: " in verdict.detail


def test_the_command_says_which_ops_were_drawn(pytorch, capsys):
    assert main(["--n", "5", "--ops", "sin,cos"]) == 0
    printed = capsys.readouterr().out
    assert "5 programs, order 1, against torch, seed 0" in printed
    assert "ops: 2, drawn 2" in printed


@pytest.mark.slow
@pytest.mark.parametrize("options", ["", "--order 2", "--kinks", "--empty", "--against autograd"])
def test_ten_thousand_programs(torch, options):
    subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--n", "10000", "--seed", "1", *options.split()], cwd=ROOT, check=True
    )
