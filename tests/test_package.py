"""The package as a whole: what importing it loads, which storey may import which, and what its names are."""

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import minigrad
from tests.conftest import require

ROOT = Path(minigrad.__file__).parent
STOREYS = (
    *("errors", "locks", "source", "modes", "effects", "arrays", "shown"),
    *("rules", "complaints", "conversions", "methods"),
    *("engine", "autograd"),
    *("samples", "declare", "ops", "transforms", "gradcheck"),
    *("nn", "optim", "tracing", "data", "training", "viz", "onnx", "sklearn", "learn", "cli"),
)
"""The storeys from the ground up. Each imports only from those below; ``minigrad`` itself stands on data."""

MODULES = sorted(info.name for info in pkgutil.walk_packages([str(ROOT)], "minigrad.") if "__main__" not in info.name)
OPS_AT_IMPORT = {name for name in minigrad.declare.OPS if hasattr(minigrad, name)}  # tests declare some of their own
FILES = sorted(ROOT.rglob("*.py"))


def storey(module: str) -> int:
    """The number of the storey that a module stands on."""
    parts = module.split(".")
    return STOREYS.index(parts[1]) if len(parts) > 1 else STOREYS.index("data")


def imported(node: ast.AST) -> list[str]:
    """The modules of minigrad that an import statement names."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        assert not node.level, "a relative import hides which storey it names"
        inner = [f"{node.module}.{alias.name}" for alias in node.names]
        names = [name if name in MODULES else node.module for name in inner]
    else:
        names = []
    return [name for name in names if name.split(".")[0] == "minigrad"]


def loaded_by(statement: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after a statement."""
    script = f"import sys; {statement}; print(*{{name.split('.')[0] for name in sys.modules}})"
    return set(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    )


def by_kind(name: str):
    """The order that the linter keeps: CONSTANTS, then Classes, then functions."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def test_importing_minigrad_loads_numpy_and_the_standard_library_alone():
    more = loaded_by("import minigrad") - loaded_by("import numpy.random")
    assert more - sys.stdlib_module_names == {"minigrad"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_module_imports_only_from_the_storeys_below_it(file):
    own = ".".join(("minigrad", *file.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
    if own in ("minigrad", "minigrad.__main__"):
        return
    for node in ast.walk(ast.parse(file.read_text())):
        for name in imported(node):
            assert storey(name) <= storey(own), f"line {node.lineno}: {own} imports {name}, which stands above it"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_function_imports_minigrad(file):
    functions = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)]
    for function in functions:
        for node in ast.walk(function):
            assert not imported(node), f"line {node.lineno}: {function.name} imports minigrad inside"


@pytest.mark.parametrize("name", ["minigrad", *MODULES])
def test_exported_names_are_sorted_and_complete(name):
    if name.startswith("minigrad.sklearn"):
        require("sklearn", "pip install scikit-learn")
    module = importlib.import_module(name)
    if not hasattr(module, "__all__"):
        return
    public = {
        key
        for key, value in vars(module).items()
        if not key.startswith("_")
        and not inspect.ismodule(value)
        and (getattr(value, "__module__", None) or "").startswith("minigrad")
    }
    ops = sorted(OPS_AT_IMPORT) if module is minigrad else []  # these follow, in an order of their own
    names = [key for key in module.__all__ if key not in ops]
    assert module.__all__ == names + ops
    assert names in (sorted(set(names)), sorted(set(names), key=by_kind))
    assert public <= set(module.__all__), f"not exported: {public - set(module.__all__)}"
    assert all(hasattr(module, key) for key in module.__all__)


def test_every_module_says_what_it_is_for():
    silent = [file for file in FILES if not ast.get_docstring(ast.parse(file.read_text()))]
    assert not silent
