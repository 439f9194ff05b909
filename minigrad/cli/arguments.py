"""Options back to the words of a command line, so that a saved run is read by the same parser as a typed one."""

from typing import Any

import click
from click.core import ParameterSource

USUAL = (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP)

BY_PLACE = {"dataset"}
"""Arguments rather than options: they go by their place."""


def arguments_of(options: dict[str, Any]) -> list[str]:
    """The words after ``minigrad train`` that mean these options.

    >>> arguments_of({"dataset": "moons", "hidden": (8, 4), "residual": True, "lr": None, "clip_norm": 1.0})
    ['moons', '--hidden', '8,4', '--residual', '--clip-norm', '1.0']
    """
    words = [str(options[name]) for name in options if name in BY_PLACE]
    for name, value in options.items():
        if name in BY_PLACE or value is None or value is False:
            continue
        words.append(f"--{name.replace('_', '-')}")
        if isinstance(value, (tuple, list)):
            words.append(",".join(map(str, value)) or "none")
        elif value is not True:
            words.append(str(value))
    return words


def said(context: click.Context) -> dict[str, Any]:
    """The options that were written on the command line."""
    return {name: value for name, value in context.params.items() if context.get_parameter_source(name) not in USUAL}
