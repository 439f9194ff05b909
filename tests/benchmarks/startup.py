"""From process start to a trained model, beside what others take to be imported: interleaved, one line each.

python tests/benchmarks/startup.py --rounds 9
"""

import statistics
import subprocess
import sys
import time
from importlib.util import find_spec

import click

CONTENDERS = {
    "minigrad train digits": ["-m", "minigrad", "train", "digits", "--quiet"],
    "import minigrad": ["-c", "import minigrad"],
    "import numpy": ["-c", "import numpy"],
    "import torch": ["-c", "import torch"],
    "import jax": ["-c", "import jax"],
}


def seconds(arguments: list[str]) -> float:
    """How long a fresh interpreter takes."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - start


@click.command(help=__doc__)
@click.option("--rounds", default=5, show_default=True)
def main(rounds: int) -> None:
    there = {name: line for name, line in CONTENDERS.items() if "minigrad" in name or find_spec(name.split()[-1])}
    for name in CONTENDERS.keys() - there.keys():
        print(f"not installed: {name.removeprefix('import ')}")
    taken: dict[str, list[float]] = {name: [] for name in there}
    for _ in range(rounds):
        for name, line in there.items():
            taken[name].append(seconds(line))
    base = statistics.median(taken["minigrad train digits"])
    print("| command | median s | least s | / minigrad train digits |\n|---|---:|---:|---:|")
    for name, times in taken.items():
        print(
            f"| `{name}` | {statistics.median(times):.2f} | {min(times):.2f} | {statistics.median(times) / base:.2f} |"
        )


if __name__ == "__main__":
    main()
