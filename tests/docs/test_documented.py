"""Everything public is documented: it has a docstring, with a formula where there is one, and a place in the docs."""

import inspect
import re
import runpy
from importlib import import_module
from pathlib import Path

import pytest

from minigrad import nn, optim
from minigrad.declare import OPS
from minigrad.optim import schedules
from tests.conftest import require

DOCS = Path(__file__).parents[2] / "docs"
MADE = runpy.run_path(str(DOCS / "generate.py"))
MODULES = (*MADE["REFERRED"], "minigrad.nn", "minigrad.nn.initializers", "minigrad.optim", "minigrad.optim.schedules")
FORMULA = re.compile(r"[=^<|]|<-|\*\*|`\(|[-+/*] |\bsum\b|max\(|log |softmax|product")
PLAIN = {
    *("Module", "Sequential", "ModuleList", "ModuleDict", "Parameter", "Buffer", "Flatten", "Identity", "Residual"),
    *("summary", "set_step", "sparsity", "Schedule", "Optimizer", "VectorOptimizer", "per_epoch", "Table", "Custom"),
}
"""What holds, counts or converts, and computes nothing that a formula would say."""


def public(path: str) -> dict[str, object]:
    """The public names of a module: classes and functions, no constants."""
    if path == "minigrad.sklearn":
        require("sklearn", "pip install scikit-learn")
    if path == "minigrad.onnx":
        require("onnx", "pip install onnx")
    module = import_module(path)
    pairs = {name: getattr(module, name) for name in MADE["public_functions"](module)}
    return {name: x for name, x in pairs.items() if callable(x)}


def headings() -> set[str]:
    """Every name that has a place on one of the pages made from the source."""
    found = set()
    for page in ("reference", "layers", "optimizers"):
        found |= set(re.findall(r"^### (\w+)$", (DOCS / f"{page}.md").read_text(encoding="utf-8"), re.MULTILINE))
    return found | set(re.findall(r"^\| \*\*(\w+)\*\*", (DOCS / "derivatives.md").read_text(encoding="utf-8"), re.M))


@pytest.mark.parametrize("path", MODULES)
def test_every_public_name_has_a_docstring_of_its_own_and_a_place_in_the_docs(path):
    names = public(path)
    assert names
    known = headings()
    for name, x in names.items():
        text = vars(x).get("__doc__") if inspect.isclass(x) else getattr(x, "__doc__", None)
        assert (text or "").strip(), f"{path}.{name} has no docstring"
        assert name in known, f"{path}.{name} is on no page"


@pytest.mark.parametrize("path", MODULES)
def test_every_public_method_has_a_docstring(path):
    silent = []
    for name, x in public(path).items():
        if inspect.isclass(x) and x.__module__.startswith("minigrad"):
            for key, value in vars(x).items():
                member = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
                if not key.startswith("_") and inspect.isfunction(member) and not inspect.getdoc(getattr(x, key)):
                    silent.append(f"{name}.{key}")
    assert silent == []


@pytest.mark.parametrize("module", [nn, optim, schedules], ids=lambda module: module.__name__)
def test_what_computes_says_so_in_a_formula_or_gives_its_shapes(module):
    wordy = [name for name, x in public(module.__name__).items() if not FORMULA.search(inspect.getdoc(x) or "")]
    assert [name for name in wordy if name not in PLAIN] == []


def test_every_op_has_a_docstring_and_a_formula_of_each_derivative_stands_in_the_docs():
    page = (DOCS / "derivatives.md").read_text(encoding="utf-8")
    for name, op in OPS.items():
        if MADE["home"](op).startswith("minigrad.ops"):
            assert op.__doc__, name
            (row,) = re.findall(rf"^\| \*\*{name}\*\*<br>.*$", page, re.MULTILINE)
            assert re.search(r": `[^`]+`|composed of other ops", row), row
