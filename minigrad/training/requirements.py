"""What must hold for training to be possible at all: otherwise it ends with an error that says what to change."""

import numpy as np

from minigrad.data import Examples
from minigrad.engine import Tensor, history
from minigrad.errors import DataError, GraphError, ShapeError

ROWS = 64
"""A model is tried on so many examples."""


def ops_in(value: Tensor) -> set[str]:
    """The names of the ops that a value was computed with."""
    return {x.op.name for x in history([value]) if x.op is not None}


def check_values(examples: Examples) -> None:
    """Raise DataError for the first value that is NaN or infinite."""
    for what, values in zip(("input", "target"), examples):
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            where = np.argwhere(~np.isfinite(values))
            row, *column = map(int, where[0])
            raise DataError(
                f"{len(where)} of {values.size} {what} values are not finite, the first in row {row}"
                f"{f', column {column[0]}' if column else ''}: fill them in, or leave these rows out"
            )


def check_output(output: Tensor, value, y: np.ndarray) -> None:
    """Raise ShapeError or GraphError where the model's answer cannot be trained towards the targets."""
    rows = min(ROWS, len(y))
    if not isinstance(value, Tensor) or not value.requires_grad:
        raise GraphError(
            "no gradient can flow: the loss is not computed on the tape from the output of the model; is there a "
            ".detach(), .numpy() or .item() in model or loss?"
        )
    if value.size != 1:
        raise ShapeError(f"the loss must be one number, but has shape {value.shape}: write reduction='mean'")
    if output.shape[:1] != (rows,):
        raise ShapeError(f"the model gives {output.shape} for {rows} rows: its first axis must be that of the rows")
    if y.dtype.kind in "iu" and output.ndim == 2 and y.ndim == 1 and "softmax_cross_entropy" in ops_in(value):
        low, high = int(y.min()), int(y.max())
        if high >= output.shape[1]:
            raise ShapeError(
                f"the targets are classes {low} to {high}, but the model has {output.shape[1]} outputs: "
                f"make the last layer {high + 1} wide"
            )
    target = (rows, *y.shape[1:])
    crossed = any(x.shape[:2] == (rows, rows) for x in history([value]) if x.age > output.age)
    if y.dtype.kind == "f" and output.shape != target and rows > 1 and crossed:
        raise ShapeError(
            f"the model gives {output.shape} for targets of shape {target}: they must be equal, for now the loss "
            f"compares every row with every other; write y.reshape(-1, {output.shape[-1]}), or change the last layer"
        )
