"""``minigrad export RUN --onnx``: the model of a run, with its preprocessing, for other programs."""

import json
from pathlib import Path

import click

from minigrad.onnx.check import largest_difference
from minigrad.onnx.export import columns_of, save
from minigrad.training.runs import Run


@click.command()
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option(
    *("--onnx", "path"),
    type=click.Path(dir_okay=False),
    is_flag=False,
    flag_value="",
    required=True,
    metavar="[FILE]",
    help="As an ONNX file; RUN/model.onnx if it is not named.",
)
@click.option("--weights", type=click.Choice(["best", "last"]), default="best", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def export(run: Path, path: str, weights: str, as_json: bool) -> None:
    """Write the model of the run in the folder RUN to an ONNX file, from raw columns to answers.

    Where onnxruntime is installed, the file's answers are compared with the model's. Needs the package onnx.
    """
    made, path = Run(run), path or str(run / "model.onnx")
    model, preprocessing = made.model(weights), made.preprocessing
    proto = save(model, path, preprocessing, command=str(made.config["command"]), weights=weights)
    apart = largest_difference(proto, model, preprocessing, rng=0)
    numbers, texts = columns_of(preprocessing)
    outputs = [output.name for output in proto.graph.output]
    if as_json:
        about = {"onnx": path, "numbers": numbers, "texts": texts, "outputs": outputs, "difference": apart}
        click.echo(json.dumps(about))
        return
    for name, kind, columns in (("numbers", "double", numbers), ("texts", "string", texts)):
        if columns:
            shown = ", ".join(columns[:6]) + (f" and {len(columns) - 6} more" if len(columns) > 6 else "")
            click.echo(f"input   {name} · {kind} (N, {len(columns)}) · {shown}")
    click.echo(f"outputs {' · '.join(outputs)}")
    if apart is None:
        click.echo("checked by onnx.checker (pip install onnxruntime compares the answers too)")
    else:
        click.echo(f"checked by onnx.checker; onnxruntime's answers differ by {apart:.1g} of the largest")
    click.echo(f"wrote   {path}")
