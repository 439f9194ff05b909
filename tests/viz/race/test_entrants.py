import pytest

from minigrad import optim
from minigrad.engine import Tensor
from minigrad.viz.race.entrants import ALIASES, KINDS, Entrant, entrants

NEEDED = {"accumulate": "(sgd, batches=2)", "lookahead": "(sgd)", "sam": "(sgd)"}


def test_every_optimizer_of_minigrad_can_take_part():
    public = {name for name in optim.__all__ if isinstance(getattr(optim, name), type)}
    classes = {name for name in public if hasattr(getattr(optim, name), "step")} - {"Optimizer", "VectorOptimizer"}
    assert {kind.__name__ for kind in KINDS.values()} == classes
    for name in [*KINDS, *ALIASES]:
        (entrant,) = entrants(name + NEEDED.get(name, ""))
        assert entrant.build([Tensor([[1.0, 2.0]], requires_grad=True)], None if entrant.lr else 0.1)


@pytest.mark.parametrize(
    "text", ["SGD(momentum=0.5, nesterov=True)", "Adam(betas=(0.5, 0.99))", "SAM(Lookahead(Adam, every=3), rho=0.1)"]
)
def test_a_call_is_read_as_it_is_written(text):
    assert [entrant.call for entrant in entrants(text)] == [text]


def test_names_are_read_in_any_case_and_with_hyphens():
    first, second, third = entrants("l-bfgs, ADAM, Newton-CG(damping=1e-3)")
    assert (first.name, first.kind, second.kind) == ("L-BFGS", optim.LBFGS, optim.Adam)
    assert third.options == {"damping": 1e-3}


def test_classes_and_entrants_are_taken_too():
    mine = Entrant(optim.SGD, {"momentum": 0.5}, label="mine")
    assert [entrant.name for entrant in entrants([optim.Adam, mine, "sgd"])] == ["Adam", "mine", "SGD"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("foo", "there is no optimizer foo"),
        ("adam(", "cannot read"),
        ("sgd, SGD", "SGD is in the race twice"),
        ("Adam(nonsense=1)", "Adam takes no nonsense"),
        ("Adam(lr=-1)", "lr must be a finite number"),
        ("SAM", r"write it as SAM\(adam\)"),
        ("sgd(adam)", r"write it as SGD\(lr=0.1\)"),
        ("1 + 2", "is no optimizer"),
        ("__import__('os')", "there is no optimizer __import__"),
        ("Adam(lr=open('x'))", "an option is a number"),
        ("Adam(**{})", "takes no"),
        ("(" * 5000, "cannot read"),
        ("", "there is no optimizer in the race"),
        (3, "a name such as 'adam'"),
    ],
)
def test_what_is_no_optimizer_is_refused_and_nothing_is_evaluated(given, message):
    with pytest.raises(ValueError, match=message):
        entrants(given)
