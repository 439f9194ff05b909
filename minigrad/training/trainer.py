"""The Trainer: a model, a loss and an optimizer, and everything between them that is easily got wrong.

>>> from minigrad import nn, optim
>>> from minigrad.data import load
>>> model = nn.MLP([2, 16, 2], rng=0)
>>> trainer = Trainer(model, nn.cross_entropy, optim.Adam(model, 0.01), rng=0)
>>> records = trainer.fit(load("moons", rng=0), epochs=20)
>>> f"{records[-1].validation.accuracy:.2f} after {records[-1].step} steps"
'0.96 after 500 steps'
"""

import math
import os
import signal
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any

import numpy as np

from minigrad.data import Batches, Dataset, Examples
from minigrad.engine import Tensor
from minigrad.errors import NonFiniteError
from minigrad.modes import no_grad
from minigrad.nn import Module
from minigrad.nn.stochastic import Stochastic
from minigrad.optim.clipping import clip_grad_norm, clip_grad_value
from minigrad.optim.hyperparameters import at, check_count, check_positive
from minigrad.optim.regularizers import Proximal, Regularizer
from minigrad.optim.schedules import Schedule
from minigrad.optim.vector import VectorOptimizer
from minigrad.optim.wrappers import SAM, Accumulate
from minigrad.training import nonfinite, resuming
from minigrad.training.callbacks import Callback, watched_loss
from minigrad.training.checkpoints import load_checkpoint, save_checkpoint
from minigrad.training.health import activations, norm, norm_of, updates
from minigrad.training.loop import Scores, evaluate
from minigrad.training.prechecks import Check, precheck
from minigrad.training.records import Record, Running
from minigrad.training.signals import Signals
from minigrad.training.watchdog import Watchdog

SEEN = 1000
"""Units are judged by so many training examples."""


class Trainer:
    """Fits ``model`` to data by minimizing ``loss(outputs, targets)`` (plus ``penalty(model)``) with ``optimizer``.

    ``measure`` is the loss by which the model is judged after each epoch, ``loss`` if left out. Each step takes
    ``batch_size`` rows, in an order that ``rng`` decides; with ``accumulate`` they are computed in that many parts,
    which needs less memory and gives the same gradient (except for what looks at the batch, as BatchNorm does).
    Gradients are clipped to ``clip_norm`` all together, or to ``clip_value`` element by element.

    Before step 1 the mistakes of :mod:`~minigrad.training.prechecks` are looked for, unless ``check=False``, and each
    step is watched for those of :mod:`~minigrad.training.watchdog`. What was found is warned of; ``checks`` lists it.

    Ctrl-C and SIGTERM let the step finish; then a :class:`~minigrad.training.callbacks.Checkpoint` among the
    ``callbacks`` writes, and the error says how to go on.
    """

    def __init__(
        self,
        model: Module,
        loss: Callable,
        optimizer: Any,
        *,
        measure: Callable | None = None,
        penalty: Regularizer | None = None,
        batch_size: int = 32,
        drop_last: bool = False,
        accumulate: int = 1,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        callbacks: Sequence[Callback] = (),
        check: bool = True,
        rng=None,
    ):
        check_count("batch_size", batch_size)
        check_count("accumulate", accumulate)
        for name, value in (("clip_norm", clip_norm), ("clip_value", clip_value)):
            if value is not None:
                check_positive(name, value)
        _check_optimizer(optimizer)
        self.model, self.loss, self.optimizer = model, loss, optimizer
        self.measure, self.penalty = measure or loss, penalty
        self.batch_size, self.drop_last, self.accumulate = batch_size, drop_last, accumulate
        self.clip_norm, self.clip_value = clip_norm, clip_value
        self.callbacks = sorted(callbacks, key=lambda callback: callback.turn)
        self.check, self.checks = check, list[Check]()
        self.rng = np.random.default_rng(rng)
        self.epoch = self.position = 0
        """How many epochs are over, and how many steps of the next one."""
        self.order: dict[str, Any] = {}
        """The state of ``rng`` when the epoch began that is not over yet."""
        self.data = ""
        """A fingerprint of the examples of that epoch."""
        self.running = Running()
        self.history: list[Record] = []
        self.ended = ""
        """Why training has ended before its last epoch, if it has."""
        self.way_on = "trainer.load({!r}) and fit again"
        """How to go on after a signal, with a place for the path of what was written."""

    def fit(self, data: Dataset | Examples, *, epochs: int, validation: Examples | None = None) -> list[Record]:
        """Train until ``epochs`` epochs are over, those of an earlier ``fit`` or a loaded checkpoint included.

        Returns a record of each epoch, also kept in ``history``. Raises
        :class:`~minigrad.errors.NonFiniteError` when a loss or a gradient is not finite, with the op, the line and the
        reason: that step is not taken (with ``skip_nonfinite=True`` the optimizer leaves it out and training goes on).
        """
        for _ in self._epochs(data, epochs, validation, whole=True):
            pass
        return self.history

    def epochs(self, data: Dataset | Examples, *, epochs: int, validation: Examples | None = None) -> Iterator[Record]:
        """As :meth:`fit`, one epoch at a time: nothing happens until the next one is asked for."""
        return self._epochs(data, epochs, validation, whole=False)

    def _epochs(self, data, epochs: int, validation: Examples | None, *, whole: bool) -> Iterator[Record]:
        """Signals are noted during the ``whole`` of it, or else not while the caller has the turn."""
        train, validation = (
            (data.train, data.validation) if isinstance(data, Dataset) else (Examples(*data), validation)
        )
        resuming.check_data(self, train)
        if self.check and not self.optimizer.steps:
            self._precheck(train)
        self._scheduled = [m for m in self.model.modules() if isinstance(m, Stochastic) and callable(m.p)]
        self._watchdog = Watchdog(self.model, self.optimizer, backwards=self.accumulate + (self.penalty is not None))
        with Signals() if whole else nullcontext() as throughout:
            self._call("on_start")
            while self.epoch < epochs and not self.ended:
                with nullcontext(throughout) if throughout else Signals() as signals, self._watchdog:
                    record = self._epoch(train, validation, signals)
                    if signals.received:
                        self._interrupted(signals)
                yield record
            self._call("on_end")
            if throughout and throughout.received:
                self._interrupted(throughout)

    def evaluate(self, examples: Examples) -> Scores:
        """Loss and accuracy on these examples: nothing random, nothing recorded, and the mode is as before."""
        with self.evaluation_weights():
            return evaluate(self.model, examples, self.measure)

    def stop(self, reason: str) -> None:
        """Make this epoch the last one; for callbacks."""
        self.ended = reason

    @contextmanager
    def evaluation_weights(self):
        """Inside, the model has the weights that it is evaluated with: an average of them, if a callback keeps one."""
        with ExitStack() as stack:
            for callback in self.callbacks:
                stack.enter_context(callback.in_evaluation())
            yield

    # saving

    def save(self, path: str | os.PathLike) -> None:
        """Write everything this run needs to go on, bit for bit. The file appears whole, or not at all."""
        save_checkpoint(path, self.state_dict())

    def load(self, path: str | os.PathLike) -> None:
        """Go on from a file that :meth:`save` wrote: all of it or, if anything does not fit, nothing.

        The trainer must be built as the one that wrote it. Raises :class:`~minigrad.errors.CheckpointError`.
        """
        resuming.restore(self, load_checkpoint(path), os.fspath(path))

    def state_dict(self) -> dict[str, Any]:
        """A copy of everything: weights, optimizer, generators, the place in the epoch, callbacks, and the history."""
        return resuming.state_dict(self)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a ``state_dict()``: all of it, or nothing."""
        resuming.restore(self, state, "this state")

    # inside

    def _epoch(self, train: Examples, validation: Examples | None, signals: Signals) -> Record:
        if not self.position:
            self.order, self.running = dict(self.rng.bit_generator.state), Running()
        batches = Batches(train, self.batch_size, rng=self.rng, drop_last=self.drop_last)
        if not self.model.training:
            self.model.train()
        for batch in resuming.rest(self, batches):
            self._step(batch, last=self.position == len(batches) - 1)
            self.position += 1
            self._call("on_step", batch)
            if signals.received:
                self._interrupted(signals)
        record = self._record(train, validation)
        self.epoch, self.position = self.epoch + 1, 0
        self.history.append(record)
        for schedule in self._schedules():
            schedule.observe(watched_loss(record))
        self._call("on_epoch", record)
        return record

    def _step(self, batch: Examples, *, last: bool) -> None:
        """One step down the gradient of the loss of one batch."""
        params = {name: p for p, name in self.optimizer.names.items()}
        before = {name: p.data for name, p in params.items()} if last else {}
        for module in self._scheduled:
            module.step = self.optimizer.steps
        with np.errstate(all="ignore"):  # what overflows is not finite, and that stops the step
            self.optimizer.zero_grad()
            loss, size = self._backward(batch, self.optimizer.steps + 1)
            norms = {name: norm(p.grad) for name, p in params.items() if p.grad is not None} if last else {}
            if math.isfinite(size) and math.isfinite(loss):
                self._clip(size, params)
                self.optimizer.step()
            else:
                _innermost(self.optimizer).skipped += 1
            if last:
                self.running.updates = updates(before, {name: p.data for name, p in params.items()}, norms)
        self.running.gradient_norm = size
        if size > self.running.gradient_peak:
            self.running.gradient_peak = size
        if math.isfinite(loss):
            self.running.loss += loss * len(batch.x)
            self.running.rows += len(batch.x)

    def _backward(self, batch: Examples, step: int) -> tuple[float, float]:
        """Add the gradients of all parts of a batch and of the penalty: the data loss, and the norm of the gradient."""
        total, rows, parts = 0.0, len(batch.x), min(self.accumulate, len(batch.x))
        for i in range(parts):
            start, end = rows * i // parts, rows * (i + 1) // parts
            share = (end - start) / rows
            value = self.loss(self.model(Tensor(batch.x[start:end])), batch.y[start:end])
            size = self._go_back(value if parts == 1 else value * share, step)
            total += share * value.item()
        if self.penalty is not None:
            size = self._go_back(self.penalty(self.model), step)
        return total, size

    def _go_back(self, value: Tensor, step: int) -> float:
        """Add the gradient of one value; the norm of the sum, NaN if it is not finite."""
        self._watchdog.inspect(value)
        if not self._skips and not math.isfinite(value.item()):
            raise nonfinite.stop(value, step)
        value.backward()
        size = norm_of([p.grad for p in self.optimizer.names if p.grad is not None])
        if not self._skips and not math.isfinite(size):
            raise nonfinite.stop(value, step)
        return size

    @property
    def _skips(self) -> bool:
        return getattr(_innermost(self.optimizer), "skip_nonfinite", False)

    def _clip(self, size: float, params: dict[str, Tensor]) -> None:
        if self.clip_value is not None:
            clip_grad_value(params.items(), self.clip_value)
        if self.clip_norm is not None:
            self.running.clipped += size > self.clip_norm
            clip_grad_norm(params.items(), self.clip_norm)

    def _record(self, train: Examples, validation: Examples | None) -> Record:
        """The scores after an epoch. Raises NonFiniteError where one is NaN or infinite."""
        scores = {"training": self.evaluate(train)}
        if validation is not None:
            scores["validation"] = self.evaluate(validation)
        number, step = self.epoch + 1, self.optimizer.steps
        for what, score in scores.items():
            if not math.isfinite(score.loss):
                raise NonFiniteError(
                    f"after step {step} (epoch {number}) the {what} loss is {score.loss}: a smaller learning rate, or "
                    "clip_norm=1.0, may help; look for extreme values in the data"
                )
        running = self.running
        return Record(
            number=number,
            step=step,
            lr=at(self.optimizer.param_groups[0]["lr"], max(step - 1, 0)),
            train=scores["training"],
            validation=scores.get("validation"),
            running_loss=running.loss / max(running.rows, 1),
            penalty=self.penalty_now(),
            gradient_norm=running.gradient_norm,
            clipped=running.clipped,
            updates=running.updates,
            units=activations(self.model, train.x[:SEEN]),
            gradient_peak=running.gradient_peak,
        )

    def penalty_now(self) -> float:
        """What the penalty of the Trainer and the regularizer of the optimizer add to the data loss."""
        found: Any = getattr(_innermost(self.optimizer), "regularizer", None)
        inner = found.penalty if isinstance(found, Proximal) else found
        with no_grad():
            total = self.penalty(self.model).item() if self.penalty is not None else 0.0
            if isinstance(inner, Regularizer):
                named = [(name, p) for p, name in self.optimizer.names.items() if found.covers(name, p)]
                total += sum(inner.penalty(p).item() for _, p in named)
        return total

    def _precheck(self, train: Examples) -> None:
        self.checks = precheck(
            self.model,
            self.loss,
            self.optimizer,
            train,
            batch_size=self.batch_size,
            accumulate=self.accumulate,
            drop_last=self.drop_last,
        )
        for check in self.checks:
            if not check.passed:
                warnings.warn(f"before step 1: {check.message}", stacklevel=4)

    def _schedules(self) -> list[Schedule]:
        """The schedules of the learning rate, each once."""
        rates = [group["lr"] for group in self.optimizer.param_groups]
        return list({id(rate): rate for rate in rates if isinstance(rate, Schedule)}.values())

    def _call(self, event: str, *arguments) -> list[Any]:
        return [getattr(callback, event)(self, *arguments) for callback in self.callbacks]

    def _interrupted(self, signals: Signals) -> None:
        """Save, and end the program as the signal would have."""
        written = [path for path in self._call("on_signal") if path]
        name = "Ctrl-C" if signals.received is signal.SIGINT else "SIGTERM"
        place = f"stopped by {name} after step {self.optimizer.steps}, in epoch {self.epoch + bool(self.position)}"
        if not written:
            raise signals.error(f"{place}; nothing was written: pass callbacks=[Checkpoint(path)] to be able to go on")
        raise signals.error(f"{place}; wrote {', '.join(written)}: go on with {self.way_on.format(*written)}")


def _check_optimizer(optimizer) -> None:
    """Raise TypeError for one whose step is not a matter of one gradient."""
    name = type(optimizer).__name__
    if isinstance(optimizer, Accumulate):
        raise TypeError(f"the Trainer accumulates itself: write Trainer(..., accumulate={optimizer.batches})")
    if isinstance(optimizer, SAM) or isinstance(_innermost(optimizer), VectorOptimizer):
        raise TypeError(
            f"a step of {name} evaluates the loss several times, a step of the Trainer once: write the loop yourself, "
            "with optimizer.step(lambda: loss(model(x), y)) for each batch"
        )


def _innermost(optimizer):
    while hasattr(optimizer, "optimizer"):
        optimizer = optimizer.optimizer
    return optimizer
