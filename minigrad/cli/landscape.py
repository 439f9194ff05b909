"""``minigrad landscape runs/NAME``: the loss around a trained model, and along the path of its training."""

import json
import shlex
import sys
import webbrowser
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from minigrad.cli.blas import use_one_thread
from minigrad.cli.options import Finite
from minigrad.nn.files import write_atomically
from minigrad.training import Run
from minigrad.viz.landscape import landscape as measured
from minigrad.viz.landscape.survey import PARTS

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option("--html", "page", type=FILE, metavar="FILE", help="Where the page goes. [default: RUN/landscape.html]")
@click.option("--svg", type=FILE, metavar="FILE", help="Write the picture of the random plane.")
@click.option("--path-svg", type=FILE, metavar="FILE", help="Write the picture of the path.")
@click.option("--grid", type=click.IntRange(3, 401), default=31, show_default=True, help="Points a side; odd.")
@click.option(
    "--reach", type=Finite(min=0, min_open=True), default=1.0, show_default=True, help="How far, in filters' lengths."
)
@click.option("--on", "part", type=click.Choice(PARTS), default="train", show_default=True, help="Whose loss is drawn.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="What directions are drawn from."
)
@click.option("--open", "opened", is_flag=True, help="Show the page in the browser.")
@click.option("--quiet", is_flag=True, help="Print only what was written.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def landscape(run: Path, page: Path | None, svg: Path | None, path_svg: Path | None, **options) -> None:
    """Measure the loss around the model of RUN, such as runs/moons-0001, and along the path of its training.

    Two random directions, normalized filter by filter (Li et al. 2018), span a plane with the model in the middle; the
    snapshots that the run kept span another one, that of its path. All heights are the run's data loss, computed again.
    """
    opened, quiet, as_json = (options.pop(name) for name in ("opened", "quiet", "as_json"))
    if options["grid"] % 2 == 0:
        raise click.UsageError(f"--grid must be odd, so that the model is in the middle: write {options['grid'] + 1}")
    use_one_thread()
    with _progress(silent=quiet or as_json) as tell:
        found = measured(Run(run), command=shlex.join(["minigrad", *sys.argv[1:]]), tell=tell, **options)
    page = page or run / "landscape.html"
    files = [(page, found.html())]
    files += [(svg, found.svg())] if svg else []
    files += [(path_svg, found.svg("path"))] if path_svg else []
    for path, content in files:
        write_atomically(path, content.encode())
    if as_json:
        click.echo(json.dumps(found.to_dict() | {"page": str(page)}, allow_nan=False))
        return
    click.echo("" if quiet else f"{found}\n", nl=False)
    click.echo(f"wrote   {' · '.join(str(path) for path, _ in files)}")
    if opened:
        webbrowser.open(page.resolve().as_uri())


@contextmanager
def _progress(silent: bool):
    """What is measured now, on a terminal."""
    if silent or not sys.stderr.isatty():
        yield lambda what: None
        return
    with Console(stderr=True).status("") as status:
        yield lambda what: status.update(Text(what))
