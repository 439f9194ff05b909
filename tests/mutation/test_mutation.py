"""Mutation testing itself: which faults there are, that they are planted, and what is counted."""

import ast
import importlib.util
import os
import signal
import time
import types

import pytest

from tests.mutation.__main__ import HERE, main, wilson
from tests.mutation.mutants import mutants
from tests.mutation.planting import plant
from tests.mutation.running import _forked
from tests.mutation.targets import TESTS

SOURCE = '''
"""A module."""

LIMIT = 3


def declared(*, rule):
    return lambda function: (function, rule)


@declared(rule=lambda g, x: g * 2)
def cut(x, most=LIMIT):
    """The smaller one."""
    if x < most and most is not None:
        return -x
    if x == 7:
        raise ValueError("seven" + str(1 + 1))
    most = max(most, x, key=abs)
    divmod(most, x)
    return abs(most - x)
'''


@pytest.fixture
def module(tmp_path):
    """The module, imported, and its file."""
    path = tmp_path / "sample.py"
    path.write_text(SOURCE)
    spec = importlib.util.spec_from_file_location("sample", path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded, path


def test_faults_are_of_every_kind_and_none_is_in_a_default_a_docstring_or_an_error(module):
    _, path = module
    found = mutants(path)
    kinds = {m.kind for m in found}
    assert kinds >= {
        "comparison",
        "arithmetic",
        "sign",
        "boolean",
        "condition",
        "return",
        "statement removed",
        "argument",
    }
    lines = SOURCE.splitlines()
    assert not [m for m in found if "raise" in lines[m.line - 1] or "LIMIT" in lines[m.line - 1]]


def test_every_fault_compiles_to_another_code(module):
    _, path = module
    before = compile(SOURCE, str(path), "exec", dont_inherit=True)
    assert all(m.code() != before for m in mutants(path))


def test_a_fault_is_planted_in_a_function_and_in_a_formula_of_its_decorator(module):
    loaded, path = module
    before = compile(SOURCE, str(path), "exec", dont_inherit=True)
    cut, rule = loaded.cut
    assert (cut(2), cut(5), rule(3, 1)) == (-2, 0, 6)
    sign = next(m for m in mutants(path) if m.kind == "sign")
    product = next(m for m in mutants(path) if m.text == "g * 2")
    assert plant(sign, before) >= 1
    assert cut(2) == 2
    assert plant(product, before) >= 1
    assert rule(3, 1) == 1.5
    assert isinstance(cut, types.FunctionType)
    assert ast.get_docstring(ast.parse(SOURCE)) == "A module."


def test_what_draws_the_samples_of_ops_holds_no_faults(tmp_path):
    path = tmp_path / "ops.py"
    path.write_text(
        "PAIRS = [(2, drawn(3))]\n"
        "def drawn(n): return n + 1\n"
        "def used(n): return n + 1\n"
        "@op(samples=[*PAIRS, used(1), lambda: 2 + 2])\n"
        "def f(x): return used(x)\n"
    )
    assert {m.line for m in mutants(path)} == {3, 5}


def test_arguments_of_a_function_that_commutes_are_not_exchanged(tmp_path):
    path = tmp_path / "calls.py"
    path.write_text("def f(x, y):\n    max(x, y)\n    np.add(x, y)\n    dot(x, x)\n    np.subtract(x, y)\n")
    assert [m.line for m in mutants(path) if m.kind == "argument"] == [5]


def test_assertions_are_left_alone(tmp_path):
    path = tmp_path / "calls.py"
    path.write_text("def f(x, y):\n    assert x == y\n    zip(x, y, strict=True)\n    load(x, strict=True)\n")
    assert {(m.line, m.text) for m in mutants(path)} == {
        *((n, text) for n, text in ((3, "zip(x, y, strict=True)"), (3, "zip(x, y, strict=True): arguments exchanged"))),
        *((4, text) for text in ("load(x, strict=True)", "load(x, strict=True): strict= removed", "not True")),
    }


def test_work_that_hangs_and_work_that_dies_are_told_apart():
    def rings():
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        time.sleep(60)

    assert _forked(lambda: 3, 10) == (True, 3)
    assert _forked(lambda: os._exit(1), 10) == (False, None)
    assert _forked(lambda: time.sleep(60), 0.2) == (False, ...)
    assert _forked(rings, 30) == (False, ...)


def test_the_tests_that_faults_are_shown_to_exist():
    assert [test for tests in TESTS.values() for test in tests if not (HERE / test).exists()] == []


def test_the_interval_of_a_share_is_wilsons():
    low, high = wilson(95, 100)
    assert (round(low, 3), round(high, 3)) == (0.888, 0.978)


@pytest.mark.slow
def test_faults_in_a_file_are_judged_by_its_tests_from_end_to_end(capsys):
    assert main(["minigrad/optim/clipping.py", "--sample", "5", "--seed", "3"]) == 0
    assert capsys.readouterr().out.splitlines()[-1]
