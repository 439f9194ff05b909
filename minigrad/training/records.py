"""What is measured in a training run: one record an epoch."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from minigrad.training.health import Units, Update
from minigrad.training.loop import Scores


def judged(epoch: "Record | dict[str, Any]") -> Scores:
    """What an epoch, as a record or as a line of ``metrics.jsonl``, is judged by: the examples kept aside, if any."""
    if isinstance(epoch, Record):
        return epoch.validation or epoch.train
    return Scores(**(epoch.get("validation") or epoch["train"]))


def best_of(epochs: Sequence[Any]) -> Any:
    """The best of these epochs, and of equals the first: the most right answers, and of as many the lowest loss.

    Where there are no classes the loss alone decides.
    """
    return min(epochs, key=lambda epoch: judged(epoch).rank)


@dataclass
class Running:
    """What adds up, or was last seen, within an epoch."""

    loss: float = 0.0
    """The data loss of each batch times its rows, added up: without penalties."""
    rows: int = 0
    gradient_norm: float = 0.0
    gradient_peak: float = 0.0
    clipped: int = 0
    updates: dict[str, Update] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, saved: dict[str, Any]) -> "Running":
        """The inverse of ``dataclasses.asdict``, also after JSON."""
        return cls(**saved | {"updates": {name: Update(*values) for name, values in saved["updates"].items()}})


@dataclass(frozen=True)
class Record:
    """One epoch: what was done, and how good the model is after it."""

    number: int
    step: int
    """How many optimizer steps have been taken, in all epochs together."""
    lr: float
    """The learning rate of the last step."""
    train: Scores
    validation: Scores | None
    running_loss: float
    """The mean data loss of the batches as they were trained on: in training mode, and without penalties."""
    penalty: float
    """What the regularizers add to the data loss, at the end of the epoch."""
    gradient_norm: float
    """The norm of all gradients together at the last step, before clipping."""
    clipped: int
    """How many steps had their gradients clipped."""
    updates: dict[str, Update]
    """What the last step did to each parameter."""
    units: dict[str, Units]
    """Dead and saturated units of each activation layer, over training examples."""
    gradient_peak: float = 0.0
    """The highest such norm of all steps of the epoch."""

    def to_dict(self) -> dict[str, Any]:
        """All of it in JSON's types."""
        parts = {
            name: scores and scores._asdict()
            for name, scores in (("train", self.train), ("validation", self.validation))
        }
        layers = {
            name: {key: value._asdict() for key, value in getattr(self, name).items()} for name in ("updates", "units")
        }
        return asdict(self) | parts | layers

    @classmethod
    def from_dict(cls, saved: dict[str, Any]) -> "Record":
        """The inverse of :meth:`to_dict`."""
        scores = {name: saved[name] and Scores(**saved[name]) for name in ("train", "validation")}
        layers = {
            name: {key: kind(**value) for key, value in saved[name].items()}
            for name, kind in (("updates", Update), ("units", Units))
        }
        return cls(**saved | scores | layers)
