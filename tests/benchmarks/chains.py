"""What one node costs: a chain of scalar operations, forward and backward, beside PyTorch.

    python tests/benchmarks/chains.py --nodes 100000

The chain is ``y = y * a; y = y + b; ...`` with ``x``, ``a`` and ``b`` requiring gradients. Each contender runs in a
process of its own, several times in turn. Prints the least time of a node in microseconds, and the bytes of memory.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

CONTENDERS = {"minigrad": "minigrad", "PyTorch eager": "torch"}


def leaves(package: str) -> list:
    """x, a and b, made by this package."""
    if package == "torch":
        import torch

        return [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (0.5, 0.9999, 1e-4)]
    import minigrad as mg

    return [mg.tensor(v, requires_grad=True) for v in (0.5, 0.9999, 1e-4)]


def chain(y, a, b, nodes: int):
    for _ in range(nodes // 2):
        y = y * a
        y = y + b
    return y


def run(package: str, nodes: int) -> dict[str, float]:
    """Forward and backward in microseconds a node; what the graph adds to the peak of memory, in bytes a node."""
    x, a, b = leaves(package)
    chain(x, a, b, 1000).backward()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    y = chain(x, a, b, nodes)
    made = time.perf_counter()
    held = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    gone = time.perf_counter()
    y.backward()
    back = time.perf_counter() - gone
    return {"forward": 1e6 * (made - start) / nodes, "backward": 1e6 * back / nodes, "bytes": held / nodes}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        print(json.dumps(run(options.only, options.nodes)))
        return
    found: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    for _ in range(options.rounds):
        for name, package in CONTENDERS.items():
            if package == "minigrad" or find_spec(package):
                command = [sys.executable, __file__, "--only", package, "--nodes", str(options.nodes)]
                found[name].append(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))
    print("| contender | forward us | backward us | bytes a node |\n|---|---:|---:|---:|")
    for name, runs in found.items():
        least = [min(r[key] for r in runs) for key in ("forward", "backward", "bytes")] if runs else []
        print(
            f"| {name} | " + (f"{least[0]:.2f} | {least[1]:.2f} | {least[2]:.0f} |" if least else "not installed | | |")
        )


if __name__ == "__main__":
    main()
