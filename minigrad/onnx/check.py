"""Whether an ONNX file gives the answers of the model it was made of, where onnxruntime is installed."""

from typing import Any

import numpy as np

from minigrad.data.preprocessing import Category, Number, Preprocessing, Table, Texts
from minigrad.engine import Tensor
from minigrad.modes import no_grad
from minigrad.nn import Module
from minigrad.onnx.export import columns_of

ROWS = 200


def largest_difference(proto: Any, model: Module, preprocessing: Preprocessing, rng=None) -> float | None:
    """The largest difference of any output, as a part of the largest output, over random rows.

    Among them are missing numbers and texts that no training row had. None if onnxruntime is not installed.
    """
    try:
        import onnxruntime
    except ImportError:
        return None
    table, feeds = rows(preprocessing, rng=rng)
    said = onnxruntime.InferenceSession(proto.SerializeToString()).run(None, feeds)[0]
    expected = answers(model, preprocessing, table)
    return float(np.max(np.abs(said - expected)) / max(1.0, float(np.max(np.abs(expected)))))


def answers(model: Module, preprocessing: Preprocessing, table: Table) -> np.ndarray:
    """What minigrad says to the rows of a table: logits, or values in their own units."""
    dtype = next(iter(model.parameters())).dtype
    with model.evaluating(), no_grad():
        y = np.asarray(model(Tensor(preprocessing.inputs_of(table).astype(dtype))).data)
    target = preprocessing.target
    return y if target is None or hasattr(target, "labels") else np.asarray(target.answers(y))


def rows(preprocessing: Preprocessing, *, rng=None, count: int = ROWS) -> tuple[Table, dict[str, np.ndarray]]:
    """Random rows as minigrad takes them and as ONNX does."""
    rng = np.random.default_rng(rng)
    columns: dict[str, Any] = {}
    for column in preprocessing.inputs:
        if isinstance(column, Number):
            values = column.mean + 2 * column.std * rng.standard_normal(count)
            columns[column.column] = np.where(rng.random(count) < 0.05, np.nan, values)
        elif isinstance(column, Category):
            levels = [*column.levels, "never seen before"]
            columns[column.column] = Texts.of([levels[i] for i in rng.integers(len(levels), size=count)])
    numbers, texts = columns_of(preprocessing)
    feeds = {}
    if numbers:
        feeds["numbers"] = np.stack([columns[name] for name in numbers], axis=1)
    if texts:
        cells = [np.array(columns[name].levels, dtype=object)[columns[name].codes] for name in texts]
        feeds["texts"] = np.stack(cells, axis=1)
    return Table(columns, count), feeds
