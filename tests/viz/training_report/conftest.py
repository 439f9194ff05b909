"""Runs to report on: trained once for all tests, by the command line."""

import csv

import numpy as np
import pytest
from click.testing import CliRunner

from minigrad.cli import main

RUNS = {
    "digits": "digits --epochs 3",
    "moons": "moons --epochs 4",
    "blobs": "blobs --epochs 2 --hidden 8 --activation tanh --dropout 0.1 --l2 1e-4 --clip-norm 0.5",
    "curves": "curves --epochs 3 --hidden 8",
    "wine": "{folder}/wine.csv --target kind --epochs 3",
}


def write_wine(path) -> None:
    """A file as people have them: gaps, a column of text, a column that says nothing, hostile names."""
    rng = np.random.default_rng(0)
    lines = [["alcohol", "<b>soil</b>", "empty", "kind"]]
    for _ in range(200):
        kind = int(rng.integers(3))
        number = "" if rng.random() < 0.2 else f"{12 + 2 * kind + rng.normal():.3f}"
        lines.append([number, rng.choice(["clay", 'a "quoted" soil', "sand"]), "", ["red", "white", "<script>"][kind]])
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows(lines)


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """The folder of these runs."""
    folder = tmp_path_factory.mktemp("runs")
    write_wine(folder / "wine.csv")
    for name, command in RUNS.items():
        arguments = [
            "train",
            *command.format(folder=folder).split(),
            "--name",
            name,
            "--out",
            str(folder),
            "--quiet",
            "--no-check",
        ]
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 0, done.output
    return folder
