"""What every hypothesis offers on every fault, also where another one has explained the fault before."""

import re

import numpy as np
import pytest

from minigrad.gradcheck.diagnose import _guesses
from minigrad.gradcheck.diagnosis.guess import EXACT, residual
from minigrad.gradcheck.diagnosis.table import HYPOTHESES
from tests.gradcheck.faults import CATALOGUE, posed
from tests.gradcheck.more_faults import MORE
from tests.gradcheck.still_more_faults import STILL_MORE
from tests.gradcheck.unseen_1 import UNSEEN_1
from tests.gradcheck.unseen_2 import UNSEEN_2
from tests.gradcheck.unseen_3 import UNSEEN_3

FAULTS = [*CATALOGUE, *MORE, *STILL_MORE, *UNSEEN_1, *UNSEEN_2, *UNSEEN_3]
NUMBER = re.compile(r"-?\b\d+(\.\d*)?(e[+-]?\d+)?")
LEFT_OUT = ("random", "strided conv shifted", "conv io swap", "instance norm mean", "D40", "conv dw noflip")
"""One answers differently each time, and five take longer than fifty others."""
STEADY = [fault for fault in FAULTS if fault.name not in LEFT_OUT]


@pytest.mark.parametrize("fault", STEADY, ids=lambda fault: fault.name)
def test_what_is_offered_and_how_much_of_the_gradient_it_leaves_is_as_before(fault, as_before):
    case = posed(fault, 0)
    words, figures = [], {}
    with np.errstate(all="ignore"):
        for hypothesis in HYPOTHESES:
            exact, counted = offered(hypothesis, case)
            words += [f"{hypothesis.__name__}: {NUMBER.sub('#', guess)}" for guess in exact[:4]]
            figures |= {f"{hypothesis.__name__}, {name}": value for name, value in counted.items()}
    as_before(words, figures=[figures])


def offered(hypothesis, case) -> tuple[list[str], dict[str, float]]:
    """The guesses of one hypothesis: those that explain the fault, in words, and how much all of them leave."""
    guesses = list(_guesses(hypothesis, case))
    left = np.array([residual(case, guess) for guess in guesses])
    exact = [
        f"{guess.code}: {guess.text}; {guess.advice}" for guess, r in zip(guesses, left, strict=True) if r <= EXACT
    ]
    rest = left[np.isfinite(left) & (left > EXACT)]
    figures = {"guesses": len(guesses), "possible": int(np.sum(np.isfinite(left)))} if guesses else {}
    if rest.size:
        figures |= {"least": float(rest.min()), "mean": float(rest.mean())}
    return exact, figures
