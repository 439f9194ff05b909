"""What the engine says when it must refuse: which op, on what shapes, at which line of the user's program."""

import numpy as np

from minigrad.errors import DtypeError, GraphError, ShapeError, UnsupportedError
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
    if gradient is None and y._data.size != 1:
        raise GraphError(
            f"backward() from a Tensor of shape {y.shape} needs the gradient arriving there: "
            f"write t.sum().backward(), or t.backward(gradient) with a gradient of shape {y.shape}"
        )
    if gradient is not None and np.shape(gradient) != y.shape:
        raise ShapeError(
            f"the gradient has shape {np.shape(gradient)}, but the Tensor has shape {y.shape}: they must be equal"
        )


def check_numbers(array, data) -> None:
    """Raise :class:`~minigrad.errors.DtypeError` if the array made of ``data`` does not hold numbers."""
    if array.dtype.kind not in "biufc":
        what = "" if hasattr(data, "dtype") else f", a {type(data).__name__},"
        raise DtypeError(
            f"a Tensor holds numbers, but this data{what} has dtype {array.dtype}: give numbers, a nested list of "
            "them, or an array of a numeric dtype"
        )


def check_fits(data, dtype) -> None:
    """Raise :class:`~minigrad.errors.DtypeError` if values would be cut to fit into this dtype, as 0.5 into an int."""
    given = data.dtype if hasattr(data, "dtype") else np.asarray(data).dtype
    if given.kind not in "biufc" or not np.can_cast(given, dtype, "same_kind"):
        raise DtypeError(
            f"values of dtype {given} do not fit into dtype {dtype}: write .astype({str(dtype)!r}) if they shall be "
            "cut, or make a new Tensor"
        )


def check_hook(x, hook) -> None:
    if not callable(hook):
        raise TypeError(f"a hook is a function of the gradient, not a {type(hook).__name__}")
    if not x.requires_grad:
        raise GraphError("this Tensor does not require grad, so a hook on it would never be called")


def check_tensors(output, inputs: tuple) -> None:
    """Raise TypeError for what is no Tensor: no gradient can be asked for."""
    _check_tensor("the output", output)
    for i, x in enumerate(inputs):
        _check_tensor(f"input {i}", x)


def _check_tensor(what: str, x) -> None:
    if not hasattr(x, "_requires_grad"):
        raise TypeError(f"grad(output, inputs) takes Tensors, but {what} is a {type(x).__name__}: {x!r:.40}")


def refused_ufunc(ufunc, method: str, kwargs: dict) -> UnsupportedError:
    """A way to call a ufunc that has no derivative: into an array of the caller's, or as ``np.add.reduce``."""
    name = ufunc.__name__
    if "out" in kwargs:
        return UnsupportedError(
            f"np.{name} of a Tensor cannot write into an array, which would not know where its values come from: "
            f"write y = np.{name}(...) without out=; and for an array y, y = y + t and not y += t"
        )
    call = name if method == "__call__" else f"{name}.{method}"
    given = ", ".join(f"{option}=" for option in kwargs)
    return UnsupportedError(f"np.{call}({given}) has no derivative rule: write np.{name}(a), np.sum(a), ...")


def check_fresh(y) -> None:
    """A graph is honest or it raises: the arrays that the formulas read must be those of the forward."""
    x = replaced_since(y)
    if x is None:
        return
    raise GraphError(
        f"the data of {x.name or 'a Tensor'} was replaced after {y.op.name} had used it, so this graph is stale: "
        f"compute the output again before going backward\n  used at     {y.source}\n  replaced at {x.replaced[1]}"
    )


def replaced_since(y):
    """The first operand whose data was replaced since ``y`` was computed from it, or ``y`` itself, or None."""
    return next((x for x in (*y.args, y) if getattr(x, "replaced", None) and x.replaced[0] > y.age), None)


def explain(error: Exception, op: Rule, args: tuple, what: str = "") -> None:
    """Say in the error which op it was, on what shapes, and where the user called it."""
    shapes = [str(x.shape) for x in args if hasattr(x, "shape")]
    plural = "s" if len(shapes) > 1 else ""
    what = what or op.name + (f" of shape{plural} {' and '.join(shapes)}" if shapes else "")
    if type(error) is ValueError:
        raise ShapeError(f"{what}: {error}\n  at {here()}") from error
    error.add_note(f"in {what}\n  at {here()}")
