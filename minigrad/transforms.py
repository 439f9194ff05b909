"""Derivatives of functions, as functions: ``grad(f)`` is to f what f' is to f in a textbook. Names are JAX's.

>>> import numpy as np
>>> def cube(x):
...     return x**3
>>> grad(cube)(2.0), grad(grad(cube))(2.0), grad(grad(grad(cube)))(2.0)
(array(12.), array(12.), array(6.))

A function is called on fresh Tensors, and gradients come back as plain arrays. Only where the result also depends on
a Tensor from outside (the variable of an outer ``grad``, a Parameter) is it a Tensor itself, on the tape, so that it
can be differentiated by that one too. Arguments and results may be nested in dicts, lists and tuples.
"""

from collections.abc import Callable, Sequence
from functools import cached_property, partial, wraps
from typing import Any

import numpy as np

from minigrad.arrays import as_array
from minigrad.engine import Tensor, constant, history, seed, walk
from minigrad.errors import DtypeError, GraphError, ShapeError
from minigrad.modes import enable_grad, mode


def grad(f: Callable, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Callable:
    """The gradient of a scalar function, as a function: its result is nested and shaped as the argument is.

    ``argnums`` says by which positional argument to differentiate; with several, the result is a tuple. With
    ``has_aux`` f returns ``(value, aux)`` and its gradient ``(gradient, aux)``. An unused argument has gradient 0.

    Raises GraphError if f is not scalar, DtypeError if the argument is not floating.

    >>> def loss(w, x):
    ...     return ((x @ w["W"] + w["b"]) ** 2).sum()
    >>> grad(loss)({"W": np.ones((2, 1)), "b": 0.0}, np.array([[1.0, 2.0]]))
    {'W': array([[ 6.],
           [12.]]), 'b': array(6.)}
    """
    with_value = value_and_grad(f, argnums, has_aux)

    @wraps(f)
    def gradient_of(*args, **kwargs):
        value, gradient = with_value(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return gradient_of


def value_and_grad(f: Callable, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Callable:
    """As :func:`grad`, but the new function returns ``(value, gradient)``, with aux ``((value, aux), gradient)``.

    >>> value_and_grad(lambda x, y: x * y, argnums=(0, 1))(3.0, 4.0)
    (array(12.), (array(4.), array(3.)))
    """

    @wraps(f)
    def value_and_gradient_of(*args, **kwargs):
        trace = _Trace(f, args, kwargs, argnums, has_aux)
        y = trace.scalar()
        gradient = trace.pull_back([np.ones_like(y.data)])
        value = trace.released(y)
        return ((value, trace.released(trace.aux)) if has_aux else value), gradient

    return value_and_gradient_of


def vjp(f: Callable, *primals) -> tuple[Any, Callable]:
    """``(f(*primals), pullback)``: ``pullback(g)`` is the tuple of the products gᵀJ, one for each primal.

    ``g`` is nested and shaped as the result of f. The pullback may be called as often as wanted.

    >>> y, pullback = vjp(np.sin, 0.0)
    >>> pullback(2.0)
    (array(2.),)
    """
    trace = _Trace(f, primals, {}, tuple(range(len(primals))))
    return trace.released(trace.result), lambda g: trace.pull_back(_leaves(g, trace.result, "the gradient"))


def jvp(f: Callable, primals: Sequence, tangents: Sequence) -> tuple[Any, Any]:
    """``(f(*primals), J tangents)``: the value, and how fast it changes along the tangents.

    Two backwards make one forward: ``gᵀJ`` is linear in g, and its own gradient by g, weighted with the tangents,
    is ``J tangents`` (Townsend, 2017, "A new trick for calculating Jacobian vector products").

    >>> jvp(lambda x, y: x * y, (3.0, 4.0), (1.0, 0.0))
    (array(12.), array(4.))
    """
    trace = _Trace(f, primals, {}, tuple(range(len(primals))))
    directions = _leaves(tuple(tangents), trace.inputs, "the tangents")
    weights = [_Variable(np.ones_like(y.data), requires_grad=y.requires_grad) for y in trace.outputs]
    products = _gradients(trace.outputs, weights, trace.variables, keep_graph=True)
    slopes = _gradients(products, directions, weights, trace.keeps_graph(directions))
    return trace.released(trace.result), _rebuilt(trace.result, slopes)


def hvp(f: Callable, primals: Sequence, tangents: Sequence) -> Any:
    """The Hessian of a scalar function times the tangents, at the cost of a few gradients: no Hessian is made.

    The result is nested and shaped as the primal; with several primals it is a tuple of such.

    >>> hvp(lambda x: (x**3).sum(), (np.array([1.0, 2.0]),), (np.array([1.0, 10.0]),))
    array([  6., 120.])
    """
    everything = tuple(range(len(primals)))
    trace = _Trace(grad(f, everything), primals, {}, everything)
    products = trace.pull_back(_leaves(tuple(tangents), trace.inputs, "the tangents"))
    return products[0] if len(primals) == 1 else products


def jacobian(f: Callable, argnums: int | Sequence[int] = 0) -> Callable:
    """All the derivatives of a function: its result has the shape of ``f(x)`` followed by the shape of ``x``.

    One backward for each element of ``f(x)``. Nested results hold, in the place of each array, the derivatives by
    the argument, nested as it is.

    >>> jacobian(lambda x: x**2)(np.array([1.0, 2.0, 3.0]))
    array([[2., 0., 0.],
           [0., 4., 0.],
           [0., 0., 6.]])
    """

    @wraps(f)
    def jacobian_of(*args, **kwargs):
        trace = _Trace(f, args, kwargs, argnums)
        return _rebuilt(trace.result, [_derivatives(trace, number) for number in range(len(trace.outputs))])

    return jacobian_of


def hessian(f: Callable, argnums: int | Sequence[int] = 0) -> Callable:
    """All the second derivatives: the Jacobian of the Jacobian.

    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    return jacobian(jacobian(f, argnums), argnums)


class _Variable(Tensor):
    """What a function is differentiated by: the transforms inside see it as somebody else's while the function runs."""

    running = False


class _Trace:
    """A function, called once on fresh variables: what every transform above starts from."""

    def __init__(self, f, args, kwargs, argnums, has_aux=False):
        chosen = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        self.recorded_outside = mode.get().record
        with enable_grad():
            args, inputs = _with_variables(args, chosen)
            result = f(*args, **kwargs)
        for x in _leaves(inputs):
            if isinstance(x, _Variable):
                x.running = False
        self.aux: Any = None
        if has_aux:
            result, self.aux = result
        self.inputs = inputs[0] if isinstance(argnums, int) else inputs
        self.variables = _leaves(self.inputs)
        self.outputs = [_output(y) for y in _leaves(result)]
        self.result = _rebuilt(result, self.outputs)

    @cached_property
    def depends_on_outside(self) -> bool:
        """Whether the result was computed from a leaf that somebody else may differentiate it by."""
        nodes = history(y for y in self.outputs if y.requires_grad)
        return any(x.is_leaf and getattr(x, "running", True) for x in nodes)

    def keeps_graph(self, seeds=()) -> bool:
        """Whether somebody outside can differentiate what comes back."""
        given = any(isinstance(g, Tensor) and g.requires_grad for g in seeds)
        return self.recorded_outside and (given or self.depends_on_outside)

    def scalar(self) -> Tensor:
        if len(self.outputs) != 1 or self.result is not self.outputs[0] or self.result.shape != ():
            got = f"shape {self.result.shape}" if isinstance(self.result, Tensor) else _skeleton(self.result)
            raise GraphError(
                f"grad() is for functions whose result is one scalar, but this one returns {got}: "
                "reduce it, as in f(x).sum(), or use jacobian(f) or vjp(f, x)"
            )
        if self.result.dtype.kind != "f":
            raise DtypeError(f"grad() needs a floating result, but this function returns {self.result.dtype}")
        return self.result

    def pull_back(self, seeds):
        gradients = _gradients(self.outputs, seeds, self.variables, self.keeps_graph(seeds))
        return _rebuilt(self.inputs, gradients)

    def released(self, tree):
        """What the caller gets: on the tape if somebody outside can differentiate it, otherwise plain arrays."""
        keep = self.keeps_graph()
        return _map(lambda y: y if keep or not isinstance(y, Tensor) else np.copy(y.data), tree)


def _with_variables(args: tuple, chosen: tuple[int, ...]) -> tuple[list, tuple]:
    """The arguments, those that were chosen replaced by fresh Tensors; and these by themselves."""
    replaced = list(args)
    for i in chosen:
        if not -len(args) <= i < len(args):
            raise TypeError(f"argnums names the positional argument {i}, but the function was called with {len(args)}")
        replaced[i] = _map(partial(_variable, i), args[i])
    return replaced, tuple(replaced[i] for i in chosen)


def _variable(position: int, x) -> Any:
    if isinstance(x, Tensor) and x.requires_grad:
        return np.positive(x)  # a node of its own, through which the outside is still reached
    kind = as_array(x).dtype
    if kind.kind != "f":
        raise DtypeError(
            f"argument {position} has dtype {kind}, but only floating arguments have a gradient: "
            "pass 3.0 for 3, x.astype(float) for an array x, or choose others with argnums"
        )
    variable = _Variable(x, requires_grad=True)
    variable.running = True
    return variable


def _output(y) -> Tensor:
    y = y if isinstance(y, Tensor) else constant(np.copy(y))
    if y.dtype.kind not in "biuf":
        raise DtypeError(f"a function to be differentiated returns numbers, but this one returns {y.dtype}")
    return y


def _gradients(outputs, seeds, variables, keep_graph: bool) -> list:
    """What arrives at each variable, 0 where nothing does: Tensors if the graph is kept, otherwise arrays."""
    pairs = [(y, seed(y, g, keep_graph)) for y, g in zip(outputs, seeds) if y.requires_grad]
    arrived = walk([y for y, _ in pairs], [g for _, g in pairs], set(variables), keep_graph)
    found = (arrived[x] if x in arrived else np.zeros_like(x.data) for x in variables)
    if keep_graph:
        return [g if isinstance(g, Tensor) else constant(g) for g in found]
    return [np.copy(g) for g in found]


def _derivatives(trace: _Trace, number: int):
    """The derivatives of one output array by all the inputs: a backward for each of its elements, then stacked."""
    y, rows = trace.outputs[number], []
    seeds = [np.zeros_like(each.data) for each in trace.outputs]
    for position in np.ndindex(y.shape):
        seeds[number] = np.zeros_like(y.data)
        seeds[number][position] = 1
        rows.append(trace.pull_back(seeds))
    if not rows:
        return _map(lambda x: np.zeros((*y.shape, *x.shape), x.dtype), trace.inputs)
    return _map(lambda *parts: np.reshape(np.stack(parts), (*y.shape, *parts[0].shape)), *rows)


def _map(function: Callable, tree, *others):
    """``function`` of the leaves of trees that are nested alike: dicts, lists and tuples of anything else."""
    if isinstance(tree, dict):
        return {key: _map(function, tree[key], *(other[key] for other in others)) for key in tree}
    if isinstance(tree, (list, tuple)):
        parts = [_map(function, *each) for each in zip(tree, *others, strict=True)]
        return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)
    return function(tree, *others)


def _leaves(tree, like=None, what="") -> list:
    """The leaves from left to right; with ``like``, in its order, and nested as it is."""
    like = tree if like is None else like
    if _skeleton(tree) != _skeleton(like):
        raise ShapeError(f"{what} must be nested like {_skeleton(like)}, but it is {_skeleton(tree)}")
    found: list = []
    _map(lambda _, leaf: found.append(leaf), like, tree)
    return found


def _rebuilt(tree, leaves):
    """``tree`` with other leaves."""
    leaves = iter(leaves)
    return _map(lambda _: next(leaves), tree)


def _skeleton(tree):
    return _map(lambda _: "*", tree)
