"""Products: values as NumPy's, gradients as PyTorch's."""

from itertools import pairwise

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import ShapeError

RANKS = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 2)),
    ((2, 3), (3, 4)),
    ((3, 3), (3, 3)),
    ((1, 3), (3, 1)),
    ((2, 1, 3, 4), (5, 4, 2)),
    ((2, 4, 3), (3,)),
    ((3,), (2, 3, 4)),
    ((5, 4, 3), (3, 2)),
    ((2, 4, 3), (3, 2)),
    ((4, 3), (2, 3, 2)),
    ((1, 2, 3), (4, 3, 2)),
    ((3,), (2, 5, 3, 1)),
    ((0, 3), (3, 2)),
    ((2, 0), (0, 3)),
]


def draw(*shapes):
    rng = np.random.default_rng(0)
    return [rng.standard_normal(shape) for shape in shapes]


@pytest.mark.parametrize("shapes", RANKS)
def test_matmul_of_every_rank_agrees_with_torch(agrees_with_torch, torch, shapes):
    agrees_with_torch(np.matmul, torch.matmul, *draw(*shapes))


@pytest.mark.parametrize("shapes", RANKS)
def test_a_product_has_numpys_bits_and_its_gradients_their_operands_shapes(shapes):
    a, b = draw(*shapes)
    x, y = mg.tensor(a, requires_grad=True), mg.tensor(b, requires_grad=True)
    product = x @ y
    product.sum().backward()
    np.testing.assert_allclose(product.numpy(), a @ b, rtol=1e-15, atol=1e-15)
    assert x.grad.shape == a.shape
    assert y.grad.shape == b.shape


def test_a_vector_times_itself_has_exactly_twice_itself_as_gradient():
    v = mg.tensor([1.0, -2.0, 3.5], requires_grad=True)
    (v @ v).backward()
    np.testing.assert_array_equal(v.grad, 2 * v.numpy())


def test_an_array_or_a_list_may_stand_on_either_side_of_a_matmul():
    x = mg.tensor([[1.0, 2.0]], requires_grad=True)
    (np.array([[3.0]]) @ x @ np.array([4.0, 5.0])).backward(np.ones(1))
    np.testing.assert_array_equal(x.grad, [[12.0, 15.0]])
    np.testing.assert_array_equal(np.matmul(x, [[1.0], [1.0]]).numpy(), [[3.0]])


def test_a_float32_product_has_float32_gradients():
    x, w = (mg.tensor(np.ones((2, 2), "f"), requires_grad=True) for _ in range(2))
    (x @ w * np.float64(2)).sum().backward()
    assert x.grad.dtype == w.grad.dtype == np.float32


def test_matmul_reads_transposed_strided_and_readonly_operands():
    a, b = draw((4, 6), (6, 3))
    reference = mg.tensor(a, requires_grad=True)
    (reference @ b).sum().backward()
    other = b.copy()
    other.flags.writeable = False
    for right in (np.asfortranarray(b), b[::-1][::-1], np.repeat(b, 2, 0)[::2], other):
        x = mg.tensor(np.asfortranarray(a), requires_grad=True)
        (x @ right).sum().backward()
        np.testing.assert_allclose(x.grad, reference.grad, rtol=1e-14)


def test_a_mismatch_names_the_op_both_shapes_and_the_line():
    x = mg.tensor(np.ones((2, 3)))
    with pytest.raises(ShapeError, match=r"(?s)matmul of shapes \(2, 3\) and \(4, 5\): .*x @ np.ones\(\(4, 5\)\)"):
        x @ np.ones((4, 5))


def test_outer_vdot_and_kron_agree_with_torch(agrees_with_torch, torch):
    agrees_with_torch(np.outer, torch.outer, *draw(3, 4))
    agrees_with_torch(np.vdot, torch.vdot, *draw(4, 4))
    agrees_with_torch(np.kron, torch.kron, *draw((2, 3), (3, 1)))
    agrees_with_torch(np.kron, torch.kron, *draw((2,), (2, 1, 3)))
    agrees_with_torch(np.vecdot, torch.linalg.vecdot, *draw((2, 1, 3), (4, 3)))


@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_cross_agrees_with_torch_along_any_axis(agrees_with_torch, torch, axis):
    agrees_with_torch(
        lambda a, b: np.cross(a, b, axis=axis), lambda a, b: torch.linalg.cross(a, b, dim=axis), *draw((3, 3), (3, 3))
    )


def test_cross_takes_an_axis_for_each_operand_and_the_result():
    a, b = draw((3, 4), (4, 3))
    np.testing.assert_allclose(mg.cross(a, b, axisa=0, axisc=0), np.cross(a, b, axisa=0, axisc=0))


def test_ranks_that_torch_refuses_give_numpys_values():
    for function, shapes in (
        (np.outer, ((2, 2), (3,))),
        (np.outer, ((), (3,))),
        (np.vdot, ((2, 3), (3, 2))),
        (np.kron, ((2, 3), ())),
        (np.linalg.outer, ((2,), (3,))),
    ):
        a, b = draw(*shapes)
        np.testing.assert_allclose(function(mg.tensor(a), mg.tensor(b)).numpy(), function(a, b), rtol=1e-14)


def test_multi_dot_agrees_with_torch(agrees_with_torch, torch):
    def ours(*matrices):
        return np.linalg.multi_dot(matrices)

    def theirs(*matrices):
        return torch.linalg.multi_dot(matrices)

    agrees_with_torch(ours, theirs, *draw((4, 2), (2, 5), (5, 1), (1, 3)))
    agrees_with_torch(ours, theirs, *draw((3,), (3, 2), (2, 4), (4,)))
    agrees_with_torch(ours, theirs, *draw((3, 2), (2, 4)))


@pytest.mark.parametrize(
    ("sizes", "last"),
    [
        ((10, 100, 5, 50), [(10, 5), (5, 50)]),  # 7,500 multiplications; the other way 75,000
        ((50, 5, 100, 10), [(50, 5), (5, 10)]),
        ((2, 3, 10, 50, 3), [(2, 50), (50, 3)]),
    ],
)
def test_multi_dot_brackets_so_that_the_fewest_numbers_are_multiplied(sizes, last):
    product = np.linalg.multi_dot([mg.tensor(x, requires_grad=True) for x in draw(*pairwise(sizes))])
    assert [x.shape for x in product.args] == last


def test_multi_dot_brackets_the_textbooks_six_matrices_as_the_textbook():
    """Cormen et al., 2009, "Introduction to Algorithms", figure 15.5: (A1 (A2 A3)) ((A4 A5) A6)."""
    sizes = [30, 35, 15, 5, 10, 20, 25]
    product = np.linalg.multi_dot([mg.tensor(x, requires_grad=True) for x in draw(*pairwise(sizes))])
    left, right = product.args
    assert (left.shape, left.args[1].shape) == ((30, 5), (35, 5))
    assert (right.shape, right.args[0].shape) == ((5, 25), (5, 20))
