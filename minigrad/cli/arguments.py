"""Options back to the words of a command line, so that a saved run is read by the same parser as a typed one."""

from typing import Any

import click
from click.core import ParameterSource

USUAL = (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP)

BY_PLACE = {"dataset"}
"""Arguments rather than options: they go by their place."""

REPEATED = {"categorical", "drop", "keep"}
"""Options that are written once for each of their values."""


def arguments_of(options: dict[str, Any]) -> list[str]:
    """The words after ``minigrad train`` that mean these options.

    >>> arguments_of({"dataset": "moons", "hidden": (8, 4), "residual": True, "lr": None, "clip_norm": 1.0})
    ['moons', '--hidden', '8,4', '--residual', '--clip-norm', '1.0']
    """
    words = [str(options[name]) for name in options if name in BY_PLACE]
    for name, value in options.items():
        if name in BY_PLACE or value is None or value is False:
            continue
        flag = f"--{name.replace('_', '-')}"
        if name in REPEATED:
            words += [word for part in value for word in (flag, str(part))]
        elif isinstance(value, (tuple, list)):
            words += [flag, ",".join(map(str, value)) or "none"]
        else:
            words += [flag] if value is True else [flag, str(value)]
    return words


def said(context: click.Context) -> dict[str, Any]:
    """The options that were written on the command line."""
    return {name: value for name, value in context.params.items() if context.get_parameter_source(name) not in USUAL}
