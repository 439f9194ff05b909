"""Random right programs before the checker: ``python -m tests.exam.programs`` counts verdicts, and shows accusations.

The programs are those of ``tests.fuzz``, whose gradients are PyTorch's. Whoever accuses one raises a false alarm, but
for one kind, which is to be looked at: at a tie or kink two ops can take different sides, each with a right to it, and
the sum is then no generalised gradient. ``relu(x) - relu(-x)`` is such a program at 0: its gradient is 0, and x has 1.
"""

import argparse
import sys
import warnings
from collections import Counter
from collections.abc import Callable

import numpy as np

import minigrad as mg
from minigrad.gradcheck import Report, Verdict, gradcheck
from tests.fuzz.draw import draw
from tests.fuzz.drawing import Settings
from tests.fuzz.programs import Leaf, Program
from tests.table import OPS

ACCUSED = (Verdict.WRONG, Verdict.KINK_WRONG)


def as_function(program: Program) -> Callable:
    """The program as a function of its leaves that require grad, in their order."""

    def run(*inputs):
        given = dict(zip(program.leaves(), inputs, strict=True))

        def value(leaf: Leaf, i: int):
            return given[i] if i in given else mg.tensor(leaf.value) if leaf.kind == "constant" else leaf.value

        values = program.values(value, lambda node, args, kwargs: OPS[node.op](*args, **kwargs))
        return sum((values[i] * weights).sum() for i, weights in program.outputs)

    return run


def checked(program: Program, scale: float = 1.0, **options) -> Report:
    """What the checker says of a program, its leaves multiplied by ``scale``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return gradcheck(as_function(program), *[leaf.value * scale for leaf in program.leaves().values()], **options)


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.exam.programs", description=__doc__)
    parser.add_argument("--n", type=int, default=500, help="how many programs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinks", action="store_true", help="hit ties and kinks on purpose")
    parser.add_argument("--mode", choices=("full", "probe"), default="full")
    parser.add_argument("--order", type=int, choices=(1, 2), default=1)
    parser.add_argument("--scale", type=float, default=1.0, help="what the leaves are multiplied by")
    args = parser.parse_args(argv)
    verdicts: Counter = Counter()
    for number in range(args.n):
        program = draw(args.seed, number, Settings(7, args.kinks))
        report = checked(program, args.scale, mode=args.mode, order=args.order)
        verdicts[report.verdict.name] += 1
        if report.verdict in ACCUSED:
            print(f"--- program {number}\n{program}\n{report}\n", flush=True)
    print(f"{args.n} programs, seed {args.seed}: {', '.join(f'{name} {n}' for name, n in verdicts.most_common())}")
    return int(any(verdicts[verdict.name] for verdict in ACCUSED))


if __name__ == "__main__":
    np.seterr(all="ignore")
    sys.exit(main())
