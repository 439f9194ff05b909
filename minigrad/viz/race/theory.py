"""What theory says of the ravine: the factor by which each step brings an optimizer nearer to the minimum, in the end.

On a quadratic every step is linear, so the factor is the spectral radius of the step: the largest root of a polynomial,
over the curvatures. The best parameters and their rates, for a condition number ``k``:

    gradient descent   lr = 2 / (L + l)                      (k - 1) / (k + 1)
    heavy ball         lr = 4 / (sqrt L + sqrt l)**2         (sqrt k - 1) / (sqrt k + 1) = sqrt momentum
    Nesterov           lr = 4 / (3 L + l)                    1 - 2 / sqrt(3 k + 1)

with ``l`` and ``L`` the least and the largest curvature. Polyak, 1964; Lessard, Recht and Packard, 2016, proposition 1.
"""

import math
from dataclasses import dataclass

import numpy as np

from minigrad import optim
from minigrad.engine import Tensor
from minigrad.viz.race.entrants import Entrant
from minigrad.viz.race.surfaces import Point, Surface


@dataclass(frozen=True)
class Rate:
    """A predicted rate, beside the measured one."""

    name: str
    lr: float
    momentum: float
    formula: str
    predicted: float
    measured: float

    @property
    def error(self) -> float:
        """How far the measured rate is from the predicted one, as a share of it."""
        return abs(self.measured / self.predicted - 1) if self.predicted else abs(self.measured)


def best_entrants(surface: Surface) -> list[Entrant]:
    """Gradient descent, heavy ball and Nesterov with the parameters that are best on this quadratic."""
    least, largest = surface.curvatures or (math.nan, math.nan)
    k = largest / least
    root, nesterov_root = math.sqrt(k), math.sqrt(3 * k + 1)
    heavy = {"lr": 4 / (math.sqrt(largest) + math.sqrt(least)) ** 2, "momentum": ((root - 1) / (root + 1)) ** 2}
    nesterov = {"lr": 4 / (3 * largest + least), "momentum": (nesterov_root - 2) / (nesterov_root + 2)}
    ways = {
        "gradient descent, best": {"lr": 2 / (largest + least)},
        "heavy ball, best": heavy,
        "Nesterov, best": nesterov | {"nesterov": nesterov["momentum"] > 0},
    }
    return [Entrant(optim.SGD, options, label=label) for label, options in ways.items()]


def rates(surface: Surface, start: Point) -> list[Rate]:
    """Theory and measurement side by side; none for a surface that is no quadratic."""
    if surface.curvatures is None:
        return []
    k = surface.curvatures[1] / surface.curvatures[0]
    formulas = {
        "(k - 1) / (k + 1)": (k - 1) / (k + 1),
        "(√k - 1) / (√k + 1)": (math.sqrt(k) - 1) / (math.sqrt(k) + 1),
        "1 - 2 / √(3k + 1)": 1 - 2 / math.sqrt(3 * k + 1),
    }
    return [
        Rate(
            name=entrant.name,
            lr=entrant.options["lr"],
            momentum=entrant.options.get("momentum", 0.0),
            formula=formula,
            predicted=predicted,
            measured=measured_rate(surface, entrant, start, predicted),
        )
        for entrant, (formula, predicted) in zip(best_entrants(surface), formulas.items())
    ]


def spectral_radius(curvatures: Point, lr: float, momentum: float = 0.0, nesterov: bool = False) -> float:
    """The rate of ``SGD(lr=, momentum=, nesterov=)`` on a quadratic: below 1 it converges.

    Along an axis of curvature ``c``, momentum obeys ``z**2 - (1 + momentum - lr c) z + momentum = 0``, Nesterov's
    ``z**2 - (1 + momentum) (1 - lr c) z + momentum (1 - lr c) = 0``.

    >>> spectral_radius((1.0, 9.0), lr=0.2)
    0.8
    """
    radius = 0.0
    for c in curvatures:
        kept = 1 - lr * c
        roots = np.roots(
            [1, -(1 + momentum) * kept, momentum * kept] if nesterov else [1, -(momentum + kept), momentum]
        )
        radius = max(radius, float(np.abs(roots).max()))
    return radius


def measured_rate(surface: Surface, entrant: Entrant, start: Point, predicted: float) -> float:
    """By what factor a step brings it nearer to the origin, in the second half of a long run.

    The run is as long as it takes to come 1e-40 times as near, between 40 and 500 steps: no floating-point limit is
    met, as the minimum is at the origin.
    """
    steps = 40 if predicted <= 0 else max(40, min(500, math.ceil(-40 * math.log(10) / math.log(predicted))))
    w = Tensor(start, requires_grad=True)
    optimizer, distances = entrant.build([w], None), []
    for _ in range(steps):
        optimizer.step(lambda: surface(w))
        distances.append(math.hypot(*w.data))
    half = steps // 2
    if not distances[-1]:
        return 0.0
    return (distances[-1] / distances[half - 1]) ** (1 / (steps - half))
