"""Names and numbers as a picture shows them: one short line, whatever the user called things."""

from collections.abc import Sequence

import numpy as np

LONGEST = 40
"""A longer name is cut."""


def printable(text: str, longest: int = LONGEST) -> str:
    r"""The text on one line, what cannot be printed as its escape, and cut where it is too long.

    >>> printable("a\nb"), printable("w" * 50, longest=5)
    ('a\\nb', 'wwww…')
    """
    text = text[: longest + 1]
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def number(x) -> str:
    """A number in at most four digits.

    >>> number(0.70710678), number(-12.0), number(1.5e-7)
    ('0.7071', '-12', '1.5e-07')
    """
    return format(x.item() if hasattr(x, "item") else x, ".4g") if not isinstance(x, (bool, np.bool_)) else str(x)


def shape_of(x) -> str:
    """The shape of an array, as `(2, 3)`."""
    return str(tuple(x.shape))


def value_line(x) -> str:
    """What an array holds: its one number, or its shape and mean.

    >>> value_line(np.array(3.0)), value_line(np.ones((2, 3)))
    ('3', '(2, 3) mean 1')
    """
    if x.size == 1:
        return number(x) if not x.ndim else f"{shape_of(x)} {number(x)}"
    if not x.size or x.dtype.kind not in "biuf":
        return f"{shape_of(x)} {x.dtype}"
    with np.errstate(all="ignore"):
        return f"{shape_of(x)} mean {number(np.mean(x))}"


def grad_line(g) -> str:
    """What is to be known of a gradient: its one number, or its norm.

    >>> grad_line(np.array(0.5)), grad_line(np.array([3.0, 4.0]))
    ('grad 0.5', '‖grad‖ 5')
    """
    if g.size == 1:
        return f"grad {number(g)}"
    with np.errstate(all="ignore"):
        return f"‖grad‖ {number(np.sqrt(np.sum(np.square(g.astype(float)))))}"


def aligned_left(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows of cells as lines: columns of one width.

    >>> aligned_left([("a", "1"), ("bcd", "2")])
    ['a    1', 'bcd  2']
    """
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
