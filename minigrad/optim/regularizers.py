"""Penalties on weights, used in three ways: in the loss, as an optimizer's ``regularizer=``, or as a proximal step.

    loss = nn.cross_entropy(model(x), y) + L2(1e-4)(model)         in the loss
    SGD(model.parameters(), 0.1, regularizer=L2(1e-4))             the same steps, without the penalty in the loss
    SGD(model.parameters(), 0.1, regularizer=Proximal(L1(1e-4)))   weights that are exactly zero

A penalty is over weights, that is, over parameters of two or more dimensions: biases and the scales of normalization
layers are spared, unless ``where`` (a function of name and Tensor) says which parameters are meant.
"""

import math
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from minigrad.autograd import grad
from minigrad.engine import Tensor
from minigrad.modes import enable_grad
from minigrad.optim.hyperparameters import Described, check_positive
from minigrad.optim.parameters import named_tensors

Where = Callable[[str, Tensor], bool]
"""Which parameters are meant."""


@dataclass(frozen=True, repr=False)
class OnWeights(Described):
    """What acts on some parameters: those of two or more dimensions, or those that ``where`` picks."""

    _: KW_ONLY
    where: Where | None = None

    def covers(self, name: str, p: Tensor) -> bool:
        """Whether it acts on a parameter."""
        return p.ndim >= 2 if self.where is None else self.where(name, p)

    def covered(self, params: Any) -> list[tuple[str, Tensor]]:
        """The pairs of name and Tensor it acts on. A single Tensor is meant as it is; no Tensor at all is an error."""
        pairs = named_tensors(params)
        chosen = pairs if isinstance(params, Tensor) else [pair for pair in pairs if self.covers(*pair)]
        if not chosen:
            raise ValueError(
                f"{type(self).__name__} acts on none of {', '.join(name for name, _ in pairs) or 'no parameters'}: "
                "by default it takes those of 2 or more dimensions; write where=lambda name, p: True for all of them"
            )
        return chosen

    def added_to(self, g: np.ndarray, name: str, p: Tensor) -> np.ndarray:
        """The gradient that an optimizer goes on with."""
        return g

    def after_step(self, new: np.ndarray, name: str, p: Tensor, step: Callable[[], Any]) -> np.ndarray:
        """The values that an optimizer goes on with, after a step of that length."""
        return new


@dataclass(frozen=True, repr=False)
class Regularizer(OnWeights):
    """A penalty R(W): called with a model or parameters, it is the Tensor to add to the loss."""

    def __call__(self, params: Any) -> Tensor:
        first, *others = (self.penalty(w) for _, w in self.covered(params))
        return sum(others, first)

    def penalty(self, w: Tensor) -> Tensor:
        """The penalty on one parameter."""
        raise NotImplementedError

    def proximal(self, x: np.ndarray, step: Any) -> np.ndarray:
        """The minimum over ``w`` of ``penalty(w) + |w - x|**2 / (2 step)``."""
        raise TypeError(f"{type(self).__name__} has no proximal step here: L1, L2, ElasticNet and GroupLasso have one")

    def added_to(self, g, name, p):
        if not self.covers(name, p):
            return g
        with enable_grad():
            return g + grad(self.penalty(p), p)[0].data


@dataclass(frozen=True, repr=False)
class L2(Regularizer):
    """R(W) = strength * sum(w**2), with gradient 2 * strength * w: spreads the weight over all inputs.

    There is no half, as in the lecture and in Keras. PyTorch's ``weight_decay=d`` is ``L2(d / 2)``.

    >>> L2(0.1)([Tensor([[3.0, 4.0]])]).item()
    2.5
    """

    strength: float

    def __post_init__(self):
        check_positive("strength", self.strength, or_zero=True)

    def penalty(self, w):
        return self.strength * np.sum(np.square(w))

    def proximal(self, x, step):
        return x / (1 + 2 * step * self.strength)


@dataclass(frozen=True, repr=False)
class L1(Regularizer):
    """R(W) = strength * sum(|w|), with gradient strength * sign(w), 0 at 0: makes most weights small, a few large.

    Its proximal step is the soft threshold, which makes them exactly zero.

    >>> L1(0.1)([Tensor([[3.0, -4.0]])]).item()
    0.7000000000000001
    """

    strength: float

    def __post_init__(self):
        check_positive("strength", self.strength, or_zero=True)

    def penalty(self, w):
        return self.strength * np.sum(np.abs(w))

    def proximal(self, x, step):
        return x - np.clip(x, -step * self.strength, step * self.strength)


@dataclass(frozen=True, repr=False)
class ElasticNet(Regularizer):
    """R(W) = l1 * sum(|w|) + l2 * sum(w**2). Zou and Hastie, 2005."""

    l1: float
    l2: float

    def __post_init__(self):
        check_positive("l1", self.l1, or_zero=True)
        check_positive("l2", self.l2, or_zero=True)

    def penalty(self, w):
        return L1(self.l1).penalty(w) + L2(self.l2).penalty(w)

    def proximal(self, x, step):
        return L2(self.l2).proximal(L1(self.l1).proximal(x, step), step)


@dataclass(frozen=True, repr=False)
class GroupLasso(Regularizer):
    """R(W) = strength * sum over groups of sqrt(size of the group) * |w_group|: whole groups become zero together.

    A group is one row of a weight of shape `(out, in)`, so all weights into one unit; with ``axis=0`` it is one
    column, all weights from one input. The gradient at a group of zeros is 0. Yuan and Lin, 2006, eq. 2.1.
    """

    strength: float
    _: KW_ONLY
    axis: int = 1

    def __post_init__(self):
        check_positive("strength", self.strength, or_zero=True)

    def penalty(self, w):
        return self.strength * math.sqrt(w.shape[self.axis]) * np.sum(np.linalg.norm(w, axis=self.axis))

    def proximal(self, x, step):
        if np.ndim(step):
            raise TypeError("the proximal step of GroupLasso needs one step length for the whole group: use SGD")
        threshold = step * self.strength * math.sqrt(x.shape[self.axis])
        norms = np.linalg.norm(x, axis=self.axis, keepdims=True)
        return x * np.where(norms > threshold, 1 - threshold / np.maximum(norms, threshold), 0)


@dataclass(frozen=True, repr=False)
class Orthogonal(Regularizer):
    """R(W) = strength * |W W.T - I|**2, or of W.T W where W has more rows than columns. Bansal et al., 2018, eq. 4."""

    strength: float

    def __post_init__(self):
        check_positive("strength", self.strength, or_zero=True)

    def penalty(self, w):
        w = np.reshape(w, (w.shape[0], -1))
        w = w if w.shape[0] <= w.shape[1] else np.transpose(w)
        identity = np.eye(w.shape[0], dtype=w.dtype, like=w.data)
        return self.strength * np.sum(np.square(w @ np.transpose(w) - identity))


@dataclass(frozen=True, repr=False)
class Proximal(OnWeights):
    """Instead of its gradient, the proximal step of a penalty, after each step of the optimizer.

    For L1 that is ``w = sign(w) * max(|w| - lr * strength, 0)``, the soft threshold: zeros are exact. Where the
    optimizer divides its gradient element by element, the step is divided alike. Parikh and Boyd, 2014, section 4.2.

    >>> from minigrad.optim import SGD
    >>> w = Tensor([[0.3, 2.0]], requires_grad=True, name="w")
    >>> opt = SGD([w], lr=0.5, regularizer=Proximal(L1(1.0)))
    >>> w.grad = np.zeros((1, 2))
    >>> opt.step()
    >>> w.data
    array([[0. , 1.5]])
    >>> print(opt.regularizer.sparsity([w]))
    w    1 of 2 weights are 0    50.0 %
    """

    penalty: Regularizer

    def covers(self, name, p):
        return self.penalty.covers(name, p) if self.where is None else self.where(name, p)

    def after_step(self, new, name, p, step):
        return self.penalty.proximal(new, step()) if self.covers(name, p) else new

    def sparsity(self, params: Any) -> "Sparsity":
        """How many of the weights it acts on are exactly zero."""
        return sparsity(self.covered(params), where=lambda name, p: True)


@dataclass(frozen=True)
class Sparsity:
    """How many weights are exactly zero, by parameter: ``{name: (zeros, size)}``."""

    counts: dict[str, tuple[int, int]]

    @property
    def fraction(self) -> float:
        """The share of zeros in all weights together."""
        return sum(zeros for zeros, _ in self.counts.values()) / sum(size for _, size in self.counts.values())

    def __str__(self):
        width = max(map(len, self.counts))
        return "\n".join(
            f"{name:{width}}    {zeros} of {size} weights are 0    {zeros / size:.1%}".replace("%", " %")
            for name, (zeros, size) in self.counts.items()
        )


def sparsity(params: Any, *, where: Where | None = None) -> Sparsity:
    """How many weights of a model are exactly zero."""
    pairs = OnWeights(where=where).covered(params)
    return Sparsity({name: (int(p.size - np.count_nonzero(p.data)), p.size) for name, p in pairs})
