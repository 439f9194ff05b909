"""Faults: are they caught, is the diagnosis right at first place, is the broken node of a model named?"""

from collections.abc import Iterable, Sequence
from unittest import mock

import numpy as np

import minigrad as mg
from minigrad import engine as walker
from minigrad.gradcheck.audit import audit
from minigrad.gradcheck.check import gradcheck
from minigrad.gradcheck.diagnose import diagnose
from minigrad.gradcheck.opcheck import opcheck
from minigrad.gradcheck.verdict import Verdict
from minigrad.samples import call
from tests.exam.score import Score, share
from tests.gradcheck import models
from tests.gradcheck.faults import CATALOGUE, Fault, posed
from tests.gradcheck.more_faults import MORE
from tests.gradcheck.still_more_faults import STILL_MORE
from tests.gradcheck.test_audit import overwriting, recursive, walk_like

FAULTS: tuple[Fault, ...] = (*CATALOGUE, *MORE, *STILL_MORE)
ACCUSED = (Verdict.WRONG, Verdict.KINK_WRONG)
KINDS = {"D45": "OVERWRITTEN", "D46": "DOUBLE_COUNTED", "D47": "SAVED_MUTATED"}
"""Faults of the engine and of those who use it, and what an audit must call them."""


def faults(chosen: Sequence[Fault] = FAULTS, seeds: Iterable[int] = (0,), *, engine: bool = True) -> list[Score]:
    """Which faults are caught, and of which the cause is named at first place, at random shapes and values.

    Those of the ``engine`` are looked at as well, if wanted.
    """
    missed, misnamed, total = [], [], 0
    for seed in seeds:
        for fault in chosen:
            case, total = posed(fault, seed), total + 1
            if not caught(fault, case):
                missed.append(f"{fault.name} (seed {seed})")
            code = diagnose(case).code
            if code not in fault.codes.split():
                misnamed.append(f"{fault.name} (seed {seed}): {code}, not {fault.codes}")
    for name, kind in KINDS.items() if engine else ():
        report, total = _engine_fault(name), total + 1
        if report:
            missed.append(name)
        if report or report.faults[0].kind != kind:
            misnamed.append(name)
    return [share("faults caught", total, missed, 1.0), share("diagnosis right at first place", total, misnamed, 0.95)]


def caught(fault: Fault, case) -> bool:
    """Whether a check of the function finds it; or a check of the op, if it is one that the engine makes good."""

    def alone(x):
        return case.op(*case.args[: fault.position], x, *case.args[fault.position + 1 :])

    if gradcheck(alone, case.x).verdict in ACCUSED:
        return True
    return "UNBROADCAST" in fault.codes and not opcheck(case.op, call(*case.args), rng=0)


def _engine_fault(name: str):
    """The audit of a backward pass in which the engine, or an assignment, went wrong."""
    w = mg.tensor([[0.5, -1.0], [2.0, 0.3]], requires_grad=True, name="w")
    h = np.tanh(w)
    loss = (h * np.exp(np.sin(h))).sum()
    walk = {"D45": walk_like(overwriting), "D46": recursive, "D47": walker.walk}[name]
    with mock.patch.object(walker, "walk", walk):
        loss.backward()
        if name == "D47":
            w.data[0, 0] = 7.0
        return audit(loss)


def nodes(names: Sequence[str] = tuple(models.FAULTS), seeds: Iterable[int] = (0,)) -> list[Score]:
    """In the model of 26 ops: is the node with the broken formula named, and no other?"""
    unnamed, others, total = [], [], 0
    for seed in seeds:
        for name in names:
            loss, total = models.model(models.parameters(seed)), total + 1
            node = models.plant(loss, *models.FAULTS[name])
            loss.backward()
            accused = {found.age for found in audit(loss, rng=seed).faults}
            if node.age not in accused:
                unnamed.append(f"{name} (seed {seed})")
            if accused - {node.age}:
                others.append(f"{name} (seed {seed})")
    costs = [_cost(seed) for seed in seeds]
    return [
        share("broken node of 26 named", total, unnamed, 1.0),
        share("no other node accused", total, others, 1.0),
        Score("audit, in forward passes", f"{max(costs):.1f}", "at most 25", max(costs) <= 25),
    ]


def _cost(seed: int) -> float:
    loss = models.model(models.parameters(seed))
    loss.backward()
    report = audit(loss, rng=seed)
    return report.cost if report else np.inf
