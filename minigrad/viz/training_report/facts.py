"""All that a report tells of a run: what was asked for, what was measured, and the model at several epochs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from platform import python_version
from typing import Any

import numpy as np

import minigrad
from minigrad.data import Dataset, Examples
from minigrad.engine import Tensor
from minigrad.errors import MinigradError
from minigrad.modes import no_grad
from minigrad.nn import Module
from minigrad.training import Trainer
from minigrad.training.records import best_of
from minigrad.training.runs import Run, hash_of

SEEN = 1000
"""Activations are shown over so many training examples."""


@dataclass(frozen=True)
class Facts:
    """One run, ready to be shown."""

    config: dict[str, Any]
    history: list[dict[str, Any]]
    """A line of ``metrics.jsonl`` for each epoch; at least one."""
    model: Module
    """With the weights of its best epoch, or those of another ``moment``."""
    snapshots: Mapping[int, Callable[[], Module]] = field(default_factory=dict)
    """For some epochs what gives the model after them; 0 is before the first step."""
    data: Dataset | None = None
    """The examples; None where they can no longer be had."""
    missing: str = ""
    """Why there are no examples."""
    schedule: Callable[[int], float] | None = None
    """The learning rate as a function of the step, if it is known beforehand."""
    moment: str = "best epoch"
    """When the model had its weights."""

    @property
    def name(self) -> str:
        """What the run is called."""
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
        count = self.classes or (self.data.outputs if self.data else 1)
        return [str(name) for name in names] if names else [str(i) for i in range(count)]

    @property
    def features(self) -> list[str]:
        """The names of the inputs."""
        steps = self.data and self.data.preprocessing
        count = self.data.features if self.data else 0
        return [str(name) for name in steps.features] if steps else [f"x{i + 1}" for i in range(count)]

    @property
    def judged(self) -> str:
        """The part that the model is judged by."""
        return "validation" if self.history[-1].get("validation") else "train"

    @cached_property
    def best(self) -> dict[str, Any]:
        """The line of the best epoch."""
        return best_of(self.history)

    @property
    def options(self) -> dict[str, Any]:
        """What was asked for on the command line."""
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
    def untrained(self) -> Module | None:
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


def facts_of_trainer(trainer: Trainer, data: Dataset, *, name: str = "", command: str = "") -> Facts:
    """The facts of a training that was written in Python, with the weights that the model has now.

    >>> from minigrad import nn, optim
    >>> from minigrad.data import load
    >>> model = nn.MLP([2, 32, 2], rng=0)
    >>> trainer = Trainer(model, nn.cross_entropy, optim.Adam(model, 0.01), rng=0)
    >>> moons = load("moons", rng=0)
    >>> records = trainer.fit(moons, epochs=2)
    >>> facts = facts_of_trainer(trainer, moons)
    >>> facts.name, facts.judged, len(facts.history)
    ('moons', 'validation', 2)
    """
    if not trainer.history:
        raise MinigradError("the trainer has not finished an epoch yet: there is nothing to report")
    rows = [record.to_dict() | {"epoch": record.number, "seconds": None, "ended": ""} for record in trainer.history]
    rows[-1]["ended"] = trainer.ended
    config = {
        "name": name or data.name,
        "command": command,
        "options": {"clip_norm": trainer.clip_norm},
        "data": {"train": len(data.train.x), "validation": len(data.validation.x), "classes": data.classes}
        | {"sha256": hash_of(data), "note": data.note},
        "model": {"kind": str(trainer.model).partition("\n")[0]},
        "parameters": sum(p.size for p in trainer.model.parameters()),
        "optimizer": repr(trainer.optimizer),
        "checks": [check._asdict() for check in trainer.checks],
        "versions": {"minigrad": minigrad.__version__, "numpy": np.__version__, "python": python_version()},
    }
    rate = trainer.optimizer.param_groups[0]["lr"]
    return Facts(config, rows, trainer.model, data=data, schedule=rate if callable(rate) else None, moment="now")


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
