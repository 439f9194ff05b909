"""At a kink there is no derivative, but there are two one-sided slopes, and a subgradient lies between them.

An element is at a kink when no window around it, however fine, is free of changed decisions; or, where the ops tell
of none, when the slopes on both sides keep differing down to the smallest steps. Then every output is looked at
alone, because a mixture of outputs with random signs is neither convex nor concave: along the element the gradient
must lie between the slope on the left and the slope on the right, or among the slopes nearby. Ties are moved together
as well: along (1, 1, 1) the maximum of three equal numbers has slope 1, so a gradient of (1, 1, 1) is wrong although
every one of its elements passes alone.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from minigrad.gradcheck.nearby import MANY, POINTS, RADIUS, slopes_nearby, spread, vary
from minigrad.gradcheck.numeric import EPS, HALVINGS, RETREAT, SMALLEST
from minigrad.gradcheck.verdict import Verdict

MOST_ROWS = 32
"""How many outputs are looked at alone; of more a random choice, and one for every element."""
CLOSELY = 20
"""After so many wrong elements, no further one is looked at very closely."""
CLOSE = 1e-6
"""Down to which distance, relative to its size, something must look the same to be said of the point itself."""
DIRECTIONS = 2
"""Random directions along which ties are moved together, besides all of them by the same."""


@dataclass
class Side:
    """The one-sided slopes of every output, their tolerances, and what kind of point this is from that side."""

    slope: np.ndarray
    tol: np.ndarray
    kind: str = "smooth"


def one_sided(differences, direction: np.ndarray, scale: float, sign: int, *, told: bool = True) -> Side:
    """The slope of every output in a direction, from one side: Richardson, at steps within one smooth piece.

    If the ops have ``told`` of the kink, a jump is one at once; else steps get finer first, down to CLOSE.
    """
    centre, nowhere = differences.centre.outputs, np.full(len(differences.centre.outputs), np.nan)
    h = differences.step * scale
    while h >= SMALLEST * scale:
        outcomes = [differences.at(differences.x + sign * t * direction) for t in h * HALVINGS]
        values = np.stack([outcome.outputs for outcome in outcomes])
        if np.isfinite(values).all() and all(outcome.decisions == outcomes[2].decisions for outcome in outcomes[:2]):
            side = _extrapolated((values - centre) / (sign * h * HALVINGS[:, None]), differences.noise / (h / 4))
            sharp = np.all(side.tol <= 1e-3 * abs(side.slope).max(initial=0) + 1e-12)
            if h < CLOSE * scale or (sharp if side.kind == "smooth" else told):
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


class Kinks:
    """Elements at a kink: the slopes on both sides of them, and the verdicts on the gradient there."""

    def __init__(self, result, lines, *, told: bool):
        self.result, self.d, self.told = result, result.differences, told
        self.basis = {line: np.eye(1, len(self.d.x), line)[0] for line in lines}
        self.sides = {line: self.along(u, self.d.scales[line]) for line, u in self.basis.items()}
        self._nearby: dict[tuple[bytes, int], tuple[np.ndarray, np.ndarray]] = {}

    def along(self, u: np.ndarray, scale: float) -> list[Side]:
        """Both sides of the point, along a direction."""
        return [one_sided(self.d, u, scale, sign, told=self.told) for sign in (-1, 1)]

    def nearby(self, u: np.ndarray, points: int = POINTS) -> tuple[np.ndarray, np.ndarray]:
        """The slopes nearby, looked up once."""
        key = u.tobytes(), points
        if key not in self._nearby:
            self._nearby[key] = slopes_nearby(self.d, u, points=points)
        return self._nearby[key]

    def varies(self, u: np.ndarray) -> np.ndarray:
        """Of which outputs the slopes nearby differ, and ten times nearer as well: those of a short wave do not."""
        slopes, tol = self.nearby(u)
        differ = vary(slopes, tol)
        if differ.any():
            closer, _ = slopes_nearby(self.d, u, RADIUS / 10)
            differ = differ & (spread(closer) > 0.3 * spread(slopes))
        return differ

    def irregular(self, line: int) -> bool:
        """Whether the slope along an element differs from side to side, or from point to point nearby."""
        left, right = self.sides[line]
        if not left.kind == right.kind == "smooth":
            return True
        if np.any(abs(left.slope - right.slope) > 4 * (left.tol + right.tol) + 1e-9 * abs(left.slope)):
            return True
        return bool(self.varies(self.basis[line]).any())

    def judge(self) -> None:
        """Put a verdict on every element, and say in a note which convention its gradient follows."""
        smooth = []
        for line, (left, right) in self.sides.items():
            kinds = {left.kind, right.kind}
            if kinds == {"edge"} or kinds & {"jump", "cusp"}:
                _judge(self.result, line, Verdict.NOT_DIFFERENTIABLE, _described(left.kind, right.kind))
            else:
                smooth.append(line)
        if smooth:
            self._judge_slopes(smooth)

    def _judge_slopes(self, lines) -> None:
        result, d = self.result, self.d
        low, high, tol = (np.stack(p) for p in zip(*(_interval(*self.sides[line]) for line in lines), strict=True))
        differ = (high - low) > 4 * tol
        kinked = np.flatnonzero(differ.any(axis=0))
        outputs = np.flatnonzero((abs(low) + abs(high) > 0).any(axis=0))
        rows = np.union1d(kinked, outputs) if len(outputs) <= MOST_ROWS else kinked
        if not rows.size:
            rows = np.flatnonzero(d.finite)
        if len(rows) > MOST_ROWS:
            rows = np.random.default_rng(0).permutation(rows)[:MOST_ROWS]
            unseen = differ[differ.any(axis=1) & ~differ[:, rows].any(axis=1)]
            rows = np.union1d(rows, unseen.argmax(axis=1))  # of every element at least one output
        conventions: dict[int, set[str]] = {line: set() for line in lines}
        bad: set[int] = set()
        for j in rows:
            gradient = result.problem.gradient(result.problem.x, np.eye(1, len(d.finite), j)[0])
            for k, line in enumerate(lines):
                a, room = gradient[line], tol[k, j] + 16 * EPS * abs(gradient[line])
                if not low[k, j] - room <= a <= high[k, j] + room:
                    closely = len(bad) < CLOSELY or line in bad
                    if self._among_nearby(self.basis[line], j, a, (POINTS, MANY) if closely else (POINTS,)):
                        conventions[line].add("a slope that there is nearby")
                        continue
                    bad.add(line)
                    sides = f"the slopes on both sides are {low[k, j]:.4g} and {high[k, j]:.4g}"
                    result.notes.setdefault(int(line), f"at a kink: {sides}, and the gradient is not between them")
                    result.analytic[line], result.estimate.value[line] = a, (low[k, j] + high[k, j]) / 2
                    result.estimate.tol[line] = (high[k, j] - low[k, j]) / 2 + room
                elif high[k, j] - low[k, j] > 4 * tol[k, j]:
                    conventions[line].add(_convention(a, *(side.slope[j] for side in self.sides[line])))
            bad |= set(self._tied_wrongly(lines, j, gradient))
        for line in lines:
            verdict = Verdict.KINK_WRONG if line in bad else Verdict.KINK_OK
            left, right = self.sides[line]
            _judge(result, line, verdict, _described(left.kind, right.kind, conventions[line]))

    def _among_nearby(self, u: np.ndarray, j: int, a: float, counts=(POINTS, MANY)) -> bool:
        """Whether a slope lies among those of output ``j`` at so many points nearby.

        Where these do not differ, it is none of a kink.
        """
        if not self.varies(u)[j]:
            return False
        for slopes, tol in (self.nearby(u, points) for points in counts):
            if slopes[:, j].min() - tol[j] <= a <= slopes[:, j].max() + tol[j]:
                return True
        return False

    def _tied_wrongly(self, lines, j: int, gradient: np.ndarray) -> list[int]:
        """The elements tied in output ``j``, if moved together they show a slope that the gradient has not."""
        tied = [line for line in lines if _kinked(self.sides[line], j)]
        if len(tied) < 2:
            return []
        draws = np.random.default_rng(0).uniform(0.5, 2, (DIRECTIONS, len(tied)))
        for weights in (np.ones(len(tied)), *draws):
            u, total = np.zeros(len(self.d.x)), weights @ gradient[tied]
            u[tied] = weights
            both = self.along(u, min(self.d.scales[line] / w for line, w in zip(tied, weights, strict=True)))
            if any(side.kind != "smooth" for side in both):
                continue
            tol = both[0].tol[j] + both[1].tol[j] + 16 * EPS * abs(total)
            slopes = np.array([side.slope[j] for side in both])
            alone = weights @ np.array([[side.slope[j] for side in self.sides[line]] for line in tied])
            if np.all(abs(slopes - alone) <= tol) or slopes.min() - tol <= total <= slopes.max() + tol:
                continue  # nothing is tied, each kink is for itself; or the gradient is a possible one
            if self._among_nearby(u, j, total):
                continue
            slope = f"moved together, the {len(tied)} tied elements have slope {slopes.max():.4g}"
            note = f"{slope}, but their gradients add up to {total:.4g}"
            self.result.notes.update(dict.fromkeys(map(int, tied), note))
            return tied
        return []


def judge_kinks(result, lines: np.ndarray) -> None:
    """Judge the elements at kinks that the ops have told of."""
    if lines.size:
        Kinks(result, lines, told=True).judge()


def look_for_kinks(result, lines: np.ndarray) -> np.ndarray:
    """Judge those of the elements that are at a kink, although no op has told of one; which these are."""
    with np.errstate(all="ignore"):
        kinks = Kinks(result, lines, told=False)
        found = [line for line in lines if kinks.irregular(line)]
        kinks.sides = {line: kinks.sides[line] for line in found}
        kinks.judge()
    return np.array(found, dtype=int)


def _interval(left: Side, right: Side):
    """Between which slopes a subgradient lies, for every output; one side alone counts at the edge of a domain."""
    left, right = (right, right) if left.kind == "edge" else (left, left) if right.kind == "edge" else (left, right)
    return np.minimum(left.slope, right.slope), np.maximum(left.slope, right.slope), left.tol + right.tol


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
