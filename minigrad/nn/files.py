"""Weights in a safetensors file, which PyTorch, JAX and others read too: names and arrays, and no code.

Needs the package ``safetensors``; ``import minigrad`` does not load this module.
"""

import os
import re
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as parsed
from safetensors.numpy import save as serialized

from minigrad.errors import CheckpointError
from minigrad.nn.module import Module

LEFTOVER = re.compile(r"\..+\.[0-9a-f]{32}")
"""The name of a file while it is being written."""


def save(module: Module, path: str | os.PathLike) -> None:
    """Write all parameters and buffers. The file appears whole or, when anything fails, not at all.

    Raises :class:`~minigrad.errors.CheckpointError` naming the path and the reason.
    """
    write_atomically(path, content_of(module.state_dict()))


def load(module: Module, path: str | os.PathLike) -> None:
    """Take over all parameters and buffers from a file, or none if anything does not fit.

    Raises :class:`~minigrad.errors.CheckpointError` naming the path and the reason.
    """
    try:
        state = parsed(Path(path).read_bytes())
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{os.fspath(path)} cannot be read as safetensors: {error}") from error
    try:
        module.load_state_dict(state)
    except CheckpointError as error:
        raise CheckpointError(f"{os.fspath(path)}: {error}") from error


def content_of(state: dict[str, np.ndarray]) -> bytes:
    """The bytes of a safetensors file of these arrays."""
    return serialized({name: np.array(array, order="C") for name, array in state.items()})  # it writes the raw memory


def write_atomically(path: str | os.PathLike, content: bytes, *, flush: bool = True) -> None:
    """Replace a file: after a crash at any moment it holds the old content or the new, never a mixture.

    Without ``flush``, which is quicker, that holds for a crash of the program and not for one of the machine.
    """
    path = Path(path)
    temporary = None
    try:
        with open(path.with_name(f".{path.name}.{uuid4().hex}"), "xb", opener=_create) as file:
            temporary = file.name
            file.write(content)
            if flush:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)
        temporary = None
        if flush:
            _sync_folder(path.parent)
    except (OSError, ValueError) as error:  # a ValueError where the path has no name
        raise CheckpointError(f"{path} cannot be written: {error}") from error
    finally:
        if temporary:
            with suppress(OSError):
                os.unlink(temporary)


def remove_leftovers(folder: str | os.PathLike) -> None:
    """Take away the hidden files that :func:`write_atomically` was killed over; nobody else may be writing there."""
    for path in Path(folder).glob(".*"):
        if LEFTOVER.fullmatch(path.name):
            with suppress(OSError):
                path.unlink()


def _create(path: str, flags: int) -> int:
    return os.open(path, flags, 0o666)  # less what the umask takes away, as for any new file


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power failure, where the system can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
