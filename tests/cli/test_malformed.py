"""Malformed files through the command line: one line, exit code 2, no traceback, and little memory."""

import os
import random
import tracemalloc

import pytest

from minigrad.data.own import from_csv
from minigrad.errors import DataError
from tests.cli import malformed

COUNT = int(os.environ.get("MALFORMED", "1000"))
QUICK = ["--epochs", "1", "--hidden", "2", "--no-check", "--no-save", "--quiet"]
CONSTANT = 12 * 2**20


def refused(result, where):
    """Assert that a command has refused a file as it should."""
    assert result.exit_code == 2, (where, result.output, result.exception)
    assert result.stderr.startswith("Error: "), where
    assert result.stderr.count("\n") == 1, result.stderr
    assert "--debug" not in result.stderr, result.stderr


def answered(result, where):
    """Assert that a command has either done its work or refused it in one line, and that nothing was unforeseen."""
    assert result.exit_code in (0, 1, 2), (where, result.output)
    assert result.exception is None or isinstance(result.exception, SystemExit), (where, result.exception)
    assert "--debug" not in result.stderr, (where, result.stderr)
    assert result.exit_code == 0 or result.stderr.splitlines()[-1].startswith("Error: "), (where, result.stderr)


@pytest.mark.parametrize("make", malformed.TABLES, ids=lambda make: make.__name__)
def test_a_malformed_table_is_refused_in_one_line_that_names_the_file(run, tmp_path, make):
    for seed in range(2 if make in malformed.LARGE else 10):
        (tmp_path / "my.csv").write_bytes(make(random.Random(seed)))
        result = run("train", "my.csv", "--target", "label", *QUICK)
        refused(result, (make.__name__, seed))
        assert "my.csv" in result.stderr or "validation=" in result.stderr


WITH_A_LINE = ("ragged", "word_among_numbers", "infinite", "open_quote", "text_after_quote", "not_utf8")


@pytest.mark.parametrize("name", WITH_A_LINE)
def test_what_is_wrong_in_a_row_is_told_with_its_line(run, tmp_path, name):
    (tmp_path / "my.csv").write_bytes(getattr(malformed, name)(random.Random(0)))
    assert "my.csv, line " in run("train", "my.csv", "--target", "label", *QUICK).stderr


@pytest.mark.slow
def test_1000_malformed_tables_are_refused(run, tmp_path):
    chance = random.Random(1)
    for i in range(COUNT):
        make = malformed.TABLES[i % len(malformed.TABLES)]
        (tmp_path / "my.csv").write_bytes(make(chance))
        refused(run("train", "my.csv", "--target", "label", *QUICK), (make.__name__, i))


@pytest.mark.parametrize("make", malformed.TABLES, ids=lambda make: make.__name__)
def test_a_malformed_table_takes_little_memory(tmp_path, make):
    path = tmp_path / "my.csv"
    path.write_bytes(make(random.Random(2)))
    tracemalloc.start()
    try:
        with pytest.raises(DataError):
            from_csv(path, "label")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 * path.stat().st_size + CONSTANT


def test_a_table_that_is_malformed_at_its_end_takes_less_than_twice_its_size(tmp_path):
    path = tmp_path / "large.csv"
    row = ",".join(["1.25"] * 20)
    path.write_text(",".join(f"c{i}" for i in range(20)) + "\n" + f"{row}\n" * 3_000 + "1,2\n")
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="line 3002: 2 cells, but the header has 20"):
            from_csv(path, "c0")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 * path.stat().st_size + CONSTANT


def mutated_tables(run, tmp_path, count, seed):
    chance = random.Random(seed)
    for _ in range(count):
        content = malformed.mutated(malformed.text(malformed.table(chance), chance.choice(",;\t")), chance)
        (tmp_path / "my.csv").write_bytes(content)
        answered(run("train", "my.csv", "--target", "label", *QUICK), content)


def test_mutated_tables_are_trained_on_or_refused(run, tmp_path):
    mutated_tables(run, tmp_path, 60, seed=3)


@pytest.mark.slow
def test_more_mutated_tables_are_trained_on_or_refused(run, tmp_path):
    mutated_tables(run, tmp_path, 2 * COUNT, seed=4)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a finished run, as a dict of its files, and a table to predict."""
    folder = tmp_path_factory.mktemp("trained")
    path = folder / "my.csv"
    path.write_bytes(malformed.text(malformed.table(random.Random(5), rows=40)))
    from click.testing import CliRunner

    from minigrad.cli import main

    result = CliRunner().invoke(
        main, ["train", str(path), "--target", "label", *QUICK[:-2], "--out", str(folder), "--name", "run"]
    )
    assert result.exit_code == 0, result.output
    return folder / "run", path


FILES = {"best.safetensors": "predict", "last.safetensors": "resume", "config.json": "predict"}


def with_a_file(run, trained, name, content):
    """What the command that reads a file of the run says when that file holds something else."""
    folder, table = trained
    good = (folder / name).read_bytes()
    (folder / name).write_bytes(content)
    try:
        return run("predict", str(folder), str(table)) if FILES[name] == "predict" else run("resume", str(folder))
    finally:
        (folder / name).write_bytes(good)


@pytest.mark.parametrize("make", malformed.CHECKPOINTS)
@pytest.mark.parametrize("name", ["best.safetensors", "last.safetensors"])
def test_malformed_weights_are_refused_in_one_line_that_names_the_file(run, trained, name, make):
    good = (trained[0] / name).read_bytes()
    result = with_a_file(run, trained, name, make(good, random.Random(6)))
    refused(result, make)
    assert name in result.stderr


@pytest.mark.slow
def test_1000_malformed_checkpoints_are_refused(run, trained):
    chance, makers = random.Random(7), malformed.CHECKPOINTS
    for i in range(COUNT):
        name = ("best.safetensors", "last.safetensors")[i % 2]
        good = (trained[0] / name).read_bytes()
        refused(with_a_file(run, trained, name, makers[i // 2 % len(makers)](good, chance)), i)


def mutated_files(run, trained, count, seed):
    chance = random.Random(seed)
    for i in range(count):
        name = list(FILES)[i % len(FILES)]
        content = malformed.mutated((trained[0] / name).read_bytes(), chance)
        answered(with_a_file(run, trained, name, content), (name, i))


def test_mutated_files_of_a_run_are_read_or_refused(run, trained):
    mutated_files(run, trained, 60, seed=8)


@pytest.mark.slow
def test_more_mutated_files_of_a_run_are_read_or_refused(run, trained):
    mutated_files(run, trained, 2 * COUNT, seed=9)


WORDS = (
    *(
        "train",
        "predict",
        "resume",
        "lr-find",
        "digits",
        "moons",
        "my.csv",
        "runs/x",
        "--target",
        "label",
        "--lr",
        "0.1",
    ),
    *("--epochs", "1", "-1", "nan", "--hidden", "none", "8,8", "--val", "0.5", "--drop", "size", "--json", "--quiet"),
    *("--no-check", "--no-save", "--name", "../x", "", "\0", "é", "--help", "--seed", "--schedule", "plateau", "--ema"),
    *("--batch-size", "--l1", "1e400", "--optimizer", "adam", "--task", "regression", "--decimal", ",", "--separator"),
)


def drawn_lines(run, tmp_path, count, seed):
    chance = random.Random(seed)
    (tmp_path / "my.csv").write_bytes(malformed.text(malformed.table(chance)))
    for _ in range(count):
        words = [
            chance.choice(["train", "predict", "resume", "lr-find"]),
            *chance.choices(WORDS, k=chance.randrange(8)),
        ]
        if words[0] == "train":
            words = [words[0], *QUICK[:-1], *words[1:]]
        answered(run(*words), words)


def test_command_lines_drawn_at_random_are_done_or_refused(run, tmp_path):
    drawn_lines(run, tmp_path, 60, seed=10)


@pytest.mark.slow
def test_more_command_lines_drawn_at_random_are_done_or_refused(run, tmp_path):
    drawn_lines(run, tmp_path, COUNT, seed=11)
