"""A chart that is done: the picture, a sentence that says what it shows, and its data as a table."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from minigrad.viz.charts.style import RULES, colours
from minigrad.viz.page import table
from minigrad.viz.text import printable

MOST_ROWS = 40
"""A table has so many rows at most: of more, evenly chosen ones are shown."""


@dataclass(frozen=True)
class Chart:
    """A picture of ``width`` by ``height`` points; ``head`` and ``rows`` are its table."""

    title: str
    summary: str
    """What is to be seen, in a sentence or two, as plain text."""
    width: int
    height: int
    body: str
    """What stands inside the svg element."""
    head: tuple[str, ...]
    rows: tuple[tuple, ...]
    plot: tuple[str, tuple[float, ...]] | None = None
    """For scripts: what a linear x axis shows, and (left, top, width, height, lowest x, highest x) of the plot area."""

    @property
    def svg(self) -> str:
        """The picture, for a page whose style includes :data:`~minigrad.viz.charts.CSS`."""
        return self._svg("")

    def standalone(self) -> str:
        """The picture as a file of its own: its colours are inside, and follow the reader's light or dark screen."""
        light, dark = colours()
        style = f"<style>svg{{{light}}}@media(prefers-color-scheme:dark){{svg{{{dark}}}}}{RULES}</style>"
        return self._svg(f'{style}<rect width="100%" height="100%" class="z"/>', ' xmlns="http://www.w3.org/2000/svg"')

    def _svg(self, before: str, space: str = "") -> str:
        size = f'viewBox="0 0 {self.width} {self.height}" width="{self.width}" height="{self.height}"'
        label = escape(printable(self.summary, 1000))
        if self.plot:
            axis, numbers = self.plot
            size += f' data-x="{escape(printable(axis))}" data-plot="{" ".join(f"{v:.6g}" for v in numbers)}"'
        return f'<svg{space} class="plot" {size} role="img" aria-label="{label}">{before}{self.body}</svg>'

    def table(self) -> str:
        """The same data as an HTML table; of many rows, evenly chosen ones."""
        rows, caption = chosen(self.rows), self.title
        if len(rows) < len(self.rows):
            caption += f" ({len(rows)} of {len(self.rows):,} rows)"
        return table(self.head, [[cell_text(cell) for cell in row] for row in rows], printable(caption, 120))

    def figure(self, note: str = "") -> str:
        """Title, picture, an optional ``note`` in plain text, and the table, folded."""
        title = escape(printable(self.title, 120))
        words = f'<p class="faint">{escape(note)}</p>' if note else ""
        return (
            f'<figure class="chart"><figcaption>{title}</figcaption>{self.svg}{words}'
            f'<details class="twin"><summary>{title}: the numbers</summary>{self.table()}</details></figure>'
        )


def chosen(rows: Sequence, most: int = MOST_ROWS) -> list:
    """All rows or, of more than ``most``, evenly chosen ones with the first and the last.

    >>> chosen(range(10), 4)
    [0, 3, 6, 9]
    """
    if len(rows) <= most:
        return list(rows)
    return [rows[round(i * (len(rows) - 1) / (most - 1))] for i in range(most)]


def cell_text(value: Any) -> str:
    """What stands in a cell: numbers in four digits.

    >>> cell_text(0.123456), cell_text(12345), cell_text(None)
    ('0.1235', '12,345', '–')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
