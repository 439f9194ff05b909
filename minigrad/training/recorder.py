"""What a run writes into its folder while it trains: measurements, the best weights, and the state to go on from."""

import json
import math
import time
from typing import Any

import numpy as np

from minigrad.errors import CheckpointError
from minigrad.nn.files import remove_leftovers, write_atomically
from minigrad.training.callbacks import Callback
from minigrad.training.checkpoints import packed
from minigrad.training.records import best_of
from minigrad.training.runs import METRICS, Run, snapshot_name

SMALL = 1_000_000
"""Up to so many weights, some snapshots are kept."""


class Recorder(Callback):
    """Writes ``run`` while it trains for ``epochs`` epochs: a line of metrics after each, and at least every
    ``every`` seconds, when a signal comes and at the end, the best weights and all that is needed to go on.
    """

    turn = 2

    def __init__(self, run: Run, *, epochs: int, every: float = 10.0):
        self.run, self.epochs, self.every = run, epochs, every
        self.weights: dict[str, np.ndarray] = {}
        self.epoch = 0
        """The best epoch, whose weights these are."""
        self._written = 0
        """The epoch of the weights in ``best.safetensors``."""
        self._saved = self._began = time.monotonic()

    def on_start(self, trainer):
        folder = self.run.folder
        for place in (folder, folder / "snapshots"):
            place.mkdir(exist_ok=True)
            remove_leftovers(place)
        measured = {row["epoch"]: row["seconds"] for row in self.run.history}
        lines = [line(record.to_dict(), measured.get(record.number), "") for record in trainer.history]
        write_atomically(folder / "metrics.jsonl", "".join(lines).encode())
        self._saved = self._began = time.monotonic()
        if not trainer.optimizer.steps:
            self._snapshot(trainer, 0)

    def on_step(self, trainer, batch):
        if time.monotonic() - self._saved >= self.every:
            self._save(trainer)

    def on_epoch(self, trainer, record):
        now = time.monotonic()
        content = line(record.to_dict(), now - self._began, trainer.ended)
        try:
            with open(self.run.folder / "metrics.jsonl", "a", encoding="utf-8") as file:
                file.write(content)
        except OSError as error:
            raise CheckpointError(f"{self.run.folder / 'metrics.jsonl'} cannot be written: {error}") from error
        self._began = now
        if best_of(trainer.history) is record:
            with trainer.evaluation_weights():
                self.epoch, self.weights = record.number, trainer.model.state_dict()
        if record.number in kept(self.epochs):
            self._snapshot(trainer, record.number)
        if now - self._saved >= self.every or record.number >= self.epochs or trainer.ended:
            self._save(trainer)

    def on_signal(self, trainer):
        self._save(trainer)
        return str(self.run.folder)

    def state_dict(self):
        return {"epoch": self.epoch, "weights": self.weights}

    def load_state_dict(self, saved):
        self.epoch, self.weights, self._written = int(saved["epoch"]), saved["weights"], 0

    def _save(self, trainer) -> None:
        """The best weights first: those that the state speaks of are then on the disk."""
        if self.weights and self._written != self.epoch:
            write_atomically(self.run.folder / "best.safetensors", packed(self.weights))
            self._written = self.epoch
        trainer.save(self.run.folder / "last.safetensors")
        self._saved = time.monotonic()

    def _snapshot(self, trainer, epoch: int) -> None:
        """Not flushed to disk: one that is lost with its epoch is written again with it."""
        if sum(p.size for p in trainer.model.parameters()) <= SMALL:
            with trainer.evaluation_weights():
                content = packed(trainer.model.state_dict())
            write_atomically(self.run.folder / snapshot_name(epoch), content, flush=False)


def kept(epochs: int) -> set[int]:
    """The epochs after which the weights are kept, ever farther apart.

    >>> sorted(kept(100))
    [0, 1, 2, 5, 10, 20, 35, 50, 75, 100]
    """
    return {0, 1, epochs} | {round(epochs * share) for share in (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75)}


def line(measured: dict[str, Any], seconds: float | None, ended: str) -> str:
    """A line of ``metrics.jsonl``, of what a record holds."""
    row = {"epoch": measured["number"]} | measured | {"seconds": seconds and round(seconds, 6), "ended": ended}
    return json.dumps({key: finite(row[key]) for key in METRICS}, separators=(",", ":"), allow_nan=False) + "\n"


def finite(value: Any) -> Any:
    """The value with None where a number is NaN or infinite: JSON has neither."""
    if isinstance(value, dict):
        return {key: finite(part) for key, part in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
