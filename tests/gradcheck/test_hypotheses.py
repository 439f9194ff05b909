"""What every hypothesis offers on every fault, also where another one has explained the fault before."""

import re

import numpy as np
import pytest

import minigrad as mg
from minigrad.declare import plain
from minigrad.engine import Tensor
from minigrad.gradcheck.diagnose import Case, _guesses, diagnose
from minigrad.gradcheck.diagnosis.black_box import black_box
from minigrad.gradcheck.diagnosis.guess import EXACT, residual
from minigrad.gradcheck.diagnosis.table import HYPOTHESES
from tests.gradcheck.faults import CATALOGUE, posed
from tests.gradcheck.more_faults import MORE
from tests.gradcheck.still_more_faults import STILL_MORE
from tests.gradcheck.unseen_1 import UNSEEN_1
from tests.gradcheck.unseen_2 import UNSEEN_2
from tests.gradcheck.unseen_3 import UNSEEN_3
from tests.gradcheck.unseen_4 import UNSEEN_4

FAULTS = [*CATALOGUE, *MORE, *STILL_MORE, *UNSEEN_1, *UNSEEN_2, *UNSEEN_3, *UNSEEN_4]
NUMBER = re.compile(r"-?\b\d+(\.\d*)?(e[+-]?\d+)?")
LEFT_OUT = (
    "random",
    "cache by shape",
    "strided conv shifted",
    "conv io swap",
    "instance norm mean",
    "D40",
    "conv dw noflip",
)
"""One draws at random, one remembers what other tests did, and five take longer than fifty others."""
STEADY = [fault for fault in FAULTS if fault.name not in LEFT_OUT]


@pytest.mark.parametrize("fault", STEADY, ids=lambda fault: fault.name)
def test_what_is_offered_and_how_much_of_the_gradient_it_leaves_is_as_before(fault, as_before):
    words, figures = told(posed(fault, 0))
    as_before(words, figures=[figures])


UNITS = {"billionths": 1e-9, "billions": 1e9}


@pytest.mark.parametrize("units", UNITS)
@pytest.mark.parametrize("fault", STEADY[::6], ids=lambda fault: fault.name)
def test_what_is_offered_when_results_have_other_units_is_as_before(fault, units, as_before):
    words, figures = told(in_units(posed(fault, 0), UNITS[units]))
    as_before(words, figures=[figures])


def in_units(case: Case, unit: float) -> Case:
    """The same call with results so many times larger."""

    def forward(*args, **kwargs):
        return unit * case.value(args, kwargs)

    def pull(g, y, args, kwargs):
        return case.pull(unit * g, y / unit, args, kwargs)

    return Case(case.name, forward, pull, case.args, case.kwargs, case.position, names=case.names)


X = np.random.default_rng(5).uniform(0.3, 2, 12) * np.resize([1, -1, 1], 12)
INPUTS = {
    "one": X[:1],
    "two": X[:2],
    "a row": X[:3].reshape(1, 3),
    "a column": X[:3].reshape(3, 1),
    "square": X[:9].reshape(3, 3),
    "not square": X[:6].reshape(2, 3),
    "three axes": X[:8].reshape(2, 2, 2),
    "zeros": np.zeros((2, 3)),
    "with zeros": X[:6].reshape(2, 3) * np.array([[0, 1, 1], [1, 0, 1]]),
    "all alike": np.full((3, 2), 0.7),
    "tiny": 1e-9 * X[:6].reshape(3, 2),
    "huge": 1e9 * X[:6].reshape(2, 3),
    "empty": np.zeros((0, 3)),
}
FORWARD = {
    "twice": lambda x: 2 * x,
    "nothing": lambda x: 0 * x,
    "sum": lambda x: np.sum(x),
    "sum over the first axis": lambda x: np.sum(x, axis=0, keepdims=True),
    "mean over the last axis": lambda x: np.mean(x, axis=-1),
    "transposed": lambda x: np.transpose(x),
    "running sum": lambda x: np.cumsum(x, axis=-1),
    "backwards": lambda x: x[..., ::-1],
    "the first twice": lambda x: x[..., np.array([0, 0])],
    "maximum": lambda x: np.max(x, axis=-1),
    "absolute": lambda x: np.abs(x),
    "relu": lambda x: mg.relu(x),
    "exponential": lambda x: np.exp(x),
    "logarithm": lambda x: np.log(x),
    "times its sum": lambda x: x * np.sum(x),
    "softmax": lambda x: mg.softmax(x),
    "with itself": lambda x: np.inner(x, x),
    "sorted": lambda x: np.sort(x, axis=-1),
    "divided by its norm": lambda x: x / np.sqrt(np.sum(x * x) + 1e-3),
    "in two pieces": lambda x: mg.where(x > 0, x, 3 * x),
}
DAMAGE = {
    "to nothing": lambda right, g: 0 * right,
    "twice": lambda right, g: 2 * right,
    "its sign": lambda right, g: -right,
    "by a constant": lambda right, g: right + 1,
    "in one element": lambda right, g: right + 0.1 * (np.arange(right.size).reshape(right.shape) == 0),
    "its order": lambda right, g: right[::-1],
    "its axes": lambda right, g: right.T if right.shape == right.T.shape else right.sum(0),
    "row by row": lambda right, g: right * (1 + np.arange(len(right))).reshape(-1, *[1] * (right.ndim - 1)),
    "by rounding": lambda right, g: right.astype(np.float16).astype(float),
    "by a bound": lambda right, g: np.clip(right, -0.3, 0.3),
    "by a NaN": lambda right, g: np.where(np.arange(right.size).reshape(right.shape) == 0, np.nan, right),
    "by what arrives": lambda right, g: right * abs(g).max(initial=0.0),
    "to an average": lambda right, g: np.full(right.shape, right.mean()),
}
"""What is done to the right gradient."""


def pulled_back(forward, g, x):
    """The right gradient."""
    with mg.enable_grad():
        leaf = Tensor(x, requires_grad=True)
        forward(leaf).backward(g)
        return leaf.grad


@pytest.mark.parametrize("name", FORWARD)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_at_the_edges_it_is_as_before_too(name, as_before):
    forward, words, all_figures = FORWARD[name], [], []
    op = lambda damage: black_box(lambda x: plain(forward(x)), lambda g, y, x: damage(pulled_back(forward, g, x), g))
    for i, (label, x) in enumerate(INPUTS.items()):
        how = list(DAMAGE)[(i + 3 * list(FORWARD).index(name)) % len(DAMAGE)]
        case = Case.of_call(op(DAMAGE[how]), [x])
        said, figures = told(case)
        words += [f"{label}, damaged {how}: {line}" for line in [str(diagnose(case)), *said]]
        all_figures.append({name: value for name, value in figures.items() if not name.endswith("least")})
    as_before([NUMBER.sub("#", line) for line in words], figures=all_figures, room=0.1)


def told(case) -> tuple[list[str], dict[str, float]]:
    """What all hypotheses offer."""
    words, figures = [], {}
    with np.errstate(all="ignore"):
        for hypothesis in HYPOTHESES:
            exact, counted = offered(hypothesis, case)
            words += [f"{hypothesis.__name__}: {NUMBER.sub('#', guess)}" for guess in exact[:2]]
            figures |= {f"{hypothesis.__name__}, {name}": value for name, value in counted.items()}
    return words, figures


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
