"""One node of a graph by itself: is what it sends back the derivative of what it computed, there where it ran?

First a quick look: along one random direction, in six forwards, with an assumed level of noise. That is enough to
acquit, never to accuse. Only where it disagrees does the whole checker go over the operand, element by element;
in a large operand, over the elements that halving the direction has singled out.
"""

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from minigrad.engine import Op, Tensor, walk
from minigrad.gradcheck.compare import arriving, compare, findings
from minigrad.gradcheck.kinks import one_sided
from minigrad.gradcheck.numeric import EPS, RETREAT, Differences, Outcome
from minigrad.gradcheck.problem import Operand, Problem, cut, flat, norm
from minigrad.gradcheck.report import Finding
from minigrad.gradcheck.settings import Settings
from minigrad.gradcheck.verdict import Verdict
from minigrad.modes import Mode, watch

ACCUSED = (Verdict.WRONG, Verdict.KINK_WRONG)
MOST_ELEMENTS = 4096
"""The largest operand that is gone over element by element."""
MOST_SUSPECTS = 10
MOST_KINKS = 64
BARELY = 1e-6
"""A displacement, relative to an element, that shows on which side of a kink it is."""
SMALLEST_STEP = 1e-10


class unwatched(watch):
    """Inside, nobody watches: what a check computes is no part of what is checked."""

    def __init__(self):
        super().__init__(None)

    def inside(self, outer):
        return Mode(outer.record, (), outer, outer.tracer)


class Remembered:
    """A function of a vector that is computed once at every point."""

    def __init__(self, f: Callable[[np.ndarray], Outcome]):
        self.f = f
        self.known: dict[bytes, Outcome] = {}

    def __call__(self, x: np.ndarray) -> Outcome:
        key = x.tobytes()
        if key not in self.known:
            self.known[key] = self.f(x)
        return self.known[key]


class Quick(Differences):
    """Differences whose noise is assumed, not measured, and that keep the last two ends looked at on every line."""

    def look(self, line: int, t: float) -> tuple[float, Outcome]:
        """The same, computed once where it is asked for again soon."""
        ends = self._ends.setdefault(line, {})
        if t not in ends:
            if len(ends) > 1:
                del ends[next(iter(ends))]
            ends[t] = super().look(line, t)
        return ends[t]

    @cached_property
    def _ends(self) -> dict[int, dict]:
        return {}

    @property
    def noise(self):
        size = abs(self.centre.outputs)
        return 8 * self.eps * np.maximum(size, 0.1 * size.max(initial=0.0))


class NodeProblem(Problem):
    """A node as a function of one of its operands, in float64; every other operand stays what it was.

    With a ``weight`` the result is multiplied by it, so that the gradient arriving at the node itself is about that.
    """

    def __init__(self, y: Tensor, position: int, weight=None):
        args = operands(y)
        self.op, self.kwargs, self.weight, self.forwards = y.op, y.kwargs, weight, 0
        self.before, self.after = args[:position], args[position + 1 :]
        super().__init__(y.op, [Operand(operand_name(y, position), args[position])])
        (self.leaf,), (self.output,), log = self.trace(self.x, record=True)
        self.eps, self.shapes = log.eps, [self.output.shape]
        self.centre = Outcome(flat([self.output.data]), log.taken)

    def outputs(self, leaves, *, record):
        """The node computed again, with another operand at its place."""
        self.forwards += 1
        z = Op.__call__(self.op, *self.before, *leaves, *self.after, **self.kwargs)
        return [z if self.weight is None else z * self.weight]

    def gradient(self, x: np.ndarray, v: np.ndarray) -> np.ndarray:
        """What the node sends to the operand when ``v`` arrives; at its own values no forward is needed."""
        if x is not self.x:
            return super().gradient(x, v)
        with np.errstate(all="ignore"):
            return flat([walk([self.output], cut(v.copy(), self.shapes), targets={self.leaf})[self.leaf]])

    def branches(self, x: np.ndarray):
        """The decisions that the op itself takes there, None if it takes none."""
        if self.op.branches is None:
            return None
        (piece,) = self.split(x)
        return np.asarray(self.op.branches(*self.before, piece, *self.after, **self.kwargs))


class LocalCheck:
    """The check of one operand of one node, at the values it had when the node was computed."""

    def __init__(self, y: Tensor, position: int, rng: np.random.Generator):
        self.y, self.position, self.rng = y, position, rng
        self.problem = NodeProblem(y, position)
        self.x, self.scales, self.more = self.problem.x, self.problem.scales(), 0
        self.f = Remembered(self.problem.evaluate)
        self.f.known[self.x.tobytes()] = self.problem.centre
        self.finite = np.isfinite(self.problem.centre.outputs)
        self.direction = rng.standard_normal(len(self.x)) * self.scales

    @property
    def forwards(self) -> int:
        """How many times the op has been computed."""
        return self.problem.forwards + self.more

    def fault(self, gradients: Sequence = (), *, as_it_is: bool = False) -> Finding | None:
        """What is wrong with the gradient of the operand; None if nothing is, or if the numbers cannot tell.

        It is tried with the ``gradients`` given, arriving at the node, and unless it is to be seen ``as_it_is``, with
        one random gradient.
        """
        if not self.x.size or not self.finite.any():
            return None
        tried = [np.where(self.finite, np.ravel(g).astype(float), 0.0) for g in gradients]
        for v in tried if as_it_is else (*tried, arriving(self.rng, self.finite)):
            if np.isfinite(v).all() and (fault := self._fault(v)):
                return fault
        return None

    def _fault(self, v: np.ndarray) -> Finding | None:
        analytic = self.problem.gradient(self.x, v)
        finite = np.isfinite(analytic)
        smooth, kinked = np.flatnonzero(finite & ~self.kinked), np.flatnonzero(finite & self.kinked)
        if not self.agrees(smooth, v, analytic) and (fault := self.closely(smooth, v, analytic)):
            return fault
        strange = np.flatnonzero(~finite)
        if not self.is_subgradient(kinked, v, analytic):
            strange = np.concatenate([strange, kinked])
        return self.compared(strange[:MOST_KINKS], None, v)

    @cached_property
    def kinked(self) -> np.ndarray:
        """The elements that are as good as at a kink, where the op's decisions tell element by element."""
        here, shape = self.problem.branches(self.x), self.problem.operand_shapes[0]
        if here is None or here.shape[here.ndim - len(shape) :] != shape:
            return np.zeros(len(self.x), bool)
        sides = [self.problem.branches(self.x + side * BARELY * self.direction) for side in (-1, 1)]
        changes = np.any([there != here for there in sides], axis=0)
        return changes.reshape(-1, len(self.x)).any(axis=0)  # some ops give more than one decision an element

    def look_along(self, u: np.ndarray) -> Quick:
        """The node along one direction."""
        return Quick(self.f, self.x, np.ones(1), directions=u[None], eps=self.problem.eps)

    def is_subgradient(self, part: np.ndarray, v: np.ndarray, analytic: np.ndarray) -> bool:
        """Whether the gradient at elements at a kink lies between the slopes on both sides, all moved together."""
        if not part.size:
            return True
        u = np.zeros_like(self.x)
        u[part] = abs(self.direction[part])
        d = self.look_along(u)
        left, right = (one_sided(d, u, 1.0, sign) for sign in (-1, 1))
        if not left.kind == right.kind == "smooth":
            return True
        low, high = np.sort([v * left.slope, v * right.slope], axis=0).sum(axis=1)
        tol = abs(v) @ (left.tol + right.tol) + 16 * EPS * abs(u) @ abs(analytic)
        return bool(low - tol <= u[part] @ analytic[part] <= high + tol)

    def agrees(self, part: np.ndarray, v: np.ndarray, analytic: np.ndarray) -> bool:
        """Whether the random direction, through these elements alone, shows the derivative that the formula gives."""
        if not part.size:
            return True
        u = np.zeros_like(self.x)
        u[part] = self.direction[part]
        d = self.look_along(u)
        claim, size = u[part] @ analytic[part], norm(u[part] * analytic[part])
        rounding = 16 * EPS * abs(u[part]) @ abs(analytic[part])
        if (straight := slope_of_a_line(d, v)) is not None:
            return bool(abs(claim - straight[0]) <= straight[1] + rounding)
        h = calm_step(d)
        window = d.window(v, np.zeros(1, int), np.array([h]))
        tol = window.tol[0] + rounding
        sharp = tol <= max(1e-4 * size, 1e-9 * abs(v) @ abs(d.centre.outputs))
        return bool(window.calm[0] and sharp and abs(claim - window.value[0]) <= tol)

    def closely(self, part: np.ndarray, v: np.ndarray, analytic: np.ndarray) -> Finding | None:
        """The verdict of the whole checker: with random gradients, then with such as resemble ``v``."""
        lines = part if len(part) <= MOST_ELEMENTS else self.suspects(part, v, analytic)
        for weight in (None, v):
            if fault := self.compared(lines, weight, v):
                return fault
        return None

    def suspects(self, part: np.ndarray, v: np.ndarray, analytic: np.ndarray) -> np.ndarray:
        """Single elements that disagree, found by halving."""
        parts, found = [part], list[int]()
        while parts and len(found) < MOST_SUSPECTS:
            part = parts.pop()
            if self.agrees(part, v, analytic):
                continue
            if len(part) == 1:
                found.append(part[0])
            else:
                parts += np.array_split(part, 2)
        return np.array(found, dtype=int)

    def compared(self, lines: np.ndarray, weight, v: np.ndarray) -> Finding | None:
        if not lines.size:
            return None
        shaped = None if weight is None else weight.reshape(self.problem.shapes[0])
        problem = NodeProblem(self.y, self.position, shaped)
        result = compare(problem, self.rng, Settings(), lines)
        (finding,) = findings(result, 1)
        self.more += problem.forwards
        if finding.verdict not in ACCUSED:
            return None
        if finding.worst is None or finding.verdict is not Verdict.WRONG:
            return finding
        if weight is None:
            self._in_context(finding, result.differences, v)
        return finding

    def _in_context(self, finding: Finding, differences: Differences, v: np.ndarray) -> None:
        """Show the two derivatives for the gradient that arrived, if they differ for that too."""
        line = int(np.ravel_multi_index(finding.worst or (), finding.shape))
        estimate = differences.estimate(v, [line])
        claim = self.problem.gradient(self.x, v)[line]
        if abs(claim - estimate.value[0]) > estimate.tol[0]:
            finding.analytic, finding.numeric = float(claim), float(estimate.value[0])
            finding.tol = float(estimate.tol[0])


def slope_of_a_line(d: Quick, v: np.ndarray) -> tuple[float, float] | None:
    """The derivative of ``v . outputs`` and its tolerance, where the outputs move in a straight line; None elsewhere.

    Then no step is too large: with one as long as the operand itself the noise is that of the values, not hundreds of
    times as much.
    """
    half, whole = (d.look(0, t)[1] for t in (0.5, 1.0))
    if not half.decisions == whole.decisions == d.centre.decisions:
        return None
    rise = whole.outputs - d.centre.outputs
    noise = 32 * d.eps * max(abs(d.centre.outputs).max(initial=0.0), abs(whole.outputs).max(initial=0.0))
    if not np.all(abs(whole.outputs - 2 * half.outputs + d.centre.outputs) <= noise):
        return None
    return float(rise @ v), float(noise * abs(v).sum())


def calm_step(d: Differences) -> float:
    """The largest step at which no decision changes on either side of the centre."""
    h = d.step
    while h > SMALLEST_STEP and any(d.look(0, t)[1].decisions != d.centre.decisions for t in (h, -h)):
        h /= RETREAT
    return h


def differentiable_positions(y: Tensor) -> list[int]:
    """The positions of the operands that a node sends a gradient to."""
    return [i for i, x in enumerate(y.args) if isinstance(x, Tensor) and x.requires_grad]


def operands(y: Tensor) -> list:
    """What a node was called with, as plain values, everything floating in float64."""
    return [_wide(x.data if isinstance(x, Tensor) else x) for x in y.args]


def operand_name(y: Tensor, position: int) -> str:
    """``operand 0 (x)``: the position, and what the op calls it."""
    named = position < len(y.op.parameters)
    return f"operand {position}" + (f" ({y.op.parameters[position]})" if named else "")


def _wide(x):
    if isinstance(x, (np.ndarray, np.floating)) and x.dtype.kind == "f":
        return x.astype(np.float64, copy=False)
    return x
