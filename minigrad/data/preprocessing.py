"""From the columns of a table to the inputs of a model, and from its outputs back to answers; saved with the model.

>>> table = Table({"size": np.array([1.0, 3.0, np.nan]), "color": Texts.of(["red", "blue", "red"])}, rows=3)
>>> steps = Preprocessing((Number("size", mean=2.0, std=1.0, fill=2.0), Category("color", ("blue", "red"))))
>>> steps.features
('size', 'color=blue', 'color=red')
>>> steps.inputs_of(table)
array([[-1.,  0.,  1.],
       [ 1.,  1.,  0.],
       [ 0.,  0.,  1.]])
>>> Preprocessing.from_dict(steps.to_dict()) == steps
True
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import numpy as np

from minigrad.errors import DataError

MISSING = "(missing)"
OTHER = "(other)"


class Texts(NamedTuple):
    """A column of text, each different one stored once; an empty text is a missing one."""

    codes: np.ndarray
    levels: tuple[str, ...]

    @classmethod
    def of(cls, cells: Sequence[str]) -> "Texts":
        """The texts in these cells."""
        known = {text: i for i, text in enumerate(dict.fromkeys(cells))}
        return cls(np.array([known[text] for text in cells], dtype=np.int32), tuple(known))

    def coded(self, wanted: Sequence[str]) -> np.ndarray:
        """For each cell its place among the wanted texts, -1 where it is none of them."""
        places = {text: i for i, text in enumerate(wanted)}
        return np.array([places.get(text, -1) for text in self.levels] or [-1])[self.codes]


@dataclass(frozen=True)
class Table:
    """Columns by name: floating numbers, NaN where missing, or :class:`Texts`."""

    columns: dict[str, Any]
    rows: int


@dataclass(frozen=True)
class Number:
    """A column of numbers: what is missing is filled in, then ``(x - mean) / std``."""

    column: str
    mean: float = 0.0
    std: float = 1.0
    fill: float = 0.0
    """Stands for a missing value, in the units of the column."""
    indicator: bool = False
    """Whether another feature says 1 where the value was missing."""

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the features made of this column."""
        return (self.column, f"{self.column}={MISSING}")[: 1 + self.indicator]

    def encoded(self, values: np.ndarray) -> list[np.ndarray]:
        """A feature, and another one for the missing values if they were many."""
        missing = np.isnan(values)
        scaled = (np.where(missing, self.fill, values) - self.mean) / self.std
        return [scaled, missing.astype(float)][: 1 + self.indicator]


@dataclass(frozen=True)
class Category:
    """A column of texts: a feature for each known one, 1 where it stands and 0 elsewhere (one-hot)."""

    column: str
    levels: tuple[str, ...]
    other: bool = False
    """Whether a last feature stands for all other texts; otherwise they are 0 everywhere."""

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the features made of this column."""
        return tuple(f"{self.column}={level or MISSING}" for level in (*self.levels, *[OTHER] * self.other))

    def encoded(self, texts: Texts) -> list[np.ndarray]:
        """One feature for each level."""
        codes = texts.coded(self.levels)
        codes = np.where(codes < 0, len(self.levels), codes) if self.other else codes
        return [(codes == i).astype(float) for i in range(len(self.levels) + self.other)]


@dataclass(frozen=True)
class Labels:
    """A target of classes: the model has an output for each, the logit of its probability."""

    column: str
    labels: tuple[str, ...]

    def targets_of(self, texts: Texts) -> np.ndarray:
        """The number of each class. Raises DataError for a label that is not known."""
        codes = texts.coded(self.labels)
        if (codes < 0).any():
            row = int(np.argmax(codes < 0))
            label = texts.levels[texts.codes[row]]
            known = ", ".join(self.labels[:10])
            raise DataError(f"row {row + 1} of {self.column!r} has the label {label[:40]!r}; known are {known}")
        return codes.astype(np.int64)

    def probabilities(self, outputs: np.ndarray) -> np.ndarray:
        """`(N, classes)`, from the logits."""
        powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def answers(self, outputs: np.ndarray) -> list[str]:
        """The label of the largest output of each row."""
        return [self.labels[i] for i in outputs.argmax(axis=1)]


@dataclass(frozen=True)
class Values:
    """A target of numbers, a column for each output: the model learns ``(y - mean) / std``."""

    columns: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def targets_of(self, values: np.ndarray) -> np.ndarray:
        """`(N, outputs)` as the model learns them, from `(N, outputs)` in their own units."""
        return (values - np.array(self.mean)) / np.array(self.std)

    def answers(self, outputs: np.ndarray) -> np.ndarray:
        """`(N, outputs)` in the units of the columns."""
        return outputs * np.array(self.std) + np.array(self.mean)


@dataclass(frozen=True)
class Preprocessing:
    """What was done to each column; everything is known from the training rows alone."""

    inputs: tuple[Number | Category, ...]
    target: Labels | Values | None = None
    left_out: dict[str, str] = field(default_factory=dict)
    """Columns that are no inputs, and why."""

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the inputs of the model, in order."""
        return tuple(name for column in self.inputs for name in column.features)

    def inputs_of(self, table: Table) -> np.ndarray:
        """`(N, features)`. Raises :class:`~minigrad.errors.DataError` if a column is not there."""
        absent = [column.column for column in self.inputs if column.column not in table.columns]
        if absent:
            raise DataError(f"columns that the model needs are not there: {', '.join(absent)}")
        x = np.empty((table.rows, len(self.features)))
        parts = (part for column in self.inputs for part in column.encoded(table.columns[column.column]))
        for i, part in enumerate(parts):
            x[:, i] = part
        return x

    def scaled(self, raw: np.ndarray) -> np.ndarray:
        """`(N, features)` from raw numbers `(N, features)`, where every column is one of numbers."""
        return self.inputs_of(Table(dict(zip((c.column for c in self.inputs), raw.T, strict=True)), len(raw)))

    def to_dict(self) -> dict[str, Any]:
        """All of it in JSON's types."""
        return {
            "inputs": [{"kind": type(column).__name__.lower()} | asdict(column) for column in self.inputs],
            "target": self.target and {"kind": type(self.target).__name__.lower()} | asdict(self.target),
            "left_out": dict(self.left_out),
        }

    @classmethod
    def from_dict(cls, saved: dict[str, Any]) -> "Preprocessing":
        """The inverse of :meth:`to_dict`, also after JSON. Raises TypeError, ValueError or KeyError if it is none."""
        inputs = tuple(_rebuilt(column, Number, Category) for column in saved["inputs"])
        target = saved["target"] and _rebuilt(saved["target"], Labels, Values)
        return cls(inputs, target, {str(name): str(why) for name, why in saved["left_out"].items()})

    @classmethod
    def numbers(cls, names: Sequence[str], mean, std, target: Labels | Values | None = None) -> "Preprocessing":
        """For columns of numbers without gaps."""
        rows = zip(names, np.asarray(mean, dtype=float).tolist(), np.asarray(std, dtype=float).tolist(), strict=True)
        return cls(tuple(Number(name, m, s, m) for name, m, s in rows), target)


def _rebuilt(saved: dict[str, Any], *kinds: type) -> Any:
    kind = next((kind for kind in kinds if kind.__name__.lower() == saved["kind"]), None)
    if kind is None:
        raise ValueError(f"{saved['kind']!r} is no kind of column")
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in saved.items()}
    del values["kind"]
    made = kind(**values)
    for name, value in values.items():
        expected = kind.__annotations__[name]
        parts = value if isinstance(value, tuple) else (value,)
        wanted = next(t for t in (bool, float, str) if t.__name__ in str(expected))
        allowed = (int, float) if wanted is float else (wanted,)
        if isinstance(value, tuple) != ("tuple" in str(expected)) or not all(type(part) in allowed for part in parts):
            raise TypeError(f"{name} of a {saved['kind']} is {value!r:.40}")
        if wanted is float and not all(math.isfinite(part) and (part > 0 or name != "std") for part in parts):
            raise ValueError(f"{name} of a {saved['kind']} is {value!r:.40}")
    return made
