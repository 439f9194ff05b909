"""The figures of the lecture, one for each of its topics: ``python docs/figures/lecture.py``.

Every curve is computed by minigrad and drawn by its own charts; what is drawn is said in the page beside it. The
figures are written to docs/figures/lecture, and a test compares them with what this draws now.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

import minigrad as mg
from minigrad import nn, optim
from minigrad.nn.stochastic import linear_drop_rates
from minigrad.optim import schedules
from minigrad.optim.regularizers import Regularizer
from minigrad.viz.charts import Band, Chart, Relief, Series, contour_map, even_levels, line_chart
from minigrad.viz.race import Entrant, Race, race

HERE = Path(__file__).parent / "lecture"
FIGURES: dict[str, Callable[[], Chart]] = {}
"""Topic -> what draws it, in the order of the lecture."""

A, MINIMUM = np.array([[2.0, 0.8], [0.8, 1.0]]), np.array([1.2, 0.6])
"""The data loss of the penalties' pictures: ``(w - MINIMUM) A (w - MINIMUM) / 2``."""


def figure(draw: Callable[[], Chart]) -> Callable[[], Chart]:
    FIGURES[draw.__name__.replace("_", "-")] = draw
    return draw


# what is minimized


def polynomial(strength: float) -> tuple[float, float]:
    """Training and validation loss of a polynomial of degree 11 through 12 points, regularized."""
    rng = np.random.default_rng(3)
    parts = []
    for n in (12, 200):
        x = np.linspace(-1, 1, n)
        y = np.sin(3 * x) + 0.2 * rng.standard_normal(n)
        parts.append((mg.tensor(np.polynomial.legendre.legvander(x, 11)), mg.tensor(y[:, None])))
    w = mg.tensor(np.zeros((12, 1)), requires_grad=True)
    losses = [lambda X=X, y=y: nn.mse_loss(X @ w, y) for X, y in parts]
    optim.Newton([w], regularizer=optim.L2(strength)).step(losses[0])
    return losses[0]().item(), losses[1]().item()


@figure
def objective() -> Chart:
    strengths = np.logspace(-6, 1, 29)
    train, validation = zip(*map(polynomial, strengths.tolist()))
    series = [Series("training", train, strengths), Series("validation", validation, strengths)]
    return line_chart(series, title="A penalty against overfitting", x="lambda", y="data loss", log_x=True, log_y=True)


# penalties


def data_loss(w):
    """Of two weights, whose inputs are correlated."""
    d = w - MINIMUM
    return np.sum(d * (d @ A)) / 2


def minimizer(penalty, steps: int = 120) -> np.ndarray:
    """The two weights at the minimum of data loss and penalty, by proximal gradient descent."""
    w = mg.tensor(MINIMUM, requires_grad=True)
    optimizer = optim.SGD([w], 0.3, regularizer=optim.Proximal(penalty))
    for _ in range(steps):
        optimizer.step(lambda: data_loss(w))
    return w.data


def penalized(title: str, penalty: Callable[[float], Regularizer]) -> Chart:
    """The data loss over two weights, and the path of the minima as the penalty grows."""
    strengths = np.linspace(0.0, 1.6, 17)
    path = np.array([minimizer(penalty(float(s)) if s else optim.L2(0.0)) for s in strengths])
    x, y = np.linspace(-0.4, 1.8, 61), np.linspace(-0.4, 1.4, 61)
    grid = np.array([[data_loss(np.array([a, b])) for a in x] for b in y])
    series = [Series("minima", path[:, 1], path[:, 0], points=True, colour=1)]
    return contour_map(
        [Relief("data loss", grid, even_levels(grid, 8), colour=5, strength=0.08)],
        x=(-0.4, 1.8), y=(-0.4, 1.4), title=title, series=series, x_label="w1", y_label="w2", height=330,
    )  # fmt: skip


@figure
def l2() -> Chart:
    return penalized("L2: both weights shrink", lambda s: optim.L2(s, where=everywhere))


@figure
def l1() -> Chart:
    return penalized("L1: one weight becomes exactly 0", lambda s: optim.L1(s, where=everywhere))


def everywhere(name: str, p: mg.Tensor) -> bool:
    return True


def twins(penalty: Regularizer) -> np.ndarray:
    """Two weights whose inputs are the same, over 60 steps: `(60, 2)`."""
    w = mg.tensor([1.5, 0.0], requires_grad=True)
    optimizer, path = optim.SGD([w], 0.2, regularizer=optim.Proximal(penalty)), []
    for _ in range(60):
        path.append(w.numpy())
        optimizer.step(lambda: (w.sum() - 2.0) ** 2 / 2)
    return np.array(path)


@figure
def elastic_net() -> Chart:
    first = twins(optim.L1(0.2, where=everywhere))
    second = twins(optim.ElasticNet(0.2, 0.1, where=everywhere))
    series = [
        Series(f"{name}, w{i + 1}", path[:, i], colour=c, dash=i)
        for c, (name, path) in enumerate([("L1", first), ("elastic net", second)])
        for i in (0, 1)
    ]
    return line_chart(series, title="Two inputs that say the same", x="steps", y="weight")


# chance and scale


@figure
def dropout() -> Chart:
    layer, x = nn.Dropout(0.5, rng=0), np.linspace(0.5, 1.5, 100)
    masks = np.cumsum([layer(mg.tensor(x)).data for _ in range(1000)], axis=0)
    counts = np.unique(np.logspace(0, 3, 40).astype(int))
    away = [float(np.sqrt(np.mean((masks[k - 1] / k - x) ** 2))) for k in counts]
    series = [Series("measured", away, counts), Series("1 / √k", (np.sqrt(np.mean(x**2)) / np.sqrt(counts)), counts)]
    return line_chart(
        series, title="The mean of k dropout masks goes to the evaluation", x="k", y="distance", log_x=True, log_y=True
    )


def spreads(normalized: bool) -> list[float]:
    """The standard deviation after each of ten layers whose weights are a little too small."""
    rng, h, found = np.random.default_rng(0), mg.tensor(np.random.default_rng(1).standard_normal((256, 64))), []
    for _ in range(10):
        h = mg.linear(h, mg.tensor(0.06 * rng.standard_normal((64, 64))))
        h = np.tanh(nn.BatchNorm1d(64)(h) if normalized else h)
        found.append(float(np.std(h.data)))
    return found


@figure
def batch_normalization() -> Chart:
    layers = list(range(1, 11))
    series = [Series("plain", spreads(False), layers), Series("with batch norm", spreads(True), layers)]
    return line_chart(series, title="Activations, layer by layer", x="layer", y="deviation", log_y=True)


@figure
def stochastic_depth() -> Chart:
    rates, blocks = linear_drop_rates(54, 0.5), list(range(1, 55))
    kept = [np.mean(nn.StochasticDepth(p, rng=i)(mg.tensor(np.ones((500, 1)))).data > 0) for i, p in enumerate(rates)]
    series = [
        Series("measured", kept, blocks, line=False, points=True),
        Series("1 - l/54 · 0.5", [1 - p for p in rates], blocks),
    ]
    return line_chart(series, title="How often a block is there", x="block l", y="share", y_range=(0.3, 1.05))


# gradients


@figure
def numerical_gradient() -> Chart:
    def f(x):
        return np.exp(np.sin(x))

    steps, exact = np.logspace(-14, 0, 57), mg.grad(f)(1.0)
    forward = [abs((f(1 + h) - f(1.0)) / h - exact) or np.nan for h in steps]
    central = [abs((f(1 + h) - f(1 - h)) / (2 * h) - exact) or np.nan for h in steps]
    series = [Series("forward", forward, steps), Series("central", central, steps)]
    return line_chart(series, title="Error of a difference quotient", x="h", y="error", log_x=True, log_y=True)


def descent(loss, start, optimizer, steps: int) -> list[float]:
    """The loss before each step of an optimizer, and after the last."""
    w = mg.tensor(start, requires_grad=True)
    opt = optimizer([w])
    return [opt.step(lambda: loss(w)).item() for _ in range(steps + 1)]


@figure
def gradient_descent() -> Chart:
    series = [
        Series(f"lr {lr:g}", descent(lambda w: w * w / 2, 1.0, lambda p, lr=lr: optim.SGD(p, lr), 40))
        for lr in (0.1, 0.5, 1.9, 2.1)
    ]
    return line_chart(series, title="w² / 2: above 2 it diverges", x="steps", y="loss", log_y=True, y_range=(1e-8, 100))


@figure
def stochastic_gradient_descent() -> Chart:
    rng, sizes = np.random.default_rng(0), [1, 2, 4, 8, 16, 32, 64, 128, 256]
    x = rng.standard_normal(4096)
    measured = [float(np.std(batch_gradients(x, size, rng))) for size in sizes]
    series = [
        Series("measured", measured, sizes, line=False, points=True),
        Series("σ / √B", [x.std() / size**0.5 for size in sizes], sizes),
    ]
    return line_chart(
        series, title="Noise of a batch's gradient", x="batch size", y="deviation", log_x=True, log_y=True
    )


def batch_gradients(x: np.ndarray, size: int, rng: np.random.Generator, count: int = 300) -> np.ndarray:
    """The gradient of the mean of ``(w - x_i)**2 / 2`` over a batch, at w = 0, for some batches."""
    grad = mg.grad(lambda w, batch: np.mean(np.square(w - batch)) / 2)
    return np.array([grad(0.0, rng.choice(x, size)) for _ in range(count)])


# what is hard


def seen_from_above(title: str, result: Race, reach: tuple[float, float]) -> Chart:
    """The surface of a race, and the paths that were taken."""
    x, y = (np.linspace(-far, far, 49) for far in reach)
    grid = result.course.surface(np.stack(np.meshgrid(x, y), axis=-1))
    series = [Series(lane.entrant.name, *reversed(lane.runs[0].points.T), points=True) for lane in result.lanes]
    return contour_map(
        [Relief("height", grid, even_levels(grid, 7), colour=5, strength=0.07)],
        x=(-reach[0], reach[0]), y=(-reach[1], reach[1]), title=title, series=series, height=300,
    )  # fmt: skip


@figure
def conditioning() -> Chart:
    ways = [
        Entrant(optim.SGD, {"lr": 0.093}, label="gradient descent"),
        Entrant(optim.SGD, {"lr": 0.03, "momentum": 0.6}, label="momentum"),
    ]
    result = race("ravine", ways, kappa=20, rotations=[0], steps=40)
    return seen_from_above("A ravine 20 times steeper across than along", result, (1.7, 1.0))


@figure
def saddle_point() -> Chart:
    ways = [
        Entrant(optim.SGD, {"lr": 0.05}, label="gradient descent"),
        Entrant(optim.SGD, {"lr": 0.05, "momentum": 0.8}, label="momentum"),
    ]
    result = race("saddle", ways, rotations=[0], start=(-1.5, 1e-4), steps=150)
    return seen_from_above("Past a saddle", result, (1.7, 2.0))


def noisy(lr, steps: int = 2000) -> np.ndarray:
    """The loss w**2 / 2 of 100 runs whose gradients are noisy, in the mean: `(steps,)`."""
    rng, w = np.random.default_rng(0), mg.tensor(np.full(100, 3.0), requires_grad=True)
    optimizer, found = optim.SGD([w], lr), []
    for _ in range(steps):
        found.append(float(np.mean(w.data**2) / 2))
        w.grad = w.data + rng.standard_normal(100)
        optimizer.step()
    return np.array(found)


@figure
def noise() -> Chart:
    rates = {"lr 0.1": 0.1, "lr 0.01": 0.01, "lr falls": schedules.InverseSqrt(0.1, 40)}
    series = [Series(name, noisy(rate)) for name, rate in rates.items()]
    rest = Band("0.1/3.8", 0.1 / 3.8, 0.1 / 3.8)
    return line_chart(series, title="Gradients with noise", x="steps", y="loss", log_y=True, bands=[rest])


# methods


def ravine(w, degrees: float = 0.0):
    """(x**2 + 100 y**2) / 2, turned."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return ((c * w[0] + s * w[1]) ** 2 + 100 * (c * w[1] - s * w[0]) ** 2) / 2


def turned(degrees: float) -> list[float]:
    """(1, 1), turned."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return [float(c - s), float(s + c)]


@figure
def momentum() -> Chart:
    ways = {
        "gradient descent": lambda p: optim.SGD(p, 2 / 101),
        "momentum": lambda p: optim.SGD(p, 4 / 121, momentum=(9 / 11) ** 2),
        "Nesterov": lambda p: optim.SGD(p, 4 / 301, momentum=0.7933, nesterov=True),
    }
    series = [Series(name, descent(ravine, [1.0, 1.0], way, 200)) for name, way in ways.items()]
    return line_chart(series, title="A ravine of k = 100", x="steps", y="loss", log_y=True, y_range=(1e-9, 1000))


@figure
def rmsprop() -> Chart:
    ways = {"RMSprop": lambda p: optim.RMSprop(p, 0.02), "gradient descent": lambda p: optim.SGD(p, 2 / 101)}
    series = [
        Series(f"{name}, {degrees}°", descent(lambda w, d=degrees: ravine(w, d), turned(degrees), way, 120))
        for name, way in ways.items()
        for degrees in ((0, 45) if name == "RMSprop" else (0,))
    ]
    return line_chart(series, title="The ravine, turned", x="steps", y="loss", log_y=True)


def lengths(optimizer) -> list[float]:
    """How far each step of a learning rate of 1 goes where the gradient is always 1."""
    w = mg.tensor(0.0, requires_grad=True)
    opt, places = optimizer([w]), [0.0]
    for _ in range(60):
        w.grad = np.array(1.0)
        opt.step()
        places.append(w.item())
    return np.abs(np.diff(places)).tolist()


@figure
def adam() -> Chart:
    steps = list(range(1, 61))
    series = [
        Series("corrected", lengths(lambda p: optim.Adam(p, 1.0)), steps),
        Series("not corrected", lengths(lambda p: optim.Adam(p, 1.0, bias_correction=False)), steps),
    ]
    return line_chart(series, title="Length of a step, constant gradient", x="step", y="times lr", zero=True)


def shrinking(build) -> np.ndarray:
    """The mean of 400 weights under large, and of 400 under small noise, over 1000 steps: `(1000, 2)`."""
    rng, w, means = np.random.default_rng(0), mg.tensor(np.ones((2, 400)), requires_grad=True, name="w"), []
    optimizer = build([w])
    for _ in range(1000):
        means.append(w.data.mean(axis=1))
        w.grad = np.array([[10.0], [0.1]]) * rng.standard_normal((2, 400))
        optimizer.step()
    return np.array(means)


@figure
def adam_with_l2_against_adamw() -> Chart:
    ways = {
        "Adam + L2": lambda w: optim.Adam(w, 1e-3, regularizer=optim.L2(0.25)),
        "AdamW": lambda w: optim.AdamW(w, 1e-3, weight_decay=0.5),
    }
    series = [
        Series(f"{name}, {size}", column, colour=c, dash=d)
        for c, (name, way) in enumerate(ways.items())
        for d, (size, column) in enumerate(zip(("large g", "small g"), shrinking(way).T))
    ]
    return line_chart(series, title="Mean weight, nothing to learn", x="steps", y="weight", zero=True)


# learning rates

RATES: dict[str, schedules.Schedule] = {
    "step": schedules.Step(0.1, every=30),
    "cosine": schedules.Cosine(0.1, 100),
    "linear": schedules.Linear(0.1, 100),
    "inverse square root": schedules.InverseSqrt(0.1),
}


def decays(shown: str) -> Chart:
    """One of the decays, in the company of the others."""
    steps, names = list(range(101)), [shown, *(name for name in RATES if name != shown)]
    series = [
        Series(name, [RATES[name](step) for step in steps], steps, colour=0 if name == shown else 5, dash=i)
        for i, name in enumerate(names)
    ]
    return line_chart(series, title=f"Decay of the learning rate: {shown}", x="step", y="rate", zero=True)


@figure
def step() -> Chart:
    return decays("step")


@figure
def cosine() -> Chart:
    return decays("cosine")


@figure
def linear() -> Chart:
    return decays("linear")


@figure
def inverse_square_root() -> Chart:
    return decays("inverse square root")


@figure
def warm_up() -> Chart:
    schedule = schedules.Warmup(100, then=schedules.Cosine(0.1, 900), start=0.0)
    series = [Series("rate", [schedule(t) for t in range(1001)])]
    return line_chart(series, title="Linear warm-up, then a decay", x="step", y="rate", zero=True)


# curvature


def rosenbrock(w):
    return (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2


@figure
def first_against_second_order() -> Chart:
    ways = {
        "gradient descent": lambda w: optim.SGD(w, 1e-3),
        "Adam": lambda w: optim.Adam(w, 0.05),
        "L-BFGS": lambda w: optim.LBFGS(w, line_search_fn="strong_wolfe", max_iter=1),
        "Newton": optim.Newton,
    }
    series = [
        Series(name, [v for v in descent(rosenbrock, [-1.2, 1.0], way, 60) if v > 1e-12]) for name, way in ways.items()
    ]
    return line_chart(series, title="Rosenbrock's valley", x="steps", y="loss", log_y=True, y_range=(1e-12, 100))


def main() -> None:
    """Draw all, or those that are named."""
    HERE.mkdir(exist_ok=True)
    for name in sys.argv[1:] or FIGURES:
        path = HERE / f"{name}.svg"
        path.write_text(FIGURES[name]().standalone() + "\n", encoding="utf-8")
        print(f"{path.stat().st_size:6} {path.name}")


if __name__ == "__main__":
    main()
