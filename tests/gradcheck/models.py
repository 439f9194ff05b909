"""A model of 26 ops of many kinds, and broken formulas to plant into one of its nodes."""

import copy

import numpy as np

import minigrad as mg
from minigrad.engine import history

LABELS = np.array([0, 2, 1, 2, 0, 1])
ROWS = np.array([0, 1, 1, 3, 4, 4])


def parameters(seed: int) -> dict[str, mg.Tensor]:
    """Fresh leaves: an embedding, weights, a bias, a scale."""
    rng = np.random.default_rng(seed)
    shapes = {"emb": (5, 4), "w": (4, 4), "b": (4,), "scale": (4,), "u": (4, 3)}
    return {
        name: mg.tensor(rng.standard_normal(shape) + 0.2, requires_grad=True, name=name)
        for name, shape in shapes.items()
    }


def model(p: dict[str, mg.Tensor]) -> mg.Tensor:
    """The loss of a model with fan-outs, broadcasting, repeated indices and kinks."""
    x = p["emb"][ROWS]
    h = np.tanh(np.matmul(x, p["w"]) + p["b"])
    centred = h - np.mean(h, axis=1, keepdims=True)
    spread = np.sqrt(np.mean(np.square(centred), axis=1, keepdims=True))
    h = centred / spread * p["scale"]
    h = mg.relu(h) + np.transpose(np.transpose(mg.sigmoid(h)))
    h = np.concatenate([h, np.exp(np.abs(np.negative(h)))], axis=0)
    h = np.cumsum(h, axis=0)[:6]
    logits = np.matmul(h, p["u"])
    return mg.softmax_cross_entropy(mg.log_softmax(logits), LABELS).sum()


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def overwritten(g, x, index):
    full = np.zeros_like(x)
    full[index] = g
    return full


def flipped(g, where):
    """The gradient with the sign of one element flipped."""
    return np.where(np.arange(g.size).reshape(g.shape) == where, -g, g)


FAULTS = {
    "getitem: repeated rows overwritten": ("getitem", 0, 0, lambda g, y, x, index: overwritten(g, x, index)),
    "matmul: transpose missing": ("matmul", 0, 0, lambda g, y, a, b: g @ b),
    "matmul: divided by the batch": ("matmul", 0, 1, lambda g, y, a, b: a.T @ g / 6),
    "matmul: one element of the sign flipped": ("matmul", 1, 1, lambda g, y, a, b: flipped(a.T @ g, 5)),
    "add: mean over the broadcast axis": ("add", 0, 1, lambda g, y, a, b: np.mean(g, axis=0)),
    "add: the first row alone": ("add", 0, 1, lambda g, y, a, b: g[0]),
    "tanh: of the argument": ("tanh", 0, 0, lambda g, y, x: g * (1 - x * x)),
    "tanh: too large by 0.01 %": ("tanh", 0, 0, lambda g, y, x: 1.0001 * g * (1 - y * y)),
    "mean: not divided": ("mean", 0, 0, lambda g, y, x, *_, **__: np.broadcast_to(g, x.shape)),
    "mean: divided by all elements": ("mean", 1, 0, lambda g, y, x, *_, **__: np.broadcast_to(g / x.size, x.shape)),
    "subtract: sign": ("subtract", 0, 1, lambda g, y, a, b: g),
    "square: factor 2": ("square", 0, 0, lambda g, y, x: g * x),
    "sqrt: factor 2": ("sqrt", 0, 0, lambda g, y, x: g / y),
    "divide: sign": ("divide", 0, 1, lambda g, y, a, b: g * a / b**2),
    "divide: power": ("divide", 0, 1, lambda g, y, a, b: -g * a / b),
    "multiply: the other operand": ("multiply", 0, 0, lambda g, y, a, b: g * a),
    "relu: mask missing": ("relu", 0, 0, lambda g, y, x: g),
    "relu: mask of the gradient": ("relu", 0, 0, lambda g, y, x: g * (g > 0)),
    "sigmoid: factor missing": ("sigmoid", 0, 0, lambda g, y, x: g * y),
    "transpose: reshaped instead": ("transpose", 1, 0, lambda g, y, x, *_, **__: np.reshape(g, x.shape)),
    "abs: sign missing": ("abs", 0, 0, lambda g, y, x: g),
    "negative: sign": ("negative", 0, 0, lambda g, y, x: g),
    "exp: times the argument": ("exp", 0, 0, lambda g, y, x: g * x),
    "concatenate: halves swapped": ("concatenate", 0, 0, lambda g, y, i, *xs, axis=0: np.split(g, 2)[1 - i]),
    "cumsum: not reversed": ("cumsum", 0, 0, lambda g, y, x, *_, **__: np.cumsum(g, axis=0)),
    "log_softmax: without the sum": ("log_softmax", 0, 0, lambda g, y, x, *_, **__: g - softmax(x)),
    "log_softmax: coupling missing": ("log_softmax", 0, 0, lambda g, y, x, *_, **__: g * (1 - softmax(x))),
    "cross_entropy: label missing": ("softmax_cross_entropy", 0, 0, lambda g, y, x, *_, **__: g[:, None] * softmax(x)),
    "sum: divided": ("sum", 0, 0, lambda g, y, x, *_, **__: np.broadcast_to(g / x.size, x.shape)),
}
"""What is wrong: the op, which of its nodes in the order they are made, the operand, and the broken formula."""


def plant(loss: mg.Tensor, op: str, which: int, position: int, formula) -> mg.Tensor:
    """Exchange one formula of one node of the graph; the node."""
    node = [y for y in reversed(history([loss])) if y.op and y.op.name == op][which]
    node.op = copy.copy(node.op)
    if node.op.variadic:
        node.op.formulas = (formula,)
    else:
        node.op.formulas = tuple(formula if i == position else f for i, f in enumerate(node.op.formulas))
    return node
