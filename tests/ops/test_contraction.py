"""Contractions: values as NumPy's, gradients as PyTorch's, over many specifications."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import ShapeError, UnsupportedError

SPECIFICATIONS = [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk", (2, 3), (3, 4)),
    ("kj,ji", (2, 3), (3, 4)),
    ("ba", (2, 3)),
    ("ij->ji", (2, 3)),
    ("ii->i", (3, 3)),
    ("ii", (3, 3)),
    ("iji->j", (3, 2, 3)),
    ("iji->ij", (3, 2, 3)),
    ("iij,jkk->ik", (2, 2, 3), (3, 4, 4)),
    ("ij->", (2, 3)),
    ("ij->i", (2, 3)),
    ("ijk->j", (2, 3, 4)),
    ("i,i", (3,), (3,)),
    ("i,i->i", (3,), (3,)),
    ("i,j->ij", (2,), (3,)),
    ("i,j->ji", (2,), (3,)),
    ("i,j->", (2,), (3,)),
    ("ij,k->k", (2, 3), (4,)),
    (",i->i", (), (3,)),
    ("i,->i", (3,), ()),
    ("ij,ij->ij", (2, 3), (2, 3)),
    ("bij,bjk->bik", (2, 3, 4), (2, 4, 3)),
    ("bij, bjk -> bki", (2, 3, 4), (2, 4, 3)),
    ("...ij,...jk->...ik", (2, 3, 4), (2, 4, 3)),
    ("...ij,...jk->...ik", (2, 1, 3, 4), (5, 4, 3)),
    ("...ij,jk->...ik", (2, 5, 3, 4), (4, 3)),
    ("...ii->...", (2, 3, 3)),
    ("...ii->...i", (2, 3, 3)),
    ("i...->...", (3, 2, 4)),
    ("i...,i...->i...", (3, 4), (3, 2, 4)),
    ("...,...->...", (3, 1), (2, 1, 4)),
    ("...a,...b->...ab", (2, 3), (2, 4)),
    ("i...j->j...i", (2, 5, 3)),
    ("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)),
    ("ij,ji,i->", (3, 3), (3, 3), (3,)),
    ("i,i,i,i->i", (3,), (3,), (3,), (3,)),
    ("bhqd,bhkd->bhqk", (2, 2, 3, 4), (2, 2, 5, 4)),
    ("Ab,bA->A", (2, 3), (3, 2)),
    ("ij,jk->ik", (2, 0), (0, 3)),
]


def draw(*shapes):
    rng = np.random.default_rng(0)
    return [rng.standard_normal(shape) for shape in shapes]


@pytest.mark.parametrize(("subscripts", "shapes"), [(first, rest) for first, *rest in SPECIFICATIONS])
def test_einsum_agrees_with_torch_and_numpy(agrees_with_torch, torch, subscripts, shapes):
    arrays = draw(*shapes)
    agrees_with_torch(lambda *xs: np.einsum(subscripts, *xs), lambda *xs: torch.einsum(subscripts, *xs), *arrays)
    np.testing.assert_allclose(mg.einsum(subscripts, *arrays), np.einsum(subscripts, *arrays), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("optimize", [True, "greedy"])
def test_an_optimized_einsum_gives_the_same(agrees_with_torch, torch, optimize):
    subscripts = "ij,jk,kl,lm->im"
    agrees_with_torch(
        lambda *xs: np.einsum(subscripts, *xs, optimize=optimize),
        lambda *xs: torch.einsum(subscripts, *xs),
        *draw((2, 3), (3, 2), (2, 4), (4, 2)),
    )


@pytest.mark.parametrize(
    ("subscripts", "shapes"),
    [
        ("ij,ij->i", [(2, 3), (2, 1)]),
        ("ij,ij->i", [(2, 1), (2, 3)]),
        ("ij,ij->ij", [(1, 3), (2, 3)]),
        ("ij,ij->", [(2, 1), (1, 3)]),
        ("ij,jk->ik", [(2, 1), (3, 4)]),
    ],
)
def test_a_letter_may_be_stretched_from_one_as_in_numpy(subscripts, shapes):
    arrays = draw(*shapes)
    xs = [mg.tensor(x, requires_grad=True) for x in arrays]
    y = np.einsum(subscripts, *xs)
    np.testing.assert_allclose(y.numpy(), np.einsum(subscripts, *arrays), rtol=1e-14)
    y.sum().backward()
    for number, x in enumerate(xs):
        step = np.zeros(x.shape)
        step.flat[-1] = 1
        moved = [a + step if i == number else a for i, a in enumerate(arrays)]  # linear in each operand
        change = np.einsum(subscripts, *moved).sum() - np.einsum(subscripts, *arrays).sum()
        assert x.grad.flat[-1] == pytest.approx(change, abs=1e-12)


def test_the_same_tensor_may_be_two_operands():
    x = mg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    np.einsum("ij,ij->", x, x).backward()
    np.testing.assert_array_equal(x.grad, 2 * x.numpy())


def test_the_gradient_of_an_einsum_is_an_einsum():
    a, b = (mg.tensor(x, requires_grad=True) for x in draw((2, 3), (3, 4)))
    (gradient,) = mg.autograd.grad(np.einsum("ij,jk->ik", a, b).sum(), a, create_graph=True)
    assert gradient.op.name == "contract"
    assert gradient.args[0] == "ik,jk->ij"


def test_the_gradient_of_an_optimized_einsum_is_optimized():
    a, b = (mg.tensor(x, requires_grad=True) for x in draw((2, 3), (3, 4)))
    (gradient,) = mg.autograd.grad(np.einsum("ij,jk->ik", a, b, optimize=True).sum(), a, create_graph=True)
    assert gradient.kwargs == {"optimize": True}


def test_labels_as_lists_are_refused_with_the_line_to_write():
    with pytest.raises(UnsupportedError, match=r"np\.einsum\('ij,jk->ik', a, b\)"):
        np.einsum(mg.tensor(np.eye(2)), [0, 0])


def test_sizes_that_differ_are_named_with_their_letter():
    with pytest.raises(ShapeError, match="'j' has 3 elements in one place and 4 in another"):
        np.einsum("ij,jk->ik", mg.tensor(np.ones((2, 3))), np.ones((4, 2)))


@pytest.mark.parametrize(
    ("shapes", "axes"),
    [
        (((2, 3, 4), (3, 4, 2)), 2),
        (((2, 3), (3, 2)), 1),
        (((2,), (3, 1)), 0),
        (((2, 3), (2, 3)), 2),
        (((2, 3, 4), (4, 5, 2)), ([0, 2], [2, 0])),
        (((3, 3), (3, 3)), ([0, 1], [1, 0])),
        (((2, 3, 1), (1, 4)), ([-1], [0])),
    ],
)
def test_tensordot_agrees_with_torch(agrees_with_torch, torch, shapes, axes):
    agrees_with_torch(
        lambda a, b: np.tensordot(a, b, axes), lambda a, b: torch.tensordot(a, b, dims=axes), *draw(*shapes)
    )


def test_tensordot_takes_one_axis_each_as_numbers():
    a, b = draw((2, 3), (4, 3))
    np.testing.assert_allclose(np.tensordot(mg.tensor(a), b, axes=(1, -1)).numpy(), a @ b.T, rtol=1e-14)


def test_tensordot_does_not_stretch_an_axis():
    with pytest.raises(ShapeError, match="must have the same lengths"):
        np.tensordot(mg.tensor(np.ones((2, 1))), np.ones((3, 2)), axes=1)


@pytest.mark.parametrize(
    "shapes",
    [
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 2)),
        ((2, 3), (3, 4)),
        ((2, 4, 3), (3, 2)),
        ((2, 4, 3), (5, 3, 2)),
        ((3,), (5, 3, 2)),
        ((2, 4, 3), (3,)),
        ((), (2, 3)),
        ((2, 3), ()),
        ((), ()),
    ],
)
@pytest.mark.parametrize("function", [np.dot, np.inner])
def test_dot_and_inner_have_numpys_value_at_every_rank(function, shapes):
    a, b = draw(*shapes)
    if function is np.inner and b.ndim > 1:
        b = np.swapaxes(b, -1, -2)
    np.testing.assert_allclose(function(mg.tensor(a), mg.tensor(b)).numpy(), function(a, b), rtol=1e-13, atol=1e-14)


def test_dot_and_inner_agree_with_torch(agrees_with_torch, torch):
    agrees_with_torch(np.dot, torch.dot, *draw(3, 3))
    agrees_with_torch(np.inner, torch.inner, *draw((2, 4, 3), (5, 3)))
    agrees_with_torch(np.dot, lambda a, b: torch.einsum("abi,cid->abcd", a, b), *draw((2, 4, 3), (5, 3, 2)))


def test_the_method_dot_is_the_function():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    x.dot([3.0, 4.0]).backward()
    np.testing.assert_array_equal(x.grad, [3.0, 4.0])
