"""Do two engines agree? And if not, is one of them wrong, or is the program ill-conditioned?"""

import traceback
from dataclasses import dataclass

import numpy as np

from tests.fuzz.engines import Results
from tests.fuzz.programs import Leaf, Program, Unsupported

TOLERANCE = 1e-10


@dataclass(frozen=True)
class Verdict:
    """``kind`` is agree, unsupported, ill-conditioned, mismatch or crash; the last two are failures."""

    kind: str
    detail: str = ""
    error: float = 0.0

    @property
    def failed(self) -> bool:
        return self.kind in {"mismatch", "crash"}

    def alike(self, other: "Verdict") -> bool:
        """Whether both say the same, if not of the same numbers: so a program can be made smaller."""
        return self.kind == other.kind and (
            self.kind != "crash" or self.detail.split(":")[0] == other.detail.split(":")[0]
        )


def scaled_error(a: np.ndarray, b: np.ndarray) -> float:
    """max |a - b| relative to the largest |b|, but absolute below 1. Infinities and NaN must be equal."""
    if a.shape != b.shape:
        return np.inf
    with np.errstate(invalid="ignore"):
        error = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.abs(a - b))
    scale = np.abs(b[np.isfinite(b)])
    worst = error.max(initial=0.0) / max(1.0, scale.max(initial=0.0))
    return np.inf if np.isnan(worst) else float(worst)


def difference(program: Program, one: Results, other: Results) -> tuple[float, str]:
    """The largest error, and where it is."""
    errors = [(np.inf, note) for note in (*one.notes, *other.notes)]
    errors += [
        (scaled_error(a, b), f"the value of v{i}") for a, b, (i, _) in zip(one.outputs, other.outputs, program.outputs)
    ]
    for what, mine, theirs in (("gradient", one.first, other.first), ("second gradient", one.second, other.second)):
        errors += [(scaled_error(a, b), f"the {what} of v{i}") for a, b, i in zip(mine, theirs, program.leaves())]
    return max(errors, key=lambda pair: pair[0], default=(0.0, ""))


def sensitivity(program: Program, engine, order: int) -> float:
    """How far the results of one engine move when the leaves move by a few units in the last place."""
    rng = np.random.default_rng(0)
    base, worst = engine.run(program, order), 0.0
    for _ in range(3):
        moved = engine.run(Program(tuple(nudged(step, rng) for step in program.steps), program.outputs), order)
        worst = max(worst, difference(program, moved, base)[0])
    return worst


def nudged(step, rng):
    if not isinstance(step, Leaf):
        return step
    factors = 1 + 4 * np.finfo(float).eps * rng.choice([-1.0, 1.0], step.value.shape)
    return Leaf(step.value * factors, step.probe, step.kind)


def compare(program: Program, one, other, order: int = 1, tolerance: float = TOLERANCE) -> Verdict:
    """Run a program on two engines and judge."""
    results = []
    for engine in (one, other):
        try:
            with np.errstate(all="ignore"):
                results.append(engine.run(program, order))
        except Unsupported as missing:
            return Verdict("unsupported", str(missing))
        except Exception:  # whatever an engine raises is a finding
            return Verdict("crash", f"{engine.name}: {traceback.format_exc(limit=-3)}", np.inf)
    error, where = difference(program, *results)
    if error <= tolerance:
        return Verdict("agree", error=error)
    with np.errstate(all="ignore"):
        if np.isfinite(error) and (spread := sensitivity(program, other, order)) > tolerance / 8:
            return Verdict("ill-conditioned", f"{where}: {error:.1e}, but {spread:.1e} from a few ulps alone", error)
    return Verdict("mismatch", f"{where}: error {error:.2g}", error)
