"""From process start to a trained model: digits to 97 %, beside the same in PyTorch and JAX, and beside mere imports.

    python tests/benchmarks/startup.py --rounds 9

Each command is a fresh process; they take turns. A first round is not counted: it compiles what is imported, as
installing a package does. Prints seconds by the clock and seconds on the processor, and how many times as long as
minigrad each took by the clock (of medians) and on the processor (of the least).
"""

import os
import statistics
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import click

DIGITS = Path(__file__).with_name("digits.py")
CONTENDERS = {
    "digits, minigrad": [DIGITS, "minigrad"],
    "digits, minigrad compiled": [DIGITS, "minigrad compiled"],
    "digits, torch": [DIGITS, "torch"],
    "digits, jax": [DIGITS, "jax"],
    "minigrad train digits": ["-m", "minigrad", "train", "digits", "--quiet", "--no-save"],
    "import minigrad": ["-c", "import minigrad"],
    "import numpy": ["-c", "import numpy"],
    "import torch": ["-c", "import torch"],
    "import jax": ["-c", "import jax"],
}
ENVIRONMENT = os.environ | {f"{pool}_NUM_THREADS": "1" for pool in ("OPENBLAS", "MKL", "OMP")}
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)


def taken(arguments: list) -> tuple[float, float]:
    """How long a fresh interpreter takes: by the clock, and on the processor."""
    start, before = time.perf_counter(), os.times()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=ENVIRONMENT)
    after = os.times()
    busy = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - start, busy


@click.command(help=__doc__)
@click.option("--rounds", default=5, show_default=True)
def main(rounds: int) -> None:
    there = {name: line for name, line in CONTENDERS.items() if "minigrad" in name or find_spec(name.split()[-1])}
    for name in CONTENDERS.keys() - there.keys():
        print(f"not installed: {name.split()[-1]}")
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in there}
    for line in there.values():
        taken(line)
    for _ in range(rounds):
        for name, line in there.items():
            times[name].append(taken(line))
    print("| command | median s | least s | least s on the processor | x by the clock | x on the processor |")
    print("|---|---:|---:|---:|---:|---:|")
    first_median, _, first_busy = summary(next(iter(times.values())))
    for name, pairs in times.items():
        median, least, busy = summary(pairs)
        ratios = f"{median / first_median:.1f} | {busy / first_busy:.1f}"
        print(f"| {name} | {median:.2f} | {least:.2f} | {busy:.2f} | {ratios} |")


def summary(pairs: list[tuple[float, float]]) -> tuple[float, float, float]:
    """Median and least by the clock, least on the processor."""
    clock, busy = zip(*pairs)
    return statistics.median(clock), min(clock), min(busy)


if __name__ == "__main__":
    main()
