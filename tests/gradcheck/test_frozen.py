"""What a right gradient does not see stays as it is: detached values, and surrogates at their word."""

import numpy as np

import minigrad as mg
from minigrad.engine import Op, Tensor
from minigrad.gradcheck import gradcheck
from minigrad.gradcheck.frozen import MOST_OUTPUTS, Frozen, _linear_parts
from minigrad.modes import watch

X = np.array([[0.5, -1.5, 2.5], [-0.25, 1.0, 3.0]])


def surrogate(forward, *slopes) -> Op:
    return Op(forward, slopes, surrogate=True)


def node(op, *operands) -> Tensor:
    return op(*(Tensor(x, requires_grad=True) for x in operands))


def test_the_linear_part_of_an_elementwise_surrogate_is_its_slope():
    y = node(surrogate(lambda x: np.sign(x), lambda g, y, x: g * x**2), X)
    ((position, part),) = _linear_parts(y)
    assert position == 0
    assert np.allclose(part(X + 1), X**2)
    assert np.array_equal(part(X), 0 * X)


def test_the_linear_part_of_one_that_mixes_elements_is_its_jacobian():
    m = np.arange(9.0).reshape(3, 3) + 1
    y = node(surrogate(lambda x: np.sign(x @ m), lambda g, y, x: g @ m.T), X)
    ((_, part),) = _linear_parts(y)
    assert np.allclose(part(X + X**2), X**2 @ m)
    turned = node(surrogate(lambda x: np.sign(x.T), lambda g, y, x: 2 * g.T), X)
    ((_, part),) = _linear_parts(turned)
    assert np.allclose(part(X + 1), np.full((3, 2), 2.0))
    summed = node(surrogate(lambda x: np.sign(x.sum(0)), lambda g, y, x: g), X)
    ((_, part),) = _linear_parts(summed)
    assert np.allclose(part(X + 1), [2.0, 2.0, 2.0])


def test_a_large_one_that_mixes_elements_stays_as_it_is():
    x = np.ones((MOST_OUTPUTS + 1, 1))
    y = node(surrogate(lambda x: np.sign(x), lambda g, y, x: g.sum() * np.ones_like(x)), x)
    assert _linear_parts(y)[0][1](x + 1) == 0.0
    y = node(surrogate(lambda x: np.sign(x), lambda g, y, x: g.sum() * np.ones_like(x)), x[:MOST_OUTPUTS])
    assert np.allclose(_linear_parts(y)[0][1](x[:MOST_OUTPUTS] + 1), MOST_OUTPUTS)


def test_operands_without_a_formula_or_off_the_tape_have_no_part():
    op = surrogate(lambda x, z: np.sign(x * z), lambda g, y, x, z: g * z, None)
    y = op(Tensor(X, requires_grad=True), X)
    assert [position for position, _ in _linear_parts(y)] == [0]
    both = surrogate(lambda x, z: np.sign(x * z), lambda g, y, x, z: g * z, lambda g, y, x, z: g * x)
    assert [position for position, _ in _linear_parts(both(X, Tensor(X, requires_grad=True)))] == [1]
    assert [position for position, _ in _linear_parts(node(both, X, X))] == [0, 1]


def test_in_later_runs_the_linear_part_takes_its_place():
    step = surrogate(lambda x: np.sign(x), lambda g, y, x: 3 * g)
    frozen, seen = Frozen(), []
    for x in (X, X + 0.5, X):
        frozen.begin()
        with watch(frozen):
            seen.append(node(step, x).data)
    assert np.array_equal(seen[0], np.sign(X))
    assert np.allclose(seen[1], np.sign(X) + 1.5)
    assert np.array_equal(seen[2], np.sign(X))
    assert frozen.notes() == [f"declared surrogate, its formula taken at its word: {step.name}"]


def test_detached_values_are_those_of_the_first_run_in_turn():
    frozen = Frozen()
    assert frozen.notes() == []
    frozen.begin()
    first, second = np.array([1.0, 2.0]), np.array([3.0])
    assert np.array_equal(frozen.value(first), first)
    assert np.array_equal(frozen.value(second), second)
    frozen.begin()
    assert np.array_equal(frozen.value(first + 1), first)
    assert np.array_equal(frozen.value(second + 1), second)
    assert np.array_equal(frozen.value(np.zeros(7)), np.zeros(7))  # of a run that takes another way
    frozen.begin()
    changed = frozen.value(first + 2)
    changed[:] = 0
    frozen.begin()
    assert np.array_equal(frozen.value(first), first)
    assert np.array_equal(frozen.value(np.zeros(2)), np.zeros(2))  # another shape
    assert frozen.notes() == ["detached values stayed what they were: 2"]


def test_a_run_without_either_does_not_end_the_first():
    frozen = Frozen()
    for _ in range(2):
        frozen.begin()
    frozen.value(np.ones(1))
    assert len(frozen.values) == 1


def test_a_check_names_each_surrogate_once():
    step = mg.op(x=lambda g, y, x: g, surrogate=True)(lambda x: np.sign(x))
    report = gradcheck(lambda x: step(step(x) + x) * x.detach(), X)
    assert report, report
    assert [note.count(step.name) for note in report.notes if "surrogate" in note] == [1]
    assert "detached values stayed what they were: 1" in report.notes


def test_a_surrogate_of_another_shape_in_a_later_run_stays_what_it_is():
    step = surrogate(lambda x: np.sign(x), lambda g, y, x: 3 * g)
    frozen, seen = Frozen(), []
    for x in (X, X[:1], X[0]):
        frozen.begin()
        with watch(frozen):
            seen.append(node(step, x).data)
    assert [y.shape for y in seen] == [(2, 3), (1, 3), (3,)]
    assert np.array_equal(seen[1], np.sign(X[:1]))
