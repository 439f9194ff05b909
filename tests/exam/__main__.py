"""Run the exam and print its score: ``python -m tests.exam [--trials N] [--elements N] [--seed S] [--json]``."""

import argparse
import json
import sys
import warnings
from time import perf_counter

import numpy as np

from tests.exam import found, spared
from tests.exam.network import network
from tests.exam.score import Score


def exam(*, trials: int = 30, elements: int = 1000, seed: int = 0) -> list[Score]:
    """All parts of the exam, with so many trials on the network and so many random elements."""
    rng = np.random.default_rng(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [
            *found.faults(seeds=[seed]),
            *found.nodes(seeds=[seed]),
            *spared.traps(),
            *spared.elements(elements, rng),
            *network(trials, rng),
        ]


def table(scores: list[Score]) -> str:
    """The scores in columns, and below them the names of what went wrong."""
    rows = [(s.name, s.measured, s.wanted, "passed" if s.passed else "FAILED") for s in scores]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    for score in scores:
        lines += [f"  {score.name}: {failure}" for failure in score.failures]
    return "\n".join(lines)


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.exam", description=__doc__)
    parser.add_argument("--trials", type=int, default=30, help="wrong parameters planted in the network, one a trial")
    parser.add_argument("--elements", type=int, default=1000, help="random right elements, and as many wrong ones")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    args = parser.parse_args(argv)
    start = perf_counter()
    scores = exam(trials=args.trials, elements=args.elements, seed=args.seed)
    ok, seconds = all(score.passed for score in scores), perf_counter() - start
    if args.json:
        facts = {"ok": ok, "seed": args.seed, "seconds": round(seconds, 1)}
        print(json.dumps({**facts, "scores": [score.to_dict() for score in scores]}))
    else:
        print(table(scores))
        print(f"{'passed' if ok else 'FAILED'}: seed {args.seed}, {seconds:.0f} s")
    return int(not ok)


if __name__ == "__main__":
    sys.exit(main())
