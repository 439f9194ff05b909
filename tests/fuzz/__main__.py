"""Run programs by number, print what fails as short scripts, and say which ops were drawn how often."""

import argparse
import importlib
import sys
import time
import warnings
from collections import Counter

import numpy as np

from tests.fuzz.draw import draw
from tests.fuzz.drawing import Settings
from tests.fuzz.engines import Autograd, Minigrad, Torch
from tests.fuzz.judge import TOLERANCE, compare
from tests.fuzz.programs import Program, Unsupported
from tests.fuzz.shrink import reproducer, shrunk
from tests.table import OPS


def reference(name: str):
    """The engine that minigrad is compared with."""
    if name == "torch":
        return Torch(importlib.import_module("torch"))
    importlib.import_module("autograd.numpy")
    return Autograd(importlib.import_module("autograd"))


def autograd_ops() -> tuple[str, ...]:
    """The ops of which autograd knows at least a twin."""
    twin = reference("autograd").twin

    def known(op):
        try:
            return callable(twin(op))
        except Unsupported:
            return False

    return tuple(filter(known, OPS))


def report(program: Program, number: int, verdict, other, order: int, tolerance: float) -> str:
    """A failure as a script to copy."""
    small = shrunk(program, lambda p: compare(p, Minigrad(), other, order, tolerance).alike(verdict))
    final = compare(small, Minigrad(), other, order, tolerance)
    try:
        with np.errstate(all="ignore"):
            results = other.run(small, order)
        expected = {"first": results.first, "second": results.second}
    except Exception:
        expected = {"first": [], "second": []}
    title = f"program {number}, order {order}, against {other.name}: {final.kind}: {final.detail}"
    return f"--- {title}\n{reproducer(small, order, expected)}\n"


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--n", type=int, default=1000, help="how many programs")
    parser.add_argument("--start", type=int, default=0, help="the number of the first one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--order", type=int, choices=(1, 2), default=1, help="2: gradients of gradients too")
    parser.add_argument("--against", choices=("torch", "autograd"), default="torch")
    parser.add_argument("--kinks", action="store_true", help="hit ties and kinks on purpose")
    parser.add_argument("--empty", action="store_true", help="axes of length 0")
    parser.add_argument("--nodes", type=int, default=9, help="the most ops in one program, but for the first")
    parser.add_argument("--ops", help="only these, separated by commas")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE)
    parser.add_argument("--max-failures", type=int, default=10)
    parser.add_argument("--show", type=int, metavar="NUMBER", help="print one program and stop")
    args = parser.parse_args(argv)

    other = reference(args.against)
    ops = tuple(args.ops.split(",")) if args.ops else autograd_ops() if args.against == "autograd" else ()
    settings = Settings(args.nodes, args.kinks, args.empty, ops)
    if args.show is not None:
        print(draw(args.seed, args.show, settings))
        return 0
    return run(args, other, settings)


def run(args, other, settings: Settings) -> int:
    """Draw, compare, count."""
    kinds, drawn, compared, missing, failures, largest = Counter(), Counter(), Counter(), Counter(), 0, 0.0
    begun = time.perf_counter()
    for number in range(args.start, args.start + args.n):
        program = draw(args.seed, number, settings)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore" if args.against == "autograd" else "default")
            verdict = compare(program, Minigrad(split=number % 2 == 1), other, args.order, args.tolerance)
        kinds[verdict.kind] += 1
        drawn.update(set(program.ops()))
        if verdict.kind == "agree":
            compared.update(set(program.ops()))
            largest = max(largest, verdict.error)
        elif verdict.kind == "unsupported":
            missing[verdict.detail[:60]] += 1
        elif verdict.failed:
            failures += 1
            print(report(program, number, verdict, other, args.order, args.tolerance), flush=True)
            if failures >= args.max_failures:
                break
    seconds = time.perf_counter() - begun
    done = sum(kinds.values())
    print(f"{done} programs, order {args.order}, against {args.against}, seed {args.seed}: {seconds:.1f} s")
    print(", ".join(f"{kind} {count}" for kind, count in kinds.most_common()) + f"; largest error {largest:.1e}")
    if missing:
        print("unsupported:", ", ".join(f"{what} {count}" for what, count in missing.most_common(8)))
    vocabulary = settings.ops or tuple(OPS)
    rarest = sorted((compared[op], op) for op in vocabulary)
    print(f"ops: {len(vocabulary)}, drawn {sum(drawn[op] > 0 for op in vocabulary)}; in fewest agreeing programs:")
    print("  " + ", ".join(f"{op} {count}" for count, op in rarest[:15]))
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
