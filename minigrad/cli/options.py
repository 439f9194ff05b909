"""The options that say what is trained on what, and how; several commands share them."""

import math
from collections.abc import Callable

import click

from minigrad.cli.recipe import OPTIMIZERS, SCHEDULES, WARMUPS
from minigrad.data.targets import TASKS
from minigrad.nn.mlp import ACTIVATIONS, NORMS


class Finite(click.FloatRange):
    """A number within bounds; NaN and infinity are none."""

    name = "number"

    def convert(self, value, param, ctx):
        number = super().convert(value, param, ctx)
        return number if math.isfinite(number) else self.fail(f"{value} is not a finite number.", param, ctx)


class Whole(click.IntRange):
    """A whole number within bounds."""

    name = "whole number"


class Widths(click.ParamType):
    """Whole numbers separated by commas, or ``none``."""

    name = "widths"

    def convert(self, value, param, ctx):
        if isinstance(value, tuple):
            return value
        try:
            widths = () if value == "none" else tuple(int(part) for part in value.split(","))
        except ValueError:
            widths = (0,)
        if any(width < 1 for width in widths):
            self.fail(f"{value!r} is not a list of whole numbers from 1, such as 64,32, nor none.", param, ctx)
        return widths


COUNT = Whole(min=1)
RATE = Finite(min=0, min_open=True)
SHARE = Finite(min=0, max=1, max_open=True)
STRENGTH = Finite(min=0)

OWN = (
    click.option("--target", help="Own data: the column (in .npz: the array, y by default) that is to be predicted."),
    click.option("--task", type=click.Choice(TASKS), help="Own data. [default: as the target looks]"),
    click.option(
        "--val",
        type=Finite(min=0, max=1, min_open=True, max_open=True),
        help="Own data: share of the rows that is kept aside, of each class the same. [default: 0.2]",
    ),
    click.option("--split-seed", type=Whole(min=0), help="Own data: decides which rows. [default: 0]"),
    click.option("--categorical", multiple=True, metavar="COLUMN", help="CSV: a column of texts, even if of numbers."),
    click.option("--drop", multiple=True, metavar="COLUMN", help="CSV: leave a column out."),
    click.option("--keep", multiple=True, metavar="COLUMN", help="CSV: do not leave it out, whatever it looks like."),
    click.option("--separator", metavar="CHARACTER", help="CSV: what stands between cells. [default: found by trying]"),
    click.option("--decimal", type=click.Choice([".", ","]), help="CSV: the decimal point. [default: .]"),
    click.option("--encoding", help="CSV: such as cp1252. [default: UTF-8, or as the file says]"),
    click.option("--no-header", is_flag=True, help="CSV: the first line is data; columns are called c1, c2, ..."),
    click.option("--inputs", metavar="KEY", help=".npz: the array of inputs. [default: X]"),
)

MODEL = (
    click.option(
        "--hidden", type=Widths(), default="64,32", show_default=True, help="Widths of the hidden layers, or none."
    ),
    click.option("--activation", type=click.Choice(sorted(ACTIVATIONS)), default="relu", show_default=True),
    click.option("--norm", type=click.Choice(["none", *NORMS]), default="none", show_default=True),
    click.option("--dropout", type=SHARE, default=0.0, help="Share of hidden values that each step drops."),
    click.option("--residual", is_flag=True, help="Hidden layers of unchanged width add to their input."),
    click.option(
        "--stochastic-depth", type=SHARE, default=0.0, help="Rate at which the last residual layer is dropped."
    ),
)

LOSS = (
    click.option("--label-smoothing", type=SHARE, help="Share of a label that all classes get. [default: 0.1]"),
    click.option("--l1", type=STRENGTH, default=0.0, help="Penalty: this times the sum of |w| over weight matrices."),
    click.option("--l2", type=STRENGTH, default=0.0, help="Penalty: this times the sum of w² over weight matrices."),
    click.option("--proximal", is_flag=True, help="Penalties act by their proximal step: --l1 gives exact zeros."),
)

STEPS = (
    click.option("--optimizer", type=click.Choice(list(OPTIMIZERS)), default="sgd", show_default=True),
    click.option("--momentum", type=SHARE, help="For optimizers that have one. [default: 0.9 for sgd]"),
    click.option("--weight-decay", type=STRENGTH, help="Decoupled decay of weight matrices: adamw, lion and lamb."),
    click.option("--clip-norm", type=RATE, help="Scale gradients down whose norm, all together, is above this."),
    click.option("--batch-size", type=COUNT, default=32, show_default=True),
    click.option("--dtype", type=click.Choice(["float32", "float64"]), default="float32", show_default=True),
    click.option("--seed", type=Whole(min=0), default=0, show_default=True),
)

SCHEDULE = (
    click.option("--lr", type=RATE, help="Learning rate at its highest. [default: 0.1 for sgd]"),
    click.option("--schedule", type=click.Choice([*SCHEDULES, *WARMUPS]), default="warmup-cosine", show_default=True),
    click.option("--warmup", type=COUNT, help="Steps of warm-up. [default: 5 % of all]"),
    click.option("--epochs", type=COUNT, help="[default: 20; for own data, as many as make about 1,000 steps]"),
    click.option("--patience", type=Whole(min=0), help="Stop after more than so many epochs without a better one."),
    click.option("--ema", type=SHARE, help="Judge and keep an average of the weights with this decay, such as 0.99."),
    click.option("--clip-value", type=RATE, help="Cut each element of a gradient to this size."),
    click.option("--accumulate", type=COUNT, default=1, help="Compute each batch in so many parts."),
)
"""What belongs to a whole run, and not to a few steps."""


def options(*groups: tuple[Callable, ...]) -> Callable:
    """All of these options on one command, in this order."""

    def decorate(command: Callable) -> Callable:
        for option in reversed([option for group in groups for option in group]):
            command = option(command)
        return command

    return decorate
