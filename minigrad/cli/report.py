"""``minigrad report RUN``: the page that explains a run, made again; of several runs, a page that compares them."""

import json
import webbrowser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click

from minigrad.cli.recipe import optimizer_of
from minigrad.data import Dataset
from minigrad.errors import MinigradError
from minigrad.nn.files import write_atomically
from minigrad.optim.schedules import Schedule
from minigrad.training.runs import Run
from minigrad.viz.training_report.comparison import comparison
from minigrad.viz.training_report.facts import Facts, facts_of
from minigrad.viz.training_report.report import report as page_of
from minigrad.viz.training_report.verdict import verdict


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN...")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Where the page goes.")
@click.option("--open", "opened", is_flag=True, help="Show the page in the browser.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def report(runs: tuple[Path, ...], output: Path | None, opened: bool, as_json: bool) -> None:
    """Write the page that explains the run in the folder RUN, such as runs/moons-0001, to its report.html.

    Of several runs, write compare.html, where their curves lie over one another: which of their differences are more
    than seeds alone would make is told from the runs beside them that differ in nothing but the seed.
    """
    found, about = [Run(folder) for folder in runs], dict[str, Any]()
    if len(found) > 1:
        path = output or Path("compare.html")
        text, lines = comparison(found), list[str]()
        about["runs"] = [str(run.folder) for run in found]
    else:
        facts = facts_again(found[0])
        path = output or found[0].folder / "report.html"
        findings = verdict(facts)
        text, lines = page_of(facts), [str(finding) for finding in findings]
        about |= {"run": str(found[0].folder), "verdict": [finding._asdict() for finding in findings]}
    write_atomically(path, text.encode())
    if as_json:
        click.echo(json.dumps(about | {"report": str(path)}))
    else:
        print(*lines, f"wrote   {path}", sep="\n")
    if opened:
        webbrowser.open(path.resolve().as_uri())


def facts_again(run: Run, data: Dataset | None = None) -> Facts:
    """The facts of an earlier run, with its schedule made again from its options."""
    facts = facts_of(run, data=data)
    try:
        optimizer = optimizer_of(facts.model, SimpleNamespace(**run.config["options"]), run.config["steps"])
    except (KeyError, AttributeError, TypeError, ValueError, MinigradError, click.UsageError):
        return facts  # of another version, or not made by the command line: the rates that were measured will do
    rate = optimizer.param_groups[0]["lr"]
    return facts_of(run, data=facts.data, schedule=rate if isinstance(rate, Schedule) else None)
