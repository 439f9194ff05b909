"""Whether two settings differ by more than their seeds do, from runs that differ in the seed alone."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from minigrad.errors import MinigradError
from minigrad.training.records import best_of
from minigrad.training.runs import Run

T = (
    12.7,
    4.30,
    3.18,
    2.78,
    2.57,
    2.45,
    2.36,
    2.31,
    2.26,
    2.23,
    2.20,
    2.18,
    2.16,
    2.14,
    2.13,
    2.12,
    2.11,
    2.10,
    2.09,
    2.09,
)
"""The 97.5 % quantile of Student's t for 1, 2, ... degrees of freedom."""

ASIDE = ("seed", "out", "name")
"""Options that do not make a setting another one."""

METRICS = {
    "validation accuracy": ("validation", "accuracy"),
    "validation loss": ("validation", "loss"),
    "training loss": ("train", "loss"),
}


@dataclass(frozen=True)
class Setting:
    """Runs with the same options but for their seeds."""

    name: str
    histories: tuple[list[dict[str, Any]], ...]

    def values(self, metric: str) -> list[float]:
        """One number a run: the measurement at its best epoch."""
        found = [best_of(history)[METRICS[metric][0]] for history in self.histories]
        numbers = [part and part.get(METRICS[metric][1]) for part in found]
        return [float(v) for v in numbers if v is not None]


@dataclass(frozen=True)
class Difference:
    """How far two settings are apart in one measurement, and how far their seeds alone would set them apart."""

    difference: float
    bound: float | None
    """Only in 5 of 100 comparisons would seeds alone make a larger difference; None if no seed was repeated."""

    def __str__(self):
        if self.bound is None:
            return "unknown: no setting was trained with two seeds"
        return "yes" if abs(self.difference) > self.bound else "no: seeds alone differ as much"


def difference(a: Sequence[float], b: Sequence[float]) -> Difference:
    """Compare two samples, one number a seed (Welch 1947).

    Where only one has several seeds, its spread is taken for both.

    >>> str(difference([0.95, 0.96, 0.94], [0.80, 0.81, 0.79])), str(difference([0.95, 0.96], [0.95, 0.93]))
    ('yes', 'no: seeds alone differ as much')
    """
    apart = fmean(b) - fmean(a)
    spreads = [stdev(values) if len(values) > 1 else None for values in (a, b)]
    if spreads == [None, None]:
        return Difference(apart, None)
    known = next(s for s in spreads if s is not None)
    parts = [(known if s is None else s) ** 2 / len(values) for s, values in zip(spreads, (a, b))]
    squares = [(p**2 / (len(v) - 1)) for p, v in zip(parts, (a, b)) if len(v) > 1]
    freedom = sum(parts) ** 2 / sum(squares) if sum(squares) else 1.0
    if None in spreads:
        freedom = max(len(a), len(b)) - 1
    quantile = T[max(0, min(len(T), math.floor(freedom)) - 1)]
    return Difference(apart, quantile * math.sqrt(sum(parts)))


def setting_of(run: Run, label: str, others: Iterable[Run] = ()) -> Setting:
    """A run, and those of the ``others`` that differ from it in the seed alone."""
    histories, seeds = [run.history], {_seed(run)}
    for other in others:
        if key_of(other) == key_of(run) and _seed(other) not in seeds and other.finished:
            histories.append(other.history)
            seeds.add(_seed(other))
    return Setting(label, tuple(histories))


def neighbours(run: Run) -> list[Run]:
    """The other runs in the folder that a run lies in."""
    found = []
    for path in sorted(run.folder.resolve().parent.glob("*/config.json")):
        try:
            found.append(Run(path.parent))
        except MinigradError:
            continue
    return found


def key_of(run: Run) -> str:
    """The options of a run but for those that do not make it another setting."""
    kept = {name: value for name, value in run.config["options"].items() if name not in ASIDE}
    return json.dumps(kept, sort_keys=True, default=str)


def _seed(run: Run) -> Any:
    return str(run.config["options"].get("seed"))
