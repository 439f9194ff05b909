"""At a kink there is no derivative, but there are two one-sided slopes, and a subgradient lies between them.

An element is at a kink when no window around it, however fine, is free of changed decisions. Then every output is
looked at alone, because a mixture of outputs with random signs is neither convex nor concave: along the element the
gradient must lie between the slope on the left and the slope on the right. Ties are moved together as well: along
(1, 1, 1) the maximum of three equal numbers has slope 1, so a gradient of (1, 1, 1) is wrong although every one of
its elements passes alone.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from minigrad.gradcheck.numeric import EPS, HALVINGS, RETREAT, SMALLEST
from minigrad.gradcheck.verdict import Verdict

MOST_ROWS = 32
"""How many outputs are looked at alone; a random choice of more."""


@dataclass
class Side:
    """The one-sided slopes of every output, their tolerances, and what kind of point this is from that side."""

    slope: np.ndarray
    tol: np.ndarray
    kind: str = "smooth"


def one_sided(differences, direction: np.ndarray, scale: float, sign: int) -> Side:
    """The slope of every output in a direction, from one side: Richardson, at steps within one smooth piece."""
    centre, nowhere = differences.centre.outputs, np.full(len(differences.centre.outputs), np.nan)
    h = differences.step * scale
    while h >= SMALLEST * scale:
        outcomes = [differences.at(differences.x + sign * t * direction) for t in h * HALVINGS]
        values = np.stack([outcome.outputs for outcome in outcomes])
        if np.isfinite(values).all() and all(outcome.decisions == outcomes[2].decisions for outcome in outcomes[:2]):
            side = _extrapolated((values - centre) / (sign * h * HALVINGS[:, None]), differences.noise / (h / 4))
            if (
                side.kind == "jump"
                or np.all(side.tol <= 1e-3 * abs(side.slope).max(initial=0) + 1e-12)
                or h < 1e-6 * scale
            ):
                return side
        h /= RETREAT
    return Side(nowhere, nowhere, "edge")


def _extrapolated(slopes: np.ndarray, noise: np.ndarray) -> Side:
    """Three one-sided difference quotients to second order, or the news that they grow without bound."""
    s0, s1, s2 = slopes
    value = (4 * (2 * s2 - s1) - (2 * s1 - s0)) / 3
    tol = 4 * abs(value - (2 * s2 - s1)) + 64 * noise + 16 * EPS * abs(value)
    grows = (abs(s2) > 1.2 * abs(s1)) & (abs(s1) > 1.2 * abs(s0)) & (abs(s2 - s0) > 64 * noise)
    if grows.any():
        jumps = abs(s2[grows] / s1[grows]).max() > 1.8
        return Side(value, tol, "jump" if jumps else "cusp")
    return Side(value, tol)


def judge_kinks(result, lines: np.ndarray) -> None:
    """Put a verdict on every element at a kink, and say in a note which convention its gradient follows."""
    if not lines.size:
        return
    d, count = result.differences, len(result.differences.x)
    basis = {line: np.eye(1, count, line)[0] for line in lines}
    sides = {line: [one_sided(d, basis[line], d.scales[line], sign) for sign in (-1, 1)] for line in lines}
    smooth = []
    for line, (left, right) in sides.items():
        kinds = {left.kind, right.kind}
        if kinds == {"edge"} or kinds & {"jump", "cusp"}:
            _judge(result, line, Verdict.NOT_DIFFERENTIABLE, _described(left.kind, right.kind))
        else:
            smooth.append(line)
    if smooth:
        _judge_slopes(result, smooth, sides, basis)


def _judge_slopes(result, lines, sides, basis) -> None:
    d = result.differences
    low, high, tol = (np.stack(part) for part in zip(*(_interval(*sides[line]) for line in lines), strict=True))
    kinked = np.flatnonzero(((high - low) > 4 * tol).any(axis=0))
    outputs = np.flatnonzero((abs(low) + abs(high) > 0).any(axis=0))
    rows = np.union1d(kinked, outputs) if len(outputs) <= MOST_ROWS else kinked
    if len(rows) > MOST_ROWS:
        rows = np.random.default_rng(0).choice(rows, MOST_ROWS, replace=False)
    conventions: dict[int, set[str]] = {line: set() for line in lines}
    bad: set[int] = set()
    for j in rows:
        gradient = result.problem.gradient(result.problem.x, np.eye(1, len(d.finite), j)[0])
        for k, line in enumerate(lines):
            a, room = gradient[line], tol[k, j] + 16 * EPS * abs(gradient[line])
            if not low[k, j] - room <= a <= high[k, j] + room:
                bad.add(line)
                result.analytic[line], result.estimate.value[line] = a, (low[k, j] + high[k, j]) / 2
                result.estimate.tol[line] = (high[k, j] - low[k, j]) / 2 + room
            elif high[k, j] - low[k, j] > 4 * tol[k, j]:
                conventions[line].add(_convention(a, *(side.slope[j] for side in sides[line])))
        bad |= set(_tied_wrongly(result, j, gradient, sides, basis))
    for line in lines:
        verdict = Verdict.KINK_WRONG if line in bad else Verdict.KINK_OK
        _judge(result, line, verdict, _described(sides[line][0].kind, sides[line][1].kind, conventions[line]))


def _interval(left: Side, right: Side):
    """Between which slopes a subgradient lies, for every output; one side alone counts at the edge of a domain."""
    left, right = (right, right) if left.kind == "edge" else (left, left) if right.kind == "edge" else (left, right)
    return np.minimum(left.slope, right.slope), np.maximum(left.slope, right.slope), left.tol + right.tol


def _tied_wrongly(result, j: int, gradient: np.ndarray, sides, basis) -> list[int]:
    """The elements that are tied in output ``j``, if moved together they show a slope that the gradient has not."""
    tied = {line: pair for line, pair in sides.items() if _kinked(pair, j)}
    if len(tied) < 2:
        return []
    together = sum(basis[line] for line in tied)
    scale = min(result.differences.scales[line] for line in tied)
    both = [one_sided(result.differences, together, scale, sign) for sign in (-1, 1)]
    if any(side.kind != "smooth" for side in both):
        return []
    tol = both[0].tol[j] + both[1].tol[j]
    slopes = np.array([side.slope[j] for side in both])
    alone = np.sum([[side.slope[j] for side in pair] for pair in tied.values()], axis=0)
    total = sum(gradient[line] for line in tied)
    if np.all(abs(slopes - alone) <= tol) or slopes.min() - tol <= total <= slopes.max() + tol:
        return []  # nothing is tied, each kink is for itself; or the gradient is a possible one
    slope = f"moved together, the {len(tied)} tied elements have slope {slopes.max():.4g}"
    note = f"{slope}, but their gradients add up to {total:.4g}"
    result.notes.update(dict.fromkeys(map(int, tied), note))
    return list(tied)


def _kinked(pair, j: int) -> bool:
    left, right = pair
    return left.kind == right.kind == "smooth" and abs(left.slope[j] - right.slope[j]) > 4 * (
        left.tol[j] + right.tol[j]
    )


def _convention(a: float, left: float, right: float) -> str:
    share = (a - left) / (right - left)
    if abs(share) < 1e-6:
        return "the left slope"
    if abs(share - 1) < 1e-6:
        return "the right slope"
    return "halfway" if abs(share - 0.5) < 1e-6 else f"{share:.0%} of the way from left to right"


def _described(left: str, right: str, conventions: Collection[str] = ()) -> str:
    if "jump" in (left, right):
        return "the function jumps here"
    if "cusp" in (left, right):
        return "the slope is infinite here"
    if left == right == "edge":
        return "the function is not finite on either side"
    if "edge" in (left, right):
        return f"the function ends here; its gradient is the slope on the {'left' if right == 'edge' else 'right'}"
    return (
        f"at a kink the gradient takes {' or '.join(sorted(conventions))}"
        if conventions
        else "a kink of no consequence"
    )


def _judge(result, line: int, verdict: Verdict, note: str) -> None:
    result.codes[line] = list(Verdict).index(verdict)
    result.notes.setdefault(int(line), note)
