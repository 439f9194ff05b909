"""The three engines: each computes a program's outputs, the gradients of its leaves, and the gradients of those."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

import minigrad as mg
from tests.fuzz import autograd_twins, torch_twins
from tests.fuzz.programs import Leaf, Program, Unsupported, resolve


@dataclass
class Results:
    """What an engine says of a program; ``first`` and ``second`` hold one gradient for each leaf that requires grad."""

    outputs: list[np.ndarray]
    first: list[np.ndarray]
    second: list[np.ndarray]
    notes: list[str] = field(default_factory=list)
    """Promises that the engine was seen to break."""


class Minigrad:
    """The engine under test, asked in the ways its users ask it.

    With ``split``, each output goes backward by itself, so that gradients must add up in the leaves.
    """

    name = "minigrad"

    def __init__(self, split: bool = False):
        self.split = split

    def run(self, program: Program, order: int) -> Results:
        arrays = {i: step.array() for i, step in enumerate(program.steps) if isinstance(step, Leaf)}
        before = {i: array.copy() for i, array in arrays.items()}

        def given(leaf, i):
            if leaf.kind == "array":
                return arrays[i]
            return mg.tensor(arrays[i], requires_grad=leaf.kind == "leaf")

        values = program.values(given, lambda node, args, kwargs: resolve(node.route, node.op)(*args, **kwargs))
        leaves = [values[i] for i in program.leaves()]
        terms = [(values[i] * weights).sum() for i, weights in program.outputs]
        loss = sum(terms)
        outputs = [np.array(plain(values[i])) for i, _ in program.outputs]
        notes = [f"v{i} was written to" for i, array in arrays.items() if array.tobytes() != before[i].tobytes()]
        if not getattr(loss, "requires_grad", False):
            nothing = [np.zeros(x.shape) for x in leaves]
            return Results(outputs, nothing, nothing if order == 2 else [], notes)
        for part in terms if self.split else [loss]:
            if getattr(part, "requires_grad", False):
                part.backward()
        first = [or_zeros(x.grad, x) for x in leaves]
        notes += broken_promises(leaves)
        second = self.second(program, loss, leaves, first, notes) if order == 2 else []
        return Results(outputs, first, second, notes)

    def second(self, program, loss, leaves, first, notes) -> list[np.ndarray]:
        """The gradient of the weighted sum of the gradients."""
        gradients = mg.autograd.grad(loss, leaves, create_graph=True, allow_unused=True)
        for g, fast in zip(gradients, first):
            if g is not None and not np.allclose(g.data, fast, rtol=1e-12, atol=1e-12):
                notes.append("backward() and create_graph=True disagree")
        probes = [leaf.probe for leaf in program.leaves().values()]
        total = sum((g * probe).sum() for g, probe in zip(gradients, probes) if g is not None)
        if not getattr(total, "requires_grad", False):
            return [np.zeros(x.shape) for x in leaves]
        return [or_zeros(g, x) for g, x in zip(mg.autograd.grad(total, leaves, allow_unused=True), leaves)]


def plain(x):
    return x.data if isinstance(x, mg.Tensor) else x


def or_zeros(g, x) -> np.ndarray:
    return np.zeros(x.shape) if g is None else plain(g)


def broken_promises(leaves: list[mg.Tensor]) -> list[str]:
    """A gradient is a plain array of its leaf's shape and dtype that shares memory with no other."""
    notes, gradients = [], [x.grad for x in leaves if x.grad is not None]
    for x in leaves:
        if x.grad is not None and (type(x.grad), x.grad.shape, x.grad.dtype) != (np.ndarray, x.shape, x.dtype):
            notes.append(f"a leaf of shape {x.shape} has a gradient of type {type(x.grad)} and shape {x.grad.shape}")
    for i, g in enumerate(gradients):
        if any(np.shares_memory(g, other) for other in [*gradients[:i], *(x.data for x in leaves)]):
            notes.append("a gradient shares its memory")
    return notes


class Torch:
    """PyTorch in float64."""

    name = "torch"

    def __init__(self, torch):
        torch.set_num_threads(1)
        self.torch, self.twin = torch, torch_twins.twins(torch)

    def run(self, program: Program, order: int) -> Results:
        torch = self.torch

        def given(leaf, i):
            return torch.tensor(leaf.value.copy(), dtype=torch.float64, requires_grad=leaf.kind == "leaf")

        values = program.values(given, lambda node, args, kwargs: self.twin(node.op)(*args, **kwargs))
        leaves = [values[i] for i in program.leaves()]
        loss = sum((self.tensor(values[i]) * self.tensor(weights)).sum() for i, weights in program.outputs)
        first = self.gradients(loss, leaves, create_graph=order == 2)
        second = []
        if order == 2:
            probes = [self.tensor(leaf.probe) for leaf in program.leaves().values()]
            second = self.gradients(sum((g * probe).sum() for g, probe in zip(first, probes)), leaves)
        outputs = [self.tensor(values[i]).detach().numpy() for i, _ in program.outputs]
        return Results(outputs, [g.detach().numpy(force=True) for g in first], [g.numpy(force=True) for g in second])

    def tensor(self, x):
        return x if isinstance(x, self.torch.Tensor) else self.torch.tensor(x, dtype=self.torch.float64)

    def gradients(self, output, leaves, create_graph=False) -> list:
        if not getattr(output, "requires_grad", False) or not leaves:
            return [self.torch.zeros_like(x) for x in leaves]
        found = self.torch.autograd.grad(output, leaves, create_graph=create_graph, allow_unused=True)
        return [self.torch.zeros_like(x) if g is None else g for g, x in zip(found, leaves)]


class Autograd:
    """HIPS autograd, where it has the ops."""

    name = "autograd"

    def __init__(self, autograd):
        self.make_vjp, self.twin = autograd.core.make_vjp, autograd_twins.twins(autograd)
        self.numpy = autograd.numpy

    def run(self, program: Program, order: int) -> Results:
        try:
            results = self.results(program, order)
        except Exception as error:  # what it cannot do, it says in many ways
            raise Unsupported(f"{type(error).__name__}: {error}") from error
        if not all(np.all(np.isfinite(g)) for g in (*results.first, *results.second)):
            raise Unsupported("NaN: prod and sinc at 0, the second derivative of tanh far out")
        return results

    def results(self, program: Program, order: int) -> Results:
        arrays = tuple(leaf.value for leaf in program.leaves().values())
        probes = [leaf.probe for leaf in program.leaves().values()]
        outputs: list[Any] = []

        def loss(leaves):
            given = dict(zip(program.leaves(), leaves))
            values = program.values(
                lambda leaf, i: given.get(i, leaf.value), lambda node, args, kwargs: self.twin(node.op)(*args, **kwargs)
            )
            outputs[:] = [values[i] for i, _ in program.outputs]
            return sum(self.numpy.sum(values[i] * weights) for i, weights in program.outputs)

        def first(leaves):
            return self.make_vjp(loss, leaves)[0](1.0)

        def projection(leaves):
            return sum(self.numpy.sum(g * probe) for g, probe in zip(first(leaves), probes))

        if not arrays:
            raise Unsupported("nothing to differentiate")
        gradients = first(arrays)
        plain = [np.asarray(autograd_twins.untraced(x), float) for x in outputs]
        second = self.make_vjp(projection, arrays)[0](1.0) if order == 2 else ()
        return Results(plain, [np.asarray(g) for g in gradients], [np.asarray(g) for g in second])
