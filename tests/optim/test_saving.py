"""A run that is saved and resumed goes on bit for bit, and what does not fit is refused."""

import json

import numpy as np
import pytest

import minigrad as mg
from minigrad import optim
from minigrad.errors import CheckpointError
from minigrad.optim import SGD, Adam, VectorOptimizer
from minigrad.optim.schedules import Cosine, Exponential, Plateau, Warmup
from tests.optim.tools import follow, leaf

KINDS = [kind for kind in vars(optim).values() if isinstance(kind, type) and issubclass(kind, optim.Optimizer)]
FIRST_ORDER = [kind for kind in KINDS if "direction" in vars(kind) and kind is not optim.Optimizer]
SECOND_ORDER = [kind for kind in KINDS if issubclass(kind, VectorOptimizer) and kind is not VectorOptimizer]
OPTIONS = {
    "SGD": {"momentum": 0.9, "nesterov": True},
    "RMSprop": {"momentum": 0.9, "centered": True},
    "Adam": {"amsgrad": True},
}
RNG = np.random.default_rng(1)
W0 = RNG.standard_normal((3, 2))
GRADIENTS = RNG.standard_normal((12, 3, 2))


def test_all_methods_are_tried():
    assert (len(FIRST_ORDER), len(SECOND_ORDER)) >= (16, 5)


@pytest.mark.parametrize("kind", FIRST_ORDER)
def test_resuming_from_a_state_dict_goes_on_bit_for_bit(kind):
    options = OPTIONS.get(kind.__name__, {})
    w = leaf(W0)
    whole = follow(kind([w], **options), w, GRADIENTS)
    w = leaf(W0)
    first = kind([w], **options)
    follow(first, w, GRADIENTS[:5])
    resumed, saved = leaf(w.data), first.state_dict()
    second = kind([resumed], **options)
    second.load_state_dict(saved)
    assert follow(second, resumed, GRADIENTS[5:]) == whole[5:]


def residuals(w):
    return np.ravel(w @ np.array([[1.0, 2.0, 3.0], [0.5, -1.0, 1.0]])) ** 2 - np.arange(9.0)


@pytest.mark.parametrize("kind", SECOND_ORDER)
def test_a_second_order_method_resumes_bit_for_bit_too(kind):
    squares = issubclass(kind, optim.GaussNewton)

    def run(w, optimizer, steps):
        for _ in range(steps):
            optimizer.step(lambda: residuals(w) if squares else np.sum(np.square(residuals(w))))
        return w.tolist()

    options = {"damping": 1.0} if kind in (optim.Newton, optim.GaussNewton) else {}
    w = leaf(W0)
    whole = run(w, kind([w], **options), 4)
    w = leaf(W0)
    first = kind([w], **options)
    run(w, first, 2)
    resumed = leaf(w.data)
    second = kind([resumed], **options)
    second.load_state_dict(first.state_dict())
    assert run(resumed, second, 2) == whole
    assert run(w, first, 2) == whole


def test_a_state_dict_is_a_snapshot_and_loading_it_shares_nothing():
    w = leaf(W0)
    first = Adam([w], 0.1)
    follow(first, w, GRADIENTS[:2])
    saved = first.state_dict()
    before = repr(saved)
    second = Adam([leaf(W0)], 0.1)
    second.load_state_dict(saved)
    follow(first, w, GRADIENTS[2:4])
    assert repr(saved) == before
    assert repr(second.state_dict()) == before


def test_a_state_dict_survives_json():
    """Keys become text and tuples become lists on the way; arrays are written as lists here."""
    w = leaf(W0)
    first = Adam([w], Warmup(3, then=Cosine(0.1, 20)), betas=(0.8, 0.9))
    follow(first, w, GRADIENTS[:5])
    saved = json.loads(json.dumps(first.state_dict(), default=np.ndarray.tolist))
    resumed = leaf(w.data)
    second = Adam([resumed], Warmup(3, then=Cosine(0.1, 20)), betas=(0.8, 0.9))
    second.load_state_dict(saved)
    assert follow(second, resumed, GRADIENTS[5:]) == follow(first, w, GRADIENTS[5:])


def test_numbers_are_loaded_and_schedules_are_the_programs_own():
    saved = SGD([leaf(1.0)], 0.25, momentum=0.5).state_dict()
    optimizer = SGD([leaf(1.0)], 0.1)
    optimizer.load_state_dict(saved)
    assert optimizer.param_groups[0]["lr"] == 0.25
    assert optimizer.param_groups[0]["momentum"] == 0.5
    scheduled = SGD([leaf(1.0)], Exponential(0.1, 0.9))
    with pytest.warns(UserWarning, match=r"lr was 0.25 when saved, and goes on as Exponential\(0.1, 0.9\)"):
        scheduled.load_state_dict(saved)
    assert scheduled.param_groups[0]["lr"] == Exponential(0.1, 0.9)


def test_the_state_of_a_plateau_is_saved_wherever_it_stands():
    def build():
        w = leaf(1.0)
        return w, SGD([w], Warmup(2, then=Plateau(0.1, factor=0.5, patience=0)))

    _, first = build()
    schedule = first.param_groups[0]["lr"]
    for metric in (1.0, 2.0, 0.5, 3.0):
        schedule.observe(metric)
    _, second = build()
    second.load_state_dict(first.state_dict())
    assert second.param_groups[0]["lr"](10) == schedule(10) == 0.025


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (lambda: Adam([leaf(W0)], 0.1), "this is the state of SGD, not of Adam"),
        (lambda: SGD([leaf(W0), leaf(1.0)], 0.1, momentum=0.9), r"groups of \[1\] parameters, .* groups of \[2\]"),
        (lambda: SGD([leaf(W0[:2])], 0.1, momentum=0.9), r"v of .* has shape \(3, 2\), needed is \(2, 2\)"),
        (lambda: optim.LBFGS([leaf(W0)]), "this is the state of SGD, not of LBFGS"),
        (lambda: SGD([leaf(W0)], 0.1), "it has step, v, but with these options step is needed"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(other, message):
    w = leaf(W0)
    first = SGD([w], 0.1, momentum=0.9)
    follow(first, w, GRADIENTS[:2])
    optimizer = other()
    before = repr(optimizer.state_dict())
    with pytest.raises(CheckpointError, match=message):
        optimizer.load_state_dict(first.state_dict())
    assert repr(optimizer.state_dict()) == before


def test_a_model_trained_in_two_halves_is_the_model_trained_at_once():
    def build():
        model = mg.nn.Sequential(mg.nn.Linear(4, 5, rng=0), mg.nn.Tanh(), mg.nn.Linear(5, 3, rng=1))
        return model, optim.AdamW(model.named_parameters(), Cosine(0.1, 10))

    x, y = np.random.default_rng(2).standard_normal((8, 4)), np.arange(8) % 3

    def train(model, optimizer, steps):
        for _ in range(steps):
            optimizer.step(lambda: mg.nn.cross_entropy(model(x), y))

    whole, optimizer = build()
    train(whole, optimizer, 8)
    half, optimizer = build()
    train(half, optimizer, 4)
    rest, resumed = build()
    rest.load_state_dict(half.state_dict())
    resumed.load_state_dict(optimizer.state_dict())
    train(rest, resumed, 4)
    for p, q in zip(whole.parameters(), rest.parameters(), strict=True):
        np.testing.assert_array_equal(p.data, q.data)


def test_lbfgs_survives_json_even_without_a_pair():
    w = leaf([3.0, 4.0])
    first = optim.LBFGS([w], max_iter=1)
    first.step(lambda: (w * w).sum())
    assert first.memory.s.shape == (0, 2)
    saved = json.loads(json.dumps(first.state_dict(), default=np.ndarray.tolist))
    resumed = leaf(w.data)
    second = optim.LBFGS([resumed], max_iter=1)
    second.load_state_dict(saved)
    for _ in range(3):
        first.step(lambda: (w * w).sum())
        second.step(lambda: (resumed * resumed).sum())
        assert resumed.tolist() == w.tolist()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda saved: saved.pop("state"), "it has no state"),
        (lambda saved: saved.update(format=2), "made by a newer version"),
        (lambda saved: saved["state"].update({1: {"step": 1}}), "more parameters than this optimizer"),
        (lambda saved: saved["param_groups"][0].update(betas=[0.9]), r"its betas is \[0.9\], needed are 2 numbers"),
        (lambda saved: saved["param_groups"][0].update(betas=0.9), "its betas is 0.9, needed are 2 numbers"),
        (lambda saved: saved["param_groups"][0].update(betas=[0.9, 2]), r"betas must be each in \[0, 1\), got 2"),
        (lambda saved: saved["param_groups"][0].update(eps=[1e-8]), "eps must be a finite number >= 0"),
        (lambda saved: saved["param_groups"][0].update(eps={"step": 1}), "its eps .* neither a number nor a schedule"),
        (lambda saved: saved["param_groups"][0].pop("lr"), "its options are betas"),
        (lambda saved: saved["memory"].update(mu=1.0), "it remembers mu"),
        (lambda saved: saved["state"][0].pop("m"), "it has step, v, but with these options step, m, v is needed"),
    ],
)
def test_a_damaged_state_is_refused_and_changes_nothing(damage, message):
    w = leaf(W0)
    optimizer = Adam([w], 0.1)
    follow(optimizer, w, GRADIENTS[:2])
    saved = optimizer.state_dict()
    damage(saved)
    before = repr(optimizer.state_dict())
    with pytest.raises(CheckpointError, match=message):
        optimizer.load_state_dict(saved)
    assert repr(optimizer.state_dict()) == before


def test_what_is_loaded_has_the_dtype_of_what_is_here():
    w = mg.tensor(np.float32([1.0, 2.0]), requires_grad=True)
    optimizer = SGD([w], 0.1, momentum=0.9)
    w.grad = np.float32([1.0, 1.0])
    optimizer.step()
    saved = json.loads(json.dumps(optimizer.state_dict(), default=np.ndarray.tolist))
    optimizer.load_state_dict(saved)
    assert optimizer.state[w].v.dtype == np.float32


def test_a_number_stays_the_one_that_was_saved_although_a_schedule_was_there():
    scheduled = SGD([leaf(1.0)], Cosine(0.1, 10))
    plain = SGD([leaf(1.0)], 0.5)
    with pytest.warns(UserWarning, match=r"lr was Cosine\(0.1, 10\) when saved, and goes on as 0.5"):
        plain.load_state_dict(scheduled.state_dict())
    assert plain.param_groups[0]["lr"] == 0.5


def test_after_loading_a_block_moves_what_was_loaded():
    """Two small parameters side by side: the means that were kept for them before must not come back."""

    def build():
        a, b = leaf([1.0]), leaf([2.0])
        return a, b, SGD([a, b], 1.0, momentum=0.5)

    def step(a, b, optimizer, g):
        a.grad, b.grad = np.array([g]), np.array([g])
        optimizer.step()

    a, b, optimizer = build()
    step(a, b, optimizer, 1.0)
    saved = optimizer.state_dict()
    for _ in range(3):
        step(a, b, optimizer, 100.0)
    optimizer.load_state_dict(saved)
    before = a.item(), b.item()
    step(a, b, optimizer, 0.0)
    assert (before[0] - a.item(), before[1] - b.item()) == (0.5, 0.5)


@pytest.mark.parametrize("saved", [None, [1], "state"])
def test_what_is_no_state_dict_is_refused(saved):
    with pytest.raises(CheckpointError, match=f"it is no dict, but a {type(saved).__name__}"):
        SGD([leaf(1.0)], 0.1).load_state_dict(saved)


def test_a_state_with_other_entries_names_the_parameter():
    w = leaf(1.0, "w")
    saved = optim.RMSprop([w], momentum=0.9)
    follow(saved, w, [1.0])
    with pytest.raises(CheckpointError, match=r"for w it has (step, s, b|s, b, step)"):
        optim.RMSprop([leaf(1.0, "w")]).load_state_dict(saved.state_dict())
