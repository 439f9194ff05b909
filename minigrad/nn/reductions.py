"""What all losses share: arrays in, shapes compared, one number out."""

import math

import numpy as np

from minigrad.arrays import as_array
from minigrad.errors import ShapeError


def reduced(values, reduction: str):
    """The mean or sum of the values of a loss, or the values themselves for "none"; the mean of no values is NaN."""
    if reduction == "mean":
        return np.mean(values) if values.size else averaged(np.sum(values), 0)
    if reduction == "sum":
        return np.sum(values)
    if reduction == "none":
        return values
    raise ValueError(f"reduction must be 'mean', 'sum' or 'none', not {reduction!r}")


def averaged(total, count: float):
    """total / count; NaN, as in PyTorch, if nothing was counted."""
    return total / count if count else total * math.nan


def as_arrays(*operands) -> tuple:
    """Tensors and arrays as they are, numbers and lists as arrays."""
    return tuple([as_array(x) for x in operands])


def times(share, x):
    """``share * x``, and 0 where the share is 0, even of an infinity: what has no share cannot matter."""
    return share * np.where(np.equal(share, 0), np.zeros_like(x), x)


def same_shape(loss: str, prediction, target) -> tuple:
    """Both as arrays. Raises :class:`~minigrad.errors.ShapeError` if a broadcast would be needed."""
    prediction, target = as_arrays(prediction, target)
    if prediction.shape == target.shape:
        return prediction, target
    message = (
        f"{loss}: prediction and target must have the same shape, but they have {prediction.shape} and {target.shape}"
    )
    if math.prod(prediction.shape) == math.prod(target.shape):
        message += f": write target.reshape{_call(prediction.shape)} or prediction.reshape{_call(target.shape)}"
    raise ShapeError(message)


def _call(shape: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, shape))})"
