"""The command line: ``minigrad COMMAND``. A command is imported when it is named, so that help comes at once.

Exit codes: 0 all is well; 1 an error or a failed check, also a file that cannot be opened or written; 2 wrong usage,
or a file whose content is malformed (data or checkpoint); 130 stopped by Ctrl-C; 143 stopped by SIGTERM. An error is
one line on stderr; ``--debug`` shows the whole traceback.
"""

import signal
import sys
import threading
import warnings
from contextlib import contextmanager
from importlib import import_module
from io import TextIOWrapper

import click

import minigrad

COMMANDS = {
    "check": "Compare every derivative with finite differences.",
    "doctor": "What this installation has, lacks, and what would make it faster.",
    "export": "Write the model of a run to an ONNX file.",
    "graph": "Draw how a value was computed, and its gradients.",
    "landscape": "The loss around a trained model, and along its path.",
    "learn": "Exercises in backpropagation, graded by the gradient checker.",
    "lr-find": "Find a learning rate to start from.",
    "predict": "Answers of a trained model for new rows.",
    "race": "Let optimizers race down a surface.",
    "report": "Explain a training run on a page, or compare several.",
    "resume": "Go on with a training run that was stopped.",
    "train": "Train a model on a data set.",
}
"""Command -> its line in the help; the module of the same name in this package defines it."""


class Failure(click.ClickException):
    """An error, told in one line on stderr."""

    def __init__(self, message: str):
        super().__init__(" ".join(message.split()))


class Misuse(Failure):
    """A command line that cannot be meant."""

    exit_code = 2


class Malformed(Failure):
    """A file that can be read, but does not hold what it should."""

    exit_code = 2


class Interrupted(Failure):
    """Ctrl-C: no error, but not all of what was asked for."""

    exit_code = 130

    def show(self, file=None):
        click.echo(self.format_message(), file=file or sys.stderr)


def remember(context: click.Context, option: click.Parameter, debug: bool) -> None:
    """Note ``--debug``, wherever on the line it was written."""
    context.meta[__name__] = debug or context.meta.get(__name__, False)


DEBUG = click.Option(
    ["--debug"],
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=remember,
    help="Show the traceback of an error.",
)


class Terminated(Interrupted):
    """The same by SIGTERM."""

    exit_code = 143


@contextmanager
def obeying_sigterm():
    """Inside, SIGTERM ends the program by an exception, so that what is half written is cleared away."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminated)
    try:
        yield
    except _Terminated:
        raise Terminated("stopped by SIGTERM") from None
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)


class _Terminated(BaseException):
    """SIGTERM has come."""


def _terminated(number, frame):
    raise _Terminated


@contextmanager
def plain_warnings():
    """Inside, a warning is one line on stderr, without the place in minigrad's source."""
    before = warnings.showwarning
    warnings.showwarning = lambda message, *place: click.echo(f"Warning: {' '.join(str(message).split())}", err=True)
    try:
        yield
    finally:
        warnings.showwarning = before


class Commands(click.Group):
    """Subcommands that are imported when they are named, and whose errors are one line each."""

    def list_commands(self, context):
        return sorted(COMMANDS)

    def get_command(self, context, name):
        if name not in COMMANDS:
            return None
        module = name.replace("-", "_")
        command = getattr(import_module(f"{__name__}.{module}"), module)
        if DEBUG not in command.params:
            command.params.append(DEBUG)
        return command

    def format_commands(self, context, formatter):
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))

    def parse_args(self, context, args):
        for word in args:
            if "\0" in word:  # only a program can write one, and no path has one
                raise Misuse(f"{word[:40]!r} has a NUL character")
        return super().parse_args(context, args)

    def invoke(self, context):
        try:
            with obeying_sigterm(), plain_warnings():
                return super().invoke(context)
        except KeyboardInterrupt:
            raise Interrupted("stopped by Ctrl-C") from None
        except click.UsageError as error:
            if error.ctx is context:
                raise
            path = (error.ctx or context).command_path
            raise Misuse(f"{error.format_message().rstrip('.')}. See {path} --help.") from None
        except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
            raise
        except Exception as error:
            if context.meta.get(__name__):
                raise
            raise (Malformed if is_malformed(error) else Failure)(explained(error)) from error


def is_malformed(error: Exception) -> bool:
    """Whether the content of a file is to blame, and not that it cannot be opened or written."""
    content = isinstance(error, (minigrad.errors.DataError, minigrad.errors.CheckpointError))
    return content and not isinstance(error.__cause__, OSError)


def explained(error: Exception) -> str:
    """What an error says; what is not minigrad's own is a defect, so its class is named and the way to its place."""
    text = "; ".join([str(error), *getattr(error, "__notes__", ())])
    return (
        text
        if isinstance(error, minigrad.errors.MinigradError)
        else f"{type(error).__name__}: {text} (--debug shows where)"
    )


@click.group(cls=Commands, params=[DEBUG])
@click.version_option(minigrad.__version__, prog_name="minigrad")
def main() -> None:
    """Reverse-mode autograd on NumPy that shows its work."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a character shows ? for it
