"""Chance and state: what a function draws and changes is the same in every run, and afterwards as it was."""

import random

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.engine import Op
from minigrad.gradcheck import Verdict, gradcheck

pytestmark = pytest.mark.usefixtures("every_report_as_before")

X = np.random.default_rng(4).standard_normal((6, 4))
SHARED = np.random.default_rng(7)


class Noisy:
    """An object with a generator of its own."""

    def __init__(self):
        self.rng = np.random.default_rng(1)
        self.parts = {"scale": [np.random.default_rng(2)]}

    def __call__(self, x):
        return np.exp(x) * self.rng.random(4) * self.parts["scale"][0].random()

    def method(self, x):
        return self(x)


def draws(x, rng=SHARED):
    return x * rng.random(x.shape)


def names_a_global(x):
    return x * SHARED.random(x.shape)


def closes_over(rng):
    return lambda x: np.exp(x) * rng.random(4)


def model(last=2):
    return nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Dropout(0.3, rng=1), nn.Linear(5, last))


FROZEN = {
    "a layer": nn.Dropout(0.4, rng=0),
    "a layer in a function": lambda x, layer=nn.Dropout(0.4, rng=0): layer(x),  # noqa: B008
    "a model": model(),
    "noise": nn.GaussianNoise(0.2, rng=3),
    "a generator in a closure": closes_over(np.random.default_rng(0)),
    "a legacy generator in a closure": lambda x, r=np.random.RandomState(0): x * r.random_sample(4),  # noqa: B008
    "a generator in a default": draws,
    "a global generator": names_a_global,
    "a generator of an object": Noisy(),
    "a generator of a method's object": Noisy().method,
    "NumPy's own generator": lambda x: x * np.random.random(4),  # noqa: NPY002
    "Python's own generator": lambda x: x * random.random(),
    "a generator in an op": Op(
        (lambda rng: lambda x: x + rng.random(x.shape))(np.random.default_rng(0)), [lambda g, y, x: g * 1]
    ),
}


@pytest.mark.parametrize("name", FROZEN)
def test_chance_is_frozen_and_the_report_says_so(name):
    report = gradcheck(FROZEN[name], X)
    assert report.verdict is Verdict.PASS, report
    assert "frozen" in str(report)


def test_the_place_where_the_mask_is_used_is_named():
    layer = nn.Dropout(0.4, rng=0)
    report = gradcheck(lambda x: layer(x), X)
    assert "layer.rng, used in multiply at test_state.py" in str(report)


@pytest.mark.parametrize("factor", [1.001, 0.0])
def test_a_wrong_gradient_behind_a_mask_is_found(factor):
    layer, broken = nn.Dropout(0.4, rng=0), Op(lambda x: np.tanh(x), [lambda g, y, x: g * (1 - y * y) * factor])
    assert gradcheck(lambda x: layer(broken(x)), X).verdict is Verdict.WRONG


def test_generators_and_statistics_are_afterwards_what_they_were():
    net = model()
    before = {name: str(rng.bit_generator.state) for name, rng in net.named_generators()}
    buffers = {name: (t.data, t.data.copy(), t.replaced) for name, t in net.named_buffers()}
    assert gradcheck(net, X)
    assert before == {name: str(rng.bit_generator.state) for name, rng in net.named_generators()}
    for name, t in net.named_buffers():
        data, values, replaced = buffers[name]
        assert t.data is data
        assert np.array_equal(t.data, values)
        assert t.replaced is replaced


def test_batch_normalization_is_checked_in_training_and_in_evaluation():
    layer = nn.BatchNorm1d(4)
    assert "training and evaluation mode" in str(gradcheck(layer, X))
    assert layer.training


def test_a_gradient_that_is_wrong_in_evaluation_alone_is_found():
    class Norm(nn.BatchNorm1d):
        def forward(self, x):
            return super().forward(x if self.training else x + 0.1 * x.numpy())

    report = gradcheck(Norm(4), X)
    assert report.verdict is Verdict.WRONG
    assert "in evaluation mode" in str(report)


def test_chance_that_cannot_be_frozen_is_named_with_its_line():
    report = gradcheck(lambda x: np.exp(x) * np.random.default_rng().random(4), X)
    assert report.verdict is Verdict.NONDETERMINISTIC
    assert "multiply, at test_state.py" in str(report)


def test_a_counter_makes_a_function_nondeterministic():
    calls = [0]

    def counted(x):
        calls[0] += 1
        return x * calls[0]

    assert gradcheck(counted, X).verdict is Verdict.NONDETERMINISTIC
    assert calls[0] > 0


def test_an_array_that_is_written_into_is_put_back():
    seen = np.zeros(4)

    def f(x):
        seen[...] = 0.9 * seen + x.numpy().mean(axis=0)
        return np.tanh(x)

    report = gradcheck(f, X)
    assert report
    assert "put back before every run: seen" in str(report)
    assert not seen.any()


def without_tape(x):
    with mg.no_grad():
        target = np.tanh(x)
    return (x - target) ** 2


@mg.op(x=lambda g, y, x: g * 1.0, surrogate=True)
def rounded(x):
    """Straight through."""
    return np.round(x)


@mg.op(x=lambda g, y, x: g * (abs(x) <= 1), surrogate=True)
def binary(x):
    """The sign, with the slope of a clipped line."""
    return np.sign(x)


@mg.op(x=lambda g, y, x: np.cumsum(g[::-1])[::-1], surrogate=True)
def counted_up(x):
    """The sum of what is above 0, with the slope of the sum."""
    return np.cumsum(x > 0) * 1.0


STOPPED = {
    "x times itself detached": lambda x: x * x.detach(),
    "a target without a tape": without_tape,
    "a difference to itself detached": lambda x: np.sum((x - x.detach()) ** 3 + x),
    "straight through by detaching": lambda x: (x + (np.round(x) - x).detach()) ** 2,
    "straight through, declared": lambda x: rounded(3 * np.tanh(x)) * x,
    "a binary network": lambda x: binary(x @ np.ones((4, 2))) ** 2 * x[:, :2],
    "a surrogate that mixes elements": lambda x: counted_up(np.tanh(x)[:, 0]) ** 2,
}


@pytest.mark.parametrize("name", STOPPED)
@pytest.mark.parametrize("order", [1, 2])
def test_what_a_right_gradient_does_not_see_stays_as_it_is(name, order):
    report = gradcheck(STOPPED[name], X, order=order)
    assert report.verdict in (Verdict.PASS, Verdict.KINK_OK), report


def test_an_error_beside_a_detached_value_is_found():
    broken = Op(lambda x: np.tanh(x), [lambda g, y, x: g * (1 - y * y) * 1.001])
    assert gradcheck(lambda x: broken(x) * x.detach(), X).verdict is Verdict.WRONG
    assert gradcheck(lambda x: broken(rounded(x)), X).verdict is Verdict.WRONG


def test_values_that_leave_the_tape_by_other_ways_are_not_spared():
    assert gradcheck(lambda x: x * x.data, X).verdict is Verdict.WRONG


def test_outside_a_check_detach_copies():
    x = mg.tensor(X, requires_grad=True)
    gradcheck(lambda a: a * a.detach(), x)
    assert np.array_equal(x.detach().data, X)
    assert x.detach().data is not x.data


class Slotted:
    """An object without a dict of its own."""

    __slots__ = ("factor",)

    def __init__(self):
        self.factor = 2.0


def test_objects_without_attributes_of_their_own_hold_no_state():
    kept, bare = Slotted(), object()
    assert gradcheck(lambda x: kept.factor * np.sin(x) * (bare is not None), np.array([0.3, -1.0]))
