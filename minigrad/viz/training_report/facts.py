"""All that a report tells of a run: what was asked for, what was measured, and the model at several epochs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np

from minigrad import nn
from minigrad.data import Dataset, Examples
from minigrad.engine import Tensor
from minigrad.errors import MinigradError
from minigrad.modes import no_grad
from minigrad.nn import Module
from minigrad.training.runs import Run

SEEN = 1000
"""Activations are shown over so many training examples."""


@dataclass(frozen=True)
class Facts:
    """One run, ready to be shown."""

    config: dict[str, Any]
    history: list[dict[str, Any]]
    """A line of ``metrics.jsonl`` for each epoch; at least one."""
    model: nn.MLP
    """With the weights of the best epoch."""
    snapshots: Mapping[int, Callable[[], nn.MLP]] = field(default_factory=dict)
    """For some epochs what gives the model after them; 0 is before the first step."""
    data: Dataset | None = None
    """The examples; None where they can no longer be had."""
    missing: str = ""
    """Why there are no examples."""
    schedule: Callable[[int], float] | None = None
    """The learning rate as a function of the step, if it is known beforehand."""

    @property
    def name(self) -> str:
        return str(self.config.get("name") or "run")

    @property
    def classes(self) -> int:
        """The number of classes; 0 where values are predicted."""
        return int(self.config["data"].get("classes") or 0)

    @property
    def labels(self) -> list[str]:
        """The names of the classes, or of the values."""
        target = getattr(self.data and self.data.preprocessing, "target", None)
        names = getattr(target, "labels", None) or getattr(target, "columns", None)
        return [str(name) for name in names] if names else [str(i) for i in range(self.classes or 1)]

    @property
    def features(self) -> list[str]:
        """The names of the inputs."""
        steps = self.data and self.data.preprocessing
        count = self.model.sizes[0]
        return [str(name) for name in steps.features] if steps else [f"x{i + 1}" for i in range(count)]

    @property
    def judged(self) -> str:
        """The part that the model is judged by."""
        return "validation" if self.history[-1].get("validation") else "train"

    @cached_property
    def best(self) -> dict[str, Any]:
        """The line of the epoch with the lowest loss on what it is judged by."""
        return min(self.history, key=lambda row: row[self.judged]["loss"])

    @property
    def options(self) -> dict[str, Any]:
        return self.config.get("options") or {}

    def column(self, *keys: str) -> list[Any]:
        """One measurement through all epochs; None where it was not taken.

        ``column("train", "loss")`` is the training loss.
        """
        found = []
        for row in self.history:
            value: Any = row
            for key in keys:
                value = value.get(key) if isinstance(value, dict) else None
            found.append(value)
        return found

    def judging(self) -> Examples | None:
        """The examples that the model is judged by."""
        return getattr(self.data, self.judged) if self.data else None

    @cached_property
    def untrained(self) -> nn.MLP | None:
        """The model before the first step, if it was kept."""
        return self.snapshots[0]() if 0 in self.snapshots else None

    @cached_property
    def outputs(self) -> np.ndarray | None:
        """What the best model answers to the examples that it is judged by, `(N, outputs)`."""
        examples = self.judging()
        return None if examples is None else outputs_of(self.model, examples.x)


def facts_of(run: Run, *, data: Dataset | None = None, schedule: Callable[[int], float] | None = None) -> Facts:
    """The facts of a run in its folder; its ``data`` is read again if it is not given.

    Raises :class:`~minigrad.errors.MinigradError` if not even one epoch is over.
    """
    history = run.history
    if not history:
        raise MinigradError(f"{run.folder} has no finished epoch yet: there is nothing to report")
    missing = ""
    if data is None:
        try:
            data = run.data()
        except MinigradError as error:
            missing = str(error)
    snapshots = {epoch: partial(run.model, epoch) for epoch in run.snapshots}
    return Facts(run.config, history, run.model("best"), snapshots, data, missing, schedule)


def outputs_of(model: Module, x: np.ndarray) -> np.ndarray:
    """What a model answers, without its tape."""
    with model.evaluating(), no_grad(), np.errstate(all="ignore"):
        return np.asarray(model(Tensor(x)).data, dtype=float)


def probabilities(outputs: np.ndarray) -> np.ndarray:
    """Softmax over the last axis.

    >>> probabilities(np.array([[0.0, 0.0]]))
    array([[0.5, 0.5]])
    """
    powers = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
