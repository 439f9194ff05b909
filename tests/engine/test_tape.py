"""What is recorded, and what leaves the tape."""

import copy
import sys
import threading
from fractions import Fraction

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import grad
from minigrad.errors import DtypeError, GraphError, ShapeError, UnsupportedError
from tests.engine.tools import leaf

# leaves and results


def test_a_tensor_made_by_hand_is_a_leaf_and_a_result_is_not():
    x = leaf(1.0)
    assert x.is_leaf
    assert not (x * 2).is_leaf


def test_what_is_computed_from_constants_is_a_leaf_that_requires_no_grad():
    y = mg.tensor(1.0) * 2
    assert y.is_leaf
    assert not y.requires_grad
    assert y.args == ()


def test_a_tensor_requires_no_grad_unless_asked():
    assert not mg.tensor(1.0).requires_grad


def test_python_numbers_become_float64():
    assert mg.tensor([1.0, 2.0]).dtype == np.float64


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64", "bool"])
def test_the_dtype_of_an_array_is_kept(dtype):
    assert mg.tensor(np.ones(2, dtype)).dtype == dtype


def test_a_dtype_can_be_asked_for():
    assert mg.tensor([1, 2], dtype="float32").dtype == np.float32


@pytest.mark.parametrize("data", [3, [1, 2], np.array([True]), np.arange(3), [1j]], ids=repr)
def test_only_floating_tensors_can_require_grad(data):
    with pytest.raises(DtypeError) as error:
        mg.tensor(data, requires_grad=True)
    assert str(error.value) == (
        f"only floating Tensors can require a gradient, this one is {np.asarray(data).dtype}: "
        "write tensor(data, dtype=float, requires_grad=True)"
    )


def test_requires_grad_cannot_be_switched_on_for_integers_later():
    t = mg.tensor([1, 2])
    with pytest.raises(DtypeError, match="this one is int64"):
        t.requires_grad = True


def test_requires_grad_can_be_switched_on_and_off_for_a_leaf():
    w = mg.tensor(2.0)
    w.requires_grad = True
    (w * w).backward()
    w.requires_grad = False
    assert w.grad == 4
    assert not (w * w).requires_grad


def test_requires_grad_of_a_result_cannot_be_switched_off():
    y = leaf(1.0) * 2
    with pytest.raises(GraphError, match=r"use its \.detach\(\) instead"):
        y.requires_grad = False


@pytest.mark.parametrize("data", ["text", [None], [{}], np.array(["a"]), [[1], [1, 2]]], ids=repr)
def test_what_is_no_number_is_no_tensor(data):
    with pytest.raises((DtypeError, ValueError)):
        mg.tensor(data)


def test_a_tensor_copies_the_array_it_is_given():
    array = np.array([1.0, 2.0])
    w = mg.tensor(array, requires_grad=True)
    y = (w * w).sum()
    array[:] = 100
    y.backward()
    np.testing.assert_array_equal(w.grad, [2.0, 4.0])


@pytest.mark.parametrize("kind", [np.array, list], ids=["array", "list"])
def test_a_plain_operand_may_be_written_to_after_its_use(kind):
    w, factor = leaf(1.0, 2.0), kind([3.0, 4.0])
    y = (w * factor).sum()
    factor[0] = 100.0
    y.backward()
    np.testing.assert_array_equal(w.grad, [3.0, 4.0])


def test_the_array_used_as_an_index_may_be_written_to_after_its_use():
    x, index = leaf(1.0, 2.0, 3.0), np.array([0, 0, 2])
    y = x[index].sum()
    index[:] = 1
    y.backward()
    np.testing.assert_array_equal(x.grad, [2.0, 0.0, 1.0])


@pytest.mark.parametrize(
    "layout",
    {
        "negative strides": lambda a: a[::-1, ::-1][::-1, ::-1],
        "zero strides": lambda a: np.broadcast_to(a[:1], (3, 4)),
        "Fortran order": np.asfortranarray,
        "offset view": lambda a: np.pad(a, 1)[1:-1, 1:-1],
        "read-only": lambda a: (a.setflags(write=False), a)[1],
    }.items(),
    ids=lambda item: item[0],
)
@pytest.mark.parametrize("role", ["leaf", "operand"])
def test_the_layout_of_an_array_changes_neither_values_nor_gradients(layout, role):
    array = layout[1](np.arange(12.0).reshape(3, 4) / 12)
    before, plain = array.copy(), np.ascontiguousarray(array)
    gradients = []
    for data in (array, plain):
        w = mg.tensor(data, requires_grad=True) if role == "leaf" else leaf(np.ones((3, 4)))
        ((np.exp(w) * data)[1:] @ data.T).sum().backward()
        gradients.append(w.grad)
        assert w.grad.flags.writeable
    np.testing.assert_allclose(*gradients, rtol=1e-15)  # a matrix product may add in another order
    np.testing.assert_array_equal(array, before)


def test_bytes_in_the_order_of_another_machine_become_this_ones():
    t = mg.tensor(np.array([1.0, 2.0], dtype=">f8"), requires_grad=True)
    (t * t).sum().backward()
    assert t.dtype == t.grad.dtype == np.float64
    assert t.grad.tolist() == [2, 4]


class Squares(np.ndarray):
    """A subclass of which the operators mean something else."""

    def __mul__(self, other):
        return np.matmul(self, other)


def test_a_subclass_of_ndarray_becomes_a_plain_array():
    special = np.ones((2, 2)).view(Squares)
    assert type(mg.tensor(special).data) is np.ndarray
    w = leaf(np.ones((2, 2)))
    for y in (w * special, special + w, np.sum(w * special)):
        assert y.requires_grad
        assert type(y.data) is np.ndarray


def test_a_masked_array_is_refused_because_its_masked_elements_would_count():
    masked, t = np.ma.masked_array([1.0, 2.0], [False, True]), leaf([1.0, 2.0])
    for use in (
        lambda: mg.tensor(masked),
        lambda: t * masked,
        lambda: masked * t,
        lambda: masked == t,
        lambda: np.ma.sin(t),
        lambda: np.ma.where([True, False], t, 0),
        lambda: t[masked > 1],
        lambda: mg.nn.mse_loss(t, masked),
    ):
        with pytest.raises(UnsupportedError, match="mask"):
            use()


def test_what_holds_no_numbers_is_refused_and_named():
    with pytest.raises(DtypeError, match=r"this data, a generator, has dtype object"):
        mg.tensor(i for i in range(3))
    with pytest.raises(DtypeError, match=r"this data, a dict, has dtype object"):
        mg.tensor({"a": 1})


def test_rows_of_different_lengths_are_refused():
    with pytest.raises(ShapeError, match="lists of different lengths make no array; give every row as many elements"):
        mg.tensor([[1.0], [1.0, 2.0]])


def test_an_op_that_gives_no_numbers_is_refused_rather_than_left_off_the_tape():
    with pytest.raises(DtypeError, match="dtype object") as error:
        Fraction(1, 2) * leaf([1.0, 2.0])
    assert error.value.__notes__[0].startswith("in multiply of shape (2,)\n  at test_tape.py:")


# names, detaching, retaining


def test_a_name_is_shown():
    assert repr(leaf(1.0, name="w")) == "tensor(1., requires_grad=True, name='w')"


def test_detach_gives_the_same_values_off_the_tape():
    x = leaf(3.0)
    d = x.detach()
    assert d.item() == 3
    assert not d.requires_grad
    (d * x).backward()
    assert x.grad == 3


def test_a_detached_middle_stops_the_gradient():
    x = leaf(3.0)
    h = x * x
    (h.detach() * x).backward()
    assert x.grad == 9


def test_replacing_the_data_of_a_detached_tensor_leaves_the_original_alone():
    x = leaf(3.0)
    d = x.detach()
    d.data = np.array(5.0)
    assert x.item() == 3


def test_numpy_is_a_copy():
    x = leaf(1.0, 2.0)
    x.numpy()[:] = 9
    np.testing.assert_array_equal(x.data, [1.0, 2.0])


def test_a_value_in_the_middle_keeps_no_grad():
    x = leaf(2.0)
    h = x * x
    (h * 3).backward()
    assert h.grad is None


def test_a_value_in_the_middle_keeps_its_grad_when_asked():
    x = leaf(2.0)
    h = x * x
    h.retain_grad()
    (h * 3).backward()
    assert h.grad == 3
    assert x.grad == 12


# copies


def test_a_deep_copy_of_a_leaf_is_a_leaf_of_its_own():
    w = leaf(1.0, 2.0, name="w")
    w.grad = np.array([3.0, 4.0])
    twin = copy.deepcopy(w)
    twin.grad[:] = 0
    with mg.no_grad():
        twin += 1
    np.testing.assert_array_equal(w.data, [1.0, 2.0])
    np.testing.assert_array_equal(w.grad, [3.0, 4.0])
    assert twin.requires_grad
    assert twin.name == "w"


def test_a_computed_tensor_cannot_be_deep_copied():
    with pytest.raises(GraphError, match=r"t\.detach\(\)"):
        copy.deepcopy(leaf(1.0) * 2)


# dtypes


def test_a_gradient_has_the_dtype_of_its_leaf():
    w = mg.tensor(np.ones(3, np.float32), requires_grad=True)
    y = w * np.arange(3.0)
    assert y.dtype == np.float64
    y.sum().backward()
    assert w.grad.dtype == np.float32


def test_float32_stays_float32_through_python_numbers():
    w = mg.tensor(np.ones(3, np.float32), requires_grad=True)
    y = (2 * w + 1.5) / 3
    assert y.dtype == np.float32
    y.sum().backward()
    assert w.grad.dtype == np.float32


def test_gradients_of_gradients_have_the_dtype_of_the_leaf_too():
    w = mg.tensor(np.ones(3, np.float32), requires_grad=True)
    (g,) = grad((w * w * np.arange(3.0)).sum(), w, create_graph=True)
    assert g.dtype == np.float32
    assert grad(g.sum(), w)[0].dtype == np.float32


def test_a_result_of_integers_requires_no_grad():
    x = leaf(1.5, 2.5)
    assert not (x > 2).requires_grad
    assert (x > 2).dtype == bool


def test_an_op_that_answers_with_whole_numbers_is_off_the_tape(tables):
    @mg.op(x=lambda g, y, x: g)
    def rank(x):
        return np.argsort(x)

    y = rank(leaf(2.5, 1.5))
    assert (y.requires_grad, y.op, y.tolist()) == (False, None, [1, 0])


def test_calls_without_options_share_one_empty_dict():
    a = leaf(1.0)
    assert (a * a).kwargs is (a + a).kwargs


def test_asking_a_result_that_requires_grad_to_do_so_changes_nothing():
    y = leaf(1.0) * 2
    y.requires_grad = True
    assert y.requires_grad
    assert y.op is not None


def test_complex_results_are_refused_on_the_tape():
    with pytest.raises(UnsupportedError, match="complex numbers, which have no gradient here"):
        leaf(1.0) * 1j


def test_numpy_scalars_on_the_left_are_tensors_on_the_result():
    x = leaf(2.0)
    y = np.float64(3) * x
    assert isinstance(y, mg.Tensor)
    y.backward()
    assert x.grad == 3


# threads


def test_two_threads_build_and_walk_graphs_of_their_own():
    results = {}

    def work(k):
        x = leaf(float(k))
        for _ in range(50):
            y = x
            for _ in range(20):
                y = y * 1.0 + x
            x.grad = None
            y.backward()
        results[k] = float(x.grad)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == dict.fromkeys(range(8), 21.0)


def test_threads_that_share_a_leaf_lose_no_gradient():
    w = leaf(0.0)

    def work():
        for _ in range(1_000):
            (w * 1.0).backward()

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert w.grad == 8_000


def test_half_precision_is_a_floating_dtype_like_others():
    t = mg.tensor(np.array([1.0, 2.0], np.float16), requires_grad=True)
    (t * t).sum().backward()
    assert t.grad.dtype == np.float16
    assert t.grad.tolist() == [2, 4]
