"""What one part of the exam measured, beside what is wanted."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Score:
    """One measured figure: passed or not, with the names of what went wrong."""

    name: str
    measured: str
    wanted: str
    passed: bool
    failures: Sequence[str] = field(default=())

    def to_dict(self) -> dict:
        """In JSON's types."""
        return {**asdict(self), "failures": list(self.failures)}


def share(name: str, total: int, failures: Sequence[str], least: float) -> Score:
    """How many of ``total`` went well, of which at least the share ``least`` must.

    >>> share("traps not accused", 4, ["T01"], 1.0).measured
    '3 of 4'
    """
    good = total - len(failures)
    return Score(name, f"{good} of {total}", _percent(least), total > 0 and good >= least * total, tuple(failures))


def counted(name: str, good: int, total: int, least: float) -> Score:
    """The same, where what went wrong has no names."""
    return Score(name, f"{good} of {total}", _percent(least), total > 0 and good >= least * total)


def at_most(name: str, value: float, most: float) -> Score:
    """A cost that has a limit."""
    return Score(name, f"{value:.4g}", f"at most {most:g}", value <= most)


def _percent(least: float) -> str:
    return "all" if least == 1 else f"at least {100 * least:.6g} %"
