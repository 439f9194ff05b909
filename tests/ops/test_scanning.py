import numpy as np

import minigrad as mg


def test_cumprod_of_zeros_is_differentiated_by_the_product_rule():
    t = mg.tensor([0.0, 2.0, 0.0, 3.0], requires_grad=True)
    np.cumprod(t).sum().backward()
    assert t.grad.tolist() == [1 + 2, 0, 0, 0]


def test_cumprod_keeps_infinity_out_of_a_gradient_that_it_does_not_reach():
    t = mg.tensor([1.0, 1e200, 1e200], requires_grad=True)
    with np.errstate(over="ignore"):
        np.cumprod(t)[0].backward()
    assert t.grad.tolist() == [1, 0, 0]


def test_linear_recurrence_is_its_own_loop():
    a, b = np.random.default_rng(0).standard_normal((2, 5))
    y = [b[0]]
    for i in range(1, 5):
        y.append(a[i] * y[-1] + b[i])
    assert mg.linear_recurrence(a, b).tolist() == y
