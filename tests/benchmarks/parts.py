"""Where the time of a step goes: forward, loss, backward and update, each beside the whole step by hand.

    python tests/benchmarks/parts.py --workloads T S

Steps of minigrad and of hand-written NumPy take turns, a few at a time. Of each part the time is printed below which
an eighth of its samples lie, as a multiple of the same for the whole step by hand: what disturbs a busy machine is
mostly above it.
"""

import argparse
import os
import sys
from itertools import pairwise
from pathlib import Path
from time import perf_counter

os.environ.update({f"{pool}_NUM_THREADS": "1" for pool in ("OPENBLAS", "MKL", "OMP")})  # read as NumPy is loaded
sys.path.insert(0, str(Path(__file__).parents[2]))

import minigrad as mg
from minigrad import nn, optim
from tests.benchmarks.contenders import numpy_by_hand
from tests.benchmarks.problems import PROBLEMS, RATES

PARTS = ("forward", "loss", "backward", "update")


def parts_of(problem, dtype: str = "float32"):
    """A function that takes one step of Adam with minigrad, and answers with the five moments around its parts."""
    layers = [nn.Linear(n_in, n_out, rng=0) for n_in, n_out in pairwise(problem.sizes)]
    model = nn.Sequential(*[part for layer in layers for part in (layer, nn.ReLU())][:-1]).astype(dtype)
    opt, loss_of = optim.Adam(model, lr=RATES["adam"]), nn.cross_entropy if problem.classifies else nn.mse_loss
    x, target = map(mg.tensor, problem.data(dtype))

    def step() -> list[float]:
        moments = [perf_counter()]
        y = model(x)
        moments.append(perf_counter())
        loss = loss_of(y, target)
        moments.append(perf_counter())
        opt.zero_grad()
        loss.backward()
        moments.append(perf_counter())
        opt.step()
        return [*moments, perf_counter()]

    return step


def low(samples: list[float]) -> float:
    """The time below which an eighth of them lie."""
    return sorted(samples)[len(samples) // 8]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workloads", nargs="+", choices=PROBLEMS, default=["T", "S"])
    parser.add_argument("--turns", type=int, default=300)
    options = parser.parse_args()
    print(f"| workload | {' | '.join(PARTS)} | whole step |\n|---|{'---:|' * (len(PARTS) + 1)}")
    for workload in options.workloads:
        step, by_hand = parts_of(PROBLEMS[workload]), numpy_by_hand(PROBLEMS[workload], "adam", "float32")
        samples: list[list[float]] = [[] for _ in PARTS]
        whole: list[float] = []
        for _ in range(options.turns):
            for _ in range(6):
                for part, (start, end) in zip(samples, pairwise(step()), strict=True):
                    part.append(end - start)
            for _ in range(6):
                start = perf_counter()
                by_hand()
                whole.append(perf_counter() - start)
        shares = [low(part) / low(whole) for part in samples]
        print(f"| {workload} | {' | '.join(f'{share:.2f}' for share in shares)} | {sum(shares):.2f} |", flush=True)


if __name__ == "__main__":
    main()
