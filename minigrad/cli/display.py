"""What ``minigrad train`` prints: a header, the checks, a line for each epoch, and the result; all as text."""

import os
from collections.abc import Iterable, Sequence
from inspect import signature
from typing import Any

import numpy as np

from minigrad import nn
from minigrad.cli.recipe import Recipe
from minigrad.data import Dataset
from minigrad.nn.stochastic import Stochastic
from minigrad.nn.tree import counted
from minigrad.optim.regularizers import sparsity
from minigrad.training import Check, Record, Run, Scores, Trainer
from minigrad.training.callbacks import watched_loss
from minigrad.training.recorder import finite
from minigrad.training.records import best_of, judged


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
    first, *rest = [f"{name:7} {line}" for name, line in lines.items()]
    return [first, *(f"  {remark}" for remark in run.data.remarks), *rest]


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


def row(record: Record) -> str:
    """One epoch in a line; the gap is by how much the validation loss is above the training loss."""
    gap = watched_loss(record) - record.train.loss
    return f"{record.number:6d}  {record.lr:9.2e}  {scores(record.train)}  {scores(judged(record))}  {gap:+8.4f}"


def scores(on: Scores) -> str:
    """Loss and accuracy in columns."""
    return f"{on.loss:10.4f}" + ("" if on.accuracy is None else f"  {percent(on.accuracy):>8}")


def percent(share: float) -> str:
    """A share of 1 as it is read.

    >>> percent(0.9775)
    '97.8 %'
    """
    return f"{100 * share:.1f} %"


def checked(checks: Sequence[Check]) -> list[str]:
    """What was found before step 1."""
    return ["before step 1                          (--no-check skips this)", *(f"  {check}" for check in checks)]


def result(run: Recipe, trainer: Trainer) -> list[str]:
    """How good the model of the best epoch is, in a line or two; it is the one that is kept."""
    last, best = trainer.history[-1], best_of(trainer.history)
    lines = []
    accuracy = judged(best).accuracy
    if accuracy is not None:
        total = len(run.data.validation.x)
        lines.append(f"validation accuracy {percent(accuracy)} ({round(accuracy * total)} of {total})")
    after = f"after epoch {best.number}, the best of {last.number}; {watched_loss(last):.4f} after the last"
    if best is last:
        after = f"after epoch {best.number}, the last and the best"
    lines.append(f"validation loss {watched_loss(best):.4f} {after}")
    if trainer.ended:
        lines.append(f"stopped after epoch {last.number}: {trainer.ended}")
    if run.options.l1:
        lines.append(f"weights that are exactly 0: {percent(sparsity(run.model).fraction)}")
    return lines


def written(run: Run) -> list[str]:
    """Where the run lies."""
    return [f"wrote   {run.folder}{os.sep}"]


def as_json(run: Recipe, trainer: Trainer, blas: str, checks: Sequence[Check], folder: Run | None) -> dict[str, Any]:
    """The run and its epochs, for a program to read. ``validation`` has the scores of the best epoch."""
    last, best = trainer.history[-1], best_of(trainer.history)
    return {
        "options": vars(run.options),
        "machine": {"numpy": np.__version__, "blas": blas},
        "model": [layer_words(layer) for layer in run.model],
        "parameters": size(run.model),
        "optimizer": repr(run.optimizer),
        "steps": run.steps,
        "checks": [check._asdict() for check in checks],
        "epochs": [{"epoch": record.number} | finite(record.to_dict()) for record in trainer.history],
        "ended": trainer.ended,
        "best": {"epoch": best.number, "validation": judged(best)._asdict()},
        "last": {"epoch": last.number, "validation": judged(last)._asdict()},
        "validation": judged(best)._asdict(),
        "run": folder and str(folder.folder),
    }
