"""A training run on the command line: its folder, its checks, what is shown while it goes, and its result."""

import json
import os
from contextlib import nullcontext
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import click

from minigrad.cli import Interrupted, Misuse, display
from minigrad.cli.arguments import arguments_of, said
from minigrad.cli.progress import Progress
from minigrad.cli.recipe import Recipe
from minigrad.errors import CheckpointError
from minigrad.training import Callback, Check, Recorder, Run
from minigrad.training.runs import locked


class Writing(NamedTuple):
    """What is printed, and written where."""

    name: str | None = None
    out: Path = Path("runs")
    overwrite: bool = False
    no_save: bool = False
    save_every: float = 10.0
    no_check: bool = False
    no_report: bool = False
    as_json: bool = False
    quiet: bool = False

    @property
    def silent(self) -> bool:
        """Whether only the result is printed."""
        return self.as_json or self.quiet


def start(recipe: Recipe, writing: Writing, blas: str) -> None:
    """Train from the beginning."""
    folder = None if writing.no_save else folder_of(recipe, writing)
    if folder:
        make(folder)
    with locked(folder) if folder else nullcontext():
        if not writing.silent:
            print(*display.header(recipe, blas), "", sep="\n", flush=True)
        checks = [] if writing.no_check else recipe.checks()
        if checks and not writing.silent:
            print(*display.checked(checks), "", sep="\n", flush=True)
        run = Run.create(folder, config_of(recipe, folder, checks, blas)) if folder else None
        train(recipe, run, writing, blas, checks)


def go_on(recipe: Recipe, run: Run, writing: Writing, blas: str) -> None:
    """Train on from the last save, or from the beginning if there is none yet."""
    if not writing.silent:
        print(*display.header(recipe, blas), "", sep="\n", flush=True)
    train(recipe, run, writing, blas, checks_of(run))


def checks_of(run: Run) -> list[Check]:
    """What was found before step 1. Raises CheckpointError if the file does not say it."""
    try:
        return [Check(**check) for check in run.config["checks"]]
    except TypeError as error:
        raise CheckpointError(f"{run.folder / 'config.json'}, key checks: {error}") from error


def train(recipe: Recipe, run: Run | None, writing: Writing, blas: str, checks: list[Check]) -> None:
    """Train to the last epoch and say what came of it."""
    epochs = recipe.options.epochs
    more: list[Callback] = [] if writing.silent else [Progress(recipe)]
    more += [Recorder(run, epochs=epochs, every=writing.save_every)] if run else []
    trainer = recipe.trainer(*more)
    trainer.way_on = "minigrad resume {}"
    if run and (run.folder / "last.safetensors").exists():
        trainer.load(run.folder / "last.safetensors")
        if not writing.silent:
            print(f"going on after step {trainer.optimizer.steps} of {recipe.steps}", flush=True)
    try:
        trainer.fit(recipe.data, epochs=epochs)
    except KeyboardInterrupt as error:
        raise Interrupted(str(error) or "stopped by Ctrl-C") from None
    if writing.as_json:
        print(json.dumps(display.as_json(recipe, trainer, blas, checks, run)), flush=True)
    else:
        print(*[""] * (not writing.quiet), *display.result(recipe, trainer), sep="\n", flush=True)
    verdict = ""
    if run and not writing.no_report:
        verdict = import_module("minigrad.cli.run_page").written(run, recipe)  # loaded when it is needed
    if run and not writing.silent:
        print(*[f"verdict {verdict}"] * bool(verdict), *display.written(run), sep="\n")


def config_of(recipe: Recipe, folder: Path, checks: list[Check], blas: str) -> dict[str, Any]:
    """What ``config.json`` says of a new run."""
    said_here = said(click.get_current_context())
    given = {name: value for name, value in said_here.items() if name in vars(recipe.options)}
    return {"name": folder.name, "key": key_of(recipe)} | recipe.config(arguments_of(given), checks, blas)


def make(folder: Path) -> None:
    """Make the folder of a run, if it is not there yet."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{str(folder)!r:.200} cannot be written: {error}") from error


def folder_of(recipe: Recipe, writing: Writing) -> Path:
    """Where the run goes: by default under a name that the same run has again, and no other one.

    Raises Misuse where another run is there.
    """
    key = key_of(recipe)
    name = writing.name or f"{recipe.data.name}-{key[:6]}"
    if name != os.path.basename(name) or name in ("", ".", "..") or not name.isprintable():
        raise Misuse(f"--name {name!r} is no name of a folder: leave / out, and say --out for another place")
    folder = writing.out / name
    if not os.path.exists(folder / "config.json") or writing.overwrite:
        return folder
    try:
        run = Run(folder)
    except CheckpointError as error:
        raise Misuse(f"{folder} is there, and is no run ({error}): choose another --name, or say --overwrite") from None
    if run.config.get("key") != key:
        raise Misuse(f"{folder} holds another run: choose another --name, or say --overwrite to let that one go")
    if not run.finished and not writing.silent:
        print(f"{folder} was stopped before its end, and is begun again here (minigrad resume {folder} goes on)")
    return folder


def key_of(recipe: Recipe) -> str:
    """A hash of everything that decides the result of a run."""
    config = recipe.config([], [], "")
    deciding = {key: config[key] for key in ("options", "data", "model", "versions")}
    return sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()
