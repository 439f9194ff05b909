"""What PyTorch calls minigrad's ops: a function of the same arguments for each op whose name or signature differs."""

import math
from collections.abc import Callable

import numpy as np

from tests.fuzz.programs import Unsupported


def rearranged(torch, function: Callable) -> Callable:
    """The twin of a NumPy function that puts the elements of its operands in other places, or zeros.

    Whatever NumPy does to the numbers of the elements, ``index_select`` does to the elements.
    """

    def twin(*args, **kwargs):
        sources = []

        def numbers(x):
            if isinstance(x, torch.Tensor):
                start = 1 + sum(source.numel() for source in sources)
                sources.append(x)
                return np.arange(start, start + x.numel()).reshape(tuple(x.shape))
            return [numbers(part) for part in x] if isinstance(x, list) else x

        places = function(*map(numbers, args), **kwargs)
        pool = torch.cat([torch.zeros(1, dtype=torch.float64), *(x.reshape(-1) for x in sources)])

        def elements(places):
            return pool[torch.from_numpy(np.array(places).ravel())].reshape(np.shape(places))

        return type(places)(map(elements, places)) if isinstance(places, (list, tuple)) else elements(places)

    return twin


REARRANGING = {
    **{name: getattr(np, name) for name in (
        *("reshape", "ravel", "expand_dims", "squeeze", "atleast_1d", "atleast_2d", "transpose", "swapaxes"),
        *("matrix_transpose", "moveaxis", "flip", "flipud", "fliplr", "rot90", "roll", "broadcast_to"),
        *("broadcast_arrays", "meshgrid", "triu", "tril", "concatenate", "stack", "vstack", "hstack"),
        *("column_stack", "append", "delete", "array_split", "split", "hsplit", "vsplit", "tile", "repeat"),
        *("diagonal", "diag", "diagflat", "take", "take_along_axis", "compress", "extract", "copy"),
    )},
    "getitem": lambda x, index: x[index],
}  # fmt: skip


def twins(torch) -> Callable[[str], Callable]:
    """The function that finds the twin of an op."""
    F, linalg = torch.nn.functional, torch.linalg

    def tensor(x):
        return x if isinstance(x, torch.Tensor) else torch.tensor(x, dtype=torch.float64)

    def dims(x, axis):
        return tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)

    def on_tensors(function):
        """PyTorch wants Tensors where NumPy takes numbers and arrays too."""
        return lambda *args: function(*map(tensor, args))

    def by_rows(x, axis):
        """The reduced axes as one last axis."""
        axes = tuple(i % x.ndim for i in dims(x, axis))
        rows = torch.movedim(x, axes, tuple(range(x.ndim - len(axes), x.ndim))) if axes else x
        return rows.reshape(*rows.shape[: x.ndim - len(axes)], math.prod(x.shape[i] for i in axes))

    def kept(y, x, axis, keepdims):
        axes = {i % x.ndim for i in dims(x, axis)} if x.ndim else ()
        return y.reshape([1 if i in axes else n for i, n in enumerate(x.shape)]) if keepdims else y

    def over_axes(function):
        return lambda x, axis=None, keepdims=False: kept(function(by_rows(x, axis), -1), x, axis, keepdims)

    def median(rows, axis):
        n = rows.shape[-1]
        return torch.sort(rows, dim=axis, stable=True).values[..., (n - 1) // 2 : n // 2 + 1].mean(axis)

    def average(x, axis=None, weights=None, keepdims=False):
        if weights is None:
            return torch.mean(x, dim=dims(x, axis), keepdim=keepdims)
        weights = tensor(weights)
        if weights.shape != x.shape:
            weights = weights.reshape([-1 if i == axis % x.ndim else 1 for i in range(x.ndim)]).expand(x.shape)
        total = torch.sum(x * weights, dim=dims(x, axis), keepdim=keepdims)
        return total / torch.sum(weights, dim=dims(x, axis), keepdim=keepdims)

    def spread(function):
        def twin(x, axis=None, ddof=0, keepdims=False, correction=None):
            ddof = ddof if correction is None else correction
            rows = by_rows(x, axis)
            if not rows.numel() or rows.shape[-1] <= ddof:  # PyTorch warns of these
                return kept(rows.sum(-1) * math.nan, x, axis, keepdims)
            return kept(function(rows, dim=-1, correction=ddof), x, axis, keepdims)

        return twin

    def scan(function):
        return lambda x, axis=None: function(x.reshape(-1) if axis is None else x, 0 if axis is None else axis)

    def trapezoid(y, x=None, dx=1.0, axis=-1):
        return (
            torch.trapezoid(y, dx=dx, dim=axis)
            if x is None
            else torch.trapezoid(y.movedim(axis, -1), tensor(x if x.ndim == 1 else x.movedim(axis, -1)))
        )

    def linear_recurrence(a, b):
        steps = []
        for i in range(len(b)):
            steps.append(b[i] + a[i] * steps[-1] if steps else b[i])
        return torch.stack(steps) if steps else b * 1

    def vector_norm(x, axis=None, keepdims=False, ord=2):
        return linalg.vector_norm(x, ord, dim=dims(x, axis), keepdim=keepdims)

    def dot(a, b):
        if not a.ndim or not b.ndim:
            return a * b
        return torch.tensordot(a, b, dims=([a.ndim - 1], [max(b.ndim - 2, 0)]))

    def tensordot(a, b, axes=2):
        if not isinstance(axes, int):
            axes = [list(part) if isinstance(part, (tuple, list)) else [part] for part in axes]
        return torch.tensordot(a, b, dims=axes)

    def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
        if axis is not None:
            axisa = axisb = axisc = axis
        a, b = torch.broadcast_tensors(a.movedim(axisa, -1), b.movedim(axisb, -1))
        return torch.linalg.cross(a, b).movedim(-1, axisc)

    def solve(a, b):
        return linalg.solve(a, b.unsqueeze(-1)).squeeze(-1) if b.ndim == 1 else linalg.solve(*broadcast_stacks(a, b))

    def broadcast_stacks(a, b):
        lead = torch.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        return a.expand(*lead, *a.shape[-2:]), b.expand(*lead, *b.shape[-2:])

    def slogdet(x):
        return tuple(linalg.slogdet(x))

    def cross_entropy(logits, target, mean=False):
        rows = logits.reshape(-1, logits.shape[-1])
        target = torch.from_numpy(np.asarray(target).astype(np.int64))
        losses = F.cross_entropy(rows, target.reshape(-1), reduction="none").reshape(target.shape)
        return losses.mean() if mean else losses

    def bce_with_logits(logits, target):
        logits, target = torch.broadcast_tensors(tensor(logits), tensor(target))
        return F.binary_cross_entropy_with_logits(logits, target, reduction="none")

    def standardize(x, axis=-1, eps=1e-5):
        centred = x - x.mean(dims(x, axis), keepdim=True)
        return centred / torch.sqrt((centred**2).mean(dims(x, axis), keepdim=True) + eps)

    def rms_normalize(x, axis=-1, eps=1e-5):
        return x / torch.sqrt((x * x).mean(dims(x, axis), keepdim=True) + eps)

    def where(condition, x1, x2):
        return torch.where(torch.as_tensor(condition), tensor(x1), tensor(x2))

    def clip(x, min=None, max=None):
        given = {"input": x, "min": min, "max": max}
        given = {name: tensor(bound) for name, bound in given.items() if bound is not None}
        broadcast = torch.broadcast_tensors(*given.values())  # torch.clamp does not sum over what it broadcasts
        if len(given) == 3 and torch.any(broadcast[1] == broadcast[2]):
            raise Unsupported("torch.clamp gives equal bounds no gradient from below")
        return torch.clamp(**dict(zip(given, broadcast)))

    def select(condlist, choicelist, default=0):
        y = tensor(default)
        for condition, choice in zip(reversed(condlist), reversed(choicelist)):
            y = where(condition, choice, y)
        return y

    def pad(x, pad_width, mode="constant", constant_values=0):
        if mode != "constant" or not np.any(constant_values):
            options = {} if mode == "constant" else {"mode": mode}
            return rearranged(torch, lambda x: np.pad(x, pad_width, **options))(x)
        margin = np.pad(np.zeros(tuple(x.shape)), pad_width, constant_values=constant_values)
        return pad(x, pad_width) + torch.from_numpy(margin)

    def crop(x, pad_width):
        widths = np.broadcast_to(pad_width, (x.ndim, 2)).tolist()
        return x[tuple(slice(before, n - after) for n, (before, after) in zip(x.shape, widths))]

    def scatter(values, index, shape):
        y = torch.zeros(shape, dtype=torch.float64).reshape(-1)
        places = np.arange(math.prod(shape)).reshape(shape)[index]
        return y.index_add(0, torch.from_numpy(places.ravel()), values.reshape(-1)).reshape(shape)

    def heaviside(x1, x2):
        x1, x2 = torch.broadcast_tensors(tensor(x1), tensor(x2))
        return torch.where(x1 == 0, x2, (x1.detach() > 0).to(x1))

    def hypot(x1, x2):
        """torch.hypot has no gradient at the origin."""
        x1, x2 = torch.broadcast_tensors(tensor(x1), tensor(x2))
        origin = (x1 == 0) & (x2 == 0)
        return torch.where(origin, 0.0, torch.hypot(torch.where(origin, 1.0, x1), x2))

    def sinc(x):
        """torch.sinc has no second derivative at 0."""
        return torch.where(x == 0, 1 - (math.pi * x) ** 2 / 6, torch.sinc(torch.where(x == 0, 1, x)))

    def power(x1, x2):
        """torch.pow of an exponent 0 forgets that its slope in the base depends on the exponent: 0, where it is 1/x."""
        if not isinstance(x2, (np.ndarray, torch.Tensor)):
            return torch.pow(tensor(x1), x2)
        x1, x2 = torch.broadcast_tensors(tensor(x1), tensor(x2))
        one = (x2 == 0) & (x1 > 0)
        by_logarithm = torch.exp(x2 * torch.log(torch.where(one, x1, 1.0)))
        return torch.where(one, by_logarithm, torch.pow(x1, torch.where(one, 1.0, x2)))

    own = {
        "cbrt": lambda x: torch.sign(x) * torch.abs(x) ** (1 / 3),
        "rint": torch.round,
        "sinc": sinc,
        "round": lambda x, decimals=0: torch.round(x, decimals=decimals),
        "nan_to_num": lambda x, copy=True, nan=0.0, posinf=None, neginf=None: torch.nan_to_num(x, nan, posinf, neginf),
        "log_sigmoid": F.logsigmoid,
        "hardsigmoid": lambda x: F.relu6(x + 3) / 6,  # F.hardsigmoid has a sixth of single precision
        "softplus": lambda x, beta=1.0: torch.logaddexp(x * beta, torch.zeros_like(x)) / beta,
        "leaky_relu": lambda x, negative_slope=0.01: torch.where(x > 0, x, x * negative_slope),
        "gelu": lambda x, approximate="none": F.gelu(x, approximate=approximate),
        "hardtanh": lambda x, min_val=-1.0, max_val=1.0: F.hardtanh(x, min_val, max_val),
        **{name: on_tensors(getattr(torch, name)) for name in (
            *("add", "subtract", "multiply", "divide", "fmod", "remainder", "logaddexp", "logaddexp2"),
            *("arctan2", "maximum", "minimum", "copysign", "lerp", "xlogy"),
        )},
        "fmax": on_tensors(torch.maximum),  # torch.fmax gives the first one all of the gradient at a tie
        "fmin": on_tensors(torch.minimum),
        "hypot": hypot,
        "power": power,
        "float_power": power,
        "where": where,
        "clip": clip,
        "select": select,
        "heaviside": heaviside,
        "sum": over_axes(torch.sum),
        "mean": over_axes(torch.mean),
        "max": over_axes(torch.amax),
        "min": over_axes(torch.amin),
        "ptp": over_axes(lambda rows, axis: torch.amax(rows, axis) - torch.amin(rows, axis)),
        "prod": over_axes(torch.prod),
        "median": over_axes(median),
        "logsumexp": over_axes(torch.logsumexp),
        "average": average,
        "var": spread(torch.var),
        "std": spread(torch.std),
        "p_norm": lambda x, p=2, axis=None, keepdims=False: vector_norm(x, axis, keepdims, p),
        "vector_norm": vector_norm,
        "matrix_norm": lambda x, keepdims=False, ord="fro": linalg.matrix_norm(x, ord, keepdim=keepdims),
        "norm": lambda x, ord=None, axis=None, keepdims=False: linalg.norm(x, ord, dim=axis, keepdim=keepdims),
        "cumsum": scan(torch.cumsum),
        "cumprod": scan(torch.cumprod),
        "sort": lambda x, axis=-1: scan(lambda x, axis: torch.sort(x, dim=axis, stable=True).values)(x, axis),
        "diff": lambda x, n=1, axis=-1: torch.diff(x, n, axis),
        "trapezoid": trapezoid,
        "linear_recurrence": linear_recurrence,
        "softmax": lambda x, axis=-1: torch.softmax(x, axis),
        "log_softmax": lambda x, axis=-1: torch.log_softmax(x, axis),
        "standardize": standardize,
        "rms_normalize": rms_normalize,
        "softmax_cross_entropy": cross_entropy,
        "sigmoid_cross_entropy": bce_with_logits,
        "mean_squared_error": lambda x, target: (x - target).square().mean(),
        "linear": lambda x, weight, bias=None: F.linear(x, weight, bias),
        "dot": dot,
        "vdot": lambda a, b: torch.dot(a.reshape(-1), b.reshape(-1)),
        "vecdot": lambda x1, x2, axis=-1: (x1.movedim(axis, -1) * x2.movedim(axis, -1)).sum(-1),
        "outer": lambda a, b: torch.outer(a.reshape(-1), b.reshape(-1)),
        "cross": cross,
        "tensordot": tensordot,
        "multi_dot": linalg.multi_dot,
        "contract": lambda subscripts, *operands, optimize=False: torch.einsum(subscripts, *operands),
        "einsum": lambda subscripts, *operands, optimize=False: torch.einsum(subscripts, *operands),
        "solve": solve,
        "slogdet": slogdet,
        "logabsdet": lambda x: linalg.slogdet(x)[1],
        "pad": pad,
        "crop": crop,
        "trace": lambda *args, **kwargs: rearranged(torch, np.diagonal)(*args, **kwargs).sum(-1),
        "scatter": scatter,
        "astype": lambda x, dtype: x * 1.0,
        **{name: rearranged(torch, function) for name, function in REARRANGING.items()},
    }  # fmt: skip

    def find(op: str) -> Callable:
        for place in (own, linalg, torch, F):
            function = place.get(op) if isinstance(place, dict) else getattr(place, op, None)
            if function is not None:
                return function
        raise LookupError(f"{op} has no twin in torch_twins.py: write one")

    return find
