import importlib
import os
import shutil
import sys

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "quotes": "\"quotes\" and 'quotes'",
    "newlines": "line\nbreaks\r\n",
    "long": "w" * 10_000,
    "tag": "<b>",
    "record": "{a|b}",
    "backslash": "\\N\\",
}


@pytest.fixture(params=HOSTILE.values(), ids=HOSTILE)
def hostile(request):
    """A name that tries to be more than a name."""
    return request.param


@pytest.fixture
def neuron():
    """o = tanh(w x + b), with the numbers that every lecture has."""
    w = mg.tensor(-3.0, requires_grad=True, name="w")
    x = mg.tensor(2.0, requires_grad=True, name="x")
    b = mg.tensor(6.88, requires_grad=True, name="b")
    return mg.tanh(w * x + b)


@pytest.fixture
def model():
    return nn.MLP([4, 8, 2], dropout=0.5, rng=0)


@pytest.fixture
def loss(model):
    return nn.cross_entropy(model(np.ones((3, 4))), np.array([0, 1, 1]))


def component(name: str, there: bool, install: str) -> None:
    """Skip where a component is missing; in CI that is a failure."""
    if not there and os.environ.get("CI") == "true":
        pytest.fail(f"CI has no {name}: {install}")
    if not there:
        pytest.skip(f"needs {name}: {install}")


@pytest.fixture(params=["dot", "pygraphviz", "built-in layout"])
def engine(request, monkeypatch, tmp_path):
    """Each rung of the ladder, as the best that the machine has; its name."""
    if request.param == "dot":
        component("dot", shutil.which("dot") is not None, "apt-get install graphviz")
        return request.param
    monkeypatch.setenv("PATH", str(tmp_path))
    if request.param == "pygraphviz":
        there = importlib.util.find_spec("pygraphviz") is not None
        component("pygraphviz", there, "pip install pygraphviz")
    else:
        monkeypatch.setitem(sys.modules, "pygraphviz", None)
    return request.param


def tracked(x):
    """A drawn operand, or a list of them, as one that gradients flow to."""
    if isinstance(x, list):
        return [tracked(part) for part in x]
    return mg.tensor(x, requires_grad=True) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x
