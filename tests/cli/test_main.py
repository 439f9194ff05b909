import subprocess
import sys
import warnings
from types import SimpleNamespace

import click
import pytest

import minigrad
from minigrad import cli
from minigrad.errors import ShapeError


@pytest.fixture
def raising(monkeypatch):
    """Make ``minigrad train`` raise this."""

    def raising(error):
        @click.command()
        def train():
            raise error

        monkeypatch.setattr(cli, "import_module", lambda name: SimpleNamespace(train=train))

    return raising


def test_help_says_what_every_command_is_for_and_succeeds(run):
    result = run("--help")
    assert result.exit_code == 0
    for name, purpose in cli.COMMANDS.items():
        assert name in result.stdout
        assert purpose in result.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], [], ["trian"]])
def test_help_and_version_and_wrong_usage_load_no_command_and_no_rich(arguments):
    script = (
        f"import sys, atexit; atexit.register(lambda: print(*sys.modules)); sys.argv = ['minigrad', *{arguments}];"
        "from minigrad.cli import main; main()"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False).stdout.split()
    assert "minigrad.cli" in shown
    assert not {"minigrad.cli.train", "minigrad.cli.check", "minigrad.training", "rich"} & set(shown)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_listed_command_exists_and_has_help(run, name):
    result = run(name, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: main {name}")
    assert "--debug" in result.stdout


def test_the_version_is_that_of_the_package(run):
    result = run("--version")
    assert result.exit_code == 0
    assert minigrad.__version__ in result.stdout


def test_no_arguments_are_wrong_usage_and_show_the_help(run):
    result = run()
    assert result.exit_code == 2
    assert "Usage: main" in result.stderr
    assert "train" in result.stderr


def test_an_unknown_command_is_wrong_usage(run):
    result = run("trian")
    assert result.exit_code == 2
    assert "Usage: main" in result.stderr
    assert "No such command 'trian'" in result.stderr


def test_an_error_of_minigrad_is_one_line_and_exit_code_1(run, raising):
    raising(ShapeError("these do not fit\n  at model.py:3"))
    result = run("train")
    assert result.exit_code == 1
    assert result.stderr == "Error: these do not fit at model.py:3\n"


def test_notes_on_an_error_are_part_of_its_line(run, raising):
    error = ShapeError("these do not fit")
    error.add_note("in Linear")
    raising(error)
    assert run("train").stderr == "Error: these do not fit; in Linear\n"


def test_an_error_that_nobody_foresaw_is_one_line_that_names_its_class(run, raising):
    raising(ZeroDivisionError("division by zero"))
    result = run("train")
    assert result.exit_code == 1
    assert result.stderr == "Error: ZeroDivisionError: division by zero (--debug shows where)\n"


@pytest.mark.parametrize("arguments", [("train", "--debug"), ("--debug", "train")])
def test_with_debug_the_error_itself_comes_through(run, raising, arguments):
    raising(ZeroDivisionError("division by zero"))
    assert isinstance(run(*arguments).exception, ZeroDivisionError)


def test_ctrl_c_is_one_line_and_exit_code_130(run, raising):
    raising(KeyboardInterrupt())
    result = run("train")
    assert result.exit_code == 130
    assert result.stderr == "stopped by Ctrl-C\n"


def test_a_warning_is_one_line(run, monkeypatch):
    @click.command()
    def train():
        warnings.simplefilter("always")
        warnings.warn("look\n    out", stacklevel=1)

    monkeypatch.setattr(cli, "import_module", lambda name: SimpleNamespace(train=train))
    with warnings.catch_warnings():
        result = run("train")
    assert (result.exit_code, result.stderr) == (0, "Warning: look out\n")


def test_the_module_runs_as_a_program(start):
    out, _ = start("--version").communicate()
    assert out == f"minigrad, version {minigrad.__version__}\n"


def test_a_terminal_that_lacks_a_character_shows_a_question_mark(start):
    process = start("train", "moons", "--epochs", "1", env={"PYTHONIOENCODING": "ascii"})
    out, error = process.communicate()
    assert (process.returncode, error) == (0, "")
    assert out.startswith("data    moons ? 800 train")
