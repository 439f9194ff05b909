"""The gradient of the tape against the numeric one, element by element."""

from dataclasses import dataclass

import numpy as np

from minigrad.gradcheck.evidence import Evidence
from minigrad.gradcheck.kinks import judge_kinks, look_for_kinks
from minigrad.gradcheck.numeric import SHARP, Differences, Estimate
from minigrad.gradcheck.problem import Problem, rms
from minigrad.gradcheck.report import Finding
from minigrad.gradcheck.settings import Settings
from minigrad.gradcheck.undefined import undefined
from minigrad.gradcheck.verdict import Verdict

BLUNT = 1e-3
"""A relative tolerance too poor to speak of a check."""
CODES = {verdict: code for code, verdict in enumerate(Verdict)}
CONFIRMED = 20
"""After so many confirmed errors, every further mismatch is taken for one."""
MOST_BENT = 64
"""How many elements at which there may be a kink, that no op has told of, are looked at more closely at a time."""
LOUDER = 1024.0
"""By a power of 2, so that only what is not linear makes a difference."""
COARSER = 6.0**3
"""How much coarser the steps are tried where rounding noise makes the ordinary ones too poor."""


@dataclass
class Comparison:
    """Both derivatives at every element, the tolerance that the numeric one claims, and a verdict code."""

    problem: Problem
    differences: Differences
    v: np.ndarray
    analytic: np.ndarray
    estimate: Estimate
    codes: np.ndarray
    notes: dict[int, str]

    @property
    def weight(self) -> np.ndarray:
        """What an error is relative to: the element, or a tenth of its array's rms if that is more."""
        size = np.fmax(abs(self.analytic), abs(self.estimate.value))
        size = np.where(np.isfinite(size), size, 0.0)
        for _, where in self.problem.slices():
            size[where] = np.maximum(size[where], 0.1 * rms(size[where]))
        return size


def arriving(rng: np.random.Generator, finite: np.ndarray) -> np.ndarray:
    """A random gradient to arrive at the outputs: Gaussian, kept away from 0, and 0 at what is not finite.

    Never ones: the sum of a softmax has no gradient, and a check of it could not fail.
    """
    v = rng.standard_normal(len(finite))
    return np.where(finite, v + 0.3 * np.sign(v), 0.0)


def _telling(problem: Problem, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A gradient to arrive and what the tape makes of it; a larger one, if that is not the same but for the factor.

    What is clipped only if it is large is the right gradient of a small one.
    """
    analytic, louder = problem.gradient(problem.x, v), problem.gradient(problem.x, LOUDER * v)
    return (LOUDER * v, louder) if differs_but_for(LOUDER, analytic, louder) else (v, analytic)


def differs_but_for(factor: float, a: np.ndarray, b: np.ndarray) -> bool:
    """Whether ``b`` is not ``factor * a``."""
    with np.errstate(all="ignore"):
        return bool(np.any(abs(b - factor * a) > 1e-9 * factor * abs(a).max(initial=0.0)))


def compare(problem: Problem, rng: np.random.Generator, settings: Settings, lines=None) -> Comparison:
    """Check every element: all at first steps, then closer where the two derivatives differ or the point is a kink.

    ``lines`` are the elements to check, all if left out; the others pass without a look.
    """
    differences = Differences(problem.at, problem.x, problem.scales(), step=settings.eps, eps=problem.eps)
    v, analytic = _telling(problem, arriving(rng, differences.finite))
    lines = np.arange(len(problem.x)) if lines is None else lines
    estimate = _sharpened(differences, v, lines, analytic)
    result = Comparison(problem, differences, v, analytic, estimate, np.zeros(len(problem.x), int), {})
    checked = np.isin(np.arange(len(problem.x)), lines)
    settled = np.isfinite(estimate.tol) & checked
    result.codes[checked & estimate.calm & ~settled] = CODES[Verdict.INCONCLUSIVE]
    with np.errstate(invalid="ignore"):
        right = abs(analytic - estimate.value) <= estimate.tol + settings.tolerance * result.weight
    kinked = np.flatnonzero(checked & ~estimate.calm)
    confirmed = 0
    for line in np.flatnonzero(settled & ~right):
        claim = (v, line, analytic[line], estimate, line)
        acquitted = confirmed < CONFIRMED and (differences.acquits(*claim) or differences.acquits_from_afar(*claim))
        confirmed += not acquitted and not estimate.bent[line]  # it may yet turn out to be at a kink
        result.codes[line] = CODES[Verdict.PASS if acquitted else Verdict.WRONG]
    judge_kinks(result, kinked)
    unseen = np.flatnonzero(checked & (estimate.value == 0) & ~(abs(analytic) > 0))
    for at in undefined(differences, unseen):
        result.codes[at] = CODES[Verdict.NOT_DIFFERENTIABLE]
        result.notes[at] = "the output is not finite here"
    wrong, odd = result.codes == CODES[Verdict.WRONG], checked & estimate.calm & (~settled | estimate.bent)
    odd, first = np.flatnonzero(odd), np.flatnonzero(wrong)[:CONFIRMED]
    for start in range(0, max(1, len(odd)), MOST_BENT):
        found = look_for_kinks(result, np.union1d(first, odd[start : start + MOST_BENT]))
        estimate.calm[found], first = False, first[:0]
        if not found.size:
            break
    return result


def _sharpened(differences: Differences, v: np.ndarray, lines: np.ndarray, claims: np.ndarray) -> Estimate:
    """The estimates, from coarser steps too where noise has made an element's tolerance poor."""
    found, estimate = differences.estimate(v, lines, claims=claims[lines]), Estimate.unknown(len(differences))
    estimate.put(lines, found)
    goal = SHARP * np.fmax(abs(estimate.value), 0.1 * rms(found.value[np.isfinite(found.value)]))
    poor = np.flatnonzero(estimate.calm & (estimate.tol > goal))
    if poor.size:
        coarse = differences.estimate(v, poor, coarser=COARSER)
        agree = abs(coarse.value - estimate.value[poor]) <= coarse.tol + estimate.tol[poor]
        better = agree & (coarse.tol < estimate.tol[poor])
        estimate.put(poor[better], coarse, better)
    return estimate


def findings(result: Comparison, order: int) -> list[Finding]:
    """One finding an operand."""
    weight = result.weight
    found = []
    for operand, where in result.problem.slices():
        found.append(_finding(result, operand, np.arange(where.start, where.stop), weight, order))
    return found


def _finding(result: Comparison, operand, part: np.ndarray, weight: np.ndarray, order: int) -> Finding:
    a, estimate, codes = result.analytic[part], result.estimate, result.codes[part]
    checked = np.isfinite(estimate.tol[part])
    gap = np.where(checked, abs(a - estimate.value[part]), 0.0)
    with np.errstate(all="ignore"):
        error = np.where(gap == 0, 0.0, gap / weight[part])
        resolution = np.where(checked, estimate.tol[part], 0.0) / np.where(weight[part] > 0, weight[part], np.inf)
    finding = Finding(Verdict.PASS, operand.name, order, operand.value.shape)
    if not len(part) or not len(result.v):
        finding.note = f"{operand.name if not len(part) else 'the output'} has no elements: nothing to check"
        return finding
    finding.evidence = Evidence(result, part, finding.shape, error)
    wrong = codes == CODES[Verdict.WRONG]
    poor = checked & ((resolution > BLUNT) | (weight[part] == 0)) & ~wrong
    measured = ~poor
    finding.error = float(np.where(np.isnan(error), np.inf, error)[measured].max(initial=0.0))
    finding.resolution = float(resolution[~poor].max(initial=0.0))
    if poor.any():
        _below_noise(result, finding, part[poor])
    gravest = max(codes.max(), CODES[finding.verdict])
    finding.verdict = list(Verdict)[gravest]
    if not finding.verdict or finding.verdict is Verdict.KINK_OK:
        guilty = codes == gravest if codes.max() == gravest else poor
        _evidence(result, finding, part, np.flatnonzero(guilty), error, resolution)
    return finding


def _below_noise(result: Comparison, finding: Finding, poor: np.ndarray) -> None:
    """Elements whose slope is lost in rounding noise: an error is then measured by how the function varies at large."""
    estimate, d = result.estimate, result.differences
    variation, noise = d.variation(result.v, poor)
    reach = float((estimate.tol[poor] * d.scales[poor]).max())
    gap = float((abs(result.analytic - estimate.value)[poor] * d.scales[poor]).max())
    if variation <= 16 * noise and np.all(abs(result.analytic[poor]) <= estimate.tol[poor]):
        finding.verdict = Verdict.VACUOUS
        finding.note = f"the output does not vary with {finding.operand}: a gradient of 0 is right, but proves nothing"
    elif reach <= BLUNT * variation:
        finding.resolution = max(finding.resolution, reach / variation)
        finding.error = max(finding.error, gap / variation)
        finding.note = f"a slope of {finding.operand} is 0 within rounding noise, as is its gradient"
    else:
        finding.verdict = Verdict.INCONCLUSIVE
        finding.resolution = float((estimate.tol[poor] / np.maximum(result.weight[poor], 1e-300)).max())
        finding.note = f"rounding noise hides any error below {finding.resolution:.1g}"


def _evidence(result, finding: Finding, part, guilty, error, resolution) -> None:
    """The worst element of those that the verdict speaks of, with both derivatives."""
    if not guilty.size:
        return
    blame = error if finding.verdict is Verdict.WRONG else resolution
    worst = guilty[np.argmax(np.where(np.isnan(blame[guilty]), np.inf, blame[guilty]))]
    finding.wrong = len(guilty)
    finding.worst = tuple(int(i) for i in np.unravel_index(worst, finding.shape))
    finding.analytic = float(result.analytic[part[worst]])
    finding.numeric, finding.tol = float(result.estimate.value[part[worst]]), float(result.estimate.tol[part[worst]])
    finding.note = result.notes.get(int(part[worst]), finding.note)
