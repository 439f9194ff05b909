"""One operand of one call whose gradient is in doubt: both derivatives of it, at whatever gradient arrives."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

import numpy as np

from minigrad.declare import plain
from minigrad.engine import Op, Tensor
from minigrad.gradcheck.arguments import is_floating
from minigrad.gradcheck.compare import arriving
from minigrad.gradcheck.diagnosis.black_box import pulled_back
from minigrad.gradcheck.diagnosis.jacobian import jacobian
from minigrad.gradcheck.problem import Problem, elsewhere, flat

CALLS = 3
"""How many gradients arrive, one after the other."""
COMFORTABLE = 50_000
"""Entries of a Jacobian that take no time worth mentioning."""
LARGEST = 1_000_000
"""Most entries of a Jacobian."""
MOST_ROWS = 512
"""Most outputs whose gradients are asked for one by one."""
EARLIER = "the values of an earlier call"
ZERO = 1e-9
"""What counts as 0, relative to the largest element."""

Pull = Callable[[np.ndarray, Any, tuple, dict[str, Any]], Any]


class Case:
    """The gradient of ``args[position]`` in ``forward(*args, **kwargs)``, as ``pull(g, y, args, kwargs)`` claims it.

    ``op`` is the op that was called, if it was one. ``given`` are gradients that really arrived; ``points`` are other
    values that the operands had, by name (the current content of a buffer); ``previous`` is a gradient that was
    stored before; ``worst`` is where an element is known to be wrong.
    """

    op: Op | None = None

    def __init__(
        self,
        name: str,
        forward: Callable,
        pull: Pull,
        args: Sequence,
        kwargs: dict[str, Any] | None = None,
        position: int = 0,
        *,
        names: Sequence[str] = (),
        given: Sequence[np.ndarray] = (),
        points: dict[str, Sequence] | None = None,
        previous: np.ndarray | None = None,
        worst: tuple[int, ...] | None = None,
        rng: int | np.random.Generator | None = 0,
    ):
        self.name, self.forward, self.pull, self.position = name, forward, pull, position
        self.args = tuple(np.array(x, dtype=float) if is_floating(x) else x for x in map(plain, args))
        self.kwargs, self.points, self.previous, self.worst = kwargs or {}, points or {}, previous, worst
        self.names = [names[i] if i < len(names) else f"operand {i}" for i in range(len(self.args))]
        self.x, self.y = self.args[position], self.value(self.args, self.kwargs)
        rng = np.random.default_rng(rng)
        finite = np.isfinite(self.y).ravel()
        self.arriving = [np.array(g, dtype=float).reshape(self.y.shape) for g in given]
        self.arriving += [arriving(rng, finite).reshape(self.y.shape) for _ in range(CALLS)]

    @classmethod
    def of_call(cls, op: Op, args: Sequence, kwargs=None, position: int = 0, **facts) -> "Case":
        """One call of an op; ``args`` and ``kwargs`` are what its forward gets."""

        def pull(g, y, args, kwargs):
            return pulled_back(op, position, g, y, args, kwargs)

        args, kwargs = op.bind(tuple(args), kwargs or {})
        case = cls(op.name, op.forward, pull, args, kwargs, position, names=op.parameters, **facts)
        case.op = op
        return case

    def remade(self, args) -> "Case":
        """The same call with other arrays."""
        assert self.op is not None, "only the call of an op can be made again"
        return Case.of_call(self.op, args, self.kwargs, self.position)

    @classmethod
    def of_node(cls, y: Tensor, position: int, **facts) -> "Case":
        """A node of a recorded graph, and the position of its operand."""
        return cls.of_call(y.op, y.args, y.kwargs, position, **facts)

    @classmethod
    def of_problem(cls, problem: Problem, position: int = 0, *, name: str = "the function", **facts) -> "Case":
        """A whole function of some operands; several outputs are one vector."""
        problem.evaluate(problem.x)

        def forward(*operands):
            y = problem.evaluate(flat(operands)).outputs
            return y.reshape(problem.shapes[0]) if len(problem.shapes) == 1 else y

        def pull(g, y, operands, options):
            return problem.split(problem.gradient(flat(operands), g.ravel()))[position]

        names = [operand.name for operand in problem.operands]
        operands = [operand.value for operand in problem.operands]
        return cls(name, forward, pull, operands, None, position, names=names, **facts)

    def value(self, args, kwargs) -> np.ndarray:
        """The result of the call, with other arguments if need be."""
        with np.errstate(all="ignore"):
            return np.asarray(self.forward(*(x.copy() if is_floating(x) else x for x in args), **kwargs), dtype=float)

    @cached_property
    def jacobian(self) -> np.ndarray:
        """`(outputs, elements)`, numeric."""
        return self._slopes[0]

    @cached_property
    def calm(self) -> np.ndarray:
        """Where the operand has a derivative: its shape, True or False."""
        J, kinks = self._slopes
        return (np.isfinite(J).all(axis=0) & ~kinks.any(axis=0)).reshape(self.x.shape)

    @cached_property
    def _slopes(self):
        J = self.slopes(self.position)
        assert J is not None
        return J

    def slopes(self, position: int, args=None, kwargs=None, *, free: bool = False):
        """Jacobian and kinks with respect to any operand, of the same call or a changed one; None if that fails.

        The changed call must have a result of the same shape, unless it is ``free``.
        """
        args, kwargs = self.args if args is None else args, self.kwargs if kwargs is None else kwargs

        def f(x):
            return self.value((*args[:position], x, *args[position + 1 :]), kwargs)

        try:
            if not free and f(args[position]).shape != self.y.shape:
                return None
            return jacobian(f, args[position])
        except Exception:
            if args is self.args and kwargs is self.kwargs:
                raise
            return None  # a hypothesis that the function does not accept

    @property
    def large(self) -> bool:
        """Whether it is worth while to cut it down first."""
        return self.x.size * self.y.size > COMFORTABLE

    @property
    def too_large(self) -> bool:
        """Whether the Jacobian would take too long."""
        return self.x.size * self.y.size > LARGEST or self.x.size > 4096

    def numeric(self, g: np.ndarray) -> np.ndarray:
        """The gradient by finite differences when ``g`` arrives."""
        return self.through(self.jacobian, g)

    def through(self, J: np.ndarray, g: np.ndarray) -> np.ndarray:
        """``Jᵀ g`` in the shape of the operand."""
        g = np.where(np.isfinite(self.y), g, 0.0).ravel()
        return (np.where(np.isfinite(J), J, 0.0).T @ g).reshape(self.x.shape)

    def analytic(self, g: np.ndarray):
        """What the backward under test answers when ``g`` arrives; None if nothing."""
        return self.pull(g.copy(), self.y.copy(), self._copies(), self.kwargs)

    def _copies(self) -> tuple:
        return tuple(x.copy() if is_floating(x) else x for x in self.args)

    def elsewhere(self) -> tuple:
        """The same arguments, every floating one displaced a little."""
        known = self.points.get(EARLIER)
        return tuple(known or [elsewhere(x) if is_floating(x) else x for x in self.args])

    @cached_property
    def A(self) -> list:
        """The answers to the gradients that arrived, after a call at other values: none of these may be kept."""
        args = self.elsewhere()
        with suppress(Exception):
            self.pull(self.arriving[0].copy(), self.value(args, self.kwargs), args, self.kwargs)
        return [self.analytic(g) for g in self.arriving]

    @cached_property
    def N(self) -> list[np.ndarray]:
        """What finite differences say instead."""
        return [self.numeric(g) for g in self.arriving]

    @cached_property
    def claimed(self):
        """The Jacobian that the backward stands for, `(outputs, elements)`; None if that is too much work."""
        if not self.shaped or self.y.size > MOST_ROWS:
            return None
        rows = [np.ravel(self.analytic(e.reshape(self.y.shape))) for e in np.eye(self.y.size)]
        return np.array(rows, dtype=float).reshape(self.y.size, self.x.size)

    @cached_property
    def shaped(self) -> bool:
        """Whether every answer is an array of the operand's shape."""
        return all(a is not None and np.shape(a) == self.x.shape for a in self.A)

    @cached_property
    def bad(self) -> np.ndarray:
        """Where the two differ, for any of the arriving gradients."""
        gap, size = abs(np.stack(self.A) - np.stack(self.N)), abs(np.stack(self.N)).max(initial=0.0)
        return ((gap > 1e-7 * abs(np.stack(self.N)) + ZERO * size) | np.isnan(gap)).any(axis=0) & self.calm

    @property
    def wrong(self) -> bool:
        """Whether there is anything to diagnose."""
        return not self.shaped or bool(self.bad.any())

    @cached_property
    def zero(self) -> np.ndarray:
        """Where the right gradient is 0 whatever arrives."""
        J = abs(self.jacobian).max(axis=0, initial=0.0).reshape(self.x.shape)
        return ZERO * J.max(initial=0.0) >= J

    @cached_property
    def support(self) -> np.ndarray:
        """Which output depends on which element, `(outputs, elements)`."""
        J = abs(self.jacobian)
        return ZERO * J.max(initial=0.0) < J

    @cached_property
    def blocks(self) -> np.ndarray:
        """Elements that act on the same outputs have the same number: the rows of a softmax, the groups of a norm."""
        labels, before = np.arange(self.x.size), None
        while before is None or (labels != before).any():
            before = labels
            of_output = np.where(self.support, labels, self.x.size).min(axis=1, initial=self.x.size)
            labels = np.minimum(
                labels, np.where(self.support.T, of_output, labels[:, None]).min(axis=1, initial=self.x.size)
            )
        return labels

    @cached_property
    def others(self) -> list[tuple[int, np.ndarray]]:
        """The other floating operands, with their positions."""
        return [(i, x) for i, x in enumerate(self.args) if i != self.position and is_floating(x)]

    @cached_property
    def integers(self) -> list[np.ndarray]:
        """Arrays of indices among the arguments, also inside tuples and lists."""
        return [np.asarray(x) for x in _leaves([*self.args, *self.kwargs.values()]) if np.ndim(x) and _integer(x)]

    @property
    def operand(self) -> str:
        """The name of the operand whose gradient is wrong."""
        return self.names[self.position]

    @property
    def diagonal(self) -> bool:
        """Whether the function is elementwise in this operand."""
        J = self.jacobian
        if self.x.shape != self.y.shape:
            return False
        off = J - np.diag(np.diag(J))
        return bool(abs(off).max(initial=0.0) <= ZERO * abs(J).max(initial=0.0))


def _leaves(x) -> Iterator:
    if isinstance(x, (tuple, list)) and not all(isinstance(part, (int, np.integer)) for part in x):
        for part in x:
            yield from _leaves(part)
    else:
        yield x


def _integer(x) -> bool:
    return np.asarray(x).dtype.kind in "iu"
