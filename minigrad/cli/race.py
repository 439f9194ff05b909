"""``minigrad race``: optimizers race down a surface; a table, and a page with a slider through time."""

import json
import math
import shlex
import sys
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from minigrad.cli import Failure
from minigrad.cli.options import RATE
from minigrad.viz.race import SURFACES, Race
from minigrad.viz.race import race as run_race
from minigrad.viz.race.film import film
from minigrad.viz.race.result import DEFAULT, ROTATIONS
from minigrad.viz.race.words import headings, notes, rows, rule, theory, title


class Numbers(click.ParamType):
    """Finite numbers separated by commas."""

    def __init__(self, name: str, count: int = 0):
        self.name, self.count = name, count

    def convert(self, value, param, ctx):
        if isinstance(value, tuple):
            return value
        try:
            numbers = tuple(float(part) for part in value.split(","))
        except ValueError:
            numbers = (math.nan,)
        if not all(map(math.isfinite, numbers)) or self.count not in (0, len(numbers)):
            wanted = f"{self.count} numbers" if self.count else "numbers"
            self.fail(f"{value!r} is not {wanted} separated by commas.", param, ctx)
        return numbers


FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("surface", type=click.Choice(list(SURFACES)), metavar="|".join(SURFACES))
@click.option(
    "--optimizers", metavar="NAME,...", help=f"Who takes part, as 'sgd, Adam(betas=(0.5, 0.99))'. [default: {DEFAULT}]"
)
@click.option("--kappa", type=float, help="Condition number of the ravine. [default: 100]")
@click.option("--rotate", type=float, metavar="DEGREES", help="The rotation that the picture shows first.")
@click.option(
    "--rotations",
    type=Numbers("degrees"),
    default=",".join(f"{degrees:g}" for degrees in ROTATIONS),
    show_default=True,
    help="The rotations of the table.",
)
@click.option("--start", type=Numbers("point", 2), metavar="X,Y", help="Where all start, before the surface is turned.")
@click.option("--lr", type=RATE, help="The learning rate of all that are not given one. [default: the best of many]")
@click.option("--steps", type=click.IntRange(1, 1_000_000), default=1000, show_default=True, help="When to give up.")
@click.option("--tolerance", type=float, default=1e-6, show_default=True, help="Height to arrive at, of the start's.")
@click.option("--noise", type=float, default=0.0, help="Standard deviation of the noise in each derivative.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="What the noise is drawn from.")
@click.option("--html", "page", type=FILE, metavar="FILE", help="Write the page with the slider.")
@click.option("--svg", type=FILE, metavar="FILE", help="Write the picture of all paths.")
@click.option("--gif", type=FILE, metavar="FILE", help="Write the race as a film; needs matplotlib.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def race(surface: str, page: Path | None, svg: Path | None, gif: Path | None, as_json: bool, **options) -> None:
    """Let optimizers race down a surface, on minigrad's own gradients.

    Of each the table says with which learning rate it takes how many steps at each rotation of the surface, and how
    wide the band of learning rates is that take at most twice as many. Learning rates that are not given are searched
    for: 209 between 1e-5 and 32. Names are those of minigrad.optim, in any case; momentum, nesterov and saddle-free
    are short for options.

        minigrad race ravine --rotate 45 --html race.html
        minigrad race saddle --optimizers "sgd, newton, saddle-free" --start=-1.5,1e-4
    """
    with _progress(silent=as_json) as progress:
        try:
            done = run_race(surface, options.pop("optimizers"), command=_command(), progress=progress, **options)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    if as_json:
        click.echo(json.dumps(done.to_dict(), allow_nan=False))
    elif sys.stdout.isatty():
        _show(done)
    else:
        click.echo(str(done))
    makers: list[tuple[Path | None, Callable[[Path], object]]] = [
        (page, done.html),
        (svg, lambda path: path.write_text(done.svg(), encoding="utf-8")),
        (gif, lambda path: film(done, path)),
    ]
    written = [_write(path, make) for path, make in makers if path]
    if written and not as_json:
        click.echo(f"\nwrote {' · '.join(written)}")


def _command() -> str:
    """What was typed."""
    return shlex.join(["minigrad", *sys.argv[1:]])


def _write(path: Path, make: Callable[[Path], object]) -> str:
    try:
        make(path)
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror or error}") from error
    return str(path)


@contextmanager
def _progress(silent: bool):
    """Who is running now, on a terminal."""
    if silent or not sys.stderr.isatty():
        yield lambda name: None
        return
    console = Console(stderr=True)
    with console.status("") as status:
        yield lambda name: status.update(Text(f"learning rates of {name}"))


def _show(done: Race) -> None:
    """The same as the plain text, with tables drawn."""
    console = Console(highlight=False)
    console.print(Text(title(done), style="bold"))
    console.print(Text(rule(done), style="dim"))
    console.print(_table(headings(done), rows(done)))
    heads, found = theory(done)
    if found:
        console.print(_table(heads, found))
    for note in notes(done):
        console.print(Text(note))


def _table(heads, lines) -> Table:
    table = Table(show_edge=False)
    for i, head in enumerate(heads):
        table.add_column(Text(head), justify="right" if i else "left")
    for line in lines:
        table.add_row(*map(Text, line))
    return table
