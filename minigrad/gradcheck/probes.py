"""A whole model in a few forward passes: derivatives along random directions, with the probability of a miss.

A probe is ``u ~ N(0, s**2)``, where ``s`` is the rms of each operand, so that small biases count as much as large
weights. An error ``e`` of the gradient shows as ``e . u ~ N(0, |e s|**2)``, so all of K probes miss it, being less
than the tolerance, with probability ``erf(tol / (sqrt(2) |e s|))**K``. Gaussian, because signs +1 and -1 cancel an
error in two equal elements every other time, and positive weights hide a flipped sign among a thousand elements.

A small error of one element among very many is below the noise of the whole. So where all is well, each node is looked
at by itself with the gradient that arrived there: most are linear in each operand, and along a straight line a
difference is good to the last digits.
"""

from contextlib import nullcontext
from dataclasses import dataclass
from math import ceil, erf, sqrt

import numpy as np

from minigrad.gradcheck.blame import lone_fault
from minigrad.gradcheck.compare import BLUNT, arriving, compare, findings
from minigrad.gradcheck.flow import Flow
from minigrad.gradcheck.local import Quick
from minigrad.gradcheck.numeric import EPS, RETREAT, SMALLEST, Differences, Estimate
from minigrad.gradcheck.problem import Operand, Problem, norm, rms
from minigrad.gradcheck.report import Finding
from minigrad.gradcheck.settings import Settings
from minigrad.gradcheck.verdict import Verdict
from minigrad.modes import watch

PROBES = 3
MOST_SENT = 512
"""Up to so many contributions of nodes, each node is looked at by itself as well."""
MISS = 1e-6
"""The probability of a miss that the stated resolution is for."""


def probability_of_miss(tol: float, error: float, probes: int = PROBES) -> float:
    """That all probes stay below ``tol`` although the gradient is off by ``|e s| = error``.

    >>> f"{probability_of_miss(0.01, 1.0):.1e}"
    '5.1e-07'
    """
    return erf(tol / (sqrt(2) * error)) ** probes if error > 0 else 1.0


def probe(problem: Problem, rng: np.random.Generator, settings: Settings, order: int) -> tuple[list[Finding], int]:
    """Check the gradient along random directions through all operands; where that fails, operand by operand.

    Returns the findings, and how many forward passes they took.
    """
    v, flow = arriving(rng, np.isfinite(problem.at(problem.x).outputs)), Flow()
    with watch(flow) if order == 1 and not settings.tolerance else nullcontext():
        gradient = problem.gradient(problem.x, v)
    probes = Probes(problem, v, gradient, rng, settings, order)
    sizes = np.concatenate([np.full(o.value.size, rms(o.value) or 1.0) for o in problem.operands])
    single = len(problem.operands) == 1
    whole = probes.along(sizes, problem.operands[0] if single else Operand("all operands together", problem.x))
    if whole.verdict is Verdict.PASS and len(flow.sent) <= MOST_SENT:
        fault, more = lone_fault(flow, rng)
        return [fault or whole], probes.evaluations + ceil(more)
    if whole.verdict is Verdict.PASS:
        return [whole], probes.evaluations
    found, explained = [], False
    for operand, where in problem.slices():
        only = np.zeros_like(sizes)
        only[where] = sizes[where]
        finding = whole if single else probes.along(only, operand)
        explained = explained or finding.verdict is whole.verdict
        at_a_kink = finding.verdict is Verdict.WRONG and probes.bent and probes.kinks(where)
        found.append(at_a_kink or finding)
    return found if explained else [whole], probes.evaluations


@dataclass
class Probes:
    """The gradient ``analytic`` that arrives when ``v`` does, to be compared along random directions."""

    problem: Problem
    v: np.ndarray
    analytic: np.ndarray
    rng: np.random.Generator
    settings: Settings
    order: int
    evaluations: int = 0
    bent: bool = False
    """Whether the direction that was reported last is bent in the middle."""

    def along(self, sizes: np.ndarray, operand: Operand) -> Finding:
        """Compare along directions whose elements have these sizes; what is said is said of the operand."""
        directions = self.rng.standard_normal((PROBES, len(sizes))) * sizes
        options = {"directions": directions, "step": self.settings.eps, "eps": self.problem.eps}
        claims, size = directions @ self.analytic, norm(self.analytic * sizes)
        allowed = self.settings.tolerance * size
        slack = allowed + 16 * EPS * abs(directions) @ abs(self.analytic)
        d: Differences = Quick(self.problem.at, self.problem.x, np.ones(PROBES), **options)
        estimate = quick_look(d, self.v)
        near = abs(claims - estimate.value) <= estimate.tol + slack
        if not near.all() or _resolution(float((estimate.tol + slack).max() - allowed), size) > BLUNT:
            self.evaluations += d.evaluations
            d = Differences(self.problem.at, self.problem.x, np.ones(PROBES), **options)
            estimate = d.estimate(self.v)
        guilty = ~(abs(claims - estimate.value) <= estimate.tol + slack) & np.isfinite(estimate.tol)
        for j in np.flatnonzero(guilty):
            claim = (self.v, j, claims[j], estimate, j)
            guilty[j] = not d.acquits(*claim) and not d.acquits_from_afar(*claim)
            if guilty[j]:  # one is enough
                break
        tol, gap = estimate.tol + slack, abs(claims - estimate.value)
        k = int(np.argmax(np.where(guilty, np.inf, tol)))
        self.bent = bool(estimate.bent[k])
        finding = Finding(Verdict.PASS, operand.name, self.order, operand.value.shape, direction=True)
        finding.analytic, finding.numeric, finding.tol = float(claims[k]), float(estimate.value[k]), float(tol[k])
        finding.error = float(gap.max() / size) if size else 0.0
        coarsest = float(tol.max())
        finding.resolution = _resolution(coarsest, size)
        blunt = _resolution(coarsest - allowed, size) > BLUNT
        finding.verdict, finding.note = self._judged(d, guilty.any(), coarsest, blunt)
        self.evaluations += d.evaluations
        return finding

    def kinks(self, where: slice) -> Finding | None:
        """What is found element by element, if some are at a kink that no op has told of and the others are right.

        Then a random direction proves nothing: its slopes on both sides differ, and their mean is not the gradient's.
        """
        lines = np.arange(where.start, where.stop)
        some = lines if len(lines) <= MOST_SENT else np.sort(self.rng.choice(lines, MOST_SENT, replace=False))
        result = compare(self.problem, self.rng, self.settings, some)
        self.evaluations += result.differences.evaluations
        parts = [part for _, part in self.problem.slices()]
        finding = findings(result, self.order)[parts.index(where)]
        if finding.verdict is not Verdict.KINK_OK:
            return None
        if len(some) < len(lines):
            finding.verdict = Verdict.INCONCLUSIVE
            finding.note = "some elements are at a kink that no op tells of, where a random direction shows no slope"
        return finding

    def _judged(self, d: Differences, guilty: bool, tol: float, blunt: bool) -> tuple[Verdict, str]:
        if guilty:
            return Verdict.WRONG, ""
        if not np.isfinite(tol):
            return Verdict.INCONCLUSIVE, "no step along a random direction was free of kinks"
        if not blunt:
            return Verdict.PASS, f"{PROBES} random directions: such an error goes unnoticed with probability {MISS:.0e}"
        if d.variation(self.v, np.arange(PROBES))[0] > tol:
            return Verdict.INCONCLUSIVE, "rounding noise hides the slope along a random direction"
        return Verdict.VACUOUS, "the output does not vary: a gradient of 0 is right, but proves nothing"


def quick_look(d: Differences, v: np.ndarray) -> Estimate:
    """Slopes from one window each: that is enough to acquit a claim that agrees with all of them, never to accuse."""
    steps, t = np.full(len(d), d.step), d.step
    for i in range(len(d)):  # the kinks are about as near in every direction: the next starts where this one ends
        while t > SMALLEST and any(d.look(i, s)[1].decisions != d.centre.decisions for s in (t, -t)):
            t /= RETREAT
        steps[i] = t
    window = d.window(v, np.arange(len(d)), steps)
    return Estimate(window.value, np.where(window.calm, window.tol, np.inf), steps, window.calm, window.bent)


def _resolution(tol: float, size: float) -> float:
    """The relative error ``|e s| / |g s|`` that the probes miss with probability MISS."""
    low, high = 0.0, 1.0
    for _ in range(60):  # the ratio tol / |e s| at which erf(ratio / sqrt 2)**PROBES = MISS, by bisection
        middle = (low + high) / 2
        low, high = (middle, high) if probability_of_miss(middle, 1.0) < MISS else (low, middle)
    return tol / low / size if size else np.inf
