import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import GraphError
from minigrad.viz.explain import path_counts

UNARY = [mg.tanh, mg.sigmoid, mg.sin, mg.exp, mg.square, mg.softplus]
BINARY = [np.add, np.subtract, np.multiply, lambda a, b: a / (2 + mg.square(b))]


def random_expression(rng):
    """A scalar of several leaves, each used often; it stays of moderate size."""
    leaves = [mg.tensor(rng.uniform(-1, 1), requires_grad=True, name=f"x{i}") for i in range(3)]
    pool = list(leaves)
    for _ in range(6):
        if rng.random() < 0.4:
            pool.append(rng.choice(UNARY)(mg.sin(pool[rng.integers(len(pool))])))
        else:
            a, b = (pool[rng.integers(len(pool))] for _ in range(2))
            pool.append(rng.choice(BINARY)(a, b))
    return sum(pool[3:], 0.0 * leaves[0]), leaves


@pytest.mark.parametrize("seed", range(100))
def test_the_paths_sum_to_the_gradient_and_to_the_finite_difference(seed):
    result, leaves = random_expression(np.random.default_rng(seed))
    result.backward()
    for leaf in leaves:
        if leaf.grad is None:
            continue
        e = mg.explain(result, wrt=leaf, most=10_000)
        assert len(e.paths) == e.count
        assert e.gradient == leaf.grad.item()
        scale = max(1.0, sum(abs(path.contribution) for path in e.paths))
        assert abs(e.total - e.gradient) <= 1e-12 * scale
        assert abs(e.numeric - e.gradient) <= 1e-8 * scale


def test_every_path_contributes_the_product_of_its_local_derivatives():
    result, leaves = random_expression(np.random.default_rng(3))
    for path in mg.explain(result, wrt=leaves[0], most=50).paths:
        np.testing.assert_allclose(np.prod([link.local for link in path.links]), path.contribution, rtol=1e-12)


def test_one_number_of_an_array_is_explained():
    rng = np.random.default_rng(0)
    w = mg.tensor(rng.standard_normal((2, 3)), requires_grad=True)
    loss = (mg.tanh(rng.standard_normal((4, 2)) @ w) * w.sum()).sum()
    loss.backward()
    e = mg.explain(loss, wrt=w, index=(0, 1))
    assert e.count == len(e.paths) == 2
    np.testing.assert_allclose([e.total, e.numeric], w.grad[0, 1], rtol=1e-9)


def test_both_uses_in_a_square_are_a_path_each():
    a = mg.tensor(3.0, requires_grad=True)
    assert [path.contribution for path in mg.explain(a * a, wrt=a).paths] == [3, 3]


def test_exponentially_many_paths_are_counted_and_only_the_first_followed():
    a = x = mg.tensor(1.0, requires_grad=True)
    for _ in range(60):
        x = x * 0.5 + x * 0.5
    e = mg.explain(x, wrt=a, most=5)
    assert (e.count, len(e.paths)) == (2**60, 5)
    assert e.gradient == 1
    assert f"the other {2**60 - 5:,}" in str(e)


def test_a_long_path_needs_no_recursion():
    a = x = mg.tensor(1.0, requires_grad=True)
    for _ in range(3000):
        x = x + 1
    assert mg.explain(x, wrt=a).total == 1


def test_an_intermediate_result_can_be_asked_for():
    a = mg.tensor(2.0, requires_grad=True)
    b = a * a
    e = mg.explain(b * 3 + a, wrt=b)
    assert (e.total, e.count) == (3, 1)
    assert e.numeric == pytest.approx(3)


def test_paths_are_counted_for_every_node():
    a = mg.tensor(1.0, requires_grad=True)
    b = a + a
    c = b + b
    counts = path_counts(c, a)
    assert [counts[t] for t in (a, b, c)] == [1, 2, 4]


def test_the_explanation_is_printed_with_numbers_and_lines(neuron):
    w = next(t for t in neuron.args[0].args[0].args if t.name == "w")
    text = str(mg.explain(neuron, wrt=w))
    assert "d tanh / d w = 1.002   at w = -3" in text
    assert "path 1 of 1" in text
    assert "w * x" in text
    assert "contribution 0.501 × 1 × 2 = 1.002" in text
    assert "finite difference" in text


def test_nothing_is_changed(neuron):
    leaves = [neuron.args[0].args[1]]
    mg.explain(neuron, wrt=leaves[0])
    assert leaves[0].grad is None
    assert leaves[0].data == 6.88


def test_float32_is_explained_by_a_difference_in_float64():
    w = mg.tensor([0.5, 1.5], requires_grad=True, dtype=np.float32)
    e = mg.explain((w * w * w).sum(), wrt=w, index=1)
    assert e.numeric == pytest.approx(6.75, rel=1e-9)
    assert e.total == pytest.approx(6.75, rel=1e-6)


def test_a_loss_that_does_not_depend_on_it_is_an_error_that_names_the_way_out():
    a, b = mg.tensor(1.0, requires_grad=True), mg.tensor(1.0, requires_grad=True)
    with pytest.raises(GraphError, match="why_zero"):
        mg.explain(a * 2, wrt=b)


@pytest.mark.parametrize("index", [(), (0,), (0, slice(None)), (0, 0, 0)])
def test_an_index_that_is_not_one_number_is_an_error(index):
    w = mg.tensor(np.ones((2, 2)), requires_grad=True)
    with pytest.raises(ValueError, match=r"index=\(0, 0\)"):
        mg.explain(w.sum(), wrt=w, index=index)
