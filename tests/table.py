"""minigrad's own part of the op table: what tests and doctests declare on the side is not in it."""

from minigrad import declare


def _module(op) -> str:
    return (op.function if isinstance(op, declare.Composed) else op.forward).__module__


OPS = {name: op for name, op in declare.OPS.items() if _module(op).startswith("minigrad.ops")}
