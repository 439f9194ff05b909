"""``minigrad check`` without a target: every op of the table, at every sample."""

import difflib
import json
from collections.abc import Iterable, Iterator
from time import perf_counter

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from minigrad.declare import OPS
from minigrad.gradcheck import Checked, sweep
from minigrad.gradcheck.report import finite


def check_ops(names: tuple[str, ...], seed: int, as_json: bool, terminal: bool) -> bool:
    """Check these ops, all if none are named, and print what was found; whether all are right."""
    start = perf_counter()
    ops = [_known(name) for name in names or OPS]
    rows = sweep(ops, rng=seed)
    if as_json:
        checked = list(rows)
        click.echo(json.dumps(_summary(checked, seed, perf_counter() - start)))
        return all(checked)
    checked = _table(rows, len(ops)) if terminal else _lines(rows)
    bad = [row for row in checked if not row]
    for row in bad:
        click.echo(f"\n{row.message}")
    samples = sum(row.samples for row in checked)
    click.echo(
        f"{len(checked) - len(bad)} of {len(checked)} ops right, {len(bad)} wrong or not checked: "
        f"{samples} samples, orders 1 and 2, seed {seed}, {perf_counter() - start:.1f} s"
    )
    return not bad


def _known(name: str):
    if name not in OPS:
        near = ", ".join(difflib.get_close_matches(name, OPS, n=3))
        hint = f"; did you mean {near}?" if near else ""
        raise click.UsageError(f"there is no op {name!r} among the {len(OPS)} that are known{hint}")
    return OPS[name]


def _lines(rows: Iterable[Checked]) -> list[Checked]:
    """One plain line an op, as soon as it is known."""
    checked = []
    for row in rows:
        checked.append(row)
        error, resolution, seconds = _figures(row)
        figures = f"error {error:>7}  resolution {resolution:>7}  {seconds:>8}"
        click.echo(f"{row.name:<18} {row.samples:>3} samples  {figures}  {row.verdict}")
    return checked


def _table(rows: Iterator[Checked], count: int) -> list[Checked]:
    """A progress bar while it runs, and a table at the end."""
    console = Console()
    table = Table("op", box=None, header_style="bold")
    for heading in ("samples", "worst error", "resolution", "time"):
        table.add_column(heading, justify="right")
    table.add_column("verdict")
    columns = TextColumn("{task.description:<18}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    checked = []
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("checking", total=count)
        for row in rows:
            checked.append(row)
            style = "green" if row else "bold red"
            table.add_row(row.name, str(row.samples), *_figures(row), f"[{style}]{row.verdict}[/]")
            progress.update(task, advance=1, description=row.name)
    console.print(table)
    return checked


def _figures(row: Checked) -> tuple[str, str, str]:
    return f"{row.report.error:.0e}", f"{row.report.resolution:.0e}", f"{row.report.seconds * 1000:.0f} ms"


def _summary(checked: list[Checked], seed: int, seconds: float) -> dict:
    return {
        "ok": all(checked),
        "seed": seed,
        "seconds": round(seconds, 3),
        "ops": [
            {
                "op": row.name,
                "samples": row.samples,
                "verdict": row.verdict,
                "error": finite(row.report.error),
                "resolution": finite(row.report.resolution),
                "seconds": round(row.report.seconds, 4),
                "message": row.message,
            }
            for row in checked
        ],
    }
