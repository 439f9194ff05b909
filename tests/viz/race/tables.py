"""The tables of docs/race.md. `python -m tests.viz.race.tables` writes them anew."""

import math
import re
from pathlib import Path

from minigrad.viz.race import Race, race
from minigrad.viz.race.standings import Lane
from minigrad.viz.race.words import ending, theory

PAGE = Path(__file__).parents[3] / "docs" / "race.md"
OPTIMIZERS = "sgd, momentum, nesterov, adagrad, rmsprop, adam, nadam, adamax, lion, l-bfgs, newton"
HEAD = "| optimizer | steps at 0° | steps at 45° | at 45° with the rate of 0° | band at 0° | band at 45° |"


def turned_ravine() -> Race:
    """The race that both tables are made of."""
    return race("ravine", OPTIMIZERS, rotations=[0, 45])


def markdown(rows) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in rows]


def rotation_table(result: Race) -> str:
    """How turning the ravine by 45 degrees changes each optimizer's steps."""
    return "\n".join([HEAD, "|---|---:|---:|---:|---:|---:|", *markdown(map(_row, result.lanes))])


def _row(lane: Lane) -> tuple[str, ...]:
    kept = lane.kept(1)
    again = "–" if kept is None else f"> {lane.sweeps[1].steps}" if math.isinf(kept) else f"{kept:.0f}"
    bands = [tried.band for tried in lane.sweeps] or [None, None]
    return (
        lane.entrant.name,
        *(ending(run) for run in lane.runs),
        again,
        *("–" if band is None else f"{band:.2f}" for band in bands),
    )


def theory_table(result: Race) -> str:
    """Theory beside measurement."""
    heads, rows = theory(result)
    return "\n".join([f"| {' | '.join(heads)} |", "|---|" + "---:|" * (len(heads) - 1), *markdown(rows)])


def filled(text: str, tables: dict[str, str]) -> str:
    """The page with new tables between its markers."""
    for name, table in tables.items():
        between = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        assert between.search(text), f"docs/race.md has no place for {name}"
        text = between.sub(lambda match, table=table: f"{match[1]}{table}\n{match[2]}", text)
    return text


def tables(result: Race) -> dict[str, str]:
    """Every table of the page by its name."""
    return {"rotation": rotation_table(result), "theory": theory_table(result)}


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), tables(turned_ravine())), encoding="utf-8")
    print(f"wrote {PAGE}")
