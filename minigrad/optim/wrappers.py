"""What goes around an optimizer: sharpness-aware steps, slow weights, and gradients summed over several batches.

Each takes an optimizer and is used in its place: ``SAM(SGD(model.parameters(), 0.1), rho=0.05)``.
"""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.effects import effect
from minigrad.engine import Tensor
from minigrad.errors import CheckpointError
from minigrad.optim.clipping import total_norm
from minigrad.optim.hyperparameters import check_count, check_positive
from minigrad.optim.optimizer import Optimizer

Closure = Callable[[], Tensor]


class Wrapper:
    """An optimizer around an optimizer: what it does not change is the inner one's."""

    def __init_subclass__(cls):
        super().__init_subclass__()
        if "step" in vars(cls):
            cls.step = effect(cls.step)  # type: ignore[method-assign]

    def __init__(self, optimizer: "Optimizer | Wrapper"):
        if not isinstance(optimizer, Optimizer | Wrapper):
            raise TypeError(
                f"{type(self).__name__} goes around an optimizer: write {type(self).__name__}(SGD(params, 0.1))"
            )
        self.optimizer = optimizer

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        return self.optimizer.param_groups

    @property
    def names(self) -> dict[Tensor, str]:
        return self.optimizer.names

    @property
    def steps(self) -> int:
        return self.optimizer.steps

    def evaluate(self, closure: Closure) -> Tensor:
        """The loss that ``closure`` computes, after putting its gradients into ``.grad``."""
        return self.optimizer.evaluate(closure)

    def zero_grad(self) -> None:
        """Forget the gradients."""
        self.optimizer.zero_grad()

    def step(self, closure: Closure | None = None) -> Tensor | None:
        """Move the parameters; see the inner optimizer."""
        return self.optimizer.step(closure)

    def own_state(self) -> dict[str, Any]:
        """What the wrapper itself remembers: plain attributes by name."""
        return {}

    def state_dict(self) -> dict[str, Any]:
        """A copy of what the wrapper and the inner optimizer remember."""
        own = copy.deepcopy(self.own_state())
        return {"wrapper": type(self).__name__, "own": own, "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from a ``state_dict()``."""
        if saved.get("wrapper") != type(self).__name__ or saved["own"].keys() != self.own_state().keys():
            raise CheckpointError(f"this is not the state of {type(self).__name__}: {', '.join(saved)}")
        self.optimizer.load_state_dict(saved["optimizer"])
        vars(self).update(copy.deepcopy(saved["own"]))

    def __repr__(self):
        return f"{type(self).__name__}({self.optimizer!r})"


class SAM(Wrapper):
    """Sharpness-aware minimization: the gradient is taken where the loss nearby is highest, so valleys must be wide.

        e = rho * g / |g|                    g: all gradients at p
        step with the gradient at p + e

    ``step(closure)`` evaluates the loss twice, and returns the one at ``p``. Foret et al., 2021, algorithm 1.
    """

    def __init__(self, optimizer: Optimizer | Wrapper, *, rho: float = 0.05):
        super().__init__(optimizer)
        check_positive("rho", rho)
        self.rho = rho

    def step(self, closure=None):
        if closure is None:
            raise TypeError("SAM needs the loss at two places: write opt.step(lambda: loss_fn(model(x), y))")
        loss = self.evaluate(closure)
        params = [p for p in self.names if p.grad is not None]
        scale = self.rho / (total_norm([p.grad for p in params]) + 1e-12)
        here = [p.data for p in params]
        try:
            for p in params:
                p.data = p.data + scale * p.grad
            self.evaluate(closure)
        finally:
            for p, data in zip(params, here, strict=True):
                p.data = data
        self.optimizer.step()
        return loss


class Lookahead(Wrapper):
    """Slow weights that follow the optimizer's: every few steps they go a part of the way, and it starts from there.

        slow = slow + alpha * (p - slow),  p = slow        after every ``every`` steps

    Zhang et al., 2019, algorithm 1.
    """

    def __init__(self, optimizer: Optimizer | Wrapper, *, every: int = 5, alpha: float = 0.5):
        super().__init__(optimizer)
        check_count("every", every)
        if not 0 < alpha <= 1:
            raise ValueError(f"alpha must be in (0, 1], got {alpha!r}")
        self.every, self.alpha = every, alpha
        self.slow = [p.data.copy() for p in self.names]

    def own_state(self):
        return {"slow": self.slow}

    def step(self, closure=None):
        before = self.steps
        loss = self.optimizer.step(closure)
        if self.steps > before and self.steps % self.every == 0:
            for i, p in enumerate(self.names):
                self.slow[i] = self.slow[i] + self.alpha * (p.data - self.slow[i])
                p.data = self.slow[i].copy()
        return loss


class Accumulate(Wrapper):
    """One step for every few batches, along the mean of their gradients: a large batch in the memory of a small one.

    g = (g_1 + ... + g_n) / n, n being ``batches``.

    The training loop stays as it is: ``zero_grad()`` forgets nothing until a step was taken.
    """

    def __init__(self, optimizer: Optimizer | Wrapper, *, batches: int):
        super().__init__(optimizer)
        check_count("batches", batches)
        self.batches, self.count = batches, 0

    def own_state(self):
        return {"count": self.count}

    def zero_grad(self):
        if self.count == 0:
            self.optimizer.zero_grad()

    def step(self, closure=None):
        """Count the batch; with the last of them, move the parameters."""
        loss = None if closure is None else self._added(closure)
        self.count = (self.count + 1) % self.batches
        if self.count == 0:
            for p in self.names:
                if p.grad is not None:
                    p.grad = p.grad / self.batches
            self.optimizer.step()
        return loss

    def _added(self, closure: Closure) -> Tensor:
        before = {p: p.grad for p in self.names}
        loss = self.evaluate(closure)
        for p, g in before.items():
            if g is not None and self.count:
                p.grad = g if p.grad is None else np.add(g, p.grad)
        return loss
