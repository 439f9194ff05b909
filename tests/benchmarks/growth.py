"""How time and memory grow with the work: nodes, layers, width, batch, parameters. Straight up to the largest?

    python tests/benchmarks/growth.py --write

Each row is one training step (a chain of nodes: forward and backward), as everybody writes it: the least time on the
processor of several, and the peak of what it holds, measured apart by tracemalloc. ``--write`` puts the table into
docs/performance.md, and the picture beside it.
"""

import gc
import math
import os
import re
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

os.environ.update({f"{pool}_NUM_THREADS": "1" for pool in ("OPENBLAS", "MKL", "OMP")})  # read as NumPy is loaded
sys.path.insert(0, str(Path(__file__).parents[2]))

import click
import numpy as np

import minigrad as mg
from minigrad import nn, optim
from minigrad.viz.charts import Series, line_chart

ROOT = Path(__file__).parents[2]
PAGE, PICTURE = ROOT / "docs" / "performance.md", ROOT / "docs" / "figures" / "growth.svg"
BEGIN, END = "<!-- made by growth.py: begin -->", "<!-- made by growth.py: end -->"


class Row(NamedTuple):
    """One measurement: ``size`` counts what grows, ``units`` what time and memory should be in proportion to."""

    size: int
    units: int
    seconds: float
    peak: int


class Sweep(NamedTuple):
    """What grows, what is counted, the sizes, and how to make the work of a size."""

    name: str
    unit: str
    sizes: tuple[int, ...]
    make: Callable[[int], Callable[[], object]]
    units: Callable[[int], int]


def chain(nodes: int) -> Callable[[], object]:
    a = mg.tensor(0.999, requires_grad=True)

    def work():
        y = a
        for _ in range(nodes):
            y = y * a
        a.grad = None
        y.backward()

    return work


def network(sizes: tuple[int, ...], batch: int) -> Callable[[], object]:
    layers = [nn.Linear(n_in, n_out, rng=0) for n_in, n_out in pairwise(sizes)]
    model = nn.Sequential(*[part for layer in layers for part in (layer, nn.ReLU())][:-1]).astype("float32")
    opt, rng = optim.Adam(model.parameters()), np.random.default_rng(0)
    x = mg.tensor(rng.standard_normal((batch, sizes[0])).astype("float32"))
    target = mg.tensor(rng.integers(sizes[-1], size=batch))

    def work():
        loss = nn.cross_entropy(model(x), target)
        opt.zero_grad()
        loss.backward()
        opt.step()

    return work


def parameters(count: int) -> Callable[[], object]:
    w = mg.tensor(np.ones(count, np.float32), requires_grad=True)
    opt = optim.Adam([w])

    def work():
        loss = (w * w).sum()
        opt.zero_grad()
        loss.backward()
        opt.step()

    return work


SWEEPS = [
    Sweep("nodes of a chain", "node", (1, 10, 100, 1000, 10_000, 100_000, 1_000_000), chain, lambda n: n),
    Sweep("layers of 32, batch 32", "layer", (1, 10, 100, 1000), lambda n: network((32,) * (n + 1), 32), lambda n: n),
    Sweep(
        *("width of 2 layers, batch 256", "weight", (16, 64, 256, 1024)),
        lambda n: network((n, n, n), 256),
        lambda n: 2 * n * n,
    ),
    Sweep(
        *("batch of 64-64-32-10", "row", (1, 16, 256, 4096, 65_536)),
        lambda n: network((64, 64, 32, 10), n),
        lambda n: n,
    ),
    Sweep("parameters in one array", "parameter", tuple(10**k for k in range(8)), parameters, lambda n: n),
]


def measured(sweep: Sweep, size: int, patience: float) -> Row:
    """The least time of as many repetitions as ``patience`` seconds allow; then the peak of memory."""
    work, times = sweep.make(size), list[float]()
    begun = time.process_time()
    while not times or time.process_time() - begun < patience:
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    gc.collect()
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return Row(size, sweep.units(size), min(times), peak)


def exponent(rows: list[Row]) -> float:
    """The slope between the last two sizes where both axes are logarithmic: 1 is straight in proportion.

    >>> round(exponent([Row(1, 10, 1e-3, 0), Row(2, 20, 2e-3, 0)]), 2)
    1.0
    """
    (a, b) = rows[-2:]
    return math.log(b.seconds / a.seconds) / math.log(b.units / a.units)


def lines(results: dict[Sweep, list[Row]]) -> Iterator[str]:
    """The table, in Markdown."""
    yield "| what grows | size | time | a unit | memory | a unit | exponent at the end |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for sweep, rows in results.items():
        for row in rows:
            each = f"{1e9 * row.seconds / row.units:,.1f} ns a {sweep.unit}"
            held = f"{row.peak / 2**20:,.2f} MiB | {row.peak / row.units:,.0f} bytes"
            last = f"{exponent(rows):.2f}" if row is rows[-1] else ""
            yield f"| {sweep.name} | {row.size:,} | {1e3 * row.seconds:,.3f} ms | {each} | {held} | {last} |"


def picture(results: dict[Sweep, list[Row]]) -> str:
    """Time against what is counted, both axes logarithmic: a straight line at 45 degrees is growth in proportion."""
    series = [
        Series(f"{sweep.unit}s", [1e3 * row.seconds for row in rows], [row.units for row in rows], points=True)
        for sweep, rows in results.items()
    ]
    title, axes = "Time of a step as work grows", {"x": "how many", "y": "milliseconds"}
    return line_chart(series, title=title, **axes, log_x=True, log_y=True, width=640, height=380).standalone()


def put(table: str, page: Path = PAGE) -> None:
    """Replace the table on the page."""
    text = page.read_text(encoding="utf-8")
    made = f"{BEGIN}\n{table}\n{END}"
    page.write_text(re.sub(f"{BEGIN}.*{END}", lambda _: made, text, flags=re.DOTALL), encoding="utf-8")


@click.command(help=__doc__)
@click.option("--write", is_flag=True, help="Put table and picture into docs.")
@click.option("--most", default=10**7, show_default=True, help="Leave out sizes above this.")
@click.option("--patience", default=0.5, show_default=True, help="Seconds for each row.")
def main(write: bool, most: int, patience: float) -> None:
    results = {
        sweep: [measured(sweep, size, patience) for size in sweep.sizes if sweep.units(size) <= most]
        for sweep in SWEEPS
    }
    table = "\n".join(lines(results))
    print(table)
    if write:
        put(table)
        PICTURE.write_text(picture(results) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
