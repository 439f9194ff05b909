"""The page of a race: the map with a slider through time, the table, theory beside measurement, and two charts."""

import math
from html import escape
from typing import Any

from minigrad.viz.charts import CSS, Chart, Series, line_chart
from minigrad.viz.charts.frame import stroke
from minigrad.viz.charts.paths import markers
from minigrad.viz.page import asset, page, table
from minigrad.viz.race.picture import Map, frames, ground, look, picture
from minigrad.viz.race.standings import Lane, Standings
from minigrad.viz.race.words import ending, headings, notes, rows, rule, theory, title
from minigrad.viz.text import number, printable


def race_page(race: Standings) -> str:
    """The text of the HTML file."""
    count = len(race.rotations)
    parts = [
        f'<p class="faint">{escape(rule(race))}</p>',
        *(f"<p>{escape(note)}</p>" for note in notes(race)[:1]),
        f'<div class="race"><figure>{"".join(_map(race, i) for i in range(count))}'
        f"<figcaption>○ start &nbsp; + minimum</figcaption>{_controls(race)}</figure>{_legend(race)}</div>",
        f"<ul>{''.join(f'<li>{escape(note)}</li>' for note in notes(race)[1:])}</ul>",
        "<h2>Steps at each rotation</h2>",
        table(headings(race), rows(race), "learning rates are the best at each rotation, unless given"),
        _theory(race),
        '<div class="grid charts">',
        *(_at(race, i, heights(race, i).figure()) for i in range(count)),
        *(_at(race, i, chart.figure(BAND)) for i in range(count) if (chart := bands(race, i))),
        "</div>",
        f"<h2>Again</h2><pre>{escape(printable(race.command, 500))}</pre>" if race.command else "",
    ]
    return page(title(race), "\n".join(parts), style=CSS + asset("race.css"), script=asset("race.js"), data=_data(race))


BAND = "Within twice the best is the band; a narrow one is a learning rate that has to be searched for."


def _at(race: Standings, i: int, html: str) -> str:
    """What belongs to one of the rotations, hidden unless that is the one shown."""
    return f'<div data-rotation="{i}"{"" if i == race.place else " hidden"}>{html}</div>'


def _map(race: Standings, i: int) -> str:
    return _at(race, i, picture(race, i).svg)


def _controls(race: Standings) -> str:
    last = len(_steps(race)) - 1
    turns = "".join(
        f'<option value="{i}"{" selected" if i == race.place else ""}>{degrees:g}°</option>'
        for i, degrees in enumerate(race.rotations)
    )
    return (
        '<div class="controls screen-only" hidden><button type="button" id="play">Play</button>'
        f'<label for="time">time</label><input type="range" id="time" min="0" max="{last}" value="{last}">'
        '<output id="step" for="time"></output>'
        f'<span><label for="turn">turned by</label> <select id="turn">{turns}</select></span></div>'
    )


def _legend(race: Standings) -> str:
    """The optimizers, each with its line, its learning rate, and where it is now."""
    lines = "".join(_entry(race, i, lane) for i, lane in enumerate(race.lanes))
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="optimizers"><table class="legend"><thead><tr>'
        '<th scope="col">optimizer</th><th scope="col">learning rate</th><th scope="col">steps</th>'
        f'<th scope="col">height now</th></tr></thead><tbody>{lines}</tbody></table></div>'
    )


def _entry(race: Standings, i: int, lane: Lane) -> str:
    colour, dash, marker = look(i)
    run, name = lane.runs[race.place], escape(printable(lane.entrant.name))
    sample = stroke("M1 7h30", colour, dash) + markers([(16.0, 7.0)], marker, colour, 8.0)
    svg = f'<svg class="plot" width="32" height="14" viewBox="0 0 32 14" aria-hidden="true">{sample}</svg>'
    return (
        f'<tr data-lane="{i}"><th scope="row"><label><input type="checkbox" checked> {svg} {name}</label></th>'
        f"<td>{_rate(run.lr)}</td><td>{escape(ending(run))}</td><td>{number(_above(race, run)[-1])}</td></tr>"
    )


def _rate(lr: float | None) -> str:
    return "–" if lr is None else number(lr)


def _theory(race: Standings) -> str:
    heads, lines = theory(race)
    if not lines:
        return ""
    k = (race.course.surface.curvatures or (1.0, 1.0))[1]
    return (
        f"<h2>Theory, and what was measured</h2><p>How much nearer to the minimum a step comes in the end, for the "
        f"condition number k = {k:g}.</p>{table(heads, lines, 'best parameters on a quadratic')}"
    )


def heights(race: Standings, i: int) -> Chart:
    """Height above the minimum against steps."""
    runs = [lane.runs[i] for lane in race.lanes]
    return line_chart(
        [Series(run.entrant.name, _above(race, run), range(len(run.heights))) for run in runs],
        title=f"Height above the minimum at {race.rotations[i]:g}°",
        x="steps",
        y="height",
        log_y=True,
        y_range=(max(1e-12, race.course.tolerance * 1e-3 * _above(race, runs[0])[0]), _highest(race, i)),
        width=520,
        height=320,
    )


def _highest(race: Standings, i: int) -> float:
    first = _above(race, race.lanes[0].runs[i])[0]
    return min(100 * first, 2 * max(max(_above(race, lane.runs[i])) for lane in race.lanes))


def bands(race: Standings, i: int) -> Chart | None:
    """Steps against the learning rate, for all those whose rate was searched for."""
    series = []
    for place, lane in enumerate(race.lanes):
        if lane.sweeps and math.isfinite(lane.sweeps[i].arrived.min()):
            tried = lane.sweeps[i]
            steps = [float(n) if math.isfinite(n) else math.nan for n in tried.arrived]
            series.append(Series(lane.entrant.name, steps, tried.rates.tolist(), colour=place, dash=place))
    if not series:
        return None
    name = f"Steps against the learning rate at {race.rotations[i]:g}°"
    return line_chart(series, title=name, x="learning rate", y="steps", log_x=True, log_y=True, width=520, height=320)


def _above(race: Standings, run) -> list[float]:
    return (run.heights - race.course.surface.least).clip(0).tolist()


def _steps(race: Standings) -> list[int]:
    return frames(max(run.steps for lane in race.lanes for run in lane.runs))


def _data(race: Standings) -> dict[str, Any]:
    """What the slider moves: for each optimizer and rotation its places on paper, in tenths, and its heights."""
    steps, plans = _steps(race), [ground(race, i, grid=3) for i in range(len(race.rotations))]
    return {
        "steps": steps,
        "lanes": [[_frames(race, lane, steps, i, plan) for i, plan in enumerate(plans)] for lane in race.lanes],
    }


def _frames(race: Standings, lane: Lane, steps: list[int], i: int, plan: Map) -> dict[str, Any]:
    run = lane.runs[i]
    kept = [step for step in steps if step < run.steps] + [run.steps]
    return {
        "at": [round(10 * x) for place in plan.at(run.points[kept]) for x in place],
        "height": [float(f"{h:.3g}") for h in (run.heights[kept] - race.course.surface.least).clip(0).tolist()],
        "last": run.steps,
        "lr": _rate(run.lr),
        "end": ending(run),
    }
