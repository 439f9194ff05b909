"""What a model does to one batch: the shape after each module, and where its parameters are."""

from dataclasses import dataclass

from minigrad.modes import no_grad
from minigrad.nn.module import Module
from minigrad.nn.tree import aligned, branches, counted, headline


@dataclass(frozen=True)
class Summary:
    """The rows of the table, `(module, output shape, parameters)`, and the sums below it; printed as text."""

    rows: list[tuple[str, ...]]
    parameters: int
    trainable: int
    tied: list[str]

    def __str__(self):
        table = aligned([("module", "output", "parameters"), *self.rows])
        lines = [table, f"{counted(self.parameters, 'parameter')}, {self.trainable:,} of them trainable"]
        lines += [f"tied: {names}" for names in self.tied]
        return "\n".join(lines)

    __repr__ = __str__


def summary(model: Module, *inputs) -> Summary:
    """Run the model once in evaluation, without the tape, and tell the shape of each module's output.

    >>> import numpy as np
    >>> from minigrad import nn
    >>> nn.summary(nn.MLP([8, 4, 2], rng=0), np.zeros((5, 8)))
    module              output  parameters
    MLP([8, 4, 2])      (5, 2)
    ├─ 0  Linear(8, 4)  (5, 4)          36
    ├─ 1  ReLU()        (5, 4)
    └─ 2  Linear(4, 2)  (5, 2)          10
    46 parameters, 46 of them trainable
    """
    shapes: dict[int, str] = {}
    hooks = [m.register_forward_hook(lambda m, _, y: shapes.update({id(m): _shape_of(y)})) for m in model.modules()]
    try:
        with no_grad(), model.evaluating():
            model(*inputs)
    finally:
        for remove in hooks:
            remove()
    rows: list[tuple[str, ...]] = []
    for label, module in branches(model):
        own = sum(p.size for _, p in module.own_parameters())
        rows.append(
            (f"{label}  {headline(module)}".strip(), shapes.get(id(module), "not called"), f"{own:,}" if own else "")
        )
    parameters = model.parameters()
    trainable = sum(p.size for p in parameters if p.requires_grad)
    return Summary(rows, sum(p.size for p in parameters), trainable, _tied(model))


def _shape_of(y) -> str:
    """The shape of an output, or the shapes of several."""
    return ", ".join(map(_shape_of, y)) if isinstance(y, (tuple, list)) else str(getattr(y, "shape", type(y).__name__))


def _tied(model: Module) -> list[str]:
    """The names of each parameter that has several."""
    names: dict[int, list[str]] = {}
    for path, p in model.named_state():
        names.setdefault(id(p), []).append(path)
    return [" = ".join(paths) for paths in names.values() if len(paths) > 1]
