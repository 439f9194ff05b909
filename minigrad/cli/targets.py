"""Things of the user's that are named on the command line: ``pkg.mod:name``, or ``file.py:name``."""

import difflib
import importlib
import importlib.util
import os
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from minigrad.source import is_internal


def is_target(what: str) -> bool:
    """Whether this names something in a module or a file, and not an op."""
    return ":" in what


def load(what: str) -> Any:
    """What ``pkg.mod:name`` or ``file.py:name`` names; modules in the working directory are found.

    Raises click.UsageError, in one line, where there is no such thing.
    """
    place, _, path = what.rpartition(":")
    if not place or not path:
        raise click.UsageError(f"{what!r} names nothing: write pkg.mod:name or file.py:name")
    try:
        found: Any = _from_file(Path(place)) if place.endswith(".py") else _from_path(place)
    except (Exception, SystemExit) as error:
        raise click.UsageError(_import_error(place, error)) from error
    for name in path.split("."):
        if not hasattr(found, name):
            raise click.UsageError(_no_such_name(place, found, name))
        found = getattr(found, name)
    return found


def where(error: BaseException) -> str:
    """The innermost line of the user's own that an error came from, if there is one."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not _is_machinery(f.filename)]
    return f", at {os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""


def _is_machinery(filename: str) -> bool:
    return is_internal(filename) or filename.startswith("<frozen")


def _from_path(place: str) -> ModuleType:
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    importlib.invalidate_caches()
    return importlib.import_module(place)


def _from_file(file: Path) -> ModuleType:
    """A file as a module: its own folder is where its imports are looked for, as when Python runs it."""
    if not file.is_file():
        raise FileNotFoundError(f"there is no file {file}")
    sys.path.insert(0, str(file.parent.resolve()))
    name = file.stem if file.stem not in sys.modules else f"{file.stem} of {file}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def _import_error(place: str, error: BaseException) -> str:
    if isinstance(error, FileNotFoundError) and place.endswith(".py"):
        return str(error)
    if isinstance(error, ModuleNotFoundError):
        name = error.name or ""
        if place == name or place.startswith(f"{name}."):
            hint = f"; there is a file {place}.py: write {place}.py:NAME" if Path(f"{place}.py").is_file() else ""
            return f"there is no module {name!r} here or installed{hint}"
        return f"{place} imports {name!r}, which is not installed"
    return f"{place} cannot be imported: {type(error).__name__}: {error}{where(error)}"


def _no_such_name(place: str, found: Any, name: str) -> str:
    known = [each for each in vars(found) if not each.startswith("_")] if hasattr(found, "__dict__") else []
    near = difflib.get_close_matches(name, known, n=3) or known[:6]
    return f"{place} has no {name!r}" + (f"; did you mean {', '.join(near)}?" if near else "")
