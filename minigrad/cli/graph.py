"""``minigrad graph``: the graph of an expression, or of what a function returns, with values and gradients."""

import json
import warnings
from typing import Any

import click

from minigrad.cli import Failure
from minigrad.cli.targets import is_target, load, where
from minigrad.engine import Tensor, history
from minigrad.viz.draw import Drawing, draw
from minigrad.viz.explain import explain
from minigrad.viz.expression import assignments, computed


@click.command()
@click.argument("what", metavar="EXPRESSION|MODULE:FUNCTION")
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE,...", help="Values of the variables.")
@click.option(
    "--depth", type=click.IntRange(min=0), help="How many levels of modules are open; all that fit if left out."
)
@click.option("--explain", "explained", is_flag=True, help="Write out the chain rule in numbers, for every variable.")
@click.option("-o", "--output", multiple=True, metavar="FILE", help="Draw it: .svg, .dot; .png, .pdf with Graphviz.")
@click.option("--html", "page", metavar="FILE", help="Write a page that steps through it forward and backward.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def graph(what: str, values: tuple[str, ...], depth: int | None, explained: bool, output, page, as_json: bool) -> None:
    """Show how a value was computed, and its gradient by everything it was computed from.

    The expression is parsed, never evaluated as Python: numbers, variables, + - * / ** @ and the ops of minigrad. A
    function, named as pkg.mod:function or file.py:function, is called without arguments; it returns a Tensor.

        minigrad graph "tanh(w*x + b)" --set w=-3,x=2,b=6.88 --explain --html neuron.html
    """
    result = _returned(what) if is_target(what) else _expression(what, values)
    drawing = draw(result, depth)
    if as_json:
        click.echo(json.dumps(_summary(drawing)))
    else:
        click.echo(drawing.text)
        for text in _explanations(result) if explained else ():
            click.echo(f"\n{text}")
    written = _written(drawing, output, page)
    if written and not as_json:
        click.echo(f"\nwrote {' · '.join(written)}      layout: {drawing.layout.engine}")


def _written(drawing: Drawing, output: tuple[str, ...], page: str | None) -> list[str]:
    """The files that were written; what could not be written as it was asked for is an error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            return [drawing.render(name) for name in output] + ([drawing.html(page)] if page else [])
    except OSError as error:
        raise Failure(f"{error.filename} cannot be written: {error.strerror}") from error
    except UserWarning as error:
        raise Failure(str(error).replace("\n", "; ")) from error


def _expression(text: str, values: tuple[str, ...]) -> Tensor:
    try:
        return computed(text, assignments(",".join(values)))
    except (ValueError, TypeError) as error:
        raise click.UsageError(str(error)) from error


def _returned(what: str) -> Tensor:
    """What the user's function returns, or the Tensor itself that is named."""
    found = load(what)
    try:
        result = found if isinstance(found, Tensor) else found()
    except TypeError as error:
        if not callable(found):
            result = found
        elif where(error):
            raise
        else:
            raise click.UsageError(f"{what} must take no arguments: {error}") from error
    if not isinstance(result, Tensor):
        raise click.UsageError(f"{what} must return a Tensor, not a {type(result).__name__}")
    return result


def _explanations(result: Tensor) -> list[str]:
    """The chain rule for every variable; of an array, for its first element."""
    if result.size != 1:
        raise click.UsageError(f"--explain needs a result of one element, not of shape {result.shape}: write sum(...)")
    leaves = sorted((t for t in history([result]) if t.op is None), key=lambda t: t.age)
    return [str(explain(result, wrt=leaf, index=(0,) * leaf.ndim)) for leaf in leaves if leaf.size]


def _summary(drawing: Drawing) -> dict[str, Any]:
    """The nodes and edges, for a program to read."""
    return {
        "nodes": [
            {
                "id": node.id,
                "kind": node.kind,
                "name": node.name,
                "made": node.label,
                "shape": None if node.value is None else list(node.value.shape),
                "value": _number(node.value),
                "gradient": _number(node.gradient),
                "members": node.members,
            }
            for node in drawing.graph.nodes
        ],
        "edges": [{"from": edge.tail, "to": edge.head, "operand": edge.position} for edge in drawing.graph.edges],
    }


def _number(x) -> float | str | None:
    """The value of a single number, as JSON can hold it; None of an array."""
    if x is None or x.size != 1:
        return None
    value = float(x.item())
    return value if abs(value) < float("inf") else str(value)
