"""Several checkers before the same faults and traps: ``python -m tests.exam.compare`` prints a table in Markdown.

Every case is a function of one float64 array with a backward of its own, both in NumPy, handed to each checker as a
custom op. A fault is caught if the checker objects, for whatever reason; a trap's gradient is right (at a kink: a
valid subgradient), so whoever objects raises a false alarm. Faults of which the wrong shape is all that is wrong are
left out, because engines refuse them by themselves.
"""

import argparse
import importlib
import warnings
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import NamedTuple

import numpy as np

import minigrad as mg
from minigrad.gradcheck.check import gradcheck
from minigrad.gradcheck.diagnosis.black_box import black_box
from minigrad.gradcheck.verdict import Verdict
from tests.exam.found import FAULTS
from tests.gradcheck.faults import posed
from tests.gradcheck.test_traps import TRAPS

BARE = {"mode": "full", "budget": 1}
"""Every element is looked at, and there is no diagnosis, which the others do not have either."""


class Subject(NamedTuple):
    """A function of one array, and what is taken for its gradient when ``g`` arrives."""

    name: str
    forward: Callable
    backward: Callable
    x: np.ndarray
    right: bool


def subjects() -> Iterator[Subject]:
    """All faults that the checkers can be asked about, then all traps."""
    for fault in FAULTS:
        case = posed(fault, 0)
        if case.shaped:
            yield _faulty(fault, case)
    for name, (fn, x, *_) in TRAPS.items():
        x = np.array(x, dtype=float)
        if x.size:
            yield Subject(name, lambda x, fn=fn: _value(fn, x), lambda g, x, fn=fn: _gradient(fn, g, x), x, True)


def _faulty(fault, case) -> Subject:
    def args(x):
        return *case.args[: fault.position], x, *case.args[fault.position + 1 :]

    def forward(x):
        return np.array(case.op.forward(*args(x)), dtype=float)

    def backward(g, x):
        return np.array(case.op.returned(g, forward(x), list(args(x)), {})[fault.position], dtype=float)

    return Subject(fault.name, forward, backward, np.array(case.x), False)


def _value(fn, x):
    return np.array(fn(mg.tensor(x)).data, dtype=float)


def _gradient(fn, g, x):
    leaf = mg.tensor(x, requires_grad=True)
    return np.array(mg.autograd.grad(fn(leaf), leaf, g)[0].data, dtype=float)


class Minigrad:
    """``minigrad.gradcheck``, of whose verdicts WRONG and KINK_WRONG are objections."""

    name = "minigrad.gradcheck"

    def objects(self, subject: Subject) -> bool:
        """Whether it calls the gradient wrong."""
        if subject.right:
            fn, x = TRAPS[subject.name][:2]
            return gradcheck(fn, x, **BARE).verdict in (Verdict.WRONG, Verdict.KINK_WRONG)
        op = black_box(lambda x: subject.forward(x), lambda g, y, x: subject.backward(g, x))
        return gradcheck(op, subject.x, **BARE).verdict in (Verdict.WRONG, Verdict.KINK_WRONG)


class Torch:
    """``torch.autograd.gradcheck`` at its defaults."""

    def __init__(self, fast: bool):
        self.torch, self.fast = importlib.import_module("torch"), fast
        self.name = f"torch.autograd.gradcheck, {'fast' if fast else 'slow'}"

    def objects(self, subject: Subject) -> bool:
        torch = self.torch

        class Function(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return torch.tensor(subject.forward(x.detach().numpy()))

            @staticmethod
            def backward(ctx, g):
                (x,) = ctx.saved_tensors
                return torch.tensor(subject.backward(g.numpy(), x.detach().numpy()))

        x = torch.tensor(subject.x, requires_grad=True)
        return not torch.autograd.gradcheck(Function.apply, (x,), fast_mode=self.fast, raise_exception=False)


class Jax:
    """``jax.test_util.check_grads`` in reverse mode and float64, otherwise at its defaults."""

    name = "jax.test_util.check_grads"

    def __init__(self):
        self.jax, self.util = importlib.import_module("jax"), importlib.import_module("jax.test_util")
        self.jax.config.update("jax_enable_x64", True)

    def objects(self, subject: Subject) -> bool:
        jax, shape = self.jax, jax_shape(self.jax, subject.forward(subject.x))
        like = jax_shape(jax, subject.x)

        @jax.custom_vjp
        def fn(x):
            return jax.pure_callback(lambda x: subject.forward(np.array(x)), shape, x)

        def pulled_back(x, g):
            return (jax.pure_callback(lambda g, x: subject.backward(np.array(g), np.array(x)), like, g, x),)

        fn.defvjp(lambda x: (fn(x), x), pulled_back)
        try:
            self.util.check_grads(fn, (jax.numpy.asarray(subject.x),), order=1, modes=("rev",))
        except AssertionError:
            return True
        return False


def jax_shape(jax, x):
    """What JAX must be told of the result of a callback."""
    return jax.ShapeDtypeStruct(np.shape(x), np.float64)


class Row(NamedTuple):
    """What one checker made of all subjects."""

    name: str
    missed: list[str]
    alarms: list[str]
    passes: float
    """Forward passes a fault, on average."""
    seconds: float


def examined(checker, all_subjects: list[Subject]) -> Row:
    """Ask one checker about everything; an exception of its own is an objection."""
    missed, alarms, calls, start = [], [], [], perf_counter()
    for subject in all_subjects:
        counted = subject
        if not subject.right:
            counted = subject._replace(forward=lambda x, f=subject.forward: (calls.append(0), f(x))[1])
        try:
            with np.errstate(all="ignore"):
                objects = checker.objects(counted)
        except Exception:
            objects = True
        if objects is subject.right:
            (alarms if subject.right else missed).append(subject.name)
    faults = sum(not subject.right for subject in all_subjects)
    return Row(checker.name, missed, alarms, len(calls) / max(1, faults), perf_counter() - start)


def checkers() -> list:
    """Those that are installed."""
    found = [Minigrad()]
    for make in (lambda: Torch(fast=False), lambda: Torch(fast=True), Jax):
        try:
            found.append(make())
        except ImportError as error:
            print(f"left out: {error}")
    return found


def markdown(rows: list[Row], all_subjects: list[Subject]) -> str:
    """The table."""
    faults, traps = ([s for s in all_subjects if s.right is right] for right in (False, True))
    counts = f"caught, of {len(faults)} faults | missed | false alarms, of {len(traps)} traps"
    lines = [f"| checker | {counts} | forward passes a fault | time |", "|---|---|---|---|---|---|"]
    for row in rows:
        caught = len(faults) - len(row.missed)
        cost = f"{row.passes:.0f} | {row.seconds:.1f} s"
        lines.append(f"| {row.name} | {caught} | {len(row.missed)} | {len(row.alarms)} | {cost} |")
    return "\n".join(lines)


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.exam.compare", description=__doc__)
    parser.add_argument("--names", action="store_true", help="also list what each checker missed and accused")
    args = parser.parse_args(argv)
    all_subjects = list(subjects())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = [examined(checker, all_subjects) for checker in checkers()]
    print(markdown(rows, all_subjects))
    for row in rows if args.names else ():
        print(f"\n{row.name}\n  missed: {', '.join(row.missed)}\n  false alarms: {', '.join(row.alarms)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
