"""Gradient clipping: all gradients scaled down together by their norm, or each element cut off."""

import math
from typing import Any

import numpy as np

from minigrad.effects import effect
from minigrad.engine import Tensor
from minigrad.optim.hyperparameters import check_positive
from minigrad.optim.parameters import gradient_of, is_finite, named_tensors, non_finite


@effect
def clip_grad_norm(params: Any, max_norm: float, *, norm_type: float = 2.0) -> float:
    """Scale all gradients down together, so that the norm of all their elements is at most ``max_norm``.

    ``g *= max_norm / (norm + 1e-6)`` where that factor is below 1; otherwise nothing is touched. Returns the norm
    before. ``norm_type`` is the p of the p-norm, ``math.inf`` for the largest magnitude. Raises NonFiniteError, with
    the name of the parameter and all gradients untouched, if one is not finite. Pascanu et al., 2013, algorithm 1.

    >>> w = Tensor([0.0, 0.0], requires_grad=True)
    >>> w.grad = np.array([3.0, 4.0])
    >>> clip_grad_norm([w], 1.0)
    5.0
    >>> w.grad.round(4)
    array([0.6, 0.8])
    """
    for name, value in (("max_norm", max_norm), ("norm_type", norm_type)):
        if value != math.inf:
            check_positive(name, value)
    gradients = _finite_gradients(params)
    norm = total_norm([g for _, g in gradients], norm_type)
    factor = max_norm / (norm + 1e-6)
    if factor < 1:
        for p, g in gradients:
            p.grad = g * factor
    return norm


@effect
def clip_grad_value(params: Any, limit: float) -> None:
    """g = min(max(g, -limit), limit) for every element of every gradient; one that is not finite is an error."""
    check_positive("limit", limit)
    for p, g in _finite_gradients(params):
        p.grad = np.clip(g, -limit, limit)


def total_norm(arrays: list[np.ndarray], norm_type: float = 2.0) -> float:
    """The p-norm of all elements together, without overflow: a power of 2 is divided out first, which is exact.

    >>> f"{total_norm([np.array([3e200]), np.array([[4e200]])]):.6g}"
    '5e+200'
    """
    largest = max((float(np.max(np.abs(x), initial=0)) for x in arrays), default=0.0)
    if largest == 0 or norm_type == math.inf:
        return largest
    scale = 2.0 ** (math.frexp(largest)[1] - 1)
    powers = (float(np.sum(np.abs(x / scale, dtype=float) ** norm_type)) for x in arrays)
    return scale * sum(powers) ** (1 / norm_type)


def _finite_gradients(params: Any) -> list[tuple[Tensor, np.ndarray]]:
    once = {p: name for name, p in reversed(named_tensors(params))}  # tied parameters may be listed twice
    pairs = [(name, p, gradient_of(name, p)) for p, name in reversed(once.items()) if p.grad is not None]
    with np.errstate(all="ignore"):
        unclippable = [(name, g) for name, _, g in pairs if not is_finite(g)]
    for name, g in unclippable:
        raise non_finite(f"the gradient of {name}", g, "no gradient was clipped")
    return [(p, g) for _, p, g in pairs]
