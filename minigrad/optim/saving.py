"""The state dict of an optimizer: plain numbers, text and arrays, copied on the way out and on the way in."""

import copy
import warnings
from types import SimpleNamespace
from typing import Any

import numpy as np

from minigrad.errors import CheckpointError
from minigrad.optim.hyperparameters import check, text

FORMAT = 1


def state_dict(opt) -> dict[str, Any]:
    """See :meth:`Optimizer.state_dict`."""
    numbers = {p: i for i, p in enumerate(opt.names)}
    return {
        "format": FORMAT,
        "optimizer": type(opt).__name__,
        "steps": opt.steps,
        "skipped": opt.skipped,
        "param_groups": [
            {name: _plain(value) for name, value in group.items() if name != "params"}
            | {"params": [numbers[p] for p in group["params"]]}
            for group in opt.param_groups
        ],
        "memory": copy.deepcopy(vars(opt.memory)),
        "state": {numbers[p]: copy.deepcopy(vars(state)) for p, state in opt.state.items()},
    }


def load_state_dict(opt, saved: dict[str, Any]) -> None:
    """See :meth:`Optimizer.load_state_dict`."""
    _require(isinstance(saved, dict), f"it is no dict, but a {type(saved).__name__}")
    params, memory, kind = list(opt.names), vars(opt.memory), type(opt).__name__
    missing = {"format", "optimizer", "steps", "skipped", "param_groups", "memory", "state"} - saved.keys()
    _require(not missing, f"it has no {', '.join(sorted(missing))}")
    _require(saved["format"] <= FORMAT, "it was made by a newer version of minigrad")
    _require(saved["optimizer"] == kind, f"this is the state of {saved['optimizer']}, not of {kind}")
    sizes, wanted = _sizes(saved["param_groups"]), _sizes(opt.param_groups)
    _require(sizes == wanted, f"it has groups of {sizes} parameters, this optimizer has groups of {wanted}")
    for group, before in zip(opt.param_groups, saved["param_groups"]):
        _require(opt.options.keys() <= before.keys(), f"its options are {', '.join(before)}")
        for name in opt.options:
            _check_option(name, group[name], before[name])
    _require(memory.keys() == saved["memory"].keys(), f"it remembers {', '.join(saved['memory'])}")
    _require(all(int(i) < len(params) for i in saved["state"]), "it has more parameters than this optimizer")
    states = {params[int(i)]: _checked_state(opt, params[int(i)], entries) for i, entries in saved["state"].items()}
    for group, before in zip(opt.param_groups, saved["param_groups"], strict=True):
        for name in opt.options:
            group[name] = _restored(name, group[name], before[name])
    opt.memory = SimpleNamespace(**{name: _like(memory[name], saved["memory"][name]) for name in memory})
    opt.state, opt.steps, opt.skipped = states, int(saved["steps"]), int(saved["skipped"])


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise CheckpointError(f"the optimizer's state cannot be loaded: {otherwise}")


def _check_option(name: str, here: Any, saved: Any) -> None:
    """Raise CheckpointError unless these are numbers within their range, as many as here, or texts of schedules."""
    if isinstance(here, tuple):
        fits = isinstance(saved, (list, tuple)) and len(saved) == len(here)
        _require(fits, f"its {name} is {saved!r:.60}, needed are {len(here)} numbers")
        for part, before in zip(here, saved):
            _check_option(name, part, before)
    elif isinstance(saved, dict):
        _require("schedule" in saved, f"its {name} is {saved!r:.60}, which is neither a number nor a schedule")
    else:
        try:
            check(name, saved, like=here)
        except ValueError as error:
            raise CheckpointError(f"the optimizer's state cannot be loaded: {error}") from None


def _sizes(groups) -> list[int]:
    return [len(group["params"]) for group in groups]


def _checked_state(opt, p, entries: dict[str, Any]) -> SimpleNamespace:
    fresh = vars(opt.fresh_state(p))
    name = opt.names[p]
    _require(
        fresh.keys() == entries.keys(),
        f"for {name} it has {', '.join(entries)}, but with these options {', '.join(fresh)} is needed",
    )
    for entry, value in fresh.items():
        shape, wanted = np.shape(entries[entry]), np.shape(value)
        _require(shape == wanted, f"{entry} of {name} has shape {shape}, needed is {wanted}")
    return SimpleNamespace(**{entry: _like(value, entries[entry]) for entry, value in fresh.items()})


def _like(fresh, loaded):
    if not hasattr(fresh, "dtype"):
        return type(fresh)(loaded)
    array = np.array(loaded, dtype=fresh.dtype)
    return array.reshape(fresh.shape) if array.size == fresh.size == 0 else array


def _plain(value: Any) -> Any:
    """A number as it is, a tuple as a list; a schedule as its text, and its state if it has any."""
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if not callable(value):
        return value
    state = value.state_dict() if hasattr(value, "state_dict") else {}
    return {"schedule": text(value)} | ({"state": state} if state else {})


def _restored(name: str, here: Any, saved: Any) -> Any:
    """The option to go on with: saved numbers count, while a schedule is the program's own."""
    if isinstance(here, tuple):
        return tuple(_restored(name, part, before) for part, before in zip(here, saved, strict=True))
    if not callable(here) and not isinstance(saved, dict):
        return saved
    before = saved["schedule"] if isinstance(saved, dict) else text(saved)
    if before != text(here):
        warnings.warn(f"{name} was {before} when saved, and goes on as {text(here)}", stacklevel=4)
    elif "state" in saved:
        here.load_state_dict(saved["state"])
    return here
