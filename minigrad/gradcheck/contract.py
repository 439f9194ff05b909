"""What every backward must keep to, whatever it computes: the contract between an op and the engine.

It is linear in the gradient that arrives, repeats itself, changes nothing that was handed to it, returns arrays of
its own in the shape and dtype of the operands, and does not care how numbers lie in memory, whether two operands are
one Tensor, or whether an operand is a Python number.
"""

from collections.abc import Callable, Iterator

import numpy as np

from minigrad.engine import Op, Tensor, walk
from minigrad.gradcheck.arguments import is_floating
from minigrad.gradcheck.compare import arriving
from minigrad.gradcheck.diagnosis.black_box import BlackBox, pulled_back
from minigrad.gradcheck.problem import requires_grad
from minigrad.gradcheck.report import Finding
from minigrad.gradcheck.verdict import Verdict
from minigrad.modes import enable_grad
from minigrad.samples import Drawn

SAME = 1e-9


def broken(name: str, note: str, shape=()) -> Finding:
    """A finding that the contract is broken."""
    return Finding(Verdict.WRONG, name, shape=tuple(shape), note=note)


def check_contract(op: Op, drawn: Drawn, rng: np.random.Generator) -> list[Finding]:
    """The clauses of the contract that one call of an op breaks."""
    args, kwargs = flattened(op, drawn)
    with np.errstate(all="ignore"):
        y = np.asarray(op.forward(*args, **kwargs))
    found = list(_repeats(op, args, kwargs, y))
    g = arriving(rng, np.isfinite(y).ravel()).reshape(y.shape)
    for position, x in enumerate(args):
        if is_floating(x) and op.formula(position) is not None:
            found += _operand(op, position, args, kwargs, y, g, rng)
    return found + list(_operands_together(op, drawn, g))


def flattened(op: Op, drawn: Drawn) -> tuple[tuple, dict]:
    """The arguments as the forward gets them: an op called with one list gets its parts."""
    if op.variadic and drawn.args and isinstance(drawn.args[0], (list, tuple)):
        operands, *options = drawn.args
        return tuple(operands), {**dict(zip(op.options, options, strict=False)), **drawn.kwargs}
    return op.bind(tuple(drawn.args), dict(drawn.kwargs))


def _repeats(op, args, kwargs, y) -> Iterator[Finding]:
    before = _bytes(args)
    with np.errstate(all="ignore"):
        again = np.asarray(op.forward(*args, **kwargs))
    if not np.array_equal(y, again, equal_nan=True):
        yield Finding(Verdict.NONDETERMINISTIC, "", note="the forward answers differently when asked twice")
    if _bytes(args) != before:
        yield broken("", "the forward changes its operands in place")


def _operand(op, position, args, kwargs, y, g, rng) -> Iterator[Finding]:
    name, x = name_of(op, position), args[position]
    ask: Callable = lambda g, y=y: pulled_back(op, position, g, y, args, kwargs)
    before = _bytes([*args, y, g, *kwargs.values()])
    try:
        a = ask(g)
    except Exception as error:
        yield broken(name, f"its formula raises {type(error).__name__}: {error}", x.shape)
        return
    if _bytes([*args, y, g, *kwargs.values()]) != before:
        yield broken(name, "the backward writes into what was handed to it: compute a new array instead", x.shape)
        return
    if a is None:
        return
    if a.shape != x.shape:
        yield broken(name, f"the gradient has shape {a.shape}, but {name} has {x.shape}", x.shape)
        return
    if a.dtype.kind != "f":
        yield broken(name, f"the gradient is {a.dtype}, but {name} is {x.dtype}", x.shape)
    yield from _linear(name, a, ask, g, rng)
    if a.flags.writeable and any(np.shares_memory(a, z) for z in (*filter(_is_array, args), y)):
        yield broken(name, "the gradient shares memory with an operand or the result: return a copy", x.shape)
    if isinstance(op, BlackBox):
        yield from _single(op, position, name, args, kwargs, y, g)


def _linear(name: str, a, ask, g, rng) -> Iterator[Finding]:
    shape, h = a.shape, arriving(rng, np.isfinite(g).ravel()).reshape(g.shape)
    try:
        b, both, twice, nothing, again = ask(h), ask(g + h), ask(2 * g), ask(0 * g), ask(g)
    except Exception as error:
        yield broken(name, f"its formula raises {type(error).__name__}: {error}", shape)
        return
    if not np.array_equal(a, again, equal_nan=True):
        yield Finding(Verdict.NONDETERMINISTIC, name, note="the backward answers differently when asked twice")
        return
    finite = np.isfinite(a) & np.isfinite(b)
    a, b, both, twice, nothing = (z[finite] for z in (a, b, both, twice, nothing))
    room = SAME * (abs(a).max(initial=0.0) + abs(b).max(initial=0.0))
    if abs(nothing).max(initial=0.0) > room:
        yield broken(name, "where a gradient of 0 arrives it returns something else than 0", shape)
    elif max(abs(both - a - b).max(initial=0.0), abs(twice - 2 * a).max(initial=0.0)) > room:
        yield broken(name, "the backward is not linear in the gradient that arrives", shape)


def _single(op, position, name, args, kwargs, y, g) -> Iterator[Finding]:
    """float32 in, float32 out."""
    narrow = tuple(x.astype(np.float32) if is_floating(x) else x for x in args)
    a = pulled_back(op, position, g.astype(np.float32), y.astype(np.float32), narrow, kwargs)
    if a.dtype != np.float32:
        yield broken(name, f"the gradient of a float32 operand is {a.dtype}: keep its dtype", a.shape)


def _operands_together(op, drawn: Drawn, g) -> Iterator[Finding]:
    """Two operands that are one Tensor, and operands that are Python numbers or integers."""
    places = [i for i, x in enumerate(drawn.args) if is_floating(x) and op.formula(i) is not None]
    for i in places[1:]:
        if drawn.args[places[0]].shape == drawn.args[i].shape:
            yield from _one_tensor(op, drawn, places[0], i)
    for i in places if len(places) > 1 else ():
        others = [k for k in places if k != i]
        for value, as_float in ((1.5, np.float64(1.5)), (np.full(drawn.args[i].shape, 2), None)):
            yield from _plain_number(op, drawn, i, others, value, as_float)


def _one_tensor(op, drawn: Drawn, i: int, k: int) -> Iterator[Finding]:
    apart = list(drawn.args)
    apart[k] = apart[i]
    together = _gradients(op, apart, drawn.kwargs, {i: (i, k)})
    separate = _gradients(op, apart, drawn.kwargs, {i: (i,), k: (k,)})
    if together is None or separate is None:
        return
    if not np.allclose(together[i], separate[i] + separate[k], rtol=SAME, atol=1e-300, equal_nan=True):
        yield broken(name_of(op, i), f"one Tensor as operands {i} and {k} does not get the sum of both gradients")


def _plain_number(op, drawn: Drawn, i: int, others, value, as_float) -> Iterator[Finding]:
    as_float = np.asarray(value, dtype=float) if as_float is None else as_float
    got, wanted = (
        _gradients(op, [*drawn.args[:i], x, *drawn.args[i + 1 :]], drawn.kwargs, {k: (k,) for k in others})
        for x in (value, as_float)
    )
    if got is None or wanted is None:
        return
    for k in others:
        if not np.allclose(got[k], wanted[k], rtol=SAME, atol=0, equal_nan=True):
            what = "an integer array" if isinstance(value, np.ndarray) else "a Python number"
            yield broken(name_of(op, k), f"its gradient changes when operand {i} is {what}")


def _gradients(op, args, kwargs, leaves: dict[int, tuple[int, ...]]) -> dict[int, np.ndarray] | None:
    """The gradients of leaves that stand in some positions, when ones arrive; None if the op refuses the call."""
    try:
        with enable_grad(), np.errstate(all="ignore"):
            made = {i: Tensor(args[i], requires_grad=True) for i in leaves}
            call = list(args)
            for i, positions in leaves.items():
                for k in positions:
                    call[k] = made[i]
            y = op(*call, **kwargs)
            if not requires_grad(y):
                return None
            g = np.linspace(0.5, 1.5, y.size).reshape(y.shape).astype(y.dtype)
            arrived = walk([y], [g], targets=set(made.values()))
            return {i: arrived.get(t, np.zeros(t.shape)) for i, t in made.items()}
    except Exception:
        return None


def name_of(op, position: int) -> str:
    """What an operand is called."""
    parameters = getattr(op, "parameters", ())
    return parameters[position] if position < len(parameters) else f"operand {position}"


def _is_array(x) -> bool:
    return isinstance(x, np.ndarray)


def _bytes(values) -> list:
    return [x.tobytes() if isinstance(x, np.ndarray) else repr(x) for x in values]
