"""What the tests of the ops share: the comparison with PyTorch."""

import numpy as np
import pytest

import minigrad as mg


def values_and_derivatives(f, arrays, tensor, grad):
    """What f gives, its gradients and its second derivatives, against weights that are random and always the same."""
    rng = np.random.default_rng(7)
    xs = [tensor(x, requires_grad=True) for x in arrays]

    def slopes(*ys):
        total = sum((y * tensor(rng.standard_normal(tuple(y.shape)))).sum() for y in ys)
        if not total.requires_grad:
            return [0 * x.detach() for x in xs]
        found = grad(total, xs, create_graph=True, allow_unused=True)
        return [0 * x.detach() if g is None else g for g, x in zip(found, xs)]

    y = f(*xs)
    first = slopes(y)
    return [y, *first, *slopes(*first)]


@pytest.fixture
def agrees_with_torch(torch):
    """``compare(ours, theirs, *arrays)``: the values and the derivatives of two orders are equal to 1e-10.

    ``ours`` is called with Tensors, ``theirs`` with PyTorch's.
    """

    def compare(ours, theirs, *arrays):
        found = values_and_derivatives(ours, arrays, mg.tensor, mg.autograd.grad)
        expected = values_and_derivatives(theirs, arrays, torch.tensor, torch.autograd.grad)
        for mine, wanted in zip(found, expected, strict=True):
            np.testing.assert_allclose(mine.numpy(), wanted.numpy(force=True), rtol=1e-10, atol=1e-10)

    return compare
