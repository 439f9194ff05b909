"""Derivatives of functions, as functions: JAX's names and behaviour."""

import gc
from typing import NamedTuple

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import DtypeError, GraphError, ShapeError
from minigrad.transforms import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp


def quartic(x):
    return (x**4).sum()


def mixing(x):
    """From R^3 to R^(2, 2)."""
    return np.stack([np.sin(x[:2]) * x[2], np.exp(x[1:])])


X = np.array([0.3, -0.7, 1.1])


# grad


def test_grad_of_grad_of_grad_is_the_third_derivative():
    def f(x):
        return x**4

    found = [f(2.0), grad(f)(2.0), grad(grad(f))(2.0), grad(grad(grad(f)))(2.0), grad(grad(grad(grad(f))))(2.0)]
    assert found == [16, 32, 48, 48, 24]


def test_arrays_in_give_plain_arrays_out_at_every_depth():
    for f in (
        grad(quartic),
        grad(lambda x: grad(quartic)(x).sum()),
        jacobian(mixing),
        hessian(quartic),
        lambda x: vjp(mixing, x)[1](np.ones((2, 2)))[0],
        lambda x: hvp(quartic, (x,), (x,)),
        grad(lambda x: jvp(quartic, (x,), (np.ones(3),))[1]),
        lambda x: jvp(grad(quartic), (x,), (x,))[1],
    ):
        assert type(f(X)) is np.ndarray


def test_an_inner_derivative_does_not_confuse_its_variable_with_the_outer_one():
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1
    assert grad(lambda x: x * grad(lambda y: x * y * y)(3.0))(2.0) == 24
    assert grad(lambda x: grad(lambda y: grad(lambda z: x * y * z)(1.0) * y)(x))(3.0) == 12


def test_an_inner_derivative_at_the_outer_variable_is_differentiated_through():
    assert grad(lambda x: x * grad(lambda y: y**3)(x))(2.0) == 36


def test_an_inner_derivative_that_does_not_depend_on_outside_is_a_plain_array():
    seen = []
    grad(lambda x: seen.append(grad(lambda y: y * y)(3.0)) or x)(1.0)
    assert type(seen[0]) is np.ndarray


def test_argnums_says_which_arguments():
    def f(x, y, z):
        return x * y**2 * z**3

    assert grad(f)(2.0, 3.0, 1.0) == 9
    assert grad(f, 1)(2.0, 3.0, 1.0) == 12
    assert grad(f, -1)(2.0, 3.0, 1.0) == 54
    assert grad(f, (2, 0))(2.0, 3.0, 1.0) == (54, 9)
    assert grad(f, (0,))(2.0, 3.0, 1.0) == (9,)


def test_an_argument_number_beyond_the_arguments_is_named():
    with pytest.raises(TypeError, match="positional argument 2, but the function was called with 1"):
        grad(np.sin, 2)(1.0)


def test_keyword_arguments_are_passed_on():
    assert grad(lambda x, *, power: x**power)(3.0, power=2) == 6


def test_arguments_nested_in_dicts_lists_and_tuples_give_gradients_nested_alike():
    class Pair(NamedTuple):
        left: float
        right: float

    def f(tree):
        return (tree["w"][0] * tree["w"][1]).sum() + tree["pair"].left * tree["pair"].right ** 2

    found = grad(f)({"w": [np.array([1.0, 2.0]), np.array([3.0, 4.0])], "pair": Pair(2.0, 3.0)})
    assert list(found) == ["w", "pair"]
    np.testing.assert_array_equal(found["w"][0], [3, 4])
    np.testing.assert_array_equal(found["w"][1], [1, 2])
    assert found["pair"] == Pair(9, 12)


def test_an_unused_argument_has_gradient_zero():
    unused, used = grad(lambda x, y: y * 2, (0, 1))(np.ones((2, 3)), 1.0)
    np.testing.assert_array_equal(unused, np.zeros((2, 3)))
    assert used == 2
    assert grad(lambda x: 3.0)(1.0) == 0


def test_auxiliary_results_come_back_plain():
    def f(x):
        return (x * x).sum(), {"double": x * 2, "text": "kept"}

    gradient, aux = grad(f, has_aux=True)(X)
    (value, again), same = value_and_grad(f, has_aux=True)(X)
    np.testing.assert_allclose(gradient, 2 * X)
    np.testing.assert_allclose(same, 2 * X)
    np.testing.assert_allclose(value, (X * X).sum())
    for each in (aux, again):
        assert type(each["double"]) is np.ndarray
        np.testing.assert_array_equal(each["double"], 2 * X)
        assert each["text"] == "kept"


def test_value_and_grad_gives_both():
    value, gradient = value_and_grad(quartic)(X)
    np.testing.assert_allclose(value, (X**4).sum())
    np.testing.assert_allclose(gradient, 4 * X**3)


def test_a_result_that_is_the_argument_itself_has_gradient_one():
    assert grad(lambda x: x)(3.0) == 1
    value, gradient = value_and_grad(lambda x: x)(3.0)
    assert (value, gradient) == (3, 1)


def test_the_gradient_and_the_value_belong_to_the_caller():
    x = np.ones(3)
    value, pullback = vjp(lambda x: x.reshape(3, 1), x)
    value[:] = 7
    (gradient,) = pullback(np.ones((3, 1)))
    gradient[:] = 7
    np.testing.assert_array_equal(x, 1)
    np.testing.assert_array_equal(pullback(np.ones((3, 1)))[0], 1)


def test_float32_arguments_have_float32_gradients():
    assert grad(lambda x: (x * np.float64(2)).sum())(X.astype("f")).dtype == np.float32
    assert jacobian(lambda x: x * 2)(X.astype("f")).dtype == np.float32


def test_a_decorated_function_keeps_its_name():
    assert grad(quartic).__name__ == "quartic"


def test_a_result_that_is_not_scalar_is_refused_naming_the_ways_out():
    with pytest.raises(
        GraphError, match=r"returns shape \(3,\): reduce it, as in f\(x\).sum\(\), or use jacobian\(f\) or vjp"
    ):
        grad(lambda x: x * 2)(X)
    with pytest.raises(GraphError, match="one scalar"):
        grad(lambda x: (x.sum(), x.sum()))(X)


@pytest.mark.parametrize("x", [3, np.array([1, 2]), True, 1j])
def test_an_argument_that_is_not_floating_is_refused_naming_it(x):
    with pytest.raises(DtypeError, match=r"argument 1 has dtype .*pass 3\.0 for 3"):
        grad(lambda a, x: a, 1)(1.0, x)


def test_a_result_that_is_not_a_number_is_refused():
    with pytest.raises(DtypeError, match="returns numbers, but this one returns object"):
        grad(lambda x: None)(1.0)
    with pytest.raises(DtypeError, match="needs a floating result, but this function returns int64"):
        grad(lambda x: np.argmax(x))(X)


# outside


def test_a_parameter_in_a_closure_puts_the_result_on_the_tape():
    w = mg.tensor(3.0, requires_grad=True)
    slope = grad(lambda x: w * x**2)(2.0)
    assert slope.item() == 12
    slope.backward()
    assert w.grad == 4


def test_a_tensor_argument_that_requires_grad_is_differentiated_through():
    x = mg.tensor(X, requires_grad=True)
    value, slope = value_and_grad(quartic)(x)
    (value + slope.sum()).backward()
    np.testing.assert_allclose(x.grad, 4 * X**3 + 12 * X**2)


def test_a_tensor_argument_that_requires_no_grad_gives_a_plain_array():
    assert type(grad(quartic)(mg.tensor(X))) is np.ndarray


def test_a_variable_made_inside_the_function_is_somebody_elses_too():
    kept = []

    def f(x):
        kept.append(mg.tensor(3.0, requires_grad=True))
        return x * x * kept[0]

    slope = grad(f)(2.0)
    slope.backward()
    assert kept[0].grad == 4


def test_the_gradient_of_an_outside_tensor_is_untouched():
    x = mg.tensor(X, requires_grad=True)
    grad(quartic)(x)
    assert x.grad is None


def test_transforms_work_inside_no_grad_and_then_record_nothing():
    w = mg.tensor(3.0, requires_grad=True)
    with mg.no_grad():
        slope = grad(lambda x: w * x**2)(2.0)
        curvature = grad(grad(lambda x: w * x**3))(2.0)
    assert type(slope) is type(curvature) is np.ndarray
    assert (slope, curvature) == (12, 36)


def test_a_pullback_can_be_differentiated_by_its_argument():
    _, pullback = vjp(np.sin, X)
    np.testing.assert_allclose(grad(lambda g: pullback(g)[0].sum())(np.ones(3)), np.cos(X))


def test_a_pullback_made_inside_is_differentiated_by_the_outer_variable():
    def f(x):
        _, pullback = vjp(lambda y: x * y**2, 3.0)
        return pullback(1.0)[0]

    assert grad(f)(2.0) == 6


# vjp, jvp, hvp


def test_vjp_gives_the_value_and_as_often_as_wanted_a_row_of_the_jacobian():
    value, pullback = vjp(mixing, X)
    np.testing.assert_allclose(value, mixing(X))
    full = jacobian(mixing)(X)
    for position in np.ndindex(2, 2):
        g = np.zeros((2, 2))
        g[position] = 1
        np.testing.assert_array_equal(pullback(g)[0], full[position])


def test_vjp_takes_and_gives_nested_values():
    value, pullback = vjp(lambda a, b: {"sum": a + b["x"], "product": a * b["x"]}, 3.0, {"x": 4.0})
    assert value == {"sum": 7, "product": 12}
    assert pullback({"product": 1.0, "sum": 10.0}) == (14, {"x": 13})


def test_jvp_is_the_jacobian_times_the_tangent():
    v = np.array([1.0, -2.0, 0.5])
    value, tangent = jvp(mixing, (X,), (v,))
    np.testing.assert_allclose(value, mixing(X))
    np.testing.assert_allclose(tangent, jacobian(mixing)(X) @ v, rtol=1e-14)


def test_jvp_of_several_nested_primals_adds_their_shares():
    value, tangent = jvp(lambda a, b: (a * b["x"], a), (3.0, {"x": 4.0}), (1.0, {"x": 10.0}))
    assert value == (12, 3)
    assert tangent == (34, 1)


def test_jvp_of_what_does_not_depend_on_the_primals_is_zero():
    _, tangent = jvp(lambda x: np.ones(2), (X,), (X,))
    np.testing.assert_array_equal(tangent, np.zeros(2))
    assert jvp(lambda x: x.sum() * 0 + 1, (X,), (X,))[1] == 0


def test_jvp_and_grad_nest_in_both_orders():
    def slope_along(x):
        return jvp(quartic, (x,), (np.ones(3),))[1]

    np.testing.assert_allclose(grad(slope_along)(X), 12 * X**2)
    np.testing.assert_allclose(jvp(grad(quartic), (X,), (np.ones(3),))[1], 12 * X**2)
    np.testing.assert_allclose(jvp(lambda x: jvp(np.sin, (x,), (1.0,))[1], (0.5,), (1.0,))[1], -np.sin(0.5))


def test_hvp_is_the_hessian_times_the_tangent():
    def f(x):
        return (mixing(x) ** 2).sum()

    v = np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(hvp(f, (X,), (v,)), hessian(f)(X) @ v, rtol=1e-12)


def test_hvp_of_several_primals_crosses_between_them():
    found = hvp(lambda x, y: x**2 * y["a"], (2.0, {"a": 3.0}), (1.0, {"a": 10.0}))
    assert found == (6 * 1 + 4 * 10, {"a": 4})


def test_hvp_of_a_linear_function_is_zero():
    np.testing.assert_array_equal(hvp(lambda x: x.sum(), (X,), (X,)), np.zeros(3))


@pytest.mark.parametrize("transform", [jvp, hvp])
def test_tangents_are_nested_and_shaped_as_the_primals(transform):
    with pytest.raises(ShapeError, match="the tangents must be nested like"):
        transform(quartic, (X,), (X, X))
    with pytest.raises(ShapeError, match=r"\(2,\).*\(3,\)"):
        transform(quartic, (X,), (X[:2],))


# jacobian, hessian


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3)])
def test_a_jacobian_has_the_shape_of_the_result_and_then_of_the_argument(shape):
    x = np.random.default_rng(0).standard_normal(shape)
    found = jacobian(lambda x: np.stack([np.sin(x), np.cos(x)]))(x)
    assert found.shape == (2, *shape, *shape)
    diagonal = np.reshape(found, (2, x.size, x.size))
    np.testing.assert_allclose(diagonal[0], np.diag(np.cos(x).ravel()))
    np.testing.assert_allclose(diagonal[1], np.diag(-np.sin(x).ravel()))


def test_a_jacobian_of_nested_results_is_nested_as_they_are_and_then_as_the_arguments():
    found = jacobian(lambda a, b: {"p": a * b["x"], "s": a + b["x"]}, (0, 1))(2.0, {"x": np.array([1.0, 3.0])})
    np.testing.assert_array_equal(found["p"][0], [1, 3])
    np.testing.assert_array_equal(found["p"][1]["x"], [[2, 0], [0, 2]])
    np.testing.assert_array_equal(found["s"][0], [1, 1])
    np.testing.assert_array_equal(found["s"][1]["x"], np.eye(2))


def test_a_jacobian_of_an_empty_result_is_empty():
    assert jacobian(lambda x: x[:0])(X).shape == (0, 3)


def test_a_hessian_agrees_with_torch(torch):
    def f(x, numpy):
        return (numpy.exp(x[:2] * x[1:]) * numpy.sin(x[0])).sum()

    expected = torch.autograd.functional.hessian(lambda x: f(x, torch), torch.tensor(X))
    np.testing.assert_allclose(hessian(lambda x: f(x, np))(X), expected, rtol=1e-12)


def test_a_hessian_by_several_arguments_is_a_table_of_blocks():
    found = hessian(lambda x, y: x**2 * y, (0, 1))(3.0, 5.0)
    assert found == ((10, 6), (6, 0))


def test_a_jacobian_on_the_tape_is_differentiated_through():
    w = mg.tensor([1.0, 2.0], requires_grad=True)
    table = jacobian(lambda x: w * x**2)(np.array([3.0, 4.0]))
    (table * table).sum().backward()
    np.testing.assert_allclose(w.grad, 2 * w.numpy() * np.array([6.0, 8.0]) ** 2)


def test_transforms_agree_with_torch(torch):
    def f(x, numpy):
        return numpy.tanh(x[:2]) * x[1:] ** 2

    v, u = np.array([1.0, -2.0, 0.5]), np.array([0.3, 0.9])
    x, functional = torch.tensor(X), torch.autograd.functional
    np.testing.assert_allclose(
        jacobian(lambda x: f(x, np))(X), functional.jacobian(lambda x: f(x, torch), x), rtol=1e-13
    )
    np.testing.assert_allclose(
        jvp(lambda x: f(x, np), (X,), (v,))[1], functional.jvp(lambda x: f(x, torch), x, torch.tensor(v))[1], rtol=1e-13
    )
    np.testing.assert_allclose(
        vjp(lambda x: f(x, np), X)[1](u)[0], functional.vjp(lambda x: f(x, torch), x, torch.tensor(u))[1], rtol=1e-13
    )
    np.testing.assert_allclose(
        hvp(lambda x: f(x, np).sum(), (X,), (v,)),
        functional.hvp(lambda x: f(x, torch).sum(), x, torch.tensor(v))[1],
        rtol=1e-13,
    )


def test_nothing_is_left_over_without_the_garbage_collector():
    def alive():
        return sum(type(x) is mg.Tensor for x in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before = alive()
        for transform in (grad(quartic), hessian(quartic), grad(lambda x: hvp(quartic, (x,), (x,)).sum())):
            transform(X)
        jvp(mixing, (X,), (X,))
        assert alive() == before
    finally:
        gc.enable()
