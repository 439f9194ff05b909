"""Runs to report on: trained once for all tests, by the command line."""

import pytest
from click.testing import CliRunner

from minigrad.cli import main

RUNS = {
    "digits": "digits --epochs 3",
    "moons": "moons --epochs 4",
    "blobs": "blobs --epochs 2 --hidden 8 --activation tanh --dropout 0.1 --l2 1e-4 --clip-norm 0.5",
    "curves": "curves --epochs 3 --hidden 8",
}


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """The folder of these runs."""
    folder = tmp_path_factory.mktemp("runs")
    for name, command in RUNS.items():
        arguments = ["train", *command.split(), "--name", name, "--out", str(folder), "--quiet", "--no-check"]
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 0, done.output
    return folder
