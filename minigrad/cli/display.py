"""What ``minigrad train`` prints: a header, a line for each epoch or a bar, and the result."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from inspect import signature
from typing import Any

import numpy as np

from minigrad import nn
from minigrad.cli.recipe import Recipe
from minigrad.data import Dataset
from minigrad.nn.stochastic import Stochastic
from minigrad.nn.tree import counted
from minigrad.optim.regularizers import sparsity
from minigrad.training import Epoch, Scores

LINES_ABOVE_BAR = 10
"""Where there is a progress bar, only so many epochs get a line."""


def header(run: Recipe, blas: str) -> list[str]:
    """What is trained on what, and how, in aligned lines."""
    lines = {
        "data": data_line(run.data),
        "model": f"{model_line(run.model)} · {counted(size(run.model), 'parameter')}",
        "loss": loss_line(run),
        "optim": optimizer_line(run),
        "sched": f"lr {run.schedule!r} · {run.schedule.curve(run.steps - 1)} · {counted(run.steps, 'optimizer step')}",
        "machine": f"NumPy {np.__version__} · {blas} · {run.options.dtype} · seed {run.options.seed}",
    }
    return [f"{name:7} {line}" for name, line in lines.items()]


def data_line(data: Dataset) -> str:
    """Name, size and kind of the data."""
    kind = f"{data.classes} classes" if data.classes else f"{counted(data.outputs, 'number')} to predict"
    examples = f"{len(data.train.x):,} train / {len(data.validation.x):,} validation"
    return f"{data.name} · {examples} · {counted(data.features, 'feature')} · {kind} · {data.note}"


def size(model: nn.Module) -> int:
    """The number of trainable values."""
    return sum(p.size for p in model.parameters())


def model_line(layers: Iterable[nn.Module]) -> str:
    """The layers in order, as in ``Linear 64→32 · ReLU · Linear 32→10``."""
    return " · ".join(map(layer_words, layers))


def layer_words(layer: nn.Module) -> str:
    """One layer in a few words."""
    if isinstance(layer, nn.Linear):
        return f"Linear {layer.in_features}→{layer.out_features}"
    if isinstance(layer, nn.Residual):
        return f"x + ({model_line(layer)})"
    return f"{type(layer).__name__} {layer.rate():g}" if isinstance(layer, Stochastic) else type(layer).__name__


def loss_line(run: Recipe) -> str:
    """What is minimized: the loss of the data, and a penalty on which parameters."""
    parts = ["cross-entropy" if run.data.classes else "mean squared error"]
    if run.smoothing:
        parts.append(f"label smoothing {run.smoothing:g}")
    penalty = run.optimizer.regularizer
    parts.append(f"penalty {penalty!r} {on_matrices(run.model)}" if penalty else "no penalty")
    return " · ".join(parts)


def optimizer_line(run: Recipe) -> str:
    """The optimizer, its options that are not as usual, and what it decays."""
    usual = signature(type(run.optimizer)).parameters
    parts = [type(run.optimizer).__name__]
    for name, value in run.optimizer.options.items():
        if name not in ("lr", "weight_decay") and value != usual[name].default:
            parts.append(f"{name} {value:g}")
    if run.options.clip_norm:
        parts.append(f"gradients clipped at norm {run.options.clip_norm:g}")
    decay = run.optimizer.options.get("weight_decay")
    parts.append(f"weight decay {decay:g} {on_matrices(run.model)}" if decay else "no weight decay")
    return " · ".join(parts)


def on_matrices(model: nn.Module) -> str:
    """Which parameters a penalty or a decay acts on, and which are spared."""
    vectors = [name for name, p in model.named_parameters() if p.ndim < 2]
    matrices = len(model.parameters()) - len(vectors)
    kind = "bias vector" if all(name.endswith("bias") for name in vectors) else "bias or norm vector"
    return f"on {matrices} weight {'matrix' if matrices == 1 else 'matrices'}, none on {counted(len(vectors), kind)}"


def columns(run: Recipe) -> str:
    """The heading over the lines of :func:`row`."""
    accuracy = "  accuracy" if run.data.classes else ""
    return f" epoch         lr  train loss{accuracy}    val loss{accuracy}       gap"


def row(epoch: Epoch) -> str:
    """One epoch in a line; the gap is by how much the validation loss is above the training loss."""
    gap = epoch.validation.loss - epoch.train.loss
    return f"{epoch.number:6d}  {epoch.lr:9.2e}  {scores(epoch.train)}  {scores(epoch.validation)}  {gap:+8.4f}"


def scores(on: Scores) -> str:
    """Loss and accuracy in columns."""
    return f"{on.loss:10.4f}" + ("" if on.accuracy is None else f"  {percent(on.accuracy):>8}")


def percent(share: float) -> str:
    """A share of 1 as it is read.

    >>> percent(0.9775)
    '97.8 %'
    """
    return f"{100 * share:.1f} %"


def shown(run: Recipe) -> Iterator[Epoch]:
    """The epochs of a run, each shown as it ends."""
    print(columns(run), flush=True)
    yield from with_bar(run) if sys.stdout.isatty() else with_lines(run.epochs())


def with_lines(epochs: Iterable[Epoch]) -> Iterator[Epoch]:
    """A line for each epoch."""
    for epoch in epochs:
        print(row(epoch), flush=True)
        yield epoch


def with_bar(run: Recipe) -> Iterator[Epoch]:
    """A progress bar, and above it a line for every so many epochs."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    total = run.options.epochs
    every = -(-total // LINES_ABOVE_BAR)
    with Progress(BarColumn(), MofNCompleteColumn(), TextColumn("epochs"), TimeElapsedColumn()) as progress:
        task = progress.add_task("", total=total)
        for epoch in run.epochs():
            progress.advance(task)
            if epoch.number in (1, total) or not epoch.number % every:
                progress.console.print(row(epoch), highlight=False)
            yield epoch


def result(run: Recipe, epochs: Sequence[Epoch]) -> list[str]:
    """How good the model is, in a line or two."""
    last = epochs[-1]
    best = min(epochs, key=lambda epoch: epoch.validation.loss)
    lines = [
        f"validation loss {last.validation.loss:.4f} after {counted(last.step, 'step')}; "
        f"lowest {best.validation.loss:.4f} after epoch {best.number}"
    ]
    if last.validation.accuracy is not None:
        total = len(run.data.validation.x)
        right = round(last.validation.accuracy * total)
        lines.insert(0, f"validation accuracy {percent(last.validation.accuracy)} ({right} of {total})")
    if run.options.l1:
        lines.append(f"weights that are exactly 0: {percent(sparsity(run.model).fraction)}")
    return lines


def as_json(run: Recipe, epochs: Sequence[Epoch], blas: str) -> dict[str, Any]:
    """The run and its epochs, for a program to read."""
    return {
        "options": vars(run.options),
        "machine": {"numpy": np.__version__, "blas": blas},
        "model": [layer_words(layer) for layer in run.model],
        "parameters": size(run.model),
        "optimizer": repr(run.optimizer),
        "steps": run.steps,
        "epochs": [
            epoch._asdict() | {part: getattr(epoch, part)._asdict() for part in ("train", "validation")}
            for epoch in epochs
        ],
        "validation": epochs[-1].validation._asdict(),
    }
