"""Methods that use the curvature: exact on quadratics, quick in valleys, and honest where they cannot go on."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import NonFiniteError
from minigrad.optim import L2, SGD, GaussNewton, LevenbergMarquardt, Newton, NewtonCG, Proximal
from tests.optim.parity import rosenbrock
from tests.optim.tools import leaf

RNG = np.random.default_rng(0)
ROOT = RNG.standard_normal((5, 5))
A = ROOT @ ROOT.T + np.eye(5)
B = RNG.standard_normal(5)
MINIMUM = np.linalg.solve(A, B)


def quadratic(w):
    return (w * (A @ w)).sum() / 2 - (B * w).sum()


@pytest.mark.parametrize("kind", [Newton, NewtonCG])
def test_one_step_reaches_the_minimum_of_a_quadratic(kind):
    w = leaf(RNG.standard_normal(5) * 10)
    optimizer = kind([w], **({"tolerance": 1e-12} if kind is NewtonCG else {}))
    optimizer.step(lambda: quadratic(w))
    np.testing.assert_allclose(w.data, MINIMUM, rtol=0, atol=1e-12)


def test_parameters_of_many_shapes_are_one_vector():
    a, b = leaf(RNG.standard_normal((2, 2))), leaf(1.0)
    flat = lambda: mg.concatenate([np.ravel(a), np.reshape(b, (1,))])
    Newton([a, b]).step(lambda: quadratic(flat()))
    np.testing.assert_allclose(flat().data, MINIMUM, rtol=0, atol=1e-12)


def test_the_loss_before_the_step_is_returned():
    w = leaf(np.zeros(5))
    assert Newton([w]).step(lambda: quadratic(w)).item() == 0


@pytest.mark.parametrize(("kind", "steps"), [(Newton, 7), (NewtonCG, 25)])
def test_rosenbrocks_valley_is_crossed_in_few_steps(kind, steps):
    w = leaf([-1.2, 1.0])
    optimizer = kind([w])
    for _ in range(steps):
        optimizer.step(lambda: rosenbrock(w))
    np.testing.assert_allclose(w.data, [1, 1], atol=1e-6)


def saddle(w):
    return w[0] ** 2 - w[1] ** 2 + w[1] ** 4 / 4


def test_newton_is_caught_by_a_saddle_and_the_saddle_free_variant_is_not():
    caught, free = leaf([1.0, 0.1]), leaf([1.0, 0.1])
    newton, saddle_free = Newton([caught]), Newton([free], saddle_free=True, damping=1e-3)
    for _ in range(20):
        newton.step(lambda: saddle(caught))
        saddle_free.step(lambda: saddle(free))
    np.testing.assert_allclose(caught.data, [0, 0], atol=1e-6)
    np.testing.assert_allclose(free.data, [0, np.sqrt(2)], atol=1e-3)


def test_conjugate_gradients_stop_at_negative_curvature_and_the_loss_still_falls():
    w = leaf([0.1, 0.1])
    optimizer, losses = NewtonCG([w]), []
    for _ in range(20):
        losses.append(optimizer.step(lambda: saddle(w)).item())
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] == pytest.approx(-1.0)


def test_a_singular_hessian_is_an_error_that_says_what_to_write():
    w = leaf([1.0, 1.0])
    with pytest.raises(ValueError, match=r"the Hessian is singular, .* write damping=1e-3"):
        Newton([w]).step(lambda: w[0] ** 2)
    Newton([w], damping=1e-3).step(lambda: w[0] ** 2)
    np.testing.assert_allclose(w.data, [0, 1], atol=1e-3)


def test_a_linear_loss_has_no_curvature_and_damping_makes_it_gradient_descent():
    w = leaf([1.0, 1.0])
    Newton([w], damping=2.0).step(lambda: (w * np.array([1.0, 3.0])).sum())
    np.testing.assert_allclose(w.data, [0.5, -0.5])


X = np.linspace(0, 3, 20)
Y = 2.5 * np.exp(-1.3 * X) + 0.5


def misfit(w):
    return w[0] * np.exp(w[1] * X) + w[2] - Y


@pytest.mark.parametrize("kind", [GaussNewton, LevenbergMarquardt])
def test_gauss_newton_fits_a_small_curve_where_gradient_descent_crawls(kind):
    w, crawling = leaf([1.0, -1.0, 0.0]), leaf([1.0, -1.0, 0.0])
    optimizer, sgd = kind([w]), SGD([crawling], 0.05)
    for _ in range(10):
        optimizer.step(lambda: misfit(w))
        sgd.step(lambda: np.sum(np.square(misfit(crawling))) / 2)
    np.testing.assert_allclose(w.data, [2.5, -1.3, 0.5], atol=1e-6)
    assert np.abs(crawling.data - [2.5, -1.3, 0.5]).max() > 0.1


def test_levenberg_marquardt_finds_its_way_from_where_gauss_newton_is_lost():
    far = [0.1, -5.0, 0.0]
    w, lost = leaf(far), leaf(far)
    optimizer, undamped = LevenbergMarquardt([w]), GaussNewton([lost])
    for _ in range(40):
        undamped.step(lambda: misfit(lost))
        optimizer.step(lambda: misfit(w))
    assert abs(lost.data[1]) > 100
    np.testing.assert_allclose(w.data, [2.5, -1.3, 0.5], atol=1e-6)


def test_levenberg_marquardt_never_goes_up_and_rests_at_the_minimum():
    w = leaf([1.0, -1.0, 0.0])
    optimizer = LevenbergMarquardt([w])
    losses = [optimizer.step(lambda: misfit(w)).item() for _ in range(30)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 1e-25


@pytest.mark.parametrize("seed", range(4))
def test_levenberg_marquardt_is_the_algorithm_of_madsen_nielsen_and_tingleff(seed):
    """Algorithm 3.16, with the Jacobian by hand, on Rosenbrock's residuals from far away."""
    x = np.random.default_rng(seed).standard_normal(2) * 10
    w, mu = leaf(x), None
    optimizer = LevenbergMarquardt([w], damping=1e-6)
    for _ in range(15):
        loss = optimizer.step(lambda: mg.stack([10 * (w[1] - w[0] ** 2), 1 - w[0]])).item()
        r = lambda x: np.array([10 * (x[1] - x[0] ** 2), 1 - x[0]])
        before, jacobian, growth = r(x) @ r(x) / 2, np.array([[-20 * x[0], 10.0], [-1.0, 0.0]]), 2
        hessian, g = jacobian.T @ jacobian, jacobian.T @ r(x)
        mu = mu or 1e-6 * hessian.diagonal().max()
        for _ in range(10):
            h = np.linalg.solve(hessian + mu * np.eye(2), g)
            gain = (before - r(x - h) @ r(x - h) / 2) / (h @ (mu * h + g) / 2)
            if gain > 0:
                x, mu = x - h, mu * max(1 / 3, 1 - (2 * gain - 1) ** 3)
                break
            mu, growth = mu * growth, growth * 2
        np.testing.assert_allclose(w.data, x, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(loss, before, rtol=1e-5, atol=1e-15)
        if before < 1e-10:
            break
        np.testing.assert_allclose(optimizer.memory.mu, mu, rtol=1e-5)


def test_where_nothing_nearby_is_lower_levenberg_marquardt_stays():
    w = leaf(1.0)
    stuck = LevenbergMarquardt([w])
    loss = stuck.step(lambda: abs(w - 1.0) + 1.0 + w * 1e-9)  # at an edge: its slope is wrong on the other side
    assert w.item() == 1
    assert loss.item() == pytest.approx(0.5)


def test_gauss_newton_returns_the_loss_before_the_step():
    w = leaf([3.0, 4.0])
    assert GaussNewton([w]).step(lambda: w * 1.0).item() == 12.5


def test_newton_with_a_rate_of_a_half_goes_half_the_way():
    for kind in (Newton, NewtonCG):
        w = leaf(np.zeros(5))
        options = {"tolerance": 1e-12} if kind is NewtonCG else {}
        kind([w], 0.5, **options).step(lambda w=w: quadratic(w))
        np.testing.assert_allclose(w.data, MINIMUM / 2, atol=1e-10)


def test_conjugate_gradients_halve_the_step_until_the_loss_has_fallen_enough():
    w = leaf(2.0)
    optimizer = NewtonCG([w])
    optimizer.step(lambda: np.log(np.cosh(w)))  # the whole step goes to -11.6, its half to -4.8
    d = np.tanh(2.0) * np.cosh(2.0) ** 2
    assert w.item() == pytest.approx(2.0 - d / 4)


def test_where_the_loss_falls_nowhere_conjugate_gradients_stay():
    w, calls = leaf(1.0), []
    optimizer = NewtonCG([w])
    optimizer.step(lambda: (calls.append(1), w * w + (0.0 if w.item() == 1 else 5.0))[1])
    assert w.item() == 1
    assert len(calls) == 41


@pytest.mark.parametrize(
    ("kind", "options"), [(Newton, {}), (NewtonCG, {"tolerance": 1e-12}), (Newton, {"saddle_free": True})]
)
def test_damping_is_added_to_every_curvature(kind, options):
    w = leaf(np.zeros(5))
    kind([w], damping=0.7, **options).step(lambda: quadratic(w))
    np.testing.assert_allclose(w.data, np.linalg.solve(A + 0.7 * np.eye(5), B), atol=1e-9)


def test_steps_are_counted():
    w = leaf(np.zeros(5))
    optimizer = Newton([w])
    for _ in range(3):
        optimizer.step(lambda: quadratic(w))
    assert optimizer.steps == 3


def test_residuals_that_depend_on_no_parameter_are_refused():
    with pytest.raises(TypeError, match="must return the residuals, computed from the parameters"):
        GaussNewton([leaf(1.0)]).step(lambda: mg.tensor([1.0]))


def test_a_parameter_that_the_loss_does_not_depend_on_stays():
    a, b = leaf([1.0, 2.0]), leaf([3.0])
    Newton([a, b], damping=1e-9).step(lambda: np.sum(a * a))
    GaussNewton([a, b], damping=1e-9).step(lambda: a - 5.0)
    np.testing.assert_allclose(a.data, [5, 5], rtol=1e-6)
    assert b.tolist() == [3]


def test_more_parameters_than_residuals_take_the_shortest_step():
    w = leaf([0.0, 0.0])
    GaussNewton([w]).step(lambda: w.sum() - 2.0)
    np.testing.assert_allclose(w.data, [1, 1])


def test_the_penalty_belongs_to_the_loss_that_is_searched():
    w = leaf(np.zeros(5))
    Newton([w], regularizer=L2(0.5, where=lambda name, p: True)).step(lambda: quadratic(w))
    np.testing.assert_allclose(w.data, np.linalg.solve(A + np.eye(5), B), atol=1e-12)


def test_maximize_takes_the_highest_point():
    w = leaf(np.zeros(5))
    Newton([w], maximize=True).step(lambda: -quadratic(w))
    np.testing.assert_allclose(w.data, MINIMUM, atol=1e-12)


def test_what_does_not_fit_is_refused_at_construction():
    w = leaf(np.zeros(5))
    with pytest.raises(ValueError, match="Newton takes a penalty as its regularizer"):
        Newton([w], regularizer=Proximal(L2(0.1)))
    with pytest.raises(ValueError, match="NewtonCG takes one group of parameters, got 2"):
        NewtonCG([{"params": [w]}, {"params": [leaf(1.0)]}])
    with pytest.raises(ValueError, match="GaussNewton minimizes squares"):
        GaussNewton([w], regularizer=L2(0.1))
    with pytest.raises(ValueError, match="GaussNewton minimizes squares"):
        GaussNewton([w], maximize=True)
    with pytest.raises(TypeError, match="Newton takes no constraint"):
        Newton([w], constraint=None)


def test_a_step_without_a_closure_says_how_to_write_one():
    with pytest.raises(TypeError, match=r"Newton evaluates the loss itself: write opt.step\(closure\)"):
        Newton([leaf(1.0)]).step()


@pytest.mark.parametrize("kind", [Newton, NewtonCG])
def test_a_gradient_that_is_not_finite_is_named_and_nothing_moves(kind):
    a, b = leaf(2.0, name="a"), leaf(0.0, name="b")
    with pytest.raises(NonFiniteError, match="the gradient of b is not finite"):
        kind([a, b]).step(lambda: a * a + mg.sqrt(b))
    assert (a.item(), b.item()) == (2.0, 0.0)


def test_residuals_that_are_not_finite_stop_the_step():
    w = leaf(1.0)
    with pytest.raises(NonFiniteError, match="the residuals are not finite: step 0 was not taken"):
        GaussNewton([w]).step(lambda: w * np.array([1.0, np.inf]))


def test_an_exception_in_the_closure_leaves_parameters_and_memory_as_they_were():
    w = leaf([1.0, -1.0, 0.0])
    optimizer, calls = LevenbergMarquardt([w]), []

    def closure():
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return misfit(w)

    optimizer.step(closure)
    before = (w.tolist(), repr(optimizer.state_dict()))
    with pytest.raises(KeyboardInterrupt):
        optimizer.step(closure)
    assert (w.tolist(), repr(optimizer.state_dict())) == before


def test_a_closure_that_returns_no_tensor_is_told_so():
    with pytest.raises(TypeError, match="must return the loss as a Tensor, but it returned 1"):
        Newton([leaf(1.0)]).step(lambda: 1.0)
    with pytest.raises(TypeError, match="must return the residuals"):
        GaussNewton([leaf(1.0)]).step(lambda: np.ones(3))


@pytest.mark.parametrize("kind", [Newton, NewtonCG, GaussNewton, LevenbergMarquardt])
def test_float32_parameters_stay_float32(kind):
    w = mg.tensor(np.array([1.0, -1.0, 0.0], dtype="float32"), requires_grad=True)
    options = {"damping": 1.0} if kind is Newton else {}
    optimizer = kind([w], **options)
    squares = issubclass(kind, GaussNewton)
    for _ in range(2):
        optimizer.step(lambda: misfit(w) if squares else np.sum(np.square(misfit(w))))
    assert w.dtype == np.float32


def test_where_the_residuals_are_linear_all_that_was_promised_falls_and_the_damping_is_divided_by_3():
    matrix, w = RNG.standard_normal((6, 3)), leaf(RNG.standard_normal(3))
    start = w.data.copy()
    optimizer = LevenbergMarquardt([w], damping=0.5)
    optimizer.step(lambda: matrix @ w - 1.0)
    mu = 0.5 * np.max(np.sum(matrix**2, axis=0))
    np.testing.assert_allclose(optimizer.memory.mu, mu / 3, rtol=1e-12)
    d = np.linalg.solve(matrix.T @ matrix + mu * np.eye(3), matrix.T @ (matrix @ start - 1.0))
    np.testing.assert_allclose(w.data, start - d, rtol=1e-10)
