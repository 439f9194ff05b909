"""What all optimizers share: parameters, options, the step that is taken whole or not at all."""

import inspect
import warnings

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.errors import DtypeError, NonFiniteError, ShapeError
from minigrad.optim import L1, SGD, Adagrad, Adam, AdamW, Proximal, RMSprop, Rprop
from minigrad.optim.schedules import Cosine, Exponential
from tests.optim.tools import follow, leaf

# parameters


def test_parameters_may_come_from_a_generator_and_are_kept_for_many_steps():
    w = leaf(1.0)
    assert follow(SGD((p for p in [w]), 0.1), w, [1, 1, 1]) == pytest.approx([0.9, 0.8, 0.7])


def test_a_model_or_its_named_parameters_give_the_names():
    model = mg.nn.Linear(2, 3)
    for params in (model, model.named_parameters(), model.parameters()):
        assert list(SGD(params, 0.1).names.values()) == ["weight", "bias"]


def test_a_tensor_without_a_name_goes_by_its_place():
    groups = [{"params": [leaf(1.0)]}, {"params": [leaf(2.0), leaf(3.0, name="w")]}]
    assert list(SGD(groups, 0.1).names.values()) == ["parameter 0", "parameter 1", "w"]


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ([], ValueError, "no parameter"),
        (leaf(1.0), TypeError, r"write \[w\]"),
        ("weights", TypeError, "this is a str"),
        (3, TypeError, "'int' object is not iterable"),
        ([1.0], TypeError, "parameter 0 is no Tensor but a float"),
        ([leaf(1.0) * 2], ValueError, "was computed"),
        ([{"params": []}], ValueError, "no parameter"),
    ],
)
def test_what_is_no_list_of_parameters_is_refused(params, error, message):
    with pytest.raises(error, match=message):
        SGD(params, 0.1)


@pytest.mark.parametrize("values", [[1, 2], [True], [1j]])
def test_a_parameter_of_another_dtype_than_a_floating_one_is_refused(values):
    with pytest.raises(DtypeError, match=r"parameter 0 holds .*, which no step can move: write \.astype\(float\)"):
        SGD([mg.tensor(values)], 0.1)


def test_a_parameter_given_twice_is_refused_in_one_group_and_in_two():
    w = leaf(1.0, name="w")
    for params in ([w, w], [{"params": [w]}, {"params": [w]}]):
        with pytest.raises(ValueError, match="w is given twice"):
            SGD(params, 0.1)


def test_a_group_overrides_the_options_for_its_parameters():
    a, b = leaf(1.0), leaf(1.0)
    optimizer = SGD([{"params": [a]}, {"params": [b], "lr": 0.5}], 0.1)
    a.grad = b.grad = np.array(1.0)
    optimizer.step()
    assert (a.item(), b.item()) == (0.9, 0.5)


def test_a_group_can_be_added_later_and_its_learning_rate_changed_by_hand():
    a, b = leaf(1.0), leaf(1.0)
    optimizer = SGD([a], 0.1)
    optimizer.add_param_group({"params": [b], "lr": 0.5})
    optimizer.param_groups[1]["lr"] = 0.25
    a.grad = b.grad = np.array(1.0)
    optimizer.step()
    assert (a.item(), b.item()) == (0.9, 0.75)


def test_a_group_that_is_refused_leaves_the_optimizer_as_it_was():
    a = leaf(1.0)
    optimizer = SGD([a], 0.1)
    with pytest.raises(ValueError, match="given twice"):
        optimizer.add_param_group({"params": [leaf(2.0), a]})
    assert list(optimizer.names) == [a]
    assert len(optimizer.param_groups) == 1


# options


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (SGD, {"lr": -1}, "lr must be a finite number >= 0, got -1"),
        (SGD, {"lr": float("nan")}, "lr must be a finite number >= 0, got nan"),
        (SGD, {"lr": "fast"}, "lr must be a finite number >= 0, got 'fast'"),
        (SGD, {"momentum": -1}, r"momentum must be in \[0, 1\), got -1"),
        (SGD, {"weight_decay": -1}, "weight_decay must be a finite number >= 0, got -1"),
        (SGD, {"nesterov": True}, "nesterov needs momentum > 0 and dampening = 0, got momentum=0.0"),
        (Adam, {"betas": (0.9, 1.0)}, r"betas must be each in \[0, 1\), got \(0.9, 1.0\)"),
        (Adam, {"eps": -1}, "eps must be a finite number >= 0, got -1"),
        (AdamW, {"weight_decay": -1}, "weight_decay must be a finite number >= 0, got -1"),
        (RMSprop, {"alpha": 1.5}, r"alpha must be in \[0, 1\), got 1.5"),
        (Rprop, {"etas": (1.2, 0.5)}, "etas must be one factor below 1 and one above"),
    ],
)
def test_a_senseless_option_is_an_error_at_construction_that_names_it(kind, options, message):
    with pytest.raises(ValueError, match=message):
        kind([leaf(1.0)], **options)
    with pytest.raises(ValueError, match=message):
        kind([{"params": [leaf(1.0)], **options}])


def test_a_misspelt_option_is_an_error_that_lists_the_options():
    with pytest.raises(TypeError, match="SGD takes no momentun; its options are lr, momentum, dampening"):
        SGD([leaf(1.0)], 0.1, momentun=0.9)


def test_adam_takes_no_weight_decay_and_says_what_to_write():
    with pytest.raises(TypeError, match=r"regularizer=L2\(strength\), for decoupled decay use AdamW"):
        Adam([leaf(1.0)], weight_decay=0.1)


def test_the_signature_shows_every_option_with_its_default():
    parameters = inspect.signature(AdamW).parameters
    assert parameters["lr"].default == 1e-3
    assert parameters["weight_decay"].default == 1e-2
    assert parameters["regularizer"].default is None


def test_every_number_may_be_a_schedule_of_the_step():
    w = leaf(1.0)
    optimizer = SGD([w], Exponential(0.1, 0.5), momentum=lambda step: 0.5 if step else 0.0)
    v, expected, x = 0.0, [], 1.0
    for step in range(4):
        v = (0.5 if step else 0.0) * v + 1.0
        x -= 0.1 * 0.5**step * v
        expected.append(x)
    assert follow(optimizer, w, [1, 1, 1, 1]) == pytest.approx(expected, abs=1e-15)


def test_weight_decay_and_one_of_the_betas_may_be_schedules_too():
    w, u = leaf(1.0), leaf(1.0)
    scheduled = AdamW([w], betas=(lambda step: 0.9, 0.999), weight_decay=Cosine(0.1, 100, end=0.1))
    assert follow(scheduled, w, [1, 2, 3]) == follow(AdamW([u], weight_decay=0.1), u, [1, 2, 3])


def test_a_schedule_that_leaves_its_range_stops_the_step():
    w = leaf(1.0)
    optimizer = SGD([w], lambda step: 0.1 - step)
    follow(optimizer, w, [1])
    with pytest.raises(ValueError, match=r"lr must be a finite number >= 0, got -0\.9"):
        optimizer.step()
    assert w.item() == 0.9


def test_the_repr_names_the_method_and_its_options():
    expected = "SGD(1 parameters, lr=0.1, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False)"
    assert repr(SGD([leaf(1.0)], 0.1)) == expected


# the step


def test_a_parameter_without_a_gradient_is_left_alone_and_so_is_its_state():
    w = leaf(1.0)
    optimizer = SGD([w], 0.1, momentum=0.9)
    after = follow(optimizer, w, [1, None, None, 1])
    assert after == pytest.approx([0.9, 0.9, 0.9, 0.9 - 0.1 * 1.9])
    u = leaf(1.0)
    assert follow(SGD([u], 0.1, momentum=0.9), u, [1, 0, 0]) == pytest.approx([0.9, 0.81, 0.729])


def test_a_frozen_parameter_is_left_alone_without_a_word():
    w, frozen = leaf(1.0), leaf(2.0)
    frozen.grad = np.array(1.0)
    frozen.requires_grad = False
    follow(SGD([w, frozen], 0.1), w, [1])
    assert frozen.item() == 2.0


def test_maximize_climbs():
    w = leaf(1.0)
    assert follow(SGD([w], 0.1, maximize=True), w, [1]) == [1.1]


def test_a_closure_is_evaluated_and_its_loss_returned():
    w = leaf([1.0, 2.0])
    optimizer = SGD([w], 0.1)
    loss = optimizer.step(lambda: (w * w).sum())
    assert loss.item() == 5.0
    np.testing.assert_allclose(w.data, [0.8, 1.6])
    loss = optimizer.step(lambda: (w * w).sum())
    np.testing.assert_allclose(w.data, [0.64, 1.28])


def test_a_closure_that_forgets_to_return_the_loss_is_told_so():
    with pytest.raises(TypeError, match="must return the loss as a Tensor, but it returned None"):
        SGD([leaf(1.0)], 0.1).step(lambda: None)


def test_the_old_values_stay_as_they_were_for_whoever_kept_them():
    w = leaf(np.ones(4))
    kept = [w.data]
    optimizer = SGD([w], 0.1)
    for _ in range(5):
        w.grad = np.ones(4)
        optimizer.step()
        kept.append(w.data)
    np.testing.assert_allclose(np.array(kept)[:, 0], [1, 0.9, 0.8, 0.7, 0.6, 0.5])


def test_the_gradient_is_only_read_by_every_method():
    for kind in vars(optim).values():
        if isinstance(kind, type) and issubclass(kind, optim.Optimizer) and "direction" in vars(kind):
            if kind is optim.Optimizer:
                continue
            w = leaf(np.ones((2, 3)))
            optimizer = kind([w])
            for _ in range(3):
                g = np.full((2, 3), 0.5)
                g.flags.writeable = False
                w.grad = g
                optimizer.step()


def test_zero_grad_forgets_the_gradients():
    w = leaf(1.0)
    w.grad = np.array(1.0)
    SGD([w], 0.1).zero_grad()
    assert w.grad is None


def test_a_gradient_of_the_wrong_shape_is_an_error_and_not_broadcast():
    w = leaf([1.0, 2.0], name="w")
    w.grad = np.array(1.0)
    with pytest.raises(ShapeError, match=r"the gradient of w has shape \(\), but w has shape \(2,\)"):
        SGD([w], 0.1).step()


def test_a_graph_that_used_the_old_values_is_stale_after_the_step():
    w = leaf([1.0, 2.0], name="w")
    loss = (w * w).sum()
    follow(SGD([w], 0.1), w, [[1.0, 1.0]])
    with pytest.raises(mg.errors.GraphError, match="the data of w was replaced"):
        loss.backward()


# what must not happen


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_gradient_that_is_not_finite_stops_the_step_and_nothing_is_half_updated(bad):
    a, b = leaf([1.0, 2.0], name="a"), leaf([[3.0, 4.0]], name="b")
    optimizer = Adam([a, b], 0.1)
    a.grad, b.grad = np.ones(2), np.ones((1, 2))
    optimizer.step()
    before = (a.tolist(), b.tolist(), repr(optimizer.state_dict()))
    b.grad = np.array([[1.0, bad]])
    message = rf"the gradient of b is not finite: 1 of 2 elements, the first at index \(0, 1\) is {bad}; step 1"
    with pytest.raises(NonFiniteError, match=message):
        optimizer.step()
    assert (a.tolist(), b.tolist(), repr(optimizer.state_dict())) == before


def test_skipping_such_a_step_is_asked_for_and_counted():
    w = leaf(1.0)
    optimizer = SGD([w], 0.1, skip_nonfinite=True)
    assert follow(optimizer, w, [1, np.nan, 1]) == pytest.approx([0.9, 0.9, 0.8])
    assert (optimizer.steps, optimizer.skipped) == (2, 1)


@pytest.mark.parametrize(
    ("kind", "options", "gradient"),
    [
        (SGD, {"lr": 1e10, "momentum": 0.9}, 1e300),
        (SGD, {"lr": 1e308}, 10.0),
        (Adam, {"eps": 0.0}, 0.0),
        (Adagrad, {"eps": 0.0}, 0.0),
    ],
)
def test_an_update_that_overflows_is_refused_with_parameters_and_state_as_they_were(kind, options, gradient):
    a, b = leaf([1.0], name="a"), leaf([2.0], name="b")
    optimizer = kind([a, b], **options)
    a.grad, b.grad = np.array([1e-3]), np.array([gradient])
    before = repr(optimizer.state_dict())
    with pytest.raises(NonFiniteError, match="the new value of b is not finite"):
        optimizer.step()
    assert (a.tolist(), b.tolist()) == ([1.0], [2.0])
    assert repr(optimizer.state_dict()) == before


def test_a_huge_gradient_is_no_error_where_the_step_is_finite():
    w = leaf([1.0])
    assert follow(SGD([w], 1e-200), w, [[1e200]]) == [[0.0]]


def test_a_parameter_that_never_got_a_gradient_is_reported_once_by_name():
    a, b = leaf(1.0, name="a"), leaf(1.0, name="forgotten")
    optimizer = SGD([a, b], 0.1)
    a.grad = np.array(1.0)
    with pytest.warns(UserWarning, match="no gradient has arrived at forgotten: not part of the loss"):
        optimizer.step()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        optimizer.step()


def test_a_proximal_step_is_divided_where_the_method_divides_the_gradient():
    """RMSprop's step in an element is lr / denominator, so its soft threshold is lr * strength / denominator."""
    w = leaf([[1.0, 1.0]])
    optimizer = RMSprop([w], 0.1, alpha=0.5, eps=0.0, regularizer=Proximal(L1(0.01)))
    g = np.array([[0.5, 2.0]])
    denominator = np.sqrt(0.5 * g**2)
    follow(optimizer, w, [g])
    np.testing.assert_allclose(w.data, 1 - 0.1 * g / denominator - 0.1 * 0.01 / denominator, atol=1e-15)


def test_a_tied_parameter_is_moved_once_a_step():
    layers = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Linear(2, 2, rng=1))
    layers[1].weight = layers[0].weight
    optimizer = SGD(layers, 0.1)
    layers(np.ones((1, 2))).sum().backward()
    weight = layers[0].weight
    wanted = weight.data - 0.1 * weight.grad
    optimizer.step()
    np.testing.assert_allclose(weight.data, wanted, rtol=1e-15)
    assert len(optimizer.names) == 3


def test_a_set_of_parameters_is_refused_because_it_has_no_order():
    with pytest.raises(TypeError, match="parameters in a set have no order"):
        SGD({leaf(1.0), leaf(2.0)}, 0.1)


def test_a_group_without_parameters_says_what_a_group_is():
    with pytest.raises(ValueError, match=r"a group needs its parameters: write \{'params': \[...\], ...\}"):
        SGD([{"lr": 0.1}])


def test_an_option_set_on_the_optimizer_is_refused_because_it_would_change_nothing():
    optimizer = SGD([leaf(1.0)], 0.1)
    with pytest.raises(AttributeError, match=r"for group in opt.param_groups: group\['lr'\] = 0.5"):
        optimizer.lr = 0.5


def test_one_number_cannot_be_a_list():
    with pytest.raises(ValueError, match=r"lr must be a finite number >= 0, got \[0.1\]"):
        SGD([leaf(1.0)], [0.1])


def test_a_schedule_that_answers_with_no_number_is_named_with_the_step():
    optimizer = SGD([leaf(1.0)], lambda step: None if step else 0.1)
    optimizer.param_groups[0]["params"][0].grad = np.array(1.0)
    optimizer.step()
    with pytest.raises(TypeError, match=r"a schedule must answer with a number, but .*<lambda> gave None at step 1"):
        optimizer.step()


@pytest.mark.parametrize("gradient", [[1, 2], np.array([1, 2])])
def test_a_gradient_of_integers_is_refused_by_name(gradient):
    w = leaf([1.0, 2.0], name="w")
    w.grad = gradient
    with pytest.raises(DtypeError, match=r"the gradient of w has dtype int64, a floating one is needed"):
        SGD([w], 0.1).step()


@pytest.mark.parametrize("kind", [Adam, AdamW, RMSprop, Adagrad])
def test_a_gradient_whose_square_overflows_is_refused_for_it_would_stop_the_parameter_for_ever(kind):
    w = leaf([1.0, 2.0], name="w")
    optimizer = kind([w], lr=0.1)
    after = follow(optimizer, w, [[1.0, 1.0]])[-1]
    w.grad = np.array([1e200, 1.0])
    with pytest.raises(NonFiniteError, match=r"kept for w, is not finite: .*step 1 was not taken: clip the gradients"):
        optimizer.step()
    assert w.tolist() == after
    assert follow(optimizer, w, [[1.0, 1.0]])[-1] != after
