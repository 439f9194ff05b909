"""Mistakes that a training loop makes without a word, named while it runs; for the Trainer's loop and for your own.

with Watchdog(model, optimizer):
    for x, y in batches:
        nn.cross_entropy(model(x), y).backward()
        optimizer.step()  # warns at the second batch: optimizer.zero_grad() is missing
"""

import sys
import warnings
import weakref
from functools import partial

import numpy as np

from minigrad.engine import Tensor, history
from minigrad.errors import GraphError
from minigrad.modes import mode
from minigrad.nn import BatchNorm1d, Module
from minigrad.source import user_frame

PATIENCE = 5
"""So many graphs of earlier steps may be alive."""


class Watchdog:
    """Inside ``with Watchdog(model, optimizer):`` each of these is warned of, once, with the line to write instead:

    - ``model.eval()`` forgotten: a model that acts differently there is called under ``no_grad`` in training mode;
    - ``model.train()`` forgotten: a gradient arrives from such a model in evaluation mode;
    - a second ``backward()`` without ``step()`` or ``zero_grad()``, beyond the ``backwards`` that a step consists of;
    - ``zero_grad()`` forgotten between two steps;
    - the graphs of earlier steps are still alive, as ``total += loss`` keeps them.

    A graph that reaches back beyond the last step, and so grows from step to step, is a GraphError.
    """

    def __init__(self, model: Module, optimizer, *, backwards: int = 1):
        self.model, self.optimizer, self.backwards = model, optimizer, backwards
        self.told: set[str] = set()
        self._moody = any(acts_differently(m) for m in model.modules())
        self._evaluated = False
        self._arrivals: dict[Tensor, tuple[int, int]] = {}
        self._graphs: list[weakref.ref] = []
        self._removers: list = []

    def __enter__(self):
        self._removers = [self.model.register_forward_hook(self._called)]
        for p in self.optimizer.names:
            if p.requires_grad:
                self._removers.append(p.register_hook(partial(self._arrived, p)))
        return self

    def __exit__(self, *exception):
        for remove in self._removers:
            remove()
        self._removers = []

    def inspect(self, y: Tensor) -> None:
        """Raise GraphError if the graph of ``y`` reaches back beyond the last step."""
        last_step = max((p.replaced[0] for p in self.optimizer.names if p.replaced), default=-1)
        nodes = history([y])
        old = [x for x in nodes if x.op is not None and x.age < last_step]
        if old:
            raise GraphError(
                f"the graph grows from step to step: {len(old)} of its {len(nodes)} nodes were made before the last "
                f"step, the first by {old[-1].op.name} at {old[-1].source}\n    what is carried over from one step to "
                "the next must leave the graph: write h = h.detach(), or compute it anew in each step"
            )

    def _called(self, module: Module, args: tuple, y) -> None:
        if not mode.get().record:
            if module.training and self._moody:
                self._tell(
                    "eval",
                    "the model is called under no_grad in training mode, where it acts differently "
                    f"({self._moods()}): write `with model.evaluating():` around it",
                )
            return
        self._evaluated = not module.training
        if isinstance(y, Tensor) and y.requires_grad:
            self.inspect(y)
            self._remember(y)

    def _remember(self, y: Tensor) -> None:
        self._graphs = [graph for graph in self._graphs if graph() is not None]
        if len(self._graphs) >= PATIENCE * self.backwards:
            oldest = self._graphs[0]()
            self._tell(
                "memory",
                f"the graphs of {len(self._graphs)} earlier calls of the model are still alive, the oldest made at "
                f"{oldest.source if oldest is not None else '?'}: somebody keeps a Tensor of each, and memory grows; "
                "write total += loss.item() instead of total += loss",
            )
        self._graphs.append(weakref.ref(y))

    def _arrived(self, p: Tensor, g) -> None:
        if not _called_by_backward():  # but by autograd.grad(): no .grad is touched
            return
        if self._evaluated and self._moody:
            self._tell(
                "train",
                "the loss was computed with the model in evaluation mode, where it acts differently "
                f"({self._moods()}): write model.train() before the training step",
            )
        steps = self.optimizer.steps
        count, since = self._arrivals.get(p, (0, steps)) if p.grad is not None else (0, steps)
        self._arrivals[p] = count + 1, since
        if count >= self.backwards and steps == since:
            self._tell(
                "backward",
                f"backward() number {count + 1} has reached {p.name or 'a parameter'} without a step or zero_grad() "
                "in between: the gradients add up; call each once a step, or say Watchdog(..., backwards="
                f"{count + 1}) if that is meant",
            )
        elif steps > since:
            self._tell(
                "zero_grad",
                f"the gradients of {steps - since + 1} steps pile up in {p.name or 'a parameter'}: "
                "write optimizer.zero_grad() before backward()",
            )

    def _moods(self) -> str:
        return ", ".join(dict.fromkeys(type(m).__name__ for m in self.model.modules() if acts_differently(m)))

    def _tell(self, kind: str, message: str) -> None:
        if kind in self.told:
            return
        self.told.add(kind)
        frame = user_frame(2)
        warnings.warn_explicit(message, UserWarning, frame.f_code.co_filename, frame.f_lineno)


def _called_by_backward() -> bool:
    """Whether one of the calls that led to this hook is that of ``backward()``; the walk takes a few frames."""
    frame = sys._getframe(2)
    for _ in range(6):
        if frame.f_code is Tensor.backward.__code__:
            return True
        if frame.f_back is None:
            return False
        frame = frame.f_back
    return False


def is_random(module: Module) -> bool:
    """Whether a module draws random numbers itself: it holds a generator."""
    return any(isinstance(value, np.random.Generator) for value in vars(module).values())


def acts_differently(module: Module) -> bool:
    """Whether a module does one thing in training and another in evaluation."""
    return is_random(module) or (isinstance(module, BatchNorm1d) and module.track_running_stats)
