"""How answers are judged: formulas by the gradient checker, algorithms step by step against the right one.

Where an answer is wrong, a judge looks for the mistake that explains it before it says that something is wrong.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from minigrad.engine import Op
from minigrad.gradcheck import gradcheck
from minigrad.learn.exercise import Answer, NotYet


def formulas(forward: Callable, names: Mapping[str, str], *calls: tuple) -> Callable[[Answer], str]:
    """Judge the local derivatives of ``forward``: ``names`` has the learner's function for each argument.

    Each is called as a formula of :func:`minigrad.op` is, ``(g, y, *arguments)``, at every one of ``calls``.
    """

    def judge(answer: Answer) -> str:
        rng = np.random.default_rng(0)
        for args in calls:
            y = np.asarray(forward(*args))
            g = rng.standard_normal(y.shape)
            for argument, name in names.items():
                x = np.asarray(args[list(_parameters(forward)).index(argument)])
                shape = np.shape(answer.call(name, g, y, *args))
                if shape != x.shape:
                    raise NotYet(
                        f"{name} returns shape {shape}, but {argument} has shape {x.shape}: "
                        "a gradient has the shape of what it is the gradient of"
                    )
        resolution = 0.0
        for args in calls:
            report = gradcheck(_op(forward, names, answer), *args, rng=0)
            if not report:
                report.reproduce = ""
                raise NotYet(str(report))
            resolution = max(resolution, report.resolution)
        return f"finite differences agree at {len(calls)} calls; an error of {resolution:.0e} would have been seen"

    return judge


def _parameters(forward: Callable) -> Sequence[str]:
    return forward.__code__.co_varnames[: forward.__code__.co_argcount]


def _op(forward: Callable, names: Mapping[str, str], answer: Answer) -> Op:
    """The op that the learner has completed: known to nobody else, so that it replaces nothing."""
    found = {argument: _called(answer, name) for argument, name in names.items()}
    return Op(forward, [found.get(argument) for argument in _parameters(forward)])


def _called(answer: Answer, name: str) -> Callable:
    return lambda g, y, *args: np.asarray(answer.call(name, g, y, *args))


def trajectory(
    run: Callable[[Callable], Sequence[Any]], name: str, right: Callable, mistakes: Mapping[str, Callable]
) -> Callable[[Answer], str]:
    """Judge an algorithm by the numbers it goes through: ``run(function)`` collects them.

    ``right`` is the right function; ``mistakes`` are wrong ones, by what is wrong with them.
    """

    def judge(answer: Answer) -> str:
        try:
            found = run(lambda *args: answer.call(name, *args))
        except (TypeError, ValueError) as error:
            raise NotYet(f"what {name} returns cannot be used: {error}") from error
        wanted = run(right)
        for step, (a, b) in enumerate(zip(found, wanted, strict=True)):
            if np.shape(a) != np.shape(b):
                raise NotYet(f"{name} gives shape {np.shape(a)} at step {step}, not {np.shape(b)}")
            if not np.allclose(a, b, rtol=1e-9, atol=1e-12):
                why = [text for text, wrong in mistakes.items() if _alike(found, run(wrong))]
                raise NotYet(
                    f"at step {step} {name} gives {_short(a)}, and it should be {_short(b)}"
                    + (f"\n  diagnosis: {why[0]}" if why else "")
                )
        return f"the same numbers over {len(wanted)} steps"

    return judge


def _alike(a: Sequence[Any], b: Sequence[Any]) -> bool:
    return all(np.shape(x) == np.shape(y) and np.allclose(x, y, rtol=1e-9, atol=1e-12) for x, y in zip(a, b))


def _short(x: Any) -> str:
    return np.array2string(np.asarray(x, float), precision=6, threshold=6)
