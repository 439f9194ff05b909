"""The rules that a walk backward must keep, whatever the formulas: read off what every node was sent, and sent on.

Every node sends once to each operand, not before all that it was used in have sent to it, and what it sends on is
made of the sum of what it was sent. No formula is looked at here, and no derivative computed.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from minigrad.engine import Tensor
from minigrad.gradcheck.local import differentiable_positions, operand_name
from minigrad.gradcheck.report import Finding
from minigrad.gradcheck.verdict import Verdict
from minigrad.source import is_internal

ROUNDINGS = 1e3
"""How many units in the last place two sums of the same numbers may differ by."""


@dataclass
class Fault(Finding):
    """A finding about one place in a graph: the kind of fault, the op, and the line of the user's program."""

    kind: str = "WRONG"
    op: str = ""
    source: str = ""
    age: int = 0
    """When the node was made."""
    position: int = 0
    """Which of its operands the fault is about."""
    diagnosis: str = ""
    """Why, if a hypothesis explains it."""

    @property
    def headline(self) -> str:
        """What, where, and which source line."""
        place = ", ".join(filter(None, (self.op, self.operand)))
        return f"{self.kind.replace('_', ' ')} gradient: {place}, at {self.source}"


def fault(kind: str, node: Tensor, note: str, *, operand: str = "") -> Fault:
    """A fault at a node, or at a leaf."""
    op = node.op.name if node.op else node.name or f"the leaf of shape {node.shape}"
    return Fault(
        Verdict.WRONG, operand, shape=node.shape, note=note, kind=kind, op=op, source=place_of(node), age=node.age
    )


def place_of(node: Tensor) -> str:
    """The line that made a node; where no user's line did, as of a command, the line that defines its op."""
    code = getattr(node.op.forward, "__code__", None) if node.op else None
    if code is None or not is_internal(node.source.filename):
        return str(node.source)
    return f"{os.path.basename(code.co_filename)}:{code.co_firstlineno}, where it is defined"


class Sent(NamedTuple):
    """What a node sent to an operand: the array itself, and copies of it and of the gradient it was made from."""

    node: Tensor
    position: int
    g: Any
    array: Any
    contribution: Any


class Flow:
    """A watcher that writes down everything a walk sends."""

    def __init__(self):
        self.sent: list[Sent] = []
        self._of: dict[Tensor, list[Sent]] = {}

    def forward(self, y: Tensor) -> None:
        """The backward pass is all that matters."""

    def backward(self, y: Tensor, position: int, g, contribution) -> None:
        """Write down one contribution."""
        self.sent.append(Sent(y, position, np.copy(g), contribution, np.copy(contribution)))
        self._of.setdefault(y, []).append(self.sent[-1])

    def of(self, y: Tensor) -> list[Sent]:
        """What a node sent."""
        return self._of.get(y, [])


def broken_rules(nodes: Sequence[Tensor], seeds: dict, flow: Flow, arrived: dict) -> list[Fault]:
    """The faults of a walk through the nodes, newest node first."""
    gone, given = defaultdict(list), defaultdict(list)
    for number, sent in enumerate(flow.sent):
        gone[sent.node].append((number, sent))
        given[sent.node.args[sent.position]].append((number, sent))
    faults = (
        _wrong_visit(x, gone[x], given[x]) or _wrong_sum(x, seeds.get(x), gone[x], given[x], arrived) for x in nodes
    )
    return [found for found in faults if found]


def _wrong_visit(x: Tensor, gone: list, given: list) -> Fault | None:
    """A node that was left out, visited again, or visited too early."""
    if x.op is None:
        return None
    if not gone:
        return fault("MISSING", x, "the walk never went backward from here, so nothing upstream got its share")
    times = Counter(sent.position for _, sent in gone)
    if lacking := [i for i in differentiable_positions(x) if i not in times]:
        return fault("MISSING", x, "nothing was sent to this operand", operand=operand_name(x, lacking[0]))
    if max(times.values()) > 1:
        note = (
            f"its gradient was sent on {max(times.values())} times, once for each use: it must be whole, and sent once"
        )
        return fault("DOUBLE_COUNTED", x, note)
    if given and gone[0][0] < given[-1][0]:
        late = given[-1][1].node
        return fault("EARLY", x, f"its gradient was sent on before {late.op.name}, at {late.source}, had added to it")
    return None


def _wrong_sum(x: Tensor, seed, gone: list, given: list, arrived: dict) -> Fault | None:
    """A node that sent on something else than the sum of what it was sent."""
    used = gone[0][1].g if gone else arrived.get(x)
    shares = ([] if seed is None else [seed]) + [sent.contribution for _, sent in given]
    if x.hooks or not shares:
        return None
    if used is None:
        return fault("MISSING", x, "what was sent here never arrived")
    total = sum(shares[1:], shares[0])
    if same(used, total):
        return None
    changed = next((sent for _, sent in given if not np.array_equal(sent.array, sent.contribution, equal_nan=True)), 0)
    found = fault(*_what_happened(x, used, total, shares, changed, [sent for _, sent in given]))
    if used.shape == x.shape:
        with np.errstate(invalid="ignore"):
            worst = np.unravel_index(np.argmax(np.nan_to_num(abs(used - total), nan=np.inf)), x.shape)
        found.worst, found.wrong = tuple(map(int, worst)), int((used != total).sum())
        found.analytic, found.numeric = float(used[worst]), float(total[worst])
        found.note += f"; at {list(found.worst)} {found.analytic:.6g} instead of {found.numeric:.6g}"
    return found


def _what_happened(x, used, total, shares, changed, given) -> tuple[str, Tensor, str]:
    if changed:
        return "ALIASED", x, f"what {changed.node.op.name}, at {changed.node.source}, had sent was written into later"
    for which in (-1, 0):
        if len(shares) > 1 and same(used, shares[which]):
            kept = f"what {given[which].node.op.name}, at {given[which].node.source}, sent" if given else "one share"
            return "OVERWRITTEN", x, f"of {len(shares)} contributions only {kept} was kept: they must be added"
    for times in (2, 3, 4):
        if same(used, times * total):
            return "DOUBLE_COUNTED", x, f"its gradient is {times} times the sum of its {len(shares)} contributions"
    return "NOT_THE_SUM", x, f"its gradient is not the sum of its {len(shares)} contributions"


def same(a, b) -> bool:
    """Whether two arrays agree but for the order of the additions; a NaN agrees with a NaN."""
    if a.shape != b.shape:
        return False
    with np.errstate(all="ignore"):
        tol = ROUNDINGS * np.finfo(b.dtype).eps * np.max(np.where(np.isfinite(b), abs(b), 0), initial=0.0)
        return bool(np.all((abs(a - b) <= tol) | (a == b) | (np.isnan(a) & np.isnan(b))))
