"""Small runs to look around in: trained once for all tests, by the command line."""

import pytest
from click.testing import CliRunner

from minigrad.cli import main

RUNS = {
    "moons": "moons --epochs 6 --hidden 8 --activation tanh",
    "blobs": "blobs --epochs 3 --hidden 8,8 --norm batch",
    "curves": "curves --epochs 3 --hidden 8",
}


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """The folder of these runs."""
    folder = tmp_path_factory.mktemp("runs")
    for name, command in RUNS.items():
        options = ["--name", name, "--out", str(folder), "--quiet", "--no-check", "--no-report"]
        done = CliRunner().invoke(main, ["train", *command.split(), *options])
        assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def run(runs):
    """Run ``minigrad`` in this process."""
    return lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])
