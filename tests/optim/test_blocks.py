"""Small parameters are moved together: nobody can tell, but by the clock."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import optim
from minigrad.errors import GraphError, NonFiniteError
from minigrad.optim.blocks import PIECE, SMALL

CHOICES = [
    (optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    (optim.RMSprop, {"lr": 0.1, "centered": True, "momentum": 0.5}),
    (optim.Adam, {"lr": 0.1, "amsgrad": True}),
    (optim.AdamW, {"lr": 0.1, "weight_decay": 0.1}),
]
SHAPES = [(2, 3), (), (4,), (SMALL + 1,), (0, 2), (2, PIECE // 2 + 3)]


def parameters(dtype="float64"):
    rng = np.random.default_rng(0)
    return [mg.tensor(rng.standard_normal(shape), dtype=dtype, requires_grad=True) for shape in SHAPES]


def stepped(opt, params, steps=4, missing=()):
    rng = np.random.default_rng(1)
    for step in range(steps):
        for i, p in enumerate(params):
            g = rng.standard_normal(p.shape[::-1]).T.astype(p.dtype)
            p.grad = None if (step, i) in missing else g
        opt.step()


def one_by_one(kind):
    return type(kind.__name__, (kind,), {})  # a derived class has not said that it is elementwise


@pytest.mark.parametrize(("kind", "options"), CHOICES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("missing", [(), {(1, 2), (2, 0)}])
def test_the_bits_are_those_of_one_parameter_after_the_other(kind, options, dtype, missing):
    together, alone = parameters(dtype), parameters(dtype)
    first, second = kind(together, **options), one_by_one(kind)(alone, **options)
    stepped(first, together, missing=missing)
    stepped(second, alone, missing=missing)
    for p, q in zip(together, alone, strict=True):
        assert p.data.tobytes() == q.data.tobytes()
        assert first.state[p].step == second.state[q].step
        for name, value in vars(second.state[q]).items():
            assert np.array_equal(getattr(first.state[p], name), value)


def test_a_derived_class_is_not_taken_to_be_elementwise():
    assert optim.Adam.elementwise
    assert not one_by_one(optim.Adam).elementwise


def test_arrays_that_somebody_kept_stay_as_they_were():
    params = parameters()
    opt = optim.Adam(params)
    stepped(opt, params)
    kept = [p.data for p in params]
    before = [a.copy() for a in kept]
    stepped(opt, params)
    assert all(np.array_equal(a, b) for a, b in zip(kept, before))


def test_a_part_of_the_values_that_somebody_kept_stays_as_it_was():
    params = parameters()
    opt = optim.Adam(params)
    stepped(opt, params)
    kept = params[0].data[1]
    before = kept.copy()
    stepped(opt, params)
    assert np.array_equal(kept, before)


def test_a_block_writes_its_values_to_two_arrays_in_turn():
    params = parameters()[:3]
    opt = optim.SGD(params)
    stepped(opt, params)
    first = id(params[0].data.base)
    stepped(opt, params, steps=1)
    second = id(params[0].data.base)
    stepped(opt, params, steps=1)
    assert first == id(params[0].data.base) != second


def test_a_state_that_was_loaded_is_gone_on_with():
    together, other = parameters(), parameters()
    first, second = optim.Adam(together), optim.Adam(other)
    stepped(first, together, missing={(1, 0)})  # the first parameter has taken a step less
    stepped(second, other)
    second.load_state_dict(first.state_dict())
    stepped(second, other, steps=1)
    assert [second.state[p].step for p in other[:2]] == [4, 5]


def test_a_regularizer_given_between_two_steps_counts():
    params, plain = parameters(), parameters()
    opt, without = optim.SGD(params, lr=1.0), optim.SGD(plain, lr=1.0)
    stepped(opt, params)
    stepped(without, plain)
    opt.regularizer = optim.L2(0.5)
    for p in (*params, *plain):
        p.grad = np.zeros(p.shape)
    opt.step()
    without.step()
    assert np.array_equal(params[0].data, np.zeros((2, 3)))
    assert np.array_equal(params[2].data, plain[2].data)


def test_values_given_between_two_steps_are_moved_on():
    params = parameters()
    opt = optim.SGD(params, lr=1.0)
    stepped(opt, params)
    params[0].data = np.zeros((2, 3))
    params[2].data[...] = 7
    for p in params:
        p.grad = np.ones_like(p.data)
    opt.step()
    assert np.array_equal(params[0].data, -np.ones((2, 3)))
    assert np.array_equal(params[2].data, np.full(4, 6.0))


def test_a_new_value_that_is_not_finite_names_its_parameter_and_changes_nothing():
    params = parameters()
    opt = optim.Adam(params, lr=1e5)
    stepped(opt, params)
    params[2].data[1] = np.inf
    before, state = [p.numpy() for p in params], opt.state_dict()["state"]
    for p in params:
        p.grad = np.full(p.shape, 1e200)
    with pytest.raises(NonFiniteError, match=r"the new value of parameter 2 is not finite: 1 of 4 elements"):
        opt.step()
    assert all(np.array_equal(p.data, b) for p, b in zip(params, before))
    assert opt.state_dict()["state"][2]["step"] == state[2]["step"]
    assert np.array_equal(opt.state_dict()["state"][2]["m"], state[2]["m"])


def test_what_replaced_the_data_is_told():
    params = parameters()
    y = (params[0] * params[0]).sum()
    opt = optim.SGD(params, lr=1.0)
    stepped(opt, params, steps=1)
    with pytest.raises(GraphError, match="replaced at"):
        y.backward()
