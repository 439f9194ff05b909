"""Checkpoints: everything a run needs to go on, in one safetensors file: arrays and JSON, and no code.

The arrays of a nested state go by their path, as in ``optimizer/state/0/momentum``; what is left of it, numbers and
text, is JSON in the metadata of the file, beside the version of the format and the SHA-256 of all the other bytes.
The same state gives the same bytes.

>>> content = packed({"step": 3, "weights": {"w": np.array([1.0, 2.0])}})
>>> unpacked(content)
{'step': 3, 'weights': {'w': array([1., 2.])}}
>>> unpacked(content.replace(b"step", b"stop"))
Traceback (most recent call last):
    ...
minigrad.errors.CheckpointError: its checksum does not match its content: the file is damaged
"""

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as parsed
from safetensors.numpy import save as serialized

from minigrad.errors import CheckpointError
from minigrad.nn.files import write_atomically

FORMAT = 1
"""The version of the format that is written; newer ones are refused."""

HEADER_LIMIT = 100_000_000
"""The longest header, in bytes, as in the safetensors format."""

KEY = "minigrad"
ARRAY = "$array"
UNSIGNED = "0" * 64
SIGNED = re.compile(rb'\\"sha256\\":\\"([0-9a-f]{64})\\"')


def save_checkpoint(path: str | os.PathLike, state: dict[str, Any]) -> None:
    """Write a nested state of dicts, lists, arrays, numbers and text. The file appears whole, or not at all.

    Raises :class:`~minigrad.errors.CheckpointError` naming the path and the reason.
    """
    try:
        content = packed(state)
    except CheckpointError as error:
        raise CheckpointError(f"{os.fspath(path)} cannot be written: {error}") from error
    write_atomically(path, content)


def load_checkpoint(path: str | os.PathLike) -> dict[str, Any]:
    """The state in a file: lists for tuples, text for the numbers that were keys. Nothing in the file is ever run.

    Raises :class:`~minigrad.errors.CheckpointError` naming the path and the reason.
    """
    try:
        return unpacked(Path(path).read_bytes())
    except (OSError, ValueError, MemoryError) as error:
        raise CheckpointError(f"{os.fspath(path)} cannot be read as a checkpoint: {error}") from error


def packed(state: dict[str, Any]) -> bytes:
    """The bytes of a checkpoint."""
    arrays: dict[str, np.ndarray] = {}
    if not isinstance(state, dict):
        raise CheckpointError(f"a state is a dict, not a {type(state).__name__}")
    try:
        tree = _without_arrays(state, "", arrays)
        text = json.dumps({"sha256": UNSIGNED, "version": FORMAT, "state": tree}, separators=(",", ":"))
        content = serialized(arrays, {KEY: text})
    except (SafetensorError, ValueError, TypeError, RecursionError) as error:
        raise CheckpointError(str(error)) from error
    _header(content)
    start, digest = _signature(content)
    return b"".join((content[:start], digest.encode(), content[start + len(UNSIGNED) :]))


def unpacked(content: bytes) -> dict[str, Any]:
    """The state in the bytes of a checkpoint, checked before anything is made of it."""
    header = _header(content)
    start, digest = _signature(content)
    if content[start : start + len(digest)] != digest.encode():
        raise CheckpointError("its checksum does not match its content: the file is damaged")
    try:
        arrays = parsed(content)
        about = json.loads(json.loads(header)["__metadata__"][KEY])
        _check_version(about.get("version"))
        state = _with_arrays(about["state"], arrays)
    except CheckpointError:
        raise
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(f"it is malformed: {type(error).__name__}: {error}") from error
    if not isinstance(state, dict) or arrays:
        raise CheckpointError("its arrays and its state do not belong together")
    return state


def _header(content: bytes) -> bytes:
    """The JSON at the beginning of a safetensors file, which says its own length in 8 bytes before it."""
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > len(content) - 8:
        raise CheckpointError("it is no safetensors file, or cut short")
    if length > HEADER_LIMIT:
        raise CheckpointError(f"its header of {length:,} bytes is longer than the {HEADER_LIMIT:,} allowed")
    return content[8 : 8 + length]


def _signature(content: bytes) -> tuple[int, str]:
    """Where the checksum stands, and what it must be: the SHA-256 of the content with zeros in its place."""
    found = SIGNED.search(content, 8, 8 + int.from_bytes(content[:8], "little"))
    if not found:
        raise CheckpointError(
            "it has no checksum: it is not a checkpoint of minigrad (weights are read by nn.files.load)"
        )
    view, (start, end) = memoryview(content), found.span(1)
    digest = hashlib.sha256(view[:start])
    digest.update(UNSIGNED.encode())
    digest.update(view[end:])
    return start, digest.hexdigest()


def _check_version(version: Any) -> None:
    if type(version) is not int or version < 1:
        raise CheckpointError(f"its version is {version!r}, which is none")
    if version > FORMAT:
        raise CheckpointError(f"it was made by a newer version of minigrad: format {version}, this one reads {FORMAT}")


def _without_arrays(value: Any, path: str, arrays: dict[str, np.ndarray]) -> Any:
    """The value in JSON's types; its arrays are put aside, by path."""
    if isinstance(value, (np.ndarray, np.generic)) and not isinstance(value, (str, float)):
        if path in arrays:
            raise CheckpointError(f"two arrays go by the path {path}: a name must not contain /")
        arrays[path] = np.array(value, order="C")  # the raw memory is written
        return {ARRAY: path}
    if isinstance(value, dict):
        if ARRAY in value or len({str(key) for key in value}) < len(value):
            raise CheckpointError(
                f"the keys of {path or 'the state'} cannot be told apart: {', '.join(map(str, value))}"
            )
        return {str(key): _without_arrays(part, _joined(path, key), arrays) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_arrays(part, _joined(path, i), arrays) for i, part in enumerate(value)]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise CheckpointError(
        f"{path} is a {type(value).__name__}, which cannot be saved: only numbers, text and arrays can"
    )


def _with_arrays(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """The value with its arrays back in their places, each taken once."""
    if isinstance(value, dict):
        if ARRAY in value:
            return arrays.pop(value[ARRAY])
        return {key: _with_arrays(part, arrays) for key, part in value.items()}
    return [_with_arrays(part, arrays) for part in value] if isinstance(value, list) else value


def _joined(path: str, name: Any) -> str:
    return f"{path}/{name}" if path else str(name)
