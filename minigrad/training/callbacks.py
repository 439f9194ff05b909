"""What goes along with a training run: stop early, keep the best weights, average them, check gradients, save.

A callback is an object with some of the methods of :class:`Callback`; the Trainer calls them in the order in which
the callbacks were given; an average of the weights comes first, and what writes files last.
"""

import math
import os
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.errors import CheckpointError
from minigrad.nn import Module
from minigrad.nn.files import save
from minigrad.optim import averaging
from minigrad.optim.hyperparameters import check_count
from minigrad.optim.schedules.base import Rate
from minigrad.training.prechecks import gradients_right


class Callback:
    """Base class: every method may be left out."""

    turn = 1
    """Callbacks of a lower turn come first: 0 changes the weights that others see, 2 writes the state of all."""

    def on_start(self, trainer) -> None:
        """Before the first epoch, or the first one after a resume."""

    def on_step(self, trainer, batch) -> None:
        """After each optimizer step on a batch of examples."""

    def on_epoch(self, trainer, record) -> None:
        """After each epoch, with what was measured. ``trainer.stop(reason)`` makes it the last one."""

    def on_signal(self, trainer) -> str | None:
        """When Ctrl-C or SIGTERM ends the run; the path of what was written, if anything."""

    def on_end(self, trainer) -> None:
        """After the last epoch, also one that was the last because of ``trainer.stop``."""

    def in_evaluation(self) -> AbstractContextManager:
        """A ``with`` block around every evaluation: it may exchange the weights."""
        return nullcontext()

    def state_dict(self) -> dict[str, Any]:
        """What must be saved, for a resumed run to equal the uninterrupted one."""
        return {}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from a ``state_dict()``."""
        if saved:
            raise CheckpointError(f"{type(self).__name__} has no state, but the file has {', '.join(saved)}")


def watched_loss(record) -> float:
    """The validation loss of an epoch, or the training loss where there are no validation examples."""
    return (record.validation or record.train).loss


class Best(Callback):
    """Base of the callbacks that look for the best epoch: the one with the smallest ``metric(record)``.

    ``mode="max"`` looks for the largest. NaN is never the best, and of two equal epochs the first one is.
    """

    def __init__(self, metric: Callable[[Any], float] = watched_loss, *, mode: str = "min", threshold: float = 0.0):
        if mode not in ("min", "max"):
            raise ValueError(f"mode must be 'min' or 'max', not {mode!r}")
        self.metric, self.mode, self.threshold = metric, mode, threshold
        self.best, self.epoch = math.inf, 0

    def improved(self, record) -> bool:
        """Whether this epoch is the best so far, by more than ``threshold``; it is remembered if so."""
        value = float(self.metric(record))
        value = value if self.mode == "min" else -value
        if not value < self.best - self.threshold:
            return False
        self.best, self.epoch = value, record.number
        return True

    def state_dict(self):
        return {"best": self.best, "epoch": self.epoch}

    def load_state_dict(self, saved):
        self.best, self.epoch = float(saved["best"]), int(saved["epoch"])


class EarlyStopping(Best):
    """End the run after more than ``patience`` epochs without a better one, and go back to the best weights.

    The best weights are put back whether patience or the last epoch has ended the run, unless ``restore=False``.
    """

    def __init__(self, patience: int = 5, metric=watched_loss, *, mode="min", threshold=0.0, restore: bool = True):
        super().__init__(metric, mode=mode, threshold=threshold)
        check_count("patience", patience, least=0)
        self.patience, self.restore = patience, restore
        self.bad = 0
        self.weights: dict[str, np.ndarray] | None = None

    def on_epoch(self, trainer, record):
        if self.improved(record):
            self.bad = 0
            if self.restore:
                with trainer.evaluation_weights():
                    self.weights = trainer.model.state_dict()
            return
        self.bad += 1
        if self.bad > self.patience:
            trainer.stop(f"no better epoch than {self.epoch} in {self.bad} epochs")

    def on_end(self, trainer):
        if self.weights is not None:
            trainer.model.load_state_dict(self.weights)

    def state_dict(self):
        return super().state_dict() | {"bad": self.bad, "weights": self.weights}

    def load_state_dict(self, saved):
        super().load_state_dict(saved)
        self.bad, self.weights = int(saved["bad"]), saved["weights"]


class BestWeights(Best):
    """Write the weights of the best epoch so far to a safetensors file, which ``nn.files.load`` reads."""

    turn = 2

    def __init__(self, path: str | os.PathLike, metric=watched_loss, *, mode="min", threshold=0.0):
        super().__init__(metric, mode=mode, threshold=threshold)
        self.path = Path(path)

    def on_epoch(self, trainer, record):
        if self.improved(record):
            with trainer.evaluation_weights():
                save(trainer.model, self.path)


class Checkpoint(Callback):
    """Write everything the run needs to go on: after each epoch, each ``every`` steps, and when a signal ends it.

    ``trainer.load(path)`` and the same ``fit`` then go on, bit for bit.
    """

    turn = 2

    def __init__(self, path: str | os.PathLike, *, every: int | None = None):
        if every is not None:
            check_count("every", every)
        self.path, self.every = Path(path), every

    def on_step(self, trainer, batch):
        if self.every and trainer.optimizer.steps % self.every == 0:
            trainer.save(self.path)

    def on_epoch(self, trainer, record):
        trainer.save(self.path)

    def on_signal(self, trainer):
        trainer.save(self.path)
        return str(self.path)


class EMA(Callback):
    """Evaluate, and save as best, not the weights but their exponential moving average over the steps.

    See :class:`minigrad.optim.EMA`. At the end the model has the average.
    """

    turn = 0

    def __init__(self, model: Module, decay: Rate = 0.999):
        self.average = averaging.EMA(model, decay)

    def on_step(self, trainer, batch):
        self.average.update()

    def on_end(self, trainer):
        if self.average.count:
            for p, average in zip(self.average.params, self.average.averages, strict=True):
                p.data = average

    def in_evaluation(self):
        return self.average.applied()

    def state_dict(self):
        return self.average.state_dict()

    def load_state_dict(self, saved):
        self.average.load_state_dict(saved)


class GradientAudit(Callback):
    """Every ``every`` steps, check the gradient of the model on that batch against finite differences, on a copy.

    Warns where it is wrong; ``checks`` has what was found, by step. ``rows`` of the batch are used.
    """

    def __init__(self, every: int = 100, *, rows: int = 16):
        check_count("every", every)
        check_count("rows", rows)
        self.every, self.rows = every, rows
        self.checks: dict[int, Any] = {}

    def on_step(self, trainer, batch):
        step = trainer.optimizer.steps
        if step % self.every:
            return
        few = type(batch)(batch.x[: self.rows], batch.y[: self.rows])
        (check,) = gradients_right(trainer.model, trainer.loss, few)
        self.checks[step] = check
        if not check.passed:
            warnings.warn(f"after step {step}: {check.message}", stacklevel=2)
