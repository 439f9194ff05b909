"""The whole of a model as ONNX: raw columns in; logits, probabilities and labels, or values in their own units, out.

======================= ============================ ========================================================
input ``numbers``       double, `(N, columns)`       the columns of numbers as they are; NaN where missing
input ``texts``         string, `(N, columns)`       the columns of text, if there are any; empty where missing
input ``x``             float, `(N, features)`       instead of both, where no preprocessing is given
output ``logits``       float, `(N, classes)`        with ``probabilities`` of the same shape and ``label``, `(N,)`
output ``values``       float, `(N, outputs)`        instead, where values are predicted
======================= ============================ ========================================================

Which columns these are, their statistics and their categories stand in the metadata of the file.
"""

import json
import os
from typing import Any

import numpy as np

import minigrad
from minigrad.data.preprocessing import Category, Labels, Number, Preprocessing, Values
from minigrad.nn import Module
from minigrad.nn.files import write_atomically
from minigrad.nn.layers import Linear
from minigrad.onnx.graph import IR_VERSION, OPSETS, Graph, package
from minigrad.onnx.layers import ExportError, layer


def save(model: Module, path: str | os.PathLike, preprocessing: Preprocessing | None = None, **about: str) -> Any:
    """Write a model to an ONNX file, whole or not at all, and return it; ``about`` goes into its metadata.

    Raises :class:`~minigrad.onnx.ExportError` for a layer that is not known in ONNX here, and
    :class:`~minigrad.errors.MinigradError` if the package ``onnx`` is not there.
    """
    proto = model_proto(model, preprocessing, **about)
    write_atomically(path, proto.SerializeToString())
    return proto


def model_proto(model: Module, preprocessing: Preprocessing | None = None, **about: str) -> Any:
    """The ``onnx.ModelProto`` of a model in evaluation, checked by ``onnx.checker``. Weights become float32."""
    onnx, g = package(), Graph()
    x, inputs = _inputs(g, preprocessing, model)
    y = layer(g, model, x)
    g.prefix = ""
    outputs = _outputs(g, y, preprocessing)
    graph = g.helper.make_graph(g.nodes, "minigrad", inputs, outputs, g.constants)
    opsets = [g.helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
    proto = g.helper.make_model(
        graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="minigrad",
        producer_version=minigrad.__version__, doc_string=__doc__,
    )  # fmt: skip
    notes = {"preprocessing": json.dumps(preprocessing.to_dict())} if preprocessing else {}
    g.helper.set_model_props(proto, notes | about)
    onnx.checker.check_model(proto, full_check=True)
    return proto


def columns_of(preprocessing: Preprocessing) -> tuple[list[str], list[str]]:
    """The columns of the inputs ``numbers`` and ``texts``, in order."""
    numbers = [column.column for column in preprocessing.inputs if isinstance(column, Number)]
    return numbers, [column.column for column in preprocessing.inputs if isinstance(column, Category)]


def _inputs(g: Graph, preprocessing: Preprocessing | None, model: Module) -> tuple[str, list[Any]]:
    """The name of the features, and the declarations of the inputs that they are made of."""
    types = package().TensorProto
    if preprocessing is None:
        first = next((m for m in model.modules() if isinstance(m, Linear)), None)
        if first is None:
            raise ExportError("the model has no Linear layer that would say how wide its input is")
        return "x", [g.helper.make_tensor_value_info("x", types.FLOAT, ["N", first.in_features])]
    numbers, texts = columns_of(preprocessing)
    declared, parts = [], []
    places: dict[tuple[str, int], int] = {}
    width = 0
    if numbers:
        declared.append(g.helper.make_tensor_value_info("numbers", types.DOUBLE, ["N", len(numbers)]))
        parts += _numbers(g, [c for c in preprocessing.inputs if isinstance(c, Number)])
        for i, name in enumerate(numbers):
            places[name, 0], places[name, 1] = i, len(numbers) + i
        width = 2 * len(numbers) if len(parts) == 2 else len(numbers)
    if texts:
        declared.append(g.helper.make_tensor_value_info("texts", types.STRING, ["N", len(texts)]))
        for i, column in enumerate(c for c in preprocessing.inputs if isinstance(c, Category)):
            parts += _category(g, column, i)
            places.update({(column.column, j): width + j for j in range(len(column.features))})
            width += len(column.features)
    order = [places[column.column, j] for column in preprocessing.inputs for j in range(len(column.features))]
    x = parts[0] if len(parts) == 1 else g.add("Concat", *parts, axis=1)
    if order != list(range(width)):
        x = g.add("Gather", x, g.constant(order, "int64", "order"), axis=1)
    return x, declared


def _numbers(g: Graph, columns: list[Number]) -> list[str]:
    """What is missing filled in, then standardized, in double; and where a column wants it, 1 for what was missing."""
    fill, mean, std = (
        g.constant([getattr(c, key) for c in columns], "float64", key) for key in ("fill", "mean", "std")
    )
    missing = g.add("IsNaN", "numbers")
    scaled = g.add("Div", g.add("Sub", g.add("Where", missing, fill, "numbers"), mean), std)
    to = package().TensorProto.FLOAT
    parts = [g.add("Cast", scaled, to=to)]
    return [*parts, g.add("Cast", missing, to=to)] if any(c.indicator for c in columns) else parts


def _category(g: Graph, column: Category, place: int) -> list[str]:
    """1 at the level that stands there, and for all others a last feature if the column has it."""
    text = g.add("Gather", "texts", g.constant(place, "int64", "column"), axis=1)
    hot = g.add("OneHotEncoder", text, domain="ai.onnx.ml", cats_strings=list(column.levels), zeros=1)
    if not column.other:
        return [hot]
    known = g.add("ReduceMax", hot, axes=[1], keepdims=1)
    return [hot, g.add("Sub", g.constant(1.0), known)]


def _outputs(g: Graph, y: str, preprocessing: Preprocessing | None) -> list[Any]:
    """The declarations of the outputs, which are made of what the last layer gives."""
    types, target = package().TensorProto, preprocessing and preprocessing.target
    if isinstance(target, Labels):
        g.add("Identity", y, name="logits")
        g.add("Softmax", "logits", name="probabilities", axis=1)
        best = g.add("ArgMax", "logits", axis=1, keepdims=0)
        names = list(target.labels)
        g.add(
            "LabelEncoder", best, domain="ai.onnx.ml", name="label", keys_int64s=list(range(len(names))),
            values_strings=names, default_string="",
        )  # fmt: skip
        kinds = {"logits": types.FLOAT, "probabilities": types.FLOAT, "label": types.STRING}
        shapes = {"logits": ["N", len(names)], "probabilities": ["N", len(names)], "label": ["N"]}
        return [g.helper.make_tensor_value_info(name, kinds[name], shapes[name]) for name in kinds]
    if isinstance(target, Values):
        scaled = g.add("Mul", y, g.constant(np.array(target.std), name="std"))
        g.add("Add", scaled, g.constant(np.array(target.mean), name="mean"), name="values")
        return [g.helper.make_tensor_value_info("values", types.FLOAT, ["N", len(target.columns)])]
    g.add("Identity", y, name="y")
    return [g.helper.make_tensor_value_info("y", types.FLOAT, ["N", "outputs"])]
