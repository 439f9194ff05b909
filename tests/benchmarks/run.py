"""How long a training step takes, next to hand-written NumPy and PyTorch.

    python tests/benchmarks/run.py --workloads T S --optimizers sgd adam --dtypes float32
    python tests/benchmarks/run.py --all

All contenders start from the same weights, see the same data, and must agree in their losses before anything is
timed. They take turns within one run, on one BLAS thread, so what else the machine does falls on all of them:
believe the ratios (of medians and of minima), not the microseconds. Prints a Markdown table. ``--all`` is every
workload, optimizer and dtype; a large workload takes fewer turns.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

os.environ.update({f"{pool}_NUM_THREADS": "1" for pool in ("OPENBLAS", "MKL", "OMP")})  # read as NumPy is loaded
if __name__ == "__main__" and hasattr(os, "sched_setaffinity"):  # no variable keeps JAX to one thread
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from tests.benchmarks.contenders import CONTENDERS
from tests.benchmarks.problems import PROBLEMS

TOLERANCE = {"float32": 1e-3, "float64": 1e-9}
CHECKED_STEPS = 10


def agreeing(steps: dict[str, Callable], dtype: str) -> None:
    """Take the first steps of every contender. Raises SystemExit unless the losses are those of the first one."""
    losses = {name: [float(step()) for _ in range(CHECKED_STEPS)] for name, step in steps.items()}
    wanted = next(iter(losses.values()))
    for name, found in losses.items():
        if not np.allclose(found, wanted, rtol=TOLERANCE[dtype], atol=0):
            raise SystemExit(f"{name} does not compute the same: its losses are {found}, not {wanted}")


def measure(steps: dict[str, Callable], rounds: int, turn: float = 0.005) -> dict[str, list[float]]:
    """Microseconds a step, for each contender and round: turns of about ``turn`` seconds, one after another.

    Where one step takes longer than four turns, there are fewer rounds: at least 5.
    """
    samples: dict[str, list[float]] = {name: [] for name in steps}
    counts = {name: max(1, round(turn / seconds(step, 1))) for name, step in steps.items()}
    slowest = max(seconds(step, 1) for step in steps.values())
    for _ in range(max(5, min(rounds, round(rounds * 4 * turn / slowest)))):
        for name, step in steps.items():
            samples[name].append(1e6 * seconds(step, counts[name]))
    return samples


def seconds(step: Callable, count: int) -> float:
    """The time of one step, as the mean of ``count`` of them."""
    start = time.perf_counter()
    for _ in range(count):
        step()
    return (time.perf_counter() - start) / count


def ready(make: Callable, *setting) -> Callable | None:
    """The step of this contender, None where it is not installed."""
    try:
        return make(*setting)
    except ImportError:
        return None


def rows(workload: str, optimizer: str, dtype: str, rounds: int) -> list[str]:
    """The lines of the table for one workload: a contender each, those not installed named too."""
    made = {name: ready(make, PROBLEMS[workload], optimizer, dtype) for name, make in CONTENDERS.items()}
    steps = {name: step for name, step in made.items() if step is not None}
    agreeing(steps, dtype)
    samples = measure(steps, rounds)
    by_hand = next(iter(samples.values()))
    lines = []
    for name in made:
        line = f"| {workload} | {optimizer} | {dtype} | {name} |"
        if name in samples:
            median, least = statistics.median(samples[name]), min(samples[name])
            ratios = f"{median / statistics.median(by_hand):.2f} | {least / min(by_hand):.2f}"
            lines.append(f"{line} {median:.0f} | {least:.0f} | {ratios} |")
        else:
            lines.append(f"{line} not installed | | | |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workloads", nargs="+", choices=PROBLEMS, default=list(PROBLEMS))
    parser.add_argument("--optimizers", nargs="+", choices=["sgd", "adam"], default=["sgd", "adam"])
    parser.add_argument("--dtypes", nargs="+", choices=TOLERANCE, default=["float32"])
    parser.add_argument("--all", action="store_true", help="every workload, optimizer and dtype")
    parser.add_argument("--rounds", type=int, default=300, help="turns of each contender")
    options = parser.parse_args()
    if options.all:
        options.workloads, options.optimizers, options.dtypes = list(PROBLEMS), ["sgd", "adam"], list(TOLERANCE)
    print(f"NumPy {np.__version__}, one thread, at most {options.rounds} rounds\n")
    print("| workload | optimizer | dtype | contender | median us | minimum us | ratio of medians | ratio of minima |")
    print("|---|---|---|---|---:|---:|---:|---:|")
    for workload, optimizer, dtype in product(options.workloads, options.optimizers, options.dtypes):
        print("\n".join(rows(workload, optimizer, dtype, options.rounds)), flush=True)


if __name__ == "__main__":
    main()
