"""Every row of docs/conventions.md is so, also what it says of PyTorch."""

import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg

ROOT = Path(__file__).parent.parent
NUMBERS = {"nan": np.nan, "inf": np.inf}


def rows(columns: int) -> list[tuple[str, ...]]:
    """The rows of the table of so many columns; headings and titles are left out."""
    lines = (ROOT / "docs" / "conventions.md").read_text(encoding="utf-8").splitlines()
    cells = (tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in lines if line.startswith("| "))
    return [row for row in cells if len(row) == columns and "`" in row[0] + row[-1]]


GRADIENTS, RULES = rows(5), rows(2)


def values(text: str) -> dict[str, np.ndarray]:
    """``x=[0, inf], y=[1, 2]`` as arrays by name."""
    return {name: np.array(value, float) for name, value in eval(f"dict({text.strip('`')})", dict(NUMBERS)).items()}


def assert_gradients(found: dict, expected: dict):
    assert found.keys() == expected.keys()
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-13, atol=0, equal_nan=True, strict=True)


def test_the_tables_are_read_to_the_end():
    assert len(GRADIENTS) > 70
    assert len(RULES) > 10


@pytest.mark.parametrize("row", GRADIENTS, ids=lambda row: f"{row[0]} at {row[1]}".replace("`", ""))
def test_the_gradient_is_the_one_in_the_table(row):
    expression, at, gradient, _, _ = row
    leaves = {name: mg.tensor(value, requires_grad=True) for name, value in values(at).items()}
    with np.errstate(all="ignore"):
        y = eval(expression.strip("`"), {"mg": mg, **NUMBERS, **leaves})
    y.sum().backward()
    assert_gradients({name: x.grad for name, x in leaves.items()}, values(gradient))


ALONG_0 = ("logsumexp", "softmax", "log_softmax", "cumprod")


class Native:
    """PyTorch under NumPy's names."""

    def __init__(self, torch):
        self.torch = torch
        self.own = {
            "clip": torch.clamp,
            "max": torch.amax,
            "min": torch.amin,
            "norm": torch.linalg.norm,
            "std": lambda x, ddof=0: torch.std(x, correction=ddof),
            "var": lambda x, ddof=0: torch.var(x, correction=ddof),
            "sort": lambda x: torch.sort(x, stable=True).values,
            "where": lambda mask, a, b: torch.where(mask, a, torch.as_tensor(b, dtype=a.dtype)),
            **{name: partial(getattr(torch, name), dim=0) for name in ALONG_0},
        }

    def __getattr__(self, name):
        return self.own.get(name) or getattr(self.torch, name, None) or getattr(self.torch.nn.functional, name)


@pytest.mark.filterwarnings("ignore:var.*degrees of freedom")
@pytest.mark.parametrize(
    "row", [row for row in GRADIENTS if row[4] != "-"], ids=lambda row: f"{row[0]} at {row[1]}".replace("`", "")
)
def test_pytorch_does_what_the_table_says_of_it(torch, row):
    expression, at, gradient, _, theirs = row
    leaves = {name: torch.tensor(value, requires_grad=True) for name, value in values(at).items()}
    y = eval(expression.strip("`"), {"mg": Native(torch), **NUMBERS, **leaves})
    y.sum().backward()
    found = {name: np.zeros(x.shape) if x.grad is None else x.grad.numpy() for name, x in leaves.items()}
    assert_gradients(found, values(gradient if theirs == "same" else theirs))


@pytest.mark.parametrize("row", RULES, ids=lambda row: row[1].strip("`"))
def test_each_rule_of_the_tape_has_the_test_that_it_names(row):
    name = row[1].strip("`")
    assert any(
        re.search(rf"^def {name}\(", path.read_text(encoding="utf-8"), re.M)
        for path in (ROOT / "tests").rglob("test_*.py")
    )
