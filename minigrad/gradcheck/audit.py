"""``audit(loss)``: explain a backward pass that has happened, and name the node, operand and line that is wrong.

A gradient is right if every node sends back the derivative of what it computed (checked node by node, with the
operands it recorded), if the walk adds up all that is sent and passes it on once, if the arrays are still those of the
forward, and if no path left the tape. Each of these is checked by itself, so what is wrong has a place.

>>> from minigrad import tensor
>>> w = tensor([0.5, -1.0], requires_grad=True, name="w")
>>> loss = np.tanh(w * w).sum()
>>> loss.backward()
>>> w.grad *= 2
>>> print(audit(loss))  # doctest: +ELLIPSIS
DOUBLE COUNTED gradient: w, at <doctest ...>:1  w = tensor([0.5, -1.0], requires_grad=True, name="w")
  its .grad is 2 times what this backward pass adds: was backward() called 2 times without zero_grad()?
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from minigrad import engine
from minigrad.engine import Tensor, history
from minigrad.gradcheck.blame import wrong_formulas
from minigrad.gradcheck.explain import explained
from minigrad.gradcheck.flow import Fault, Flow, broken_rules, fault, same
from minigrad.gradcheck.local import operand_name, unwatched
from minigrad.gradcheck.report import Report
from minigrad.gradcheck.saved import named, replaced, rewritten
from minigrad.gradcheck.untracked import copied_values, left_the_tape
from minigrad.gradcheck.verdict import Verdict
from minigrad.modes import watch


@dataclass(repr=False)
class AuditReport(Report):
    """What an audit found, gravest fault first: the walk's own faults, then formulas, newest node first."""

    nodes: int = 0
    """How many ops the graph has."""
    leaves: int = 0
    ages: tuple[int, ...] = ()
    """When each of them was made, oldest first."""
    heirs: str = ""
    """The leaves that inherit the error of the first fault."""

    @property
    def cost(self) -> float:
        """How many forward passes this was worth: ops computed, by ops in the graph."""
        return self.evaluations / max(1, self.nodes)

    @property
    def faults(self) -> list[Fault]:
        """The findings, each with its kind, op and source line."""
        return [finding for finding in self.findings if isinstance(finding, Fault)]

    def _good(self):
        head = f"{self.verdict}: {self.subject}: {self.nodes} nodes and the gradients of {self.leaves} leaves verified"
        return [head, *(f"  {note}" for note in self.notes)]

    def _bad(self):
        first, *others = self.faults
        lines = [first.headline, f"  {first if first.kind == 'WRONG' and np.isfinite(first.tol) else first.note}"]
        if first.kind == "WRONG":
            lines[0] += f"  (node {self.number(first)} of {self.nodes})"
            lines += [f"  diagnosis: {first.diagnosis}"] if first.diagnosis else []
            kink = "" if first.verdict is Verdict.KINK_WRONG else ", a kink (none within the step)"
            lines.append(f"  not the cause: chance (the forward repeats), float32 (checked in float64){kink}")
        if self.heirs:
            lines.append(f"  everything upstream inherits this error: {self.heirs}")
        if others:
            lines.append(f"  also: {'; '.join(other.headline for other in others[:2])}" + _and_more(len(others) - 2))
        lines = [*lines, *(f"  {note}" for note in self.notes)][: 5 if self.reproduce else 6]
        return lines + ([f"  reproduce:\n{self.reproduce}"] if self.reproduce else [])

    def number(self, found: Fault) -> int:
        """The number of the node of a fault, in the order in which the nodes were made, from 1."""
        return self.ages.index(found.age) + 1

    def to_dict(self):
        """The whole report in JSON's types."""
        kinds = [{"kind": found.kind, "op": found.op, "source": found.source} for found in self.faults]
        return {**super().to_dict(), "nodes": self.nodes, "cost": round(self.cost, 2), "faults": kinds}


def audit(
    loss: Tensor,
    gradient=None,
    *,
    fn: Callable | None = None,
    params: Sequence[Tensor] = (),
    rng: int | np.random.Generator | None = 0,
) -> AuditReport:
    """Check every node of the graph behind ``loss``, after ``loss.backward(gradient)`` and before the next step.

    Reads the graph and its ``.grad``, and changes nothing. ``fn``, a function of no arguments that computes the loss
    again (it is called a few times), is needed to be sure of paths that left the tape, by ``.data``, ``.numpy()`` or
    ``.item()``; ``params`` are leaves that may be off it altogether. Ops declared ``surrogate=True``, detached Tensors
    and what was made within ``no_grad`` are taken as they are.

    Raises :class:`~minigrad.errors.GraphError` if ``loss`` does not require grad.
    """
    start, seed = perf_counter(), engine.seed(loss, gradient)
    nodes = history([loss])
    ops = [y for y in nodes if y.op is not None]
    leaves = [x for x in nodes if x.op is None]
    report = AuditReport(f"audit of {loss.name or 'the loss'} at {loss.source}", nodes=len(ops), leaves=len(leaves))
    report.ages = tuple(y.age for y in reversed(ops))
    with unwatched():
        report.findings += replaced(nodes)
        if not report.findings:
            _examine(report, nodes, loss, seed, np.random.default_rng(rng))
            if fn is None:
                report.notes += copied_values(nodes)
            else:
                with np.errstate(all="ignore"):
                    report.findings += left_the_tape(fn, list(dict.fromkeys([*leaves, *params])))
    if report.findings:
        report.heirs = _heirs(nodes, report.faults[0])
    report.seconds = perf_counter() - start
    return report


def _examine(report: AuditReport, nodes: list[Tensor], loss: Tensor, seed, rng) -> None:
    report.findings += rewritten(nodes)
    report.evaluations += report.nodes
    flow = Flow()
    with watch(flow):
        arrived = engine.walk([loss], [seed])
    report.findings += broken_rules(nodes, {loss: seed}, flow, arrived)
    if not report.findings:
        report.findings += _wrong_grads(nodes, flow, arrived, report)
    for y in nodes:
        g = next((sent.g for sent in flow.of(y)), None)
        faults = wrong_formulas(y, g, rng, report)
        if faults and not report.findings:
            faults[0].diagnosis, report.reproduce = explained(y, faults[0], g)
        report.findings += faults
    report.findings += _unrepeatable(nodes, flow)


def _wrong_grads(nodes, flow: Flow, arrived: dict, report: Report) -> list[Fault]:
    """Whether every ``.grad`` is what this backward pass adds to it."""
    kept = [x for x in arrived if not x.hooks]
    if all(x.grad is None for x in kept):
        report.notes.append("backward() has not been called yet: no .grad was compared")
        return []
    found = [_wrong_grad(x, arrived[x], flow) for x in kept]
    return [each for each in found if each] or _shared(kept)


def _wrong_grad(x: Tensor, g, flow: Flow) -> Fault | None:
    if x.grad is None:
        return fault("MISSING", x, "a gradient arrives here, but its .grad is None")
    if x.grad.shape != x.shape or x.grad.dtype != x.dtype:
        return fault("MISSHAPEN", x, f"its .grad is {x.grad.dtype}{x.grad.shape}, its data {x.dtype}{x.shape}")
    if same(x.grad, g):
        return None
    for times in range(2, 10):
        if same(x.grad, times * g):
            note = f"its .grad is {times} times what this backward pass adds"
            return fault("DOUBLE_COUNTED", x, f"{note}: was backward() called {times} times without zero_grad()?")
    shares = [sent.contribution for sent in flow.sent if sent.node.args[sent.position] is x]
    if len(shares) > 1 and same(x.grad, shares[-1]):
        return fault("OVERWRITTEN", x, f"its .grad is only the last of {len(shares)} contributions")
    with np.errstate(all="ignore"):
        gap = float(abs(x.grad - g).max())
    note = (
        f"its .grad is off by up to {gap:.4g} from what this backward pass adds: is it older, or was it changed since?"
    )
    return fault("STALE_GRAD", x, note)


def _shared(leaves: Sequence[Tensor]) -> list[Fault]:
    """A fault for a ``.grad`` that shares its memory with another one, or with data."""
    owners = {id(_owner(x.data)): (x, x.data) for x in leaves}
    for x in leaves:
        owner = owners.setdefault(id(_owner(x.grad)), grad := (x, x.grad))
        if owner is not grad and np.may_share_memory(owner[1], x.grad):
            other = owner[0]
            note = f"its .grad shares memory with {named(other)}: changing one in place changes the other"
            return [fault("ALIASED", x, note)]
    return []


def _owner(array):
    """The array that a view is a view of."""
    while isinstance(array, np.ndarray) and array.base is not None:
        array = array.base
    return array


def _unrepeatable(nodes: Sequence[Tensor], flow: Flow) -> list[Fault]:
    """Formulas that answer differently when asked again: they keep a state, or draw at random."""
    found = []
    for y in nodes:
        sent = {each.position: each for each in flow.of(y)}
        if not sent:
            continue
        operands = {x for x in y.args if isinstance(x, Tensor) and x.requires_grad}
        with np.errstate(all="ignore"):
            again = engine._pull_back(y, flow.of(y)[0].g, operands, False)
        off = [i for i, _, contribution in again if i in sent and not same(sent[i].contribution, contribution)]
        note = "asked twice for the same gradient, its formula gives two answers: it keeps a state, or draws at random"
        found += [fault("UNREPEATABLE", y, note, operand=operand_name(y, i)) for i in off]
    return found


def _heirs(nodes: Sequence[Tensor], found: Fault) -> str:
    """The names of the leaves upstream of a fault."""
    guilty = next((x for x in nodes if x.age == found.age), None)
    if guilty is None or guilty.op is None:
        return ""
    leaves = [x.name or f"a leaf {x.shape}" for x in history([guilty]) if x.op is None]
    return ", ".join(leaves[:6]) + _and_more(len(leaves) - 6)


def _and_more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""
