"""A graph of ONNX operators in the making: nodes one after the other, and the constants that they use."""

from typing import Any

import numpy as np

from minigrad.errors import MinigradError

OPSETS = {"": 17, "ai.onnx.ml": 3}
"""The versions of the operators that are written, as old as can be: many programs read them."""

IR_VERSION = 8


def package() -> Any:
    """The package ``onnx``. Raises MinigradError that says how to get it."""
    try:
        import onnx
    except ImportError:
        raise MinigradError("ONNX files are written by the package onnx: pip install 'minigrad[onnx]'") from None
    return onnx


class Graph:
    """Nodes and constants; each value goes by a name of its own."""

    def __init__(self):
        self.helper = package().helper
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.prefix = ""
        """Says in the names of values which layer they belong to."""

    def add(self, kind: str, *inputs: str, domain: str = "", name: str = "", **attributes) -> str:
        """One more operator; the name of its result."""
        result = name or f"{self.prefix}{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(
            self.helper.make_node(
                kind, list(inputs), [result], name=f"{kind}_{len(self.nodes)}", domain=domain, **attributes
            )
        )
        return result

    def constant(self, array, dtype="float32", name: str = "") -> str:
        """A constant; its name."""
        value = np.array(array, dtype=dtype, order="C")
        name = f"{self.prefix}{name or 'constant'}_{len(self.constants)}"
        self.constants.append(package().numpy_helper.from_array(value, name))
        return name
