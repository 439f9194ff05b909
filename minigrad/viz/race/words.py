"""What a race came to, in words: the table, the theory beside it, what is to be noticed, and the same for a program."""

import math
from collections.abc import Iterator
from typing import Any

from minigrad.viz.race.descent import Run
from minigrad.viz.race.standings import Lane, Standings
from minigrad.viz.text import aligned_left, number, printable

Row = tuple[str, ...]


def title(race: Standings) -> str:
    """The race in a line."""
    course = race.course
    parts = [f"race on {course.surface.name}", course.surface.formula, f"from {point(course.start)}"]
    if course.noise:
        parts.append(f"gradient noise {course.noise:g}, seed {course.seed}")
    return " · ".join(parts)


def rule(race: Standings) -> str:
    """When a run has arrived."""
    course, hold = race.course, race.course.hold
    return (
        f"steps until the height above the minimum stays below {course.tolerance:g} of the start's for {hold} steps; "
        f"given up after {course.steps}"
    )


def headings(race: Standings) -> Row:
    """The heads of the columns of :func:`rows`."""
    turns = [f"{'steps at ' if i == 0 else ''}{degrees:g}°" for i, degrees in enumerate(race.rotations)]
    return ("optimizer", f"learning rate at {race.shown:g}°", *turns, "band in decades", "evaluations of the loss")


def rows(race: Standings) -> list[Row]:
    """A row for each optimizer: its learning rate, its steps at each rotation, its band, what it evaluated."""
    return [_row(race, lane) for lane in race.lanes]


def _row(race: Standings, lane: Lane) -> Row:
    shown = lane.runs[race.place]
    rate = "–" if shown.lr is None else number(shown.lr) + ("" if lane.sweeps else " (fixed)")
    band = lane.sweeps[race.place].band if lane.sweeps else None
    return (
        printable(lane.entrant.name),
        rate,
        *(ending(run) for run in lane.runs),
        "–" if band is None else f"{band:.2f}",
        str(shown.evaluations) if shown.arrived is not None else "–",
    )


def ending(run: Run) -> str:
    """The steps, or what came in their place."""
    if run.arrived is not None:
        return str(run.arrived)
    return f"> {run.steps}" if run.outcome == "not arrived" else run.outcome


def theory(race: Standings) -> tuple[Row, list[Row]]:
    """Heads and rows: how much nearer a step comes in the end, predicted and measured."""
    heads: Row = ("best parameters", "lr", "momentum", "rate in theory", "predicted", "measured", "apart")
    found: list[Row] = [
        (
            rate.name.removesuffix(", best"),
            number(rate.lr),
            number(rate.momentum),
            rate.formula,
            f"{rate.predicted:.4f}",
            f"{rate.measured:.4f}",
            f"{100 * rate.error:.2f} %",
        )
        for rate in race.rates
    ]
    return heads, found


def notes(race: Standings) -> list[str]:
    """What is to be noticed, a sentence each."""
    return [race.course.surface.lesson, *_about_rotation(race), *_about_failures(race)]


def _about_rotation(race: Standings) -> Iterator[str]:
    for lane in race.lanes:
        known = [run for run in lane.runs if run.arrived]
        if len(known) < 2:
            continue
        fast, slow = (pick(known, key=lambda run: run.arrived or 0) for pick in (min, max))
        if (slow.arrived or 0) >= 2 * (fast.arrived or 0) and (slow.arrived or 0) > 20:
            yield (
                f"{printable(lane.entrant.name)} takes {fast.arrived} steps at {fast.degrees:g}° and {slow.arrived} at "
                f"{slow.degrees:g}°: it treats each axis by itself, so it matters how the landscape lies."
            )


def _about_failures(race: Standings) -> Iterator[str]:
    for lane in race.lanes:
        run, name = lane.runs[race.place], printable(lane.entrant.name)
        above = run.heights[-1] - race.course.surface.least
        if run.outcome == "settled":
            yield f"{name} comes to rest at {point(run.points[-1])}, {number(above)} above the minimum."
        elif run.outcome == "diverged":
            yield f"{name} leaves the landscape after {run.steps} steps: it diverges."
        elif run.outcome == "stopped":
            yield f"{name} stops after {run.steps} steps: {printable(run.reason, 200)}."
        elif run.outcome == "not arrived":
            yield f"{name} is {number(above)} above the minimum after {run.steps} steps."


def point(at) -> str:
    """A point in few digits.

    >>> point((-1.5, 0.0001))
    '(-1.5, 0.0001)'
    """
    return f"({float(at[0]):.4g}, {float(at[1]):.4g})"


def text(race: Standings) -> str:
    """All of it in plain lines."""
    lines = [title(race), rule(race), "", *aligned_left([headings(race), *rows(race)]), ""]
    heads, rates = theory(race)
    if rates:
        lines += [*aligned_left([heads, *rates]), ""]
    return "\n".join([*lines, *notes(race)])


def as_dict(race: Standings) -> dict[str, Any]:
    """The race for a program to read: numbers that JSON has, and None for what did not happen."""
    course = race.course
    return {
        "surface": course.surface.name,
        "formula": course.surface.formula,
        "start": list(course.start),
        "minima": [list(minimum) for minimum in course.surface.minima],
        "tolerance": course.tolerance,
        "hold": course.hold,
        "steps": course.steps,
        "noise": course.noise,
        "seed": course.seed,
        "rotations": list(race.rotations),
        "optimizers": [
            {
                "name": lane.entrant.name,
                "call": lane.entrant.call,
                "runs": [_run(race, lane, i) for i in range(len(lane.runs))],
            }
            for lane in race.lanes
        ],
        "theory": [vars(rate) | {"error": rate.error} for rate in race.rates],
    }


def _run(race: Standings, lane: Lane, place: int) -> dict[str, Any]:
    run, least = lane.runs[place], race.course.surface.least
    kept = lane.kept(place)
    return {
        "degrees": run.degrees,
        "lr": run.lr,
        "outcome": run.outcome,
        "reason": run.reason,
        "steps": run.arrived,
        "steps_taken": run.steps,
        "steps_at_first_lr": None if kept is None or math.isinf(kept) else int(kept),
        "band_decades": lane.sweeps[place].band if lane.sweeps else None,
        "evaluations": run.evaluations,
        "end": run.points[-1].tolist(),
        "height_above_minimum": float(run.heights[-1] - least),
    }
