"""The notebooks run from top to bottom, show what they have kept, and stay small."""

import json
import re

import pytest

from tests.conftest import require
from tests.examples.notebooks import NOTEBOOKS, executed, shown


def test_there_are_notebooks_for_the_ones_worth_looking_at():
    assert [path.stem for path in NOTEBOOKS] == ["16_explorer", "17_race"]


@pytest.mark.filterwarnings("default")  # of the machinery that runs notebooks
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_shows_again_what_it_has_kept(path, tmp_path):
    nbformat = require("nbformat", "pip install nbclient ipykernel")
    require("nbclient", "pip install nbclient ipykernel")
    kept = shown(nbformat.read(path, as_version=4))
    assert shown(executed(path, tmp_path)) == kept
    assert sum(map(bool, kept)) >= 5


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_small_and_asks_the_network_for_nothing(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.encode()) < 60_000
    outputs = json.dumps([cell.get("outputs") for cell in json.loads(text)["cells"]])
    assert not re.findall(r"(?:src|href)=\\*[\"']?https?:", outputs)
    assert "<svg" in outputs
    assert "<script" not in outputs
