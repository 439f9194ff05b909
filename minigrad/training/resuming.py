"""The whole state of a Trainer, out and in again: what makes a resumed run equal to the uninterrupted one.

Mid-epoch, the order of the rows is drawn again from the state that ``rng`` had when the epoch began, the batches that
are done are passed over, and then every generator is set to where it was.
"""

import copy
import hashlib
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from typing import Any

import numpy as np

from minigrad.data import Batches, Examples
from minigrad.errors import CheckpointError, DataError
from minigrad.training.callbacks import Callback
from minigrad.training.records import Record, Running

SETTINGS = ("batch_size", "drop_last", "accumulate", "clip_norm", "clip_value")


def state_dict(trainer) -> dict[str, Any]:
    """See :meth:`Trainer.state_dict`."""
    return {
        "kind": "trainer",
        "settings": _settings(trainer),
        "model": trainer.model.state_dict(),
        "optimizer": trainer.optimizer.state_dict(),
        "generators": {name: g.bit_generator.state for name, g in _generators(trainer)},
        "order": copy.deepcopy(trainer.order) if trainer.position else {},
        "epoch": trainer.epoch,
        "position": trainer.position,
        "data": trainer.data,
        "running": asdict(trainer.running) if trainer.position else asdict(Running()),
        "ended": trainer.ended,
        "history": [record.to_dict() for record in trainer.history],
        "callbacks": [{"kind": type(c).__name__, "state": copy.deepcopy(c.state_dict())} for c in _lasting(trainer)],
    }


def restore(trainer, state: dict[str, Any], source: str) -> None:
    """Put the trainer into a saved state; if anything does not fit, it is afterwards as it was before."""
    before = state_dict(trainer)
    try:
        _put(trainer, state)
    except BaseException as error:
        _put(trainer, before)
        if not isinstance(error, Exception):
            raise
        reason = f"{type(error).__name__}: {error}" if not isinstance(error, CheckpointError) else error
        raise CheckpointError(f"{source} does not fit this trainer, which is left as it was: {reason}") from error


def _put(trainer, state: dict[str, Any]) -> None:
    _require(state.get("kind") == "trainer", "it is not the state of a trainer")
    _same("settings", state["settings"], _settings(trainer))
    lasting = _lasting(trainer)
    _same("callbacks", [saved["kind"] for saved in state["callbacks"]], [type(c).__name__ for c in lasting])
    trainer.model.load_state_dict(state["model"])
    trainer.optimizer.load_state_dict(state["optimizer"])
    _put_generators(trainer, state["generators"])
    for callback, saved in zip(lasting, state["callbacks"], strict=True):
        callback.load_state_dict(saved["state"])
    epoch, position = state["epoch"], state["position"]
    _require(all(type(x) is int and x >= 0 for x in (epoch, position)), f"epoch {epoch!r}, position {position!r}")
    trainer.history = [Record.from_dict(saved) for saved in state["history"]]
    _require(len(trainer.history) == epoch, f"it has {len(trainer.history)} records of {epoch} epochs")
    trainer.running = Running.from_dict(state["running"])
    trainer.epoch, trainer.position, trainer.order = epoch, position, state["order"]
    trainer.data, trainer.ended = str(state["data"]), str(state["ended"])


def rest(trainer, batches: Batches) -> Iterator[Examples]:
    """The batches of this epoch that are still to come."""
    if not trainer.position:
        return iter(batches)
    now = {name: g.bit_generator.state for name, g in _generators(trainer)}
    trainer.rng.bit_generator.state = trainer.order
    coming = iter(batches)
    for _ in islice(coming, trainer.position):  # the first of these draws the order
        pass
    _put_generators(trainer, now)
    return coming


def check_data(trainer, examples: Examples) -> None:
    """Raise DataError if an epoch was begun on other examples: the rest of it would be of these."""
    if len(examples.x) != len(examples.y):
        raise DataError(
            f"every input needs a target, but there are {len(examples.x)} inputs and {len(examples.y)} targets"
        )
    found = fingerprint(examples)
    if trainer.position and trainer.data != found:
        raise DataError(
            f"epoch {trainer.epoch + 1} was begun on other data, after step {trainer.optimizer.steps}: go on with the "
            "same examples, in the same order and dtype, or build a new Trainer around the model"
        )
    trainer.data = found


def fingerprint(examples: Examples) -> str:
    """The SHA-256 of the examples: their bytes, shapes and dtypes."""
    digest = hashlib.sha256()
    for array in map(np.ascontiguousarray, examples):
        digest.update(f"{array.dtype} {array.shape} ".encode())
        digest.update(array.data.cast("B") if array.size else b"")
    return digest.hexdigest()


def _lasting(trainer) -> list[Callback]:
    """The callbacks that have a state: others, which only show something, may come and go from one part to the next."""
    return [c for c in trainer.callbacks if type(c).state_dict is not Callback.state_dict]


def _settings(trainer) -> dict[str, Any]:
    return {name: getattr(trainer, name) for name in SETTINGS}


def _generators(trainer) -> list[tuple[str, np.random.Generator]]:
    """Every generator of the run by name: that of the order, and those of the layers."""
    return [("order of rows", trainer.rng), *trainer.model.named_generators()]


def _put_generators(trainer, states: dict[str, Any]) -> None:
    generators = dict(_generators(trainer))
    _same("random generators", sorted(states), sorted(generators))
    for name, generator in generators.items():
        kind = type(generator.bit_generator).__name__
        _require(states[name]["bit_generator"] == kind, f"its generator of {name} is no {kind}")
        generator.bit_generator.state = states[name]


def _same(what: str, saved: Any, here: Any) -> None:
    _require(saved == here, f"its {what} are {saved}, those of this trainer {here}")


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise CheckpointError(otherwise)
