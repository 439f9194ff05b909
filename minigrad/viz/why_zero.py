"""``mg.why_zero(p)``: where on the way back from the loss the gradient of a parameter is lost, and by what."""

import gc
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigrad.engine import Tensor, history, seed, walk
from minigrad.modes import watch
from minigrad.viz.labels import Names, everything
from minigrad.viz.steps import Log
from minigrad.viz.text import grad_line, number, printable

NEGLIGIBLE = 1e-10
"""What an operand is sent, relative to what arrived, where the gradient counts as lost."""

RECTIFIERS = {"relu", "leaky_relu", "elu", "celu", "selu"}
CLIPPING = {"clip", "relu6", "hardtanh", "hardsigmoid", "hardswish", "hardshrink", "softshrink"}
CHOOSING = {"where", "maximum", "minimum", "fmax", "fmin", "max", "min", "getitem", "take", "sort", "multiply"}
LEAVES_TAPE = re.compile(r"\.(detach|numpy|data|item|tolist)\b")


@dataclass(frozen=True, eq=False)
class Loss:
    """One place where the gradient is lost, or one reason why there is none."""

    cause: str
    """``dead ReLU``, ``saturated``, ``clipped``, ``masked``, ``detached``, ``not in the graph``, ``frozen``, ..."""
    text: str
    node: Tensor | None = None

    def __str__(self):
        return f"{self.cause}: {self.text}" + (f"\n    at {self.node.source}" if self.node is not None else "")


@dataclass(frozen=True, eq=False)
class WhyZero:
    """All reasons found for a gradient that is zero, or missing."""

    name: str
    reasons: list[Loss]

    @property
    def causes(self) -> list[str]:
        """Each cause once."""
        return list(dict.fromkeys(reason.cause for reason in self.reasons))

    def __str__(self):
        return "\n".join([f"the gradient of {self.name}", *(f"  {reason}" for reason in self.reasons)])

    __repr__ = __str__


def why_zero(p: Tensor, loss: Tensor | None = None) -> WhyZero:
    """Why the gradient of the ``loss`` by ``p`` is zero or missing.

    Without a ``loss``, the newest Tensor of one element that is alive and depends on ``p`` is taken; if there is none,
    the newest of all. Nothing is changed: no ``.grad`` is touched.

    >>> import minigrad as mg
    >>> w = mg.tensor([-1.0, -2.0], requires_grad=True, name="w")
    >>> h = mg.relu(w)
    >>> print(why_zero(w, h.sum()).reasons[0].cause)
    dead ReLU
    """
    if not p.requires_grad:
        text = "it does not require grad: write p.requires_grad = True, or model.freeze(False)"
        return WhyZero(printable(p.name or "p"), [Loss("frozen", text)])
    loss = _newest_loss(p) if loss is None else loss
    if loss is None:
        return WhyZero(
            p.name or "p", [Loss("not in the graph", "nothing alive was computed from it: go forward first")]
        )
    names = Names(loss)
    name = names.of(p)
    if not loss.requires_grad:
        return WhyZero(name, [*_left_tape(loss), Loss("not in the graph", "the loss itself is not on the tape")])
    if p not in set(history([loss])):
        return WhyZero(name, _left_tape(loss) or [_unrelated(loss, names)])
    return WhyZero(name, _lost(p, loss, names))


def _newest_loss(p: Tensor) -> Tensor | None:
    """The newest living Tensor of one element that depends on p, else the newest of all."""
    living = [x for x in gc.get_objects() if issubclass(type(x), Tensor)]
    single = [x for x in living if x.op is not None and x.size == 1]
    newest = sorted(single, key=lambda x: x.age, reverse=True)
    return next((x for x in newest if p in set(history([x]))), next(iter(newest), None))


def _left_tape(loss: Tensor) -> list[Loss]:
    """The places where values left the tape and came back into the loss as constants."""
    places: dict[Any, Loss] = {}
    for t in everything(loss):
        if found := LEAVES_TAPE.search(t.source.text):
            text = f"a value left the tape by .{found[1]}, and no gradient goes back past that"
            places.setdefault((t.source.filename, t.source.line), Loss("detached", text, t))
    return list(places.values())


def _unrelated(loss: Tensor, names: Names) -> Loss:
    """That the loss does not depend on a parameter; with the constant that may have been meant to, if there is one."""
    text = f"{names.of(loss)} was not computed from it"
    computed = [t for t in everything(loss) if t.op is None and not t.requires_grad and t.source.text]
    suspect = next((t for t in computed if t.calls or "tensor(" not in t.source.text), None)
    if suspect is None:
        return Loss("not in the graph", text)
    return Loss("not in the graph", f"{text}, but from a constant: was that under no_grad()?", suspect)


def _lost(p: Tensor, loss: Tensor, names: Names) -> list[Loss]:
    """Where the gradient of a p that is in the graph is lost."""
    log = Log()
    with watch(log):
        arrived = walk([loss], [seed(loss, np.ones_like(loss.data))], targets={p})
    g = arrived[p]
    zeros = int(np.sum(g == 0))
    killers = list(_killers(log, names))
    if zeros == g.size and not killers:
        killers = [Loss("cancelled", "what arrives along several paths adds up to zero")]
    if zeros == g.size or (killers and _size(g) < NEGLIGIBLE):
        return killers
    if zeros:
        head = Loss("partly zero", f"{zeros:,} of {g.size:,} elements are zero, {grad_line(g)}")
        return [head, *_blockers(log, names)]
    return [Loss("not zero", f"{grad_line(g)}; the derivative of {names.of(loss)} does reach it"), *killers]


def _size(x) -> float:
    return float(np.max(np.abs(x), initial=0.0))


def _killers(log: Log, names: Names) -> Iterator[Loss]:
    """Every node where a gradient arrived and none went on."""
    for y, (g, parts) in log.nodes.items():
        for position, contribution in parts:
            if _size(g) and _size(contribution) <= NEGLIGIBLE * _size(g):
                yield _diagnosed(y, position, names)


def _blockers(log: Log, names: Names) -> Iterator[Loss]:
    """Every node that lets a part of the elements through, and no gradient to the others."""
    for y, (g, parts) in log.nodes.items():
        for position, contribution in parts:
            if contribution.shape == g.shape and (blocked := int(np.sum((contribution == 0) & (g != 0)))):
                reason = _diagnosed(y, position, names)
                text = f"{names.of(y)} stops {blocked:,} of {g.size:,} elements"
                yield Loss(reason.cause, text, y)


def _diagnosed(y: Tensor, position: int, names: Names) -> Loss:
    """What kind of op it is that lets nothing through."""
    x, op = y.args[position], y.op.name
    inputs = f"its {x.size:,} inputs are in [{number(np.min(x.data))}, {number(np.max(x.data))}]" if x.size else ""
    if op in RECTIFIERS or (op == "relu6" and _size(np.maximum(x.data, 0)) == 0):
        return Loss("dead ReLU", f"{names.of(y)} is flat there: {inputs}, none above 0", y)
    if op in CLIPPING:
        return Loss("clipped", f"{names.of(y)} is flat outside its bounds: {inputs}", y)
    if op == "multiply":
        return Loss("masked", f"{names.of(x)} is multiplied by {_size(_value(y.args[1 - position])):.3g}", y)
    if op in CHOOSING:
        return Loss("masked", f"{op} takes nothing from {names.of(x)}", y)
    if y.shape == x.shape and y.op.branches is None:
        return Loss("saturated", f"{op} is flat there: {inputs}", y)
    return Loss("stopped", f"the derivative of {op} is zero there: {inputs}", y)


def _value(x):
    return x.data if isinstance(x, Tensor) else np.asarray(x)
