"""What the engine says when it must refuse: which op, on what shapes, at which line of the user's program."""

import numpy as np

from minigrad.errors import GraphError, ShapeError, UnsupportedError
from minigrad.rules import Rule
from minigrad.source import here


def check_differentiable(op: Rule, args: tuple, value) -> None:
    if value.dtype.kind == "c":
        raise UnsupportedError(f"{op.name} gives complex numbers, which have no gradient here\n  at {here()}")
    for i, x in enumerate(args):
        if getattr(x, "_requires_grad", False) and op.formula(i) is None:
            name = op.parameters[i]
            raise UnsupportedError(
                f"{op.name} has no derivative with respect to its {name!r}, which requires grad here: "
                f"pass {name}.detach() if none is wanted\n  at {here()}"
            )


def check_seed(y, gradient) -> None:
    """Whether the walk can start from ``y`` with this gradient."""
    if not y._requires_grad:
        raise GraphError(
            "this Tensor does not require grad: nothing it was computed from was made with requires_grad=True"
        )
    if gradient is None and y.size != 1:
        raise GraphError(
            f"backward() from a Tensor of shape {y.shape} needs the gradient arriving there: "
            f"write t.sum().backward(), or t.backward(gradient) with a gradient of shape {y.shape}"
        )
    if gradient is not None and np.shape(gradient) != y.shape:
        raise ShapeError(
            f"the gradient has shape {np.shape(gradient)}, but the Tensor has shape {y.shape}: they must be equal"
        )


def stale(y) -> GraphError:
    """A graph is honest or it raises: the arrays that the formulas read must be those of the forward."""
    x = next(x for x in (*y.args, y) if getattr(x, "replaced", None) and x.replaced[0] > y.age)
    return GraphError(
        f"the data of {x.name or 'a Tensor'} was replaced after {y.op.name} had used it, so this graph is stale: "
        f"compute the output again before going backward\n  used at     {y.source}\n  replaced at {x.replaced[1]}"
    )


def explain(error: Exception, op: Rule, args: tuple, what: str = "") -> None:
    """Say in the error which op it was, on what shapes, and where the user called it."""
    shapes = [str(x.shape) for x in args if hasattr(x, "shape")]
    plural = "s" if len(shapes) > 1 else ""
    what = what or op.name + (f" of shape{plural} {' and '.join(shapes)}" if shapes else "")
    if type(error) is ValueError:
        raise ShapeError(f"{what}: {error}\n  at {here()}") from error
    error.add_note(f"in {what}\n  at {here()}")
