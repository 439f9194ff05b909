"""The pages that are made from the source are those that the source makes now, but for what was measured."""

import re
import runpy
from pathlib import Path

import pytest

from minigrad.declare import OPS

DOCS = Path(__file__).parents[2] / "docs"
MADE = runpy.run_path(str(DOCS / "generate.py"))
FIGURES = re.compile(r"\d(\.\d)?e[+-]\d\d")


def stripped(text: str) -> list[str]:
    """The lines of a page, without its measured figures."""
    return [FIGURES.sub("#", line).rstrip() for line in text.rstrip().splitlines()]


def pages() -> dict[str, str]:
    parity = MADE["parity"]
    rows = [*parity.optimizers(), *parity.lbfgs(), *parity.schedules()]
    errors = dict.fromkeys(OPS, ("1e-10", "1e-10"))
    return {
        "derivatives": MADE["derivatives"](errors),
        "optimizers": MADE["optimizers"](rows),
        "layers": MADE["layers"](),
        "reference": MADE["reference"](),
        "examples": MADE["examples"](),
    }


@pytest.mark.parametrize("name", ["derivatives", "optimizers", "layers", "reference", "examples"])
def test_the_page_is_the_one_that_the_source_makes(name):
    written = stripped((DOCS / f"{name}.md").read_text(encoding="utf-8"))
    assert written == stripped(pages()[name]), "run: python docs/generate.py"


def test_the_page_of_derivatives_has_a_row_for_every_op():
    text = (DOCS / "derivatives.md").read_text(encoding="utf-8")
    ours = [name for name, op in OPS.items() if MADE["home"](op).startswith("minigrad.ops")]
    assert len(ours) > 170
    assert [name for name in ours if f"| **{name}**<br>" not in text] == []


def test_every_op_of_the_table_was_measured():
    rows = [line for line in (DOCS / "derivatives.md").read_text().splitlines() if line.startswith("| **")]
    assert all(float(cell) < 1e-4 for row in rows for cell in row.strip("| ").split(" | ")[-2:])
