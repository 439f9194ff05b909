import numpy as np

import minigrad as mg
from minigrad.viz.naive import count_visits, naive_visits


def recursive(output):
    """The recursion itself, as it is written in the docstring."""
    grads, order = {output: np.ones_like(output.data)}, []

    def naive(y):
        order.append(y)
        tracked = [i for i, x in enumerate(y.args) if isinstance(x, mg.Tensor) and x.requires_grad]
        for i in tracked:
            x = y.args[i]
            (local,) = mg.autograd.grad(*alone(y, i))
            grads[x] = grads.get(x, 0) + grads[y] * local.data
        for i in tracked:
            if y.args[i].op is not None:
                naive(y.args[i])

    def alone(y, i):
        args = [mg.tensor(x.data, requires_grad=True) if isinstance(x, mg.Tensor) else x for x in y.args]
        return y.op(*args, **y.kwargs), args[i]

    naive(output)
    return grads, order


def test_the_visits_are_those_of_the_recursion():
    x = mg.tensor(0.3, requires_grad=True)
    y = mg.tensor(-0.7, requires_grad=True)
    a = x * y
    b = mg.sin(a) + a
    output = b * mg.exp(b) + a
    grads, order = recursive(output)
    visits = naive_visits(output)
    assert [visit.node for visit in visits] == order
    assert count_visits(output) == len(visits)
    totals = {}
    for visit in visits:
        for position, amount in visit.sent:
            t = visit.node.args[position]
            totals[t] = totals.get(t, 0) + amount
    for leaf in (x, y):
        np.testing.assert_allclose(totals[leaf], grads[leaf], rtol=1e-14)


def test_the_diamond_gives_8_where_4_is_right():
    a = mg.tensor(1.0, requires_grad=True)
    b = a + a
    c = b + b
    c.backward()
    assert a.grad == 4
    assert sum(amount for visit in naive_visits(c) if visit.node is b for _, amount in visit.sent) == 8


def test_a_chain_is_right_and_a_leaf_has_no_visit():
    x = mg.tensor(0.5, requires_grad=True)
    y = mg.tanh(mg.exp(x))
    y.backward()
    assert naive_visits(y)[-1].sent[0][1] == x.grad
    assert naive_visits(x) == []
    assert count_visits(x) == 0
