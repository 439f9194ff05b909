"""How an estimator is trained: a model, an optimizer and a generator that go on from call to call."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigrad import nn, optim
from minigrad.data import Batches, Examples
from minigrad.engine import Tensor
from minigrad.modes import no_grad
from minigrad.nn.mlp import ACTIVATIONS
from minigrad.optim.regularizers import L2
from minigrad.training.loop import train_step

BATCH = 200
"""The rows of a batch that is called "auto", as in scikit-learn."""

ADAMS = {"adam": optim.Adam, "adamw": optim.AdamW, "nadam": optim.NAdam, "radam": optim.RAdam}
SOLVERS = ("sgd", "rmsprop", *ADAMS)


def squared_error(y: Tensor, target) -> Tensor:
    """mean((y - target)**2) / 2, as scikit-learn's networks minimize it."""
    return nn.mse_loss(y, target) / 2


@dataclass
class Training:
    """What goes on from one epoch to the next."""

    model: nn.MLP
    optimizer: optim.Optimizer
    rng: np.random.Generator
    classes: int
    """How many classes there are; 0 where values are predicted."""
    penalty: float
    """The strength of the sum of squared weights in the loss."""
    batch_size: int
    shuffle: bool
    losses: list[float] = field(default_factory=list)
    """The mean loss of each epoch, penalty included."""

    @classmethod
    def begin(cls, params: dict[str, Any], examples: Examples, classes: int, seed: int) -> "Training":
        """A new model and optimizer, from the parameters of an estimator."""
        for_model, for_order = np.random.default_rng(seed).spawn(2)
        outputs = classes or examples.y.shape[1]
        model = nn.MLP(
            [examples.x.shape[1], *widths(params["hidden_layer_sizes"]), outputs],
            activation=activation(params["activation"]),
            dropout=params["dropout"],
            norm=params["norm"],
            residual=params["residual"],
            rng=for_model,
        ).astype(examples.x.dtype)
        size = min(BATCH, len(examples.x)) if params["batch_size"] == "auto" else params["batch_size"]
        size = min(size, len(examples.x))
        penalty = params["alpha"] / (2 * size)
        return cls(model, optimizer(model, params, penalty), for_order, classes, penalty, size, params["shuffle"])

    def epoch(self, examples: Examples) -> float:
        """Learn once from every example; the mean loss."""
        self.model.train()
        loss = nn.cross_entropy if self.classes else squared_error
        size = min(self.batch_size, len(examples.x))
        total = 0.0
        for batch in Batches(examples, size, rng=self.rng, shuffle=self.shuffle):
            total += len(batch.x) * train_step(self.model, self.optimizer, batch, loss)
        squares = sum(float(np.vdot(p.data, p.data)) for p in self.model.parameters() if p.ndim >= 2)
        self.losses.append(total / len(examples.x) + self.penalty * squares)
        return self.losses[-1]

    def outputs(self, x: np.ndarray) -> np.ndarray:
        """What the model says to these inputs, `(N, outputs)`."""
        return outputs_of(self.model, x)


def outputs_of(model: nn.MLP, x: np.ndarray) -> np.ndarray:
    """What a model says to these inputs, `(N, outputs)`, without a tape."""
    with model.evaluating(), no_grad():
        return np.asarray(model(Tensor(x)).data)


class Patience:
    """When to stop: after more than so many epochs in a row that are not better than the best by ``tol``."""

    def __init__(self, epochs: float, tol: float):
        self.epochs, self.tol = epochs, tol
        self.best, self.waited = math.inf, 0

    def over(self, loss: float) -> bool:
        """Note one more epoch; whether it is time to stop.

        >>> patience = Patience(2, 0.1)
        >>> [patience.over(loss) for loss in (1.0, 0.5, 0.45, 0.45, 0.45)]
        [False, False, False, False, True]
        """
        self.waited = 0 if loss < self.best - self.tol else self.waited + 1
        self.best = min(self.best, loss)
        return self.waited > self.epochs


def optimizer(model: nn.MLP, params: dict[str, Any], penalty: float) -> optim.Optimizer:
    """The optimizer that the parameters ask for."""
    name, rate = params["solver"], params["learning_rate_init"]
    if params["learning_rate"] != "constant":
        if not callable(params["learning_rate"]):
            raise ValueError(
                f"learning_rate is 'constant' or a schedule such as optim.schedules.Cosine(0.01, 2000), "
                f"not {params['learning_rate']!r}"
            )
        rate = params["learning_rate"]
    regularizer = L2(penalty) if penalty else None
    if name in ADAMS:
        betas = params["beta_1"], params["beta_2"]
        return ADAMS[name](model, rate, betas=betas, eps=params["epsilon"], regularizer=regularizer)
    if name == "sgd":
        momentum = params["momentum"]
        nesterov = bool(params["nesterovs_momentum"] and momentum)
        return optim.SGD(model, rate, momentum=momentum, nesterov=nesterov, regularizer=regularizer)
    if name == "rmsprop":
        return optim.RMSprop(model, rate, eps=params["epsilon"], regularizer=regularizer)
    raise ValueError(f"solver is one of {', '.join(SOLVERS)}, not {name!r}")


def activation(name: Any) -> Any:
    """A name of scikit-learn's or of minigrad's, or a function that makes a module."""
    names = {"logistic": "sigmoid", "identity": nn.Identity}
    found = names.get(name, name) if isinstance(name, str) else name
    if isinstance(found, str) and found not in ACTIVATIONS:
        raise ValueError(f"activation is one of {', '.join(sorted([*names, *ACTIVATIONS]))}, not {name!r}")
    return found


def widths(sizes: Any) -> list[int]:
    """The widths of the hidden layers: a number, or several."""
    found = [sizes] if isinstance(sizes, (int, np.integer)) else list(sizes)
    if any(isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1 for n in found):
        raise ValueError(f"hidden_layer_sizes are whole numbers from 1, such as (64, 32), not {sizes!r}")
    return [int(n) for n in found]
