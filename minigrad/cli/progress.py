"""What is shown while a run goes: a live bar on a terminal, a line for each epoch elsewhere."""

import sys
import time
from typing import Any

from minigrad.cli import display
from minigrad.cli.recipe import Recipe
from minigrad.training import Callback

LINES_ABOVE_BAR = 10
"""Where there is a progress bar, only so many epochs get a line."""

SHORT = 0.3
"""A run of fewer seconds is over before a bar could be read, and before the package that draws it is loaded."""


class Progress(Callback):
    """Prints the epochs of a run as they end."""

    def __init__(self, recipe: Recipe):
        self.recipe, self.total = recipe, recipe.options.epochs
        self.live = sys.stdout.isatty()
        self.every = -(-self.total // LINES_ABOVE_BAR) if self.live else 1
        self.bar: Any = None
        self._began = 0.0

    def on_start(self, trainer):
        print(display.columns(self.recipe), flush=True)
        self._began = time.monotonic()

    def on_step(self, trainer, batch):
        if self.live and (self.bar or time.monotonic() - self._began > SHORT):
            self._advance(trainer.optimizer.steps)

    def on_epoch(self, trainer, record):
        if record.number in (1, self.total) or not record.number % self.every or trainer.ended:
            text = display.row(record)
            if self.bar:
                self.bar.console.print(text, highlight=False, markup=False)
            else:
                print(text, flush=True)

    def on_signal(self, trainer):
        self._end()

    def on_end(self, trainer):
        self._end()

    def _advance(self, steps: int) -> None:
        if self.bar is None:
            self.bar = _bar()
            self.bar.start()
            self._task = self.bar.add_task("", total=self.recipe.steps)
        self.bar.update(self._task, completed=steps)

    def _end(self) -> None:
        if self.bar:
            self.bar.stop()
            self.bar = None


def _bar() -> Any:
    from rich import progress

    return progress.Progress(
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("steps"),
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
    )
