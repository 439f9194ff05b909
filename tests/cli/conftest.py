import os
import signal
import subprocess
import sys
from functools import partial

import pytest
from click.testing import CliRunner

from minigrad.cli import main


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # runs are written into the current folder


@pytest.fixture
def run():
    """Run ``minigrad`` with these arguments in this process."""
    return lambda *arguments: CliRunner().invoke(main, arguments)


@pytest.fixture
def start():
    """Start ``python -m minigrad`` with these arguments as a user's shell does."""

    def start(*arguments, **options):
        command = [sys.executable, "-m", "minigrad", *arguments]
        fresh = partial(signal.signal, signal.SIGINT, signal.default_int_handler)  # a background job ignores Ctrl-C
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "encoding": "utf-8"}
        return subprocess.Popen(command, preexec_fn=fresh, **pipes | {"env": os.environ.copy()} | options)

    return start
