"""What a model is trained on, and what it is judged by."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from minigrad.data.preprocessing import Labels, Preprocessing, Values
from minigrad.errors import DataError


class Examples(NamedTuple):
    """Inputs `(N, features)` and their targets: integer classes `(N,)`, or real values `(N, outputs)`."""

    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class Dataset:
    """Examples to learn from, and others, kept aside, to judge by."""

    name: str
    train: Examples
    validation: Examples
    classes: int = 0
    """The number of classes; 0 where the targets are real values, to be regressed."""
    note: str = ""
    """What was done to the inputs, in a few words."""
    preprocessing: Preprocessing | None = None
    """The same so that it can be done again, to other inputs; with the names of columns and classes."""
    remarks: tuple[str, ...] = ()
    """What was decided while the data were read, in words, a line each."""

    def __post_init__(self):
        for x, y in (self.train, self.validation):
            if not len(x) or len(x) != len(y):
                raise DataError(
                    f"{self.name} needs one target for each input and at least one, got {len(y)} for {len(x)}"
                )

    @property
    def features(self) -> int:
        """How many numbers an input has."""
        return self.train.x.shape[1]

    @property
    def outputs(self) -> int:
        """How many numbers a model answers with: one for each class, or for each value to be regressed."""
        return self.classes or self.train.y.shape[1]

    def astype(self, dtype) -> "Dataset":
        """The same examples with floating values of this dtype; class numbers stay integers."""

        def converted(part):
            return Examples(part.x.astype(dtype), part.y if self.classes else part.y.astype(dtype))

        return replace(self, train=converted(self.train), validation=converted(self.validation))

    def standardized(self) -> "Dataset":
        """Every feature with mean 0 and standard deviation 1 over the training examples; the others follow suit."""
        mean, std = self.train.x.mean(axis=0), self.train.x.std(axis=0)
        scale = np.where(std > 0, std, 1.0)
        train, validation = (part._replace(x=(part.x - mean) / scale) for part in (self.train, self.validation))
        steps = Preprocessing.numbers(numbered("x", self.features), mean, scale, self._target())
        return replace(
            self, train=train, validation=validation, note="standardized with train mean and std", preprocessing=steps
        )

    def _target(self) -> Labels | Values:
        """Classes by their numbers, values as they are."""
        if self.classes:
            return Labels("label", tuple(map(str, range(self.classes))))
        return Values(numbered("y", self.outputs), (0.0,) * self.outputs, (1.0,) * self.outputs)


def numbered(name: str, count: int) -> tuple[str, ...]:
    """Names for columns that have none.

    >>> numbered("x", 2)
    ('x1', 'x2')
    """
    return tuple(f"{name}{i}" for i in range(1, count + 1))


def split(name: str, x, y, *, validation: float = 0.2, classes: int = 0, rng=None) -> Dataset:
    """A :class:`Dataset` of these examples, a random fraction of them kept aside for validation.

    Raises :class:`~minigrad.errors.DataError` when one of the two parts would be empty.

    >>> split("squares", np.arange(10.0)[:, None], np.arange(10.0)[:, None] ** 2, rng=0).validation.x.ravel()
    array([4., 6.])
    """
    x, y = np.asarray(x), np.asarray(y)
    kept = round(validation * len(x)) if 0 < validation < 1 else 0
    if not 0 < kept < len(x):
        raise DataError(
            f"{name}: validation={validation} of {len(x)} rows leaves one part empty: "
            "write a fraction between 0 and 1 that leaves a row on either side, such as 0.2"
        )
    order = np.random.default_rng(rng).permutation(len(x))
    train, aside = order[kept:], order[:kept]
    return Dataset(name, Examples(x[train], y[train]), Examples(x[aside], y[aside]), classes)
