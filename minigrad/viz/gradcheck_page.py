"""The page of a gradient check."""

from typing import NamedTuple

from minigrad.gradcheck.report import Report
from minigrad.viz.page import page, table


class Shown(NamedTuple):
    """What was checked, how to do it again, the lines that draw the inputs, and what was found."""

    title: str
    command: str
    code: list[str]
    reports: list[Report]


def gradcheck_page(shown: Shown) -> str:
    """The text of an HTML file."""
    return page(shown.title, "".join(table(*r.table()[:1], r.table()[1:]) for r in shown.reports))
