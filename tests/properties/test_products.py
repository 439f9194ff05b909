"""Products of matrices and stacks of them: NumPy's values, gradients of the operands' own shapes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from tests.properties.strategies import agrees_with_differences, broadcastable, numbers, seeds


@st.composite
def matrices(draw):
    """Two shapes that ``@`` accepts: vectors, matrices, or stacks that broadcast; axes of length 0 too."""
    n, k, m = (draw(st.integers(0, 3)) for _ in range(3))
    left, right = draw(broadcastable())
    return draw(
        st.sampled_from(
            [((k,), (k,)), ((n, k), (k,)), ((k,), (k, m)), ((*left, n, k), (*right, k, m)), ((*left, n, k), (k,))]
        )
    )


@given(matrices(), seeds)
def test_a_matrix_product_of_any_ranks(pair, seed):
    a, b = (numbers(shape, seed + i) for i, shape in enumerate(pair))
    np.testing.assert_allclose((mg.tensor(a) @ mg.tensor(b)).data, a @ b, rtol=1e-13, atol=1e-13)
    assert agrees_with_differences(np.matmul, a, b, seed=seed)


@st.composite
def contractions(draw):
    """Labels of one to three operands, with repeats within one too, and of the result."""
    sides = {label: draw(st.integers(1, 3)) for label in "ijkl"}
    operands = ["".join(draw(st.lists(st.sampled_from("ijkl"), max_size=3))) for _ in range(draw(st.integers(1, 3)))]
    met = sorted(set("".join(operands)))
    output = "".join(draw(st.lists(st.sampled_from(met), unique=True))) if met else ""
    return f"{','.join(operands)}->{output}", [tuple(sides[label] for label in operand) for operand in operands]


@given(contractions(), seeds)
def test_any_einsum(case, seed):
    subscripts, operands = case
    arrays = [numbers(shape, seed + i) for i, shape in enumerate(operands)]
    value = np.einsum(subscripts, *map(mg.tensor, arrays))
    np.testing.assert_allclose(value.data, np.einsum(subscripts, *arrays), rtol=1e-12, atol=1e-12)
    assert agrees_with_differences(lambda *xs: np.einsum(subscripts, *xs), *arrays, seed=seed)
