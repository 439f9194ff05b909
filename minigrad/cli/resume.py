"""``minigrad resume runs/NAME``: go on with a run that was stopped, to the same bits as if it had not been."""

from pathlib import Path
from types import SimpleNamespace

import click

from minigrad.cli import session
from minigrad.cli.arguments import arguments_of
from minigrad.cli.blas import use_one_thread
from minigrad.cli.options import STRENGTH
from minigrad.cli.recipe import Recipe, prepare
from minigrad.cli.train import train
from minigrad.errors import CheckpointError, DataError
from minigrad.training import Run
from minigrad.training.runs import hash_of, locked


@click.command()
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option("--save-every", type=STRENGTH, default=10.0, show_default=True, help="Seconds from save to save.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--quiet", is_flag=True, help="Print the result alone.")
def resume(run: Path, **given) -> None:
    """Go on with the run in the folder RUN, such as runs/moons-215c7d, from its last save to its last epoch.

    The result is, bit for bit, that of a run that was never stopped. The data are read again, and must be the same.
    """
    blas, writing = use_one_thread(), session.Writing(**given)
    with locked(run):
        opened = Run(run)
        opened.check_weights()
        session.go_on(recipe_of(opened), opened, writing, blas)


def recipe_of(run: Run) -> Recipe:
    """What the run was made from. Raises CheckpointError or DataError where that is no longer what it was."""
    path, options = run.folder / "config.json", run.config["options"]
    try:
        with train.make_context("train", arguments_of(options)) as context:
            writing = session.Writing._fields
            meant = {name: value for name, value in context.params.items() if name not in writing}
            recipe = prepare(SimpleNamespace(**meant))
    except click.ClickException as error:
        raise CheckpointError(f"{path}, key options: {error.format_message()}") from error
    if hash_of(recipe.data) != run.config["data"].get("sha256"):
        raise DataError(f"the data of {run.folder} is not what it was: train again, under another name")
    return recipe
