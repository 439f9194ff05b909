"""Losses as functions, named as in ``torch.nn.functional``: what the model says first, what was wanted second.

``reduction`` is "mean", "sum" or "none". Shapes must be equal: nothing is ever broadcast, because `(N,)` against
`(N, 1)` would become `(N, N)` and train towards the mean.
"""

import math

import numpy as np

from minigrad.errors import DataError, ShapeError
from minigrad.nn.reductions import as_arrays, reduced, same_shape, times
from minigrad.ops.activations import softplus
from minigrad.ops.binary import xlogy
from minigrad.ops.fused import mean_squared_error, sigmoid_cross_entropy


def mse_loss(prediction, target, *, reduction: str = "mean"):
    """(x - t)**2."""
    prediction, target = same_shape("mse_loss", prediction, target)
    if reduction == "mean" and prediction.size:
        return mean_squared_error(prediction, target)
    return reduced(np.square(prediction - target), reduction)


def l1_loss(prediction, target, *, reduction: str = "mean"):
    """|x - t|; the slope at 0 is taken to be 0."""
    prediction, target = same_shape("l1_loss", prediction, target)
    return reduced(np.abs(prediction - target), reduction)


def huber_loss(prediction, target, *, delta: float = 1.0, reduction: str = "mean"):
    """(x - t)**2 / 2 where ``|x - t| <= delta``, else ``delta (|x - t| - delta / 2)`` (Huber 1964)."""
    if not delta > 0:
        raise ValueError(f"huber_loss: delta must be positive, not {delta}")
    prediction, target = same_shape("huber_loss", prediction, target)
    size = np.abs(prediction - target)
    inside = np.minimum(size, delta)  # its square cannot overflow where the other branch is taken
    return reduced(inside * (size - inside / 2), reduction)


def smooth_l1_loss(prediction, target, *, beta: float = 1.0, reduction: str = "mean"):
    """huber_loss / beta: (x - t)**2 / (2 beta) where |x - t| < beta, else |x - t| - beta / 2; l1_loss for beta 0."""
    if not beta >= 0:
        raise ValueError(f"smooth_l1_loss: beta must not be negative, but is {beta}")
    prediction, target = same_shape("smooth_l1_loss", prediction, target)
    if beta == 0:
        return l1_loss(prediction, target, reduction=reduction)
    return huber_loss(prediction, target, delta=beta, reduction=reduction) / beta


def binary_cross_entropy_with_logits(logits, target, *, weight=None, pos_weight=None, reduction: str = "mean"):
    """-t log sigmoid(x) - (1 - t) log(1 - sigmoid(x)), computed from x without overflow.

    ``target`` is in [0, 1]: outside, DataError is raised, for there the loss has no minimum. ``weight`` multiplies the
    result, ``pos_weight`` the term of the positive class; both are broadcast.
    """
    logits, target = same_shape("binary_cross_entropy_with_logits", logits, target)
    _check_probabilities("binary_cross_entropy_with_logits", target)
    if pos_weight is None:
        values = sigmoid_cross_entropy(logits, target)
    else:
        values = pos_weight * target * softplus(-logits) + (1 - target) * softplus(logits)
    return reduced(_weighted(values, weight), reduction)


def binary_cross_entropy(probabilities, target, *, weight=None, reduction: str = "mean"):
    """-t log p - (1 - t) log(1 - p), each logarithm held above -100, as in PyTorch.

    Raises :class:`~minigrad.errors.DataError` for a p outside [0, 1]. From logits use
    :func:`binary_cross_entropy_with_logits`, which is exact for p near 0 and 1 too.
    """
    probabilities, target = same_shape("binary_cross_entropy", probabilities, target)
    _check_probabilities("binary_cross_entropy", target)
    if not np.all((probabilities >= 0) & (probabilities <= 1)):
        raise DataError(
            "binary_cross_entropy needs probabilities in [0, 1]: apply a sigmoid before it, "
            "or write binary_cross_entropy_with_logits(logits, target)"
        )
    yes, no = np.maximum(np.log(probabilities), -100.0), np.maximum(np.log1p(-probabilities), -100.0)
    return reduced(_weighted(-(target * yes + (1 - target) * no), weight), reduction)


def kl_div(log_probabilities, target, *, log_target: bool = False, reduction: str = "mean"):
    """t (log t - x), where x is a log-probability, as log_softmax gives it; 0 where t is 0.

    ``reduction="batchmean"`` is the Kullback-Leibler divergence: the sum divided by the number of rows. With
    ``log_target`` the target is given as log-probabilities too.
    """
    x, target = same_shape("kl_div", log_probabilities, target)
    terms = np.exp(target) * (target - x) if log_target else xlogy(target, target) - times(target, x)
    if reduction == "batchmean":
        return reduced(terms, "sum") / x.shape[0]
    return reduced(terms, reduction)


def gaussian_nll_loss(mean, target, variance, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean"):
    """(log v + (x - t)**2 / v) / 2, where ``v = max(variance, eps)``; ``full`` adds log(2 pi) / 2.

    ``variance`` has the shape of the mean, or 1 in its last axis: one variance for each row.
    """
    mean, target = same_shape("gaussian_nll_loss", mean, target)
    (variance,) = as_arrays(variance)
    if variance.shape not in (mean.shape, (*mean.shape[:-1], 1)):
        raise ShapeError(
            f"gaussian_nll_loss: variance must have shape {mean.shape} or {(*mean.shape[:-1], 1)}, not {variance.shape}"
        )
    if np.any(variance < 0):
        raise DataError(
            "gaussian_nll_loss: a variance is negative: let the model give its logarithm, and pass np.exp of it"
        )
    variance = np.maximum(variance, eps)
    values = (np.log(variance) + np.square(mean - target) / variance) / 2
    return reduced(values + math.log(2 * math.pi) / 2 if full else values, reduction)


def hinge_embedding_loss(distance, target, *, margin: float = 1.0, reduction: str = "mean"):
    """x where the target is 1, max(0, margin - x) where it is -1."""
    distance, target = same_shape("hinge_embedding_loss", distance, target)
    _check_signs("hinge_embedding_loss", target)
    return reduced(np.where(target == 1, distance, np.maximum(margin - distance, 0.0)), reduction)


def cosine_embedding_loss(x1, x2, target, *, margin: float = 0.0, reduction: str = "mean"):
    """1 - cos where the target is 1, max(0, cos - margin) where it is -1.

    ``x1`` and ``x2`` are `(N, D)` or `(D,)`, ``target`` `(N,)` or a number; cos is that of the angle between the rows.
    """
    x1, x2 = same_shape("cosine_embedding_loss", x1, x2)
    cos = np.sum(x1 * x2, axis=-1) / np.sqrt((np.sum(x1 * x1, axis=-1) + 1e-12) * (np.sum(x2 * x2, axis=-1) + 1e-12))
    cos, target = same_shape("cosine_embedding_loss", cos, target)
    _check_signs("cosine_embedding_loss", target)
    return reduced(np.where(target == 1, 1 - cos, np.maximum(cos - margin, 0.0)), reduction)


def _weighted(values, weight):
    return values if weight is None else values * weight


def _check_probabilities(loss: str, target) -> None:
    values = getattr(target, "_data", target)
    if values.size and not (values.min() >= 0 and values.max() <= 1):
        raise DataError(
            f"{loss}: every target must lie in [0, 1], but they lie in [{values.min():.4g}, {values.max():.4g}]: "
            "from targets -1 and 1 write (target + 1) / 2; of several classes, cross_entropy is the loss"
        )


def _check_signs(loss: str, target) -> None:
    if not np.all((target == 1) | (target == -1)):
        raise DataError(f"{loss}: every target must be 1 or -1; from targets 0 and 1 write 2 * target - 1")
