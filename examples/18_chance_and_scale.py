"""Dropout, batch normalization and stochastic depth, each where it helps.

- Dropout: of 400 digits three in ten have a label drawn at random. A network learns these by heart, too, and answers
  worse for it. When half of its units are missing at every step, it cannot, and keeps to what examples have in common.
- Batch normalization: six layers whose weights start too small get no signal through, and learn nothing. Normalized
  by its batch, each layer has the same scale again.
- Stochastic depth: of a network of residual blocks, deeper ones are left out more often. It trains in the mean through
  fewer blocks than it is evaluated with.

Run it: python examples/18_chance_and_scale.py
"""

from functools import partial

import numpy as np

from minigrad import data, nn, optim
from minigrad.data import Dataset, Examples
from minigrad.nn.stochastic import linear_drop_rates
from minigrad.training.loop import fit


def digits(count: int, wrong: float = 0.0) -> Dataset:
    """Some of the digits, of whose labels a part is drawn anew."""
    whole, rng = data.load("digits"), np.random.default_rng(0)
    x, y = whole.train.x[:count], whole.train.y[:count].copy()
    drawn = rng.random(count) < wrong
    y[drawn] = rng.integers(10, size=drawn.sum())
    return Dataset(whole.name, Examples(x, y), whole.validation, classes=10)


def dropout(rate: float) -> tuple[float, float]:
    """Accuracy on the training labels, many of them wrong, and on the validation labels, which are right."""
    model = nn.MLP([64, 128, 10], dropout=rate, rng=0)
    optimizer = optim.SGD(model, 0.1, momentum=0.9)
    *_, last = fit(model, optimizer, digits(400, wrong=0.3), loss=nn.cross_entropy, epochs=40, rng=0)
    return last.train.accuracy, last.validation.accuracy


def depth(norm: str | None) -> float:
    """The validation accuracy of six layers whose weights start small."""
    model = nn.MLP([64, *[32] * 6, 10], norm=norm, init=partial(nn.initializers.normal, std=0.03), rng=0)
    *_, last = fit(model, optim.Adam(model, 0.003), digits(600), loss=nn.cross_entropy, epochs=10, rng=0)
    return last.validation.accuracy


def blocks(count: int, last: float, passes: int = 2000) -> float:
    """How many of the residual blocks are there in a pass while training, in the mean."""
    x, alive = np.ones((passes, 1)), 0.0
    for i, rate in enumerate(linear_drop_rates(count, last)):
        alive += float(np.mean(nn.StochasticDepth(rate, rng=i)(x) > 0))
    return alive


def main() -> dict:
    """Print the tables and return their numbers."""
    found = {
        "dropout": {rate: dropout(rate) for rate in (0.0, 0.5)},
        "depth": {norm or "none": depth(norm) for norm in (None, "batch")},
        "blocks": blocks(54, 0.5),
    }
    print("dropout   training accuracy   validation accuracy")
    for rate, (train, validation) in found["dropout"].items():
        print(f"{rate:7} {train:19.1%} {validation:21.1%}")
    print("\nnorm of six layers     validation accuracy")
    for norm, accuracy in found["depth"].items():
        print(f"{norm:20} {accuracy:21.1%}")
    print(f"\nof 54 residual blocks, {found['blocks']:.2f} are there in the mean (in theory 40.25)")
    return found


if __name__ == "__main__":
    main()
