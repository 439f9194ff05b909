"""A file of tests that cannot be read is an error, and not passed over."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    "content", ["x = [\n", "import there_is_no_such_module\n", "from broken import there_is_none\n"]
)
def test_a_file_of_tests_that_cannot_be_imported_is_an_error(tmp_path, content):
    (tmp_path / "conftest.py").write_text("from tests.conftest import pytest_collect_file\n")
    (tmp_path / "broken.py").write_text("")
    (tmp_path / "test_broken.py").write_text(f"{content}\n\ndef test_something():\n    pass\n")
    command = [sys.executable, "-m", "pytest", "-q", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 2, done.stdout
    assert "1 error" in done.stdout
