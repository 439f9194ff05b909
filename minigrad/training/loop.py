"""The training loop: forward, backward, step, again; and how good the model is after each epoch."""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from minigrad.data import Batches, Dataset, Examples
from minigrad.engine import Tensor
from minigrad.errors import NonFiniteError
from minigrad.modes import no_grad
from minigrad.nn import Module
from minigrad.optim.clipping import clip_grad_norm
from minigrad.optim.hyperparameters import at
from minigrad.optim.optimizer import Optimizer
from minigrad.optim.schedules import Schedule


class Scores(NamedTuple):
    """How good a model is on some examples. ``accuracy`` is in [0, 1], None where the targets are real values."""

    loss: float
    accuracy: float | None

    @property
    def rank(self) -> tuple[float, float]:
        """What is least where a model is best: the share of wrong answers, and of equal shares the loss."""
        return 0.0 if self.accuracy is None else 1 - self.accuracy, self.loss


class Epoch(NamedTuple):
    """One pass over the training examples: what was done, and the scores after it."""

    number: int
    step: int
    """How many optimizer steps have been taken, in all epochs together."""
    lr: float
    """The learning rate of the last step."""
    train: Scores
    validation: Scores


def fit(
    model: Module,
    optimizer: Optimizer,
    data: Dataset,
    *,
    loss: Callable,
    epochs: int,
    batch_size: int = 32,
    measure: Callable | None = None,
    clip_norm: float | None = None,
    rng=None,
) -> Iterator[Epoch]:
    """Train ``model`` for some epochs, one :class:`Epoch` at a time: nothing happens until the next one is asked for.

    ``loss(outputs, targets)`` is minimized, and gradients are scaled down to a norm of ``clip_norm`` all together;
    ``rng`` decides the order of the examples. Both scores are taken after the epoch, in evaluation mode, by
    ``measure`` (the loss if left out), so that the gap between them is the overfitting. A :class:`Plateau` is fed the
    validation loss.

    Raises :class:`~minigrad.errors.NonFiniteError` when a gradient or a score is NaN or infinite; the step in question
    is not taken.
    """
    batches = Batches(data.train, batch_size, rng=rng)
    for number in range(1, epochs + 1):
        model.train()
        for batch in batches:
            train_step(model, optimizer, batch, loss, clip_norm=clip_norm)
        scores = [evaluate(model, part, measure or loss) for part in (data.train, data.validation)]
        lr = optimizer.param_groups[0]["lr"]
        epoch = Epoch(number, optimizer.steps, at(lr, optimizer.steps - 1), *scores)
        if not all(math.isfinite(score.loss) for score in scores):
            raise NonFiniteError(
                f"after step {epoch.step} (epoch {number}) the training loss is {epoch.train.loss} and the validation "
                f"loss {epoch.validation.loss}: a smaller learning rate may help"
            )
        if isinstance(lr, Schedule):
            lr.observe(epoch.validation.loss)
        yield epoch


def train_step(
    model: Module, optimizer: Optimizer, batch: Examples, loss: Callable, *, clip_norm: float | None = None
) -> float:
    """One step down the gradient of the loss of one batch; returns that loss."""
    with np.errstate(all="ignore"):  # what overflows is not finite, and that stops the optimizer
        optimizer.zero_grad()
        value = loss(model(Tensor(batch.x)), batch.y)
        value.backward()
        if clip_norm is not None:
            clip_grad_norm(model, clip_norm)
        optimizer.step()
    return value.item()


def evaluate(model: Module, examples: Examples, loss: Callable) -> Scores:
    """Loss and accuracy on these examples: nothing random, nothing recorded."""
    with model.evaluating(), no_grad(), np.errstate(all="ignore"):
        y = model(Tensor(examples.x))
        value = loss(y, examples.y).item()
    accuracy = float(np.mean(np.argmax(y.data, axis=1) == examples.y)) if examples.y.dtype.kind == "i" else None
    return Scores(value, accuracy)
