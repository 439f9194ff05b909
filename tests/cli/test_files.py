"""Files that are absent, foreign or empty, on the command line: one line that names them, exit code 1 or 2."""

import os
import pickle
import random
import shutil

import pytest
from click.testing import CliRunner

from minigrad.cli import main
from minigrad.data import sources
from tests.cli import malformed

QUICK = ["--epochs", "1", "--hidden", "2", "--no-check", "--no-report", "--quiet"]
FOREIGN = {
    "nothing": b"",
    "a byte": b"x",
    "text": b"hello, this is text",
    "html": b"<!DOCTYPE html><html></html>",
    "pickle": pickle.dumps({"weights": [1, 2, 3]}),
    "picture": b"\x89PNG\r\n\x1a\n" * 9,
    "archive": b"PK\x03\x04" * 99,
}


def refused(result, code, *named):
    """Assert that a command ended with this exit code, and one line that says all of this."""
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert "--debug" not in result.stderr
    assert all(word in result.stderr for word in named), result.stderr


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "my.csv"
    path.write_bytes(malformed.text(malformed.table(random.Random(0), rows=40)))
    return path


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of a finished run."""
    folder = tmp_path_factory.mktemp("whole")
    path = folder / "my.csv"
    path.write_bytes(malformed.text(malformed.table(random.Random(0), rows=40)))
    line = ["train", str(path), "--target", "label", *QUICK, "--out", str(folder), "--name", "x"]
    assert CliRunner().invoke(main, line).exit_code == 0
    return folder / "x"


@pytest.fixture
def trained(whole, table):
    """A copy of it."""
    return shutil.copytree(whole, table.parent / "runs" / "x")


@pytest.mark.parametrize("name", ["absent.csv", "absent.npz", "folder.csv", "folder.npz"])
def test_data_that_cannot_be_opened_ends_with_1(run, tmp_path, name):
    if name.startswith("folder"):
        (tmp_path / name).mkdir()
    result = run("train", name, "--target", "y", *QUICK)
    refused(result, 1, repr(name), "cannot be read: ")


@pytest.mark.parametrize("line", [["train", "nul\0.csv"], ["resume", "nul\0"], ["report", "nul\0"], ["nul\0"]])
def test_a_nul_is_no_part_of_a_command_line(run, line):
    refused(run(*line), 2, r"'nul\x00", "has a NUL")


def test_data_that_may_not_be_read_ends_with_1(run, table, monkeypatch):
    def denied(*arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(sources, "open", denied, raising=False)
    refused(run("train", "my.csv", "--target", "label", *QUICK), 1, "my.csv", "Permission denied")


@pytest.mark.parametrize(
    ("content", "reason"), [("", "is empty"), ("\n\n", "is empty"), ("a,y\n", "has a header and no rows")]
)
def test_a_table_without_rows_is_malformed(run, tmp_path, content, reason):
    (tmp_path / "my.csv").write_text(content)
    refused(run("train", "my.csv", "--target", "y", *QUICK), 2, "my.csv", reason)


def test_what_is_no_regular_file_is_refused_rather_than_waited_for(run):
    refused(run("train", "/dev/zero", "--target", "y", *QUICK), 2, "/dev/zero", "is no regular file")


@pytest.mark.parametrize("command", ["resume", "predict", "report"])
@pytest.mark.parametrize("folder", ["absent", ".", "my.csv"])
def test_a_folder_without_a_run_ends_with_1(run, table, command, folder):
    refused(run(command, folder, *["my.csv"] * (command == "predict")), 1, folder, "cannot be")


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("name", ["best.safetensors", "last.safetensors", "config.json", "metrics.jsonl"])
def test_a_foreign_file_in_the_place_of_one_of_the_run_is_malformed(run, trained, name, content):
    (trained / name).write_bytes(content)
    if name == "metrics.jsonl":
        if b"\n" not in content:
            return  # a line that is still being written is left out
        refused(run("report", str(trained)), 2, name)
    elif name == "last.safetensors":
        refused(run("resume", str(trained), "--quiet"), 2, name)
    else:
        refused(run("predict", str(trained), "my.csv"), 2, name)


@pytest.mark.parametrize("name", ["best.safetensors", "config.json"])
def test_a_file_of_the_run_that_is_absent_or_a_folder_ends_with_1(run, trained, name):
    (trained / name).unlink()
    refused(run("predict", str(trained), "my.csv"), 1, name, "cannot be read")
    (trained / name).mkdir()
    refused(run("predict", str(trained), "my.csv"), 1, name, "cannot be read")


def test_a_run_without_a_whole_epoch_says_how_to_go_on(run, trained):
    (trained / "best.safetensors").unlink()
    refused(run("predict", str(trained), "my.csv"), 1, "no epoch is over yet: minigrad resume")


def test_a_pickle_in_the_place_of_weights_is_never_opened(run, trained, tmp_path):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sentinel"),)

    for name in ("best.safetensors", "last.safetensors"):
        (trained / name).write_bytes(pickle.dumps(Bomb()))
    refused(run("predict", str(trained), "my.csv"), 2, "best.safetensors")
    refused(run("resume", str(trained), "--quiet"), 2, "last.safetensors")
    assert not (tmp_path / "sentinel").exists()


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/x"])
def test_a_place_that_cannot_be_written_ends_with_1_before_anything_is_trained(run, tmp_path, place):
    (tmp_path / "file").write_text("")
    refused(run("train", "moons", *QUICK, "--out", place), 1, place, "cannot be written")


@pytest.mark.parametrize("name", ["..", ".", "a/b", "x\ny"])
def test_a_name_that_is_none_of_a_folder_is_wrong_usage(run, name):
    refused(run("train", "moons", *QUICK, "--name", name), 2, "is no name of a folder")


def test_a_name_too_long_for_the_disk_ends_with_1(run):
    refused(run("train", "moons", *QUICK, "--name", "é" * 200), 1, "cannot be written")
