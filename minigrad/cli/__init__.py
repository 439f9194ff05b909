"""The command line: ``minigrad COMMAND``. A command is imported when it is named, so that help comes at once.

Exit codes: 0 all is well, 1 an error or a failed check, 2 wrong usage, 130 stopped by Ctrl-C. An error is one line on
stderr; ``--debug`` shows the whole traceback.
"""

import sys
from importlib import import_module
from io import TextIOWrapper

import click

import minigrad

COMMANDS = {
    "check": "Compare every derivative with finite differences.",
    "graph": "Draw how a value was computed, and its gradients.",
    "learn": "Exercises in backpropagation, graded by the gradient checker.",
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


class Commands(click.Group):
    """Subcommands that are imported when they are named, and whose errors are one line each."""

    def list_commands(self, context):
        return sorted(COMMANDS)

    def get_command(self, context, name):
        if name not in COMMANDS:
            return None
        command = getattr(import_module(f"{__name__}.{name}"), name)
        if DEBUG not in command.params:
            command.params.append(DEBUG)
        return command

    def format_commands(self, context, formatter):
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))

    def invoke(self, context):
        try:
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
            raise Failure(explained(error)) from error


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
