"""The program of a seed and a number."""

import numpy as np

from tests.fuzz import shaped  # noqa: F401  fills the table of samplers
from tests.fuzz.drawing import Drawing, Settings
from tests.fuzz.programs import Node, Program, refs
from tests.fuzz.samplers import draw_call
from tests.table import OPS

OFTEN = {"getitem": 5, "matmul": 3, "add": 3, "multiply": 3, "einsum": 3, "where": 2, "sum": 2, "broadcast_to": 2}


def draw(seed: int, number: int, settings: Settings) -> Program:
    """Begins with the op whose turn it is, so that every op is drawn again and again; goes on with any."""
    rng = np.random.default_rng([seed, number])
    d = Drawing(rng, settings)
    ops = list(settings.ops or OPS)
    weights = np.array([OFTEN.get(op, 1) for op in ops], float)
    for _ in range(d.number(1, 3)):
        d.leaf(d.random_shape())
    for _ in range(20):
        if draw_call(d, ops[number % len(ops)]) is not None:
            break
    for _ in range(d.number(0, settings.nodes)):
        draw_call(d, str(rng.choice(ops, p=weights / weights.sum())))
    return Program(tuple(d.steps), tuple(outputs(d)))


def outputs(d: Drawing):
    """The values that nothing uses, and now and then an inner one, with random weights."""
    used = {ref.index for step in d.steps if isinstance(step, Node) for ref in refs((step.args, step.kwargs))}
    nodes = [i for i, step in enumerate(d.steps) if isinstance(step, Node)]
    chosen = [i for i in nodes if i not in used][-4:] or [0]
    if nodes and d.chance(0.3):
        chosen.append(d.choice(nodes))
    for i in dict.fromkeys(chosen):
        yield i, d.normal(d.values[i].shape)
