"""The numeric derivative: finite differences that measure their own error, and so need no guessed tolerance.

A derivative along a line is taken by central differences at ``h, h/2, h/4``, extrapolated to order 6 (Romberg). Its
error has two parts: *truncation*, seen in how far the last extrapolation moved the result, and *noise*, the
rounding of the function itself, which is measured. One window of steps can be fooled (by a pole, a kink, a wave
shorter than ``h``), so a second window, six times finer, must agree with the first within what both claim.

>>> def sine(x):
...     return Outcome(np.sin(x))
>>> slopes = Differences(sine, np.array([0.0, 1.0]), scales=np.ones(2)).estimate(np.ones(2))
>>> bool(np.all(abs(slopes.value - np.cos([0.0, 1.0])) <= slopes.tol)), bool(slopes.tol.max() < 1e-11)
(True, True)
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from minigrad.gradcheck.noise import AFAR, STAIRS, noise_level, scatter, stairs

EPS = float(np.finfo(float).eps)
STEP = EPS ** (1 / 7)
"""The first step, relative to the size of what is varied: there truncation and noise of order 6 balance."""
HALVINGS = np.array([1.0, 0.5, 0.25])
FINER = 6.0
"""How much finer the next window is."""
RETREAT = 4.0
"""How much finer a window is tried when the function changed its mind, or was not finite, within this one."""
SMALLEST = 256 * EPS
SHARP = 1e-6
"""A relative tolerance good enough not to look for a better one."""
SMALL = 1e-3
"""Elements below this are looked at from afar before they are accused."""
STUCK = 3.0
"""A slope that exceeds its tolerance by this factor is seen, whatever hides its digits."""
CLOSER, IN_A_ROW = 0.01, 3
"""By how much a claim must be closer to the slopes of finer windows than to the estimate, and to how many in a row."""
BLOCK = 2**18


class Outcome(NamedTuple):
    """What a function answers at one point: its outputs as one vector, and the discrete decisions it took."""

    outputs: np.ndarray
    decisions: Any = ()


Function = Callable[[np.ndarray], Outcome]


@dataclass
class Window:
    """Derivatives along some lines from three steps: the values, and the two parts of their errors."""

    value: np.ndarray
    truncation: np.ndarray
    noise: np.ndarray
    calm: np.ndarray
    """Whether all decisions within the window were those at its centre, and all values finite."""
    bent: np.ndarray
    """Whether the slopes on both sides differ by as much over a quarter of the step, as at a kink in the middle, or
    the slope doubles and more, as at a jump."""

    @property
    def tol(self) -> np.ndarray:
        return self.truncation + self.noise


@dataclass
class Estimate:
    """Derivatives along lines, with tolerances that are infinite where no two windows agreed."""

    value: np.ndarray
    tol: np.ndarray
    step: np.ndarray
    """The step of the window that was used: what finer windows start from."""
    calm: np.ndarray
    """Whether any window was calm: where none was, the point is a kink, or the edge of the domain."""
    bent: np.ndarray
    """Whether the window that was used is bent in the middle, as at a kink that no op has told of."""

    @classmethod
    def unknown(cls, count: int) -> "Estimate":
        """Nothing known yet."""
        return cls(*(np.full(count, fill) for fill in (np.nan, np.inf, np.nan, False, False)))

    def put(self, lines: np.ndarray, other: "Estimate", chosen=slice(None)) -> None:
        """Take over, for these lines, what was chosen of another estimate of theirs."""
        for whole in ("value", "tol", "step", "calm", "bent"):
            getattr(self, whole)[lines] = getattr(other, whole)[chosen]


class Differences:
    """A function near a point, looked at along straight lines: the coordinates, or given directions.

    ``scales`` is the natural size of a displacement along each line: ``max(|x_i|, 0.1 rms)`` for a coordinate.
    ``eps`` is the coarsest precision that the function computes in. Outputs that are not finite are left out.
    """

    def __init__(self, f: Function, x: np.ndarray, scales: np.ndarray, *, directions=None, step=STEP, eps=EPS):
        self.f, self.x, self.scales, self.directions, self.step, self.eps = f, x, scales, directions, step, eps
        self.evaluations = 1
        outcome = f(x)
        self.finite: np.ndarray = np.isfinite(outcome.outputs)
        self.centre = self._masked(outcome)
        self._noise: np.ndarray | None = None
        self._reach: dict[int, np.ndarray] = {}

    def __len__(self):
        return len(self.x) if self.directions is None else len(self.directions)

    @property
    def noise(self) -> np.ndarray:
        """The rounding noise of every output, measured once."""
        if self._noise is None:
            self._noise = noise_level(self.at, self.x, self._coordinate_scales(), self.centre, self.eps)
        return self._noise

    def _coordinate_scales(self) -> np.ndarray:
        return self.scales if self.directions is None else np.maximum(abs(self.x), abs(self.directions).max(axis=0))

    def at(self, x: np.ndarray) -> Outcome:
        """The outcome at any point."""
        self.evaluations += 1
        return self._masked(self.f(x))

    def _masked(self, outcome: Outcome) -> Outcome:
        if self.finite.all():
            return outcome
        return outcome._replace(outputs=np.where(self.finite, outcome.outputs, 0.0))

    def look(self, line: int, t: float) -> tuple[float, Outcome]:
        """The outcome at displacement ``t`` along a line, and the displacement that rounding made of ``t``."""
        if self.directions is not None:
            return t, self.at(self.x + t * self.directions[line])
        x = self.x.copy()
        x[line] += t
        return x[line] - self.x[line], self.at(x)

    def estimate(self, v: np.ndarray, lines=None, *, claims=None, coarser: float = 1.0) -> Estimate:
        """The derivatives of ``v . outputs`` along the lines: windows get finer until two in a row agree.

        They also get finer while truncation is what limits the accuracy, and accuracy is poor. The first steps can
        be made ``coarser``: where noise is what limits it. One window is enough where it is sharp and agrees with what
        is claimed of the line, for no accident makes two independent computations agree so closely.
        """
        lines = np.arange(len(self)) if lines is None else np.asarray(lines)
        claims = np.full(len(lines), np.nan) if claims is None else claims
        best, last = Estimate.unknown(len(lines)), Estimate.unknown(len(lines))
        confirmed = np.zeros(len(lines), bool)
        h, todo = coarser * self.step * self.scales[lines], np.arange(len(lines))
        while todo.size:
            window = self.window(v, lines[todo], h[todo])
            new = Estimate(window.value, window.tol, h[todo], window.calm, window.bent)
            agrees = window.calm & (abs(new.value - last.value[todo]) <= new.tol + last.tol[todo])
            sharp = new.tol <= SHARP * abs(new.value)
            sure = window.calm & sharp & (abs(new.value - claims[todo]) <= new.tol)
            better = window.calm & (~agrees | (new.tol < best.tol[todo]))
            best.put(todo[better], new, better)
            last.put(todo[window.calm], new, window.calm)
            confirmed[todo] = np.where(window.calm, agrees | sure, confirmed[todo])
            limited = (window.truncation > window.noise) & (best.tol[todo] > SHARP * abs(best.value[todo]))
            h[todo] /= np.where(window.calm, FINER, RETREAT)
            todo = todo[~(sure | (agrees & ~limited)) & (h[todo] >= SMALLEST * self.scales[lines[todo]])]
        best.tol[~confirmed] = np.inf
        return best

    def acquits(self, v: np.ndarray, line, claim: float, estimate: Estimate, row) -> bool:
        """Confirm before accusing: whether the claim agrees with a better estimate, where finer windows lead to one.

        They do if one of them is sharp and contradicts the estimate, as beside a kink, a pole or a short wave. Its
        successor must agree with it, and the claim with both. Without a contradiction the estimate stands: else small
        errors would be acquitted by the noise of the finest windows.

        Where waves were taken for noise, no window is sharp. Then the claim is right if it is far closer to several
        windows in a row than to the estimate: that is no accident, whatever the noise.
        """
        value, tol, h = estimate.value[row], estimate.tol[row], estimate.step[row] / FINER
        support: list[float] = []
        while h >= SMALLEST * self.scales[line]:
            window = self.window(v, np.array([line]), np.array([h]))
            new, new_tol = window.value[0], window.tol[0]
            close = window.calm[0] and new != 0 and abs(new - claim) < CLOSER * abs(value - claim)
            support = [*support, abs(new - claim)] if close else []
            if len(support) == IN_A_ROW:
                estimate.value[row], estimate.tol[row], estimate.step[row] = new, 2 * max(support), h
                return True
            if window.calm[0] and abs(new - value) > tol + new_tol and new_tol <= 0.01 * max(abs(new), abs(value)):
                again = self.estimate(v, [line], coarser=h / (self.step * self.scales[line]))
                if np.isfinite(again.tol[0]):
                    estimate.put(row, again, 0)
                    agrees = abs(claim - again.value[0]) <= again.tol[0]
                    return bool(agrees) or self.acquits(v, line, claim, estimate, row)
            h /= FINER**2
        return False

    def acquits_from_afar(self, v: np.ndarray, line, claim: float, estimate: Estimate, row) -> bool:
        """Confirm before accusing: whether the claim agrees with steps as for an element of size 1.

        Only where nearby no slope is seen for rounding: ``sqrt(1 + x**2) - 1`` is 0 to the last digit as long as ``x``
        is below 1e-8, because it is made of numbers of another size than ``x``. And only where from afar there is
        little noise beside what the function does: not for stairs.
        """
        size, seen = self._sizes[line], abs(estimate.value[row]) > STUCK * estimate.tol[row]
        if not 0 < size < SMALL or (seen and not self._on_stairs(line, estimate.step[row])):
            return False
        far, unit = self._afar, 1.0 if self.directions is None else size
        found = far.estimate(v, [line])
        clear = found.tol[0] * far.scales[line] <= SHARP * far.variation(v, np.array([line]))[0]
        agrees = bool(clear and abs(claim - unit * found.value[0]) <= unit * found.tol[0])
        if agrees:
            estimate.value[row], estimate.tol[row] = unit * found.value[0], unit * found.tol[0]
            estimate.calm[row], estimate.bent[row] = True, False
        return agrees

    @cached_property
    def _sizes(self) -> np.ndarray:
        """The size of the elements along each line."""
        return self.scales if self.directions is None else abs(self.directions).max(axis=1)

    @cached_property
    def _afar(self) -> "Differences":
        """The same along the same lines as if elements were of size 1, with all that is not smooth counted as noise."""
        directions = (
            None if self.directions is None else self.directions / np.where(self._sizes, self._sizes, 1)[:, None]
        )
        scales = np.maximum(self.scales, 1.0)
        far = Differences(self.at, self.x, scales, directions=directions, step=self.step, eps=self.eps)
        far._noise = np.fmax(far.noise, scatter(far.at, far.x, far._coordinate_scales(), far.centre, self.step))
        return far

    def _on_stairs(self, line: int, step: float) -> bool:
        """Whether an output has few values along a line, each at several places."""
        ends = [self.look(line, t)[1].outputs for t in step / abs(AFAR).max() * AFAR]
        return bool(np.any(stairs(np.stack(ends) - self.centre.outputs)))

    def variation(self, v: np.ndarray, lines: np.ndarray) -> tuple[float, float]:
        """How far ``v . outputs`` goes when the lines' elements are displaced at large, and what of that is noise."""
        rng = np.random.default_rng(0)
        displacements = [-2 * np.sign(self.x[lines]) if self.directions is None else -np.ones(len(lines))]
        displacements += [scale * rng.standard_normal(len(lines)) for scale in (0.5, 1.0, 2.0)]
        basis = np.eye(len(self.x))[lines] if self.directions is None else self.directions[lines]
        with np.errstate(all="ignore"):
            points = [self.x + (displaced * self.scales[lines]) @ basis for displaced in displacements]
            changes = [abs((v * (self.at(x).outputs - self.centre.outputs)).sum()) for x in points]
            return float(np.nanmax([0.0, *changes])), float((abs(v) * self.noise).sum())

    def window(self, v: np.ndarray, lines: np.ndarray, h: np.ndarray) -> Window:
        """Romberg derivatives of ``v . outputs`` along the lines, with steps ``h, h/2, h/4``."""
        rows = max(1, BLOCK // (6 * max(1, len(v))))
        parts = [self._differences(v, lines[i : i + rows], h[i : i + rows]) for i in range(0, len(lines), rows)]
        slopes, bends, noise, calm = (np.concatenate(part) for part in zip(*parts, strict=True))
        value, truncation = romberg(slopes, noise)
        with np.errstate(all="ignore"):
            bent = (abs(bends[:, 2]) > 0.8 * abs(bends[:, 0])) & (abs(bends[:, 2]) > 16 * noise)
            bent |= (abs(slopes[:, 2]) > 2 * abs(slopes[:, 0])) & (abs(slopes[:, 2] - slopes[:, 0]) > 16 * noise)
        return Window(value, truncation, 16 * noise, calm & np.isfinite(value) & np.isfinite(noise), bent)

    def _differences(self, v, lines, h):
        """Slopes of ``v . outputs`` at three steps, how they differ on both sides, the noise of the last, the calm."""
        ends = np.full((len(lines), 3, 2, len(v)), np.nan)
        gaps = np.full((len(lines), 3), np.nan)
        calm = np.ones(len(lines), bool)
        for row, line in enumerate(lines):
            calm[row] = self._looked_around(line, h[row] * HALVINGS, ends[row], gaps[row])
        with np.errstate(all="ignore"):
            changes = ends[:, :, 0] - ends[:, :, 1]  # contracted last: v (y+ - y-), not v y+ - v y-
            terms = np.where(changes == 0, 0.0, changes * v)
            slopes = terms.sum(axis=-1) / gaps
            bends = 2 * ((ends.sum(axis=2) - 2 * self.centre.outputs) @ v) / gaps
            noise = self._noise_of(v, lines, changes, abs(ends).max(axis=(1, 2))) * self._louder(lines, h) / gaps[:, 2]
            # arguments are rounded on the way as well, and the backward pass adds up the same terms
            noise += (EPS / 4 * self.scales[lines] / gaps[:, 2] + self.eps) * abs(terms[:, 2]).sum(axis=-1) / gaps[:, 2]
        return slopes, bends, noise, calm

    def _louder(self, lines: np.ndarray, h: np.ndarray) -> np.ndarray:
        """By how much the noise may exceed what was measured, because at the ends of wide steps numbers are larger."""
        if self.directions is not None:
            return np.ones(len(lines))
        size = np.maximum(abs(self.x[lines]), STAIRS * self.scales[lines])  # so far the noise was looked for
        return np.maximum(1.0, (abs(self.x[lines]) + h) / size)

    def _looked_around(self, line: int, steps: np.ndarray, ends: np.ndarray, gaps: np.ndarray) -> bool:
        """Fill in the outputs at both ends of every step, and how far apart these are, as long as all is calm."""
        for k, t in enumerate(steps):
            for side, sign in enumerate((1, -1)):
                moved, outcome = self.look(line, sign * t)
                if outcome.decisions != self.centre.decisions:
                    return False
                ends[k, side] = outcome.outputs
                gaps[k] = moved if side == 0 else gaps[k] - moved
        return True

    def _reached(self, line: int) -> np.ndarray:
        """Which outputs the line has any influence on: those that change far along it."""
        if line not in self._reach:
            far = [self.look(line, t * self.scales[line])[1].outputs for t in (-30.0, 30.0)]
            self._reach[line] = np.any([outputs != self.centre.outputs for outputs in far], axis=0)
        return self._reach[line]

    def _noise_of(self, v, lines, changes, size):
        """How far rounding can have moved ``v . (y+ - y-)``; an output that did not move is good to half its unit."""
        moved = (changes != 0).any(axis=1)
        weight = abs(v)
        noise = (weight * np.maximum(self.noise, self.eps * size) * moved).sum(axis=1)
        unit = np.maximum(EPS / 2 * size, np.where(self.noise > 16 * EPS * size, self.noise, 0.0))
        still = (weight * unit * ~moved).sum(axis=1)
        for row in np.flatnonzero((still > 4 * noise) & moved.any(axis=1)):
            still[row] = (weight * unit[row] * self._reached(lines[row]) * ~moved[row]).sum()
        return noise + still


def romberg(slopes: np.ndarray, noise) -> tuple[np.ndarray, np.ndarray]:
    """Extrapolate central differences at ``h, h/2, h/4`` to order 6; the value, and a bound for the truncation.

    Halving must divide the error by 4. Where it clearly does not, the third derivative jumps or does not exist, and
    extrapolation has no right to its bound: the last difference is taken, with twice its change.
    """
    with np.errstate(all="ignore"):
        d0, d1, d2 = slopes.T
        r1, r2 = (4 * d1 - d0) / 3, (4 * d2 - d1) / 3
        value = (16 * r2 - r1) / 15
        rough = (abs(d0 - d1) < 3 * abs(d1 - d2)) & (abs(d1 - d2) > 2 * noise)
        value = np.where(rough, d2, value)
        truncation = 2 * np.where(rough, abs(d1 - d2), abs(value - r2))
    return value, truncation
