"""Which op on the tape is to blame for a wrong gradient: every node is checked by itself, at the values it had."""

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from minigrad import engine
from minigrad.engine import Tensor, history
from minigrad.gradcheck.compare import arriving
from minigrad.gradcheck.flow import Fault, Flow, fault, place_of
from minigrad.gradcheck.local import LocalCheck, differentiable_positions, operand_name, unwatched
from minigrad.gradcheck.report import Report
from minigrad.modes import watch


class Blamed(NamedTuple):
    """The node whose formula is wrong, what is wrong with it, and the gradient that had arrived there, if known."""

    node: Tensor
    fault: Fault
    g: np.ndarray | None


def blamed(outputs: Sequence[Tensor], rng: np.random.Generator) -> Blamed | None:
    """The newest node behind the outputs whose formula is wrong, or raises; None if all are right by themselves."""
    flow = Flow()
    with unwatched(), np.errstate(all="ignore"):
        with watch(flow), suppress(Exception):  # a node that raises is found below, where it is checked by itself
            engine.walk(outputs, [_seed(y, rng) for y in outputs])
        for y in history(outputs):
            g = next((sent.g for sent in flow.of(y)), None)
            if found := _fault(y, g, rng):
                return Blamed(y, found, g)
    return None


def lone_fault(flow: Flow, rng: np.random.Generator) -> tuple[Fault | None, float]:
    """The one node of a walk whose formula is wrong for the gradient that arrived; and how many forward passes it took.

    It is for errors too small to be seen in the whole. None if two nodes are wrong, for they may make up for each
    other: then the whole decides, and it was found to be right. A pass is made of ops, each of which counts for as
    much as its Tensors have elements.
    """
    found, work = list[Fault](), 0
    nodes = {sent.node: sent.g for sent in flow.sent}
    with unwatched(), np.errstate(all="ignore"):
        for y, g in nodes.items():
            counted = Report("")
            with suppress(Exception):  # what cannot be checked by itself is seen in the whole alone
                found += wrong_formulas(y, g, rng, counted, as_it_is=True)
            work += counted.evaluations * _elements(y)
    return found[0] if len(found) == 1 else None, work / max(1, sum(map(_elements, nodes)))


def _elements(y: Tensor) -> int:
    return sum(x.size for x in y.args if isinstance(x, Tensor))


def _seed(y: Tensor, rng: np.random.Generator) -> np.ndarray:
    return arriving(rng, np.isfinite(y.data).ravel()).reshape(y.shape).astype(y.dtype)


def _fault(y: Tensor, g, rng: np.random.Generator) -> Fault | None:
    try:
        return next(iter(wrong_formulas(y, g, rng)), None)
    except Exception as error:
        return _raising(y, rng, error)


def _raising(y: Tensor, rng: np.random.Generator, error: Exception) -> Fault | None:
    """The fault of the operand whose formula raises; None if the check itself could not be done."""
    for position in differentiable_positions(y):
        try:
            engine._pull_back(y, _seed(y, rng), {y.args[position]}, False)
        except Exception:
            found = fault("WRONG", y, f"its formula raises {type(error).__name__}: {error}")
            found.position, found.operand = position, operand_name(y, position)
            return found
    return None


def wrong_formulas(
    y: Tensor, g, rng: np.random.Generator, report: Report | None = None, *, as_it_is: bool = False
) -> list[Fault]:
    """A fault for every operand whose formula is not the derivative; ``g`` is what arrived at the node, if known.

    ``as_it_is`` they are seen with that gradient alone, and not with a random one too.
    """
    if y.op is None or y.op.surrogate:
        return []
    found = []
    for position in differentiable_positions(y):
        check = LocalCheck(y, position, rng)
        finding = check.fault([] if g is None else [g], as_it_is=as_it_is)
        if report is not None:
            report.evaluations += check.forwards
        if finding is not None:
            facts = {**vars(finding), "op": y.op.name, "source": place_of(y), "age": y.age, "position": position}
            found.append(Fault(**facts))
    return found
