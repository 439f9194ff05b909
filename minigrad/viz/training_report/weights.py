"""What the model has become: its weights, its activations, and what it answers over the plane."""

import numpy as np

from minigrad.engine import Tensor
from minigrad.modes import no_grad
from minigrad.nn import Module
from minigrad.nn.activations import Softmax
from minigrad.nn.mlp import ACTIVATIONS
from minigrad.viz.charts import Chart, Relief, Series, bar_chart, contour_map, histogram, line_chart
from minigrad.viz.training_report.curves import chosen
from minigrad.viz.training_report.facts import SEEN, Facts, outputs_of, probabilities

BINS = 40
SMALL = 1e-3
"""A weight below this counts as no connection."""

SIDE = 48
"""The plane is looked at in so many places a side."""

MOST_POINTS, MOST_CLASSES, MOST_VALUES = 150, 12, 4
"""More points, classes or predicted values are not drawn: nobody could tell them apart."""


def weights(facts: Facts) -> Chart:
    """All weights of matrices together: before the first step, and as they are."""
    found = [(facts.moment, _matrices(facts.model))]
    if facts.untrained:
        found.append(("before step 1", _matrices(facts.untrained)))
    return _histogram(found, title="Weights", x="weight")


def sparsity(facts: Facts) -> Chart:
    """The share of the weights of each matrix that is almost nothing."""
    matrices = {name: p.data for name, p in facts.model.named_parameters() if p.ndim >= 2}
    names = chosen(list(matrices), 16)
    shares = [100 * float(np.mean(np.abs(matrices[name]) < SMALL)) for name in names]
    return bar_chart(
        names, [Series("share", shares)], title=f"Weights below {SMALL:g}", y="%", show=lambda v: f"{v:.1f} %",
        y_range=(0, 100),
    )  # fmt: skip


def activations(facts: Facts) -> list[Chart]:
    """The outputs of the first and the last activation layer over training examples: before the first step, and now."""
    if facts.data is None:
        return []
    x, kinds = facts.data.train.x[:SEEN], tuple(kind for kind in ACTIVATIONS.values() if kind is not Softmax)
    layers = [path for path, m in facts.model.named_modules() if isinstance(m, kinds)]
    wanted = [layers[0], layers[-1]] if len(layers) > 1 else layers
    models = [(facts.moment, facts.model)]
    models += [("before step 1", facts.untrained)] if facts.untrained else []
    seen = {name: _outputs_within(model, x, wanted) for name, model in models}
    return [
        _histogram(
            [(name, seen[name][path]) for name, _ in models], title=f"Activations of layer {path}", x="output", log=True
        )
        for path in wanted
    ]


def surfaces(facts: Facts) -> list[Chart]:
    """What the model answers over the plane (of two inputs) or the line (of one), at several epochs."""
    if facts.data is None or facts.data.features > 2 or facts.classes > MOST_CLASSES:
        return []
    epochs = _moments(list(facts.snapshots))
    shown: list[tuple[str, Module]] = [(f"after epoch {epoch}", facts.snapshots[epoch]()) for epoch in epochs if epoch]
    shown = shown or [(facts.moment, facts.model)]
    if facts.data.features == 1:
        return [fitted(facts, shown)] if not facts.classes else []
    return [plane(facts, title, model) for title, model in shown] if facts.classes else []


def plane(facts: Facts, title: str, model: Module) -> Chart:
    """Which class the model chooses where: pale where it leads, stronger where its probability is above 90 %."""
    assert facts.data is not None
    points = facts.data.validation if facts.judged == "validation" else facts.data.train
    low, high = facts.data.train.x.min(axis=0), facts.data.train.x.max(axis=0)
    room = 0.08 * (high - low)
    (x0, y0), (x1, y1) = (low - room).tolist(), (high + room).tolist()
    grid = np.stack(np.meshgrid(np.linspace(x0, x1, SIDE), np.linspace(y0, y1, SIDE)), axis=-1).reshape(-1, 2)
    p = probabilities(outputs_of(model, grid.astype(points.x.dtype))).reshape(SIDE, SIDE, -1)
    reliefs = []
    for k, label in enumerate(facts.labels):
        others = np.delete(p, k, axis=-1).max(axis=-1) if p.shape[-1] > 1 else np.zeros((SIDE, SIDE))
        reliefs.append(Relief(f"lead of class {label}", p[..., k] - others, [0.0, 0.8], k, line=0.0))
    x, y = points.x[:MOST_POINTS].astype(float), points.y[:MOST_POINTS]
    series = [
        Series(f"class {label}", x[y == k, 1], x[y == k, 0], line=False, points=True, colour=k, dash=k)
        for k, label in enumerate(facts.labels)
    ]
    horizontal, vertical = facts.features
    return contour_map(
        reliefs, x=(x0, x1), y=(y0, y1), title=f"Decision {title}", series=series, x_label=horizontal,
        y_label=vertical, height=320,
    )  # fmt: skip


def fitted(facts: Facts, shown: list[tuple[str, Module]]) -> Chart:
    """The values that the model answers to its one input, at several epochs, over the examples."""
    assert facts.data is not None
    examples = facts.data.validation if facts.judged == "validation" else facts.data.train
    x = np.linspace(float(facts.data.train.x.min()), float(facts.data.train.x.max()), 120)
    series, labels = [], facts.labels[:MOST_VALUES]
    for j, name in enumerate(labels):
        series.append(
            Series(
                name,
                examples.y[:MOST_POINTS, j],
                examples.x[:MOST_POINTS, 0],
                line=False,
                points=True,
                colour=j,
                dash=j,
            )
        )
    for i, (title, model) in enumerate(shown[-3:]):
        y = outputs_of(model, x[:, None].astype(examples.x.dtype))
        for j, name in enumerate(labels):
            label = f"{name} {title}" if len(labels) > 1 else title
            series.append(Series(label, y[:, j], x, colour=j, dash=len(shown[-3:]) - 1 - i))
    return line_chart(series, title="The fitted curves", x=facts.features[0], y="target, as learned", height=320)


def _moments(epochs: list[int]) -> list[int]:
    """Four of the epochs with snapshots: the first, the last, and two between them."""
    later = sorted(epoch for epoch in epochs if epoch)
    return [later[i] for i in sorted({round(j * (len(later) - 1) / 3) for j in range(4)})] if later else []


def _matrices(model: Module) -> np.ndarray:
    return np.concatenate([np.ravel(p.data) for p in model.parameters() if p.ndim >= 2])


def _outputs_within(model: Module, x: np.ndarray, paths: list[str]) -> dict[str, np.ndarray]:
    """What these layers give, by path."""
    found: dict[str, np.ndarray] = {}

    def note(path):
        return lambda module, args, y: found.update({path: np.ravel(y.data)})

    removers = [m.register_forward_hook(note(path)) for path, m in model.named_modules() if path in paths]
    try:
        with model.evaluating(), no_grad(), np.errstate(all="ignore"):
            model(Tensor(x))
    finally:
        for remove in removers:
            remove()
    return found


def _histogram(found: list[tuple[str, np.ndarray]], *, title: str, x: str, log: bool = False) -> Chart:
    """Histograms over common edges that leave out the outermost thousandth."""
    values = [np.asarray(v, dtype=float)[np.isfinite(v)] for _, v in found]
    together = np.concatenate(values)
    low, high = _bulk(together) if together.size else (0.0, 1.0)
    if high - low < 1e-12:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, BINS + 1)
    series = [Series(name, np.histogram(v, edges)[0] / max(v.size, 1) * 100) for (name, _), v in zip(found, values)]
    return histogram(edges, series, title=title, x=x, y="% of all", log_y=log)


def _bulk(values: np.ndarray) -> tuple[float, float]:
    """Where all but the outermost thousandth on either side lies."""
    few = values.size // 1000
    values = np.partition(values, [few, values.size - 1 - few])
    return float(values[few]), float(values[-1 - few])
