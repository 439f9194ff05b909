"""The peak of memory of training steps, above what importing minigrad takes: workload L, Adam, float32.

    python tests/benchmarks/memory.py

A loss that is still held keeps its graph while the next is made, so both ways are measured, in a process each.
"""

import resource
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.contenders import minigrad_eager
from tests.benchmarks.problems import PROBLEMS

STEPS = 4


def peak() -> float:
    """The most that this process has held so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    if len(sys.argv) == 1:
        for way in ("dropped", "held"):
            subprocess.run([sys.executable, __file__, way], check=True)
        return
    before = peak()
    step, loss = minigrad_eager(PROBLEMS["L"], "adam", "float32"), None
    for _ in range(STEPS):
        loss = step()
        if sys.argv[1] == "dropped":
            loss = None
    print(f"the last loss is {'held' if loss is not None else 'dropped'}: {peak() - before:.0f} MiB above import")


if __name__ == "__main__":
    main()
