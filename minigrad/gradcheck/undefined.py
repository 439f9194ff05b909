"""Elements whose outputs are no numbers: there is no derivative to compare with, so no check of them has passed.

Outputs that are not finite are left out of a check. An element that only such outputs depend on has then two
gradients of 0, which agree and prove nothing: the logarithm of a negative number is NaN on both sides.
"""

import numpy as np

MOST = 64
"""So many elements are looked at."""
DISPLACEMENTS = (-2.0, 2.0, -1e-3, 1e-3)
"""Relative to the size of an element: far enough to come back into a domain, and barely out of it."""


def undefined(differences, lines: np.ndarray) -> list[int]:
    """Those of the lines that an output depends on which is not finite here."""
    d = differences
    if d.finite.all() or not lines.size:
        return []
    here = d.f(d.x).outputs[~d.finite]
    return [int(line) for line in lines[:MOST] if _changes(d, line, here)]


def _changes(d, line: int, here: np.ndarray) -> bool:
    for displacement in DISPLACEMENTS:
        x = d.x.copy()
        x[line] += displacement * d.scales[line]
        d.evaluations += 1
        there = d.f(x).outputs
        if there.shape == d.finite.shape and not np.array_equal(there[~d.finite], here, equal_nan=True):
            return True
    return False
