"""What is seen around a point before it is judged: slopes on both sides and nearby, rounding noise, the variation."""

import numpy as np
import pytest

from minigrad.gradcheck.arguments import tensors_in
from minigrad.gradcheck.compare import arriving, compare
from minigrad.gradcheck.kinks import Kinks
from minigrad.gradcheck.nearby import spread
from minigrad.gradcheck.problem import Operand, Problem
from minigrad.gradcheck.settings import Settings
from tests.gradcheck.conftest import magnitudes
from tests.gradcheck.more_traps import MORE_TRAPS
from tests.gradcheck.test_black_box_kinks import CASES
from tests.gradcheck.test_traps import TRAPS

FUNCTIONS = {
    name: (fn, np.array(x, dtype=float))
    for name, (fn, x, *_) in {**CASES, **TRAPS, **MORE_TRAPS}.items()
    if isinstance(x, (list, np.ndarray)) and 0 < np.size(x) <= 12
}


def problem(name: str) -> Problem:
    fn, x = FUNCTIONS[name]
    return Problem(lambda leaves: tensors_in(fn(*leaves)), [Operand("x", x)])


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_slopes_on_both_sides_and_nearby_are_as_before(name, as_before):
    rng = np.random.default_rng(0)
    result = compare(problem(name), rng, Settings())
    d, v = result.differences, arriving(rng, result.differences.finite)
    words, figures = [], []
    with np.errstate(all="ignore"):
        for told in (True, False):
            kinks = Kinks(result, range(len(d.x)), told=told)
            for line, sides in kinks.sides.items():
                slopes, tol = kinks.nearby(kinks.basis[line])
                varied = np.flatnonzero(kinks.varies(kinks.basis[line])).tolist()
                kinds = " and ".join(side.kind for side in sides)
                words.append(f"{line}: {kinds}, irregular: {kinks.irregular(line)}, of {varied}")
                figures += [{"slope": size(side.slope), "tol": magnitudes(side.tol)} for side in sides]
                figures.append({"nearby": size(slopes), "tol": magnitudes(tol), "spread": size(spread(slopes))})
        variation, noise = d.variation(v, np.arange(len(d.x)))
    figures.append({"variation": variation, "its noise": magnitudes([noise]), "noise": magnitudes(d.noise)})
    words += [f"{line}: {code}, {result.notes.get(line)}" for line, code in enumerate(result.codes)]
    as_before(words, figures=figures, within=0.2)


def size(x: np.ndarray) -> float:
    return float(np.sum(abs(x[np.isfinite(x)])))
