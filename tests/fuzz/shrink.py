"""Making a program that fails small, and writing it down to be run."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from tests.fuzz.programs import Leaf, Node, Program, Ref, without_unused, written
from tests.table import OPS


def shrunk(program: Program, fails: Callable[[Program], bool], tries: int = 300) -> Program:
    """The smallest program found that still fails: the first candidate that does is taken, again and again."""
    candidates = smaller(program)
    while tries and (candidate := next(candidates, None)) is not None:
        tries -= 1
        if fails(candidate):
            program, candidates = candidate, smaller(candidate)
    return program


def smaller(program: Program) -> Iterator[Program]:
    """Simpler programs, the boldest first."""
    values = plain_values(program)
    nodes = [i for i, step in enumerate(program.steps) if isinstance(step, Node)]
    if len(program.outputs) > 1:
        for output in program.outputs:
            yield without_unused(Program(program.steps, (output,)))
    for i in nodes[:-1]:
        weights = np.round(np.random.default_rng(0).standard_normal(values[i].shape), 1)
        yield without_unused(Program(program.steps, ((i, weights),)))  # end here
    for i in nodes[:-1]:
        yield without_unused(with_step(program, i, Leaf(values[i], np.ones(values[i].shape))))  # begin here
    for i in nodes:
        if program.steps[i].route != f"mg.{program.steps[i].op}":
            yield with_step(program, i, replace(program.steps[i], route=f"mg.{program.steps[i].op}"))
    for i, leaf in enumerate(program.steps):
        if isinstance(leaf, Leaf):
            yield from simpler_leaves(program, i, leaf)


def simpler_leaves(program: Program, i: int, leaf: Leaf) -> Iterator[Program]:
    if leaf.layout != "C" or leaf.kind != "leaf":
        yield with_step(program, i, replace(leaf, layout="C", kind="leaf"))
    if np.any(leaf.probe != 1):
        yield with_step(program, i, replace(leaf, probe=np.ones_like(leaf.probe)))
    for digits in (0, 1, 2):
        if np.any((rounded := np.round(leaf.value, digits)) != leaf.value):
            yield with_step(program, i, replace(leaf, value=rounded))


def with_step(program: Program, i: int, step: Leaf | Node) -> Program:
    return Program((*program.steps[:i], step, *program.steps[i + 1 :]), program.outputs)


def plain_values(program: Program) -> list[np.ndarray]:
    """The values of all steps, from the forwards alone."""
    with np.errstate(all="ignore"):
        values = program.values(lambda leaf, i: leaf.value, lambda node, args, kwargs: OPS[node.op](*args, **kwargs))
    return [np.asarray(value, float) for value in values]


def reproducer(program: Program, order: int, expected: dict[str, list]) -> str:
    """The program as a script that prints minigrad's gradients, with what the other engine says as comments."""
    leaves = [repr(Ref(i)) for i in program.leaves()]
    lines = ["import numpy as np", "import minigrad as mg", "", str(program)]
    if order == 1:
        lines.append("loss.backward()")
        lines += [f"print({v}.grad)  # expected {compact(g)}" for v, g in zip(leaves, expected["first"])]
        return "\n".join(lines)
    probes = ", ".join(written(leaf.probe) for leaf in program.leaves().values())
    lines.append(f"leaves, probes = [{', '.join(leaves)}], [{probes}]")
    lines.append("gradients = mg.autograd.grad(loss, leaves, create_graph=True, allow_unused=True)")
    lines.append("total = sum((g * p).sum() for g, p in zip(gradients, probes) if g is not None)")
    lines.append("print(*mg.autograd.grad(total, leaves, allow_unused=True), sep='\\n')")
    lines += [f"# expected of {v}: {compact(g)}" for v, g in zip(leaves, expected["second"])]
    return "\n".join(lines)


def compact(g) -> str:
    return " ".join(np.array2string(np.asarray(g), precision=12, threshold=50).split())
