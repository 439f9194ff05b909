"""Checkers broken on purpose. The exam is worth something only if each of them fails it."""

from contextlib import ExitStack, contextmanager
from unittest import mock

import numpy as np

from minigrad.gradcheck.numeric import Differences
from minigrad.gradcheck.problem import Problem

_estimate, _look, _gradient = Differences.estimate, Differences.look, Problem.gradient


def _copied(stack: ExitStack) -> None:
    """The numeric derivative is taken from the backward pass that it should check."""
    seen = {}

    def gradient(self, x, v):
        seen["gradient"] = _gradient(self, x, v)
        return seen["gradient"].copy()

    def estimate(self, v, lines=None, **options):
        found = _estimate(self, v, lines, **options)
        claimed = seen.get("gradient", np.zeros(len(self.x)))
        if len(claimed) != len(self.x):
            return found
        all_lines = claimed if self.directions is None else self.directions @ claimed
        found.value[:] = all_lines if lines is None else all_lines[lines]
        found.tol[:] = np.where(np.isfinite(found.tol), found.tol, 0.0)
        return found

    stack.enter_context(mock.patch.object(Problem, "gradient", gradient))
    stack.enter_context(mock.patch.object(Differences, "estimate", estimate))


def _not_restored(stack: ExitStack) -> None:
    """What was displaced stays displaced."""

    def look(self, line, t):
        step = t if self.directions is None else t * self.directions[line]
        self.x = self.x.copy()
        if self.directions is None:
            self.x[line] += step
        else:
            self.x += step
        return t, self.at(self.x)

    stack.enter_context(mock.patch.object(Differences, "look", look))


def _infinite_tolerance(stack: ExitStack) -> None:
    """Whatever the two derivatives are, they are near enough."""

    def estimate(self, v, lines=None, **options):
        found = _estimate(self, v, lines, **options)
        found.tol[:] = np.finfo(float).max / 4
        return found

    stack.enter_context(mock.patch.object(Differences, "estimate", estimate))


SABOTAGES = {
    "the numeric side is copied from the analytic one": _copied,
    "the perturbation is not restored": _not_restored,
    "the tolerance is infinite": _infinite_tolerance,
}


@contextmanager
def sabotaged(how: str):
    """Inside, the checker is broken in this way."""
    with ExitStack() as stack, np.errstate(all="ignore"):
        SABOTAGES[how](stack)
        yield
