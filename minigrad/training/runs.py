"""The folder of a training run, ``runs/NAME``: how it was made, what was measured, and the weights.

==================== ==================================================================================
``config.json``      everything that is needed to build data, preprocessing and model again
``metrics.jsonl``    a line of JSON for each epoch, see :data:`METRICS`
``best.safetensors`` the weights of the best epoch
``last.safetensors`` everything the run needs to go on, bit for bit; see :mod:`minigrad.training.checkpoints`
``snapshots/N``      the weights after N epochs, for some epochs (``.safetensors``), of small models
==================== ==================================================================================

run = Run("runs/moons")
run.history[-1]["validation"]["accuracy"]
model, data = run.model(), run.data()
"""

import json
import os
import re
from contextlib import contextmanager
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from minigrad import nn
from minigrad.data import Dataset
from minigrad.data.preprocessing import Labels, Preprocessing
from minigrad.data.sources import examples_of
from minigrad.errors import CheckpointError, DataError
from minigrad.nn.files import write_atomically
from minigrad.training.checkpoints import load_checkpoint
from minigrad.training.resuming import fingerprint

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None  # type: ignore[assignment]

FORMAT = 1
"""The version of the format that is written; newer ones are refused."""

METRICS = {
    "epoch": "number of the epoch, from 1",
    "step": "optimizer steps taken, in all epochs together",
    "lr": "learning rate of the last step",
    "train": "`loss` (of the data, without penalties) and `accuracy` in [0, 1], null for values, after the epoch",
    "validation": "the same on the examples kept aside, null if there are none",
    "running_loss": "mean data loss of the batches as they were trained on, in training mode",
    "penalty": "what the regularizers add to the data loss, at the end of the epoch",
    "gradient_norm": "norm of all gradients together at the last step, before clipping; null if not finite",
    "gradient_peak": "highest such norm of all steps of the epoch",
    "clipped": "steps of this epoch whose gradients were clipped",
    "updates": "parameter -> `gradient` (its norm) and `ratio` (norm of the last change / norm of the parameter)",
    "units": "activation layer -> `units`, `dead` (0 for every example), `saturated` (share of flat outputs)",
    "seconds": "how long the epoch took, with its evaluation; null where it was not measured",
    "ended": "why this was the last epoch although more were asked for, else empty",
}
"""The keys of a line of ``metrics.jsonl``. More may come; these keep their meaning."""

SECTIONS = {
    "name": str,
    "command": str,
    "options": dict,
    "data": dict,
    "model": dict,
    "versions": dict,
    "checks": list,
}
"""The keys of ``config.json`` that every run has, beside ``format``, and their types."""

LIMIT = 100_000_000
"""The longest ``config.json`` or ``metrics.jsonl`` that is read, in bytes."""


class Run:
    """A run as it lies in its folder. Raises :class:`~minigrad.errors.CheckpointError` where that is no run."""

    def __init__(self, folder: str | os.PathLike):
        self.folder = Path(folder)
        self.config: dict[str, Any] = _config(self.folder / "config.json")

    def __repr__(self):
        return f"Run({str(self.folder)!r})"

    @classmethod
    def create(cls, folder: str | os.PathLike, config: dict[str, Any]) -> "Run":
        """Begin a run: make the folder, and write how it is made. What an earlier one has left there goes away."""
        folder = Path(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name in ("last.safetensors", "best.safetensors", "metrics.jsonl", "report.html"):
                (folder / name).unlink(missing_ok=True)
            for path in folder.glob("snapshots/*.safetensors"):
                path.unlink()
        except (OSError, ValueError) as error:
            raise CheckpointError(f"{folder} cannot be written: {error}") from error
        content = json.dumps({"format": FORMAT} | config, indent=1, allow_nan=False) + "\n"
        write_atomically(folder / "config.json", content.encode())
        return cls(folder)

    @property
    def history(self) -> list[dict[str, Any]]:
        """What ``metrics.jsonl`` holds, a dict for each epoch; a line that is still being written is left out."""
        path = self.folder / "metrics.jsonl"
        if not path.exists():
            return []
        *lines, _ = _read(path).split(b"\n")
        return [_line(path, i, line) for i, line in enumerate(lines, 1)]

    @property
    def finished(self) -> bool:
        """Whether the last epoch is over."""
        rows = self.history
        return bool(rows) and (rows[-1]["epoch"] >= self.config["options"]["epochs"] or bool(rows[-1]["ended"]))

    @cached_property
    def preprocessing(self) -> Preprocessing:
        """What is done to raw columns before the model sees them."""
        try:
            steps = Preprocessing.from_dict(self.config["data"]["preprocessing"])
            inputs, *_, outputs = self.config["model"]["sizes"]
            target = steps.target
            answers = target.labels if isinstance(target, Labels) else target.columns if target else range(outputs)
            if (len(steps.features), len(answers)) != (inputs, outputs):
                raise ValueError(f"{len(steps.features)} features and {len(answers)} answers, the model has others")
            return steps
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise self._malformed("data.preprocessing", error) from error

    def data(self) -> Dataset:
        """The examples that the run was trained on and judged by, in its dtype, read again.

        Raises :class:`~minigrad.errors.DataError` if they are no longer the same.
        """
        try:
            source, dtype, expected = (
                self.config["data"]["source"],
                self.config["model"]["dtype"],
                self.config["data"]["sha256"],
            )
        except KeyError as error:
            raise self._malformed("data", error) from error
        data = examples_of(source).astype(_dtype(dtype))
        if hash_of(data) != expected:
            raise DataError(f"the data of {self.folder} is not what it was: train again, under another name")
        return data

    def model(self, weights: str | int = "best") -> nn.MLP:
        """The model in evaluation mode, with its ``"best"`` or ``"last"`` weights, or those of a snapshot's epoch."""
        path = self.folder / (f"{weights}.safetensors" if isinstance(weights, str) else snapshot_name(weights))
        try:
            size = path.stat().st_size
        except OSError as error:
            begun = weights == "best" and (self.folder / "last.safetensors").exists()
            hint = f"; no epoch is over yet: minigrad resume {self.folder} goes on" if begun else ""
            raise CheckpointError(f"{path} cannot be read: {error}{hint}") from error
        model = self._built(path, size)
        state = load_checkpoint(path)
        try:
            model.load_state_dict(state["model"] if weights == "last" else state)
        except (KeyError, TypeError, AttributeError, CheckpointError) as error:
            raise CheckpointError(f"{path}: {error}") from error
        return model.eval()

    @property
    def snapshots(self) -> list[int]:
        """The epochs after which the weights were kept; 0 is before the first."""
        found = (re.fullmatch(r"(\d+)\.safetensors", path.name) for path in self.folder.glob("snapshots/*"))
        return sorted(int(match[1]) for match in found if match)

    def _built(self, path: Path, size: int) -> nn.MLP:
        """The model with new weights, if a file of this size can hold them."""
        about = dict(self.config["model"])
        try:
            dtype, kind, sizes = _dtype(about.pop("dtype")), about.pop("kind"), about["sizes"]
            if kind != "mlp" or not all(type(width) is int and width > 0 for width in sizes):
                raise ValueError(f"{kind!r:.20} of the sizes {sizes!r:.40} is no model known here")
            self._check_size(sizes, path.name, size)
            return nn.MLP(**about, rng=0).astype(dtype)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise self._malformed("model", error) from error

    def check_weights(self) -> None:
        """Raise CheckpointError where the last weights cannot be of a model as the options want it."""
        try:
            sizes, path = self.config["model"]["sizes"], self.folder / "last.safetensors"
            if list(sizes[1:-1]) != list(self.config["options"]["hidden"]):
                raise ValueError(f"the model has the sizes {sizes!r:.40}, other hidden layers than the options")
            if path.exists():
                self._check_size(sizes, path.name, path.stat().st_size)
        except (TypeError, ValueError, KeyError) as error:
            raise self._malformed("model", error) from error

    @staticmethod
    def _check_size(sizes: list[int], name: str, size: int) -> None:
        count = sum(a * b for a, b in pairwise(sizes))
        if count * 4 > size:
            raise ValueError(f"a model of {count:,} weights is declared, but {name} has {size:,} bytes")

    def _malformed(self, key: str, error: Exception) -> CheckpointError:
        return CheckpointError(f"{self.folder / 'config.json'}, key {key}: {type(error).__name__}: {error}")


@contextmanager
def locked(folder: str | os.PathLike):
    """A ``with`` block in which no other process enters such a block for the same folder, where the system can.

    Raises :class:`~minigrad.errors.CheckpointError` if another one is in it, or the folder does not exist.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{os.fspath(folder)!r:.200} cannot be opened: {error}") from error
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise CheckpointError(f"{os.fspath(folder)} is being written by another process") from error
    finally:
        os.close(descriptor)


def hash_of(data: Dataset) -> str:
    """A fingerprint of all examples: their bytes, shapes and dtypes."""
    return f"{fingerprint(data.train)[:32]}{fingerprint(data.validation)[:32]}"


def snapshot_name(epoch: int) -> str:
    """Where in the folder of a run the weights after an epoch are."""
    return f"snapshots/{epoch:05d}.safetensors"


def _dtype(name: Any) -> str:
    if name not in ("float32", "float64"):
        raise CheckpointError(f"a model is of dtype float32 or float64, not {name!r:.20}")
    return name


def _read(path: Path) -> bytes:
    try:
        with open(path, "rb") as file:
            content = file.read(LIMIT + 1)
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{str(path)!r:.200} cannot be read: {error}") from error
    if len(content) > LIMIT:
        raise CheckpointError(f"{path} is longer than the {LIMIT:,} bytes allowed")
    return content


def _config(path: Path) -> dict[str, Any]:
    content = _read(path)
    try:
        config = json.loads(content, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} is no JSON: {error}") from error
    if not isinstance(config, dict):
        raise CheckpointError(f"{path} holds a {type(config).__name__}, not the description of a run")
    version = config.get("format")
    if type(version) is not int or version < 1:
        raise CheckpointError(f"{path}, key format: {version!r:.40} is no version")
    if version > FORMAT:
        raise CheckpointError(f"{path} was made by a newer version of minigrad: format {version}, this reads {FORMAT}")
    for key, kind in SECTIONS.items():
        if not isinstance(config.get(key), kind):
            raise CheckpointError(f"{path}, key {key}: needed is a {kind.__name__}, got {config.get(key)!r:.40}")
    if type(config["options"].get("epochs")) is not int:
        raise CheckpointError(f"{path}, key options.epochs: got {config['options'].get('epochs')!r:.40}")
    return config


def _line(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}, line {number} is no JSON: {error}") from error
    absent = METRICS.keys() - row.keys() if isinstance(row, dict) else {"epoch"}
    if absent:
        raise CheckpointError(f"{path}, line {number} has no {', '.join(sorted(absent))}")
    if row["epoch"] != number:
        raise CheckpointError(f"{path}, line {number} is of epoch {row['epoch']!r:.40}")
    return row


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
