"""``minigrad check``: the gradient of your function, model or loss against finite differences; or that of every op."""

import importlib
import json
import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from minigrad.cli import Failure
from minigrad.cli.inputs import Input, Shape
from minigrad.cli.subjects import Asked, Part, Subject, is_op, subject_of
from minigrad.cli.sweeping import check_ops
from minigrad.cli.targets import is_target, load
from minigrad.gradcheck import Report, check_op, gradcheck
from minigrad.gradcheck.verdict import Verdict
from minigrad.nn.tree import aligned
from minigrad.viz.gradcheck_page import gradcheck_page

GOOD = {verdict.name for verdict in Verdict if verdict}
SAMPLE = 10
"""Of an operand too large for all of it, so many elements are looked at one by one, beside the random directions."""
EXAM = "tests/exam/__main__.py"
ROWS = 40
"""So many rows of a table are printed; the others, if they are good, are counted."""


@click.command()
@click.argument("targets", nargs=-1, metavar="[MODULE:NAME | FILE.py:NAME | OP...]")
@click.option(
    "--input",
    "inputs",
    multiple=True,
    type=Shape(),
    metavar="SHAPE",
    help="Shape of an input, as 4,5; once for each. () is one number, 4,5:0.5..2.0 a range, 4:0..9 whole numbers.",
)
@click.option("--positive", is_flag=True, help="Draw inputs from 0.5 to 2, not from a normal distribution.")
@click.option(
    "--dtype",
    type=click.Choice(["float64", "float32"]),
    default="float64",
    show_default=True,
    help="Of inputs and parameters; derivatives are compared in float64 always.",
)
@click.option(
    "--order",
    type=click.IntRange(1, 2),
    default=1,
    show_default=True,
    help="2 checks the gradient of the gradient too.",
)
@click.option(
    "--mode",
    type=click.Choice(["auto", "full", "probe"]),
    default="auto",
    show_default=True,
    help="Every element, or random directions.",
)
@click.option("--eval", "evaluate", is_flag=True, help="Check a model in evaluation, not in training.")
@click.option(
    "--l1", type=click.FloatRange(min=0), default=0.0, help="Check this L1 penalty of a model too, by itself."
)
@click.option(
    "--l2", type=click.FloatRange(min=0), default=0.0, help="Check this L2 penalty of a model too, by itself."
)
@click.option("--op", "names", multiple=True, metavar="NAME", help="Check this op of minigrad; may be repeated.")
@click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(min=0), help="What is random is drawn from it."
)
@click.option("--html", "page", type=click.Path(dir_okay=False), metavar="FILE", help="Write a page with pictures.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--exam", is_flag=True, help="Run the exam of the checker itself, from a checkout of minigrad.")
def check(targets, inputs, positive, names, page, as_json, exam, **options) -> None:
    """Check gradients against finite differences.

    A function is called with random inputs of the shapes given; a model with what its first layer takes; a function
    without arguments returns a model, or a loss, or a dict of the terms of one, each checked by itself.

        minigrad check pkg.mod:fn --input 4,5 --input 5,3
        minigrad check model.py:Model --l2 0.01 --html check.html

    Without a target every op of minigrad is checked: orders 1 and 2, float64, float32, and arrays that are not
    contiguous in memory. Exits with 1 if a gradient is wrong or could not be checked.
    """
    asked = Asked(tuple(map(Input.made_positive, inputs)) if positive else inputs, **options)
    if exam:
        raise SystemExit(_exam(asked.seed, as_json))
    named = (*targets, *names)
    if len(named) == 1 and is_target(named[0]):
        good = _check_target(named[0], asked, page, as_json)
    elif any(map(is_target, named)):
        raise click.UsageError("one MODULE:NAME at a time, and without ops beside it")
    elif inputs or page:
        option = "--input" if inputs else "--html"
        raise click.UsageError(f"{option} needs something of yours to check: write minigrad check MODULE:NAME {option}")
    else:
        good = check_ops(named, asked.seed, as_json, is_terminal())
    raise SystemExit(0 if good else 1)


def is_terminal() -> bool:
    """Whether somebody is watching."""
    return sys.stdout.isatty()


def _exam(seed: int, as_json: bool) -> int:
    """Run the exam, whose faults and traps are part of the tests and not of the package; 1 if it is failed."""
    roots = [Path.cwd(), Path(__file__).resolve().parents[2]]  # a checkout, or what was installed from one with -e
    found = [root for root in roots if (root / EXAM).is_file()]
    if found:
        sys.path.insert(0, str(found[0]))
    try:
        main = importlib.import_module("tests.exam.__main__").main
    except ImportError as error:
        looked = " and ".join(dict.fromkeys(map(str, roots)))
        raise click.UsageError(
            f"the exam is part of minigrad's tests, which are not installed with it: there is no {EXAM} in {looked}; "
            f"run this in a checkout of its repository ({error})"
        ) from None
    click.echo("the exam takes some minutes: every fault is checked, and its cause looked for", err=True)
    return main(["--seed", str(seed), *(["--json"] if as_json else [])])


def _check_target(target: str, asked: Asked, page: str | None, as_json: bool) -> bool:
    """Check something of the user's, print what was found, and write the page; whether all is right."""
    with redirect_stdout(sys.stderr) if as_json else nullcontext():  # what the user's own code prints
        found = load(target)
        if is_op(found) and not asked.inputs:
            subject, reports = Subject(f"op {found.name}", []), [check_op(found, rng=asked.seed)]
        else:
            subject = subject_of(found, target, asked)
            with Console().status(f"checking {target}") if is_terminal() and not as_json else nullcontext():
                reports = [_report(part, asked) for part in subject.parts]
    if page:
        title = f"Gradient check: {subject.title}"
        _write(page, gradcheck_page(reports, title=title, command=asked.command(target), code=subject.code))
    if as_json:
        click.echo(json.dumps(_summary(subject, target, asked, reports, page)))
        return all(reports)
    _print(subject, asked, reports)
    if page:
        click.echo(f"wrote {page}")
    return all(reports)


def _report(part: Part, asked: Asked) -> Report:
    settings: dict = {"mode": asked.mode, "order": asked.order, "rng": asked.seed, "sample": SAMPLE, "name": part.name}
    return gradcheck(part.fn, *part.inputs, params=part.params, **settings)


def _write(page: str, text: str) -> None:
    try:
        Path(page).write_text(text, encoding="utf-8")
    except OSError as error:
        raise Failure(f"{page} cannot be written: {error.strerror}") from error


def _print(subject: Subject, asked: Asked, reports: list[Report]) -> None:
    """What was checked, at which inputs, and a table and a verdict for each part."""
    output = f"  →  {subject.output}" if subject.output else ""
    click.echo(f"{subject.title}{output}      {asked.dtype} · order {asked.order} · seed {asked.seed}")
    for line in subject.code:
        click.echo(f"  {line}")
    for report in reports:
        click.echo()
        headings, *rows = report.table()
        rows, left_out = _most_telling(rows)
        if is_terminal():
            Console().print(_table(headings, rows))
        else:
            click.echo(aligned([headings, *rows]))
        if left_out:
            click.echo(f"and {left_out} more that are right")
        click.echo(f"\n{report}")
        click.echo(f"  {report.evaluations:,} forward passes, {report.seconds:.2f} s")


def _most_telling(rows: list[tuple[str, ...]]) -> tuple[list[tuple[str, ...]], int]:
    """The rows to print, and how many good ones are left out."""
    if len(rows) <= ROWS:
        return rows, 0
    bad = [row for row in rows if row[-1] not in GOOD]
    chosen = {id(row) for row in (bad + [row for row in rows if row[-1] in GOOD])[: max(ROWS, len(bad))]}
    return [row for row in rows if id(row) in chosen], len(rows) - len(chosen)


def _table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> Table:
    table = Table(box=None, header_style="bold")
    for heading in headings:
        table.add_column(heading, justify="left" if heading in ("operand", "verdict") else "right")
    for *cells, verdict in rows:
        style = "green" if verdict in GOOD else "bold red"
        table.add_row(*map(escape, cells), f"[{style}]{verdict}[/]")
    return table


def _summary(subject: Subject, target: str, asked: Asked, reports: list[Report], page: str | None) -> dict:
    inputs = [{"name": name, "shape": list(each.shape), "drawn": each.code} for name, each in subject.drawn]
    return {
        "ok": all(reports),
        "target": target,
        "what": subject.title,
        "seed": asked.seed,
        "dtype": asked.dtype,
        "order": asked.order,
        "inputs": inputs,
        "output": subject.output,
        "checks": [report.to_dict() for report in reports],
        "command": asked.command(target),
        "page": page,
    }
