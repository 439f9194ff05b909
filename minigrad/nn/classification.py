"""Losses of a choice among classes. Scores are `(N, classes)`, `(classes,)` or `(N, classes, ...)`, as in PyTorch."""

import warnings

import numpy as np

from minigrad.arrays import as_array
from minigrad.declare import plain
from minigrad.engine import Tensor
from minigrad.errors import DtypeError, ShapeError
from minigrad.nn.reductions import as_arrays, averaged, reduced, times
from minigrad.ops import fused
from minigrad.source import user_frame


def cross_entropy(
    logits, target, *, weight=None, ignore_index: int = -100, label_smoothing: float = 0.0, reduction: str = "mean"
):
    """-log of the softmax of the target class.

    ``target`` holds class numbers, one for each row of logits, or the probabilities of all classes, of the shape of
    the logits. ``weight`` `(classes,)` multiplies the loss of each class; the mean then divides by the sum of the
    weights met. Rows whose target is ``ignore_index`` count for nothing; if all do, the mean is NaN and its
    gradient 0. ``label_smoothing`` s takes the share s of each target and spreads it evenly over all classes.

    Warns, once for each source line, when the logits came out of a softmax: the loss contains one.

    >>> import minigrad as mg
    >>> cross_entropy(mg.tensor([[2.0, 0.0], [0.0, 0.0]]), np.array([0, 1])).item()
    0.41003759...
    """
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy: label_smoothing must lie in [0, 1], not {label_smoothing}")
    logits, target = as_arrays(logits, target)
    _warn_of_softmax(logits)
    usual = reduction == "mean" and weight is None and not label_smoothing and ignore_index < 0
    if usual and logits.ndim == 2 and target.size:
        try:
            return fused.softmax_cross_entropy(logits, target, mean=True)
        except (IndexError, DtypeError, ShapeError):
            pass  # probabilities, or some rows are to be ignored, or what is wrong is said below
    probabilities = target.shape == logits.shape and target.dtype.kind == "f"
    logits = _classes_last(logits)
    weight = _class_weights(weight, logits, "cross_entropy")
    if probabilities:
        return _against_probabilities(logits, _classes_last(target), weight, label_smoothing, reduction)
    target, ignored = _class_numbers(target, logits, ignore_index, "cross_entropy")
    if ignored is not None:  # so that not even an infinity in these rows matters
        logits = np.where(np.expand_dims(ignored, -1), 0.0, logits)
    values = fused.softmax_cross_entropy(logits, target)
    values = values if weight is None else values * weight[target]
    if label_smoothing:
        log_p = fused.log_softmax(logits)
        spread = -np.mean(log_p if weight is None else log_p * weight, axis=-1)
        values = (1 - label_smoothing) * values + label_smoothing * spread
    return _reduced_rows(values, target, ignored, weight, reduction)


def nll_loss(log_probabilities, target, *, weight=None, ignore_index: int = -100, reduction: str = "mean"):
    """-x of the target class, where x are log-probabilities, as log_softmax gives them.

    ``target``, ``weight`` and ``ignore_index`` are those of :func:`cross_entropy`.
    """
    log_p, target = as_arrays(log_probabilities, target)
    log_p = _classes_last(log_p)
    weight = _class_weights(weight, log_p, "nll_loss")
    target, ignored = _class_numbers(target, log_p, ignore_index, "nll_loss")
    values = -_chosen(log_p, target)
    values = values if weight is None else values * weight[target]
    return _reduced_rows(values, target, ignored, weight, reduction)


def hinge_loss(scores, target, *, margin: float = 1.0, reduction: str = "mean"):
    """The multi-class SVM loss: the sum over all wrong classes of max(0, score - score of the target + margin).

    The sum, not PyTorch's mean over the classes: ``multi_margin_loss`` is this divided by their number
    (Weston, Watkins 1999; Crammer, Singer 2001).
    """
    scores, target = as_arrays(scores, target)
    target, _ = _class_numbers(target, scores, None, "hinge_loss")
    excess = np.maximum(scores - np.expand_dims(_chosen(scores, target), -1) + margin, 0.0)
    right = np.arange(scores.shape[-1]) == np.expand_dims(target, -1)
    return reduced(np.sum(np.where(right, 0.0, excess), axis=-1), reduction)


def _against_probabilities(logits, target, weight, smoothing, reduction):
    if smoothing:
        target = target * (1 - smoothing) + smoothing / logits.shape[-1]
    if weight is not None:
        target = target * weight
    return reduced(-np.sum(times(target, fused.log_softmax(logits)), axis=-1), reduction)


def _reduced_rows(values, target, ignored, weight, reduction):
    """As :func:`reduced`, but ignored rows are 0, and the mean is weighted as the rows are."""
    if weight is None and ignored is None:
        return reduced(values, reduction)
    ignored = np.False_ if ignored is None else ignored
    values = np.where(ignored, 0.0, values)
    if reduction != "mean":
        return reduced(values, reduction)
    counted = np.where(ignored, 0.0, 1.0 if weight is None else weight[target])
    return averaged(np.sum(values), float(np.sum(counted)))


def _classes_last(x):
    if not x.ndim:
        raise ShapeError("scores of classes need an axis of classes, got a single number: write shape (N, classes)")
    return np.moveaxis(x, 1, -1) if x.ndim > 2 else x


def _chosen(scores, target):
    """The score of the target class of each row."""
    return scores[(*np.indices(target.shape), target)]


def _class_numbers(target, scores, ignore_index: int | None, loss: str) -> tuple:
    """The plain class numbers, one for each row of scores, with 0 where ignored; and where that is, or None."""
    target, classes = as_array(plain(target)), scores.shape[-1]
    if target.dtype.kind not in "iu":
        raise DtypeError(
            f"{loss}: the target must be class numbers, integers and not {target.dtype}: write target.astype(int)"
        )
    if target.shape != scores.shape[:-1]:
        raise ShapeError(
            f"{loss}: a target of shape {target.shape} does not go with scores of shape {scores.shape}: "
            f"it must be one class number for each row, of shape {scores.shape[:-1]}"
        )
    if fused.exist(target, classes) and ignore_index not in range(classes):
        return target, None
    ignored = target == ignore_index
    target = np.where(ignored, 0, target)
    if not fused.exist(target, classes):
        wrong = target[(target < 0) | (target >= classes)][0]
        raise IndexError(f"{loss}: the target holds the class {wrong}, but there are only the {classes} from 0 on")
    return target, ignored if ignored.any() else None


def _class_weights(weight, scores, loss: str):
    """The weight of each class in the dtype of the scores, or None."""
    if weight is None:
        return None
    weight = as_array(plain(weight)).astype(scores.dtype)
    if weight.shape != scores.shape[-1:]:
        raise ShapeError(
            f"{loss}: weight must have shape {scores.shape[-1:]}, a number for each class, not {weight.shape}"
        )
    return weight


def _warn_of_softmax(logits) -> None:
    if isinstance(logits, Tensor) and logits.op is not None and logits.op.name == "softmax":
        frame = user_frame(2)
        warnings.warn_explicit(
            "cross_entropy got the output of a softmax, but it contains one itself, and two flatten the gradient: "
            f"pass the logits (softmax at {logits.source})",
            UserWarning,
            frame.f_code.co_filename,
            frame.f_lineno,
            registry=frame.f_globals.setdefault("__warningregistry__", {}),
        )
