"""What ``minigrad check pkg.mod:name`` is to check: a function at random inputs, a model, a loss."""

import inspect
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import click
import numpy as np

from minigrad.cli.inputs import Input
from minigrad.cli.targets import where
from minigrad.engine import Tensor, history
from minigrad.errors import MinigradError
from minigrad.modes import enable_grad
from minigrad.nn import BatchNorm1d, Bilinear, Embedding, GroupNorm, LayerNorm, Linear, Module, RMSNorm
from minigrad.nn.tree import headline
from minigrad.optim.regularizers import L1, L2

BATCH = 5
"""Rows of an input whose shape a model tells: no common width, so that shapes that fit by chance are rare."""


@dataclass
class Part:
    """One thing to be checked: a function with its arguments, and leaf Tensors that it uses besides."""

    name: str
    fn: Callable
    inputs: list[np.ndarray] = field(default_factory=list)
    params: Sequence[Tensor] = ()


@dataclass
class Subject:
    """What was found, in words, and its parts."""

    title: str
    parts: list[Part]
    drawn: list[tuple[str, Input]] = field(default_factory=list)
    output: str = ""
    seed: int = 0

    @property
    def code(self) -> list[str]:
        """Lines of Python that draw the same inputs."""
        lines = [f"{name} = {each.code}" for name, each in self.drawn]
        return [f"rng = np.random.default_rng({self.seed})", *lines] if lines else []


@dataclass(frozen=True)
class Asked:
    """What the command line asks for."""

    inputs: Sequence[Input] = ()
    dtype: str = "float64"
    order: int = 1
    mode: str = "auto"
    seed: int = 0
    evaluate: bool = False
    l1: float = 0.0
    l2: float = 0.0

    def command(self, target: str) -> str:
        """The command line that asks for the same."""
        words = ["minigrad", "check", target, *(word for each in self.inputs for word in ("--input", str(each)))]
        for name in ("dtype", "order", "mode", "seed", "l1", "l2"):
            value = getattr(self, name)
            if value != getattr(type(self), name) or name == "seed":
                words += [f"--{name}", str(value)]
        return shlex.join([*words, *["--eval"] * self.evaluate])


def subject_of(found: Any, name: str, asked: Asked) -> Subject:
    """What to check. Raises click.UsageError where it cannot be called, or not with these inputs."""
    made = _instance(found, name) if isinstance(found, type) else found
    if isinstance(made, Module):
        return _model(made, name, asked)
    if isinstance(made, Tensor) or not callable(made):
        raise click.UsageError(
            f"{name} is not callable but of type {type(made).__name__}: name a function, or a Module and its class"
        )
    needed = _needed(made)
    if needed == [] and not (asked.inputs and _takes(made)):
        returned = _called(made, name)
        return _model(returned, name, asked) if isinstance(returned, Module) else _closure(made, returned, name, asked)
    if needed == [] and isinstance(returned := _attempted(made), Module):
        return _model(returned, name, asked)
    return _function(made, name, needed, asked)


def is_op(found: Any) -> bool:
    """Whether this was declared with :func:`minigrad.op`, and so has samples of its own."""
    return bool(getattr(found, "samples", None)) and hasattr(found, "error_samples")


def _instance(kind: type, name: str) -> Any:
    needed = _needed(kind)
    if needed:
        raise click.UsageError(
            f"{name} needs {', '.join(needed)} to be made: write a function without arguments that returns one, "
            "and name that"
        )
    return _called(kind, name)


def _needed(fn: Callable) -> list[str] | None:
    """The arguments that must be given; None where nobody knows."""
    if not isinstance(fn, type):  # an op speaks of what it was declared with
        fn = getattr(fn, "forward", getattr(fn, "function", fn))
    try:
        parameters = inspect.signature(fn).parameters.values()
    except (TypeError, ValueError):
        return [f"x{i}" for i in range(fn.nin)] if isinstance(fn, np.ufunc) else None
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if not isinstance(fn, type) and any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters):
        return None
    return [p.name for p in parameters if p.kind in kinds and p.default is p.empty]


def _takes(fn: Callable) -> bool:
    """Whether a function takes any arguments at all."""
    return any(p.kind is not p.KEYWORD_ONLY for p in inspect.signature(fn).parameters.values())


def _attempted(fn: Callable) -> Any:
    """What a function returns without the arguments that it could be given; None if it raises."""
    try:
        return fn()
    except Exception:
        return None


def _called(fn: Callable, name: str, *args) -> Any:
    """The result of the user's function; what it raises is told in one line."""
    try:
        with enable_grad(), np.errstate(all="ignore"):
            return fn(*args)
    except Exception as error:
        shapes = ", ".join(str(x.shape) for x in args)
        known = isinstance(error, MinigradError)
        said = str(error) if known else f"{type(error).__name__}: {error}{where(error)}"
        given = f" at inputs of shape {shapes}" if args else ""
        raise click.UsageError(f"{name} cannot be called{given}: {said}") from error


def _function(fn: Callable, name: str, needed: list[str] | None, asked: Asked) -> Subject:
    labels = needed or [f"x{i}" for i in range(len(asked.inputs))]
    if not asked.inputs:
        shapes = " ".join("--input 4,5" for _ in labels) or "--input 4,5"
        takes = f"takes {', '.join(labels)}" if labels else "takes inputs"
        raise click.UsageError(f"{name} {takes}: give a shape for each, as in {shapes}")
    if needed and len(asked.inputs) < len(needed):
        raise click.UsageError(
            f"{name} takes {len(needed)} inputs, {', '.join(needed)}, and {len(asked.inputs)} are given: "
            "write --input once for each"
        )
    labels += [f"x{i}" for i in range(len(labels), len(asked.inputs))]
    drawn = list(zip(labels, asked.inputs))
    inputs = _drawn(drawn, asked)
    output = _called(fn, name, *map(Tensor, inputs))
    return Subject(name, [Part(name, fn, inputs)], drawn, _shapes(output), asked.seed)


def _drawn(drawn: list[tuple[str, Input]], asked: Asked) -> list[np.ndarray]:
    rng = np.random.default_rng(asked.seed)
    return [each.draw(rng, asked.dtype) for _, each in drawn]


def _model(model: Module, name: str, asked: Asked) -> Subject:
    """A model at random inputs, with a random gradient arriving at its output; each penalty by itself."""
    wanted = list(asked.inputs) or expected(model)
    if not wanted:
        raise click.UsageError(f"nothing tells what shape {name} takes: give it, as in --input {BATCH},4")
    model.train(not asked.evaluate)
    if asked.dtype != "float64":
        model.astype(asked.dtype)
    labels = ["x"] if len(wanted) == 1 else [f"x{i + 1}" for i in range(len(wanted))]
    drawn = list(zip(labels, wanted))
    inputs = _drawn(drawn, asked)
    output = _called(model, name, *map(Tensor, inputs))
    params = [p for p in model.parameters() if p.requires_grad]
    parts = [Part(name, model, inputs, params)]
    for penalty in [L1(asked.l1)] * bool(asked.l1) + [L2(asked.l2)] * bool(asked.l2):
        covered = [p for _, p in penalty.covered(model)]
        parts.append(Part(str(penalty), lambda penalty=penalty: penalty(model), [], covered))
    return Subject(f"{name}: {headline(model)}", parts, drawn, _shapes(output), asked.seed)


def expected(model: Module) -> list[Input]:
    """The inputs that the first layer with a width asks for; none where no layer tells.

    >>> from minigrad import nn
    >>> expected(nn.Sequential(nn.Flatten(), nn.Linear(3, 2)))
    [Input(shape=(5, 3), low=None, high=None, whole=False)]
    """
    for m in model.modules():
        if isinstance(m, Linear):
            return [Input((BATCH, m.in_features))]
        if isinstance(m, Bilinear):
            return [Input((BATCH, m.in1_features)), Input((BATCH, m.in2_features))]
        if isinstance(m, Embedding):
            return [Input((BATCH,), 0, m.num_embeddings - 1, True)]
        if isinstance(m, (BatchNorm1d, GroupNorm, LayerNorm, RMSNorm)):
            width = next((p.shape for p in [*m.parameters(), *m.buffers()] if p.ndim), None)
            return [Input((BATCH, *width))] if width else []
    return []


def _closure(fn: Callable, returned: Any, name: str, asked: Asked) -> Subject:
    """A function without arguments that returns a loss, or a dict of the terms of one, each checked by itself."""
    if asked.inputs:
        raise click.UsageError(f"{name} takes no arguments: leave --input out")
    terms = returned if isinstance(returned, dict) else {"": returned}
    parts = []
    for key, value in terms.items():
        part = f"{name}[{key!r}]" if isinstance(returned, dict) else name
        params = _leaves(value, part)
        again = _leaves(fn()[key] if isinstance(returned, dict) else fn(), part)
        if [id(p) for p in params] != [id(p) for p in again]:
            raise click.UsageError(
                f"{name} makes new Tensors at each call, which cannot be varied: make them outside of it, or take "
                "them as arguments and give --input"
            )
        parts.append(Part(part, (lambda key=key: fn()[key]) if isinstance(returned, dict) else fn, [], params))
    return Subject(name, parts, [], _shapes(returned))


def _leaves(value: Any, name: str) -> list[Tensor]:
    """The parameters on the tape of a loss, oldest first."""
    if not isinstance(value, Tensor):
        raise click.UsageError(f"{name} returns a {type(value).__name__}: a loss is a Tensor, a factory's is a Module")
    found = [x for x in history([value]) if x.op is None and x.requires_grad] if value.requires_grad else []
    if not found:
        raise click.UsageError(f"{name} returns a Tensor that depends on nothing that requires grad")
    return found[::-1]


def _shapes(output: Any) -> str:
    if isinstance(output, dict):
        return ", ".join(f"{key} {_shapes(value)}" for key, value in output.items())
    if isinstance(output, (tuple, list)):
        return ", ".join(map(_shapes, output))
    return str(getattr(output, "shape", type(output).__name__)).replace("()", "a number")
