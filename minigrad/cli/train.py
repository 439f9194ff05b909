"""``minigrad train DATASET``: the whole way from data to a trained model, in one command."""

import os
from pathlib import Path
from types import SimpleNamespace

import click

from minigrad.cli import session
from minigrad.cli.blas import use_one_thread
from minigrad.cli.options import LOSS, MODEL, OWN, SCHEDULE, STEPS, STRENGTH, options
from minigrad.cli.recipe import prepare
from minigrad.data.catalog import NAMES

WRITING = (
    click.option("--name", help="What the run is called. [default: the data set, and a code for all that decides it]"),
    click.option("--out", type=click.Path(path_type=Path), default="runs", show_default=True, help="Folder of runs."),
    click.option("--overwrite", is_flag=True, help="Let another run of the same name go."),
    click.option("--no-save", is_flag=True, help="Write nothing."),
    click.option("--save-every", type=STRENGTH, default=10.0, show_default=True, help="Seconds from save to save."),
    click.option("--no-check", is_flag=True, help="Start at once, without looking for mistakes before step 1."),
    click.option("--no-report", is_flag=True, help="Leave out the page that explains the run."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else."),
    click.option("--quiet", is_flag=True, help="Print the result alone."),
)


class Known(click.ParamType):
    """The name of a bundled data set, or the path of a file."""

    name = "data set"

    def convert(self, value, param, ctx):
        if value in NAMES or Path(value).suffix or os.sep in value or os.path.isfile(value):
            return value
        self.fail(f"{value!r} is not one of {self.get_missing_message(param, ctx)}", param, ctx)

    def get_missing_message(self, param, ctx=None):
        return f"{', '.join(NAMES)}, or a file such as my.csv or my.npz."


@click.command()
@click.argument("dataset", type=Known(), metavar="DATASET")
@options(OWN, MODEL, LOSS, STEPS, SCHEDULE, WRITING)
def train(**given) -> None:
    """Train a multi-layer perceptron on DATASET; say how well it does on examples it has not learnt from.

    DATASET is one of digits, moons, circles, blobs, spirals, xor, curves and line, or your own: a .csv file with
    --target COLUMN, or a .npz file with arrays X and y. What each column holds is found out and said.

    The scores are those of the plain loss, without label smoothing and penalties. The same seed gives the same
    output, to the last bit on the same machine.

    The run is written to runs/NAME: how it was made, a line of measurements for each epoch, the best weights and
    the last state. Ctrl-C ends it after the step; `minigrad resume runs/NAME` goes on, to the same bits.
    """
    writing = session.Writing(**{name: given.pop(name) for name in session.Writing._fields})
    session.start(prepare(SimpleNamespace(**given)), writing, use_one_thread())
