"""The race as an animated GIF. It is drawn by matplotlib, which is optional: ``pip install "minigrad[plot]"``."""

import os

import numpy as np

from minigrad.errors import DrawingError
from minigrad.viz.charts import even_levels
from minigrad.viz.race.picture import frames
from minigrad.viz.race.standings import Standings
from minigrad.viz.race.surfaces import turned
from minigrad.viz.text import printable

INSTALL = 'a GIF is drawn by matplotlib, which is not installed: pip install "minigrad[plot]"'
MOST_FRAMES = 80
MARKERS = "os^DXPv*<"


def film(race: Standings, path: str | os.PathLike, *, seconds: float = 8.0) -> None:
    """Write the race at the rotation that is shown, about so many seconds long.

    Raises DrawingError without matplotlib, or for a file that cannot be written.
    """
    try:
        from matplotlib.animation import PillowWriter
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise DrawingError(INSTALL) from error
    runs = [lane.runs[race.place] for lane in race.lanes]
    steps = _chosen(frames(max(run.steps for run in runs)))
    figure = Figure(figsize=(6, 6.4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(aspect="equal")
    _ground(axes, race)
    lines = [
        axes.plot([], [], lw=1.5, marker=MARKERS[i % len(MARKERS)], markevery=[-1], label=printable(run.entrant.name))[
            0
        ]
        for i, run in enumerate(runs)
    ]
    axes.legend(loc="upper right", fontsize="small", framealpha=0.9)
    writer = PillowWriter(fps=max(1, round(len(steps) / seconds)))
    try:
        with writer.saving(figure, os.fspath(path), dpi=90):
            for step in steps:
                for line, run in zip(lines, runs):
                    line.set_data(*run.points[: step + 1].T)
                axes.set_title(f"{race.course.surface.name} at {race.shown:g}°, step {step}")
                writer.grab_frame()
    except OSError as error:
        raise DrawingError(f"{os.fspath(path)} cannot be written: {error}") from error


def _ground(axes, race: Standings) -> None:
    """The contours, the minima and the start."""
    surface = race.course.surface
    middle, reach = turned(surface.center, race.shown), surface.reach
    xs, ys = (np.linspace(m - reach, m + reach, 121) for m in middle)
    heights = surface(np.stack(np.meshgrid(xs, ys), axis=-1), race.shown)
    axes.contourf(
        xs, ys, heights, levels=[heights.min(), *even_levels(heights, 10), heights.max()], cmap="Greys", alpha=0.6
    )
    for minimum in surface.minima:
        axes.plot(*turned(minimum, race.shown), marker="+", color="black", ms=12)
    axes.plot(*turned(race.course.start, race.shown), marker="o", color="black", ms=10, fillstyle="none")
    axes.set(xlim=(xs[0], xs[-1]), ylim=(ys[0], ys[-1]), xlabel="x", ylabel="y")


def _chosen(steps: list[int]) -> list[int]:
    """At most so many of the steps, the first and the last among them."""
    if len(steps) <= MOST_FRAMES:
        return steps
    return [steps[round(i * (len(steps) - 1) / (MOST_FRAMES - 1))] for i in range(MOST_FRAMES)]
