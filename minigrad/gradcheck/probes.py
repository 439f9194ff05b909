"""A whole model in a few forward passes: derivatives along random directions, with the probability of a miss.

A probe is ``u ~ N(0, s**2)``, where ``s`` is the rms of each operand, so that small biases count as much as large
weights. An error ``e`` of the gradient shows as ``e . u ~ N(0, |e s|**2)``, so all of K probes miss it, being less
than the tolerance, with probability ``erf(tol / (sqrt(2) |e s|))**K``. Gaussian, because signs +1 and -1 cancel an
error in two equal elements every other time, and positive weights hide a flipped sign among a thousand elements.
"""

from math import erf, sqrt

import numpy as np

from minigrad.gradcheck.compare import BLUNT, arriving
from minigrad.gradcheck.numeric import EPS, Differences
from minigrad.gradcheck.problem import Operand, Problem, rms
from minigrad.gradcheck.report import Finding
from minigrad.gradcheck.verdict import Verdict

PROBES = 3
MISS = 1e-6
"""The probability of a miss that the stated resolution is for."""


def probability_of_miss(tol: float, error: float, probes: int = PROBES) -> float:
    """That all probes stay below ``tol`` although the gradient is off by ``|e s| = error``.

    >>> f"{probability_of_miss(0.01, 1.0):.1e}"
    '5.1e-07'
    """
    return erf(tol / (sqrt(2) * error)) ** probes if error > 0 else 1.0


def probe(problem: Problem, rng, *, step: float, eps: float, tolerance: float, order: int = 1) -> list[Finding]:
    """Check the gradient along random directions through all operands; where that fails, operand by operand."""
    v = arriving(rng, np.isfinite(problem.evaluate(problem.x).outputs))
    analytic = problem.gradient(problem.x, v)
    sizes = np.concatenate([np.full(o.value.size, rms(o.value) or 1.0) for o in problem.operands])
    together = Operand("all operands together", problem.x)
    finding = _probed(problem, v, analytic, sizes, together, rng, step, eps, tolerance, order)
    if finding.verdict is Verdict.PASS or len(problem.operands) == 1:
        finding.operand = problem.operands[0].name if len(problem.operands) == 1 else finding.operand
        return [finding]
    found = []
    for operand, where in problem.slices():
        only = np.zeros_like(sizes)
        only[where] = sizes[where]
        found.append(_probed(problem, v, analytic, only, operand, rng, step, eps, tolerance, order))
    return found if any(f.verdict is finding.verdict for f in found) else [finding]


def _probed(problem, v, analytic, sizes, operand, rng, step, eps, tolerance, order) -> Finding:
    directions = rng.standard_normal((PROBES, len(sizes))) * sizes
    d = Differences(problem.evaluate, problem.x, np.ones(PROBES), directions=directions, step=step, eps=eps)
    estimate, along, size = d.estimate(v), directions @ analytic, float(np.linalg.norm(analytic * sizes))
    slack = tolerance * size + 16 * EPS * abs(directions) @ abs(analytic)
    guilty = ~(abs(along - estimate.value) <= estimate.tol + slack) & np.isfinite(estimate.tol)
    for k in np.flatnonzero(guilty):
        guilty[k] = not d.acquits(v, k, along[k], estimate, k)
    tol, gap = estimate.tol + slack, abs(along - estimate.value)
    worst = int(np.argmax(np.where(guilty, np.inf, tol)))
    finding = Finding(Verdict.PASS, operand.name, order, operand.value.shape, direction=True)
    finding.analytic, finding.numeric, finding.tol = (
        float(along[worst]),
        float(estimate.value[worst]),
        float(tol[worst]),
    )
    finding.error = float(np.divide(gap.max(), size)) if size else 0.0
    finding.resolution = _resolution(float(tol.max()), size)
    if guilty.any():
        finding.verdict = Verdict.WRONG
    elif not np.isfinite(tol).all():
        finding.verdict, finding.note = Verdict.INCONCLUSIVE, "no step along a random direction was free of kinks"
    elif finding.resolution > BLUNT:
        varies = d.variation(v, np.arange(PROBES))[0] > tol.max()
        finding.verdict = Verdict.INCONCLUSIVE if varies else Verdict.VACUOUS
    else:
        finding.note = f"{PROBES} random directions: such an error goes unnoticed with probability {MISS:.0e}"
    return finding


def _resolution(tol: float, size: float) -> float:
    """The relative error ``|e s| / |g s|`` that the probes miss with probability MISS."""
    low, high = 0.0, 1.0
    for _ in range(60):  # the ratio tol / |e s| at which erf(ratio / sqrt 2)**PROBES = MISS, by bisection
        middle = (low + high) / 2
        low, high = (middle, high) if probability_of_miss(middle, 1.0) < MISS else (low, middle)
    return tol / low / size if size else np.inf
