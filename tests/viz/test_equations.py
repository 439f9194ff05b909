import re

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.engine import Op
from minigrad.viz.equations import RULES, equation
from minigrad.viz.steps import pulled
from tests.table import OPS
from tests.viz.conftest import tracked

rng = np.random.default_rng(0)


def leaf(*shape, name=None):
    return mg.tensor(rng.standard_normal(shape), requires_grad=True, name=name)


def called(x):
    return getattr(x, "name", None) or "y"


def test_a_product_of_matrices_says_which_one_is_transposed():
    X, W = leaf(64, 16, name="X"), leaf(16, 10, name="W")
    D = X @ W
    D.name = "D"
    assert equation(D, 0, called).text == "dX (64, 16) = dD (64, 10) @ Wᵀ (10, 16)"
    assert equation(D, 1, called).text == "dW (16, 10) = Xᵀ (16, 64) @ dD (64, 10)"
    assert [equation(D, i, called).label for i in (0, 1)] == ["@ x2ᵀ", "x1ᵀ @ g"]


def test_a_layer_of_pytorchs_shapes_transposes_the_gradient():
    X, W, b = leaf(64, 16, name="X"), leaf(10, 16, name="W"), leaf(10, name="b")
    D = mg.linear(X, W, b)
    D.name = "D"
    assert equation(D, 1, called).text == "dW (10, 16) = dDᵀ (10, 64) @ X (64, 16)"
    assert equation(D, 2, called).text == "db (10,) = Σ rows of dD (64, 10)"


def test_an_axis_summed_because_of_broadcasting_is_named_with_the_reason():
    x, b = leaf(5, 1, 3, name="x"), leaf(4, 1, name="b")
    told = equation(x * b, 1, called)
    assert told.text == "db (4, 1) = Σ over axes 0, 2 of dy (5, 4, 3) × x (5, 1, 3)"
    assert told.note == "the forward stretched b (4, 1) to (5, 4, 3) along axes 0, 2: its copies' gradients add up"
    assert equation(x * x, 1, called).note == ""


def test_the_formula_of_an_elementwise_op_is_that_of_its_docstring():
    x = leaf(4, 3, name="x")
    assert equation(mg.tanh(x), 0, called).text == "dx (4, 3) = dy (4, 3) × (1 − y²)"
    assert equation(mg.relu(x), 0, called).label == "× (1 where x > 0)"


MATRICES = {
    "matrix @ matrix": lambda: leaf(4, 3, name="a") @ leaf(3, 2, name="b"),
    "vector @ matrix": lambda: leaf(3, name="a") @ leaf(3, 2, name="b"),
    "matrix @ vector": lambda: leaf(4, 3, name="a") @ leaf(3, name="b"),
    "stack @ matrix": lambda: leaf(5, 4, 3, name="a") @ leaf(3, 2, name="b"),
    "matrix @ stack": lambda: leaf(4, 3, name="a") @ leaf(5, 3, 2, name="b"),
    "linear": lambda: mg.linear(leaf(4, 3, name="a"), leaf(2, 3, name="b")),
}


@pytest.mark.parametrize("position", [0, 1])
@pytest.mark.parametrize("made", MATRICES.values(), ids=MATRICES)
def test_an_equation_of_matrices_computes_what_is_sent(made, position):
    y = made()
    g = rng.standard_normal(y.shape)
    arrays = {"dy": g, "a": y.args[0].data, "b": y.args[1].data}
    words = equation(y, position, called).text.split(" = ")[1]
    over = re.match(r"Σ over axis (\d+) of ", words)
    words = words[over.end() :] if over else words
    terms = [(name, bool(turned)) for name, turned in re.findall(r"(\w+?)(ᵀ?) \(", words)]
    left, right = (np.swapaxes(arrays[name], -1, -2) if turned else arrays[name] for name, turned in terms)
    if "over rows" in words:
        sent = left.reshape(-1, left.shape[-1]).T @ right.reshape(-1, right.shape[-1])
    else:
        sent = np.multiply.outer(left, right) if "⊗" in words else left @ right
    sent = sent.sum(axis=int(over[1])) if over else sent
    np.testing.assert_allclose(sent, pulled(y, g)[position], rtol=1e-12)


def test_a_loss_that_takes_the_mean_itself_divides_by_the_number_of_examples():
    logits = leaf(64, 10, name="logits")
    told = equation(nn.cross_entropy(logits, np.zeros(64, int)), 0, called).text
    assert told == "dlogits (64, 10) = dy () ÷ 64 × (softmax logits (64, 10) − one-hot target)"


def test_every_rule_is_that_of_an_op_and_has_a_line_for_each_operand():
    for name, rules in RULES.items():
        assert isinstance(OPS[name], Op)
        formulas = [formula is not None for formula in OPS[name].formulas]
        assert [bool(rule) for rule in rules] == formulas[: len(rules)]
        assert not any(formulas[len(rules) :])


def test_every_op_has_an_equation_for_every_operand_at_every_sample():
    for op in OPS.values():
        for sample in op.samples if isinstance(op, Op) else ():
            args, kwargs = sample.draw(rng)
            args = [tracked(x) if op.formula(i) else x for i, x in enumerate(args)]
            y = op(*args, **kwargs)
            for i, x in enumerate(y.args):
                if isinstance(x, mg.Tensor) and x.requires_grad and op.formula(i):
                    assert equation(y, i, called).text.startswith("d")


def test_hostile_names_stay_on_their_line(hostile):
    x = leaf(2, 2, name=hostile)
    told = equation(x @ x, 0, lambda t: "ok")
    assert "\n" not in told.text
