"""The ops that arrange, pick, join, scan and reduce, in NumPy's spellings: NumPy's values, and PyTorch's gradients."""

import numpy as np
import pytest

import minigrad as mg

torch = pad = None  # set by the fixture ``agree``, where PyTorch is installed
MASK = np.array([[True, False, True], [False, True, True], [False, False, False], [True, True, False]])

CUBE = {
    "reshape": (lambda x: np.reshape(x, (2, -1)), lambda t: t.reshape(2, -1)),
    "the method reshape": (lambda x: x.reshape(3, 8), lambda t: t.reshape(3, 8)),
    "reshape of a transpose": (lambda x: x.T.reshape(6, 4), lambda t: t.permute(2, 1, 0).reshape(6, 4)),
    "ravel": (np.ravel, lambda t: t.ravel()),
    "flatten": (lambda x: x.flatten(), lambda t: t.flatten()),
    "expand_dims": (lambda x: np.expand_dims(x, (0, -1)), lambda t: t[None, ..., None]),
    "squeeze": (lambda x: np.squeeze(x[:, :1], axis=1), lambda t: t[:, :1].squeeze(1)),
    "squeeze of all": (lambda x: np.squeeze(x[:1, :, :1]), lambda t: t[:1, :, :1].squeeze()),
    "transpose": (np.transpose, lambda t: t.permute(2, 1, 0)),
    "transpose by axes": (lambda x: np.transpose(x, (1, 2, 0)), lambda t: t.permute(1, 2, 0)),
    "transpose by negative axes": (lambda x: np.transpose(x, (-1, 0, 1)), lambda t: t.permute(-1, 0, 1)),
    "transpose by an array of axes": (lambda x: np.transpose(x, np.array([1, 2, 0])), lambda t: t.permute(1, 2, 0)),
    "permute_dims": (lambda x: np.permute_dims(x, (1, 2, 0)), lambda t: t.permute(1, 2, 0)),
    "the method transpose": (lambda x: x.transpose(1, 2, 0), lambda t: t.permute(1, 2, 0)),
    "swapaxes": (lambda x: np.swapaxes(x, 0, -1), lambda t: t.swapaxes(0, -1)),
    "matrix_transpose": (np.matrix_transpose, lambda t: t.mT),
    "moveaxis": (lambda x: np.moveaxis(x, (0, 1), (-1, 0)), lambda t: t.moveaxis((0, 1), (-1, 0))),
    "flip": (lambda x: np.flip(x, (0, 2)), lambda t: t.flip(0, 2)),
    "flip of all": (np.flip, lambda t: t.flip(0, 1, 2)),
    "flipud": (np.flipud, lambda t: t.flipud()),
    "fliplr": (np.fliplr, lambda t: t.fliplr()),
    "rot90": (lambda x: np.rot90(x, 3, (0, 2)), lambda t: t.rot90(3, (0, 2))),
    "roll by more than the length": (lambda x: np.roll(x, 11, axis=1), lambda t: t.roll(11, 1)),
    "roll over two axes": (lambda x: np.roll(x, (1, -2), axis=(0, 2)), lambda t: t.roll((1, -2), (0, 2))),
    "roll of all": (lambda x: np.roll(x, -5), lambda t: t.roll(-5)),
    "broadcast_to": (lambda x: np.broadcast_to(x, (2, 2, 3, 4)), lambda t: t.expand(2, 2, 3, 4)),
    "broadcast_to over length 1": (lambda x: np.broadcast_to(x[:, :1], (2, 5, 4)), lambda t: t[:, :1].expand(2, 5, 4)),
    "broadcast_arrays": (
        lambda x: np.broadcast_arrays(x[0, 0], x[0, :, :1]),
        lambda t: [t[0, 0].expand(3, 4), t[0, :, :1].expand(3, 4)],
    ),
    "meshgrid": (
        lambda x: np.meshgrid(x[0, 0], x[0, :, 0], x[:, 0, 0]),
        lambda t: torch.meshgrid(t[0, 0], t[0, :, 0], t[:, 0, 0], indexing="xy"),
    ),
    "meshgrid by rows": (
        lambda x: np.meshgrid(x[0, 0], x[0, :, 0], indexing="ij"),
        lambda t: torch.meshgrid(t[0, 0], t[0, :, 0], indexing="ij"),
    ),
    "triu": (lambda x: np.triu(x, 1), lambda t: t.triu(1)),
    "tril": (lambda x: np.tril(x, k=-1), lambda t: t.tril(-1)),
    "copy": (np.copy, lambda t: t.clone()),
    "sum by position": (lambda x: np.sum(x, 1), lambda t: t.sum(1)),
    "sum over no axis": (lambda x: np.sum(x, axis=()), lambda t: t * 1),
    "max over no axis": (lambda x: x.max(axis=()), lambda t: t * 1),
    "prod": (np.prod, lambda t: t.prod()),
    "prod over an axis": (lambda x: np.prod(x, axis=-1, keepdims=True), lambda t: t.prod(-1, keepdim=True)),
    "prod over two axes": (lambda x: np.prod(x, (0, 1)), lambda t: t.prod(0).prod(0)),
    "var with ddof": (lambda x: np.var(x, 0, ddof=1), lambda t: t.var(0)),
    "var with correction": (lambda x: np.var(x, 1, correction=1.5), lambda t: t.var(1, correction=1.5)),
    "std with correction": (lambda x: np.std(x, axis=(0, 1), correction=1), lambda t: t.std((0, 1))),
    "median of an odd number": (lambda x: np.median(x, axis=1), lambda t: t.median(1).values),
    "median of an even number": (np.median, lambda t: t.ravel().quantile(0.5)),
    "median over two axes": (
        lambda x: np.median(x, axis=(0, 2), keepdims=True),
        lambda t: t.movedim(1, 0).reshape(3, -1).quantile(0.5, 1).reshape(1, 3, 1),
    ),
    "average": (lambda x: np.average(x, axis=0), lambda t: t.mean(0)),
    "average with weights for an axis": (
        lambda x: np.average(x, axis=-1, weights=x[0, 0] ** 2),
        lambda t: (t * t[0, 0] ** 2).sum(-1) / (t[0, 0] ** 2).sum(),
    ),
    "average with weights for all": (
        lambda x: np.average(x, (0, 1), x**2),
        lambda t: (t**3).sum((0, 1)) / (t**2).sum((0, 1)),
    ),
}

PAIR = {
    "concatenate": (lambda a, b: np.concatenate([a, b], 1), lambda s, t: torch.cat([s, t], 1)),
    "concatenate one twice": (lambda a, b: np.concatenate((a, b, a), axis=-1), lambda s, t: torch.cat((s, t, s), 1)),
    "concatenate raveled": (
        lambda a, b: np.concatenate([a, b[0], 2.0 * b], axis=None),
        lambda s, t: torch.cat([s.ravel(), t[0], 2 * t.ravel()]),
    ),
    "concatenate with an empty array": (lambda a, b: np.concat([a[:0], b]), lambda s, t: torch.cat([s[:0], t])),
    "stack": (lambda a, b: np.stack([a, b]), lambda s, t: torch.stack([s, t])),
    "stack last": (lambda a, b: np.stack([a, b, a], axis=-1), lambda s, t: torch.stack([s, t, s], -1)),
    "stack of numbers": (lambda a, b: np.stack([a[0, 0], b[1, 1]]), lambda s, t: torch.stack([s[0, 0], t[1, 1]])),
    "append": (lambda a, b: np.append(a, b), lambda s, t: torch.cat([s.ravel(), t.ravel()])),
    "vstack": (lambda a, b: np.vstack([a, b[0]]), lambda s, t: torch.vstack([s, t[0]])),
    "hstack": (lambda a, b: np.hstack((a, b)), lambda s, t: torch.hstack((s, t))),
    "hstack of vectors": (lambda a, b: np.hstack([a[0], b[0, 0]]), lambda s, t: torch.hstack([s[0], t[0, 0]])),
    "column_stack": (lambda a, b: np.column_stack([a[:, 0], b]), lambda s, t: torch.column_stack([s[:, 0], t])),
}

MATRIX = {
    "split at indices": (lambda x: np.split(x, [1, 3], axis=0), lambda t: [t[:1], t[1:3], t[3:]]),
    "split in equal parts": (lambda x: np.split(x, 2), lambda t: t.chunk(2)),
    "array_split": (lambda x: np.array_split(x, 2, axis=-1), lambda t: t.tensor_split(2, -1)),
    "array_split with empty parts": (lambda x: np.array_split(x, 6), lambda t: t.tensor_split(6)),
    "hsplit": (lambda x: np.hsplit(x, [1]), lambda t: t.hsplit([1])),
    "vsplit": (lambda x: np.vsplit(x, 2), lambda t: t.vsplit(2)),
    "pad": (lambda x: np.pad(x, ((1, 0), (2, 1))), lambda t: pad(t, (2, 1, 1, 0))),
    "pad with a value": (
        lambda x: np.pad(x, (1, 2), "constant", constant_values=7.0),
        lambda t: pad(t, (1, 2, 1, 2), value=7.0),
    ),
    "pad with the edge": (lambda x: np.pad(x, ((0, 0), (2, 3)), mode="edge"), lambda t: pad(t, (2, 3), "replicate")),
    "pad with reflections": (lambda x: np.pad(x, ((0, 0), (2, 1)), "reflect"), lambda t: pad(t, (2, 1), "reflect")),
    "pad by wrapping": (lambda x: np.pad(x, ((0, 0), (3, 1)), "wrap"), lambda t: pad(t, (3, 1), "circular")),
    "tile": (lambda x: np.tile(x, (2, 3)), lambda t: t.tile(2, 3)),
    "tile the last axis": (lambda x: np.tile(x, 2), lambda t: t.tile(2)),
    "tile to more axes": (lambda x: np.tile(x, (2, 1, 3, 2)), lambda t: t.tile(2, 1, 3, 2)),
    "repeat": (lambda x: np.repeat(x, 3), lambda t: t.repeat_interleave(3)),
    "repeat along an axis": (lambda x: np.repeat(x, 2, axis=-1), lambda t: t.repeat_interleave(2, -1)),
    "repeat each its own times": (
        lambda x: x.repeat(np.array([0, 1, 3, 2]), axis=0),
        lambda t: t.repeat_interleave(torch.tensor([0, 1, 3, 2]), 0),
    ),
    "take": (lambda x: np.take(x, [0, 11, 11, -1]), lambda t: t.ravel()[[0, 11, 11, -1]]),
    "take along an axis": (lambda x: np.take(x, [[2, 0], [-1, 2]], axis=1), lambda t: t[:, [[2, 0], [-1, 2]]]),
    "take one": (lambda x: x.take(-2, axis=-1), lambda t: t[:, -2]),
    "take_along_axis": (
        lambda x: np.take_along_axis(x, np.array([[0, 0], [2, 1], [1, 1], [2, 2]]), axis=1),
        lambda t: t.take_along_dim(torch.tensor([[0, 0], [2, 1], [1, 1], [2, 2]]), 1),
    ),
    "take_along_axis broadcast": (
        lambda x: np.take_along_axis(x, np.array([[3, 0, 3]]), 0),
        lambda t: t.take_along_dim(torch.tensor([[3, 0, 3]]), 0),
    ),
    "take_along_axis raveled": (
        lambda x: np.take_along_axis(x, np.array([3, 3, 11]), None),
        lambda t: t.take_along_dim(torch.tensor([3, 3, 11])),
    ),
    "delete": (lambda x: np.delete(x, [1, -1], axis=0), lambda t: t[[0, 2]]),
    "compress": (lambda x: np.compress([True, False, True], x, axis=1), lambda t: t[:, [0, 2]]),
    "extract": (lambda x: np.extract(MASK, x), lambda t: t[torch.tensor(MASK)]),
    "select": (
        lambda x: np.select([MASK, MASK[:, ::-1]], [x, 2 * x], default=x[0]),
        lambda t: torch.where(torch.tensor(MASK), t, torch.where(torch.tensor(MASK).flip(1), 2 * t, t[0])),
    ),
    "sort": (np.sort, lambda t: t.sort().values),
    "sort along the first axis": (lambda x: np.sort(x, axis=0), lambda t: t.sort(0).values),
    "sort raveled": (lambda x: np.sort(x, axis=None), lambda t: t.ravel().sort().values),
    "diagonal": (lambda x: np.diagonal(x, -1), lambda t: t.diagonal(-1)),
    "diagonal of stacks": (
        lambda x: np.diagonal(np.stack([x, 2 * x]), offset=1, axis1=2, axis2=0),
        lambda t: torch.stack([t, 2 * t]).diagonal(1, 2, 0),
    ),
    "diag of a matrix": (lambda x: np.diag(x, k=1), lambda t: t.diag(1)),
    "diag of a vector": (lambda x: np.diag(x[:, 0], -2), lambda t: t[:, 0].diag(-2)),
    "diagflat": (np.diagflat, lambda t: t.ravel().diag()),
    "cumsum": (lambda x: np.cumsum(x, axis=1), lambda t: t.cumsum(1)),
    "cumsum raveled": (np.cumsum, lambda t: t.ravel().cumsum(0)),
    "cumprod": (lambda x: np.cumprod(x, 0), lambda t: t.cumprod(0)),
    "cumprod along the last axis": (lambda x: np.cumprod(x, axis=-1), lambda t: t.cumprod(-1)),
    "cumprod raveled": (np.cumprod, lambda t: t.ravel().cumprod(0)),
    "diff": (np.diff, lambda t: t.diff()),
    "second diff": (lambda x: np.diff(x, n=2, axis=0), lambda t: t.diff(n=2, dim=0)),
    "trapezoid": (lambda x: np.trapezoid(x, dx=0.5), lambda t: torch.trapezoid(t, dx=0.5)),
    "trapezoid over places": (
        lambda x: np.trapezoid(x, x[:, 0] ** 2, axis=0),
        lambda t: torch.trapezoid(t, t[:, :1] ** 2, dim=0),
    ),
    "linear_recurrence": (
        lambda x: mg.linear_recurrence(x[0], x[1]),
        lambda t: torch.stack(
            [t[1, 0], t[0, 1] * t[1, 0] + t[1, 1], t[0, 2] * (t[0, 1] * t[1, 0] + t[1, 1]) + t[1, 2]]
        ),
    ),
}

REDUCTIONS = {
    "sum": (np.sum, "sum", {}),
    "mean": (np.mean, "mean", {}),
    "max": (np.max, "amax", {}),
    "amin": (np.amin, "amin", {}),
    "var": (np.var, "var", {"correction": 0}),
    "std": (np.std, "std", {"correction": 0}),
    "logsumexp": (mg.logsumexp, "logsumexp", {}),
}


@pytest.fixture
def agree(torch, monkeypatch):
    """A check of values, and of two orders of derivatives of the weighted sum of their squares about -1, to 1e-12."""
    monkeypatch.setitem(globals(), "torch", torch)
    monkeypatch.setitem(globals(), "pad", torch.nn.functional.pad)

    def check(ours, theirs, *arrays):
        x = [mg.tensor(a, requires_grad=True) for a in arrays]
        t = [torch.tensor(a, requires_grad=True) for a in arrays]
        y, z = listed(ours(*x)), listed(theirs(*t))
        for value, plain in zip(y, listed(ours(*arrays)), strict=True):
            assert value.shape == np.shape(plain)
            np.testing.assert_allclose(value.numpy(), plain, rtol=1e-14, atol=1e-15)
        weights = [np.random.default_rng(2).standard_normal(value.shape) for value in (*y, *arrays)]
        on_torch = [torch.tensor(w) for w in weights]
        first = mg.autograd.grad(weighted_squares(y, weights), x, create_graph=True)
        expected = torch.autograd.grad(weighted_squares(z, on_torch), t, create_graph=True)
        second = mg.autograd.grad(weighted_squares(first, weights[len(y) :]), x)
        expected_second = torch.autograd.grad(weighted_squares(expected, on_torch[len(z) :]), t)
        for g, e in zip((*first, *second), (*expected, *expected_second), strict=True):
            np.testing.assert_allclose(g.numpy(), e.detach().numpy(), rtol=1e-12, atol=1e-12)

    return check


def listed(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


def weighted_squares(values, weights):
    return sum(((y + 1) ** 2 * w).sum() for y, w in zip(values, weights))


@pytest.mark.parametrize("name", CUBE)
def test_a_function_of_three_axes(name, agree):
    agree(*CUBE[name], np.random.default_rng(1).standard_normal((2, 3, 4)))


@pytest.mark.parametrize("name", PAIR)
def test_a_function_of_two_matrices(name, agree):
    agree(*PAIR[name], *np.random.default_rng(1).standard_normal((2, 2, 3)))


@pytest.mark.parametrize("name", MATRIX)
def test_a_function_of_a_matrix(name, agree):
    agree(*MATRIX[name], np.random.default_rng(1).standard_normal((4, 3)))


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, -1, 1, (0, 2), (-1, 1), (0, 1, 2)])
@pytest.mark.parametrize("name", REDUCTIONS)
def test_a_reduction_over_any_axes(name, axis, keepdims, agree):
    function, theirs, options = REDUCTIONS[name]
    agree(
        lambda x: function(x, axis=axis, keepdims=keepdims),
        lambda t: getattr(t, theirs)((0, 1, 2) if axis is None else axis, keepdim=keepdims, **options),
        np.random.default_rng(1).standard_normal((2, 3, 4)),
    )


@pytest.mark.parametrize("zeros", [1, 2, 3])
@pytest.mark.parametrize("name", ["prod", "prod along an axis", "cumprod"])
def test_products_of_zeros(name, zeros, agree):
    x = np.array([[2.0, -3.0, 0.5, 4.0], [1.5, 2.0, -1.0, 0.5]])
    x[0, :zeros] = 0
    pairs = {
        "prod": (np.prod, lambda t: t.prod()),
        "prod along an axis": (lambda x: np.prod(x, 1), lambda t: t.prod(1)),
        "cumprod": (lambda x: np.cumprod(x, 1), lambda t: t.cumprod(1)),
    }
    agree(*pairs[name], x)


def test_ties_of_max_and_min(agree):
    x = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0], [0.0, 1.0, -1.0]])
    agree(lambda x: np.max(x, 1), lambda t: t.amax(1), x)
    agree(lambda x: np.min(x, 0), lambda t: t.amin(0), x)
