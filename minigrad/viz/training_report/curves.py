"""How the run went, epoch by epoch: loss, accuracy, learning rate, updates, gradients, units, penalties."""

from collections.abc import Iterator

import numpy as np

from minigrad.viz.charts import Band, Chart, Series, line_chart
from minigrad.viz.charts.scale import tick_label
from minigrad.viz.training_report.facts import Facts
from minigrad.viz.training_report.verdict import BAND

MOST_LAYERS = 8
"""A chart shows so many layers or parameters at most: of more, evenly chosen ones."""


def loss(facts: Facts) -> Chart:
    """Training and validation loss."""
    best = facts.best["epoch"]
    bands = [Band(f"best: epoch {best}", best, best, upright=True)] if len(facts.history) > 1 else []
    return line_chart(_both(facts, "loss"), title="Loss", x="epoch", y="loss", log_y=True, bands=bands)


def gap(facts: Facts) -> Chart | None:
    """By how much the validation loss is above the training loss; None where nothing is kept aside."""
    series = _both(facts, "loss")
    if len(series) < 2:
        return None
    gaps = [v - t for t, v in zip(series[0].y, series[1].y)]
    return line_chart(
        [Series("gap", gaps, series[0].x, colour=4)],
        title="Overfitting gap",
        x="epoch",
        y="validation less training loss",
        zero=True,
        bands=[Band("no gap", 0.0, 0.0)],
    )


def accuracy(facts: Facts) -> Chart:
    """Training and validation accuracy in percent."""
    series = [Series(s.name, [None if v is None else 100 * v for v in s.y], s.x) for s in _both(facts, "accuracy")]
    return line_chart(series, title="Accuracy", x="epoch", y="% right")


def learning_rate(facts: Facts) -> Chart:
    """The learning rate of every step, as the schedule gives it, if that is what was measured after each epoch."""
    last, rates = facts.history[-1]["step"], facts.column("lr")
    planned = [facts.schedule(step - 1) for step in facts.column("step")] if facts.schedule else None
    if facts.schedule and planned and np.allclose(planned, rates):
        steps = list(range(0, last, max(1, last // 600)))
        series = Series("learning rate", [facts.schedule(step) for step in steps], steps)
    else:
        series = Series("learning rate", rates, facts.column("step"))
    return line_chart([series], title="Learning rate", x="step", y="rate", zero=True)


def update_ratios(facts: Facts) -> Chart:
    """How far the last step of each epoch moved each weight matrix, in parts of its norm."""
    names = chosen([name for name, p in facts.model.named_parameters() if p.ndim >= 2])
    series = [Series(name, facts.column("updates", name, "ratio"), facts.column("epoch")) for name in names]
    band = Band(f"usual: {tick_label(BAND[0])} to {tick_label(BAND[1])}", *BAND)
    return line_chart(series, title="Update / weight", x="epoch", y="‖change‖ / ‖weight‖", log_y=True, bands=[band])


def gradient_norm(facts: Facts) -> Chart:
    """The norm of the gradient: at the last step of each epoch and, where it was measured, its highest of the epoch."""
    epochs, peaks = facts.column("epoch"), facts.column("gradient_peak")
    series = [Series("at its last step", facts.column("gradient_norm"), epochs, colour=1, dash=1)]
    if any(peak is not None for peak in peaks):
        series.insert(0, Series("highest of the epoch", peaks, epochs, colour=0, dash=0))
    limit = facts.options.get("clip_norm")
    bands = [Band(f"clipped above {limit:g}", limit, limit)] if limit else []
    return line_chart(series, title="Gradient norm", x="epoch", y="norm before clipping", log_y=True, bands=bands)


def units(facts: Facts) -> Chart | None:
    """The share of dead units of each rectifier layer and of flat outputs of each squashing layer; None without any."""
    layers = chosen(list(facts.history[-1]["units"]))
    if not layers:
        return None
    series = []
    for path in layers:
        dead, count = facts.column("units", path, "dead"), facts.column("units", path, "units")
        flat = facts.column("units", path, "saturated")
        squashing = any(flat)
        shares = [None if n is None else 100 * (f if squashing else d / n) for d, n, f in zip(dead, count, flat)]
        series.append(Series(f"layer {path} {'flat' if squashing else 'dead'}", shares, facts.column("epoch")))
    return line_chart(series, title="Dead and saturated units", x="epoch", y="% of the layer", zero=True)


def regularization(facts: Facts) -> Chart | None:
    """What dropout, smoothing and penalties cost: the loss as it was trained on, as it is judged, and the penalty."""
    epochs, penalty = facts.column("epoch"), facts.column("penalty")
    costly = any(penalty) or any(facts.options.get(key) for key in ("dropout", "stochastic_depth"))
    if not costly and facts.options.get("label_smoothing") == 0:
        return None
    series = [
        Series("as trained on", facts.column("running_loss"), epochs, colour=1, dash=1),
        Series("in evaluation", facts.column("train", "loss"), epochs, colour=0, dash=0),
    ]
    if any(penalty):
        series.append(Series("penalty", penalty, epochs, colour=3, dash=2))
    return line_chart(series, title="What regularization cost", x="epoch", y="training loss", log_y=True)


def chosen(names: list[str], most: int = MOST_LAYERS) -> list[str]:
    """All or, of many, evenly chosen ones with the first and the last."""
    if len(names) <= most:
        return names
    return [names[round(i * (len(names) - 1) / (most - 1))] for i in range(most)]


def _both(facts: Facts, key: str) -> list[Series]:
    return list(_parts(facts, key))


def _parts(facts: Facts, key: str) -> Iterator[Series]:
    for part in ("train", "validation"):
        values = facts.column(part, key)
        if any(value is not None for value in values):
            yield Series(part, values, facts.column("epoch"))
