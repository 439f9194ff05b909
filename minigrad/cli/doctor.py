"""``minigrad doctor``: what this installation has, what it lacks, and what would make it faster."""

import json
import platform
import re
import shutil
import subprocess
from importlib import metadata
from importlib.util import find_spec

import click
import numpy as np

import minigrad
from minigrad.cli import machine

NOT_FOR_USERS = {"test", "docs"}
"""Extras for work on minigrad itself."""


def pictures() -> str:
    """What draws graphs: the best there is of Graphviz's ``dot``, pygraphviz, and our own layout."""
    engine = shutil.which("dot")
    if engine:
        said = subprocess.run([engine, "-V"], capture_output=True, text=True).stderr
        version = re.search(r"version ([\d.]+)", said)
        return f"dot {version[1]}" if version else "dot"
    if find_spec("pygraphviz"):
        return f"pygraphviz {metadata.version('pygraphviz')}"
    return "own layout (pip install pygraphviz brings Graphviz)"


def extras() -> dict[str, str | None]:
    """The optional packages, and their versions: None for one that is not installed. By extra, as ``plot: matplotlib``.

    They are read from what was installed, so that they are those that ``pip install minigrad[plot]`` brings.
    """
    found = {}
    for line in metadata.requires("minigrad") or []:
        needed = re.match(r"""([\w.-]+).*extra == ['"](\w+)['"]""", line)
        if needed and needed[2] not in NOT_FOR_USERS:
            found[f"{needed[2]}: {needed[1]}"] = version_of(needed[1])
    return found


def version_of(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def examined() -> dict:
    """All that the doctor looks at."""
    name, instructions = machine.processor()
    library = machine.library()
    better = machine.older_kernels(instructions, library["kernels"])
    speeds = machine.gigaflops(), machine.gigaflops(OPENBLAS_CORETYPE=better) if better else None
    width = "AVX-512" if instructions >= machine.AVX512 else "AVX2" if instructions >= machine.AVX2 else None
    return {
        "minigrad": minigrad.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "processor": {"name": name, "usable": machine.processors(), "instructions": width},
        "blas": library,
        "gigaflops": speeds[0],
        "pictures": pictures(),
        "extras": extras(),
        "advice": machine.advice(better, speeds, library["threads"]),
    }


def lines(facts: dict) -> list[str]:
    """The same, to be read."""
    processor, blas = facts["processor"], facts["blas"]
    usable, threads = processor["usable"], blas["threads"]
    running = f"{blas['kernels']} kernels" if blas["kernels"] else None
    there = [f"{name.split(': ')[1]} {version}" for name, version in facts["extras"].items() if version]
    missing = [
        "{1} (pip install 'minigrad[{0}]')".format(*name.split(": "))
        for name, version in facts["extras"].items()
        if not version
    ]
    speed = facts["gigaflops"]
    rows = [
        ("minigrad", [facts["minigrad"], f"Python {facts['python']}", f"NumPy {facts['numpy']}"]),
        ("processor", [processor["name"], _counted(usable, "processor"), processor["instructions"]]),
        ("products", [f"{blas['name']} {blas['version']}", running, threads and _counted(threads, "thread")]),
        ("", [speed and f"{speed:.0f} GFLOP/s with one thread (512 x 512, float32)"]),
        ("pictures", [facts["pictures"]]),
        ("extras", there),
        ("missing", missing),
        ("faster", [facts["advice"][0] if facts["advice"] else "nothing that the doctor knows of"]),
    ]
    return [f"{name:<10} {' · '.join(filter(None, parts))}" for name, parts in rows if any(parts)]


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number > 1)}"


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def doctor(as_json: bool) -> None:
    """Say what this installation has, what it lacks, and the one thing that would make it faster.

    Measures a matrix product for a moment; where OpenBLAS runs kernels older than the processor, also one with those
    that would fit. Nothing is changed.
    """
    facts = examined()
    click.echo(json.dumps(facts) if as_json else "\n".join(lines(facts)))
