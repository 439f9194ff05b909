"""``minigrad lr-find DATASET``: the learning rate range test, drawn in text, with a rate to start from."""

import json
import math
from types import SimpleNamespace

import click

from minigrad.cli import Misuse, display
from minigrad.cli.blas import use_one_thread
from minigrad.cli.options import COUNT, LOSS, MODEL, OWN, RATE, STEPS, options
from minigrad.cli.recipe import prepare
from minigrad.cli.train import Known
from minigrad.training.range_test import RangeTest, range_test

WIDTH, HEIGHT = 60, 10

WHOLE = {"lr": None, "schedule": "constant", "warmup": None, "epochs": 1, "patience": None, "ema": None}
WHOLE |= {"clip_value": None, "accumulate": 1}
"""Options of a whole run, as they are for a few steps."""


@click.command("lr-find")
@click.argument("dataset", type=Known(), metavar="DATASET")
@options(OWN, MODEL, LOSS, STEPS)
@click.option("--from", "low", type=RATE, default=1e-5, show_default=True, help="The lowest rate.")
@click.option("--to", "high", type=RATE, default=10.0, show_default=True, help="The highest rate.")
@click.option("--steps", type=COUNT, default=300, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def lr_find(low: float, high: float, steps: int, as_json: bool, **given) -> None:
    """Raise the learning rate from step to step, and say at which one the loss falls fastest.

    DATASET and the options are those of minigrad train; the rate that is suggested is one to start from.
    """
    if not low < high:
        raise Misuse(f"the rates must rise, and not go from {low:g} to {high:g}: write a --from below --to")
    if steps < 10:
        raise Misuse(f"--steps {steps} are too few to see a curve: write 10 or more, such as 300")
    use_one_thread()
    recipe = prepare(SimpleNamespace(**given, **WHOLE))
    found = range_test(
        recipe.model,
        recipe.loss,
        recipe.optimizer,
        recipe.data.train,
        batch_size=given["batch_size"],
        low=low,
        high=high,
        steps=steps,
        clip_norm=given["clip_norm"],
        rng=recipe.rng,
    )
    if as_json:
        click.echo(json.dumps(found._asdict()))
        return
    print(f"data    {display.data_line(recipe.data)}", "", *picture(found), "", sep="\n")
    print(f"steepest {found.steepest:.1e} · lowest loss {found.minimum:.1e}")
    print(f"suggestion --lr {found.suggestion:.1e}")


def picture(found: RangeTest) -> list[str]:
    """The loss over the logarithm of the rate, as lines of text."""
    span = math.log(found.rates[-1] / found.rates[0])
    places = [min(WIDTH - 1, int(WIDTH * math.log(rate / found.rates[0]) / span)) for rate in found.rates]
    low, high = min(found.losses), min(max(found.losses), 2 * found.losses[0])
    rows = [min(HEIGHT - 1, int((high - loss) / ((high - low) or 1) * (HEIGHT - 1) + 0.5)) for loss in found.losses]
    cells = [[" "] * WIDTH for _ in range(HEIGHT)]
    for place, row in zip(places, rows, strict=True):
        cells[max(row, 0)][place] = "•"
    mark = min(range(len(places)), key=lambda i: abs(math.log(found.rates[i] / found.suggestion)))
    cells[max(rows[mark], 0)][places[mark]] = "◆"
    labels = {0: f"{high:.3g}", HEIGHT - 1: f"{low:.3g}"}
    lines = [f" {labels.get(i, ''):>8} ┤{''.join(row).rstrip()}" for i, row in enumerate(cells)]
    left, right = f"{found.rates[0]:.0e}", f"{found.rates[-1]:.0e}"
    return ["     loss", *lines, f"{'└':>11}{left}{'─' * (WIDTH - len(left) - len(right))}{right}  lr  (◆ suggestion)"]
