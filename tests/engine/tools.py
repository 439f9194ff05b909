"""What every test of the engine begins with."""

import numpy as np

import minigrad as mg


def leaf(*values, **options) -> mg.Tensor:
    """A float64 leaf that requires grad: ``leaf(1, 2)`` is a vector, ``leaf([[1, 2]])`` a matrix, ``leaf(1)`` 0-d."""
    return mg.tensor(np.array(values[0] if len(values) == 1 else values, dtype=float), requires_grad=True, **options)
