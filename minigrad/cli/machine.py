"""What this machine brings to training, and what would make it faster."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from minigrad.cli.blas import kernels, linked, openblas

AVX512 = {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"}
AVX2 = {"avx2", "fma"}
"""What Linux calls the instructions that kernels of these kinds need."""

LEVELS = {"Haswell": 1, "Zen": 1, "SkylakeX": 2, "Cooperlake": 2, "SapphireRapids": 2}
"""OpenBLAS kernels for x86-64 by the width of their instructions: 1 AVX2, 2 AVX-512; all others are older."""

PRODUCT = """
import time, numpy as np
a, least = np.ones((512, 512), np.float32), 1.0
for _ in range(40):
    start = time.perf_counter()
    np.dot(a, a)
    least = min(least, time.perf_counter() - start)
print(2 * 512**3 / least / 1e9)
"""


def processor(file: Path = Path("/proc/cpuinfo")) -> tuple[str | None, set[str]]:
    """The name of the processor and its instructions, as Linux lists them; elsewhere unknown."""
    lines = file.read_text(errors="replace").splitlines() if file.exists() else []
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in reversed(lines))}
    return facts.get("model name"), set(facts.get("flags", "").split())


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def best_kernels(instructions: set[str]) -> str | None:
    """The kernels of OpenBLAS that use all of these instructions; None where that is not known."""
    return "SkylakeX" if instructions >= AVX512 else "Haswell" if instructions >= AVX2 else None


def library() -> dict[str, Any]:
    """The linear algebra library, its version, kernels and threads."""
    ask = openblas("get_num_threads")
    name = linked()["name"] if ask is None else "OpenBLAS"
    return {
        "name": name,
        "version": linked()["version"],
        "kernels": kernels(),
        "threads": None if ask is None else ask(),
    }


def gigaflops(**variables: str) -> float | None:
    """Billions of operations a second in a product of 512 x 512, float32, one thread; None if that cannot run."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", **variables}
    ran = subprocess.run([sys.executable, "-c", PRODUCT], env=environment, capture_output=True, text=True)
    return round(float(ran.stdout), 1) if ran.returncode == 0 else None


def older_kernels(instructions: set[str], running: str | None) -> str | None:
    """Better kernels than those that are running, if the processor has the instructions for them."""
    best = best_kernels(instructions)
    return best if running and best and LEVELS.get(running, 0) < LEVELS[best] else None


def advice(better: str | None, speeds: tuple[float | None, float | None], threads: int | None) -> list[str]:
    """What would make training faster, and how: the most useful first. ``speeds`` are with present and better kernels.

    >>> advice(None, (80.0, None), 2)[0]
    'set OPENBLAS_NUM_THREADS=1: the products of a small network are too small for 2 threads (minigrad train does so)'
    """
    lines = []
    now, then = speeds
    if better and now and then and then > 1.1 * now:
        lines.append(
            f"set OPENBLAS_CORETYPE={better} before Python starts: the kernels that OpenBLAS chose are older than "
            f"this processor, and products were {then / now:.1f} times as fast with these"
        )
    if threads and threads > 1:
        lines.append(
            f"set OPENBLAS_NUM_THREADS=1: the products of a small network are too small for {threads} threads "
            "(minigrad train does so)"
        )
    return lines
