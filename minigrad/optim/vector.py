"""Optimizers that see all parameters as one vector, and evaluate the loss themselves, as often as they need."""

import copy
from collections.abc import Callable, Iterator
from itertools import accumulate
from types import SimpleNamespace
from typing import Any

import numpy as np

from minigrad.autograd import grad
from minigrad.engine import Tensor, constant
from minigrad.modes import enable_grad, no_grad
from minigrad.optim.optimizer import Optimizer
from minigrad.optim.parameters import is_finite, non_finite
from minigrad.optim.regularizers import Regularizer

Closure = Callable[[], Tensor]


class VectorOptimizer(Optimizer):
    """Base class of the methods whose ``step(closure)`` calls the closure to compute the loss, once or more.

    The closure returns the loss as a Tensor; it need not call ``backward()`` or ``zero_grad()``. A step that raises,
    in the closure or for a value that is not finite, leaves every parameter as it was.
    """

    def __init__(self, params: Any, lr: Any = None, *, maximize: bool = False, regularizer: Any = None, **options: Any):
        self._with(self.defaults, options)
        super().__init__(params, lr, maximize=maximize, regularizer=regularizer, **options)
        kind = type(self).__name__
        if len(self.param_groups) > 1:
            raise ValueError(f"{kind} takes one group of parameters, got {len(self.param_groups)}")
        if not isinstance(regularizer, Regularizer | None):
            raise ValueError(f"{kind} takes a penalty as its regularizer, as L2(1e-4), got {regularizer!r}")
        self.memory = SimpleNamespace(**self.start_memory())

    def start_memory(self) -> dict[str, Any]:
        """What is remembered from step to step, of all parameters together."""
        return {}

    def move(self, closure: Closure, h: Any) -> Tensor:
        """Take one step, and return the loss before it; to be written by each subclass."""
        raise NotImplementedError

    def step(self, closure: Closure | None = None) -> Tensor:
        """Move all parameters, or none of them; returns the loss before the step."""
        if closure is None:
            raise TypeError(
                f"{type(self).__name__} evaluates the loss itself: write opt.step(closure) with a function that "
                "returns it, as opt.step(lambda: nn.cross_entropy(model(x), y))"
            )
        before, remembered = self.vector(), copy.deepcopy(self.memory)
        try:
            with enable_grad(), np.errstate(all="ignore"):
                loss = self.move(closure, self.options_now(self.param_groups[0]))
        except BaseException:
            self._put(before)
            self.memory = remembered
            raise
        self.steps += 1
        return loss

    # the parameters as a vector

    @property
    def params(self) -> list[Tensor]:
        """The parameters that are moved, in order."""
        return [p for p in self.names if p.requires_grad]

    @property
    def like(self) -> Any:
        """An array of the library that the parameters are in, as NumPy's functions take it for ``like=``."""
        return next(iter(self.names)).data

    def vector(self) -> np.ndarray:
        """A copy of all parameters, one after the other."""
        return np.concatenate([p.data.ravel() for p in self.params])

    def place(self, x: np.ndarray) -> None:
        """Give the parameters the values in this vector, which must be finite."""
        if not is_finite(x):
            raise non_finite("the vector of new values", x, f"step {self.steps} was not taken: lr may be too large")
        self._put(x)

    def _put(self, x: np.ndarray) -> None:
        self._replace([(p, part.reshape(p.shape).astype(p.dtype)) for p, part in self._parts(x)])

    def _parts(self, x: np.ndarray) -> Iterator[tuple[Tensor, np.ndarray]]:
        """Each parameter with its part of the vector."""
        ends = accumulate(p.size for p in self.params[:-1])
        return zip(self.params, np.split(x, list(ends)), strict=True)

    # the loss and its derivatives

    def objective(self, closure: Closure) -> Tensor:
        """What is minimized: the loss and its penalty; the negative loss where it is to be maximized."""
        loss = closure()
        if not isinstance(loss, Tensor):
            raise TypeError(f"the closure must return the loss as a Tensor, but it returned {loss!r:.60}")
        loss = -loss if self.maximize else loss
        if self.regularizer is None:
            return loss
        return loss + self.regularizer([(name, p) for p, name in self.names.items()])

    def value_at(self, x: np.ndarray, closure: Closure) -> float:
        """The objective at other values of the parameters."""
        self.place(x)
        with no_grad():
            return self.objective(closure).item()

    def gradient(self, loss: Tensor, *, on_tape: bool = False) -> Tensor:
        """The gradient as one vector; ``on_tape`` it can be differentiated again."""
        parts = grad(loss, self.params, create_graph=on_tape, allow_unused=True)
        vectors: Any = [
            constant(np.zeros(p.size, like=p.data)) if g is None else np.ravel(g) for p, g in zip(self.params, parts)
        ]
        joined: Any = np.concatenate(vectors)
        return joined

    def pulled_back(self, y: Tensor, g: np.ndarray) -> np.ndarray:
        """``g @ J``, where J is the Jacobian of ``y`` with respect to the vector of parameters."""
        parts = grad(y, self.params, g, allow_unused=True)
        pairs = zip(self.params, parts)
        return np.concatenate([np.zeros(p.size, like=p.data) if d is None else d.data.ravel() for p, d in pairs])

    def require_finite(self, gradient: Tensor) -> np.ndarray:
        """The gradient as a plain vector; NonFiniteError names the parameter whose part is not finite."""
        for p, part in self._parts(gradient.data):
            if not is_finite(part):
                consequence = f"step {self.steps} was not taken, nothing was changed"
                raise non_finite(f"the gradient of {self.names[p]}", part.reshape(p.shape), consequence)
        return gradient.data
